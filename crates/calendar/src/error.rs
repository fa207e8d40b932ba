//! What is wrong with a calendar, with its line and what to do about it.

use std::fmt;

/// One thing that is wrong with a calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarError {
    /// The line on which it stands, from 1.
    pub line_no: usize,
    /// What is wrong and what to do: a lowercase fragment.
    pub message: String,
}

/// Everything that is wrong with a calendar, in the order of its lines; never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarErrors(pub Vec<CalendarError>);

impl CalendarError {
    pub(crate) fn new(line_no: usize, message: impl Into<String>) -> Self {
        Self { line_no, message: message.into() }
    }
}

impl From<CalendarError> for CalendarErrors {
    fn from(error: CalendarError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for CalendarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line_no, self.message)
    }
}

/// One a line.
impl fmt::Display for CalendarErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, error) in self.0.iter().enumerate() {
            let between = if place > 0 { "\n" } else { "" };
            write!(f, "{between}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CalendarError {}
impl std::error::Error for CalendarErrors {}
