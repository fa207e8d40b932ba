//! The one writer: appends, syncs, and only then acknowledges and counts.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant as Monotonic};

use contract::{Fact, History, Instant, Line};
use jiff::tz::TimeZone;
use tokio::sync::oneshot;

use crate::MEASURED_INTERVAL_MS;
use crate::admission::{admit, raise_stop};
use crate::disk::{Disk, DiskFile};
use crate::gauges::Gauges;
use crate::health::Damage;
use crate::journal::line::{self, FORMAT, LINE_BYTES_MAX};
use crate::journal::opening::EARLIER_MONTHS;
use crate::journal::queue::{Batch, Queue, QueuedFact};
use crate::journal::reader::Tip;
use crate::journal::segment::{SegmentName, UNFINISHED_SUFFIX};
use crate::store::Mailbox;
use crate::ticket::{RecordError, Recorded};

/// The first wait after a failed write; it doubles up to [`BACK_OFF_MAX`].
const BACK_OFF_MIN: Duration = Duration::from_millis(20);

/// The longest wait after a failed write.
const BACK_OFF_MAX: Duration = Duration::from_secs(5);

/// What the writer works with.
pub(crate) struct Writer {
    pub(crate) disk: Arc<dyn Disk>,
    /// The folder of the segments.
    pub(crate) dir: PathBuf,
    pub(crate) agent: String,
    pub(crate) version: String,
    pub(crate) history: Arc<RwLock<History>>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) store: Arc<Mailbox>,
    /// The last acknowledged line.
    pub(crate) tip: Tip,
    /// The newest segment, where it can be continued.
    pub(crate) segment: Option<Segment>,
    /// The newest segment's name, also where it cannot be continued.
    pub(crate) newest: Option<SegmentName>,
    /// Damage that the next segment has to name.
    pub(crate) unnamed_damage: Option<Damage>,
    /// The latest `until` that this writer wrote; none before a run's first heartbeat.
    pub(crate) measured_until: Option<Instant>,
    pub(crate) request: Request,
}

/// The segment that is appended to.
pub(crate) struct Segment {
    pub(crate) name: SegmentName,
    /// Bytes that are acknowledged.
    pub(crate) bytes: u64,
    /// The open file; none when its descriptor is not trusted.
    pub(crate) file: Option<Box<dyn DiskFile>>,
    /// Whether more than the acknowledged bytes may be there.
    pub(crate) overhangs: bool,
}

/// What is known so far of the request whose facts are being written.
#[derive(Default)]
pub(crate) struct Request {
    first_seq: Option<u64>,
    refused: Option<String>,
}

/// The queue was abandoned while the disk failed.
struct Abandoned;

impl Writer {
    /// Writes until the queue is closed or abandoned. `now`: when the ledger was opened.
    pub(crate) fn run(mut self, now: Instant) {
        // A new ledger, and one that was found damaged, begin their segment at once.
        if self.segment.is_none() && self.begin_segment(now).is_err() {
            return;
        }
        while let Some(batch) = self.queue.take() {
            let closes = batch.close.is_some();
            if self.write_batch(batch).is_err() || closes {
                return;
            }
        }
    }

    fn write_batch(&mut self, batch: Batch) -> Result<(), Abandoned> {
        let Batch { facts, by_person, heartbeat, close } = batch;
        if by_person {
            return self.write_persons(facts);
        }
        let count = facts.len();
        let checkpoint = close.or(heartbeat.filter(|now| self.is_checkpoint_due(*now)));
        let damage = heartbeat.map(|now| self.unrecorded_damage(now)).unwrap_or_default();
        let first_at = facts.first().map(|fact| fact.at).or(checkpoint);
        let first_at = first_at.or(heartbeat.filter(|_| !damage.is_empty()));
        if let Some(at) = first_at {
            self.begin_segment(at)?;
        }
        let mut sealing = Sealing::new(self.tip);
        let answers = self.seal(facts, &mut sealing);
        for (at, fact) in damage {
            sealing.seal(at, fact);
        }
        if let Some(until) = checkpoint {
            sealing.seal(until, Fact::Measured { until });
            self.measured_until = Some(until);
        }
        self.append(&sealing)?;
        self.acknowledge(sealing, count, answers);
        if let Some(until) = checkpoint {
            self.gauges.decided(until);
        }
        if let Some(at) = close.or(heartbeat) {
            self.store.heartbeat(at, self.tip, close.is_some());
        }
        Ok(())
    }

