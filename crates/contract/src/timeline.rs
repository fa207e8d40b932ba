//! What a service was at every instant: one sweep over states, presence, windows and adjustments
//! (C2.4, C3.1, C4.7, C5, C6.1).

use std::sync::Arc;

use crate::adjustments::lowest_claims;
use crate::fact::{AdjustmentKind, Evidence, Ground, UnmeasuredCause};
use crate::history::{History, REPORTED};
use crate::instant::{Instant, Interval, union};
use crate::month_terms::ResolvedTerms;
use crate::service_record::{CauseId, Change, MeasuringStop, Presence, ServiceRecord, StoredState};
use crate::stops::{JudgedStop, judged_stops};

/// Downtime of one cause and one class without a break.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outage {
    /// First instant down.
    pub from: Instant,
    /// First instant after.
    pub until: Instant,
    /// A name from [`crate::DownCause`], another reader's word, or `fault_report` (C5.2).
    pub cause: Arc<str>,
    /// Who bears it.
    pub class: DownClass,
}

/// What becomes of downtime (C6.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DownClass {
    /// Inside a valid planned window (C4.7).
    Planned,
    /// Taken out by an adjustment that counts (C5.1).
    Excluded(Ground),
    /// Neither.
    Lost,
}

impl DownClass {
    /// `planned`, `excluded` or `lost`.
    pub fn as_str(self) -> &'static str {
        match self {
            DownClass::Planned => "planned",
            DownClass::Excluded(_) => "excluded",
            DownClass::Lost => "lost",
        }
    }
}

/// The class of an instant (C6.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    NotInService,
    Up,
    Unmeasured {
        cause: UnmeasuredCause,
        /// Inside a valid planned window or an exclusion that counts (C6.5).
        shielded: bool,
    },
    Down {
        cause: CauseId,
        class: DownClass,
    },
}

impl Class {
    /// C9.1: downtime outside valid planned windows, excluded or not.
    pub fn is_incident(self) -> bool {
        matches!(self, Class::Down { class: DownClass::Lost | DownClass::Excluded(_), .. })
    }
}

/// A piece of the timeline in which nothing changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub interval: Interval,
    pub class: Class,
}

/// What lies over a service's measured states within some range.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    /// Valid planned windows, merged (C4.7).
    planned: Vec<(Interval, ())>,
    /// Inclusions that count, merged (C5.2).
    included: Vec<(Interval, ())>,
    /// Exclusions that count, with the ground that wins (C6.1).
    excluded: Vec<(Interval, Ground)>,
}

impl Layers {
    /// The layers that bear on `range`, and the stops whose announced window touches it.
    pub fn new<'a>(
        history: &'a History,
        record: &ServiceRecord,
        terms: &ResolvedTerms,
        range: Interval,
    ) -> (Self, Vec<JudgedStop<'a>>) {
        if record.stops.is_empty() && record.adjustments.is_empty() {
            return Default::default();
        }
        let stops = judged_stops(history, &record.name, terms, range);
        let planned = stops.iter().filter(|judged| judged.verdict.counts());
        let planned = merged(planned.map(|judged| judged.stop.effective_window()).collect());
        let mut included = Vec::new();
        let mut excluded = Vec::new();
        for &place in &record.adjustments {
            let adjustment = &history.adjustments[place as usize];
            let bears = adjustment.interval.overlaps(range);
            if !bears || !adjustment.counts(terms.terms().counts) {
                continue;
            }
            match adjustment.kind {
                AdjustmentKind::Include => included.push(adjustment.interval),
                AdjustmentKind::Exclude => {
                    excluded.push((adjustment.seq, adjustment.interval, adjustment.ground));
                }
            }
        }
        let (included, excluded) = (merged(included), lowest_claims(&excluded));
        (Layers { planned, included, excluded }, stops)
    }
}

/// The union of intervals, as a layer.
fn merged(intervals: Vec<Interval>) -> Vec<(Interval, ())> {
    union(intervals).into_iter().map(|interval| (interval, ())).collect()
}

