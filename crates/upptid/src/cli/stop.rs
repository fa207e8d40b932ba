//! `upptid stop`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::place::AgentArg;

/// `upptid stop`
#[derive(Subcommand)]
pub enum StopCommand {
    /// Announce a planned stop; prints at once whether it will count
    Announce(AnnounceArgs),
    /// Announce the single events of a calendar (.ics): all of them, or none
    Import(ImportArgs),
    /// Cancel a planned stop
    Cancel {
        /// The stop, e.g. S1
        id: String,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// List the planned stops
    List {
        /// Only this service's
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
}

/// `upptid stop announce`
#[derive(Args)]
pub struct AnnounceArgs {
    /// The service that stops; may be repeated
    #[arg(long = "service", value_name = "NAME", required = true)]
    pub services: Vec<String>,
    /// The window's start: 2026-12-06T22:00 in the service's time zone, or RFC 3339
    #[arg(long, value_name = "INSTANT")]
    pub from: String,
    /// The window's end, or its length: PT2H
    #[arg(long, value_name = "INSTANT")]
    pub until: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// The reference of an agreement with the customer, if this stop is otherwise agreed
    #[arg(long, value_name = "REFERENCE")]
    pub agreed: Option<String>,
    /// Say what the verdict would be, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}

/// `upptid stop import`
#[derive(Args)]
pub struct ImportArgs {
    /// The calendar: events in UTC, in a named zone, floating, or of whole days
    #[arg(value_name = "FILE.ics")]
    pub file: PathBuf,
    /// The service that stops; may be repeated
    #[arg(long = "service", value_name = "NAME", required = true)]
    pub services: Vec<String>,
    /// The reference of an agreement with the customer, if these stops are otherwise agreed
    #[arg(long, value_name = "REFERENCE")]
    pub agreed: Option<String>,
    /// Say what the verdicts would be, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}
