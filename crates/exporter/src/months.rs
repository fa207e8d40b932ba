//! What is looked up for one service alone: a month of it, and one stretch of such a month with
//! all that is known of it. Plain data.

use std::sync::Arc;

use contract::explain::{CitedFact, Rule};
use contract::fact::Ground;
use contract::notices::NoticeKind;
use contract::{
    Evidence, Figure, Incident, Instant, Interval, Month, Outcome, Side, StopVerdict, Terms,
};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::records::{Act, Closed, Notifiable, People};
use crate::snapshot::{Class, Stretch};

/// Attempts from this long before a stretch until this long after it are shown with it.
pub const AROUND_MS: i64 = 5 * 60_000;
/// Of those the first and the last are shown, this many of each.
pub const ATTEMPTS_MAX: usize = 50;

/// A service's month.
#[derive(Clone, PartialEq, Debug)]
pub struct ServiceMonth {
    /// The contract's figure.
    pub figure: Figure,
    /// The terms in force in that month.
    pub terms: Arc<Terms>,
    /// The zone in which it is a month.
    pub zone: TimeZone,
    /// The whole month (C2.1).
    pub bounds: Interval,
    /// What happened, in order of time and without overlaps: only what is not `up`.
    pub stretches: Vec<Stretch>,
    /// What people recorded of it.
    pub people: People,
    /// Its closes, in the order of their revisions; none until it is closed (C6.7).
    pub closes: Vec<Closed>,
    /// The running month.
    pub running: Month,
}

impl ServiceMonth {
    /// The part of the month that has elapsed, up to which all is decided (C3.9).
    pub fn elapsed(&self) -> Interval {
        Interval::new(self.bounds.from, self.bounds.from.plus_ms(self.figure.elapsed_ms))
    }

    /// Whether nothing is recorded of the time before this month, as far as it tells itself: it
    /// begins with time outside the contract, or of which nothing is recorded.
    pub fn is_first(&self) -> bool {
        self.stretches.first().is_some_and(|first| {
            first.from == self.bounds.from
                && (first.class == Class::NotInService || &*first.cause == "no_record")
        })
    }

    /// What the service was at `at`: a stretch, or the time up between two; none where nothing is
    /// decided.
    pub fn at(&self, at: Instant) -> Option<Span> {
        let elapsed = self.elapsed();
        if !elapsed.contains(at) {
            return None;
        }
        let next = self.stretches.partition_point(|stretch| stretch.from <= at);
        let before = next.checked_sub(1).map(|place| &self.stretches[place]);
        if let Some(stretch) = before.filter(|stretch| at < stretch.until) {
            return Some(Span::of(stretch));
        }
        let from = before.map_or(elapsed.from, |stretch| stretch.until);
        let until = self.stretches.get(next).map_or(elapsed.until, |stretch| stretch.from);
        Some(Span { from, until, class: None, cause: None, ground: None })
    }
}

/// Time of one class and one cause within a month.
#[derive(Clone, PartialEq, Debug)]
pub struct Span {
    /// First instant.
    pub from: Instant,
    /// First instant after.
    pub until: Instant,
    /// What it counts as; none: up.
    pub class: Option<Class>,
    /// Why; none while up, and outside the contract.
    pub cause: Option<Arc<str>>,
    /// Why it is excluded.
    pub ground: Option<Ground>,
}

impl Span {
    fn of(stretch: &Stretch) -> Self {
        let Stretch { from, until, class, ground, .. } = *stretch;
        let cause = Some(stretch.cause.clone()).filter(|cause| !cause.is_empty());
        Span { from, until, class: Some(class), cause, ground }
    }

    /// `up`, or its class's name.
    pub fn class_name(&self) -> &'static str {
        self.class.map_or("up", Class::as_str)
    }

    /// Who answers for it (C5.5).
    pub fn responsible(&self) -> Option<Side> {
        match (self.class?, self.ground) {
            (Class::Lost | Class::Planned, _) => Some(Side::Provider),
            (Class::Excluded, Some(ground)) => Some(ground.responsible()),
            _ => None,
        }
    }
}

