//! Incidents: listed, and acknowledged when troubleshooting starts (C9).

use std::collections::BTreeMap;

use contract::contracts::Contracts;
use contract::{Fact, History, Incident, Instant, Reach, month_figure};

use super::protocol::{IncidentView, Reply};
use super::requests::{Refusal, Requests, known_service};
use super::rights::{Peer, may_operate};
use super::when::instant;

/// The newest are listed.
const LISTED_MAX: usize = 500;

impl Requests {
    pub(super) fn list_incidents(&self, service: Option<&str>) -> Result<Reply, Refusal> {
        let now = self.clock.now().wall;
        self.ledger.read(|history| {
            let mut contracts = Contracts::default();
            let mut incidents = Vec::new();
            match service {
                Some(service) => {
                    known_service(history, service)?;
                    incidents = of_service(history, &mut contracts, service, now);
                }
                None => {
                    for service in history.services() {
                        incidents.extend(of_service(history, &mut contracts, service, now));
                    }
                }
            }
            incidents.sort_by(|a, b| (a.opened, &a.service).cmp(&(b.opened, &b.service)));
            incidents.drain(..incidents.len().saturating_sub(LISTED_MAX));
            Ok(Reply::Incidents { incidents })
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
            let mut contracts = Contracts::default();
            let incidents = of_service(history, &mut contracts, service, now);
            let incident = match opened {
                None => by_default(&incidents, service)?,
                Some(text) => {
                    let terms = contracts.running(history, service, now).terms;
                    let opened = instant(text, Some(terms.zone()))?;
                    incidents.iter().find(|incident| incident.opened == opened).ok_or_else(
                        || {
                            format!(
                                "no incident of {service} in this month or the one before opened \
                                 at {opened}; see `upptid incident list --service {service}`"
                            )
                        },
                    )?
                }
            };
            match (incident.acknowledged, &incident.acknowledged_by) {
                (Some(at), Some(by)) => Err(format!(
                    "the incident that opened at {} is acknowledged already, by {by} at {at}",
                    incident.opened
                )),
                _ => Ok(incident.opened),
            }
        })?;
        let (service, by) = (service.to_owned(), peer.account.clone());
        let fact = Fact::IncidentAcknowledged { service: service.clone(), opened, by };
        self.record(now, fact).await?;
        tracing::info!(service, %opened, by = peer.account, "incident acknowledged");
        self.ledger
            .read(|history| of_service(history, &mut Contracts::default(), &service, now))
            .into_iter()
            .find(|incident| incident.opened == opened)
            .map(|incident| Reply::Incident { incident })
            .ok_or_else(|| format!("the incident of {opened} was acknowledged, and is no more"))
    }
}

/// The open incident, otherwise the latest that nobody has acknowledged.
fn by_default<'a>(
    incidents: &'a [IncidentView],
    service: &str,
) -> Result<&'a IncidentView, Refusal> {
    let open = incidents.last().filter(|incident| incident.closed.is_none());
    let waiting = || incidents.iter().rev().find(|incident| incident.acknowledged.is_none());
    open.or_else(waiting).ok_or_else(|| {
        format!(
            "{service} has no incident in this month or the one before that waits to be \
             acknowledged"
        )
    })
}

/// The incidents that touch the running month or the one before, in order of time. What is
/// recorded holds until `now`: who acknowledges does not wait for the next heartbeat.
fn of_service(
    history: &History,
    contracts: &mut Contracts,
    service: &str,
    now: Instant,
) -> Vec<IncidentView> {
    let running = contracts.running(history, service, now);
    let previous = contracts.of(history, service, running.terms.month().prev());
    let timezone = &running.terms.terms().timezone;
    let mut by_opening: BTreeMap<Instant, IncidentView> = BTreeMap::new();
    // Each month judges with its own terms: an incident belongs to the month in which it opened
    // (C9.1), and what it lost is the sum of its months.
    for contract in [previous, running.clone()] {
        let contract = contract.as_service_contract();
        let figure = month_figure(history, service, &contract, Reach::running(now));
        for incident in figure.incidents {
            let lost_ms = incident.lost_ms;
            by_opening
                .entry(incident.opened)
                .and_modify(|known| known.lost_ms += lost_ms)
                .or_insert_with(|| view(history, service, timezone, incident));
        }
    }
    by_opening.into_values().collect()
}

fn view(history: &History, service: &str, timezone: &str, incident: Incident) -> IncidentView {
    let made = history.acknowledgements(service);
    let first = made.iter().find(|made| made.opened == incident.opened);
    IncidentView {
        service: service.to_owned(),
        timezone: timezone.to_owned(),
        opened: incident.opened,
        closed: incident.closed,
        lost_ms: incident.lost_ms,
        response_deadline: incident.response_deadline,
        response: incident.response.as_str().to_owned(),
        acknowledged: incident.acknowledged,
        acknowledged_by: first.map(|made| made.by.clone()),
    }
}
