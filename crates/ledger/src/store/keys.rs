//! The store's keys and values, as `docs/ledger-format.md` gives them to other programs.
//!
//! Keys are UTF-8 text, values JSON, all in sled's default tree:
//!
//! ```text
//! meta/format                               1
//! meta/building                             true, while the store is being built
//! meta/applied                              {"seq":…,"hash":"…"}
//! heartbeat                                 {"at":"…","seq":…,"hash":"…","closed":false}
//! state/<service>                           {"state":"down","cause":"…","since":"…"}
//! month/<2026-10>/<service>                 StoredFigure
//! interval/<2026-10>/<service>/<from, ms>   {"until":"…","class":"lost","cause":"…"}
//! attempts/<slot>/<service>                 [[<at, ms>,"up",null,<duration, ms>],…]
//! ```

use contract::{
    DownClass, Figure, Instant, Interval, Month, State, StateSince, Stretch, StretchClass,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::journal::line::Hash;
use crate::journal::reader::Tip;

/// The version of these keys and values; another one is built anew.
pub(crate) const STORE_FORMAT: u32 = 1;

pub(crate) const FORMAT: &str = "meta/format";
pub(crate) const BUILDING: &str = "meta/building";
pub(crate) const APPLIED: &str = "meta/applied";
pub(crate) const HEARTBEAT: &str = "heartbeat";

/// Digits of an interval's first instant in its key, so that keys sort by time.
const FROM_DIGITS: usize = 20;

pub(crate) fn state(service: &str) -> String {
    format!("state/{service}")
}

pub(crate) fn month(month: Month, service: &str) -> String {
    format!("month/{month}/{service}")
}

/// The start of the keys of a service's intervals in a month.
pub(crate) fn intervals(month: Month, service: &str) -> String {
    format!("interval/{month}/{service}/")
}

pub(crate) fn interval(month: Month, service: &str, from: Instant) -> String {
    // Instants before 1970 sort too: the offset makes them positive.
    let offset = from.since(Instant::MIN);
    format!("interval/{month}/{service}/{offset:0FROM_DIGITS$}")
}

pub(crate) fn attempts(slot: u32, service: &str) -> String {
    format!("attempts/{slot:03}/{service}")
}

/// Takes `month/<month>/<service>` apart.
pub(crate) fn split_month(key: &str) -> Option<(Month, &str)> {
    let (month, service) = key.strip_prefix("month/")?.split_once('/')?;
    Some((month.parse().ok()?, service))
}

/// Takes `interval/<month>/<service>/<from>` apart.
pub(crate) fn split_interval(key: &str) -> Option<(Month, &str, Instant)> {
    let (month, rest) = key.strip_prefix("interval/")?.split_once('/')?;
    let (service, from) = rest.rsplit_once('/')?;
    let from = Instant::MIN.plus_ms(from.parse().ok()?);
    Some((month.parse().ok()?, service, from))
}

/// A line of the journal, named.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct LineName {
    pub(crate) seq: u64,
    pub(crate) hash: String,
}

impl LineName {
    pub(crate) fn of(tip: Tip) -> Self {
        LineName { seq: tip.seq, hash: tip.hash.to_string() }
    }

    pub(crate) fn tip(&self) -> Option<Tip> {
        Some(Tip { seq: self.seq, hash: Hash::from_hex(self.hash.as_bytes())? })
    }
}

/// The agent was alive and had made every due attempt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Heartbeat {
    /// When.
    pub at: Instant,
    /// The last line acknowledged by then.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// Whether the agent ended cleanly with it.
    pub closed: bool,
}

impl Heartbeat {
    pub(crate) fn tip(&self) -> Option<Tip> {
        Some(Tip { seq: self.seq, hash: Hash::from_hex(self.hash.as_bytes())? })
    }
}