    /// Damage that no line names yet: each is recorded once, however often it is found.
    fn unrecorded_damage(&self, now: Instant) -> Vec<(Instant, Fact)> {
        let found = self.gauges.take_unrecorded_damage();
        if found.is_empty() {
            return Vec::new();
        }
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        let recorded = history.chain_damage();
        let is_recorded =
            |damage: &Damage| recorded.iter().any(|known| damage.is_named_by(&known.found));
        let unrecorded = found.into_iter().filter(|damage| !is_recorded(damage));
        unrecorded.map(|damage| (now, damage.fact(now))).collect()
    }

    /// Tries a person's request once: whoever waits is told at once that nothing was recorded, and
    /// then nothing is.
    fn write_persons(&mut self, facts: Vec<QueuedFact>) -> Result<(), Abandoned> {
        let count = facts.len();
        let Some(at) = facts.first().map(|fact| fact.at) else { return Ok(()) };
        let begun =
            self.segment_to_begin(at).map_or(Ok(()), |name| self.try_begin_segment(name, at));
        if let Err(error) = begun {
            let why = self.note_failure(&error);
            self.queue.unwritable(&why);
            self.refuse(count, facts.into_iter().filter_map(|fact| fact.answer), &why);
            return Ok(());
        }
        let mut sealing = Sealing::new(self.tip);
        let answers = self.seal(facts, &mut sealing);
        let Err(error) = self.try_append(&sealing) else {
            self.acknowledge(sealing, count, answers);
            return Ok(());
        };
        let why = self.note_failure(&error);
        self.queue.unwritable(&why);
        let mut wait = BACK_OFF_MIN;
        while let Err(error) = self.cut() {
            self.back_off(&error, &mut wait)?;
        }
        self.refuse(count, answers.into_iter().map(|(answer, _)| answer), &why);
        Ok(())
    }

    fn acknowledge(&mut self, sealing: Sealing, count: usize, answers: Vec<Answer>) {
        self.count(sealing);
        self.queue.done(count, self.tip.seq);
        for (answer, result) in answers {
            // Nobody may wait for it.
            let _ = answer.send(result);
        }
    }

    fn refuse(&self, count: usize, answers: impl Iterator<Item = Sender>, why: &str) {
        self.queue.done(count, self.tip.seq);
        for answer in answers {
            // Nobody may wait for it.
            let _ = answer.send(Err(RecordError::Unwritable(why.to_owned())));
        }
    }

    fn is_checkpoint_due(&self, now: Instant) -> bool {
        // What the store cannot keep for a crash, the journal does; and whether the disk can be
        // written again is seen by writing.
        self.store.fails()
            || self.queue.is_unwritable()
            // A clock that was set back is a checkpoint too.
            || self
                .measured_until
                .is_none_or(|until| !(0..MEASURED_INTERVAL_MS).contains(&now.since(until)))
    }

    /// Seals the facts that may become lines, and prepares the answers for when they last.
    fn seal(&mut self, facts: Vec<QueuedFact>, sealing: &mut Sealing) -> Vec<Answer> {
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        let mut answers = Vec::new();
        for QueuedFact { at, fact, answer, .. } in facts {
            let fact = raise_stop(&history, &sealing.lines, fact);
            let admitted = admit(&history, &sealing.lines, &fact);
            let sealed = admitted.and_then(|()| sealing.try_seal(at, fact));
            match sealed {
                Ok(seq) => {
                    self.request.first_seq.get_or_insert(seq);
                }
                Err(why) => {
                    tracing::error!(why, "a fact was refused");
                    self.gauges.update(|journal| journal.facts_refused += 1);
                    self.request.refused.get_or_insert(why);
                }
            }
            if let Some(answer) = answer {
                let request = std::mem::take(&mut self.request);
                answers.push((answer, request.answer(sealing.tip.seq)));
            }
        }
        answers
    }

