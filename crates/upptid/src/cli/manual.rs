//! `upptid completions` and `upptid man`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `upptid completions`
#[derive(Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: ShellArg,
}

/// A shell that completes.
#[derive(Clone, Copy, ValueEnum)]
pub enum ShellArg {
    /// To /usr/share/bash-completion/completions/upptid
    Bash,
    /// To /usr/share/zsh/vendor-completions/_upptid
    Zsh,
    /// To /usr/share/fish/vendor_completions.d/upptid.fish
    Fish,
}

/// `upptid man`
#[derive(Args)]
pub struct ManArgs {
    /// Write every page there: upptid.1, and one for each command [default: print upptid.1]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}
