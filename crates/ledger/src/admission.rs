//! Whether a fact may become a line: what the history would refuse must never reach the journal.

use contract::{Fact, FactErrorKind, History, Instant, Interval, Line, Month};
use jiff::tz::TimeZone;

/// Checks `fact` against everything that is recorded, and against the lines that are about to be.
///
/// # Errors
/// What the history would say of the line, and facts that only the ledger itself writes.
pub(crate) fn admit(history: &History, sealed: &[Line], fact: &Fact) -> Result<(), String> {
    let refused = match fact {
        Fact::StopAnnounced { services, from, .. } if is_of_two(history, services, *from) => {
            return Err("a stop names services of two customers; announce one for each".to_owned());
        }
        Fact::StopAnnounced { id, from, until, .. } => {
            new_id(id, Interval::new(*from, *until), is_announced(history, sealed, id))
        }
        Fact::StopCancelled { id, .. } if !is_announced(history, sealed, id) => {
            Some(FactErrorKind::UnknownId(id.clone()))
        }
        Fact::StopCancelled { id, .. } if is_cancelled(history, sealed, id) => {
            Some(FactErrorKind::CancelledTwice(id.clone()))
        }
        Fact::AdjustmentClaimed { id, from, until, .. } => {
            new_id(id, Interval::new(*from, *until), is_claimed(history, sealed, id))
        }
        Fact::AdjustmentDecided { id, .. } if !is_claimed(history, sealed, id) => {
            Some(FactErrorKind::UnknownId(id.clone()))
        }
        Fact::TermsSet { month, .. } | Fact::ServiceSet { month, .. } => {
            month.parse::<Month>().err().map(FactErrorKind::Json)
        }
        Fact::SegmentOpened { .. } | Fact::CarriedOver { .. } | Fact::ChainDamaged { .. } => {
            return Err("only the ledger itself records this kind of fact".to_owned());
        }
        _ => None,
    };
    refused.map_or(Ok(()), |refused| Err(refused.to_string()))
}

/// A `measuring_stopped` from before what is known begins where that ends: the time before is
/// measured, and refusing it would count the time after as measured too.
pub(crate) fn raise_stop(history: &History, sealed: &[Line], fact: Fact) -> Fact {
    let Fact::MeasuringStopped { from, cause } = fact else { return fact };
    let sealed = sealed.iter().filter_map(|line| match line.fact {
        Fact::State { from, .. } | Fact::MeasuringStopped { from, .. } => Some(from),
        Fact::Measured { until } => Some(until),
        _ => None,
    });
    match history.last_known().max(sealed.max()) {
        Some(known) if from < known => {
            tracing::warn!(%from, %known, "measuring_stopped begins where what is known ends");
            Fact::MeasuringStopped { from: known, cause }
        }
        _ => Fact::MeasuringStopped { from, cause },
    }
}

/// C10.1: what is shown to one customer must not name another.
fn is_of_two(history: &History, services: &[String], at: Instant) -> bool {
    let month = Month::of(at, &TimeZone::UTC);
    let mut customers = services.iter().map(|service| {
        let setting = history.setting_in_force(service, month);
        setting.and_then(|setting| setting.customer.as_deref())
    });
    customers.next().is_some_and(|first| customers.any(|other| other != first))
}

fn is_announced(history: &History, sealed: &[Line], wanted: &str) -> bool {
    let is_it = |line: &Line| matches!(&line.fact, Fact::StopAnnounced { id, .. } if id == wanted);
    history.stop(wanted).is_some() || sealed.iter().any(is_it)
}

fn is_cancelled(history: &History, sealed: &[Line], wanted: &str) -> bool {
    let is_it = |line: &Line| matches!(&line.fact, Fact::StopCancelled { id, .. } if id == wanted);
    history.stop(wanted).is_some_and(|stop| stop.cancelled.is_some()) || sealed.iter().any(is_it)
}

fn is_claimed(history: &History, sealed: &[Line], wanted: &str) -> bool {
    let is_it =
        |line: &Line| matches!(&line.fact, Fact::AdjustmentClaimed { id, .. } if id == wanted);
    history.adjustment(wanted).is_some() || sealed.iter().any(is_it)
}

fn new_id(id: &str, interval: Interval, exists: bool) -> Option<FactErrorKind> {
    if interval.is_empty() {
        return Some(FactErrorKind::EmptyInterval { id: id.to_owned() });
    }
    exists.then(|| FactErrorKind::RepeatedId(id.to_owned()))
}
