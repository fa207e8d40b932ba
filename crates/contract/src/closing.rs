//! A month's close, its revisions, and the statement signed over it (C6.7, C10.1).

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::figure::{Figure, Percent};
use crate::instant::Instant;
use crate::money::Money;
use crate::month::Month;

/// A service's month is closed, or revised after its close (C6.7).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MonthClose {
    /// The service.
    pub service: String,
    /// The local month.
    pub month: Month,
    /// 0 for the close; what is recorded later makes 1, 2, …
    pub revision: u32,
    /// The last line that the figure was computed from.
    pub used_seq: u64,
    /// That line's hash.
    pub used_hash: String,
    /// The figure.
    pub figure: ClosedFigure,
}

/// What a close keeps of a month's [`Figure`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClosedFigure {
    /// P (C2.2).
    pub period_ms: i64,
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
    /// F (C6.2).
    pub counted_ms: i64,
    /// T (C6.3).
    pub availability_percent: Percent,
    /// T's lower bound (C6.5).
    pub availability_lower_bound_percent: Percent,
    /// The price level; 0 when the promise is kept (C7).
    pub level: usize,
    /// The reduction that the level gives.
    pub reduction_percent: Decimal,
    /// The monthly fee, if one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_fee: Option<Money>,
    /// The reduction in money, if a fee is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduction: Option<Money>,
    /// Until when the reduction can be claimed, if there is one (C7.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_deadline: Option<Date>,
    /// The name of the terms in force.
    pub terms: String,
    /// The SHA-256 of those terms, in hex.
    pub terms_sha256: String,
}

impl ClosedFigure {
    /// What a close keeps of `figure`, under the terms of this name and hash.
    pub fn new(figure: &Figure, terms: &str, terms_sha256: &str) -> Self {
        ClosedFigure {
            period_ms: figure.period_ms,
            up_ms: figure.up_ms,
            lost_ms: figure.lost_ms,
            planned_ms: figure.planned_ms,
            excluded_ms: figure.excluded_ms,
            unmeasured_ms: figure.unmeasured_ms,
            not_in_service_ms: figure.not_in_service_ms,
            counted_ms: figure.counted_ms,
            availability_percent: figure.availability_percent,
            availability_lower_bound_percent: figure.availability_lower_bound_percent,
            level: figure.level,
            reduction_percent: figure.reduction_percent,
            monthly_fee: figure.monthly_fee.clone(),
            reduction: figure.reduction.clone(),
            claim_deadline: figure.claim_deadline,
            terms: terms.to_owned(),
            terms_sha256: terms_sha256.to_owned(),
        }
    }
}

/// The statement of a customer's month is made and signed (C10.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignedStatement {
    /// The customer; none for the services that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The local month.
    pub month: Month,
    /// 0 for the close; a correction after it makes 1, 2, … (C6.7).
    pub revision: u32,
    /// When the statement was made.
    pub issued_at: Instant,
    /// The last line that it was made from.
    pub used_seq: u64,
    /// That line's hash.
    pub used_hash: String,
    /// The SHA-256 of the statement's bytes, in hex.
    pub sha256: String,
    /// The Ed25519 key that signed it, in hex.
    pub public_key: String,
    /// The signature over the statement's bytes, in hex.
    pub signature: String,
}
