//! `upptid claim`

use clap::Subcommand;

use super::place::AgentArg;

/// `upptid claim`
#[derive(Subcommand)]
pub enum ClaimCommand {
    /// List the months that give a reduction, and how their claims stand
    List {
        /// Only this service's
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Record that the customer has claimed the reduction of a month
    Submit {
        /// The service
        service: String,
        /// The local month, e.g. 2026-10
        #[arg(long)]
        month: String,
        /// What the customer's letter or case is called
        #[arg(long)]
        reference: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Record what was credited for a claim; nothing, if it was refused
    Settle {
        /// The service
        service: String,
        /// The local month, e.g. 2026-10
        #[arg(long)]
        month: String,
        /// What was credited, e.g. "1250.00 SEK" [default: the reduction]
        #[arg(long)]
        amount: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
}
