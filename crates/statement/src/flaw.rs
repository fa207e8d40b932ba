//! Where a statement's file is not what was written, and what stands there.

use std::fmt;

/// Characters of a line that a message quotes.
const QUOTED_CHARS_MAX: usize = 120;

/// The first place at which a file is not what was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flaw {
    /// Where.
    pub place: Place,
    /// What is wrong there.
    pub found: String,
    /// What has to stand there, where it is known.
    pub expected: Option<String>,
}

/// A place in a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// A line, from 1.
    Line(u64),
    /// A byte, from 0.
    Byte(u64),
}

impl Flaw {
    /// At a line, from 1.
    pub fn at_line(number: u64, found: &str) -> Self {
        Flaw { place: Place::Line(number), found: found.to_owned(), expected: None }
    }

    /// The same in a file in which `lines` more come before it.
    pub(crate) fn lines_later(self, lines: u64) -> Self {
        match self.place {
            Place::Line(number) => Flaw { place: Place::Line(number + lines), ..self },
            Place::Byte(_) => self,
        }
    }

    /// At a byte, from 0.
    pub fn at_byte(offset: u64, found: &str) -> Self {
        Flaw { place: Place::Byte(offset), found: found.to_owned(), expected: None }
    }
}

/// The first line in which `text` is not `expected`; they differ.
pub fn first_difference(text: &str, expected: &str) -> Flaw {
    let same = text.split('\n').zip(expected.split('\n')).take_while(|(one, other)| one == other);
    let index = same.count();
    let quoted = |whole: &str| whole.split('\n').nth(index).map(quote);
    Flaw {
        place: Place::Line(index as u64 + 1),
        found: quoted(text)
            .map_or_else(|| "the file ends before it".to_owned(), |line| format!("it is {line}")),
        expected: Some(quoted(expected).unwrap_or_else(|| "nothing".to_owned())),
    }
}

/// A line as a message shows it: cut short, and without what a terminal would act on.
fn quote(line: &str) -> String {
    let mut shown: String = line.trim().chars().take(QUOTED_CHARS_MAX).collect();
    shown.retain(|letter| !letter.is_control());
    let cut = if line.trim().chars().nth(QUOTED_CHARS_MAX).is_some() { "…" } else { "" };
    format!("`{shown}{cut}`")
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Line(number) => write!(f, "line {number}: {}", self.found)?,
            Place::Byte(offset) => write!(f, "byte {offset}: {}", self.found)?,
        }
        match &self.expected {
            Some(expected) => write!(f, " where {expected} has to stand"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Flaw {}
