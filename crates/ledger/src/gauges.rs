//! What the threads tell of the journal, gathered for [`Health`].

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Monotonic};

use contract::Instant;

use crate::health::JournalHealth;
use crate::journal::queue::Queue;

/// The journal's gauges. The queue keeps its own.
#[derive(Default)]
pub(crate) struct Gauges(Mutex<State>);

#[derive(Default)]
struct State {
    health: JournalHealth,
    last_sync: Option<Monotonic>,
    verified: Option<Monotonic>,
    decided_until: Option<Instant>,
}

impl Gauges {
    /// Changes what is not a duration since something.
    pub(crate) fn update(&self, change: impl FnOnce(&mut JournalHealth)) {
        change(&mut self.state().health);
    }

    /// `bytes` were written and synced; the last line was `seq`.
    pub(crate) fn synced(&self, duration: Duration, seq: u64, bytes: usize) {
        let mut state = self.state();
        state.last_sync = Some(Monotonic::now());
        state.health.last_sync_duration = duration;
        state.health.last_seq = seq;
        state.health.bytes += bytes as u64;
    }

    /// A `measured` until here is in the journal.
    pub(crate) fn decided(&self, until: Instant) {
        let mut state = self.state();
        state.decided_until = state.decided_until.max(Some(until));
    }

    /// Until where the journal says so.
    pub(crate) fn decided_until(&self) -> Option<Instant> {
        self.state().decided_until
    }

    /// The older segments were verified to the end.
    pub(crate) fn verified(&self) {
        self.state().verified = Some(Monotonic::now());
    }

    /// One look at all of it.
    pub(crate) fn health(&self, queue: &Queue) -> JournalHealth {
        let queue = queue.health();
        let state = self.state();
        JournalHealth {
            last_sync_ago: state.last_sync.map(|last| last.elapsed()),
            verified_ago: state.verified.map(|last| last.elapsed()),
            queue_facts: queue.facts,
            queue_age: queue.age,
            facts_lost: queue.facts_lost,
            unwritable: queue.unwritable,
            ..state.health.clone()
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
