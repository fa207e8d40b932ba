//! Configuration: one TOML file and those it includes, read into the program's [`Config`].
//!
//! The file's shape and the program's shape differ; [`Config::load`] is the only road between.
//! The file's shape is what `load` and the files named after its tables ask a `table::Table` for.

mod alerts;
mod check;
mod load;
mod login;
mod notices;
mod problem;
mod program;
mod secret;
mod sections;
mod service;
#[cfg(test)]
mod shipped;
mod source;
mod table;
mod terms;
mod value;

use std::path::Path;

pub use alerts::{Alerts, AlertsWhen};
pub use check::{Check, Plan, check};
pub use problem::{Problem, Problems};
pub use program::{
    Admin, Agent, Backup, Config, Contact, Handshake, Lang, Log, LogFormat, LogLevel, Provider,
    Service, Target, Web, Witness,
};
pub use secret::SecretPlace;

impl Config {
    /// Reads `path` and what it includes, and the secrets that it names.
    ///
    /// `credentials` is where the service manager put credentials (`$CREDENTIALS_DIRECTORY`), if
    /// it did. Fails with everything that is wrong at once, each with its place.
    pub fn load(path: &Path, credentials: Option<&Path>) -> Result<Config, Problems> {
        let loaded = load::load(path, credentials)?;
        if loaded.problems.any_error() {
            return Err(loaded.problems);
        }
        Ok(Config { warnings: loaded.problems, ..loaded.config })
    }

    /// Reads only what a month is computed with: services, their terms and fees. Logins are left
    /// out, so that neither secrets nor certificates need be there.
    pub fn load_contracts(path: &Path) -> Result<Config, Problems> {
        let loaded = load::load_contracts(path)?;
        if loaded.problems.any_error() {
            return Err(loaded.problems);
        }
        Ok(Config { warnings: loaded.problems, ..loaded.config })
    }
}
