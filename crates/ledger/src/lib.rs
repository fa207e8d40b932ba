//! Facts that last: an append-only journal of hash-chained lines, and the sled store built from it.
//!
//! The journal is the truth; the store can be lost at any moment and is built again. Nothing is
//! acknowledged, and nothing is counted in the history, before it is synced to the disk.
//! `docs/ledger-format.md` gives the bytes.
//!
//! No wall clock is read here: every instant comes from the caller.

mod admission;
mod backup;
mod disk;
mod export;
mod facts;
mod gauges;
mod health;
pub mod journal;
mod lock;
pub mod store;
mod ticket;
mod verify;

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use contract::{Fact, History, Instant, Outcome};

use crate::disk::{Disk, RealDisk};
use crate::gauges::Gauges;
use crate::journal::opening::{self, Opened};
use crate::journal::queue::Queue;
use crate::journal::verifier::Verifier;
use crate::journal::writer::{Request, Writer};
use crate::lock::FolderLock;
use crate::store::Mailbox;
use crate::store::rebuild::Journal;
use crate::store::worker::{Found, StoreGauges, Worker};

pub use crate::backup::{
    BackupError, BackupReport, RestoreReport, backup, restore, shared_devices,
};
pub use crate::export::{ExportError, ExportFor, ExportReport, export};
pub use crate::facts::{ReadError, read_of, read_until, read_until_with_progress};
pub use crate::health::{Damage, Health, JournalHealth, StoreHealth};
pub use crate::journal::reader::Tip;
pub use crate::ticket::{RecordError, Recorded, Ticket};
pub use crate::verify::{
    SegmentReport, VerifyError, VerifyReport, segment_files, verify, verify_with_progress,
};

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
    /// What it ended in.
    pub outcome: Outcome,
    /// The whole attempt.
    pub duration_ms: u32,
}

/// An open ledger. Cheap to clone; all clones are one. Dropping the last without
/// [`Ledger::close`] is like a crash: what waits is not written.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    history: Arc<RwLock<History>>,
    queue: Arc<Queue>,
    gauges: Arc<Gauges>,
    mailbox: Arc<Mailbox>,
    store: Arc<StoreGauges>,
    /// Tells the verifier to end.
    abandoned: Arc<AtomicBool>,
    /// Disconnected once writer and store have ended.
    ended: Mutex<Receiver<()>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    _lock: FolderLock,
}

impl Ledger {
    /// Opens, or creates, the ledger in `options.dir`.
    ///
    /// Verifies the newest segment, reads what the running and the previous month need, and leaves
    /// the rest to a background thread. A damaged journal opens: see [`OpenReport::damage`].
    pub fn open(options: OpenOptions) -> Result<(Ledger, OpenReport), OpenError> {
        Self::open_on(Arc::new(RealDisk), options)
    }

    /// Records facts, each with the instant at which it was recorded. Never blocks on the disk.
    ///
    /// What the agent records by itself (states, measuring, services, terms) waits while the disk
    /// fails, up to [`QUEUE_FACTS_MAX`]; a person's fact is refused at once then. A fact that
    /// contradicts the history is refused, and the others of its request are recorded; a
    /// `measuring_stopped` from before what is known is moved to where that ends.
    pub fn record(&self, facts: Vec<(Instant, Fact)>) -> Ticket {
        self.inner.queue.push(facts)
    }

    /// Asks the writer whether it lives: a round trip for the watchdog. While the disk fails the
    /// answer is [`RecordError::Unwritable`], at once. No answer: it hangs in a write or sync.
    pub fn ping(&self) -> Ticket {
        self.inner.queue.push(Vec::new())
    }

    /// The agent is alive and has made every attempt due before `now`: call it each 10 s.
    ///
    /// Goes to the store once every fact recorded before it is acknowledged, and to the journal as
    /// `measured` every [`MEASURED_INTERVAL_MS`], written by the ledger itself.
    pub fn heartbeat(&self, now: Instant) {
        self.inner.queue.heartbeat(now);
    }

    /// The latest heartbeat that a crash cannot take back, with every fact before it acknowledged:
    /// a running figure reaches to here (C3.9). None before the first.
    pub fn decided_until(&self) -> Option<Instant> {
        self.inner.gauges.decided_until().max(self.inner.mailbox.kept_until())
    }

