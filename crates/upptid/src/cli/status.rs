//! `upptid status`

use clap::Args;

use super::place::AgentArg;

/// `upptid status`
#[derive(Args)]
#[command(
    long_about = "Show what is down, since when, and what is left of the month's budget.\n\n\
    The agent's own trouble comes first, then the services that are down, then those that are not \
    known to be up, then the others by what is left of their budget. The live state is shown, \
    decided or not; figures reach to the last heartbeat.\n\n\
    The exit code is 0 if all are up, 1 if one is down, 3 if none is down and one is not known to \
    be up, 4 if the agent cannot be reached.\n\n\
    --json prints {\"reply\":\"status\",\"at\",\"agent\",\"version\",\"started\",\
    \"trouble\":[…],\"services\":[{\"service\",\"customer\",\"timezone\",\"state\",\"cause\",\
    \"since\",\"attempted\",\"message\",\"account_refused\",\"paused\",\"month\":{\"month\",\
    \"availability_percent\",\"counted_ms\",\"budget_ms\",\"left_ms\",\"level\",\"unmeasured_ms\"},\
    \"incident\":{\"opened\",\"response_deadline\",\"response\",\"acknowledged\"},\
    \"next_stop\":{\"id\",\"from\",\"until\",\"verdict\",\"reason\"}}]}; what there is not is null. \
    --watch --json prints a line {\"at\",\"service\",\"state\",\"cause\",\"was\"} for each change."
)]
pub struct StatusArgs {
    /// Only these services [default: all of them]
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Go on showing it: on a terminal all of it, drawn anew, elsewhere a line for each change
    #[arg(long)]
    pub watch: bool,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}
