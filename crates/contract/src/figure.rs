//! The month's figure: the one function that agent, gauges, store, statement and replay call (C6).

use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::fact::{Ground, UnmeasuredCause};
use crate::history::History;
use crate::incidents::{INCIDENT_GAP_MS, Incident, Spans};
use crate::instant::{Instant, Interval};
use crate::minutes::MinuteCount;
use crate::money::Money;
use crate::month::Month;
use crate::month_terms::{MonthTerms, ServiceContract};
use crate::price;
use crate::service_record::{CauseId, ServiceRecord};
use crate::stops::{JudgedStop, StopVerdict};
use crate::tally::Tally;
use crate::timeline::{Class, DownClass, Downtime, Layers, Outage, Piece, class_at, sweep};

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
    pub service: Arc<str>,
    /// The local calendar month.
    pub month: Month,
    /// The zone in which it is local.
    pub timezone: Arc<str>,
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

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let wrong = || de::Error::custom(format!("{text:?} is no percentage like \"99.8999\""));
        let (whole, part) = text.split_once('.').ok_or_else(wrong)?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() > 3 || part.len() != 4 || !digits(whole) || !digits(part) {
            return Err(wrong());
        }
        let e4 = format!("{whole}{part}").parse().map_err(|_| wrong())?;
        Ok(Percent { e4 })
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
    let nothing;
    let record = match history.record_of(service) {
        Some(record) => record,
        None => {
            nothing = ServiceRecord::new(service.into());
            &nothing
        }
    };
    let seen = Seen::new(history, record, contract.terms, reach);
    let (layers, stops) =
        Layers::new(history, record, contract.terms.resolved(), seen.range_of_layers());
    let mut sums = Sums::new(history, contract.terms);
    let mut visit = |range, in_month| {
        sweep(history, record, &layers, range, reach.known_until, |piece| {
            sums.add(piece, in_month);
        });
    };
    visit(Interval::new(seen.first, seen.elapsed.from), false);
    visit(seen.elapsed, true);
    visit(Interval::new(seen.elapsed.until, seen.last), false);
    let is_open = seen.last == seen.now && {
        // Beyond what is known nothing goes on; where all that is seen is known, the facts at its
        // end tell whether they end the downtime.
        let known_until =
            if reach.known_until < seen.now { reach.known_until } else { Instant::MAX };
        let class = class_at(history, record, &layers, seen.now, known_until);
        class.is_some_and(Class::is_incident)
    };
    let incidents = incidents(&sums.spans, &seen, is_open, record, contract.terms);
    let stops = stop_figures(stops, contract.terms);
    sums.figure(record.name.clone(), contract, seen.elapsed, stops, incidents)
}

/// Which stretch of time a month's figure looks at.
struct Seen {
    /// The elapsed part of the month.
    elapsed: Interval,
    /// Where an incident that reaches into the month can have opened (C9.1).
    first: Instant,
    /// Where one that reaches out of it can have ended.
    last: Instant,
    /// The end of what has elapsed: `as_of`, otherwise of all that is known.
    now: Instant,
    month: Interval,
}

impl Seen {
    fn new(history: &History, record: &ServiceRecord, terms: &MonthTerms, reach: Reach) -> Self {
        let month = terms.bounds();
        let now = reach.as_of.unwrap_or(month.until.max(reach.known_until));
        let elapsed = Interval::new(month.from, now.clamp(month.from, month.until));
        let downtime = Downtime::new(history, record);
        let last = if now > month.until {
            downtime.quiet_after(month.until, INCIDENT_GAP_MS).min(now)
        } else {
            elapsed.until
        };
        Seen {
            elapsed,
            first: downtime.quiet_before(month.from, INCIDENT_GAP_MS),
            last,
            now,
            month,
        }
    }

    /// The whole month, for the stops that it shows, and one instant more than is swept, to see
    /// whether downtime goes on.
    fn range_of_layers(&self) -> Interval {
        Interval::new(self.first, self.month.until.max(self.last.plus_ms(1)))
    }
}

/// Adds up the pieces of the timeline.
struct Sums<'a> {
    history: &'a History,
    up_ms: i64,
    lost_ms: i64,
    planned_ms: i64,
    not_in_service_ms: i64,
    excluded: Tally<Ground, { Ground::ALL.len() }>,
    unmeasured: Tally<UnmeasuredCause, { UnmeasuredCause::ALL.len() }>,
    counted: MinuteCount,
    /// With the unmeasured time of the lower bound (C6.5).
    counted_upper: MinuteCount,
    outages: Vec<Outage>,
    last_cause: Option<CauseId>,
    spans: Spans,
}

impl<'a> Sums<'a> {
    fn new(history: &'a History, terms: &MonthTerms) -> Self {
        let counted =
            MinuteCount::new(terms.terms().minute_rule, terms.bounds(), terms.levels().budget_ms());
        Sums {
            history,
            up_ms: 0,
            lost_ms: 0,
            planned_ms: 0,
            not_in_service_ms: 0,
            excluded: Tally::new(),
            unmeasured: Tally::new(),
            counted_upper: counted.clone(),
            counted,
            outages: Vec::new(),
            last_cause: None,
            spans: Spans::default(),
        }
    }

