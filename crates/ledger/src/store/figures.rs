//! The months of a service as the store keeps them: the contract's figure, written where it changed.

use std::collections::HashMap;

use contract::{
    Contracts, Figure, History, Instant, Month, Reach, State, Stretch, month_figure,
    month_stretches,
};

use crate::store::database::{Change, Trouble, parse};
use crate::store::keys::{self, StoredFigure, StoredInterval, StoredState};

/// Computes figures; keeps the terms laid out.
#[derive(Default)]
pub(crate) struct Figures {
    contracts: Contracts,
}

impl Figures {
    /// The month in which `at` lies for `service`.
    pub(crate) fn month_of(&mut self, history: &History, service: &str, at: Instant) -> Month {
        self.contracts.running(history, service, at).terms.month()
    }

    /// Whether the whole of `month` lies before `at`.
    pub(crate) fn has_ended(
        &mut self,
        history: &History,
        service: &str,
        month: Month,
        at: Instant,
    ) -> bool {
        self.contracts.of(history, service, month).terms.bounds().until <= at
    }

    /// Writes the figure of `service` in `month` as of `at`.
    ///
    /// A month before the service was known is left out unless something in it counts, and is
    /// removed when it no longer does: what the store holds follows from the journal alone, and not
    /// from when it was written.
    pub(crate) fn write(
        &mut self,
        change: &mut Change<'_>,
        history: &History,
        (service, month): (&str, Month),
        at: Instant,
    ) -> Result<(), Trouble> {
        let in_force = self.contracts.of(history, service, month);
        let (contract, reach) = (in_force.as_service_contract(), Reach::running(at));
        let figure = month_figure(history, service, &contract, reach);
        let key = keys::month(month, service);
        let stored: Option<StoredFigure> = change.get(&key)?;
        if !is_measured(&figure) && !self.is_known(history, service, month) {
            return match stored {
                Some(_) => remove(change, (service, month)),
                None => Ok(()),
            };
        }
        let wanted = StoredFigure::of(&figure, contract.terms.bounds());
        if stored.as_ref() != Some(&wanted) {
            change.put(&key, &wanted)?;
        }
        let stretches = month_stretches(history, service, &contract, reach).unwrap_or_default();
        write_intervals(change, (service, month), stretches)
    }

    /// Whether `service` was known in `month` or before it.
    fn is_known(&mut self, history: &History, service: &str, month: Month) -> bool {
        let since = history.known_since(service);
        since.is_some_and(|since| self.month_of(history, service, since) <= month)
    }
}

/// Writes the current state of `service`; true if its figure changes as time goes by.
pub(crate) fn write_state(
    change: &mut Change<'_>,
    history: &History,
    service: &str,
    at: Instant,
) -> Result<bool, Trouble> {
    let current = history.state_at(service, at);
    change.put(&keys::state(service), &StoredState::of(current))?;
    Ok(current.state != State::Up)
}

fn is_measured(figure: &Figure) -> bool {
    figure.up_ms + figure.lost_ms + figure.planned_ms + figure.excluded_ms > 0
}

/// Removes a month with its intervals.
fn remove(change: &mut Change<'_>, (service, month): (&str, Month)) -> Result<(), Trouble> {
    change.remove(&keys::month(month, service))?;
    write_intervals(change, (service, month), Vec::new())
}

/// Makes the intervals in the store those of the month, touching only what differs.
fn write_intervals(
    change: &mut Change<'_>,
    (service, month): (&str, Month),
    stretches: Vec<Stretch>,
) -> Result<(), Trouble> {
    let mut surplus = HashMap::new();
    change.scan(&keys::intervals(month, service), |key, value| {
        // `a/` is also the start of the keys of a service called `a/b`.
        if keys::split_interval(key).is_some_and(|(_, name, _)| name == service) {
            surplus.insert(key.to_owned(), parse::<StoredInterval>(key, value)?);
        }
        Ok(())
    })?;
    for stretch in stretches {
        let key = keys::interval(month, service, stretch.interval.from);
        let wanted = StoredInterval::of(stretch);
        if surplus.remove(&key).as_ref() != Some(&wanted) {
            change.put(&key, &wanted)?;
        }
    }
    surplus.keys().try_for_each(|key| change.remove(key))
}
