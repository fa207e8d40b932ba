//! What a segment has to repeat from those before it, and what a history may forget.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::adjustments::Adjustment;
use crate::chain_damage::ChainDamage;
use crate::fact::{Fact, Line};
use crate::history::{History, NamedTerms, State};
use crate::incidents::INCIDENT_GAP_MS;
use crate::instant::Instant;
use crate::month::Month;
use crate::service_record::{Change, MeasuringStop, Presence, ServiceRecord, ServiceSetting};
use crate::stops::Stop;
use crate::timeline::Downtime;

const DAY_MS: i64 = 86_400_000;

/// A segment begins with a UTC month; the local months in it begin up to 14 h before.
const MARGIN_MS: i64 = 2 * DAY_MS;

/// The longest that a local month lasts.
const MONTH_MS_MAX: i64 = 32 * DAY_MS;

/// How many state changes of a service are carried over from before the margin, so that the
/// opening of an incident under way is known. One that flaps longer opens at the margin.
const CHANGES_BEFORE_MARGIN_MAX: usize = 1_000;

/// How long claims, notices and statements bear on what follows: a reduction can be claimed for
/// two months from any instant of its month (C7.4).
const PAPERS_MS: i64 = 4 * MONTH_MS_MAX;

impl History {
    /// The lines that still bear on anything at or after `at`, in the order of their `seq`, as
    /// they first stood (without evidence that was forgotten). A journal's segment that begins
    /// with them, each as a `carried_over`, can be computed without the older ones.
    pub fn carry_over(&self, at: Instant) -> Vec<Line> {
        let margin = at.plus_ms(-MARGIN_MS);
        let mut lines = BTreeMap::new();
        let mut keep = |line: Line| {
            lines.insert(line.seq, line);
        };
        let mut first = margin;
        for record in &self.services {
            let start = self.start_of_interest(record, margin);
            first = first.min(start);
            self.carry_service(record, at, start, &mut keep);
        }
        from_in_force(&self.measuring_stops, |stop| stop.from <= first)
            .iter()
            .for_each(|stop| keep(stop.line()));
        if let Some(measured) = &self.measured {
            let fact = Fact::Measured { until: measured.until };
            keep(Line { seq: measured.seq, at: measured.at, fact });
        }
        self.terms_from(first).for_each(|terms| keep(terms.line()));
        self.office.lines(papers_from(at), at.plus_ms(-PAPERS_MS)).for_each(&mut keep);
        self.chain_damage.iter().map(ChainDamage::line).for_each(&mut keep);
        self.stops_from(first).flat_map(Stop::lines).for_each(&mut keep);
        let adjustments = self.adjustments.iter();
        adjustments
            .filter(|made| made.interval.until > first || made.standing().is_none())
            .flat_map(Adjustment::lines)
            .for_each(&mut keep);
        // The next id is one more than the highest, which was given last.
        let last_stop = self.stops.iter().max_by_key(|stop| stop.seq);
        last_stop.into_iter().flat_map(Stop::lines).for_each(&mut keep);
        let last_adjustment = self.adjustments.iter().max_by_key(|made| made.seq);
        last_adjustment.into_iter().flat_map(Adjustment::lines).for_each(&mut keep);
        lines.into_values().collect()
    }

    /// Drops states and acknowledgements that bear only on the time before `at`. What people
    /// make, stops and adjustments, and terms are kept.
    pub fn forget_before(&mut self, at: Instant) {
        let starts: Vec<Instant> =
            self.services.iter().map(|record| self.start_of_interest(record, at)).collect();
        let first = starts.iter().copied().fold(at, Instant::min);
        for (record, start) in self.services.iter_mut().zip(starts) {
            let kept = from_in_force(&record.changes, |change| change.from <= start).len();
            record.changes.drain(..record.changes.len() - kept);
            record.changes.shrink_to(2 * kept);
            record.acknowledgements.retain(|made| made.opened >= start);
            if let Some(papers) = &mut record.papers {
                papers.forget_before(papers_from(at), at.plus_ms(-PAPERS_MS));
            }
        }
        self.office.forget_before(papers_from(at), at.plus_ms(-PAPERS_MS));
        let kept = from_in_force(&self.measuring_stops, |stop| stop.from <= first).len();
        self.measuring_stops.drain(..self.measuring_stops.len() - kept);
    }

    /// Drops the evidence of states that began before `at` and are no longer in force.
    pub fn forget_evidence_before(&mut self, at: Instant) {
        for record in &mut self.services {
            let past = record.changes.partition_point(|change| change.from < at);
            let past = past.min(record.changes.len().saturating_sub(1));
            record.changes[..past].iter_mut().for_each(|change| change.evidence = None);
        }
    }

    /// Where the states begin that bear on the time from `at` on: an incident under way has to
    /// keep its opening (C9.1).
    fn start_of_interest(&self, record: &ServiceRecord, at: Instant) -> Instant {
        let start = Downtime::new(self, record).quiet_before(at, INCIDENT_GAP_MS);
        let place = |instant| record.changes.partition_point(|change| change.from <= instant);
        if place(at) - place(start) > CHANGES_BEFORE_MARGIN_MAX { at } else { start }
    }

