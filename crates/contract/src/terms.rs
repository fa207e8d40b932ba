//! The terms of a contract: what a provider promised, as settings (C2-C9).

use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The terms in force for a service. `Default` is the contract as `docs/contract.md` gives it.
///
/// As part of a fact, a setting that is missing has its default and one that is not known is
/// ignored; a configuration has a stricter shape of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// IANA time zone in which months, office hours and red days are counted (C2.1).
    pub timezone: Arc<str>,
    /// The promise in percent: `99.9` (C6, C8.1).
    pub target: Decimal,
    /// Edges of the price levels in percent, falling; level 1 lies between `target` and the first
    /// edge (C7).
    pub edges: Vec<Decimal>,
    /// Reduction in percent per level; one more than there are edges (C7).
    pub reductions: Vec<Decimal>,
    /// Who gains when T is exactly on an edge (C7.2).
    pub boundary: Boundary,
    /// How lost time becomes minutes (C6.2).
    pub minute_rule: MinuteRule,
    /// How long before its start a planned stop must be announced (C4.2).
    pub notice_ms: i64,
    /// Planned stops that count per local month and service (C4.3).
    pub planned_stops_per_month: u32,
    /// Which support clock runs (C9.2).
    pub service_level: ServiceLevel,
    /// Which adjustments count (C5.3).
    pub counts: Counts,
    /// Whether Midsummer Eve, 24 and 31 December are red days (C9.3).
    pub eves_closed: bool,
    /// Red days beside the act's (C9.3).
    pub extra_red_days: Vec<Date>,
    /// The act's red days that are ordinary days here (C9.3).
    pub removed_red_days: Vec<Date>,
    /// Whether somebody else than the claimant must decide an adjustment (C5.3).
    pub four_eyes: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Terms {
            timezone: "Europe/Stockholm".into(),
            target: Decimal::new(999, 1),
            edges: vec![Decimal::new(990, 1), Decimal::new(980, 1), Decimal::new(970, 1)],
            reductions: [10, 20, 40, 60].map(Decimal::from).to_vec(),
            boundary: Boundary::Customer,
            minute_rule: MinuteRule::Exact,
            notice_ms: 72 * 3_600_000,
            planned_stops_per_month: 1,
            service_level: ServiceLevel::Standard,
            counts: Counts::Accepted,
            eves_closed: false,
            extra_red_days: Vec::new(),
            removed_red_days: Vec::new(),
            four_eyes: true,
        }
    }
}

/// Who gains when T is exactly on an edge (C7.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// The larger reduction.
    Customer,
    /// The smaller reduction.
    Provider,
}

/// How lost time becomes minutes (C6.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MinuteRule {
    /// To the millisecond.
    Exact,
    /// Every UTC minute touched by lost time counts whole.
    Started,
    /// Only UTC minutes lost from end to end count.
    Whole,
}

impl MinuteRule {
    /// The name in terms and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            MinuteRule::Exact => "exact",
            MinuteRule::Started => "started",
            MinuteRule::Whole => "whole",
        }
    }
}

/// Which support clock runs (C9.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceLevel {
    /// Four hours of support time.
    Standard,
    /// One hour, around the clock.
    Jour,
}

/// Which adjustments count (C5.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// Those accepted.
    Accepted,
    /// Those claimed and not rejected, too.
    Claimed,
}
