//! What people have put over the measured states at an instant: planned stops and adjustments.

use serde::{Deserialize, Serialize};

use crate::adjustments::Adjustment;
use crate::fact::{AdjustmentKind, Decision, Ground};
use crate::history::History;
use crate::instant::{Instant, Interval};
use crate::month_terms::ResolvedTerms;
use crate::service_record::ServiceRecord;
use crate::stops::{StopVerdict, judge_recorded, judged_stops};

/// A planned stop whose announced window touches a span, or that was overrun.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CoveringStop {
    /// The stop.
    pub id: String,
    /// The line that announces it.
    pub seq: u64,
    /// The window as it stands.
    pub from: Instant,
    /// The first instant after the window as it stands.
    pub until: Instant,
    /// Whether it counts, or why not.
    pub verdict: StopVerdict,
    /// The verdict in a sentence.
    pub reason: String,
    /// Whether downtime in the span is planned because of it (C4.7).
    pub covers: bool,
}

impl CoveringStop {
    /// Those of `span`, a part of what has begun at `begun`.
    pub(super) fn touching(
        history: &History,
        record: &ServiceRecord,
        terms: &ResolvedTerms,
        begun: Instant,
        span: Interval,
    ) -> Vec<Self> {
        // A millisecond before: what overruns a window begins where that ends.
        let around = Interval::new(begun.plus_ms(-1), span.until);
        let judged = judged_stops(history, &record.name, terms, around);
        let bears = judged.into_iter().filter(|judged| {
            let overruns = judged.verdict.counts() && judged.stop.effective_window().until == begun;
            judged.stop.window.overlaps(span) || overruns
        });
        bears
            .map(|judged| {
                let (stop, window) = (judged.stop, judged.stop.effective_window());
                CoveringStop {
                    id: stop.id.clone(),
                    seq: stop.seq,
                    from: window.from,
                    until: window.until,
                    verdict: judged.verdict,
                    reason: judge_recorded(history, &record.name, terms, stop).reason,
                    covers: judged.verdict.counts() && window.overlaps(span),
                }
            })
            .collect()
    }
}

/// An adjustment of some of a span.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CoveringAdjustment {
    /// The adjustment.
    pub id: String,
    /// The line that claims it.
    pub seq: u64,
    /// First instant claimed.
    pub from: Instant,
    /// First instant after.
    pub until: Instant,
    /// Exclude or include.
    pub kind: AdjustmentKind,
    /// The ground.
    pub ground: Ground,
    /// What shows it.
    pub evidence: String,
    /// The decision that stands; none if it is not decided.
    pub decision: Option<Decision>,
    /// The line of that decision.
    pub decision_seq: Option<u64>,
    /// Whether it bears on the figure (C5.3).
    pub counts: bool,
}

impl CoveringAdjustment {
    /// In the order in which they were claimed: of the exclusions that count, the first wins
    /// (C6.1).
    pub(super) fn touching(
        history: &History,
        record: &ServiceRecord,
        terms: &ResolvedTerms,
        span: Interval,
    ) -> Vec<Self> {
        let places = record.adjustments.iter();
        let mut covering: Vec<&Adjustment> = places
            .map(|&place| &history.adjustments[place as usize])
            .filter(|made| made.interval.overlaps(span))
            .collect();
        covering.sort_by_key(|made| made.seq);
        covering
            .into_iter()
            .map(|made| CoveringAdjustment {
                id: made.id.clone(),
                seq: made.seq,
                from: made.interval.from,
                until: made.interval.until,
                kind: made.kind,
                ground: made.ground,
                evidence: made.evidence.clone(),
                decision: made.standing(),
                decision_seq: made.decisions.last().map(|decided| decided.seq),
                counts: made.counts(terms.terms().counts),
            })
            .collect()
    }
}
