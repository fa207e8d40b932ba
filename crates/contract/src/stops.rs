//! Planned stops: announced, cancelled, and whether they count (C4).

use serde::{Deserialize, Serialize};

use crate::fact::{Fact, Line};
use crate::history::History;
use crate::instant::{Instant, Interval};
use crate::month::Month;
use crate::month_terms::ResolvedTerms;
use crate::support::in_office_hours;

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
    /// The UID of the calendar's event that it was imported from.
    pub event: Option<String>,
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
        let Fact::StopAnnounced { id, services, from, until, reason, by, agreed, event } =
            &line.fact
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
            event: event.clone(),
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

/// A stop that nobody has announced yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProposedStop<'a> {
    /// The window.
    pub window: Interval,
    /// The reference of an agreement, if otherwise agreed (C4.4).
    pub agreed: Option<&'a str>,
}

/// What a stop counts for, or would.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judgement {
    /// Whether it counts.
    pub verdict: StopVerdict,
    /// Whether the window overlaps office hours (C4.5).
    pub in_office_hours: bool,
    /// The verdict's reason, as one sentence with local time and UTC.
    pub reason: String,
}

/// The verdict of a stop if it were announced for `service` at `now`, after all that `history`
/// holds and right after those of `earlier`. Whether it may be announced at all is told by
/// [`ProposedStop::is_retroactive`].
pub fn judge_announcement(
    history: &History,
    service: &str,
    terms: &ResolvedTerms,
    earlier: &[ProposedStop<'_>],
    proposed: ProposedStop<'_>,
    now: Instant,
) -> Judgement {
    let earlier: Vec<Stop> =
        earlier.iter().zip(0..).map(|(stop, place)| stop.announced(now, place)).collect();
    let stop = proposed.announced(now, earlier.len() as u64);
    let stops = || stops_of(history, service).chain(&earlier).chain([&stop]);
    judgement(&stop, stops, terms, "it would exclude nothing")
}

/// What a recorded stop counts for, for one of its services.
pub fn judge_recorded(
    history: &History,
    service: &str,
    terms: &ResolvedTerms,
    stop: &Stop,
) -> Judgement {
    judgement(stop, || stops_of(history, service), terms, "it excludes nothing")
}

fn stops_of<'a>(history: &'a History, service: &str) -> impl Iterator<Item = &'a Stop> {
    let places = history.record_of(service).map_or(&[][..], |record| &record.stops);
    places.iter().map(|&place| &history.stops[place as usize])
}

fn judgement<'a, I: Iterator<Item = &'a Stop>>(
    stop: &Stop,
    stops: impl Fn() -> I,
    terms: &ResolvedTerms,
    nothing: &str,
) -> Judgement {
    let verdict = judge(stop, &stops, terms, &mut Vec::new());
    let in_office_hours = in_office_hours(terms, stop.window);
    let month = Month::of(stop.window.from, terms.zone()).bounds(terms.zone());
    let first = stops().find(|other| {
        other.seq < stop.seq && month.contains(other.window.from) && other.uses_allowance(terms)
    });
    let reason = reason(stop, verdict, in_office_hours, first, terms, nothing);
    Judgement { verdict, in_office_hours, reason }
}

impl ProposedStop<'_> {
    /// The stop that it would be, as the one in this `place` of those announced together.
    fn announced(&self, now: Instant, place: u64) -> Stop {
        Stop {
            id: String::new(),
            seq: UNRECORDED_SEQ + place,
            announced_at: now,
            services: Vec::new(),
            window: self.window,
            reason: String::new(),
            by: String::new(),
            agreed: self.agreed.map(str::to_owned),
            event: None,
            cancelled: None,
        }
    }
}

/// Beyond the number of every line that is recorded.
const UNRECORDED_SEQ: u64 = 1 << 63;

impl ProposedStop<'_> {
    /// Whether its window has begun: such an announcement is refused, and an adjustment claimed
    /// instead (C4.1).
    pub fn is_retroactive(&self, now: Instant) -> bool {
        self.window.from < now
    }
}

fn reason(
    stop: &Stop,
    verdict: StopVerdict,
    in_office_hours: bool,
    first: Option<&Stop>,
    terms: &ResolvedTerms,
    nothing: &str,
) -> String {
    let starts = stop.window.from;
    let latest = starts.plus_ms(-terms.terms().notice_ms);
    let (starts, latest) = (both_times(starts, terms), both_times(latest, terms));
    let allowance = terms.terms().planned_stops_per_month;
    let sentence = match verdict {
        StopVerdict::Valid => {
            format!("valid: it starts at {starts}, and notice was due by {latest}")
        }
        StopVerdict::Agreed => format!(
            "agreed: it starts at {starts}, notice was due by {latest}, and as otherwise agreed \
             it does not use the month's allowance"
        ),
        StopVerdict::Late => {
            format!("late: it starts at {starts}, and notice was due by {latest}; {nothing}")
        }
        StopVerdict::Surplus => {
            let month = Month::of(stop.window.from, terms.zone());
            let taken = match first {
                None => String::new(),
                Some(other) if other.id.is_empty() => ", first by one before it".to_owned(),
                Some(other) => format!(", first by {:?}", other.id),
            };
            format!(
                "surplus: it starts at {starts}, and the planned stops that the terms allow \
                 ({allowance} in {month}) are used up{taken}; {nothing}"
            )
        }
        StopVerdict::Cancelled => {
            format!("cancelled before it began at {starts}: as if never announced")
        }
    };
    let office = if in_office_hours { "; it overlaps office hours (08-17)" } else { "" };
    format!("{sentence}{office}")
}

/// `2026-11-05 22:00 Europe/Stockholm (2026-11-05 21:00 UTC)`.
fn both_times(instant: Instant, terms: &ResolvedTerms) -> String {
    let utc = instant.timestamp();
    let local = terms.zone().to_datetime(utc);
    let utc = jiff::tz::TimeZone::UTC.to_datetime(utc);
    let zone = &terms.terms().timezone;
    format!("{} {zone} ({} UTC)", local.strftime("%Y-%m-%d %H:%M"), utc.strftime("%Y-%m-%d %H:%M"))
}
