//! The month's budget and price levels as milliseconds of F, and what they cost (C6.3, C7, C8.1).

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::instant::Instant;
use crate::terms::{Boundary, Terms};

/// The budget and the price levels of one month.
///
/// Each edge is turned into the least F that has passed it, in whole milliseconds, exactly; so
/// that a level is decided by comparing integers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceLevels {
    budget_ms: i64,
    /// `entry_ms[k]`: the least F at which level `k + 1` holds.
    entry_ms: Vec<i64>,
}

impl PriceLevels {
    /// The levels for a month of `period_ms`, P in milliseconds.
    pub(crate) fn new(terms: &Terms, period_ms: i64) -> Self {
        let budget = allowance(terms.target, period_ms);
        // C7: exactly at the target is "99.9 and above".
        let mut entry_ms = vec![budget.floor_ms + 1];
        for edge in &terms.edges {
            let allowance = allowance(*edge, period_ms);
            entry_ms.push(match terms.boundary {
                // C7.2: exactly on the edge is the larger reduction.
                Boundary::Customer if allowance.is_whole => allowance.floor_ms,
                _ => allowance.floor_ms + 1,
            });
        }
        PriceLevels { budget_ms: budget.floor_ms, entry_ms }
    }

    /// The month's budget in whole milliseconds, a part of one left out (C8.1). F is over the
    /// budget when it is larger than this.
    pub fn budget_ms(&self) -> i64 {
        self.budget_ms
    }

    /// The price level for an F of `counted_ms`; 0 when the promise is kept (C7).
    pub fn level(&self, counted_ms: i64) -> usize {
        self.entry_ms.iter().take_while(|&&entry_ms| counted_ms >= entry_ms).count()
    }

    /// How much longer F may grow before `level` (from 1) holds; 0 if it does. None if the terms
    /// have no such level.
    pub fn left_ms(&self, level: usize, counted_ms: i64) -> Option<i64> {
        let entry_ms = self.entry_ms.get(level.checked_sub(1)?)?;
        Some((entry_ms - counted_ms).max(0))
    }

    /// How many levels there are beside level 0.
    pub fn count(&self) -> usize {
        self.entry_ms.len()
    }
}

struct Allowance {
    floor_ms: i64,
    is_whole: bool,
}

/// P * (100 - percent) / 100: the lost time with which T is exactly `percent`.
fn allowance(percent: Decimal, period_ms: i64) -> Allowance {
    let lost = (Decimal::ONE_HUNDRED - percent).normalize();
    let divisor = 100 * 10_i128.pow(lost.scale());
    let product = lost.mantissa() * i128::from(period_ms);
    Allowance {
        floor_ms: i64::try_from(product.div_euclid(divisor)).unwrap_or(i64::MAX),
        is_whole: product.rem_euclid(divisor) == 0,
    }
}

/// T, in ten-thousandths of a percent, cut down (C6.3, C6.4).
pub(crate) fn availability_e4(period_ms: i64, counted_ms: i64) -> i64 {
    let up_ms = i128::from(period_ms - counted_ms);
    i64::try_from(up_ms * 1_000_000 / i128::from(period_ms.max(1))).unwrap_or(0)
}

/// C7.4: two calendar months after the local date of `went_over`, on the same day or the month's
/// last.
pub fn claim_deadline(went_over: Instant, zone: &TimeZone) -> Date {
    let discovered = zone.to_datetime(went_over.timestamp()).date();
    discovered.checked_add(2.months()).unwrap_or(Date::MAX)
}
