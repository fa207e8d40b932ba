//! Incidents: listed, and acknowledged when troubleshooting starts (C9).

use std::collections::BTreeMap;

use contract::contracts::Contracts;
use contract::{Fact, History, Incident, Instant, MonthTerms, Reach, month_figure};

use super::notifiable;
use super::protocol::Reply;
use super::requests::{Refusal, Requests, known_service};
use super::rights::{Peer, may_operate};
use super::views::IncidentView;
use super::when::instant;

/// The newest are listed.
const LISTED_MAX: usize = 500;

impl Requests {
    pub(super) fn list_incidents(&self, service: Option<&str>) -> Result<Reply, Refusal> {
        let now = self.clock.now().wall;
        self.ledger.read(|history| {
            if let Some(service) = service {
                known_service(history, service)?;
            }
            let asked = |name: &&str| service.is_none_or(|wanted| wanted == *name);
            let mut contracts = Contracts::default();
            let (mut incidents, mut notifiable_before) = (Vec::new(), Vec::new());
            for service in history.services().filter(asked) {
                let found = of_service(history, &mut contracts, service, now);
                notifiable_before.extend(found.marked_before(history));
                incidents.extend(found.views(history));
            }
            incidents.sort_by(|a, b| (a.opened, &a.service).cmp(&(b.opened, &b.service)));
            incidents.drain(..incidents.len().saturating_sub(LISTED_MAX));
            Ok(Reply::Incidents { incidents, notifiable_before })
        })
    }

    /// C9.4: acknowledged is started.
    pub(super) async fn acknowledge(
        &self,
        peer: &Peer,
        service: &str,
        opened: Option<&str>,
    ) -> Result<Reply, Refusal> {
        may_operate(peer)?;
        let _turn = self.turn.lock().await;
        let now = self.clock.now().wall;
        let opened = self.ledger.read(|history| {
            known_service(history, service)?;
            let found = of_service(history, &mut Contracts::default(), service, now);
            let incident = match opened {
                None => found.waiting()?,
                Some(text) => found.opened(text)?,
            };
            match history.acknowledgement_of(service, incident, now) {
                Some(made) => Err(format!(
                    "the incident that opened at {} is acknowledged already, by {} at {}",
                    incident.opened, made.by, made.at
                )),
                None => Ok(incident.opened),
            }
        })?;
        let (service, by) = (service.to_owned(), peer.account.clone());
        let fact = Fact::IncidentAcknowledged { service: service.clone(), opened, by };
        self.record(now, fact).await?;
        tracing::info!(service, %opened, by = peer.account, "incident acknowledged");
        self.ledger
            .read(|history| {
                of_service(history, &mut Contracts::default(), &service, now).views(history)
            })
            .into_iter()
            .find(|incident| incident.opened == opened)
            .map(|incident| Reply::Incident { incident })
            .ok_or_else(|| format!("the incident of {opened} was acknowledged, and is no more"))
    }
}

/// A service's incidents that touch the running month or the one before.
pub(super) struct Incidents {
    pub service: String,
    /// The running month's.
    pub terms: std::sync::Arc<MonthTerms>,
    /// In order of time; `lost_ms` is that of both months.
    pub incidents: Vec<Incident>,
    /// As they are seen.
    pub now: Instant,
}

/// The incidents of a service. What is recorded holds until `now`: who acknowledges does not wait
/// for the next heartbeat.
pub(super) fn of_service(
    history: &History,
    contracts: &mut Contracts,
    service: &str,
    now: Instant,
) -> Incidents {
    let running = contracts.running(history, service, now);
    let previous = contracts.of(history, service, running.terms.month().prev());
    let terms = running.terms.clone();
    let mut by_opening: BTreeMap<Instant, Incident> = BTreeMap::new();
    // Each month judges with its own terms: an incident belongs to the month in which it opened
    // (C9.1), and what it lost is the sum of its months.
    for contract in [previous, running] {
        let contract = contract.as_service_contract();
        let figure = month_figure(history, service, &contract, Reach::running(now));
        for incident in figure.incidents {
            let lost_ms = incident.lost_ms;
            by_opening
                .entry(incident.opened)
                .and_modify(|known| known.lost_ms += lost_ms)
                .or_insert(incident);
        }
    }
    let (service, incidents) = (service.to_owned(), by_opening.into_values().collect());
    Incidents { service, terms, incidents, now }
}

impl Incidents {
    /// The one that opened exactly then.
    pub fn opened(&self, text: &str) -> Result<&Incident, Refusal> {
        let service = &self.service;
        let opened = instant(text, Some(self.terms.zone()))?;
        self.incidents.iter().find(|incident| incident.opened == opened).ok_or_else(|| {
            format!(
                "no incident of {service} in this month or the one before opened at {opened}; see \
                 `upptid incident list --service {service}`"
            )
        })
    }

    /// The latest.
    pub fn latest(&self) -> Result<&Incident, Refusal> {
        let none = || format!("{} has no incident in this month or the one before", self.service);
        self.incidents.last().ok_or_else(none)
    }

    /// The open one, otherwise the latest that nobody has acknowledged.
    fn waiting(&self) -> Result<&Incident, Refusal> {
        let open = self.incidents.last().filter(|incident| incident.closed.is_none());
        let waiting =
            || self.incidents.iter().rev().find(|incident| incident.acknowledged.is_none());
        open.or_else(waiting).ok_or_else(|| {
            format!(
                "{} has no incident in this month or the one before that waits to be acknowledged",
                self.service
            )
        })
    }

    fn views(&self, history: &History) -> Vec<IncidentView> {
        self.incidents.iter().map(|incident| self.view(history, incident)).collect()
    }

    pub fn view(&self, history: &History, incident: &Incident) -> IncidentView {
        let made = history.acknowledgement_of(&self.service, incident, self.now);
        let marked = history.notifiable_of(&self.service, incident, self.now);
        IncidentView {
            service: self.service.clone(),
            timezone: self.terms.terms().timezone.to_string(),
            opened: incident.opened,
            closed: incident.closed,
            lost_ms: incident.lost_ms,
            response_deadline: incident.response_deadline,
            response: incident.response.as_str().to_owned(),
            acknowledged: incident.acknowledged,
            acknowledged_by: made.map(|made| made.by.clone()),
            notifiable: marked.map(|marked| notifiable::view(&self.service, &self.terms, marked)),
        }
    }
}
