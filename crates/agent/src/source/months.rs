//! A service's month, and one stretch of it, for the pages: the running month and the one before
//! out of the history, an older one out of the journal.

use std::sync::PoisonError;

use contract::contracts::Contracts;
use contract::stops::judged_stops;
use contract::{
    ContractInForce, DownClass, History, Incident, Instant, Interval, Month, Reach, StretchClass,
    explain_minute, month_figure, month_stretches,
};
use exporter::months::{AROUND_MS, ATTEMPTS_MAX, Moment, Notice, PastAttempt, ServiceMonth, Span};
use exporter::records::{Act, Closed};
use exporter::snapshot::{Class, Stretch};
use jiff::tz::TimeZone;
use ledger::{AttemptSummary, read_of};

use super::records::{shown_notifiable, shown_people};
use super::{Observatory, reach};

impl Observatory {
    /// A month of `service`; without one the running month.
    pub(super) fn month_of(&self, service: &str, month: Option<Month>) -> Option<ServiceMonth> {
        self.in_month(service, |_| month, |sight| sight.month())
    }

    /// The stretch around `at`.
    pub(super) fn moment_at(&self, service: &str, at: Instant) -> Option<Moment> {
        let attempts = self.ledger.attempts(service);
        let wanted = |zone: &TimeZone| Some(Month::of(at, zone));
        self.in_month(service, wanted, |sight| sight.moment(at, &attempts))
    }

    /// Looks at a month of `service`, which `wanted` names in the zone of the running one.
    fn in_month<T>(
        &self,
        service: &str,
        wanted: impl FnOnce(&TimeZone) -> Option<Month>,
        look: impl Fn(&Sight<'_>) -> Option<T>,
    ) -> Option<T> {
        let now = self.clock.now().wall;
        // In this order: what is decided meanwhile is not passed.
        let decided = self.ledger.decided_until();
        let open_from = self.board.lock().services.get(service).and_then(|it| it.open_from());
        let reach = reach(decided, open_from)?;
        let seen = |history: &History, contracts: &mut Contracts| {
            let running = contracts.running(history, service, now).terms.clone();
            let month = wanted(running.zone()).unwrap_or(running.month());
            if month > running.month() {
                return Err(None);
            }
            if month < running.month().prev() {
                return Err(Some((month, running.month())));
            }
            let contract = contracts.of(history, service, month);
            let running = running.month();
            Ok(look(&Sight { history, service, contract, running, reach, now }))
        };
        let (month, running) = match self.with_history(seen) {
            Ok(found) => return found,
            Err(older) => older?,
        };
        // One at a time: what is read of a long journal is held in memory meanwhile.
        let _turn = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        let history = read_of(&self.journal, month.prev(), service).ok()?;
        let contract = Contracts::default().of(&history, service, month);
        look(&Sight { history: &history, service, contract, running, reach, now })
    }
}

/// A service's month in a history that holds it.
struct Sight<'a> {
    history: &'a History,
    service: &'a str,
    contract: ContractInForce<'a>,
    running: Month,
    reach: Reach,
    now: Instant,
}

