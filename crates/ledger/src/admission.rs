//! Whether a fact may become a line: what the history would refuse must never reach the journal.

use contract::{Fact, FactErrorKind, History, Interval, Month};

/// Checks `fact` against everything that is recorded.
///
/// # Errors
/// What the history would say of the line, and facts that only the ledger itself writes.
pub(crate) fn admit(history: &History, fact: &Fact) -> Result<(), String> {
    let refused = match fact {
        Fact::StopAnnounced { id, from, until, .. } => {
            new_id(id, Interval::new(*from, *until), history.stop(id).is_some())
        }
        Fact::StopCancelled { id, .. } => match history.stop(id) {
            None => Some(FactErrorKind::UnknownId(id.clone())),
            Some(stop) if stop.cancelled.is_some() => {
                Some(FactErrorKind::CancelledTwice(id.clone()))
            }
            Some(_) => None,
        },
        Fact::AdjustmentClaimed { id, from, until, .. } => {
            new_id(id, Interval::new(*from, *until), history.adjustment(id).is_some())
        }
        Fact::AdjustmentDecided { id, .. } => match history.adjustment(id) {
            None => Some(FactErrorKind::UnknownId(id.clone())),
            Some(_) => None,
        },
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
pub(crate) fn raise_stop(history: &History, fact: Fact) -> Fact {
    match (fact, history.last_known()) {
        (Fact::MeasuringStopped { from, cause }, Some(known)) if from < known => {
            tracing::warn!(%from, %known, "measuring_stopped begins where what is known ends");
            Fact::MeasuringStopped { from: known, cause }
        }
        (fact, _) => fact,
    }
}

fn new_id(id: &str, interval: Interval, exists: bool) -> Option<FactErrorKind> {
    if interval.is_empty() {
        return Some(FactErrorKind::EmptyInterval { id: id.to_owned() });
    }
    exists.then(|| FactErrorKind::RepeatedId(id.to_owned()))
}
