//! What the configuration says of terms and services, as facts: a change of terms takes effect at a
//! month's start and never recomputes a month that has begun.

use contract::{Fact, History, Instant, Month, ResolvedTerms};

use crate::config::Config;

/// The facts that bring the record in line with the configuration. What is recorded for the first
/// time holds from the running month on, a change from the next one.
pub fn contract_facts(history: &History, config: &Config, now: Instant) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (name, terms) in &config.terms {
        let recorded = history.terms_in_force(name, Month::MAX);
        if recorded.is_some_and(|recorded| recorded.terms == **terms) {
            continue;
        }
        let month = first_month(&terms.timezone, recorded.is_some(), now);
        let terms = (**terms).clone();
        facts.push(Fact::TermsSet { name: name.clone(), month, terms });
    }
    for service in &config.services {
        if let Some(from) = service.began
            && !history.has_presence(&service.name)
        {
            facts.push(Fact::ServiceBegan { service: service.name.clone(), from });
        }
        let mut contacts: Vec<String> = config
            .contacts
            .iter()
            .filter(|contact| contact.services.contains(&service.name))
            .map(|contact| contact.id.clone())
            .collect();
        contacts.sort();
        let recorded = history.setting_in_force(&service.name, Month::MAX);
        let is_recorded = recorded.is_some_and(|recorded| {
            recorded.customer == service.customer
                && recorded.terms == service.terms_name
                && recorded.monthly_fee == service.monthly_fee
                && recorded.contacts == contacts
        });
        if !is_recorded {
            facts.push(Fact::ServiceSet {
                service: service.name.clone(),
                month: first_month(&service.terms.timezone, recorded.is_some(), now),
                customer: service.customer.clone(),
                terms: service.terms_name.clone(),
                monthly_fee: service.monthly_fee.clone(),
                contacts,
            });
        }
    }
    facts
}

fn first_month(timezone: &str, is_change: bool, now: Instant) -> String {
    let terms = contract::Terms { timezone: timezone.to_owned(), ..contract::Terms::default() };
    // The configuration is refused before it comes here if its time zone is not known.
    let zone = ResolvedTerms::new(terms).map(|terms| terms.zone().clone());
    let month = Month::of(now, &zone.unwrap_or(jiff::tz::TimeZone::UTC));
    (if is_change { month.next() } else { month }).to_string()
}
