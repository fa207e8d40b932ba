//! `upptid export`

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::place::StateArg;

/// `upptid export`
#[derive(Args)]
#[command(group = ArgGroup::new("whom").required(true).multiple(true))]
pub struct ExportArgs {
    /// The customer; "" for the services that name none; may be repeated
    #[arg(long = "customer", value_name = "NAME", group = "whom")]
    pub customers: Vec<String>,
    /// A service, whosever it is; may be repeated
    #[arg(long = "service", value_name = "NAME", group = "whom")]
    pub services: Vec<String>,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Where the agent's state is.
    #[command(flatten)]
    pub state: StateArg,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
