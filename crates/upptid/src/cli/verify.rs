//! `upptid verify`

use std::path::PathBuf;

use clap::Args;

/// `upptid verify`
#[derive(Args)]
pub struct VerifyArgs {
    /// A journal's folder, one segment, an export, or a statement (JSON, HTML, PDF, or CSV after
    /// one of these)
    #[arg(value_name = "PATH", default_value = "/var/lib/upptid/journal")]
    pub paths: Vec<PathBuf>,
    /// The provider's public key, which has to have signed the statements
    #[arg(long, value_name = "HEX")]
    pub key: Option<String>,
    /// The journal or export that the statements' figures have to follow from; may be repeated
    #[arg(long, value_name = "PATH")]
    pub facts: Vec<PathBuf>,
    /// Print JSON, a line for each path
    #[arg(long)]
    pub json: bool,
}
