//! How everything is now: the agent's own trouble, and each service's state and budget.

use std::cmp::Reverse;
use std::sync::Arc;

use contract::{Incident, Instant, Month, ServiceState, StopVerdict};
use exporter::snapshot::{Service, Snapshot, Stop};
use serde::{Deserialize, Serialize};

use super::protocol::Reply;
use super::requests::{Refusal, Requests};
use super::views::PauseView;

/// Gives what is shown at this instant. It may take milliseconds.
#[derive(Clone)]
pub struct Sight(Arc<dyn Fn() -> Snapshot + Send + Sync>);

impl Sight {
    /// Looks through `look`.
    pub fn new(look: impl Fn() -> Snapshot + Send + Sync + 'static) -> Self {
        Sight(Arc::new(look))
    }

    /// Looks, off the async threads. None if the agent is ending.
    pub(super) async fn look(&self) -> Option<Snapshot> {
        let look = self.0.clone();
        tokio::task::spawn_blocking(move || look()).await.ok()
    }
}

/// How everything is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StatusView {
    /// When it was so.
    pub at: Instant,
    /// The vantage point's name.
    pub agent: String,
    /// The program's version.
    pub version: String,
    /// When the agent started.
    pub started: Instant,
    /// The agent's own trouble, the worst first, each with what to do about it.
    pub trouble: Vec<String>,
    /// The services asked for: those down first, those up last, by what is left of the budget.
    pub services: Vec<ServiceStatus>,
}

/// How a service is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// The service.
    pub service: String,
    /// The customer, if named.
    pub customer: Option<String>,
    /// The service's time zone.
    pub timezone: String,
    /// `up`, `down`, `suspected` or `unmeasured`: the live state, decided or not (C3.9).
    pub state: String,
    /// Why it is not up.
    pub cause: Option<String>,
    /// Since when it is so.
    pub since: Instant,
    /// When the last attempt began.
    pub attempted: Option<Instant>,
    /// What came of that, in one sentence.
    pub message: Option<String>,
    /// Why the probe's account is refused, if it is (C3.5).
    pub account_refused: Option<String>,
    /// Who paused it, if somebody did (C3.6).
    pub paused: Option<PauseView>,
    /// The running month; none while it cannot be computed.
    pub month: Option<MonthStatus>,
    /// The incident that is open (C9.1).
    pub incident: Option<OpenIncident>,
    /// The next planned stop that is not over.
    pub next_stop: Option<NextStop>,
}

/// A service's running month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MonthStatus {
    /// The month.
    pub month: Month,
    /// T, cut down to four decimals (C6.4).
    pub availability_percent: String,
    /// F in milliseconds (C6.2).
    pub counted_ms: i64,
    /// The budget in milliseconds (C8.1).
    pub budget_ms: i64,
    /// What is left of the budget; less than nothing when the promise is broken.
    pub left_ms: i64,
    /// The price level; 0 while the promise is kept (C7).
    pub level: usize,
    /// Time that was not measured.
    pub unmeasured_ms: i64,
}

/// An incident that is open.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenIncident {
    /// Its first instant of downtime.
    pub opened: Instant,
    /// Until when troubleshooting has to start (C9.2).
    pub response_deadline: Instant,
    /// `met`, `breached` or `running` (C9.4).
    pub response: String,
    /// When somebody acknowledged that it has started.
    pub acknowledged: Option<Instant>,
}

/// A planned stop that is not over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NextStop {
    /// The stop.
    pub id: String,
    /// The window's first instant.
    pub from: Instant,
    /// The first instant after it.
    pub until: Instant,
    /// Whether it counts for the service, or why not.
    pub verdict: StopVerdict,
    /// Why, in the announcer's words.
    pub reason: String,
}

impl Requests {
    /// C10.2: reading, which everybody may.
    pub(super) async fn status(&self, asked: &[String]) -> Result<Reply, Refusal> {
        let snapshot = self.sight.look().await.ok_or("the agent is ending; ask again")?;
        let mut status = status(&snapshot, asked)?;
        self.ledger.read(|history| {
            for service in &mut status.services {
                service.paused = history.pause(&service.service).map(PauseView::from);
            }
        });
        Ok(Reply::Status { status })
    }
}