    fn add(&mut self, Piece { interval, class }: Piece, in_month: bool) {
        let mut lost_ms = 0;
        if in_month {
            match class {
                Class::NotInService => self.not_in_service_ms += interval.ms(),
                Class::Up => self.up_ms += interval.ms(),
                Class::Unmeasured { cause, shielded } => {
                    self.unmeasured.add(cause, interval.ms());
                    if !shielded {
                        self.counted_upper.add(interval);
                    }
                }
                Class::Down { cause, class } => {
                    if class == DownClass::Lost {
                        lost_ms = interval.ms();
                    }
                    self.add_down(interval, cause, class);
                }
            }
        }
        if class.is_incident() {
            self.spans.add(interval, lost_ms);
        }
    }

    fn add_down(&mut self, interval: Interval, cause: CauseId, class: DownClass) {
        match class {
            DownClass::Planned => self.planned_ms += interval.ms(),
            DownClass::Excluded(ground) => self.excluded.add(ground, interval.ms()),
            DownClass::Lost => {
                self.lost_ms += interval.ms();
                self.counted.add(interval);
                self.counted_upper.add(interval);
            }
        }
        match self.outages.last_mut() {
            Some(last)
                if last.until == interval.from
                    && last.class == class
                    && self.last_cause == Some(cause) =>
            {
                last.until = interval.until;
            }
            _ => self.outages.push(Outage {
                from: interval.from,
                until: interval.until,
                cause: self.history.cause(cause).clone(),
                class,
            }),
        }
        self.last_cause = Some(cause);
    }

    fn figure(
        self,
        service: Arc<str>,
        contract: &ServiceContract<'_>,
        elapsed: Interval,
        stops: Vec<StopFigure>,
        incidents: Vec<Incident>,
    ) -> Figure {
        let terms = contract.terms;
        let levels = terms.levels();
        let period_ms = terms.period_ms();
        let counted = self.counted.finish();
        let counted_upper = self.counted_upper.finish();
        let availability =
            |counted_ms| Percent { e4: price::availability_e4(period_ms, counted_ms) };
        let level = levels.level(counted.ms);
        let reduction_percent = match level.checked_sub(1) {
            Some(place) => terms.terms().reductions[place],
            None => Decimal::ZERO,
        };
        Figure {
            service,
            month: terms.month(),
            timezone: terms.terms().timezone.clone(),
            complete: elapsed.until == terms.bounds().until,
            period_ms,
            elapsed_ms: elapsed.ms(),
            up_ms: self.up_ms,
            lost_ms: self.lost_ms,
            planned_ms: self.planned_ms,
            excluded_ms: self.excluded.total_ms(),
            unmeasured_ms: self.unmeasured.total_ms(),
            not_in_service_ms: self.not_in_service_ms,
            excluded_by_ground_ms: self.excluded,
            unmeasured_by_cause_ms: self.unmeasured,
            counted_ms: counted.ms,
            availability_percent: availability(counted.ms),
            availability_lower_bound_percent: availability(counted_upper.ms),
            target_percent: terms.terms().target,
            level,
            reduction_percent,
            monthly_fee: contract.monthly_fee.cloned(),
            reduction: contract.monthly_fee.map(|fee| fee.percent(reduction_percent)),
            claim_deadline: counted
                .went_over
                .map(|went_over| price::claim_deadline(went_over, terms.zone())),
            stops,
            incidents,
            outages: self.outages,
            counted_upper_ms: counted_upper.ms,
            budget_ms: levels.budget_ms(),
            left_ms: (1..=levels.count())
                .filter_map(|level| levels.left_ms(level, counted.ms))
                .collect(),
        }
    }
}

/// The incidents that touch the elapsed part of the month.
fn incidents(
    spans: &Spans,
    seen: &Seen,
    is_open: bool,
    record: &ServiceRecord,
    terms: &MonthTerms,
) -> Vec<Incident> {
    let touching = spans.0.iter().filter(|span| span.interval.overlaps(seen.elapsed));
    touching
        .map(|span| {
            let is_open = is_open && span.interval.until == seen.now;
            Incident::new(*span, is_open, record, terms.support(), seen.now)
        })
        .collect()
}

/// The stops whose announced window touches the month, in order of time.
fn stop_figures(mut stops: Vec<JudgedStop<'_>>, terms: &MonthTerms) -> Vec<StopFigure> {
    stops.retain(|judged| judged.stop.window.overlaps(terms.bounds()));
    stops.sort_by_key(|judged| (judged.stop.window.from, judged.stop.seq));
    stops
        .into_iter()
        .map(|JudgedStop { stop, verdict }| StopFigure {
            id: stop.id.clone(),
            verdict,
            in_office_hours: terms.support().in_office_hours(stop.window),
            from: stop.window.from,
            until: stop.window.until,
        })
        .collect()
}
