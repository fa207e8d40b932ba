//! The month's figure: the one function that agent, gauges, store, statement and replay call (C6).

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::fact::{Ground, UnmeasuredCause};
use crate::history::History;
use crate::incidents::Incident;
use crate::instant::Instant;
use crate::money::Money;
use crate::month::Month;
use crate::month_terms::ServiceContract;
use crate::stops::StopVerdict;
use crate::tally::Tally;
use crate::timeline::Outage;

/// How much has elapsed, and up to when facts are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// The instant that is "now"; none: everything has elapsed.
    pub as_of: Option<Instant>,
    /// From here on nothing is known: `unmeasured`, cause `no_record`.
    pub known_until: Instant,
}

impl Reach {
    /// Of a running agent: all is decided up to `decided_until`, its heartbeat (C3.9).
    pub fn running(decided_until: Instant) -> Self {
        Reach { as_of: Some(decided_until), known_until: decided_until }
    }

    /// Of a replay: all facts are known, and `as_of` says how much has elapsed.
    pub fn replay(history: &History, as_of: Option<Instant>) -> Self {
        Reach { as_of, known_until: history.last_known().unwrap_or(Instant::MIN) }
    }
}

/// The month's figure of one service. Serialises to the document of `upptid replay`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Figure {
    /// The service.
    pub service: String,
    /// The local calendar month.
    pub month: Month,
    /// The zone in which it is local.
    pub timezone: String,
    /// Whether the whole month has elapsed.
    pub complete: bool,
    /// P (C2.2).
    pub period_ms: i64,
    /// The elapsed part of P; the sum of the six classes that follow (C6.6).
    pub elapsed_ms: i64,
    /// Customers could log in.
    pub up_ms: i64,
    /// Down and neither planned nor excluded (C6.1).
    pub lost_ms: i64,
    /// Down inside a valid planned window (C4.7).
    pub planned_ms: i64,
    /// Down and taken out by an adjustment that counts (C5.1).
    pub excluded_ms: i64,
    /// Not known (C6.5).
    pub unmeasured_ms: i64,
    /// Outside the service's time in the contract (C2.4).
    pub not_in_service_ms: i64,
    /// `excluded_ms` by the ground of the claim that took it out.
    pub excluded_by_ground_ms: Tally<Ground, { Ground::ALL.len() }>,
    /// `unmeasured_ms` by cause.
    pub unmeasured_by_cause_ms: Tally<UnmeasuredCause, { UnmeasuredCause::ALL.len() }>,
    /// F: lost time by the minute rule (C6.2).
    pub counted_ms: i64,
    /// T (C6.3).
    pub availability_percent: Percent,
    /// T if all unmeasured time outside valid planned windows and accepted exclusions is lost
    /// (C6.5).
    pub availability_lower_bound_percent: Percent,
    /// The promise.
    pub target_percent: Decimal,
    /// The price level; 0 when the promise is kept (C7).
    pub level: usize,
    /// The reduction that the level gives.
    pub reduction_percent: Decimal,
    /// The monthly fee, if one is set.
    pub monthly_fee: Option<Money>,
    /// The reduction in money, if a fee is set; provisional until `complete` (C7.3).
    pub reduction: Option<Money>,
    /// Until when the reduction can be claimed, if there is one (C7.4).
    pub claim_deadline: Option<Date>,
    /// Planned stops whose announced window touches the month, in order of time (C4).
    pub stops: Vec<StopFigure>,
    /// Incidents that touch the elapsed part of the month, in order of time (C9.1).
    pub incidents: Vec<Incident>,
    /// Downtime in the elapsed part of the month, in order of time; adjacent pieces of one cause
    /// and class are one.
    #[serde(skip)]
    pub outages: Vec<Outage>,
    /// F with the unmeasured time of the lower bound (C6.5).
    #[serde(skip)]
    pub counted_upper_ms: i64,
    /// The budget (C8.1).
    #[serde(skip)]
    pub budget_ms: i64,
    /// For each price level from 1 on, how much longer F may grow before it holds.
    #[serde(skip)]
    pub left_ms: Vec<i64>,
}

/// A planned stop as a month's figure shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StopFigure {
    /// The stop.
    pub id: String,
    /// Whether it counts, or why not.
    pub verdict: StopVerdict,
    /// Whether the announced window overlaps office hours (C4.5).
    pub in_office_hours: bool,
    /// The announced window's first instant.
    #[serde(skip)]
    pub from: Instant,
    /// The first instant after the announced window.
    #[serde(skip)]
    pub until: Instant,
}

/// A percentage cut down to four decimals, printed like `99.8999` (C6.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Percent {
    /// Ten-thousandths of a percent.
    pub e4: i64,
}

impl Percent {
    /// As a ratio of 0 to 1, for a gauge; never to decide with.
    pub fn ratio(self) -> f64 {
        self.e4 as f64 / 1e6
    }
}

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:04}", self.e4 / 10_000, self.e4 % 10_000)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The figure of `service` in the month of `contract.terms`.
///
/// A service of which the history holds nothing has been there always, unmeasured.
pub fn month_figure(
    history: &History,
    service: &str,
    contract: &ServiceContract<'_>,
    reach: Reach,
) -> Figure {
    todo!("{history:?}{service}{contract:?}{reach:?}")
}
