//! What a watch asks its caller to do.

use contract::{Instant, ServiceState};

use crate::accounts::Account;

/// One thing to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Record this fact. The caller adds the service's name and the evidence of its latest attempt.
    Record {
        /// The fact's `from`.
        from: Instant,
        /// The fact's state.
        state: ServiceState,
    },
    /// Ask the witnesses, and tell [`crate::Watch::on_witnesses`] what they said. Asked at most
    /// once until they have answered.
    AskWitnesses,
    /// Attempt a login beside the regular ones, on a fresh connection. It replaces an earlier
    /// request of this service that has not started yet.
    Attempt {
        /// The account to log in with.
        account: Account,
        /// When.
        when: When,
    },
}

/// When an attempt is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// As soon as the limits allow.
    AtOnce,
    /// At this instant of the monotonic clock, in milliseconds.
    At(i64),
}

/// At most six actions, in the order in which to perform them. Only a `down` fact allocates, for its cause.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Actions {
    slots: [Option<Action>; Self::MAX],
}

impl Actions {
    /// The most actions that one event can cause: four facts, a question and an attempt.
    pub const MAX: usize = 6;

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.slots[0].is_none()
    }

    /// The actions, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Action> {
        self.slots.iter().flatten()
    }

    pub(crate) fn push(&mut self, action: Action) {
        let free = self.slots.iter_mut().find(|slot| slot.is_none());
        debug_assert!(free.is_some(), "more actions than any event causes");
        if let Some(slot) = free {
            *slot = Some(action);
        }
    }
}

impl IntoIterator for Actions {
    type Item = Action;
    type IntoIter = std::iter::Flatten<std::array::IntoIter<Option<Action>, { Actions::MAX }>>;

    fn into_iter(self) -> Self::IntoIter {
        self.slots.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_is_there() {
        let mut actions = Actions::default();
        assert!(actions.is_empty());
        actions.push(Action::AskWitnesses);
        assert!(!actions.is_empty());
    }
}