    /// Appends and syncs, again and again until it succeeds.
    fn append(&mut self, sealing: &Sealing) -> Result<(), Abandoned> {
        let mut wait = BACK_OFF_MIN;
        while let Err(error) = self.try_append(sealing) {
            self.back_off(&error, &mut wait)?;
        }
        Ok(())
    }

    fn try_append(&mut self, sealing: &Sealing) -> io::Result<()> {
        if sealing.lines.is_empty() {
            return Ok(());
        }
        let started = Monotonic::now();
        let Some(segment) = &mut self.segment else {
            return Err(io::Error::other("no segment is open"));
        };
        let mut file = match segment.file.take() {
            Some(file) => file,
            None => reopen(&*self.disk, &self.dir, segment)?,
        };
        segment.overhangs = true;
        file.append(&sealing.bytes)?;
        file.sync()?;
        segment.overhangs = false;
        segment.bytes += sealing.bytes.len() as u64;
        segment.file = Some(file);
        self.queue.writable();
        self.gauges.synced(started.elapsed(), sealing.tip.seq, sealing.bytes.len());
        Ok(())
    }

    /// Makes sure that nothing stays on the disk which was not acknowledged.
    fn cut(&mut self) -> io::Result<()> {
        let Some(segment) = self.segment.as_mut().filter(|segment| segment.overhangs) else {
            return Ok(());
        };
        let mut file = reopen(&*self.disk, &self.dir, segment)?;
        file.sync()?;
        segment.overhangs = false;
        segment.file = Some(file);
        Ok(())
    }

    /// Notes a failure and waits. The descriptor is already dropped: it is not trusted.
    fn back_off(&self, error: &io::Error, wait: &mut Duration) -> Result<(), Abandoned> {
        let why = self.note_failure(error);
        if !self.queue.back_off(&why, *wait) {
            return Err(Abandoned);
        }
        *wait = (*wait * 2).min(BACK_OFF_MAX);
        Ok(())
    }

    fn note_failure(&self, error: &io::Error) -> String {
        let why = error.to_string();
        tracing::error!(why, "the journal cannot be written");
        self.gauges.update(|journal| journal.write_failures += 1);
        why
    }

    /// Counts synced lines in the history and tells the store.
    fn count(&mut self, sealing: Sealing) {
        if sealing.lines.is_empty() {
            return;
        }
        self.tip = sealing.tip;
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        for line in &sealing.lines {
            if let Err(error) = history.apply(line) {
                // `admit` is meant to make this impossible; the line is on the disk.
                tracing::error!(seq = line.seq, %error, "a recorded line cannot be counted");
            }
        }
        self.store.applied(&history, &sealing.lines);
    }

    /// Makes sure that the segment for a line recorded at `at` is open.
    fn begin_segment(&mut self, at: Instant) -> Result<(), Abandoned> {
        let Some(name) = self.segment_to_begin(at) else { return Ok(()) };
        let mut wait = BACK_OFF_MIN;
        while let Err(error) = self.try_begin_segment(name, at) {
            self.back_off(&error, &mut wait)?;
        }
        Ok(())
    }

    /// The segment for a line recorded at `at`; none if it is the one that is open.
    fn segment_to_begin(&self, at: Instant) -> Option<SegmentName> {
        let name = SegmentName::for_line(at, self.newest);
        match &self.segment {
            Some(segment) if segment.name == name => None,
            _ if Some(name) == self.newest => Some(name.next_part()),
            _ => Some(name),
        }
    }