/// Visits every piece of `range`, in order of time and without a gap. What lies at or after
/// `known_until` is `no_record`.
pub(crate) fn sweep(
    history: &History,
    record: &ServiceRecord,
    layers: &Layers,
    range: Interval,
    known_until: Instant,
    mut visit: impl FnMut(Piece),
) {
    let mut base = BaseStates::new(&record.changes, &history.measuring_stops, range.from);
    let mut presence = PresenceCursor::new(&record.presence);
    let mut planned = Cursor::new(&layers.planned, range.from);
    let mut included = Cursor::new(&layers.included, range.from);
    let mut excluded = Cursor::new(&layers.excluded, range.from);
    let mut now = range.from;
    while now < range.until {
        let (in_service, presence_until) = presence.at(now);
        let (state, state_until) = if now < known_until {
            let (state, until) = base.at(now);
            (state, until.min(known_until))
        } else {
            (StoredState::Unmeasured(UnmeasuredCause::NoRecord), Instant::MAX)
        };
        let (planned, planned_until) = planned.at(now);
        let (included, included_until) = included.at(now);
        let (excluded, excluded_until) = excluded.at(now);
        let until = range
            .until
            .min(presence_until)
            .min(state_until)
            .min(planned_until)
            .min(included_until)
            .min(excluded_until);
        let down = match (included, state) {
            // C5.2: down whatever was measured; where downtime was measured, its cause stays.
            (_, StoredState::Down(cause)) => Some(cause),
            (Some(()), _) => Some(REPORTED),
            (None, _) => None,
        };
        let class = match (in_service, down, state) {
            (false, _, _) => Class::NotInService,
            (true, Some(cause), _) => {
                // C6.1: planned, then excluded, else lost.
                let class = match (planned, excluded) {
                    (Some(()), _) => DownClass::Planned,
                    (None, Some(ground)) => DownClass::Excluded(ground),
                    (None, None) => DownClass::Lost,
                };
                Class::Down { cause, class }
            }
            (true, None, StoredState::Unmeasured(cause)) => {
                Class::Unmeasured { cause, shielded: planned.is_some() || excluded.is_some() }
            }
            (true, None, _) => Class::Up,
        };
        visit(Piece { interval: Interval::new(now, until), class });
        now = until;
    }
}

/// The class of one instant.
pub(crate) fn class_at(
    history: &History,
    record: &ServiceRecord,
    layers: &Layers,
    instant: Instant,
    known_until: Instant,
) -> Option<Class> {
    let mut class = None;
    let range = Interval::new(instant, instant.plus_ms(1));
    sweep(history, record, layers, range, known_until, |piece| class = Some(piece.class));
    class
}

/// Where downtime can have been around some instants, whatever the windows, exclusions and
/// decisions make of it.
pub(crate) struct Downtime<'a> {
    changes: &'a [Change],
    stops: &'a [MeasuringStop],
    /// Inclusions, claimed or decided, merged.
    included: Vec<(Interval, ())>,
}

impl<'a> Downtime<'a> {
    pub fn new(history: &'a History, record: &'a ServiceRecord) -> Self {
        let adjustments = record.adjustments.iter();
        let adjustments = adjustments.map(|&place| &history.adjustments[place as usize]);
        let included = adjustments.filter(|made| made.kind == AdjustmentKind::Include);
        Downtime {
            changes: &record.changes,
            stops: &history.measuring_stops,
            included: merged(included.map(|made| made.interval).collect()),
        }
    }

    /// The latest instant up to `instant` before which nothing was down for `quiet_ms`.
    pub fn quiet_before(&self, instant: Instant, quiet_ms: i64) -> Instant {
        let mut base = BaseStates::new(self.changes, self.stops, instant);
        let mut quiet_until = instant;
        let mut until = instant;
        while let Some(fact) = base.step_back() {
            let (from, state) = (fact.from(), fact.state());
            if self.is_possible(state, Interval::new(from, until)) {
                quiet_until = from;
            } else if quiet_until.since(from) >= quiet_ms {
                return quiet_until;
            }
            until = from;
        }
        // Before the first fact only an inclusion can be downtime.
        self.included.first().map_or(quiet_until, |(first, ())| quiet_until.min(first.from))
    }