    /// Keeps one attempt for charts.
    pub fn attempt(&self, service: &str, attempt: AttemptSummary) {
        self.inner.mailbox.attempt(service, attempt);
    }

    /// The recent attempts of a service, oldest first: at most a day.
    pub fn attempts(&self, service: &str) -> Vec<AttemptSummary> {
        let mut attempts = self.inner.store.attempts(service);
        let newer = self.inner.mailbox.attempts_of(service);
        if let Some(first) = newer.first() {
            attempts.retain(|attempt| attempt.at < first.at);
        }
        attempts.extend(newer);
        attempts
    }

    /// Looks at everything that is acknowledged: the running and the previous month, and what
    /// they need. Keep it short: the writer waits for it.
    pub fn read<T>(&self, look: impl FnOnce(&History) -> T) -> T {
        look(&self.inner.history.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How the ledger is.
    pub fn health(&self) -> Health {
        let journal = self.inner.gauges.health(&self.inner.queue);
        let store = self.inner.store.health(journal.last_seq);
        Health { journal, store }
    }

    /// Ends cleanly: what waits is written, a last `measured` until `now`, sync, flush. Blocks at
    /// most [`CLOSE_MS_MAX`].
    ///
    /// # Errors
    /// What kept the disk from taking all of it by then.
    pub fn close(&self, now: Instant) -> Result<(), RecordError> {
        if !self.inner.queue.close(now) {
            return Err(RecordError::Closed);
        }
        let ended = self.inner.ended.lock().unwrap_or_else(PoisonError::into_inner);
        match ended.recv_timeout(Duration::from_millis(CLOSE_MS_MAX)) {
            Err(RecvTimeoutError::Disconnected) | Ok(()) => Ok(()),
            Err(RecvTimeoutError::Timeout) => {
                let why = self.inner.queue.health().unwritable;
                Err(RecordError::Unwritable(why.unwrap_or_else(|| "the disk is slow".to_owned())))
            }
        }
    }

    fn open_on(
        disk: Arc<dyn Disk>,
        options: OpenOptions,
    ) -> Result<(Ledger, OpenReport), OpenError> {
        let dir = &options.dir;
        std::fs::create_dir_all(dir).map_err(|source| OpenError::Io {
            doing: "create",
            path: dir.clone(),
            source,
        })?;
        let lock = FolderLock::take(dir)?;
        let mailbox = Arc::new(Mailbox::default());
        let found = store::worker::find(&dir.join("store"));
        let heartbeat = found.heartbeat.as_ref().and_then(|beat| beat.tip());
        let mut fits = Fits::new(found.applied);
        let opened =
            opening::open(&disk, &dir.join("journal"), heartbeat, |history, line, tip| {
                if fits.look(tip) {
                    mailbox.applied(history, std::slice::from_ref(line));
                }
            })?;
        let rebuild = why_rebuild(&found, &fits, &opened);
        let report = report(&found, &opened, rebuild.clone());
        let threads = Threads { disk, options, lock, mailbox, rebuild };
        Ok((threads.start(found, opened), report))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.abandon();
        self.mailbox.abandon();
        self.abandoned.store(true, Ordering::Relaxed);
        let threads = self.threads.get_mut().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            // A panic there was printed already.
            let _ = thread.join();
        }
    }
}

/// Whether the journal holds the line up to which the store has taken it in.
struct Fits {
    applied: Option<Tip>,
    seen: bool,
}

impl Fits {
    fn new(applied: Option<Tip>) -> Self {
        Fits { applied, seen: false }
    }

