//! The contract in force for a service in a month, out of the facts alone.

use std::collections::HashMap;
use std::sync::Arc;

use crate::history::History;
use crate::instant::Instant;
use crate::money::Money;
use crate::month::Month;
use crate::month_terms::{MonthTerms, ResolvedTerms, ServiceContract};
use crate::terms::Terms;

/// Terms laid out for the months that were asked for, so that each time zone is looked up once.
#[derive(Debug, Default)]
pub struct Contracts {
    laid_out: HashMap<(u64, Month), Arc<MonthTerms>>,
}

/// Months and terms that are kept laid out; beyond it all are laid out anew.
const LAID_OUT_MAX: usize = 256;

/// The contract of one service in one month.
#[derive(Clone, Debug)]
pub struct ContractInForce<'a> {
    /// The terms, laid out for the month.
    pub terms: Arc<MonthTerms>,
    /// The monthly fee, if one is set.
    pub monthly_fee: Option<&'a Money>,
    /// The customer, if named.
    pub customer: Option<&'a str>,
}

impl ContractInForce<'_> {
    /// What [`crate::month_figure`] wants.
    pub fn as_service_contract(&self) -> ServiceContract<'_> {
        ServiceContract { terms: &self.terms, monthly_fee: self.monthly_fee }
    }
}

impl Contracts {
    /// The contract of `service` in `month`; where no terms are recorded, the default ones.
    pub fn of<'a>(
        &mut self,
        history: &'a History,
        service: &str,
        month: Month,
    ) -> ContractInForce<'a> {
        let setting = history.setting_in_force(service, month);
        let named = setting.and_then(|setting| history.terms_in_force(&setting.terms, month));
        let seq = named.map_or(0, |named| named.seq);
        if self.laid_out.len() >= LAID_OUT_MAX {
            self.laid_out.clear();
        }
        let terms = self.laid_out.entry((seq, month)).or_insert_with(|| {
            let terms = named.map_or_else(Terms::default, |named| named.terms.clone());
            // Terms are resolved before they are recorded; those of another program that cannot be
            // are shown under the default ones.
            let resolved = ResolvedTerms::new(terms)
                .or_else(|_| ResolvedTerms::new(Terms::default()))
                .expect("the default terms resolve");
            Arc::new(MonthTerms::new(&resolved, month))
        });
        ContractInForce {
            terms: terms.clone(),
            monthly_fee: setting.and_then(|setting| setting.monthly_fee.as_ref()),
            customer: setting.and_then(|setting| setting.customer.as_deref()),
        }
    }

    /// The contract of `service` in its local month at `instant`.
    pub fn running<'a>(
        &mut self,
        history: &'a History,
        service: &str,
        instant: Instant,
    ) -> ContractInForce<'a> {
        let utc = Month::of(instant, &jiff::tz::TimeZone::UTC);
        let first = self.of(history, service, utc);
        if first.terms.bounds().contains(instant) {
            return first;
        }
        let month = Month::of(instant, first.terms.zone());
        self.of(history, service, month)
    }
}
