//! `upptid check`

use std::path::PathBuf;

use clap::Args;

use super::place::ConfigArg;

/// `upptid check`
#[derive(Args)]
pub struct CheckArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// Where the credentials are that the configuration names, outside of systemd
    #[arg(long, value_name = "FOLDER")]
    pub credentials: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
