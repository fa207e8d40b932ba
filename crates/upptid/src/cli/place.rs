//! Where the agent, its configuration and its state are: what many commands ask for.

use std::path::PathBuf;

use clap::Args;

/// Where the configuration is.
#[derive(Args)]
pub struct ConfigArg {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "/etc/upptid/upptid.toml")]
    pub config: PathBuf,
}

/// How to reach the agent.
#[derive(Args)]
pub struct AgentArg {
    /// The agent's admin socket
    #[arg(long, value_name = "SOCKET", default_value = "/run/upptid/admin.sock")]
    pub socket: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Where the agent's state is.
#[derive(Args)]
pub struct StateArg {
    /// The agent's state folder [default: /var/lib/upptid]
    #[arg(long, value_name = "FOLDER", conflicts_with = "config")]
    pub state_dir: Option<PathBuf>,
    /// The configuration that names the state folder
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
