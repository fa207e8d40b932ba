//! The months of a service as the store keeps them: the contract's figure, written where it changed.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{
    Figure, History, Instant, Month, MonthTerms, Reach, ResolvedTerms, ServiceContract, State,
    Terms, month_figure,
};
use jiff::tz::TimeZone;

use crate::store::database::{Change, Database, Trouble, parse};
use crate::store::keys::{self, StoredFigure, StoredOutage, StoredState};

/// Terms laid out for months, kept at most.
const TERMS_MAX: usize = 256;

/// Computes figures; keeps the terms laid out.
#[derive(Default)]
pub(crate) struct Figures {
    /// By the line that set them (0: the default) and the month.
    terms: HashMap<(u64, Month), Arc<MonthTerms>>,
}

impl Figures {
    /// The month in which `at` lies for `service`.
    pub(crate) fn month_of(&mut self, history: &History, service: &str, at: Instant) -> Month {
        // The zone is the terms', which depend on the month; near its edge UTC's will do.
        let terms = self.terms(history, service, Month::of(at, &TimeZone::UTC));
        Month::of(at, terms.zone())
    }

    /// Whether the whole of `month` lies before `at`.
    pub(crate) fn has_ended(
        &mut self,
        history: &History,
        service: &str,
        month: Month,
        at: Instant,
    ) -> bool {
        self.terms(history, service, month).bounds().until <= at
    }

    /// Writes the figure of `service` in `month` as of `at`. A month before the first in which
    /// anything was measured is left out, the `running` one excepted.
    pub(crate) fn write(
        &mut self,
        database: &Database,
        change: &mut Change<'_>,
        history: &History,
        (service, month, running): (&str, Month, bool),
        at: Instant,
    ) -> Result<(), Trouble> {
        let terms = self.terms(history, service, month);
        let monthly_fee = history
            .setting_in_force(service, month)
            .and_then(|setting| setting.monthly_fee.as_ref());
        let contract = ServiceContract { terms: &terms, monthly_fee };
        let figure = month_figure(history, service, &contract, Reach::running(at));
        let key = keys::month(month, service);
        let stored: Option<StoredFigure> = database.get(&key)?;
        if !running && stored.is_none() && !is_measured(&figure) {
            let earlier: Option<StoredFigure> =
                database.get(&keys::month(month.prev(), service))?;
            if earlier.is_none() {
                return Ok(());
            }
        }
        let wanted = StoredFigure::of(&figure, terms.bounds());
        if stored.as_ref() != Some(&wanted) {
            change.put(&key, &wanted)?;
        }
        write_outages(database, change, &figure)
    }

    fn terms(&mut self, history: &History, service: &str, month: Month) -> Arc<MonthTerms> {
        let named = history
            .setting_in_force(service, month)
            .and_then(|setting| history.terms_in_force(&setting.terms, month));
        let key = (named.map_or(0, |named| named.seq), month);
        if let Some(terms) = self.terms.get(&key) {
            return terms.clone();
        }
        let resolved = named
            .and_then(|named| ResolvedTerms::new(named.terms.clone()).ok())
            .or_else(|| ResolvedTerms::new(Terms::default()).ok())
            .expect("the default terms can be used");
        let terms = Arc::new(MonthTerms::new(&resolved, month));
        if self.terms.len() >= TERMS_MAX {
            self.terms.clear();
        }
        self.terms.insert(key, terms.clone());
        terms
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

/// Makes the outages in the store those of the figure, touching only what differs.
fn write_outages(
    database: &Database,
    change: &mut Change<'_>,
    figure: &Figure,
) -> Result<(), Trouble> {
    let (month, service) = (figure.month, figure.service.as_str());
    let mut surplus = HashMap::new();
    database.scan(&keys::outages(month, service), |key, value| {
        // `a/` is also the start of the keys of a service called `a/b`.
        if keys::split_outage(key).is_some_and(|(_, name, _)| name == service) {
            surplus.insert(key.to_owned(), parse::<StoredOutage>(key, value)?);
        }
        Ok(())
    })?;
    for outage in &figure.outages {
        let key = keys::outage(month, service, outage.from);
        let wanted = StoredOutage::of(outage);
        if surplus.remove(&key).as_ref() != Some(&wanted) {
            change.put(&key, &wanted)?;
        }
    }
    surplus.keys().try_for_each(|key| change.remove(key))
}
