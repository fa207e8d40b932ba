//! Claims of a price reduction: who has to act, and by when (C7.4, C7.5).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::instant::Instant;
use crate::money::Money;

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
