//! Claims of a price reduction: who has to act, and by when (C7.4, C7.5).

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::closing::ClosedFigure;
use crate::contracts::{ContractInForce, Contracts};
use crate::figure::{Reach, month_figure};
use crate::history::History;
use crate::instant::Instant;
use crate::money::Money;
use crate::month::{Month, start_of_day};

/// What people recorded of the claim for one service and month.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClaimRecord {
    /// The customer has claimed the reduction.
    pub submitted: Option<Submitted>,
    /// The claim is settled.
    pub settled: Option<Settled>,
}

/// The customer has claimed the reduction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Submitted {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// The system account that recorded it.
    pub by: String,
    /// What the customer's letter or case is called.
    pub reference: Option<String>,
}

/// A claim is settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settled {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// The system account that recorded it.
    pub by: String,
    /// What was credited.
    pub amount: Money,
}

/// The state of a claim (C7.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// The reduction can be claimed.
    Open,
    /// It is claimed.
    Submitted,
    /// It is settled.
    Settled,
    /// The deadline passed, and nobody claimed it.
    Lapsed,
}

impl ClaimState {
    /// The name in JSON, metrics and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimState::Open => "open",
            ClaimState::Submitted => "submitted",
            ClaimState::Settled => "settled",
            ClaimState::Lapsed => "lapsed",
        }
    }
}

impl ClaimRecord {
    /// The state at `now` of a claim that can be made until the end of the local day `deadline`.
    pub fn state(&self, deadline: Date, zone: &TimeZone, now: Instant) -> ClaimState {
        let has_passed = zone.to_datetime(now.timestamp()).date() > deadline;
        match (&self.settled, &self.submitted) {
            (Some(_), _) => ClaimState::Settled,
            (None, Some(_)) => ClaimState::Submitted,
            (None, None) if has_passed => ClaimState::Lapsed,
            (None, None) => ClaimState::Open,
        }
    }
}

/// What a service's month gives, and how its claim stands (C7.5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MonthClaim {
    /// The local month.
    pub month: Month,
    /// The time zone in which the deadline's day ends.
    pub zone: TimeZone,
    /// The price level; 0 where a revision took away what was claimed.
    pub level: usize,
    /// The reduction that the level gives.
    pub reduction_percent: Decimal,
    /// The reduction in money, if a fee is set.
    pub reduction: Option<Money>,
    /// The last day on which it can be claimed (C7.4).
    pub deadline: Option<Date>,
    /// Whether the month is not closed: the reduction may change (C7.3).
    pub is_provisional: bool,
    /// What people recorded.
    pub record: ClaimRecord,
    /// The state of the claim.
    pub state: ClaimState,
}

/// The months of a service that give a reduction, or for which one was claimed, in order of time:
/// closed ones by their latest close, the running month and the one before as recorded until `now`.
pub fn month_claims(
    history: &History,
    contracts: &mut Contracts,
    service: &str,
    now: Instant,
) -> Vec<MonthClaim> {
    let running = contracts.running(history, service, now);
    let before = contracts.of(history, service, running.terms.month().prev());
    let mut claims = BTreeMap::new();
    // By month and revision: the latest stays.
    for made in history.closes(service) {
        let month = made.close.month;
        let zone = contracts.of(history, service, month).terms.zone().clone();
        let record = history.claim(service, month);
        claims.insert(month, MonthClaim::new(month, zone, &made.close.figure, record, now));
    }
    for contract in [before, running] {
        let month = contract.terms.month();
        claims.entry(month).or_insert_with(|| provisional(history, service, &contract, now));
    }
    let is_listed =
        |claim: &MonthClaim| claim.deadline.is_some() || claim.record != ClaimRecord::default();
    claims.into_values().filter(is_listed).collect()
}

/// When the first open claim for a closed month of a service lapses: the end of its deadline's day
/// (C7.4). None if no claim is open.
pub fn first_lapse(
    history: &History,
    contracts: &mut Contracts,
    service: &str,
    now: Instant,
) -> Option<Instant> {
    let closes = history.closes(service).iter().map(|made| &made.close);
    // By month and revision: the latest stays.
    let latest: BTreeMap<Month, &ClosedFigure> =
        closes.map(|close| (close.month, &close.figure)).collect();
    let deadlines = latest.into_iter().filter_map(|(month, it)| Some((month, it.claim_deadline?)));
    let lapses = deadlines.filter_map(|(month, deadline)| {
        let terms = contracts.of(history, service, month).terms;
        let state = history.claim(service, month).state(deadline, terms.zone(), now);
        let is_open = state == ClaimState::Open;
        is_open.then(|| start_of_day(deadline.tomorrow().unwrap_or(deadline), terms.zone()))
    });
    lapses.min()
}

fn provisional(
    history: &History,
    service: &str,
    contract: &ContractInForce<'_>,
    now: Instant,
) -> MonthClaim {
    let (month, zone) = (contract.terms.month(), contract.terms.zone().clone());
    let contract = contract.as_service_contract();
    let figure = month_figure(history, service, &contract, Reach::running(now));
    let figure = ClosedFigure::new(&figure, "", "");
    let record = history.claim(service, month);
    MonthClaim { is_provisional: true, ..MonthClaim::new(month, zone, &figure, record, now) }
}

impl MonthClaim {
    /// The claim for a closed month.
    fn new(
        month: Month,
        zone: TimeZone,
        figure: &ClosedFigure,
        record: ClaimRecord,
        now: Instant,
    ) -> Self {
        MonthClaim {
            month,
            level: figure.level,
            reduction_percent: figure.reduction_percent,
            reduction: figure.reduction.clone(),
            deadline: figure.claim_deadline,
            is_provisional: false,
            // Without a deadline only what was claimed before is listed.
            state: record.state(figure.claim_deadline.unwrap_or(Date::MAX), &zone, now),
            record,
            zone,
        }
    }
}
