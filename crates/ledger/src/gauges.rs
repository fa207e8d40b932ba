//! What the threads tell of the journal, gathered for [`Health`].

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Monotonic};

use contract::Instant;

use crate::health::{Damage, JournalHealth};
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
    unrecorded_damage: Vec<Damage>,
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

    /// Notes damage, which the writer then records.
    pub(crate) fn damaged(&self, damage: Damage) {
        let mut state = self.state();
        // Oldest first; what the start found is newer.
        let known = &mut state.health.damage;
        let older = known.iter().filter(|known| known.file <= damage.file).count();
        known.insert(older, damage.clone());
        state.unrecorded_damage.push(damage);
    }

    /// The damage that the start found, to be recorded too.
    pub(crate) fn damaged_at_start(&self, damage: &[Damage]) {
        let mut state = self.state();
        state.health.damage = damage.to_vec();
        state.unrecorded_damage = damage.to_vec();
    }

    pub(crate) fn take_unrecorded_damage(&self) -> Vec<Damage> {
        std::mem::take(&mut self.state().unrecorded_damage)
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
