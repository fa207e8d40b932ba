//! Configuration: one TOML file and those it includes, read into the program's [`Config`].
//!
//! The file's shape and the program's shape differ; [`Config::load`] is the only road between.

mod problem;
mod program;

use std::path::Path;

pub use problem::{Problem, Problems};
pub use program::{
    Admin, Agent, Config, Contact, Handshake, Lang, Log, LogFormat, LogLevel, Provider, Service,
    Target, Web, Witness,
};

impl Config {
    /// Reads `path` and what it includes, and the secrets that it names.
    ///
    /// `credentials` is where systemd put the credentials (`$CREDENTIALS_DIRECTORY`), if it did.
    /// Fails with everything that is wrong at once, each with its place.
    pub fn load(path: &Path, credentials: Option<&Path>) -> Result<Config, Problems> {
        let _ = credentials;
        Err(Problems::new(
            vec![Problem::with_file(path, "failed to read the file")],
            Default::default(),
        ))
    }
}
