//! Why a letter did not go.

use std::fmt;

/// Why a letter did not go. The message holds no secret and no address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// The way itself is closed: no connection, no login, no sense in trying another letter now.
    Way(String),
    /// This letter was put off; others may go.
    Later(String),
    /// This letter was refused for good; others may go.
    Refused(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Way(why) | Trouble::Later(why) | Trouble::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Trouble {}
