//! One measured service: what to attempt, what it means, and what was last seen.

use std::net::SocketAddr;
use std::sync::Arc;

use contract::{Evidence, Instant, Outcome, ServiceState, UnmeasuredCause};
use exporter::snapshot::{PhaseTimes, STEPS_MAX};
use probe::{Attempt, PreparedLogin, Prober};
use watch::{Actions, Now, Plan, Slot, Watch};

use crate::config::Service;

/// A service on the grid.
pub struct Measured {
    /// Its configuration.
    pub service: Arc<Service>,
    /// Its logins: all of them must succeed.
    pub logins: Arc<[PreparedLogin]>,
    /// What attempts mean.
    pub watch: Watch,
    /// Its place on the grid.
    pub slot: Slot,
    /// What the latest attempt that was not up left behind.
    pub evidence: Option<Box<Evidence>>,
    /// Who paused it, and why.
    pub paused: Option<Box<Evidence>>,
}

impl Measured {
    /// Measures no more, for the reason that `message` gives (C3.6).
    pub fn pause(&mut self, message: String, now: Now) -> Actions {
        self.paused = Some(Box::new(Evidence { message, ..Evidence::default() }));
        self.watch.on_pause(now)
    }

    /// Measures again. The time is `paused` until the next attempt's start.
    pub fn resume(&mut self, now: Now) -> Actions {
        self.watch.on_resume(now)
    }

    /// Takes what an attempt has seen; nothing if it was up. What the witnesses said of the failures
    /// before it stays: the attempt that confirms them often ends after the witnesses have answered.
    pub fn saw(&mut self, seen: Option<Evidence>) {
        let told = self.evidence.take().and_then(|before| before.witnesses);
        self.evidence = seen
            .map(|seen| Box::new(Evidence { witnesses: seen.witnesses.clone().or(told), ..seen }));
    }

    /// What a fact about `state` shows to people.
    pub fn evidence_of(&self, state: &ServiceState) -> Option<Box<Evidence>> {
        match state {
            ServiceState::Up => None,
            ServiceState::Unmeasured { cause: UnmeasuredCause::Paused } => self.paused.clone(),
            _ => self.evidence.clone(),
        }
    }
}

/// Makes a service's logins ready.
///
/// # Errors
/// A message that names the service and the remedy.
pub fn prepare(prober: &Prober, service: &Service) -> Result<Arc<[PreparedLogin]>, String> {
    let prepared: Result<Vec<PreparedLogin>, String> =
        service.logins.iter().map(|login| prober.prepare(login.clone())).collect();
    prepared
        .map(Arc::from)
        .map_err(|error| format!("service {:?} cannot be measured: {error}", service.name))
}

/// What the grid has to know of the service. This machine itself needs no spread.
pub fn plan(service: &Service) -> Plan<'_> {
    let host = service.host.as_str();
    let is_loopback = host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    Plan {
        name: &service.name,
        host: (!is_loopback).then_some(host),
        interval_ms: service.interval_ms,
    }
}

/// Makes one attempt with each login, until one of them does not succeed.
pub async fn attempt_all(logins: &[PreparedLogin], account: probe::Account) -> Option<Attempt> {
    let mut whole: Option<Attempt> = None;
    for login in logins {
        let attempt = login.attempt(account).await;
        whole = Some(match whole {
            None => attempt,
            Some(before) => joined(before, attempt),
        });
        if whole.as_ref().is_some_and(|whole| whole.outcome != Outcome::Up) {
            break;
        }
    }
    whole
}

/// Two attempts as one: what the later one ended in, and the steps of both.
fn joined(mut before: Attempt, after: Attempt) -> Attempt {
    before.steps.extend(after.steps);
    before.notes.extend(after.notes);
    Attempt {
        steps: before.steps,
        notes: before.notes,
        duration: before.duration + after.duration,
        requests: before.requests + after.requests,
        bytes_received: before.bytes_received + after.bytes_received,
        ..after
    }
}

/// The attempt as pages and metrics show it.
pub fn shown(attempt: &Attempt, at: Instant) -> exporter::snapshot::Attempt {
    // Mostly all steps go to one address, and a form to its own page: such a text is there once.
    let mut latest: Option<(SocketAddr, Arc<str>)> = None;
    let mut text = |address: SocketAddr| match &latest {
        Some((known, text)) if *known == address => text.clone(),
        _ => latest.insert((address, address.to_string().into())).1.clone(),
    };
    let mut latest_url: Option<Arc<str>> = None;
    let mut url = |url: &str| match &latest_url {
        Some(known) if **known == *url => known.clone(),
        _ => latest_url.insert(url.into()).clone(),
    };
    let step = |step: &probe::attempt::Step| exporter::snapshot::Step {
        name: step.name,
        url: url(&step.url),
        address: step.address.map(&mut text),
        status: step.status,
        phases: contract::Phase::ALL.map(|phase| step.phases.get(phase)).into(),
    };
    let steps: Vec<_> = attempt.steps.iter().take(STEPS_MAX).map(step).collect();
    let chain = attempt.tls.as_ref().and_then(|tls| tls.chain.as_ref());
    exporter::snapshot::Attempt {
        at,
        outcome: attempt.outcome,
        duration: attempt.duration,
        phases: PhaseTimes::sum(&steps),
        steps,
        certificate_expiry: chain.and_then(|chain| chain.earliest_not_after()),
        message: attempt.message.as_str().into(),
    }
}
