//! Says, with proof, how many minutes in a calendar month a customer could not log in.

// A reader that has gone ends a program that prints with `println!` in a panic: `terminal` prints.
#![warn(clippy::print_stdout)]

mod cli;
mod commands;
mod demo;
mod exit;
mod explained;
mod facts;
mod progress;
mod terminal;
mod waterfall;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Run(args) => commands::run::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Learn(args) => commands::learn::run(&args),
        Command::Try(args) => commands::try_login::run(&args),
        Command::Status(args) => commands::status::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Tail(args) => commands::tail::run(&args),
        Command::Stop(command) => commands::stop::run(&command),
        Command::Adjust(command) => commands::adjust::run(&command),
        Command::Incident(command) => commands::incident::run(&command),
        Command::Claim(command) => commands::claim::run(&command),
        Command::Pause(args) => commands::pause::pause(&args),
        Command::Resume(args) => commands::pause::resume(&args),
        Command::Replay(args) => commands::replay::run(&args),
        Command::Statement(args) => commands::statement::run(&args),
        Command::Export(args) => commands::export::run(&args),
        Command::Backup(args) => commands::backup::run(&args),
        Command::Restore(args) => commands::restore::run(&args),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Man(args) => commands::man::run(&args),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("upptid: {}", failure.message);
            failure.exit.into()
        }
    }
}
