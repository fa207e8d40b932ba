//! The exit codes: one list, documented in the manual and in `upptid --help`.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Done; for `try`: the customer can log in.
    Done,
    /// For `try`: the customer cannot log in. For others: the check failed, the request was
    /// refused.
    Down,
    /// Wrong usage or configuration.
    Usage,
    /// Could not be measured: own trouble, or the account was refused.
    Unmeasured,
    /// The agent cannot be reached.
    Unreachable,
    /// The ledger, or a statement, is damaged.
    Damaged,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Down => 1,
            Exit::Usage => 2,
            Exit::Unmeasured => 3,
            Exit::Unreachable => 4,
            Exit::Damaged => 5,
        })
    }
}

/// What each exit code means, for `--help` and the manual.
pub const EXIT_CODES: [(u8, &str); 6] = [
    (0, "up, or done"),
    (1, "down, a check failed, or the agent refused"),
    (2, "wrong usage or configuration"),
    (3, "could not be measured"),
    (4, "the agent cannot be reached"),
    (5, "the ledger or a statement is damaged"),
];

/// The same as lines of text.
pub fn codes() -> String {
    let lines = EXIT_CODES.map(|(code, meaning)| format!("  {code}  {meaning}\n"));
    format!("Exit codes:\n{}", lines.concat())
}

/// Why a command did not do what it was asked: what to print, and how to end.
#[derive(Debug)]
pub struct Failure {
    /// The whole message, without the program's name.
    pub message: String,
    /// How to end.
    pub exit: Exit,
}

impl Failure {
    /// Wrong usage or configuration.
    pub fn usage(message: impl ToString) -> Self {
        Self { message: message.to_string(), exit: Exit::Usage }
    }

    /// A failure that ends with `exit`.
    pub fn new(exit: Exit, message: impl ToString) -> Self {
        Self { message: message.to_string(), exit }
    }
}
