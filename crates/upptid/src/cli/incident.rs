//! `upptid incident`

use clap::{Subcommand, ValueEnum};

use super::place::AgentArg;

/// `upptid incident`
#[derive(Subcommand)]
pub enum IncidentCommand {
    /// List the incidents of this month and the one before
    List {
        /// Only this service's
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Acknowledge that troubleshooting has started; it stops the support clock
    Ack {
        /// The service
        service: String,
        /// When the incident opened, as the list gives it [default: the open one, or the latest
        /// that nobody has acknowledged]
        #[arg(long, value_name = "INSTANT")]
        opened: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Print all that is known of an incident
    Report {
        /// The service
        service: String,
        /// When the incident opened, as the list gives it [default: the latest]
        #[arg(long, value_name = "INSTANT")]
        opened: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Mark an incident as notifiable under the cyber security act (NIS2)
    Notifiable {
        /// The service
        service: String,
        /// When the incident opened, as the list gives it [default: the latest]
        #[arg(long, value_name = "INSTANT")]
        opened: Option<String>,
        /// When it was detected [default: when its downtime was first on record]
        #[arg(long, value_name = "INSTANT")]
        detected: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Record what was handed in to the authority about a notifiable incident
    Reported {
        /// The service
        service: String,
        /// What was handed in
        #[arg(long, value_enum)]
        stage: StageArg,
        /// The authority's reference
        #[arg(long)]
        reference: Option<String>,
        /// When the incident opened, as the list gives it [default: the latest that waits for this]
        #[arg(long, value_name = "INSTANT")]
        opened: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
}

/// What is handed in to the authority about a notifiable incident.
#[derive(Clone, Copy, ValueEnum)]
pub enum StageArg {
    /// Within 24 hours of detection
    EarlyWarning,
    /// Within 72 hours of detection
    Notification,
    /// Within a month after that
    Final,
}