    /// Writes a segment's first lines under another name: where the segment's own name stands,
    /// they are complete.
    fn try_begin_segment(&mut self, name: SegmentName, at: Instant) -> io::Result<()> {
        let started = Monotonic::now();
        let mut sealing = Sealing::new(self.tip);
        let (agent, version) = (self.agent.clone(), self.version.clone());
        let month = name.month.to_string();
        sealing.seal(at, Fact::SegmentOpened { format: FORMAT, month, agent, version });
        if let Some(damage) = &self.unnamed_damage {
            sealing.seal(at, damage.fact(at));
        }
        for line in self.carry_over(at) {
            sealing.seal(at, Fact::CarriedOver { line: Box::new(line) });
        }
        let path = self.dir.join(name.to_string());
        let unfinished = self.dir.join(format!("{name}{UNFINISHED_SUFFIX}"));
        let mut file = self.disk.open(&unfinished, true)?;
        file.append(&sealing.bytes)?;
        file.sync()?;
        self.disk.rename(&unfinished, &path)?;
        self.disk.sync_dir(&self.dir)?;
        self.gauges.synced(started.elapsed(), sealing.tip.seq, sealing.bytes.len());
        self.gauges.update(|journal| {
            journal.segments += 1;
            journal.segments_verified += 1;
        });
        let bytes = sealing.bytes.len() as u64;
        self.segment = Some(Segment { name, bytes, file: Some(file), overhangs: false });
        self.newest = Some(name);
        self.unnamed_damage = None;
        self.queue.writable();
        self.count(sealing);
        self.forget(name);
        Ok(())
    }

    /// Forgets what a start would not read.
    fn forget(&self, newest: SegmentName) {
        let earliest = (0..EARLIER_MONTHS).fold(newest.month, |month, _| month.prev());
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        history.forget_before(earliest.start(&TimeZone::UTC));
    }

    fn carry_over(&self, at: Instant) -> Vec<Line> {
        self.history.read().unwrap_or_else(PoisonError::into_inner).carry_over(at)
    }
}

type Sender = oneshot::Sender<Result<Recorded, RecordError>>;

type Answer = (Sender, Result<Recorded, RecordError>);

impl Request {
    fn answer(self, last_seq: u64) -> Result<Recorded, RecordError> {
        match (self.refused, self.first_seq) {
            (Some(why), _) => Err(RecordError::Refused(why)),
            (None, Some(first_seq)) => Ok(Recorded { first_seq, last_seq }),
            (None, None) => Err(RecordError::Closed),
        }
    }
}

/// Opens a segment again after a failure, and cuts off what was never acknowledged.
fn reopen(disk: &dyn Disk, dir: &Path, segment: &Segment) -> io::Result<Box<dyn DiskFile>> {
    let mut file = disk.open(&dir.join(segment.name.to_string()), false)?;
    let len = file.len()?;
    if len < segment.bytes {
        return Err(io::Error::other(format!(
            "{} has {len} bytes where {} were acknowledged; restart to continue in a new segment",
            segment.name, segment.bytes
        )));
    }
    if len > segment.bytes {
        file.truncate(segment.bytes)?;
    }
    Ok(file)
}

/// Lines being sealed, one after the other.
struct Sealing {
    tip: Tip,
    bytes: Vec<u8>,
    lines: Vec<Line>,
}

impl Sealing {
    fn new(tip: Tip) -> Self {
        Sealing { tip, bytes: Vec::new(), lines: Vec::new() }
    }

    /// Seals a line of the ledger's own.
    fn seal(&mut self, at: Instant, fact: Fact) {
        let seq = self.tip.seq + 1;
        let line = Line { seq, at, fact };
        let hash = line::seal(&line, salt(), &self.tip.hash, &mut self.bytes);
        self.tip = Tip { seq, hash };
        self.lines.push(line);
    }

    /// Seals a line of a caller's; gives its number.
    fn try_seal(&mut self, at: Instant, fact: Fact) -> Result<u64, String> {
        let (tip, len) = (self.tip, self.bytes.len());
        self.seal(at, fact);
        if self.bytes.len() - len > LINE_BYTES_MAX {
            self.bytes.truncate(len);
            self.lines.pop();
            self.tip = tip;
            return Err(format!("the fact is longer than {LINE_BYTES_MAX} bytes; shorten it"));
        }
        Ok(self.tip.seq)
    }
}

/// Keeps a hidden body from being guessed; not a secret of the ledger's, so that a machine without
/// randomness may go on with less.
fn salt() -> [u8; 16] {
    let mut salt = [0; 16];
    if let Err(error) = getrandom::fill(&mut salt) {
        tracing::warn!(%error, "no randomness for a line's salt");
    }
    salt
}
