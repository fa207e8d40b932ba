//! Facts on their way to the writer: bounded, in order, each with its own instant.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Monotonic};

use contract::{Fact, Instant, ServiceState, UnmeasuredCause};
use tokio::sync::oneshot;

use crate::QUEUE_FACTS_MAX;
use crate::ticket::{RecordError, Recorded, Ticket};

/// Facts that are written and synced together at most.
pub(crate) const BATCH_FACTS_MAX: usize = 4096;

/// Entries that an empty queue keeps room for.
const ENTRIES_KEPT: usize = 64;

/// Round trips that may wait for their answer.
const PINGS_MAX: usize = 16;

/// The queue between all callers and the one writer.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    entries: VecDeque<Entry>,
    /// Facts in `entries` and in the batch under way.
    facts: usize,
    overflow: Overflow,
    facts_lost: u64,
    /// When the batch under way was queued.
    under_way_since: Option<Monotonic>,
    unwritable: Option<String>,
    pings: Vec<oneshot::Sender<Result<Recorded, RecordError>>>,
    last_seq: u64,
    closing: bool,
    abandoned: bool,
}

#[expect(clippy::large_enum_variant, reason = "nearly every entry is a fact")]
enum Entry {
    Fact(QueuedFact),
    /// What one person asked for: written together, or refused together.
    Persons(Vec<QueuedFact>),
    Heartbeat(Instant),
    Close(Instant),
}

/// A fact, and on the last one of a request, where to answer.
pub(crate) struct QueuedFact {
    pub(crate) at: Instant,
    pub(crate) fact: Fact,
    queued: Monotonic,
    pub(crate) answer: Option<oneshot::Sender<Result<Recorded, RecordError>>>,
}

/// What the writer does next: facts to be synced together, then what holds once they are.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) facts: Vec<QueuedFact>,
    /// Whether they are one person's request, which is tried once.
    pub(crate) by_person: bool,
    pub(crate) heartbeat: Option<Instant>,
    pub(crate) close: Option<Instant>,
}

/// A look at the queue.
pub(crate) struct QueueHealth {
    pub(crate) facts: usize,
    pub(crate) age: Duration,
    pub(crate) facts_lost: u64,
    pub(crate) unwritable: Option<String>,
}

impl Queue {
    /// Puts a request's facts into the queue, or says why not.
    pub(crate) fn push(&self, facts: Vec<(Instant, Fact)>) -> Ticket {
        let mut state = self.state();
        if state.closing || state.abandoned {
            return Ticket::answered(Err(RecordError::Closed));
        }
        let machine = facts.iter().all(|(_, fact)| is_machines(fact));
        if let (false, Some(why)) = (machine, &state.unwritable) {
            return Ticket::answered(Err(RecordError::Unwritable(why.clone())));
        }
        let full = state.facts + facts.len() > QUEUE_FACTS_MAX || !state.overflow.is_empty();
        if full {
            if machine {
                state.facts_lost += state.overflow.fold(facts);
            }
            return Ticket::answered(Err(RecordError::QueueFull));
        }
        let (answer, receiver) = oneshot::channel();
        match facts.is_empty() {
            true => {
                // One that a hanging writer never answers ends as closed.
                let surplus = (state.pings.len() + 1).saturating_sub(PINGS_MAX);
                state.pings.drain(..surplus);
                state.pings.push(answer);
            }
            false => state.push(facts, Some(answer), !machine),
        }
        self.changed.notify_one();
        Ticket(receiver)
    }

    /// Notes that the agent lives; a heartbeat that still waits at the end is moved on.
    pub(crate) fn heartbeat(&self, now: Instant) {
        let mut state = self.state();
        match state.entries.back_mut() {
            Some(Entry::Heartbeat(at)) => *at = now,
            _ => state.entries.push_back(Entry::Heartbeat(now)),
        }
        self.changed.notify_one();
    }

    /// Lets the writer end after all that waits; false if it was asked before.
    pub(crate) fn close(&self, now: Instant) -> bool {
        let mut state = self.state();
        if state.closing || state.abandoned {
            return false;
        }
        state.closing = true;
        state.entries.push_back(Entry::Close(now));
        self.changed.notify_one();
        true
    }

