//! A month as stretches of time: what a page draws, and what stands behind a figure.

use crate::fact::UnmeasuredCause;
use crate::figure::Reach;
use crate::history::History;
use crate::instant::Interval;
use crate::month_terms::ServiceContract;
use crate::timeline::{Class, DownClass, Layers, sweep};

/// A stretch of the month in which a service was not up, and nothing changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// When.
    pub interval: Interval,
    /// What it counts as.
    pub class: StretchClass,
    /// The downtime's cause, or why it is unmeasured; empty outside the contract.
    pub cause: String,
}

/// What a stretch counts as (C6.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StretchClass {
    /// Downtime.
    Down(DownClass),
    /// Not known.
    Unmeasured(UnmeasuredCause),
    /// Outside the contract (C2.4).
    NotInService,
}

/// The elapsed part of the month of `contract.terms`, in order of time, without what was up. It is
/// the same sweep as [`crate::month_figure`]'s. None if nothing is recorded of the service.
pub fn month_stretches(
    history: &History,
    service: &str,
    contract: &ServiceContract<'_>,
    reach: Reach,
) -> Option<Vec<Stretch>> {
    let record = history.record_of(service)?;
    let month = contract.terms.bounds();
    let now = reach.as_of.unwrap_or(month.until);
    let elapsed = Interval::new(month.from, now.clamp(month.from, month.until));
    let (layers, _) = Layers::new(history, record, contract.terms.resolved(), elapsed);
    let mut stretches: Vec<Stretch> = Vec::new();
    sweep(history, record, &layers, elapsed, reach.known_until, |piece| {
        let (class, cause) = match piece.class {
            Class::Up => return,
            Class::NotInService => (StretchClass::NotInService, ""),
            Class::Unmeasured { cause, .. } => (StretchClass::Unmeasured(cause), cause.as_str()),
            Class::Down { cause, class } => (StretchClass::Down(class), &**history.cause(cause)),
        };
        match stretches.last_mut() {
            Some(last)
                if last.interval.until == piece.interval.from
                    && last.class == class
                    && last.cause == cause =>
            {
                last.interval.until = piece.interval.until;
            }
            _ => {
                stretches.push(Stretch { interval: piece.interval, class, cause: cause.to_owned() })
            }
        }
    });
    Some(stretches)
}