    /// Looks at a line; true if the store has not taken it in.
    fn look(&mut self, tip: Tip) -> bool {
        self.seen |= self.applied == Some(tip);
        self.applied.is_none_or(|applied| tip.seq > applied.seq)
    }
}

fn why_rebuild(found: &Found, fits: &Fits, opened: &Opened) -> Option<String> {
    let journal_seq = opened.tip.seq;
    match (&found.unfit, found.applied) {
        (_, None) if journal_seq == 0 => None,
        (Some(why), _) => Some(why.clone()),
        (None, None) => Some("it has taken in nothing".to_owned()),
        (None, Some(_)) if fits.seen => None,
        (None, Some(applied)) if applied.seq > journal_seq => Some(format!(
            "it has taken in line {}, and the journal ends at {journal_seq}",
            applied.seq
        )),
        (None, Some(applied)) => {
            Some(format!("the journal's newer segments do not hold line {}", applied.seq))
        }
    }
}

fn report(found: &Found, opened: &Opened, store_rebuild: Option<String>) -> OpenReport {
    // Where the chain is broken, states may have changed on lost lines: only the lines count.
    let beat = found.heartbeat.as_ref().filter(|_| opened.unnamed_damage.is_none());
    let clean = beat.is_some_and(|beat| beat.closed && beat.seq == opened.tip.seq);
    OpenReport {
        last_known: opened.history.last_known().max(beat.map(|beat| beat.at)),
        clean,
        torn_bytes: opened.torn_bytes,
        damage: opened.damage.clone(),
        store_rebuild,
    }
}

/// What the threads are made of.
struct Threads {
    disk: Arc<dyn Disk>,
    options: OpenOptions,
    lock: FolderLock,
    mailbox: Arc<Mailbox>,
    rebuild: Option<String>,
}

impl Threads {
    fn start(self, found: Found, opened: Opened) -> Ledger {
        let Threads { disk, options, lock, mailbox, rebuild } = self;
        let dir = options.dir.join("journal");
        let gauges = Arc::new(Gauges::default());
        let read = opened.segments - opened.older.len();
        gauges.update(|journal| {
            journal.last_seq = opened.tip.seq;
            journal.segments = opened.segments as u64;
            journal.segments_verified = read as u64;
            journal.bytes = opened.bytes - opened.torn_bytes;
            journal.torn_bytes = opened.torn_bytes;
        });
        gauges.damaged_at_start(&opened.damage);
        let (queue, store) = (Arc::new(Queue::default()), Arc::new(StoreGauges::default()));
        let history = Arc::new(RwLock::new(opened.history));
        let abandoned = Arc::new(AtomicBool::new(false));
        let verifier = Verifier {
            disk: disk.clone(),
            dir: dir.clone(),
            next: opened.first_read,
            older: opened.older,
            gauges: gauges.clone(),
            abandoned: abandoned.clone(),
        };
        let journal = Journal { disk: disk.clone(), dir: dir.clone() };
        let shared = (history.clone(), mailbox.clone(), store.clone());
        let worker = Worker::new(options.dir.join("store"), journal, found, rebuild, shared);
        let now = options.now;
        let writer = Writer {
            disk,
            dir,
            agent: options.agent,
            version: options.version,
            history: history.clone(),
            queue: queue.clone(),
            gauges: gauges.clone(),
            store: mailbox.clone(),
            tip: opened.tip,
            segment: opened.segment,
            newest: opened.newest,
            unnamed_damage: opened.unnamed_damage,
            // Each run's first heartbeat is a checkpoint: figures need not wait for the store.
            measured_until: None,
            request: Request::default(),
        };
        let (sender, ended) = channel();
        let threads = vec![
            spawn("journal", Some(sender.clone()), move || writer.run(now)),
            spawn("store", Some(sender), move || worker.run()),
            spawn("verify", None, move || verifier.run()),
        ];
        let (ended, threads) = (Mutex::new(ended), Mutex::new(threads));
        let inner = Inner {
            history,
            queue,
            gauges,
            mailbox,
            store,
            abandoned,
            ended,
            threads,
            _lock: lock,
        };
        Ledger { inner: Arc::new(inner) }
    }
}

/// Starts a thread; `ended` is dropped when it ends, in whatever way.
fn spawn(
    name: &str,
    ended: Option<Sender<()>>,
    run: impl FnOnce() + Send + 'static,
) -> JoinHandle<()> {
    let started = thread::Builder::new().name(format!("ledger-{name}")).spawn(move || {
        let _ended = ended;
        run();
    });
    started.expect("a thread can be started when the agent starts")
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

#[cfg(test)]
mod tests;
