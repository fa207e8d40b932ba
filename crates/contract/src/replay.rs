//! The document of `upptid replay`: figures out of facts alone, without a clock.

use std::collections::HashMap;

use serde::Serialize;

use crate::figure::{Figure, Reach, month_figure};
use crate::history::History;
use crate::instant::Instant;
use crate::money::Money;
use crate::month::Month;
use crate::month_terms::{MonthTerms, ResolvedTerms, ServiceContract};

/// A service to compute, and its contract.
#[derive(Clone, Debug)]
pub struct ReplayService<'a> {
    /// The service.
    pub service: &'a str,
    /// Its terms; services that share them may share the reference.
    pub terms: &'a ResolvedTerms,
    /// Its monthly fee, if one is set.
    pub monthly_fee: Option<&'a Money>,
}

/// `{"services":[…]}`, in the order in which the services were given.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ReplayDocument {
    /// A figure per service.
    pub services: Vec<Figure>,
}

/// Computes `month` of each service. `as_of` says how much has elapsed; without it, all has.
pub fn replay(
    history: &History,
    services: &[ReplayService<'_>],
    month: Month,
    as_of: Option<Instant>,
) -> ReplayDocument {
    let reach = Reach::replay(history, as_of);
    let mut laid_out: HashMap<*const ResolvedTerms, MonthTerms> = HashMap::new();
    let figures = services.iter().map(|service| {
        let terms = laid_out
            .entry(service.terms as *const ResolvedTerms)
            .or_insert_with(|| MonthTerms::new(service.terms, month));
        let contract = ServiceContract { terms, monthly_fee: service.monthly_fee };
        month_figure(history, service.service, &contract, reach)
    });
    ReplayDocument { services: figures.collect() }
}
