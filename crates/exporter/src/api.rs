//! The same snapshot as JSON. Figures are as the contract serialises them.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::{Figure, Instant, Phase, StopVerdict};
use serde::{Serialize, Serializer};

use crate::records::{
    Adjustment, Claim, Listed, People, ROWS_MAX, Statement, Stop as RecordedStop,
};
use crate::snapshot::{Attempt, Service, Snapshot, Step, Stop, Stretch};

/// Every service, in the order of their names.
pub fn services(snapshot: &Snapshot) -> Vec<u8> {
    let services = snapshot.services.iter().map(ServiceView::new).collect();
    bytes(&ServicesView { at: snapshot.at, services })
}

/// One service, with its last attempt's steps, what it was in its running month when not up, and
/// what people recorded of it.
pub fn service(
    snapshot: &Snapshot,
    service: &Service,
    stretches: Option<&[Stretch]>,
    people: Option<&People>,
) -> Vec<u8> {
    bytes(&OneView {
        at: snapshot.at,
        service: ServiceView::new(service),
        steps: service
            .attempt
            .iter()
            .flat_map(|attempt| &attempt.steps)
            .map(StepView::new)
            .collect(),
        month: stretches.map(|stretches| stretches.iter().map(StretchView::new).collect()),
        people,
    })
}

/// A page of planned stops.
pub fn stops(at: Instant, page: usize, stops: &Listed<RecordedStop>) -> Vec<u8> {
    bytes(&StopsView { list: ListView::new(at, page, stops), stops: &stops.rows })
}

/// A page of adjustments.
pub fn adjustments(at: Instant, page: usize, adjustments: &Listed<Adjustment>) -> Vec<u8> {
    let list = ListView::new(at, page, adjustments);
    bytes(&AdjustmentsView { list, adjustments: &adjustments.rows })
}

/// A page of price reductions.
pub fn claims(at: Instant, page: usize, claims: &Listed<Claim>) -> Vec<u8> {
    bytes(&ClaimsView { list: ListView::new(at, page, claims), claims: &claims.rows })
}

/// A page of statements, with the public key that signs them now.
pub fn statements(
    at: Instant,
    page: usize,
    statements: &Listed<Statement>,
    public_key: Option<&str>,
) -> Vec<u8> {
    let list = ListView::new(at, page, statements);
    bytes(&StatementsView { list, public_key, statements: &statements.rows })
}

/// What went wrong, as JSON.
pub fn error(message: &str) -> Vec<u8> {
    bytes(&BTreeMap::from([("error", message)]))
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("views have string keys and finite numbers")
}

#[derive(Serialize)]
struct ServicesView<'a> {
    at: Instant,
    services: Vec<ServiceView<'a>>,
}

#[derive(Serialize)]
struct OneView<'a> {
    at: Instant,
    #[serde(flatten)]
    service: ServiceView<'a>,
    steps: Vec<StepView<'a>>,
    month: Option<Vec<StretchView<'a>>>,
    people: Option<&'a People>,
}

/// Which part of a list follows.
#[derive(Serialize)]
struct ListView {
    at: Instant,
    page: usize,
    pages: usize,
    total: usize,
}

impl ListView {
    fn new<T>(at: Instant, page: usize, listed: &Listed<T>) -> Self {
        let pages = listed.total.div_ceil(ROWS_MAX).max(1);
        ListView { at, page, pages, total: listed.total }
    }
}

#[derive(Serialize)]
struct StopsView<'a> {
    #[serde(flatten)]
    list: ListView,
    stops: &'a [RecordedStop],
}

#[derive(Serialize)]
struct AdjustmentsView<'a> {
    #[serde(flatten)]
    list: ListView,
    adjustments: &'a [Adjustment],
}

#[derive(Serialize)]
struct ClaimsView<'a> {
    #[serde(flatten)]
    list: ListView,
    claims: &'a [Claim],
}