    fn carry_service(
        &self,
        record: &ServiceRecord,
        at: Instant,
        start: Instant,
        keep: &mut impl FnMut(Line),
    ) {
        let service = &record.name;
        for change in from_in_force(&record.changes, |change| change.from <= start) {
            keep(self.change_line(record, change));
        }
        for presence in from_in_force(&record.presence, |presence| presence.from <= start) {
            keep(presence.line(service));
        }
        let month = month_for_terms(start);
        for setting in from_in_force(&record.settings, |setting| setting.month <= month) {
            keep(setting.line(service));
        }
        let (month, since) = (papers_from(at), at.plus_ms(-PAPERS_MS));
        record.papers().lines(service, month, since).into_iter().for_each(&mut *keep);
        if let Some(pause) = &record.pause {
            let (service, by) = (service.to_string(), pause.by.clone());
            let fact = Fact::MeasuringPaused { service, by, reason: pause.reason.clone() };
            keep(Line { seq: pause.seq, at: pause.at, fact });
        }
        for made in record.acknowledgements.iter().filter(|made| made.opened >= start) {
            let (service, by) = (service.to_string(), made.by.clone());
            let fact = Fact::IncidentAcknowledged { service, opened: made.opened, by };
            keep(Line { seq: made.seq, at: made.at, fact });
        }
    }

    /// Per name, the terms in force at `first` and those set for later.
    fn terms_from(&self, first: Instant) -> impl Iterator<Item = &NamedTerms> {
        let month = month_for_terms(first);
        self.terms
            .chunk_by(|one, other| one.name == other.name)
            .flat_map(move |named| from_in_force(named, |terms| terms.month <= month))
    }

    /// Stops that are not over at `first`, and those beside which they are counted (C4.3).
    fn stops_from(&self, first: Instant) -> impl Iterator<Item = &Stop> {
        let open = self.stops.iter().filter(move |stop| stop.window.until > first);
        let earliest = open.map(|stop| stop.window.from).fold(first, Instant::min);
        let counted_from = earliest.plus_ms(-MONTH_MS_MAX);
        self.stops.iter().filter(move |stop| stop.window.from >= counted_from)
    }

    fn change_line(&self, record: &ServiceRecord, change: &Change) -> Line {
        let fact = Fact::State {
            service: record.name.to_string(),
            from: change.from,
            state: State::to_owned(self.state(change.state)),
            evidence: change.evidence.clone(),
        };
        Line { seq: change.seq, at: change.at, fact }
    }
}

/// A month that is no later than the local one at `instant` in any zone.
fn month_for_terms(instant: Instant) -> Month {
    Month::of(instant.plus_ms(-DAY_MS), &TimeZone::UTC)
}

/// The first month whose claims, closes and statements still bear on what follows.
fn papers_from(at: Instant) -> Month {
    Month::of(at.plus_ms(-PAPERS_MS), &TimeZone::UTC)
}

/// Of a sorted list, the last that `has_begun` and all after it.
fn from_in_force<T>(sorted: &[T], has_begun: impl Fn(&T) -> bool) -> &[T] {
    &sorted[sorted.partition_point(has_begun).saturating_sub(1)..]
}

impl MeasuringStop {
    fn line(&self) -> Line {
        let fact = Fact::MeasuringStopped { from: self.from, cause: self.cause };
        Line { seq: self.seq, at: self.at, fact }
    }
}

impl Presence {
    fn line(&self, service: &str) -> Line {
        let (service, from) = (service.to_owned(), self.from);
        let fact = match self.began {
            true => Fact::ServiceBegan { service, from },
            false => Fact::ServiceEnded { service, from },
        };
        Line { seq: self.seq, at: self.at, fact }
    }
}

impl ServiceSetting {
    fn line(&self, service: &str) -> Line {
        let fact = Fact::ServiceSet {
            service: service.to_owned(),
            month: self.month.to_string(),
            customer: self.customer.clone(),
            terms: self.terms.clone(),
            monthly_fee: self.monthly_fee.clone(),
            contacts: self.contacts.clone(),
        };
        Line { seq: self.seq, at: self.at, fact }
    }
}

impl NamedTerms {
    fn line(&self) -> Line {
        let (name, month) = (self.name.clone(), self.month.to_string());
        let fact = Fact::TermsSet { name, month, terms: self.terms.clone() };
        Line { seq: self.seq, at: self.at, fact }
    }
}

impl Stop {
    /// The announcement, and the cancellation if there is one.
    fn lines(&self) -> impl Iterator<Item = Line> {
        let announced = Fact::StopAnnounced {
            id: self.id.clone(),
            services: self.services.clone(),
            from: self.window.from,
            until: self.window.until,
            reason: self.reason.clone(),
            by: self.by.clone(),
            agreed: self.agreed.clone(),
            event: self.event.clone(),
        };
        let cancelled = self.cancelled.as_ref().map(|cancelled| {
            let fact = Fact::StopCancelled { id: self.id.clone(), by: cancelled.by.clone() };
            Line { seq: cancelled.seq, at: cancelled.at, fact }
        });
        let announced = Line { seq: self.seq, at: self.announced_at, fact: announced };
        std::iter::once(announced).chain(cancelled)
    }
}

impl Adjustment {
    /// The claim, and the decision that stands if there is one.
    fn lines(&self) -> impl Iterator<Item = Line> {
        let claimed = Fact::AdjustmentClaimed {
            id: self.id.clone(),
            kind: self.kind,
            service: self.service.clone(),
            from: self.interval.from,
            until: self.interval.until,
            ground: self.ground,
            evidence: self.evidence.clone(),
            by: self.by.clone(),
        };
        let decided = self.decisions.last().map(|decided| {
            let (id, by) = (self.id.clone(), decided.by.clone());
            let fact = Fact::AdjustmentDecided { id, decision: decided.decision, by };
            Line { seq: decided.seq, at: decided.at, fact }
        });
        let claimed = Line { seq: self.seq, at: self.claimed_at, fact: claimed };
        std::iter::once(claimed).chain(decided)
    }
}
