//! The two languages of a statement.

use std::str::FromStr;

/// A language of a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    /// Swedish.
    Sv,
    /// English.
    En,
}

impl Lang {
    /// Both.
    pub const ALL: [Lang; 2] = [Lang::Sv, Lang::En];

    /// The tag in `lang` attributes, file names and on the command line: `sv` or `en`.
    pub fn code(self) -> &'static str {
        self.of("sv", "en")
    }

    /// The one of the two that is in this language.
    pub fn of<T>(self, swedish: T, english: T) -> T {
        match self {
            Lang::Sv => swedish,
            Lang::En => english,
        }
    }
}

impl FromStr for Lang {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Lang::ALL.into_iter().find(|lang| lang.code() == text);
        found.ok_or_else(|| {
            format!("{text:?} is no language of a statement: write \"sv\" or \"en\"")
        })
    }
}
