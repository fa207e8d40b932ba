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

#[cfg(test)]
mod tests {
    use contract::Line;

    use super::*;

    const CONFIGURATION: &str = r#"
        [[service]]
        name = "portal"
        monthly_fee = "12500.00 SEK"
        began = "2026-10-05T00:00:00+02:00"
    "#;

    fn configuration(text: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("upptid.toml");
        std::fs::write(&path, text).unwrap();
        Config::load_contracts(&path).unwrap()
    }

    fn recorded(facts: Vec<Fact>, now: Instant) -> History {
        let mut history = History::new();
        for (seq, fact) in (1..).zip(facts) {
            history.apply(&Line { seq, at: now, fact }).unwrap();
        }
        history
    }

    #[test]
    fn c2_4_what_is_set_first_holds_from_the_running_month_and_is_recorded_once() {
        let now: Instant = "2026-10-31T23:30:00Z".parse().unwrap();
        let config = configuration(CONFIGURATION);
        let facts = contract_facts(&History::new(), &config, now);
        // It is November already in Stockholm.
        assert!(matches!(&facts[0], Fact::TermsSet { month, .. } if month == "2026-11"));
        assert!(matches!(&facts[1], Fact::ServiceBegan { service, .. } if service == "portal"));
        assert!(matches!(&facts[2], Fact::ServiceSet { month, .. } if month == "2026-11"));
        assert_eq!(facts.len(), 3);
        assert_eq!(contract_facts(&recorded(facts, now), &config, now), []);
    }

    #[test]
    fn c6_7_a_change_holds_from_the_next_month_on() {
        let now: Instant = "2026-10-10T12:00:00Z".parse().unwrap();
        let history =
            recorded(contract_facts(&History::new(), &configuration(CONFIGURATION), now), now);
        let changed = CONFIGURATION.replace("12500.00", "13000.00")
            + "[terms.standard]\ntarget = \"99.5\"\nedges = [\"99.0\", \"98.0\", \"97.0\"]\n";
        let facts = contract_facts(&history, &configuration(&changed), now);
        let months: Vec<&str> = facts
            .iter()
            .map(|fact| match fact {
                Fact::TermsSet { month, .. } | Fact::ServiceSet { month, .. } => month.as_str(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(months, ["2026-11", "2026-11"]);
    }

    #[test]
    fn c10_5_contacts_are_recorded_by_their_id_and_never_by_their_address() {
        let now: Instant = "2026-10-10T12:00:00Z".parse().unwrap();
        let contact = "[[contact]]\nid = \"anna\"\nmail = \"anna@customer.example\"\n\
                       services = [\"portal\"]\n";
        let config = configuration(&format!("{CONFIGURATION}\n{contact}"));
        let facts = contract_facts(&History::new(), &config, now);
        let written = |fact: Fact| serde_json::to_string(&Line { seq: 1, at: now, fact }).unwrap();
        let journal: String = facts.into_iter().map(written).collect();
        assert!(journal.contains(r#""contacts":["anna"]"#), "{journal}");
        assert!(!journal.contains("customer.example"), "{journal}");
    }
}