/// The services `asked` for, all of them if none is named.
fn status(snapshot: &Snapshot, asked: &[String]) -> Result<StatusView, Refusal> {
    let unknown = asked.iter().find(|name| snapshot.service(name).is_none());
    if let Some(name) = unknown {
        return Err(format!("no service is called {name:?}; `upptid status` lists them"));
    }
    let is_asked =
        |service: &&Service| asked.is_empty() || asked.iter().any(|name| **name == *service.name);
    let mut services: Vec<ServiceStatus> =
        snapshot.services.iter().filter(is_asked).map(service_status).collect();
    services.sort_by_cached_key(|one| (rank(&one.state), urgency(one), one.service.clone()));
    Ok(StatusView {
        at: snapshot.at,
        agent: snapshot.agent.name.to_string(),
        version: snapshot.agent.version.to_string(),
        started: snapshot.agent.started,
        trouble: trouble(snapshot),
        services,
    })
}

fn rank(state: &str) -> u8 {
    match state {
        "down" => 0,
        "suspected" => 1,
        "unmeasured" => 2,
        _ => 3,
    }
}

/// Of those not up, the one that is so for longest; of those up, the one with least left.
fn urgency(one: &ServiceStatus) -> (i64, Reverse<i64>) {
    let left_ms = one.month.as_ref().map_or(i64::MAX, |month| month.left_ms);
    match one.state.as_str() {
        "up" => (left_ms, Reverse(0)),
        _ => (one.since.ms(), Reverse(left_ms)),
    }
}

fn service_status(service: &Service) -> ServiceStatus {
    let figure = service.figure.as_deref();
    let open = figure.and_then(|it| it.incidents.iter().rfind(|it| it.closed.is_none()));
    // What is open as of the last heartbeat may have ended since.
    let open = open.filter(|_| service.state != ServiceState::Up);
    let not_up = service.attempt.as_deref().filter(|_| service.state != ServiceState::Up);
    ServiceStatus {
        service: service.name.to_string(),
        customer: service.customer.as_deref().map(str::to_owned),
        timezone: service.terms.timezone.to_string(),
        state: service.state_name().to_owned(),
        cause: service.cause_name().map(str::to_owned),
        since: service.since,
        attempted: service.attempt.as_deref().map(|attempt| attempt.at),
        message: not_up.map(|attempt| attempt.message.to_string()),
        account_refused: service.account_trouble.map(|(cause, _)| cause.phrase().to_owned()),
        paused: None,
        month: figure.map(|figure| MonthStatus {
            month: figure.month,
            availability_percent: figure.availability_percent.to_string(),
            counted_ms: figure.counted_ms,
            budget_ms: figure.budget_ms,
            left_ms: figure.budget_ms - figure.counted_ms,
            level: figure.level,
            unmeasured_ms: figure.unmeasured_ms,
        }),
        incident: open.map(open_incident),
        next_stop: service.next_stop.as_deref().and_then(|stop| next_stop(stop, &service.name)),
    }
}

fn open_incident(incident: &Incident) -> OpenIncident {
    OpenIncident {
        opened: incident.opened,
        response_deadline: incident.response_deadline,
        response: incident.response.as_str().to_owned(),
        acknowledged: incident.acknowledged,
    }
}

fn next_stop(stop: &Stop, service: &str) -> Option<NextStop> {
    Some(NextStop {
        id: stop.id.to_string(),
        from: stop.from,
        until: stop.until,
        verdict: stop.verdict(service)?,
        reason: stop.reason.to_string(),
    })
}

/// What the operator of the agent has to know before any figure.
fn trouble(snapshot: &Snapshot) -> Vec<String> {
    let ledger = &snapshot.ledger;
    let mut trouble = Vec::new();
    if let Some(why) = &ledger.write_error {
        let queued = ledger.queued;
        trouble.push(format!(
            "the journal cannot be written: {why}; {queued} facts wait in memory: make room, or \
             repair the disk"
        ));
    }
    if let Some(damage) = &ledger.damage {
        trouble.push(format!(
            "the journal is damaged: {damage}; run `upptid verify`, and compare with a backup"
        ));
    }
    if let Some(error) = &snapshot.agent.config.error {
        let first = error.lines().next().unwrap_or_default();
        trouble.push(format!(
            "the last configuration was refused, and the one before it stays in force: {first}; \
             run `upptid check`"
        ));
    }
    if snapshot.agent.clock_synchronised == Some(false) {
        trouble.push("the clock is not synchronised: start chrony or systemd-timesyncd".to_owned());
    }
    let silent: Vec<&str> = snapshot
        .witnesses
        .iter()
        .filter(|witness| witness.answered == Some(false))
        .map(|witness| &*witness.name)
        .collect();
    if !silent.is_empty() {
        trouble.push(format!(
            "witnesses did not answer when last asked: {}; look at this machine's network",
            silent.join(", ")
        ));
    }
    if ledger.rebuilding {
        trouble.push("the store is being rebuilt from the journal; charts have gaps".to_owned());
    }
    trouble
}
