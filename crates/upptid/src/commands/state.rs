//! Where the agent's state is, for commands that read its files.

use std::path::PathBuf;

use agent::config::Config;

use crate::cli::place::StateArg;
use crate::exit::Failure;

/// The state folder: as given, as the configuration says, or the usual one.
pub fn state_dir(args: &StateArg) -> Result<PathBuf, Failure> {
    match (&args.state_dir, &args.config) {
        (Some(dir), _) => Ok(dir.clone()),
        (None, Some(path)) => {
            let config = Config::load_contracts(path).map_err(Failure::usage)?;
            Ok(config.agent.state_dir)
        }
        (None, None) => Ok(PathBuf::from("/var/lib/upptid")),
    }
}

/// The folder of the journal's segments.
pub fn journal_dir(args: &StateArg) -> Result<PathBuf, Failure> {
    Ok(state_dir(args)?.join("journal"))
}