#[derive(Serialize)]
struct StatementsView<'a> {
    #[serde(flatten)]
    list: ListView,
    public_key: Option<&'a str>,
    statements: &'a [Statement],
}

#[derive(Serialize)]
struct ServiceView<'a> {
    name: &'a str,
    customer: Option<&'a str>,
    labels: BTreeMap<&'a str, &'a str>,
    interval_ms: u64,
    state: &'static str,
    cause: Option<&'a str>,
    since: Instant,
    account_refused: Option<&'static str>,
    last_attempt: Option<AttemptView<'a>>,
    next_stop: Option<StopView<'a>>,
    figure: Option<&'a Figure>,
}

impl<'a> ServiceView<'a> {
    fn new(service: &'a Service) -> Self {
        ServiceView {
            name: &service.name,
            customer: service.customer.as_deref(),
            labels: service.labels.iter().map(|(name, value)| (&**name, &**value)).collect(),
            interval_ms: service.interval.as_millis().try_into().unwrap_or(u64::MAX),
            state: service.state_name(),
            cause: service.cause_name(),
            since: service.since,
            account_refused: service.account_trouble.map(|(cause, _)| cause.as_str()),
            last_attempt: service.attempt.as_deref().map(AttemptView::new),
            next_stop: service.next_stop.as_deref().map(|stop| StopView::new(stop, &service.name)),
            figure: service.figure.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct AttemptView<'a> {
    at: Instant,
    outcome: &'static str,
    cause: Option<&'static str>,
    message: &'a str,
    duration_ms: f64,
    phases_ms: Phases,
    certificate_expiry: Option<Instant>,
}

impl<'a> AttemptView<'a> {
    fn new(attempt: &'a Attempt) -> Self {
        AttemptView {
            at: attempt.at,
            outcome: attempt.outcome.as_str(),
            cause: attempt.outcome.cause(),
            message: &attempt.message,
            duration_ms: ms(attempt.duration),
            phases_ms: Phases(attempt.phases()),
            certificate_expiry: attempt.certificate_expiry,
        }
    }
}

#[derive(Serialize)]
struct StepView<'a> {
    name: &'static str,
    url: &'a str,
    address: Option<&'a str>,
    status: Option<u16>,
    phases_ms: Phases,
}

impl<'a> StepView<'a> {
    fn new(step: &'a Step) -> Self {
        StepView {
            name: step.name,
            url: &step.url,
            address: step.address.as_deref(),
            status: step.status,
            phases_ms: Phases(step.phases),
        }
    }
}

/// Serialises to milliseconds by the names of the phases that happened.
struct Phases([Option<Duration>; Phase::ALL.len()]);

impl Serialize for Phases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let phases = Phase::ALL.into_iter().zip(self.0);
        serializer.collect_map(
            phases.filter_map(|(phase, duration)| Some((phase.as_str(), ms(duration?)))),
        )
    }
}

#[derive(Serialize)]
struct StopView<'a> {
    id: &'a str,
    from: Instant,
    until: Instant,
    reason: &'a str,
    announced_at: Instant,
    verdict: Option<StopVerdict>,
    in_office_hours: bool,
}

impl<'a> StopView<'a> {
    fn new(stop: &'a Stop, service: &str) -> Self {
        StopView {
            id: &stop.id,
            from: stop.from,
            until: stop.until,
            reason: &stop.reason,
            announced_at: stop.announced,
            verdict: stop.verdict(service),
            in_office_hours: stop.in_office_hours,
        }
    }
}

#[derive(Serialize)]
struct StretchView<'a> {
    from: Instant,
    until: Instant,
    class: &'static str,
    cause: &'a str,
}

impl<'a> StretchView<'a> {
    fn new(stretch: &'a Stretch) -> Self {
        StretchView {
            from: stretch.from,
            until: stretch.until,
            class: stretch.class.as_str(),
            cause: &stretch.cause,
        }
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
