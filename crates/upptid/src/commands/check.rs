//! `upptid check`: is this configuration usable, and what would it measure?

use agent::clock::{Clock, SystemClock};
use agent::config::check;

use super::credentials_folder;
use crate::cli::check::CheckArgs;
use crate::exit::{Exit, Failure};
use crate::terminal;

/// Prints what would be measured, or everything that is wrong.
pub fn run(args: &CheckArgs) -> Result<Exit, Failure> {
    let credentials = args.credentials.clone().or_else(credentials_folder);
    let check = check(&args.config.config, credentials.as_deref(), SystemClock.now().wall);
    if args.json {
        terminal::write_line(check.json())?;
    } else {
        terminal::write(&check.text())?;
    }
    Ok(if check.is_valid() { Exit::Done } else { Exit::Usage })
}