    /// The earliest instant from `instant` on after which nothing is down for `quiet_ms`.
    pub fn quiet_after(&self, instant: Instant, quiet_ms: i64) -> Instant {
        let mut base = BaseStates::new(self.changes, self.stops, instant);
        let mut quiet_from = instant;
        let mut now = instant;
        while now < Instant::MAX {
            let (state, until) = base.at(now);
            if self.is_possible(state, Interval::new(now, until)) {
                quiet_from = until;
            } else if until.since(quiet_from) >= quiet_ms {
                return quiet_from;
            }
            now = until;
        }
        quiet_from
    }

    fn is_possible(&self, state: StoredState, interval: Interval) -> bool {
        let first = self.included.partition_point(|(other, ())| other.until <= interval.from);
        let is_included =
            self.included.get(first).is_some_and(|(other, ())| other.overlaps(interval));
        matches!(state, StoredState::Down(_)) || is_included
    }
}

/// The measured states of a service, walked by (`from`, `seq`): its own `state`s and every
/// `measuring_stopped`.
#[derive(Clone, Copy)]
pub(crate) struct BaseStates<'a> {
    changes: &'a [Change],
    stops: &'a [MeasuringStop],
    /// How many of each have begun.
    changes_begun: usize,
    stops_begun: usize,
    state: StoredState,
}

/// A fact that says what a service was measured to be.
#[derive(Clone, Copy)]
pub(crate) enum BaseFact<'a> {
    /// Its own `state`.
    State(&'a Change),
    /// A `measuring_stopped`, for every service.
    Stopped(&'a MeasuringStop),
}

impl BaseFact<'_> {
    /// From when on.
    pub fn from(self) -> Instant {
        match self {
            BaseFact::State(change) => change.from,
            BaseFact::Stopped(stop) => stop.from,
        }
    }

    /// What.
    pub fn state(self) -> StoredState {
        match self {
            BaseFact::State(change) => change.state,
            BaseFact::Stopped(stop) => StoredState::Unmeasured(stop.cause),
        }
    }
}

/// A state in force, and since when.
pub(crate) struct InForce<'a> {
    pub state: StoredState,
    pub since: Option<Instant>,
    pub evidence: Option<&'a Evidence>,
}

const NO_RECORD: StoredState = StoredState::Unmeasured(UnmeasuredCause::NoRecord);

impl<'a> BaseStates<'a> {
    /// The walk, standing at `instant`.
    pub fn new(changes: &'a [Change], stops: &'a [MeasuringStop], instant: Instant) -> Self {
        let mut base = BaseStates {
            changes,
            stops,
            changes_begun: changes.partition_point(|change| change.from <= instant),
            stops_begun: stops.partition_point(|stop| stop.from <= instant),
            state: NO_RECORD,
        };
        base.state = base.latest().map_or(NO_RECORD, BaseFact::state);
        base
    }

    /// The state at `instant`, which is not before the last one asked for, and until when it
    /// lasts. Of several that begin at one instant the highest `seq` holds.
    pub fn at(&mut self, instant: Instant) -> (StoredState, Instant) {
        while let Some(next) = self.next() {
            if next.from() > instant {
                return (self.state, next.from());
            }
            self.state = next.state();
            match next {
                BaseFact::State(_) => self.changes_begun += 1,
                BaseFact::Stopped(_) => self.stops_begun += 1,
            }
        }
        (self.state, Instant::MAX)
    }

