//! `upptid statement`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::place::StateArg;

/// `upptid statement`
#[derive(Args)]
pub struct StatementArgs {
    /// The local month, e.g. 2026-10
    #[arg(long)]
    pub month: Option<String>,
    /// The customer; "" for the services that name none [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub customer: Option<String>,
    /// The form
    #[arg(long, value_enum, default_value_t = StatementFormat::Json)]
    pub format: StatementFormat,
    /// The language of HTML and PDF
    #[arg(long, value_enum, default_value_t = LangArg::Sv)]
    pub lang: LangArg,
    /// The revision; 0 is the close [default: the latest]
    #[arg(long, value_name = "N")]
    pub revision: Option<u32>,
    /// Where the agent's state is.
    #[command(flatten)]
    pub state: StateArg,
    /// Facts as lines of JSON, an export, or a folder of segments, in place of a state folder; may
    /// be repeated
    #[arg(long, value_name = "PATH", conflicts_with_all = ["state_dir", "config"])]
    pub facts: Vec<PathBuf>,
    /// Where to write it; with --all, the folder [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the statements of all customers
    #[arg(long, requires = "out", conflicts_with_all = ["customer", "revision"])]
    pub all: bool,
    /// List the statements that are signed, and make none
    #[arg(long, conflicts_with_all = ["customer", "revision", "all", "out"])]
    pub list: bool,
    /// Print JSON: of --list {"statements":[…]} as the journal records them, of --all
    /// {"written":[…]}; otherwise the statement itself, as without it
    #[arg(long)]
    pub json: bool,
}

/// The form of a statement.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatementFormat {
    /// With the signature; what the other forms are made from
    Json,
    /// For a spreadsheet
    Csv,
    /// A page, which carries the JSON
    Html,
    /// A4, which carries the JSON
    Pdf,
}

impl StatementFormat {
    /// How the names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            StatementFormat::Json => "json",
            StatementFormat::Csv => "csv",
            StatementFormat::Html => "html",
            StatementFormat::Pdf => "pdf",
        }
    }

    /// Whether it is for people, in their language.
    pub fn has_language(self) -> bool {
        matches!(self, StatementFormat::Html | StatementFormat::Pdf)
    }
}

/// A language.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// Swedish
    Sv,
    /// English
    En,
}

impl From<LangArg> for statement::Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::Sv => statement::Lang::Sv,
            LangArg::En => statement::Lang::En,
        }
    }
}
