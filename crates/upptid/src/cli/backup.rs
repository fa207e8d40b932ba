//! `upptid backup` and `upptid restore`

use std::path::PathBuf;

use clap::Args;

use super::place::StateArg;

/// `upptid backup`
#[derive(Args)]
pub struct BackupArgs {
    /// The folder to back up to; may be repeated, for physically separate places. Without it, the
    /// configuration's
    #[arg(long, value_name = "FOLDER", required_unless_present = "config")]
    pub to: Vec<PathBuf>,
    /// Where the agent's state is.
    #[command(flatten)]
    pub state: StateArg,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `upptid restore`
#[derive(Args)]
pub struct RestoreArgs {
    /// The backup's folder
    #[arg(long, value_name = "FOLDER")]
    pub from: PathBuf,
    /// The state folder to restore to, which has to be empty or missing
    #[arg(long, value_name = "FOLDER")]
    pub state_dir: PathBuf,
    /// Print JSON: {"state_dir","segments","lines","last","has_key","damage"}
    #[arg(long)]
    pub json: bool,
}
