//! What the configuration says of the provider, the vantage point, terms and services, as facts: a
//! change of terms takes effect at a month's start and never recomputes a month that has begun.

use contract::{Fact, History, Instant, Month, Provider, ResolvedTerms, Vantage};

use crate::config::Config;

/// The facts that bring the record in line with the configuration. What is recorded for the first
/// time holds from the running month on, a change from the next one.
pub fn contract_facts(history: &History, config: &Config, now: Instant) -> Vec<Fact> {
    let mut facts = parties(history, config);
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
        if let Some(from) = service.ended
            && !history.has_ended(&service.name)
        {
            facts.push(Fact::ServiceEnded { service: service.name.clone(), from });
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

/// Who promises, and from where it is measured: a statement says what held when it was made.
fn parties(history: &History, config: &Config) -> Vec<Fact> {
    let provider = Provider {
        name: config.provider.name.clone(),
        classification: config.provider.classification.clone(),
    };
    let vantage = Vantage {
        agent: config.agent.name.clone(),
        network: config.agent.network.clone(),
        witnesses: config.witness.targets.iter().map(|target| target.name.clone()).collect(),
        witnesses_needed: u32::try_from(config.witness.need).unwrap_or(u32::MAX),
    };
    let mut facts = Vec::new();
    // The default provider needs no fact.
    if history.provider() != provider {
        facts.push(Fact::ProviderSet(provider));
    }
    if history.vantage() != Some(&vantage) {
        facts.push(Fact::VantageSet(vantage));
    }
    facts
}

fn first_month(timezone: &str, is_change: bool, now: Instant) -> String {
    let terms = contract::Terms { timezone: timezone.into(), ..contract::Terms::default() };
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
        assert!(matches!(&facts[0], Fact::VantageSet(_)));
        // It is November already in Stockholm.
        assert!(matches!(&facts[1], Fact::TermsSet { month, .. } if month == "2026-11"));
        assert!(matches!(&facts[2], Fact::ServiceBegan { service, .. } if service == "portal"));
        assert!(matches!(&facts[3], Fact::ServiceSet { month, .. } if month == "2026-11"));
        assert_eq!(facts.len(), 4);
        assert_eq!(contract_facts(&recorded(facts, now), &config, now), []);
    }

    #[test]
    fn c2_4_a_service_that_ends_is_recorded_once() {
        let now: Instant = "2026-10-31T23:30:00Z".parse().unwrap();
        let text = CONFIGURATION.to_owned() + "ended = \"2026-10-20T00:00:00+02:00\"\n";
        let config = configuration(&text);
        let facts = contract_facts(&History::new(), &config, now);
        let ends = |fact: &&Fact| matches!(fact, Fact::ServiceEnded { .. });
        assert_eq!(facts.iter().filter(ends).count(), 1);
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
    fn c10_1_the_provider_and_the_vantage_point_are_recorded_when_they_change() {
        let now: Instant = "2026-10-10T12:00:00Z".parse().unwrap();
        let text = "[agent]\nname = \"gbg-1\"\nnetwork = \"AS64500\"\n\
                    [provider]\nname = \"Drift AB\"\n\
                    [witness]\ntargets = [{ name = \"gw\", tcp = \"127.0.0.1:1\" }]\n";
        let first = configuration(&format!("{text}{CONFIGURATION}"));
        let facts = contract_facts(&History::new(), &first, now);
        let name = Some("Drift AB".to_owned());
        let provider = Provider { name: name.clone(), ..Provider::default() };
        let vantage = Vantage {
            agent: "gbg-1".to_owned(),
            network: Some("AS64500".to_owned()),
            witnesses: vec!["gw".to_owned()],
            witnesses_needed: 1,
        };
        assert_eq!(facts[..2], [Fact::ProviderSet(provider), Fact::VantageSet(vantage)]);
        let history = recorded(facts, now);
        assert_eq!(contract_facts(&history, &first, now), []);
        // C10.5: the label is the provider's to choose.
        let labelled = text.replace("[provider]", "[provider]\nclassification = \"INTERN\"");
        let second = configuration(&format!("{labelled}{CONFIGURATION}"));
        let classification = "INTERN".to_owned();
        assert_eq!(
            contract_facts(&history, &second, now),
            [Fact::ProviderSet(Provider { name, classification })]
        );
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
