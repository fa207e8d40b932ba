//! `upptid explain`

use std::path::PathBuf;

use clap::Args;

use super::place::AgentArg;

/// `upptid explain`
#[derive(Args)]
#[command(
    long_about = "Say why a minute is classed as it is: its class, the rules that decide it \
    (by their numbers in docs/contract.md), the facts they rest on (by the numbers of their lines \
    in the journal), what was seen, what the witnesses said, the attempts around it, and the \
    planned stops and adjustments that touch it.\n\n\
    The agent answers for this month and the one before. --facts reads the facts from files \
    instead, of any month and without an agent; then no attempts are shown.\n\n\
    --json prints {\"service\",\"month\",\"timezone\",\"from\",\"until\",\"minute_rule\",\
    \"counted_ms\",\"pieces\":[{\"from\",\"until\",\"class\",\"cause\",\"ground\",\
    \"in_lower_bound\",\"responsible\",\"rules\":[{\"rule\",\"says\"}],\"facts\":[{\"seq\",\"at\",\
    \"from\",\"says\"}],\"ended_by\",\"evidence\",\"stops\":[…],\"adjustments\":[…]}],\
    \"damage\":[…],\"decided_until\",\"attempts\":[{\"at\",\"outcome\",\"cause\",\"duration_ms\"}],\
    \"vantage\",\"paused\"}."
)]
pub struct ExplainArgs {
    /// The service
    pub service: String,
    /// An instant in the minute: 2026-12-06T22:00 in the service's time zone, or RFC 3339
    /// [default: the last that is decided]
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<String>,
    /// Read these facts, and ask no agent: lines of JSON, an export, or a folder of a journal's
    /// segments; may be repeated
    #[arg(long, visible_alias = "journal", value_name = "PATH", conflicts_with = "socket")]
    pub facts: Vec<PathBuf>,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}
