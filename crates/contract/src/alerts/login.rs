//! Whether customers can log in, and whether that is known.

use std::collections::BTreeMap;

use super::course::Course;
use super::{Alert, End};
use crate::budget::UNMEASURED_PER_DAY_MS_MAX;
use crate::fact::UnmeasuredCause;
use crate::incidents::{INCIDENT_GAP_MS, Incident};
use crate::instant::{Instant, Interval, union};
use crate::service_record::StoredState;
use crate::stretches::StretchClass;
use crate::timeline::DownClass;

use super::loss::stretches_with;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How many outages within an hour are flapping (C8.2).
const FLAPS: usize = 3;

impl Course<'_> {
    /// Adds what concerns the login itself.
    pub fn login(&mut self) {
        let incidents = self.incidents();
        self.down(&incidents);
        self.support_clocks(&incidents);
        self.flapping();
        self.unmeasured();
        self.account();
    }

    /// The months' incidents by their opening (C9.1).
    fn incidents(&self) -> Vec<Incident> {
        // One that touches two months is in both; the later one sees more of it.
        let all = self.months.iter().flat_map(|month| &month.figure.incidents);
        let by_opening: BTreeMap<Instant, &Incident> = all.map(|it| (it.opened, it)).collect();
        by_opening.into_values().cloned().collect()
    }

    /// The login is down until it was seen to work again, for as long as makes an incident over.
    fn down(&mut self, incidents: &[Incident]) {
        let mut since = None;
        for (place, incident) in incidents.iter().enumerate() {
            let opened = *since.get_or_insert(incident.opened);
            let next = incidents.get(place + 1).map(|next| next.opened);
            let works = incident.closed.and_then(|closed| self.answer_from(closed));
            // Nothing but silence lay between the two.
            if next.is_some_and(|next| works.is_none_or(|works| next.since(works) <= 0)) {
                continue;
            }
            let is_over =
                |works: &Instant| next.is_some() || self.decided.since(*works) >= INCIDENT_GAP_MS;
            self.add(Alert::LoginDown, opened, works.filter(is_over).map(End::Over));
            since = None;
        }
    }

    /// The first instant from `closed` on at which the login works, or somebody paused measuring.
    fn answer_from(&self, closed: Instant) -> Option<Instant> {
        let is_answer = |state: &StoredState| {
            let paused = StoredState::Unmeasured(UnmeasuredCause::Paused);
            *state == StoredState::Up || *state == paused
        };
        let changes = &self.record.changes;
        let later = changes.partition_point(|change| change.from <= closed);
        let in_force = changes[..later].last().filter(|last| is_answer(&last.state));
        // A state does not outlast the end of measuring.
        let holds = |from: Instant| {
            let ended = self.history.measuring_stops.iter().rev();
            !ended.take_while(|stop| stop.from > from).any(|stop| stop.from <= closed)
        };
        if in_force.is_some_and(|change| holds(change.from)) {
            return Some(closed);
        }
        changes[later..].iter().find(|change| is_answer(&change.state)).map(|change| change.from)
    }

    /// C9.4: each step of the support clock, until somebody acknowledges or the incident is over.
    fn support_clocks(&mut self, incidents: &[Incident]) {
        let steps = [
            (50, Alert::SupportClockHalfRun),
            (80, Alert::SupportClockNearlyRun),
            (100, Alert::SupportClockRun),
        ];
        for incident in incidents {
            let month = self
                .months
                .iter()
                .rfind(|month| month.contract.terms.bounds().from <= incident.opened);
            let Some(month) = month.or(self.months.first()) else { return };
            let support = month.contract.terms.support();
            let reached = steps.map(|(percent, _)| support.reached(incident.opened, percent));
            let over = incident.acknowledged.into_iter().chain(incident.closed).min();
            for (place, (_, alert)) in steps.into_iter().enumerate() {
                let since = reached[place];
                // Acknowledged, or over, at the deadline is in time.
                if over.is_some_and(|over| over <= since) {
                    break;
                }
                let worse = reached.get(place + 1).copied();
                let end = match (worse, over) {
                    (Some(worse), None) => Some(End::Worse(worse)),
                    (Some(worse), Some(over)) if worse < over => Some(End::Worse(worse)),
                    (_, over) => over.map(End::Over),
                };
                self.add(alert, since, end);
            }
        }
    }

    /// From the third outage on that began within an hour, until none of three did.
    fn flapping(&mut self) {
        let mut began: Vec<Instant> = Vec::new();
        for month in &self.months {
            // One outage may have several causes.
            began.extend(month.lost().iter().map(|lost| lost.from));
        }
        let hours = began.windows(FLAPS).filter_map(|flaps| {
            let (first, last) = (*flaps.first()?, *flaps.last()?);
            Some(Interval::new(last, first.plus_ms(HOUR_MS)))
        });
        for hour in union(hours.collect()) {
            self.add(Alert::LoginFlapping, hour.from, Some(End::Over(hour.until)));
        }
    }

    /// C6.5: more of a day is unmeasured than may be. A month begins anew, and what was before the
    /// first record is no news.
    fn unmeasured(&mut self) {
        let mut found = Vec::new();
        let known_since = self.history.known_since(&self.record.name).unwrap_or(self.decided);
        for month in &self.months {
            let unmeasured = month.stretches.iter().filter_map(|stretch| {
                let is_unknown = matches!(stretch.class, StretchClass::Unmeasured(_));
                is_unknown.then_some(stretch.interval)
            });
            let known = Interval::new(known_since, self.decided.max(known_since));
            let unmeasured = unmeasured.map(|it| it.intersection(known));
            let unmeasured = union(unmeasured.collect());
            let least_ms = UNMEASURED_PER_DAY_MS_MAX + 1;
            let bounds = month.contract.terms.bounds();
            found.extend(stretches_with(&unmeasured, DAY_MS, least_ms, bounds));
        }
        for stretch in found {
            self.add(Alert::Unmeasured, stretch.from, Some(End::Over(stretch.until)));
        }
    }

    /// C3.5: from the first refusal until a login works, or fails otherwise, or nobody asks.
    fn account(&mut self) {
        let mut refused = None;
        let mut found = Vec::new();
        for change in &self.record.changes {
            match change.state {
                StoredState::Unmeasured(UnmeasuredCause::ProbeAccount) => {
                    refused.get_or_insert(change.from);
                }
                StoredState::Up
                | StoredState::Down(_)
                | StoredState::Unmeasured(UnmeasuredCause::Paused) => {
                    found.extend(refused.take().map(|since| (since, Some(change.from))));
                }
                StoredState::Unmeasured(_) => {}
            }
        }
        found.extend(refused.map(|since| (since, None)));
        let recent = self.months.first().map(|month| month.contract.terms.bounds().from);
        for (since, until) in found {
            if until.is_none() || until >= recent {
                self.add(Alert::ProbeAccountRefused, since, until.map(End::Over));
            }
        }
    }
}

impl super::course::Month<'_> {
    /// The month's lost time, without a break where only the cause changed.
    pub fn lost(&self) -> Vec<Interval> {
        let lost = self.figure.outages.iter().filter(|outage| outage.class == DownClass::Lost);
        union(lost.map(|outage| Interval::new(outage.from, outage.until)).collect())
    }
}
