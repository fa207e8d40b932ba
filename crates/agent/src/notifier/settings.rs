//! Whom to tell, and by which ways, out of the configuration.

use std::collections::BTreeMap;

use contract::notices::{PROVIDER, Reachable};
use notices::{Pace, Sender};

use crate::config::{Alerts, Config, Lang};

/// Whom to tell, and by which ways.
pub struct Settings {
    pub mail: Option<notices::settings::Mail>,
    pub webhooks: Vec<notices::settings::Webhook>,
    /// Addresses and languages, by the contact's id.
    pub people: BTreeMap<String, (String, notices::Lang)>,
    pub reachable: Reachable,
    /// Alerts that are told directly; none if they are left to Prometheus.
    pub alerts: Option<Alerts>,
    pub sender: Sender,
}

impl Settings {
    /// What of a configuration concerns the notifier.
    pub fn of(config: &Config) -> Self {
        let mut reachable = Reachable::default();
        let mut people = BTreeMap::new();
        if config.mail.is_some() {
            for contact in &config.contacts {
                let services = contact.services.iter().cloned().collect();
                reachable.contacts.insert(contact.id.clone(), services);
                people.insert(contact.id.clone(), (contact.mail.clone(), lang(contact.lang)));
            }
            if let Some(address) = &config.provider.fault_report_mail {
                reachable.provider = true;
                people.insert(PROVIDER.to_owned(), (address.clone(), lang(config.provider.lang)));
            }
        }
        if config.mail.is_some()
            && let Some(alerts) = &config.alerts
        {
            reachable.on_call = alerts.to.iter().cloned().collect();
        }
        let kinds = |it: &notices::settings::Webhook| (it.name.clone(), it.kinds.clone());
        reachable.webhooks = config.webhooks.iter().map(kinds).collect();
        Settings {
            mail: config.mail.clone(),
            webhooks: config.webhooks.clone(),
            people,
            reachable,
            alerts: config.alerts.clone(),
            sender: Sender {
                agent: config.agent.name.clone(),
                provider: config.provider.name.clone(),
                classification: config.provider.classification.clone(),
                pages: config.alerts.as_ref().map(|it| it.pages.clone()).unwrap_or_default(),
            },
        }
    }

    /// Whether there is any way out.
    pub fn is_silent(&self) -> bool {
        self.mail.is_none() && self.webhooks.is_empty()
    }

    /// How long letters wait for others, and how many one contact gets.
    pub fn pace(&self) -> Pace {
        let (group_ms, rate_max) =
            self.mail.as_ref().map_or((0, 1), |mail| (mail.group_ms, mail.rate_max));
        let alert_group_ms = self.alerts.as_ref().map_or(0, |alerts| alerts.group_ms);
        Pace { group_ms, alert_group_ms, rate_max }
    }
}

fn lang(lang: Lang) -> notices::Lang {
    match lang {
        Lang::Sv => notices::Lang::Sv,
        Lang::En => notices::Lang::En,
    }
}