impl Sight<'_> {
    fn month(&self) -> Option<ServiceMonth> {
        let (history, service) = (self.history, self.service);
        let contract = self.contract.as_service_contract();
        let stretches = month_stretches(history, service, &contract, self.reach)?;
        let terms = &self.contract.terms;
        let month = terms.month();
        let closes = history.closes(service).iter().filter(|made| made.close.month == month);
        let closes = closes.map(|made| Closed {
            revision: made.close.revision,
            at: made.at,
            figure: made.close.figure.clone(),
        });
        Some(ServiceMonth {
            figure: month_figure(history, service, &contract, self.reach),
            terms: terms.shared_terms(),
            zone: terms.zone().clone(),
            bounds: terms.bounds(),
            stretches: stretches.into_iter().map(shown).collect(),
            people: shown_people(history, service, terms.zone(), terms.bounds()),
            closes: closes.collect(),
            running: self.running,
        })
    }

    fn moment(&self, at: Instant, attempts: &[AttemptSummary]) -> Option<Moment> {
        let month = self.month()?;
        let span = month.at(at)?;
        let (history, service) = (self.history, self.service);
        let whole = Interval::new(span.from, span.until);
        let incident = month.figure.incidents.iter().find(|it| it.span(self.now).overlaps(whole));
        let incident = incident.filter(|_| span.class.is_some_and(is_down));
        let acknowledged = incident
            .and_then(|incident| history.acknowledgement_of(service, incident, self.now))
            .map(|made| Act { at: made.at, by: made.by.clone() });
        let notifiable = incident
            .and_then(|incident| history.notifiable_of(service, incident, self.now))
            .map(|marked| shown_notifiable(marked, &month.zone));
        let contract = self.contract.as_service_contract();
        let explained = explain_minute(history, service, &contract, self.reach, at)?;
        let piece = explained.pieces.into_iter().find(|it| it.from <= at && at < it.until)?;
        Some(Moment {
            month: month.figure.month,
            rules: piece.rules,
            facts: piece.facts,
            ended_by: piece.ended_by,
            goes_on: span.until == month.elapsed().until && !month.figure.complete,
            evidence: self.evidence(&span),
            attempts: around(whole, attempts),
            attempts_since: attempts.first().map(|attempt| attempt.at),
            acknowledged,
            notifiable,
            notices: incident.map_or_else(Vec::new, |incident| self.notices(incident)),
            incident: incident.cloned(),
            stops: self.stops(whole),
            adjustments: self.adjustments(whole),
            zone: month.zone,
            span,
        })
    }

    /// What was seen. What was measured is no evidence of what a customer reported (C5.2).
    fn evidence(&self, span: &Span) -> Option<(Instant, contract::Evidence)> {
        let is_measured = !matches!(span.class, None | Some(Class::NotInService))
            && span.cause.as_deref() != Some("fault_report");
        let found = self.history.evidence_at(self.service, span.from);
        let (from, evidence) = found.filter(|_| is_measured)?;
        Some((from, evidence.clone()))
    }

    /// Those that name the opening of the incident, or an instant in it.
    fn notices(&self, incident: &Incident) -> Vec<Notice> {
        let span = incident.span(self.now);
        let is_about = |about: &str| about.parse().is_ok_and(|opened| span.contains(opened));
        let made = self.history.deliveries(self.service).iter();
        made.filter(|made| is_about(&made.about))
            .map(|made| Notice {
                at: made.at,
                notice: made.notice,
                contact: made.contact.clone(),
                channel: made.channel.clone(),
            })
            .collect()
    }

    fn stops(&self, span: Interval) -> Vec<(String, contract::StopVerdict)> {
        let terms = self.contract.terms.resolved();
        let judged = judged_stops(self.history, self.service, terms, span);
        judged.into_iter().map(|judged| (judged.stop.id.clone(), judged.verdict)).collect()
    }

    fn adjustments(&self, span: Interval) -> Vec<(String, bool)> {
        let counts = self.contract.terms.terms().counts;
        let made = self.history.adjustments().iter();
        made.filter(|made| made.service == self.service && made.interval.overlaps(span))
            .map(|made| (made.id.clone(), made.counts(counts)))
            .collect()
    }
}

fn is_down(class: Class) -> bool {
    matches!(class, Class::Lost | Class::Planned | Class::Excluded)
}

fn around(span: Interval, attempts: &[AttemptSummary]) -> Vec<PastAttempt> {
    let shown = Interval::new(span.from.plus_ms(-AROUND_MS), span.until.plus_ms(AROUND_MS));
    let within: Vec<_> = attempts.iter().filter(|attempt| shown.contains(attempt.at)).collect();
    let last = within.len().saturating_sub(ATTEMPTS_MAX);
    let is_shown = |&(place, _): &(usize, _)| place < ATTEMPTS_MAX || place >= last;
    let shown = within.into_iter().enumerate().filter(is_shown);
    shown
        .map(|(_, attempt)| PastAttempt {
            at: attempt.at,
            outcome: attempt.outcome,
            duration_ms: attempt.duration_ms,
        })
        .collect()
}

fn shown(stretch: contract::Stretch) -> Stretch {
    let (class, ground) = match stretch.class {
        StretchClass::Down(DownClass::Lost) => (Class::Lost, None),
        StretchClass::Down(DownClass::Planned) => (Class::Planned, None),
        StretchClass::Down(DownClass::Excluded(ground)) => (Class::Excluded, Some(ground)),
        StretchClass::Unmeasured(_) => (Class::Unmeasured, None),
        StretchClass::NotInService => (Class::NotInService, None),
    };
    Stretch {
        from: stretch.interval.from,
        until: stretch.interval.until,
        class,
        cause: stretch.cause.into(),
        ground,
    }
}
