//! Why a minute is classed as it is: the rules that class it, and the facts that they rest on.
//!
//! It is the sweep of [`crate::month_figure`] that classes here, too: what is explained over a
//! month adds up to the month's figure.

mod covering;
mod facts;
mod rules;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::fact::{Evidence, Ground, UnmeasuredCause};
use crate::figure::Reach;
use crate::history::History;
use crate::instant::{Instant, Interval};
use crate::minutes::{MINUTE_MS, MinuteCount};
use crate::month::Month;
use crate::month_terms::ServiceContract;
use crate::responsible::Side;
use crate::service_record::ServiceRecord;
use crate::terms::MinuteRule;
use crate::timeline::{BaseFact, BaseStates, Class, DownClass, Layers, Piece, sweep};

pub use covering::{CoveringAdjustment, CoveringStop};
pub use facts::CitedFact;

/// A UTC minute of a service, and all that classes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExplainedMinute {
    /// The service.
    pub service: String,
    /// The local month that the minute is in.
    pub month: Month,
    /// The service's time zone.
    pub timezone: String,
    /// The minute's first instant in that month.
    pub from: Instant,
    /// The first instant after it.
    pub until: Instant,
    /// How the minute counts (C6.2).
    pub minute_rule: MinuteRule,
    /// What it adds to F by that rule, in milliseconds.
    pub counted_ms: i64,
    /// What it consists of, in order of time; mostly one piece. What has not elapsed is left out.
    pub pieces: Vec<Explanation>,
    /// Where the journal was found damaged in this minute's time: facts may be missing (C10.1).
    pub damage: Vec<CitedFact>,
}

/// A stretch of time that the same facts class in the same way. It may reach beyond the minute.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Explanation {
    /// First instant.
    pub from: Instant,
    /// First instant after.
    pub until: Instant,
    /// What it is.
    #[serde(flatten)]
    pub class: Classed,
    /// The side that answers for it, if it was down (C5.5).
    pub responsible: Option<Side>,
    /// Why, rule by rule, in the order in which they decide.
    pub rules: Vec<Rule>,
    /// The facts that decide what was measured, the latest first; it holds, and those after it are
    /// what it replaced from the same instant on (C3.8).
    pub facts: Vec<CitedFact>,
    /// The fact with which it ends, if that is on record.
    pub ended_by: Option<CitedFact>,
    /// What was seen, and what the witnesses said, if it is still held.
    pub evidence: Option<Evidence>,
    /// Planned stops whose announced window touches it within the minute; one that counts, also
    /// if it ends where this begins.
    pub stops: Vec<CoveringStop>,
    /// Adjustments that touch it within the minute.
    pub adjustments: Vec<CoveringAdjustment>,
}

/// The class of a stretch of time (C3.1, C6.1, C6.6).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "snake_case")]
pub enum Classed {
    /// A customer could log in.
    Up,
    /// Down, and it counts.
    Lost {
        /// Why it was down.
        cause: String,
    },
    /// Down in a valid planned stop.
    Planned {
        /// Why it was down.
        cause: String,
    },
    /// Down, and taken out.
    Excluded {
        /// Why it was down.
        cause: String,
        /// Why it is taken out.
        ground: Ground,
    },
    /// Not known.
    Unmeasured {
        /// Why not.
        cause: UnmeasuredCause,
        /// Whether the lower bound of T takes it as lost (C6.5).
        in_lower_bound: bool,
    },
    /// Outside the contract (C2.4).
    NotInService,
}

impl Classed {
    fn new(history: &History, class: Class) -> Self {
        let name = |cause| history.cause(cause).to_string();
        match class {
            Class::NotInService => Classed::NotInService,
            Class::Up => Classed::Up,
            Class::Unmeasured { cause, shielded } => {
                Classed::Unmeasured { cause, in_lower_bound: !shielded }
            }
            Class::Down { cause, class } => match class {
                DownClass::Lost => Classed::Lost { cause: name(cause) },
                DownClass::Planned => Classed::Planned { cause: name(cause) },
                DownClass::Excluded(ground) => Classed::Excluded { cause: name(cause), ground },
            },
        }
    }

    /// `up`, `lost`, `planned`, `excluded`, `unmeasured` or `not_in_service`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Classed::Up => "up",
            Classed::Lost { .. } => "lost",
            Classed::Planned { .. } => "planned",
            Classed::Excluded { .. } => "excluded",
            Classed::Unmeasured { .. } => "unmeasured",
            Classed::NotInService => "not_in_service",
        }
    }

    /// The name of the downtime's cause, or why it is unmeasured.
    pub fn cause(&self) -> Option<&str> {
        match self {
            Classed::Lost { cause } | Classed::Planned { cause } => Some(cause),
            Classed::Excluded { cause, .. } => Some(cause),
            Classed::Unmeasured { cause, .. } => Some(cause.as_str()),
            Classed::Up | Classed::NotInService => None,
        }
    }
}

