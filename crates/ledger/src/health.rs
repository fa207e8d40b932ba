//! How the ledger is: for gauges, the page and the log. Durations are monotonic, never wall time.

use std::time::Duration;

use contract::{Fact, Instant, Interval};

/// One look at the ledger's health.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Health {
    /// The journal.
    pub journal: JournalHealth,
    /// The store built from it.
    pub store: StoreHealth,
}

/// The journal's health.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct JournalHealth {
    /// The last acknowledged line.
    pub last_seq: u64,
    /// Time since the last successful sync; none before the first.
    pub last_sync_ago: Option<Duration>,
    /// How long the last successful write and sync took.
    pub last_sync_duration: Duration,
    /// Facts that wait for the disk.
    pub queue_facts: usize,
    /// How long the oldest of them has waited.
    pub queue_age: Duration,
    /// Writes or syncs that failed, since the start.
    pub write_failures: u64,
    /// Why the journal cannot be written; none while it can.
    pub unwritable: Option<String>,
    /// Facts that a full queue could not keep; their time is `unmeasured`.
    pub facts_lost: u64,
    /// Facts that contradicted what is recorded and were refused.
    pub facts_refused: u64,
    /// Bytes of a torn tail cut off at start.
    pub torn_bytes: u64,
    /// What was found damaged, oldest first.
    pub damage: Vec<Damage>,
    /// Segments (files).
    pub segments: u64,
    /// Segments whose every line has been verified since the start.
    pub segments_verified: u64,
    /// Time since the older segments were last verified to the end; none while it goes on.
    pub verified_ago: Option<Duration>,
    /// Bytes in all segments.
    pub bytes: u64,
}

/// The store's health.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StoreHealth {
    /// Whether the store can be used; the journal goes on without it.
    pub usable: bool,
    /// Whether it is being built from the journal: its figures are not complete yet.
    pub rebuilding: bool,
    /// Times it was moved aside and built anew, since the start.
    pub rebuilds: u64,
    /// Why it was last moved aside, or why it cannot be used.
    pub trouble: Option<String>,
    /// The heartbeat that all of it is as of.
    pub as_of: Option<Instant>,
    /// Lines acknowledged by the journal and not yet applied.
    pub lag_lines: u64,
    /// Time since the last flush; none before the first.
    pub last_flush_ago: Option<Duration>,
    /// Flushes and updates that failed, since the start.
    pub failures: u64,
}

/// A place where the journal is damaged. It is never repaired.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// The segment's file name.
    pub file: String,
    /// The line, counted from 1; the first one that does not verify.
    pub line: u64,
    /// Where that line begins, in bytes from the file's start.
    pub byte: u64,
    /// The last line that verifies.
    pub last_good_seq: u64,
    /// What was found.
    pub found: String,
    /// From when the last good line was recorded to when the first one was that counts again, or
    /// without an end: what was recorded in between may be lost. None where it was not asked for.
    pub lost: Option<Interval>,
}

impl Damage {
    /// As a fact that is recorded at `at`.
    pub(crate) fn fact(&self, at: Instant) -> Fact {
        Fact::ChainDamaged {
            last_good_seq: self.last_good_seq,
            found: self.to_string(),
            from: self.lost.map(|lost| lost.from),
            until: self.lost.map(|lost| lost.until.min(at)),
        }
    }

    /// Whether `known`, a fact's `found`, is about the same place.
    pub(crate) fn is_named_by(&self, known: &str) -> bool {
        known.starts_with(&self.place())
    }

    fn place(&self) -> String {
        format!("{}: line {} (byte {}): ", self.file, self.line, self.byte)
    }

    /// A line recorded at `at` counts again.
    pub(crate) fn end(&mut self, at: Instant) {
        if let Some(lost) = self.lost.as_mut().filter(|lost| lost.until == Instant::MAX) {
            lost.until = at.max(lost.from);
        }
    }
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Damage { last_good_seq, found, .. } = self;
        write!(f, "{}{found}; the last good line is {last_good_seq}", self.place())
    }
}
