//! `upptid tail`

use clap::Args;

use super::place::StateArg;

/// `upptid tail`
#[derive(Args)]
#[command(long_about = "Show the last facts of the journal, a line each: the line's number, when \
    it was recorded (UTC), and what it says.\n\n\
    It reads the journal's files, with an agent or without one; that needs membership in the group \
    upptid-read. Checkpoints (`measured`) and lines that a segment repeats from the one before are \
    left out unless --all is given.\n\n\
    --json prints the lines as they stand in the journal (docs/ledger-format.md).")]
pub struct TailArgs {
    /// How many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub lines: usize,
    /// Go on: show each fact as it is written
    #[arg(short, long)]
    pub follow: bool,
    /// Only facts that name this service, or every service
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Checkpoints and repeated lines, too
    #[arg(long)]
    pub all: bool,
    /// Where the agent's state is.
    #[command(flatten)]
    pub state: StateArg,
    /// Print the lines as they stand in the journal
    #[arg(long)]
    pub json: bool,
}
