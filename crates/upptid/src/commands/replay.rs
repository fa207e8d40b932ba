//! `upptid replay`: the month out of recorded facts alone, without an agent, a store or a clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use agent::config::{Config, Service};
use contract::{Fact, History, Instant, Line, Month, ReplayService, ResolvedTerms};

use crate::cli::replay::{ReplayArgs, ReplayFormat};
use crate::exit::{Exit, Failure};
use crate::facts;
use crate::terminal;

/// Computes the month and prints it.
pub fn run(args: &ReplayArgs) -> Result<Exit, Failure> {
    let month: Month = args.month.parse().map_err(Failure::usage)?;
    let as_of: Option<Instant> = args
        .as_of
        .as_deref()
        .map(|text| text.parse().map_err(|error| Failure::usage(format!("--as-of: {error}"))))
        .transpose()?;
    let config = Config::load_contracts(&args.config).map_err(Failure::usage)?;
    let mut terms = BTreeMap::new();
    for (name, of_name) in &config.terms {
        let resolved = ResolvedTerms::new((**of_name).clone())
            .map_err(|error| Failure::usage(format!("[terms.{name}]: {error}")))?;
        terms.insert(name.as_str(), resolved);
    }
    let wanted = |name: &str| args.service.as_deref().is_none_or(|asked| asked == name);
    let services: Vec<ReplayService<'_>> = config
        .services
        .iter()
        .filter(|service| wanted(&service.name))
        .filter_map(|service| {
            Some(ReplayService {
                service: &service.name,
                terms: terms.get(service.terms_name.as_str())?,
                monthly_fee: service.monthly_fee.as_ref(),
            })
        })
        .collect();
    if let (Some(asked), true) = (&args.service, services.is_empty()) {
        let place = args.config.display();
        return Err(Failure::usage(format!("no service is named {asked:?} in {place}")));
    }
    let mut history = facts::read(&args.facts)?;
    begin(&mut history, &config.services)?;
    let document = contract::replay(&history, &services, month, as_of);
    match args.format {
        ReplayFormat::Json => {
            terminal::write_line(serde_json::to_string(&document).map_err(Failure::usage)?)?;
        }
    }
    Ok(Exit::Done)
}

/// C2.4: what the configuration says of a service's beginning holds where the facts say nothing.
fn begin(history: &mut History, services: &[Arc<Service>]) -> Result<(), Failure> {
    for service in services {
        let Some(from) = service.began else { continue };
        if !history.has_presence(&service.name) {
            let fact = Fact::ServiceBegan { service: service.name.clone(), from };
            let line = Line { seq: history.next_seq(), at: from, fact };
            history.apply(&line).map_err(|error| Failure::new(Exit::Damaged, error))?;
        }
    }
    Ok(())
}
