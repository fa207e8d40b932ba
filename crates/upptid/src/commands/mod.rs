//! What each command of the command line does.

pub mod adjust;
mod ask;
pub mod backup;
pub mod check;
pub mod claim;
pub mod completions;
pub mod explain;
pub mod export;
pub mod incident;
pub mod learn;
pub mod man;
pub mod pause;
pub mod replay;
pub mod restore;
pub mod run;
mod state;
pub mod statement;
pub mod status;
pub mod stop;
pub mod tail;
pub mod try_login;
pub mod verify;
mod verify_statement;

use std::path::{Path, PathBuf};

use agent::config::{Config, Problems};
use probe::settings::{Endpoint, HostKey};

use crate::exit::Failure;

/// Warnings printed at once; the rest are counted.
const WARNINGS_SHOWN_MAX: usize = 10;

/// Reads a configuration, and prints its warnings.
pub fn load(path: &Path, credentials: Option<&Path>) -> Result<Config, Failure> {
    let own = credentials_folder();
    let config = Config::load(path, credentials.or(own.as_deref())).map_err(Failure::usage)?;
    print_warnings(&config.warnings);
    Ok(config)
}

fn print_warnings(warnings: &Problems) {
    for warning in warnings.iter().take(WARNINGS_SHOWN_MAX) {
        eprintln!("upptid: warning: {}", warning.one_line());
    }
    let more = warnings.iter().count().saturating_sub(WARNINGS_SHOWN_MAX);
    if more > 0 {
        eprintln!("upptid: {more} more warnings; `upptid check` shows them");
    }
}

/// The keys that an SSH server is known by: the one that is given, and those in a file like OpenSSH's
/// `known_hosts`.
fn host_keys(
    endpoint: &Endpoint,
    key: Option<&str>,
    file: Option<&Path>,
) -> Result<Vec<HostKey>, Failure> {
    let mut keys = Vec::new();
    if let Some(key) = key {
        let key = HostKey::parse(key);
        keys.push(key.map_err(|why| Failure::usage(format!("--host-key: {why}")))?);
    }
    if let Some(file) = file {
        keys.extend(HostKey::known(endpoint, file).map_err(Failure::usage)?);
    }
    Ok(keys)
}

/// Where systemd put the credentials of this unit.
#[expect(clippy::disallowed_methods, reason = "the one place that asks for the credentials")]
pub fn credentials_folder() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}
