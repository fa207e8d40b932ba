//! `upptid completions`: what a shell completes, out of the one command line.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::cli::manual::{CompletionsArgs, ShellArg};
use crate::exit::{Exit, Failure};
use crate::terminal;

/// Prints the shell's script.
pub fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let shell = match args.shell {
        ShellArg::Bash => Shell::Bash,
        ShellArg::Zsh => Shell::Zsh,
        ShellArg::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "upptid", &mut script);
    terminal::write_raw(&script)?;
    Ok(Exit::Done)
}