    /// Lets the writer end at once; what waits is not written.
    pub(crate) fn abandon(&self) {
        self.state().abandoned = true;
        self.changed.notify_one();
    }

    /// The next batch; none once abandoned.
    pub(crate) fn take(&self) -> Option<Batch> {
        let mut state = self.state();
        loop {
            if state.abandoned {
                return None;
            }
            state.answer_pings();
            if state.entries.is_empty() && !state.overflow.is_empty() {
                let facts = std::mem::take(&mut state.overflow).unfold();
                state.push(facts, None, false);
            }
            let batch = state.take();
            if !batch.is_empty() {
                state.under_way_since = batch.facts.first().map(|fact| fact.queued);
                return Some(batch);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The batch of `facts` facts is on the disk; the last line is `last_seq`.
    pub(crate) fn done(&self, facts: usize, last_seq: u64) {
        let mut state = self.state();
        state.facts -= facts.min(state.facts);
        state.under_way_since = None;
        state.last_seq = last_seq;
    }

    /// The disk took a write.
    pub(crate) fn writable(&self) {
        self.state().unwritable = None;
    }

    /// The disk fails: no person waits for it.
    pub(crate) fn unwritable(&self, why: &str) {
        self.state().fail(why);
    }

    /// Whether it failed last.
    pub(crate) fn is_unwritable(&self) -> bool {
        self.state().unwritable.is_some()
    }

    /// The disk fails: tells why, and waits for the next try. False: give up.
    pub(crate) fn back_off(&self, why: &str, wait: Duration) -> bool {
        let mut state = self.state();
        state.fail(why);
        let until = Monotonic::now() + wait;
        loop {
            let left = until.saturating_duration_since(Monotonic::now());
            state.answer_pings();
            if state.abandoned || left.is_zero() {
                return !state.abandoned;
            }
            let (guard, _) =
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
            state = guard;
        }
    }

    pub(crate) fn health(&self) -> QueueHealth {
        let state = self.state();
        let oldest = state.under_way_since.or_else(|| {
            state.entries.iter().find_map(|entry| match entry {
                Entry::Fact(fact) => Some(fact.queued),
                Entry::Persons(facts) => facts.first().map(|fact| fact.queued),
                _ => None,
            })
        });
        QueueHealth {
            facts: state.facts,
            age: oldest.map(|since| since.elapsed()).unwrap_or_default(),
            facts_lost: state.facts_lost,
            unwritable: state.unwritable.clone(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Answers those who ask whether the writer lives; with the trouble it has, if any.
    fn answer_pings(&mut self) {
        for ping in self.pings.drain(..) {
            let seq = self.last_seq;
            let answer = match &self.unwritable {
                Some(why) => Err(RecordError::Unwritable(why.clone())),
                None => Ok(Recorded { first_seq: seq, last_seq: seq }),
            };
            // Nobody may wait for it.
            let _ = ping.send(answer);
        }
    }

    fn push(
        &mut self,
        facts: Vec<(Instant, Fact)>,
        answer: Option<oneshot::Sender<Result<Recorded, RecordError>>>,
        by_person: bool,
    ) {
        self.facts += facts.len();
        let queued = Monotonic::now();
        let mut facts: Vec<_> = facts
            .into_iter()
            .map(|(at, fact)| QueuedFact { at, fact, queued, answer: None })
            .collect();
        if let Some(last) = facts.last_mut() {
            last.answer = answer;
        }
        match by_person {
            true => self.entries.push_back(Entry::Persons(facts)),
            false => self.entries.extend(facts.into_iter().map(Entry::Fact)),
        }
    }

    fn take(&mut self) -> Batch {
        let mut batch = Batch::default();
        while batch.facts.len() < BATCH_FACTS_MAX && batch.close.is_none() {
            match self.entries.pop_front() {
                Some(Entry::Fact(fact)) => batch.facts.push(fact),
                Some(Entry::Persons(facts)) if batch.is_empty() => {
                    return Batch { facts, by_person: true, ..batch };
                }
                Some(Entry::Persons(facts)) => {
                    self.entries.push_front(Entry::Persons(facts));
                    break;
                }
                Some(Entry::Heartbeat(now)) => batch.heartbeat = Some(now),
                Some(Entry::Close(now)) => batch.close = Some(now),
                None => break,
            }
        }
        if self.entries.is_empty() {
            // The room for a start's thousands of states, or for a slow disk's, is given back.
            self.entries.shrink_to(ENTRIES_KEPT);
        }
        batch
    }

    /// Refuses what people have asked for: none of it is written later.
    fn fail(&mut self, why: &str) {
        self.unwritable = Some(why.to_owned());
        for entry in std::mem::take(&mut self.entries) {
            let Entry::Persons(facts) = entry else {
                self.entries.push_back(entry);
                continue;
            };
            self.facts -= facts.len().min(self.facts);
            for answer in facts.into_iter().filter_map(|fact| fact.answer) {
                // Nobody may wait for it.
                let _ = answer.send(Err(RecordError::Unwritable(why.to_owned())));
            }
        }
    }
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.heartbeat.is_none() && self.close.is_none()
    }
}

/// Whether the agent records the fact by itself; all others are a person's.
fn is_machines(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::State { .. }
            | Fact::Measured { .. }
            | Fact::MeasuringStopped { .. }
            | Fact::ServiceBegan { .. }
            | Fact::ServiceEnded { .. }
            | Fact::TermsSet { .. }
            | Fact::ServiceSet { .. }
            | Fact::ProviderSet(_)
            | Fact::VantageSet(_)
            | Fact::SigningKeySet { .. }
            | Fact::MonthClosed(_)
            | Fact::StatementSigned(_)
            | Fact::NoticeDelivered { .. }
    )
}

/// What a full queue could not take, folded to what still matters: per service the time since the
/// first lost state is `unmeasured` until the latest one.
#[derive(Default)]
struct Overflow {
    measuring_stopped: Option<LostStop>,
    services: BTreeMap<String, LostStates>,
}

struct LostStop {
    at: Instant,
    from: Instant,
    cause: UnmeasuredCause,
}

struct LostStates {
    first_from: Instant,
    latest: (Instant, Fact),
}

impl Overflow {
    fn is_empty(&self) -> bool {
        self.measuring_stopped.is_none() && self.services.is_empty()
    }

    /// Takes the facts in; gives how many are lost by it. Only measurements are folded.
    fn fold(&mut self, facts: Vec<(Instant, Fact)>) -> u64 {
        let mut lost = 0;
        for (at, fact) in facts {
            match fact {
                Fact::State { ref service, from, .. } => {
                    let key = service.clone();
                    let latest = (at, fact);
                    match self.services.get_mut(&key) {
                        Some(states) => {
                            states.first_from = states.first_from.min(from);
                            states.latest = latest;
                            lost += 1;
                        }
                        None => {
                            let states = LostStates { first_from: from, latest };
                            self.services.insert(key, states);
                        }
                    }
                }
                Fact::MeasuringStopped { from, cause } => match &mut self.measuring_stopped {
                    Some(stop) => {
                        (stop.at, stop.cause) = (at, cause);
                        lost += 1;
                    }
                    None => self.measuring_stopped = Some(LostStop { at, from, cause }),
                },
                _ => lost += 1,
            }
        }
        lost
    }

    /// The facts that stand for all that was folded.
    fn unfold(self) -> Vec<(Instant, Fact)> {
        let stop = self
            .measuring_stopped
            .map(|LostStop { at, from, cause }| (at, Fact::MeasuringStopped { from, cause }));
        let states = self.services.into_iter().flat_map(|(service, states)| {
            let (at, latest) = states.latest;
            let gap = match latest {
                Fact::State { from, .. } if from <= states.first_from => None,
                _ => Some(Fact::State {
                    service,
                    from: states.first_from,
                    state: ServiceState::Unmeasured { cause: UnmeasuredCause::Unable },
                    evidence: None,
                }),
            };
            gap.map(|gap| (at, gap)).into_iter().chain([(at, latest)])
        });
        stop.into_iter().chain(states).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(from_ms: i64, state: ServiceState) -> (Instant, Fact) {
        let from = Instant::from_ms(from_ms);
        (from, Fact::State { service: "portal".to_owned(), from, state, evidence: None })
    }

    fn fill(queue: &Queue) {
        let facts = (0..QUEUE_FACTS_MAX as i64).map(|ms| state(ms, ServiceState::Up)).collect();
        drop(queue.push(facts));
    }

    #[test]
    fn a_full_queue_keeps_the_latest_state_and_makes_the_rest_unmeasured() {
        let queue = Queue::default();
        fill(&queue);
        let start = QUEUE_FACTS_MAX as i64;
        let down = || ServiceState::Down { cause: "timeout".to_owned() };
        for ms in start..start + 10 {
            let ticket = queue.push(vec![state(ms, down())]);
            assert_eq!(ticket.wait(), Err(RecordError::QueueFull));
        }
        let health = queue.health();
        assert_eq!((health.facts, health.facts_lost), (QUEUE_FACTS_MAX, 9));
        let mut written = 0;
        while written < QUEUE_FACTS_MAX {
            let batch = queue.take().unwrap();
            written += batch.facts.len();
            queue.done(batch.facts.len(), 0);
        }
        let facts: Vec<_> = queue.take().unwrap().facts.into_iter().map(|fact| fact.fact).collect();
        let unmeasured = ServiceState::Unmeasured { cause: UnmeasuredCause::Unable };
        assert_eq!(facts, [state(start, unmeasured).1, state(start + 9, down()).1]);
    }

    #[test]
    fn nothing_of_a_persons_request_is_recorded_when_the_queue_is_full() {
        let queue = Queue::default();
        fill(&queue);
        let word = || "anna".to_owned();
        let pause = Fact::MeasuringPaused { service: word(), by: word(), reason: word() };
        let request = vec![(Instant::MIN, pause), state(i64::MAX / 2, ServiceState::Up)];
        assert_eq!(queue.push(request).wait(), Err(RecordError::QueueFull));
        let mut written = 0;
        while written < QUEUE_FACTS_MAX {
            let batch = queue.take().unwrap();
            written += batch.facts.len();
            queue.done(batch.facts.len(), 0);
        }
        drop(queue.push(vec![state(-1, ServiceState::Up)]));
        assert_eq!(queue.take().unwrap().facts.len(), 1);
        assert_eq!((written, queue.health().facts_lost), (QUEUE_FACTS_MAX, 0));
    }

    #[test]
    fn a_persons_fact_does_not_wait_for_a_failing_disk() {
        let queue = Queue::default();
        assert!(queue.back_off("no space left on device", Duration::ZERO));
        let id = "S1".to_owned();
        let cancel =
            || vec![(Instant::MIN, Fact::StopCancelled { id: id.clone(), by: id.clone() })];
        let refused = queue.push(cancel()).wait().unwrap_err();
        assert!(refused.to_string().contains("no space left"), "{refused}");
        drop(queue.push(vec![state(1, ServiceState::Up)]));
        assert_eq!(queue.take().unwrap().facts.len(), 1);
        queue.done(1, 0);
        queue.writable();
        drop(queue.push(cancel()));
        assert_eq!(queue.take().unwrap().facts.len(), 1);
    }

    #[test]
    fn a_persons_request_is_a_batch_of_its_own_and_goes_when_the_disk_fails() {
        let queue = Queue::default();
        let cancel = || Fact::StopCancelled { id: String::new(), by: String::new() };
        let request = || vec![(Instant::MIN, cancel()), (Instant::MIN, cancel())];
        drop(queue.push(vec![state(1, ServiceState::Up)]));
        drop(queue.push(request()));
        drop(queue.push(vec![state(2, ServiceState::Up)]));
        queue.heartbeat(Instant::MIN);
        queue.heartbeat(Instant::MAX);
        let waiting = queue.push(request());
        assert_eq!(queue.take().unwrap().facts.len(), 1);
        let persons = queue.take().unwrap();
        assert_eq!((persons.facts.len(), persons.by_person, persons.heartbeat), (2, true, None));
        queue.unwritable("no space left on device");
        assert!(matches!(waiting.wait(), Err(RecordError::Unwritable(_))));
        let last = queue.take().unwrap();
        assert_eq!((last.facts.len(), last.heartbeat), (1, Some(Instant::MAX)));
        queue.done(4, 0);
        assert_eq!(queue.health().facts, 0);
    }
}
