//! `upptid tail`: the last facts of the journal, and those that follow.

mod segments;
mod words;

use std::thread;
use std::time::Duration;

use self::segments::Segments;
use super::state::journal_dir;
use crate::cli::tail::TailArgs;
use crate::exit::{Exit, Failure};
use crate::terminal;

/// How often the journal is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// Shows the last facts; with `--follow`, goes on until nobody reads it.
pub fn run(args: &TailArgs) -> Result<Exit, Failure> {
    let mut segments = Segments::new(args, journal_dir(&args.state)?);
    let mut lines = segments.last()?;
    loop {
        let mut text = lines.join("\n");
        if !text.is_empty() {
            text.push('\n');
            if !terminal::write_raw(text.as_bytes())? {
                return Ok(Exit::Done);
            }
        }
        if !args.follow {
            return Ok(Exit::Done);
        }
        thread::sleep(INTERVAL);
        lines = segments.next()?;
    }
}