    /// The first of the facts that have not begun.
    fn next(&self) -> Option<BaseFact<'a>> {
        let change = self.changes.get(self.changes_begun);
        let stop = self.stops.get(self.stops_begun);
        match (change, stop) {
            (Some(change), Some(stop)) if (stop.from, stop.seq) < (change.from, change.seq) => {
                Some(BaseFact::Stopped(stop))
            }
            (Some(change), _) => Some(BaseFact::State(change)),
            (None, stop) => stop.map(BaseFact::Stopped),
        }
    }

    /// The latest of the facts that have begun, which is then taken back.
    pub fn step_back(&mut self) -> Option<BaseFact<'a>> {
        let latest = self.latest()?;
        match latest {
            BaseFact::State(_) => self.changes_begun -= 1,
            BaseFact::Stopped(_) => self.stops_begun -= 1,
        }
        Some(latest)
    }

    /// The latest of the facts that have begun: the one that decides.
    pub fn latest(&self) -> Option<BaseFact<'a>> {
        let change = self.changes_begun.checked_sub(1).map(|place| &self.changes[place]);
        let stop = self.stops_begun.checked_sub(1).map(|place| &self.stops[place]);
        match (change, stop) {
            (Some(change), Some(stop)) if (change.from, change.seq) < (stop.from, stop.seq) => {
                Some(BaseFact::Stopped(stop))
            }
            (Some(change), _) => Some(BaseFact::State(change)),
            (None, stop) => stop.map(BaseFact::Stopped),
        }
    }

    /// The state in force at `instant`; its start is where the run of states that a reader would
    /// call the same began.
    pub fn in_force(
        changes: &'a [Change],
        stops: &'a [MeasuringStop],
        instant: Instant,
    ) -> InForce<'a> {
        let mut base = BaseStates::new(changes, stops, instant);
        let state = base.state;
        let mut in_force = InForce { state, since: None, evidence: None };
        let mut later = Instant::MAX;
        while let Some(fact) = base.step_back() {
            let (from, earlier) = (fact.from(), fact.state());
            // A state that was replaced from its own first instant on never held.
            let held = from < later || in_force.since.is_none();
            if held && !is_same_kind(earlier, state) {
                break;
            }
            if held {
                in_force.since = Some(from);
                let change = base.changes.get(base.changes_begun);
                let seen = change.filter(|change| change.from == from);
                in_force.evidence =
                    seen.and_then(|change| change.evidence.as_deref()).or(in_force.evidence);
            }
            later = from;
        }
        in_force
    }
}

fn is_same_kind(one: StoredState, other: StoredState) -> bool {
    match (one, other) {
        (StoredState::Down(_), StoredState::Down(_)) => true,
        _ => one == other,
    }
}

/// Whether a service is in the contract (C2.4).
struct PresenceCursor<'a> {
    entries: &'a [Presence],
    begun: usize,
}

impl<'a> PresenceCursor<'a> {
    fn new(entries: &'a [Presence]) -> Self {
        PresenceCursor { entries, begun: 0 }
    }

    fn at(&mut self, instant: Instant) -> (bool, Instant) {
        while self.entries.get(self.begun).is_some_and(|entry| entry.from <= instant) {
            self.begun += 1;
        }
        let until = self.entries.get(self.begun).map_or(Instant::MAX, |entry| entry.from);
        let in_service = match self.begun.checked_sub(1) {
            Some(latest) => self.entries[latest].began,
            // Before the first fact it is the opposite of what that fact makes it.
            None => !self.entries.first().is_some_and(|first| first.began),
        };
        (in_service, until)
    }
}

/// The fact that says whether a service is in the contract at `instant`: the latest that has begun,
/// otherwise the first that comes (C2.4).
pub(crate) fn deciding_presence(entries: &[Presence], instant: Instant) -> Option<&Presence> {
    let begun = entries.partition_point(|entry| entry.from <= instant);
    entries.get(begun.saturating_sub(1))
}

/// Walks intervals that do not overlap.
struct Cursor<'a, T> {
    entries: &'a [(Interval, T)],
}

impl<'a, T: Copy> Cursor<'a, T> {
    fn new(entries: &'a [(Interval, T)], instant: Instant) -> Self {
        let past = entries.partition_point(|(interval, _)| interval.until <= instant);
        Cursor { entries: &entries[past..] }
    }

    /// What covers `instant`, which is not before the last one asked for, and until when that
    /// does not change.
    fn at(&mut self, instant: Instant) -> (Option<T>, Instant) {
        while let Some(((interval, value), rest)) = self.entries.split_first() {
            if instant < interval.from {
                return (None, interval.from);
            }
            if instant < interval.until {
                return (Some(*value), interval.until);
            }
            self.entries = rest;
        }
        (None, Instant::MAX)
    }
}