/// One stretch of a month, and all that is known of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Moment {
    /// The zone in which it is shown.
    pub zone: TimeZone,
    /// The month.
    pub month: Month,
    /// The stretch; within that month.
    pub span: Span,
    /// Whether it may go on: it reaches up to where nothing is decided yet.
    pub goes_on: bool,
    /// Why it is classed so, rule by rule, in the order in which they decide.
    pub rules: Vec<Rule>,
    /// The facts that this rests on, the latest first.
    pub facts: Vec<CitedFact>,
    /// The fact with which it ends, if that is on record.
    pub ended_by: Option<CitedFact>,
    /// What was seen when it began, and when that was.
    pub evidence: Option<(Instant, Evidence)>,
    /// The attempts from [`AROUND_MS`] before it until as long after it, in order of time: the
    /// first and the last [`ATTEMPTS_MAX`] of them.
    pub attempts: Vec<PastAttempt>,
    /// The first attempt that is still held of the service.
    pub attempts_since: Option<Instant>,
    /// The incident that it belongs to (C9.1).
    pub incident: Option<Incident>,
    /// Who acknowledged that (C9.4).
    pub acknowledged: Option<Act>,
    /// What is due to the authority about it (C10.6).
    pub notifiable: Option<Notifiable>,
    /// The notices about it that reached somebody (C9.5).
    pub notices: Vec<Notice>,
    /// The announced stops that it touches, and what each is worth (C4).
    pub stops: Vec<(String, StopVerdict)>,
    /// The adjustments that it touches, and whether each bears on the figure (C5).
    pub adjustments: Vec<(String, bool)>,
}

/// An attempt of which only the result is held.
#[derive(Clone, PartialEq, Debug)]
pub struct PastAttempt {
    /// When it began.
    pub at: Instant,
    /// What it ended in.
    pub outcome: Outcome,
    /// How long it took.
    pub duration_ms: u32,
}

/// A notice that reached somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Notice {
    /// When it was accepted.
    pub at: Instant,
    /// What it said.
    pub notice: NoticeKind,
    /// The contact's id, or `provider` (C10.5).
    pub contact: String,
    /// `mail`, or the webhook's name.
    pub channel: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(stretches: Vec<Stretch>) -> ServiceMonth {
        use contract::{History, MonthTerms, Reach, ResolvedTerms, ServiceContract, month_figure};
        let resolved = ResolvedTerms::new(Terms::default()).unwrap();
        let laid_out = MonthTerms::new(&resolved, "2026-11".parse().unwrap());
        let contract = ServiceContract { terms: &laid_out, monthly_fee: None };
        let bounds = laid_out.bounds();
        let reach = Reach::running(bounds.from.plus_ms(100_000));
        ServiceMonth {
            figure: month_figure(&History::new(), "portal", &contract, reach),
            terms: Arc::new(Terms::default()),
            zone: laid_out.zone().clone(),
            bounds,
            stretches,
            people: People::default(),
            closes: Vec::new(),
            running: laid_out.month(),
        }
    }

    #[test]
    fn c3_1_every_decided_instant_lies_in_exactly_one_stretch_or_is_up() {
        let start = month(Vec::new()).bounds.from;
        let at = |ms| start.plus_ms(ms);
        let stretch = |from, until, class, cause: &str| Stretch {
            from: at(from),
            until: at(until),
            class,
            cause: cause.into(),
            ground: None,
        };
        let month = month(vec![
            stretch(0, 10_000, Class::Unmeasured, "no_record"),
            stretch(10_000, 20_000, Class::Lost, "silence"),
            stretch(50_000, 60_000, Class::Planned, "silence"),
        ]);
        let found = |ms| {
            month
                .at(at(ms))
                .map(|it| (it.from.since(start), it.until.since(start), it.class_name()))
        };
        assert_eq!(found(-1), None);
        assert_eq!(found(0), Some((0, 10_000, "unmeasured")));
        assert_eq!(found(10_000), Some((10_000, 20_000, "lost")));
        assert_eq!(found(20_000), Some((20_000, 50_000, "up")));
        assert_eq!(found(59_999), Some((50_000, 60_000, "planned")));
        assert_eq!(found(99_999), Some((60_000, 100_000, "up")));
        assert_eq!(found(100_000), None, "nothing is decided from here on");
        assert!(month.is_first());
    }
}
