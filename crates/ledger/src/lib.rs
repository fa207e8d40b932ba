//! Facts that last: an append-only journal of hash-chained lines, and the sled store built from it.
//!
//! The journal is the truth; the store can be lost at any moment and is built again. Nothing is
//! acknowledged, and nothing is counted in the history, before it is synced to the disk.
//! `docs/ledger-format.md` gives the bytes.
//!
//! No wall clock is read here: every instant comes from the caller.

mod health;
mod ticket;

use std::fmt;
use std::path::PathBuf;

use contract::{Fact, Instant};

pub use crate::health::{Damage, Health, JournalHealth, StoreHealth};
pub use crate::ticket::{RecordError, Recorded, Ticket};

/// Facts that may wait for the disk. Beyond it people's facts are refused; the machine's are
/// folded to two per service, the time between becomes `unmeasured`, and what was lost is counted.
pub const QUEUE_FACTS_MAX: usize = 65_536;

/// How often the open states are written to the journal as `measured`.
pub const MEASURED_INTERVAL_MS: i64 = 300_000;

/// How to open a ledger.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The state folder; holds `journal/`, `store/` and `lock`. Created if missing.
    pub dir: PathBuf,
    /// The vantage point's name (`[agent] name`).
    pub agent: String,
    /// The version of the program.
    pub version: String,
    /// The wall clock.
    pub now: Instant,
}

/// What was found at the start.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OpenReport {
    /// The latest instant at which the agent was known to measure, by the journal or, if its chain
    /// is whole, by the last heartbeat. None in a new ledger. Time from here to the first attempt
    /// was not measured: the caller records `measuring_stopped`.
    pub last_known: Option<Instant>,
    /// Whether the last run ended with [`Ledger::close`].
    pub clean: bool,
    /// Bytes of a torn tail cut off.
    pub torn_bytes: u64,
    /// What was found damaged in the segments read so far.
    pub damage: Vec<Damage>,
    /// Why the store is being built anew; none if it is as it was left.
    pub store_rebuild: Option<String>,
}

/// Why a ledger cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another agent has the folder.
    InUse {
        /// The state folder.
        dir: PathBuf,
        /// The other's process id, if it wrote one.
        pid: Option<u32>,
    },
    /// A newer program wrote the journal.
    NewerFormat {
        /// The segment.
        file: String,
        /// Its format.
        format: u32,
    },
    /// A file or folder cannot be used.
    Io {
        /// What was being done: `read`, `create`, …
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

/// One attempt, for charts. Expendable: a crash loses the last minutes of them.
#[derive(Clone, PartialEq, Debug)]
pub struct AttemptSummary {
    /// When the attempt started.
    pub at: Instant,
    /// `up`, `down`, `account` or `unable`.
    pub outcome: &'static str,
    /// The cause's name; none when up.
    pub cause: Option<&'static str>,
    /// The whole attempt.
    pub duration_ms: u32,
}

/// An open ledger. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Ledger {
    options: std::sync::Arc<OpenOptions>,
}

impl Ledger {
    /// Opens, or creates, the ledger in `options.dir`.
    ///
    /// Verifies the newest segment, reads what the running and the previous month need, and leaves
    /// the rest to a background thread. A damaged journal opens: see [`OpenReport::damage`].
    pub fn open(options: OpenOptions) -> Result<(Ledger, OpenReport), OpenError> {
        Ok((Ledger { options: std::sync::Arc::new(options) }, OpenReport::default()))
    }

    /// Records facts, each with the instant at which it was recorded. Never blocks on the disk.
    ///
    /// Machine facts (`state`, `measured`, `measuring_stopped`) wait while the disk fails, up to
    /// [`QUEUE_FACTS_MAX`]; a person's fact is refused at once then.
    pub fn record(&self, facts: Vec<(Instant, Fact)>) -> Ticket {
        let _ = (&self.options, facts);
        Ticket::answered(Err(RecordError::Closed))
    }

    /// The agent is alive and has made every attempt due before `now`: call it each 10 s.
    ///
    /// Goes to the store once every fact recorded before it is acknowledged, and to the journal as
    /// `measured` every [`MEASURED_INTERVAL_MS`], written by the ledger itself.
    pub fn heartbeat(&self, now: Instant) {
        let _ = now;
    }

    /// Keeps one attempt for charts.
    pub fn attempt(&self, service: &str, attempt: AttemptSummary) {
        let _ = (service, attempt);
    }

    /// The recent attempts of a service, oldest first: at most a day.
    pub fn attempts(&self, service: &str) -> Vec<AttemptSummary> {
        let _ = service;
        Vec::new()
    }

    /// How the ledger is.
    pub fn health(&self) -> Health {
        Health::default()
    }

    /// Ends cleanly: what waits is written, a last `measured` until `now`, sync, flush. Blocks at
    /// most [`CLOSE_MS_MAX`]; what could not be written by then is told.
    pub fn close(&self, now: Instant) -> Result<(), RecordError> {
        let _ = now;
        Ok(())
    }
}

/// How long [`Ledger::close`] waits for the disk.
pub const CLOSE_MS_MAX: u64 = 10_000;

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::InUse { dir, pid } => {
                write!(f, "the state folder {} is in use by another agent", dir.display())?;
                match pid {
                    Some(pid) => write!(f, " (process {pid}); stop it, or give this one its own"),
                    None => f.write_str("; stop it, or give this one its own"),
                }
            }
            OpenError::NewerFormat { file, format } => write!(
                f,
                "journal segment {file} has format {format}, written by a newer version; upgrade"
            ),
            OpenError::Io { doing, path, source } => {
                write!(f, "cannot {doing} {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
