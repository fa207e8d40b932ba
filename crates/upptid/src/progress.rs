//! How far long work has come, on a terminal: nothing is shown where nobody looks.

use std::io::{IsTerminal, Write, stderr};

/// A line on standard error that is written over until the work is done.
pub struct Progress {
    doing: String,
    /// Percent shown last; none before the first, and where standard error is no terminal.
    shown: Option<u64>,
    is_terminal: bool,
}

impl Progress {
    /// `doing` says at what: `reading the journal`.
    pub fn new(doing: impl Into<String>) -> Self {
        Progress { doing: doing.into(), shown: None, is_terminal: stderr().is_terminal() }
    }

    /// `done` of `all` is done.
    pub fn show(&mut self, done: u64, all: u64) {
        let percent = (done.saturating_mul(100)).checked_div(all).unwrap_or(100).min(100);
        if self.is_terminal && self.shown != Some(percent) {
            self.shown = Some(percent);
            let mut stderr = stderr().lock();
            // It is only for who looks.
            let _ = write!(stderr, "\r{}: {percent} %", self.doing);
            let _ = stderr.flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let wide = self.doing.chars().count() + ": 100 %".len();
            let _ = write!(stderr().lock(), "\r{:wide$}\r", "");
        }
    }
}
