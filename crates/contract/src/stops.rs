//! Planned stops: announced, cancelled, and whether they count (C4).

use serde::Serialize;

use crate::fact::{Fact, Line};
use crate::history::History;
use crate::instant::{Instant, Interval};
use crate::month::Month;
use crate::month_terms::ResolvedTerms;

/// An announcement, and its cancellation if there is one (C4.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stop {
    /// Names the stop.
    pub id: String,
    /// The line that announces it; the allowance is used in this order (C4.3).
    pub seq: u64,
    /// When it was recorded (C4.1).
    pub announced_at: Instant,
    /// The services that stop.
    pub services: Vec<String>,
    /// The window as it was announced.
    pub window: Interval,
    /// Why, in the announcer's words.
    pub reason: String,
    /// The system account that announced it.
    pub by: String,
    /// The reference of an agreement, if otherwise agreed (C4.4).
    pub agreed: Option<String>,
    /// Its cancellation.
    pub cancelled: Option<Cancellation>,
}

/// The cancellation of a planned stop (C4.6).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cancellation {
    /// The line that records it.
    pub seq: u64,
    /// The instant of the cancellation.
    pub at: Instant,
    /// The system account that cancelled it.
    pub by: String,
}

/// Whether a planned stop counts for a service, or why not (C4.2-C4.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopVerdict {
    /// In good time and within the month's allowance.
    Valid,
    /// In good time and otherwise agreed; does not use the allowance.
    Agreed,
    /// Not announced in good time.
    Late,
    /// In good time, but the month's allowance was used up before.
    Surplus,
    /// Cancelled before it began, as if never announced.
    Cancelled,
}

impl StopVerdict {
    /// Whether downtime in the window is planned (C4.7).
    pub fn counts(self) -> bool {
        matches!(self, StopVerdict::Valid | StopVerdict::Agreed)
    }

    /// The name in JSON, metrics and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            StopVerdict::Valid => "valid",
            StopVerdict::Agreed => "agreed",
            StopVerdict::Late => "late",
            StopVerdict::Surplus => "surplus",
            StopVerdict::Cancelled => "cancelled",
        }
    }
}

impl Stop {
    /// The stop that a line announces; none if the line is about something else.
    pub(crate) fn announced(line: &Line) -> Option<Self> {
        let Fact::StopAnnounced { id, services, from, until, reason, by, agreed } = &line.fact
        else {
            return None;
        };
        Some(Stop {
            id: id.clone(),
            seq: line.seq,
            announced_at: line.at,
            services: services.clone(),
            window: Interval::new(*from, *until),
            reason: reason.clone(),
            by: by.clone(),
            agreed: agreed.clone(),
            cancelled: None,
        })
    }

    /// The window as it stands: cancelled at or after its start, it ends there (C4.6).
    pub fn effective_window(&self) -> Interval {
        match &self.cancelled {
            Some(cancelled) if !self.is_withdrawn() => {
                Interval::new(self.window.from, self.window.until.min(cancelled.at))
            }
            _ => self.window,
        }
    }

    /// Cancelled before its start: as if never announced (C4.6).
    pub fn is_withdrawn(&self) -> bool {
        self.cancelled.as_ref().is_some_and(|cancelled| cancelled.at < self.window.from)
    }

    /// C4.2.
    fn is_in_good_time(&self, terms: &ResolvedTerms) -> bool {
        self.announced_at <= self.window.from.plus_ms(-terms.terms().notice_ms)
    }

    /// Whether it takes a place in the allowance if there is one (C4.3, C4.4).
    fn uses_allowance(&self, terms: &ResolvedTerms) -> bool {
        !self.is_withdrawn() && self.agreed.is_none() && self.is_in_good_time(terms)
    }
}

/// A stop with its verdict for one service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JudgedStop<'a> {
    /// The stop.
    pub stop: &'a Stop,
    /// Whether it counts.
    pub verdict: StopVerdict,
}

/// The stops of `service` whose announced window touches `range`, with their verdicts, in the
/// order in which they were announced.
pub fn judged_stops<'a>(
    history: &'a History,
    service: &str,
    terms: &ResolvedTerms,
    range: Interval,
) -> Vec<JudgedStop<'a>> {
    let Some(record) = history.record_of(service) else { return Vec::new() };
    let stops = || record.stops.iter().map(|&place| &history.stops[place as usize]);
    let mut allowances: Vec<Allowance> = Vec::new();
    stops()
        .filter(|stop| stop.window.overlaps(range))
        .map(|stop| JudgedStop { stop, verdict: judge(stop, stops, terms, &mut allowances) })
        .collect()
}

/// Who has a place in one local month's allowance.
struct Allowance {
    month: Interval,
    /// The announcement that took the last place; none while there are places left.
    last_seq: Option<u64>,
}

fn judge<'a, I: Iterator<Item = &'a Stop>>(
    stop: &Stop,
    stops: impl Fn() -> I,
    terms: &ResolvedTerms,
    allowances: &mut Vec<Allowance>,
) -> StopVerdict {
    if stop.is_withdrawn() {
        return StopVerdict::Cancelled;
    }
    if !stop.is_in_good_time(terms) {
        return StopVerdict::Late;
    }
    if stop.agreed.is_some() {
        return StopVerdict::Agreed;
    }
    // C4.3: counted in the local month of its `from`, in the order of `seq`.
    let known = allowances.iter().position(|allowance| allowance.month.contains(stop.window.from));
    let place = known.unwrap_or_else(|| {
        let month = Month::of(stop.window.from, terms.zone()).bounds(terms.zone());
        let places = terms.terms().planned_stops_per_month as usize;
        let mut users = stops()
            .filter(|other| month.contains(other.window.from) && other.uses_allowance(terms))
            .map(|other| other.seq);
        let last_seq = match places {
            0 => Some(0),
            _ => users.nth(places - 1),
        };
        allowances.push(Allowance { month, last_seq });
        allowances.len() - 1
    });
    match allowances[place].last_seq {
        Some(last_seq) if stop.seq > last_seq => StopVerdict::Surplus,
        _ => StopVerdict::Valid,
    }
}
