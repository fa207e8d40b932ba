//! What became of a service lately, as far as alerts go by it.

use super::{Alert, End, Episode};
use crate::budget::{CLAIM_DEADLINE_NEAR_MS, STOP_NEAR_MS};
use crate::claims::first_lapse;
use crate::contracts::{ContractInForce, Contracts};
use crate::figure::{Figure, Reach, month_figure};
use crate::history::History;
use crate::instant::{Instant, Interval};
use crate::service_record::ServiceRecord;
use crate::stops::{StopVerdict, judged_stops};
use crate::stretches::{Stretch, month_stretches};

/// What ended longer ago is looked for no more.
const LOOK_BACK_MS: i64 = 86_400_000;

/// One service's running month, and the one before while it is of interest.
pub(super) struct Course<'a> {
    pub history: &'a History,
    pub record: &'a ServiceRecord,
    pub decided: Instant,
    pub months: Vec<Month<'a>>,
    contracts: &'a mut Contracts,
    episodes: Vec<Episode>,
}

/// A month with its figure.
pub(super) struct Month<'a> {
    pub contract: ContractInForce<'a>,
    pub figure: Figure,
    pub stretches: Vec<Stretch>,
}

impl<'a> Course<'a> {
    /// None if nothing is recorded of the service.
    pub fn new(
        history: &'a History,
        contracts: &'a mut Contracts,
        service: &str,
        decided: Instant,
    ) -> Option<Self> {
        let record = history.record_of(service)?;
        let reach = Reach::running(decided);
        let first = contracts.running(history, service, decided.plus_ms(-LOOK_BACK_MS));
        let last = contracts.running(history, service, decided);
        let mut months = Vec::with_capacity(1);
        let mut month = first.terms.month();
        while month <= last.terms.month() {
            let contract = contracts.of(history, service, month);
            let terms = contract.as_service_contract();
            let figure = month_figure(history, service, &terms, reach);
            let stretches = month_stretches(history, service, &terms, reach).unwrap_or_default();
            months.push(Month { contract, figure, stretches });
            month = month.next();
        }
        Some(Course { history, record, decided, months, contracts, episodes: Vec::new() })
    }

    /// Adds an episode from `since` on, if that has come; `end` may be still to come.
    pub fn add(&mut self, alert: Alert, since: Instant, end: Option<End>) {
        let end = end.filter(|end| end.at() <= self.decided);
        let is_empty = end.is_some_and(|end| end.at() <= since);
        if since <= self.decided && !is_empty {
            self.episodes.push(Episode { since, alert, end });
        }
    }

    /// C8.2: a stop that excludes nothing is about to begin, or goes on.
    pub fn stops(&mut self) {
        if self.record.stops.is_empty() {
            return;
        }
        let near = self.decided.plus_ms(STOP_NEAR_MS);
        let lately = Interval::new(self.decided.plus_ms(-LOOK_BACK_MS), near.plus_ms(1));
        let zones = self.contracts.running(self.history, &self.record.name, self.decided).terms;
        let judged = judged_stops(self.history, &self.record.name, zones.resolved(), lately);
        for judged in judged {
            if !matches!(judged.verdict, StopVerdict::Late | StopVerdict::Surplus) {
                continue;
            }
            let stop = judged.stop;
            let since = stop.window.from.plus_ms(-STOP_NEAR_MS).max(stop.announced_at);
            let cancelled = stop.cancelled.as_ref().map(|made| made.at);
            let end = cancelled.map_or(stop.window.until, |at| at.min(stop.window.until));
            self.add(Alert::PlannedStopWithoutValidNotice, since, Some(End::Over(end)));
        }
    }

    /// C7.4, C8.2: a reduction lapses soon.
    pub fn claims(&mut self) {
        let (history, service) = (self.history, &*self.record.name);
        let Some(lapses) = first_lapse(history, self.contracts, service, self.decided) else {
            return;
        };
        let since = lapses.plus_ms(-CLAIM_DEADLINE_NEAR_MS);
        self.add(Alert::ClaimDeadlineNear, since, Some(End::Over(lapses)));
    }

    /// What was found, in order of time.
    pub fn finish(mut self) -> Vec<Episode> {
        self.episodes.sort_unstable();
        self.episodes.dedup();
        self.episodes
    }
}
