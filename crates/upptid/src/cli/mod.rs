//! The command line: a table of contents. The words of each command are in its own file.

pub mod adjust;
pub mod backup;
pub mod check;
pub mod claim;
pub mod demo;
pub mod explain;
pub mod export;
pub mod incident;
pub mod learn;
pub mod manual;
pub mod pause;
pub mod place;
pub mod replay;
pub mod statement;
pub mod status;
pub mod stop;
pub mod tail;
pub mod try_login;
pub mod verify;

use clap::{Parser, Subcommand};

use self::adjust::AdjustCommand;
use self::backup::{BackupArgs, RestoreArgs};
use self::check::CheckArgs;
use self::claim::ClaimCommand;
use self::demo::DemoArgs;
use self::explain::ExplainArgs;
use self::export::ExportArgs;
use self::incident::IncidentCommand;
use self::learn::LearnArgs;
use self::manual::{CompletionsArgs, ManArgs};
use self::pause::{PauseArgs, ResumeArgs};
use self::place::ConfigArg;
use self::replay::ReplayArgs;
use self::statement::StatementArgs;
use self::status::StatusArgs;
use self::stop::StopCommand;
use self::tail::TailArgs;
use self::try_login::TryArgs;
use self::verify::VerifyArgs;
use crate::exit;

/// Says, with proof, how many minutes in a calendar month a customer could not log in.
#[derive(Parser)]
#[command(version, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = exit::codes())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Show everything at work: a login service, its outages, the agent and its page
    Demo(DemoArgs),
    /// Measure, until told to stop
    Run(ConfigArg),
    /// Check a configuration, and say what it would measure
    Check(CheckArgs),
    /// Learn a login from its address, a user and a password, and write it as a service
    Learn(Box<LearnArgs>),
    /// Make one login now, and show each phase of it
    Try(Box<TryArgs>),
    /// Show what is down, since when, and what is left of the budget
    Status(StatusArgs),
    /// Say why a minute is classed as it is: the rules, the facts, the attempts
    Explain(ExplainArgs),
    /// Show the last facts of the journal, and follow it
    Tail(TailArgs),
    /// Planned stops: announce, import from a calendar, cancel, list
    #[command(subcommand)]
    Stop(StopCommand),
    /// Adjustments of a month's figure: claim, decide, list
    #[command(subcommand)]
    Adjust(AdjustCommand),
    /// Incidents: list, acknowledge, report, and what is due to the authority (NIS2)
    #[command(subcommand)]
    Incident(IncidentCommand),
    /// Claims of price reductions: list, submit, settle
    #[command(subcommand)]
    Claim(ClaimCommand),
    /// Measure a service no more, until it is resumed
    Pause(PauseArgs),
    /// Measure a paused service again
    Resume(ResumeArgs),
    /// Compute a month from recorded facts, without an agent
    Replay(ReplayArgs),
    /// Make a customer's statement of a month, from the journal alone
    Statement(StatementArgs),
    /// Write the journal for a customer, other customers' lines as hashes; works while the agent runs
    Export(ExportArgs),
    /// Back the journal up to folders, each read back; works while the agent runs
    Backup(BackupArgs),
    /// Restore a backup to an empty state folder
    Restore(RestoreArgs),
    /// Check a journal, an export or a statement, offline; works while the agent runs
    Verify(VerifyArgs),
    /// Print what a shell needs to complete this command line
    Completions(CompletionsArgs),
    /// Print the manual, or write all its pages
    Man(ManArgs),
}

#[cfg(test)]
mod documents;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_an_alert_tells_to_type_is_a_command() {
        let mut typed = 0;
        for alert in contract::Alert::ALL {
            let line = notices::alert_command(alert, Some("portal"));
            if line.starts_with("upptid ") {
                let parsed = Cli::try_parse_from(line.split(' '));
                assert!(parsed.is_ok(), "{line}: {}", parsed.err().unwrap());
                typed += 1;
            }
        }
        assert!(typed > 10, "{typed}");
    }

    #[test]
    fn every_command_that_answers_takes_json() {
        fn without(command: &clap::Command, path: &str, found: &mut Vec<String>) {
            let path = format!("{path} {}", command.get_name());
            if command.has_subcommands() {
                command.get_subcommands().for_each(|below| without(below, &path, found));
            } else if command.get_arguments().all(|argument| argument.get_id() != "json") {
                found.push(path);
            }
        }
        let mut found = Vec::new();
        without(&Cli::command(), "", &mut found);
        // They go on until they are ended, or write what another program reads.
        assert_eq!(
            found,
            [" upptid demo", " upptid run", " upptid completions", " upptid man"]
                .map(str::to_owned)
        );
    }
}