/// A service's month in the store: what is not up, by class, up to the heartbeat. The time up is
/// what remains of the elapsed part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredFigure {
    /// The month's first instant.
    pub from: Instant,
    /// The next month's first instant.
    pub until: Instant,
    /// Down and neither planned nor excluded.
    pub lost_ms: i64,
    /// Down inside a valid planned window.
    pub planned_ms: i64,
    /// Down and taken out by an adjustment.
    pub excluded_ms: i64,
    /// Not known.
    pub unmeasured_ms: i64,
    /// Outside the service's time in the contract.
    pub not_in_service_ms: i64,
    /// F, by the minute rule.
    pub counted_ms: i64,
    /// `excluded_ms` by ground, without zeros.
    pub excluded_by_ground_ms: Map<String, Value>,
    /// `unmeasured_ms` by cause, without zeros.
    pub unmeasured_by_cause_ms: Map<String, Value>,
}

impl StoredFigure {
    pub(crate) fn of(figure: &Figure, bounds: Interval) -> Self {
        StoredFigure {
            from: bounds.from,
            until: bounds.until,
            lost_ms: figure.lost_ms,
            planned_ms: figure.planned_ms,
            excluded_ms: figure.excluded_ms,
            unmeasured_ms: figure.unmeasured_ms,
            not_in_service_ms: figure.not_in_service_ms,
            counted_ms: figure.counted_ms,
            excluded_by_ground_ms: map(&figure.excluded_by_ground_ms),
            unmeasured_by_cause_ms: map(&figure.unmeasured_by_cause_ms),
        }
    }

    /// The elapsed part of the month at `at`.
    pub fn elapsed_ms(&self, at: Instant) -> i64 {
        Interval::new(self.from, self.until.min(at)).ms()
    }

    /// The time up in the elapsed part at the heartbeat's instant `at`.
    pub fn up_ms(&self, at: Instant) -> i64 {
        let down_ms = self.lost_ms + self.planned_ms + self.excluded_ms;
        self.elapsed_ms(at) - down_ms - self.unmeasured_ms - self.not_in_service_ms
    }
}

fn map(tally: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(tally) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// A service's state at the heartbeat.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredState {
    /// `up`, `down` or `unmeasured`.
    pub state: String,
    /// Why; none when up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Since when; none if nothing is recorded.
    pub since: Option<Instant>,
}

impl StoredState {
    pub(crate) fn of(current: StateSince<'_>) -> Self {
        let (state, cause) = match current.state {
            State::Up => ("up", None),
            State::Down { cause } => ("down", Some(cause)),
            State::Unmeasured { cause } => ("unmeasured", Some(cause.as_str())),
        };
        let (state, cause) = (state.to_owned(), cause.map(str::to_owned));
        StoredState { state, cause, since: current.since }
    }
}

/// Time that is not up, without a break or change; its first instant is in the key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredInterval {
    /// First instant after.
    pub until: Instant,
    /// `lost`, `planned`, `excluded`, `unmeasured` or `not_in_service`.
    pub class: String,
    /// Why it was down or is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The ground, if excluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
}

impl StoredInterval {
    pub(crate) fn of(stretch: Stretch) -> Self {
        let (class, ground) = match stretch.class {
            StretchClass::Down(DownClass::Excluded(ground)) => ("excluded", Some(ground.as_str())),
            StretchClass::Down(class) => (class.as_str(), None),
            StretchClass::Unmeasured(_) => ("unmeasured", None),
            StretchClass::NotInService => ("not_in_service", None),
        };
        StoredInterval {
            until: stretch.interval.until,
            class: class.to_owned(),
            cause: Some(stretch.cause).filter(|cause| !cause.is_empty()),
            ground: ground.map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_apart_as_they_were_made_whatever_the_service_is_called() {
        let october: Month = "2026-10".parse().unwrap();
        for service in ["portal", "a/b", "a/b/", "å ä ö"] {
            assert_eq!(split_month(&month(october, service)), Some((october, service)));
            for from in [Instant::MIN, Instant::from_ms(-1), Instant::from_ms(1)] {
                let key = interval(october, service, from);
                assert_eq!(split_interval(&key), Some((october, service, from)));
            }
        }
    }
}
