//! Terms made ready to decide with: zone found, edges in milliseconds, support hours laid out.
//!
//! All that depends on the terms and the month alone is done here, once, and not per service.

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::instant::Interval;
use crate::money::Money;
use crate::month::Month;
use crate::price::PriceLevels;
use crate::support::SupportHours;
use crate::terms::Terms;

/// Terms that have been checked, with their time zone.
#[derive(Clone, Debug)]
pub struct ResolvedTerms {
    terms: Arc<Terms>,
    zone: TimeZone,
}

impl ResolvedTerms {
    /// Checks the terms and finds their time zone.
    ///
    /// # Errors
    /// An unknown zone; percentages that do not fall, lie outside 0 to 100 or have more than
    /// [`ResolvedTerms::DECIMALS_MAX`] decimals; not one reduction more than there are edges; a
    /// negative notice.
    pub fn new(terms: Terms) -> Result<Self, TermsError> {
        let zone = TimeZone::get(&terms.timezone).map_err(|_| {
            TermsError(format!(
                "timezone {:?} is unknown; name one of the IANA database, like \"Europe/Stockholm\"",
                terms.timezone
            ))
        })?;
        check_percentages(&terms)?;
        if terms.notice_ms < 0 {
            return Err(TermsError("notice is negative; write it like \"72h\"".to_owned()));
        }
        Ok(ResolvedTerms { terms: Arc::new(terms), zone })
    }

    /// Decimals that a percentage may have, so that every comparison is exact in 128 bits.
    pub const DECIMALS_MAX: u32 = 6;

    /// The terms as they were given.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The zone in which months, office hours and red days are counted (C2.1).
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

fn check_percentages(terms: &Terms) -> Result<(), TermsError> {
    if terms.reductions.len() != terms.edges.len() + 1 {
        return Err(TermsError(format!(
            "there are {} reductions for {} edges; give one reduction more than edges",
            terms.reductions.len(),
            terms.edges.len()
        )));
    }
    let percentages = || std::iter::once(&terms.target).chain(&terms.edges);
    for percentage in percentages().chain(&terms.reductions) {
        let in_range = (0.into()..=100.into()).contains(percentage);
        if !in_range || percentage.normalize().scale() > ResolvedTerms::DECIMALS_MAX {
            return Err(TermsError(format!(
                "{percentage} is no percentage of 0 to 100 with at most {} decimals",
                ResolvedTerms::DECIMALS_MAX
            )));
        }
    }
    if percentages().zip(percentages().skip(1)).any(|(upper, lower)| upper <= lower) {
        return Err(TermsError(
            "the edges do not fall from the target on; write them like \
             target = \"99.9\", edges = [\"99.0\", \"98.0\"]"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Terms that cannot be used, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TermsError(pub(crate) String);

impl fmt::Display for TermsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TermsError {}

/// Terms laid out for one month.
#[derive(Clone, Debug)]
pub struct MonthTerms {
    resolved: ResolvedTerms,
    month: Month,
    bounds: Interval,
    levels: PriceLevels,
    support: SupportHours,
}

impl MonthTerms {
    /// Lays the terms out for `month`. Costs as much as ten figures; keep it while the month lasts.
    pub fn new(resolved: &ResolvedTerms, month: Month) -> Self {
        let bounds = month.bounds(&resolved.zone);
        MonthTerms {
            month,
            bounds,
            levels: PriceLevels::new(&resolved.terms, bounds.ms()),
            support: SupportHours::new(resolved, bounds),
            resolved: resolved.clone(),
        }
    }

    /// The terms as they were given.
    pub fn terms(&self) -> &Terms {
        &self.resolved.terms
    }

    /// The same, shared: thousands of services may be under them.
    pub fn shared_terms(&self) -> Arc<Terms> {
        Arc::clone(&self.resolved.terms)
    }

    /// The terms' time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.resolved.zone
    }

    /// The terms, not bound to a month.
    pub fn resolved(&self) -> &ResolvedTerms {
        &self.resolved
    }

    /// The month.
    pub fn month(&self) -> Month {
        self.month
    }

    /// From the month's first instant to the next month's (C2.1).
    pub fn bounds(&self) -> Interval {
        self.bounds
    }

    /// P in milliseconds (C2.2).
    pub fn period_ms(&self) -> i64 {
        self.bounds.ms()
    }

    /// The month's budget and price levels, in milliseconds of F (C7, C8.1).
    pub fn levels(&self) -> &PriceLevels {
        &self.levels
    }

    /// The support hours around this month (C9.2).
    pub fn support(&self) -> &SupportHours {
        &self.support
    }
}

/// What the contract says of one service in one month.
#[derive(Clone, Copy, Debug)]
pub struct ServiceContract<'a> {
    /// The terms, laid out for the month.
    pub terms: &'a MonthTerms,
    /// The monthly fee, if one is set.
    pub monthly_fee: Option<&'a Money>,
}
