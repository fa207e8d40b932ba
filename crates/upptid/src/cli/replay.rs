//! `upptid replay`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `upptid replay`
#[derive(Args)]
pub struct ReplayArgs {
    /// Facts as lines of JSON, or a folder of a journal's segments; may be repeated
    #[arg(long, value_name = "PATH", required = true)]
    pub facts: Vec<PathBuf>,
    /// The configuration that names the services and their terms
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The local month, e.g. 2026-10
    #[arg(long)]
    pub month: String,
    /// Only this service
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// How far the month has elapsed [default: all of it]
    #[arg(long, value_name = "INSTANT")]
    pub as_of: Option<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = ReplayFormat::Json)]
    pub format: ReplayFormat,
    /// Print JSON, as without it
    #[arg(long)]
    pub json: bool,
}

/// The form of a replay's answer.
#[derive(Clone, Copy, ValueEnum)]
pub enum ReplayFormat {
    /// One JSON document
    Json,
}
