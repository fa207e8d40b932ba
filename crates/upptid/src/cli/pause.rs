//! `upptid pause` and `upptid resume`

use clap::Args;

use super::place::AgentArg;

/// `upptid pause`
#[derive(Args)]
pub struct PauseArgs {
    /// The service
    pub service: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}

/// `upptid resume`
#[derive(Args)]
pub struct ResumeArgs {
    /// The service
    pub service: String,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}
