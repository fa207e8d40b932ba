//! Where the agent's state is, for commands that read its files.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use agent::config::Config;

use crate::cli::place::StateArg;
use crate::exit::Failure;

/// What to do about a refusal by the operating system (C10.2).
pub const NOT_ALLOWED: &str = "; an agent's state is for members of the group upptid-read";

/// The state folder, which may be read: as given, as the configuration says, or the usual one.
///
/// # Errors
/// A configuration that cannot be used; this user may not read the state.
pub fn state_dir(args: &StateArg) -> Result<PathBuf, Failure> {
    let dir = match (&args.state_dir, &args.config) {
        (Some(dir), _) => dir.clone(),
        (None, Some(path)) => {
            let config = Config::load_contracts(path).map_err(Failure::usage)?;
            config.agent.state_dir
        }
        (None, None) => PathBuf::from("/var/lib/upptid"),
    };
    may_read(&dir.join("journal"))?;
    Ok(dir)
}

/// Refuses a file or folder that this user may not read; whatever else is wrong with it, its
/// reader tells.
///
/// # Errors
/// This user may not read it.
pub fn may_read(path: &Path) -> Result<(), Failure> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let place = path.display();
            Err(Failure::usage(format!("cannot read {place}: {error}{NOT_ALLOWED}")))
        }
        _ => Ok(()),
    }
}

/// The folder of the journal's segments.
pub fn journal_dir(args: &StateArg) -> Result<PathBuf, Failure> {
    Ok(state_dir(args)?.join("journal"))
}