/// A rule of the contract, and what it says of this stretch of time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// Its number: `C4.7`.
    pub rule: Cow<'static, str>,
    /// A plain fragment.
    pub says: Cow<'static, str>,
}

/// Explains the UTC minute that holds `at`, in the month of `contract.terms`.
///
/// None if nothing is recorded of the service, if `at` lies outside the month, or if it has not
/// elapsed by `reach`.
pub fn explain_minute(
    history: &History,
    service: &str,
    contract: &ServiceContract<'_>,
    reach: Reach,
    at: Instant,
) -> Option<ExplainedMinute> {
    let record = history.record_of(service)?;
    let terms = contract.terms;
    let month = terms.bounds();
    let now = reach.as_of.unwrap_or(month.until);
    let elapsed = Interval::new(month.from, now.clamp(month.from, month.until));
    if !elapsed.contains(at) {
        return None;
    }
    let minute = minute_of(at, month);
    let (layers, _) = Layers::new(history, record, terms.resolved(), month);
    let mut pieces = Vec::new();
    sweep(history, record, &layers, elapsed, reach.known_until, |piece| {
        if piece.interval.overlaps(minute) {
            pieces.push(piece);
        }
    });
    let mut counted = MinuteCount::new(terms.terms().minute_rule, minute, i64::MAX);
    for piece in pieces.iter().filter(|piece| is_lost(piece.class)) {
        let within = piece.interval;
        counted.add(Interval::new(within.from.max(minute.from), within.until.min(minute.until)));
    }
    let explain = |piece| explain(history, record, contract, reach, minute, piece);
    Some(ExplainedMinute {
        service: service.to_owned(),
        month: terms.month(),
        timezone: terms.terms().timezone.to_string(),
        from: minute.from,
        until: minute.until,
        minute_rule: terms.terms().minute_rule,
        counted_ms: counted.finish().ms,
        pieces: pieces.into_iter().map(explain).collect(),
        damage: history.chain_damage_in(minute).map(CitedFact::damage).collect(),
    })
}

/// The UTC minute, as far as it lies in the month (C6.2).
fn minute_of(at: Instant, month: Interval) -> Interval {
    let from = Instant::from_ms(at.ms().div_euclid(MINUTE_MS) * MINUTE_MS);
    Interval::new(from.max(month.from), from.plus_ms(MINUTE_MS).min(month.until))
}

fn is_lost(class: Class) -> bool {
    matches!(class, Class::Down { class: DownClass::Lost, .. })
}

fn explain(
    history: &History,
    record: &ServiceRecord,
    contract: &ServiceContract<'_>,
    reach: Reach,
    minute: Interval,
    Piece { interval, class }: Piece,
) -> Explanation {
    let from = interval.from;
    let terms = contract.terms.resolved();
    let base = BaseStates::new(&record.changes, &history.measuring_stops, from);
    let is_known = from < reach.known_until;
    let deciding = base.latest().filter(|_| is_known);
    let facts = match class {
        Class::NotInService => CitedFact::presence(record, from).into_iter().collect(),
        _ if is_known => CitedFact::measured(history, base),
        _ => Vec::new(),
    };
    let is_measured = !matches!(class, Class::NotInService);
    let after = BaseStates::new(&record.changes, &history.measuring_stops, interval.until);
    let ends_it = |next: &BaseFact<'_>| is_measured && next.from() == interval.until;
    let ended_by = after.latest().filter(ends_it);
    // What people announced and claimed, and does not count, begins and ends within a piece.
    let span = Interval::new(from.max(minute.from), interval.until.min(minute.until));
    let stops = CoveringStop::touching(history, record, terms, from, span);
    let adjustments = CoveringAdjustment::touching(history, record, terms, span);
    let evidence = facts::evidence(deciding).filter(|_| is_measured);
    let seen = rules::Seen { history, class, deciding, evidence, stops: &stops };
    Explanation {
        from,
        until: interval.until,
        class: Classed::new(history, class),
        responsible: match class {
            Class::Down { class, .. } => Some(class.responsible()),
            Class::NotInService | Class::Up | Class::Unmeasured { .. } => None,
        },
        rules: seen.rules(&facts, &adjustments),
        ended_by: ended_by.map(|next| CitedFact::base(history, next)),
        evidence: evidence.cloned(),
        facts,
        stops,
        adjustments,
    }
}
