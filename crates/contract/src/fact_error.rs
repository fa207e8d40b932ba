//! What can be wrong with a line of facts: a closed list, each with its place and its remedy.

use std::fmt;

/// A line that cannot be taken as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FactError {
    /// The file's name, where one was given.
    pub file: Option<String>,
    /// The line's number in its file, from 1, where it was read from one.
    pub line: Option<u64>,
    /// What is wrong.
    pub kind: FactErrorKind,
}

/// What is wrong with a line (contract.md, "Facts, as lines of JSON").
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FactErrorKind {
    /// Not JSON, or not the shape of the fact it names.
    Json(String),
    /// The `fact` is none that this version knows.
    UnknownFact(String),
    /// A gap or a repeat in `seq`.
    Seq {
        /// The number that had to come.
        expected: u64,
        /// The number that stands there.
        found: u64,
    },
    /// An `until` that is not after its `from`.
    EmptyInterval {
        /// The announcement's or adjustment's id.
        id: String,
    },
    /// A `measuring_stopped` whose `from` lies before what is already recorded as known.
    StoppedTooEarly {
        /// The instant up to which earlier lines know.
        known: String,
    },
    /// An id that no earlier line defines.
    UnknownId(String),
    /// An id that an earlier line has defined.
    RepeatedId(String),
    /// A second cancellation of one stop.
    CancelledTwice(String),
}

impl FactError {
    /// The error without a place.
    pub fn new(kind: FactErrorKind) -> Self {
        FactError { file: None, line: None, kind }
    }

    /// The same error, in this file.
    pub fn in_file(self, name: &str) -> Self {
        FactError { file: Some(name.to_owned()), ..self }
    }

    /// The same error, at this line.
    pub fn at_line(self, line: u64) -> Self {
        FactError { line: Some(line), ..self }
    }
}

impl From<FactErrorKind> for FactError {
    fn from(kind: FactErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for FactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}: line {line}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        write!(f, "{}", self.kind)
    }
}

impl fmt::Display for FactErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactErrorKind::Json(what) => {
                write!(f, "not a fact in JSON ({what}); restore this line from a backup")
            }
            FactErrorKind::UnknownFact(name) => write!(
                f,
                "unknown fact {name:?}; read it with the version of the program that wrote it"
            ),
            FactErrorKind::Seq { expected, found } => write!(
                f,
                "seq is {found} where {expected} has to come; give every file once and in order, \
                 from the first line or from the start of a segment"
            ),
            FactErrorKind::EmptyInterval { id } => {
                write!(f, "until is not after from in {id:?}; record it anew with its end last")
            }
            FactErrorKind::StoppedTooEarly { known } => write!(
                f,
                "measuring_stopped lies before {known}, up to which earlier lines know; its from \
                 has to be that instant or later"
            ),
            FactErrorKind::UnknownId(id) => {
                write!(f, "no earlier line defines the id {id:?}; give the file that does, too")
            }
            FactErrorKind::RepeatedId(id) => {
                write!(f, "an earlier line has the id {id:?} already; choose another")
            }
            FactErrorKind::CancelledTwice(id) => {
                write!(f, "the stop {id:?} is cancelled already; leave out the second cancellation")
            }
        }
    }
}

impl std::error::Error for FactError {}
