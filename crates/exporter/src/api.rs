//! The same snapshot as JSON. Figures are as the contract serialises them.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::explain::{CitedFact, Rule};
use contract::fact::Ground;
use contract::{Evidence, Figure, Incident, Instant, Month, Phase, Side, StopVerdict};
use serde::{Serialize, Serializer};

use crate::counters::{Counted, DirectAlerts};
use crate::months::{Moment, Notice, PastAttempt, ServiceMonth};
use crate::page::{Language, View, warnings};
use crate::records::{
    Act, Adjustment, Claim, Closed, Listed, Notifiable, People, ROWS_MAX, Statement,
    Stop as RecordedStop,
};
use crate::snapshot::{Attempt, Service, Snapshot, Step, Stop, Stretch, Witness};

/// What the answers below `/api/v1` are: the file that a test holds against them.
pub const OPENAPI: &str = include_str!("../../../docs/openapi.json");

/// The services that are asked for, in the order of their names.
pub fn services(snapshot: &Snapshot, view: &View) -> Vec<u8> {
    let shown = snapshot.services.iter().filter(|service| view.shows(service));
    bytes(&ServicesView { at: snapshot.at, services: shown.map(ServiceView::new).collect() })
}

/// One service, with its last attempt's steps, what it was in a month when not up, and what people
/// recorded of it. The figure is that month's.
pub fn service(snapshot: &Snapshot, service: &Service, month: Option<&ServiceMonth>) -> Vec<u8> {
    let mut shown = ServiceView::new(service);
    shown.figure = month.map(|month| &month.figure).or(shown.figure);
    bytes(&OneView {
        at: snapshot.at,
        service: shown,
        steps: service
            .attempt
            .iter()
            .flat_map(|attempt| &attempt.steps)
            .map(StepView::new)
            .collect(),
        month: month.map(|month| month.stretches.iter().map(StretchView::new).collect()),
        closes: month.map(|month| &*month.closes),
        people: month.map(|month| &month.people),
    })
}

/// One stretch of a service's time, and all that is known of it.
pub fn moment(at: Instant, service: &str, moment: &Moment) -> Vec<u8> {
    let of_attempt = |attempt: &PastAttempt| PastAttemptView {
        at: attempt.at,
        outcome: attempt.outcome.as_str(),
        cause: attempt.outcome.cause(),
        duration_ms: attempt.duration_ms,
    };
    let of_stop =
        |(id, verdict): &(String, StopVerdict)| TouchingStop { id: id.clone(), verdict: *verdict };
    let of_adjustment =
        |(id, counts): &(String, bool)| TouchingAdjustment { id: id.clone(), counts: *counts };
    bytes(&MomentView {
        at,
        service,
        month: moment.month,
        from: moment.span.from,
        until: moment.span.until,
        goes_on: moment.goes_on,
        class: moment.span.class_name(),
        cause: moment.span.cause.as_deref(),
        ground: moment.span.ground,
        responsible: moment.span.responsible(),
        rules: &moment.rules,
        facts: &moment.facts,
        ended_by: moment.ended_by.as_ref(),
        evidence: moment.evidence.as_ref().map(|(_, evidence)| evidence),
        evidence_from: moment.evidence.as_ref().map(|(from, _)| *from),
        attempts: moment.attempts.iter().map(of_attempt).collect(),
        attempts_since: moment.attempts_since,
        incident: moment.incident.as_ref(),
        acknowledged: moment.acknowledged.as_ref(),
        notifiable: moment.notifiable.as_ref(),
        notices: &moment.notices,
        stops: moment.stops.iter().map(of_stop).collect(),
        adjustments: moment.adjustments.iter().map(of_adjustment).collect(),
    })
}

/// The agent itself: what is wrong first.
pub fn agent(snapshot: &Snapshot, counted: &Counted) -> Vec<u8> {
    let Snapshot { agent, ledger, .. } = snapshot;
    let whole_ms = |duration: Duration| duration.as_millis().try_into().unwrap_or(u64::MAX);
    bytes(&AgentView {
        at: snapshot.at,
        wrong: warnings(snapshot, counted, Language::English),
        name: &agent.name,
        version: &agent.version,
        started: agent.started,
        uptime_ms: whole_ms(agent.uptime),
        clock_synchronised: agent.clock_synchronised,
        configuration: ConfigurationView {
            in_force_since: agent.config.in_force_since,
            tried: agent.config.tried,
            error: agent.config.error.as_deref(),
            reloads: counted.reloads,
            reload_failures: counted.reload_failures,
        },
        measuring: MeasuringView {
            services: snapshot.services.len(),
            attempts: counted.attempts.into_iter().collect(),
            in_flight: counted.in_flight,
            lag_ms_p99: counted.lag_ms_p99,
            late: counted.late,
            missed: counted.missed,
        },
        journal: JournalView {
            seq: ledger.seq,
            bytes: ledger.journal_bytes,
            queued: ledger.queued,
            synced: ledger.synced,
            write_failures: ledger.write_failures,
            write_error: ledger.write_error.as_deref(),
            verified: ledger.verified,
            damage: ledger.damage.as_deref(),
            torn_bytes_cut: ledger.torn_bytes_cut,
        },
        store: StoreView {
            rebuilding: ledger.rebuilding,
            bytes: ledger.store_bytes,
            lag_lines: ledger.store_lag,
            rebuilds: ledger.rebuilds,
        },
        backups: BackupsView {
            places: agent.backup_places,
            made: counted.backups,
            failures: counted.backup_failures,
            last: counted.backed_up,
        },
        notices: NoticesView {
            waiting: counted.notices_waiting,
            refused: counted.letters_refused,
            direct_alerts: counted.direct_alerts,
        },
        statement_failures: counted.statement_failures,
        witnesses: snapshot.witnesses.iter().map(WitnessView::new).collect(),
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
    closes: Option<&'a [Closed]>,
    people: Option<&'a People>,
}

#[derive(Serialize)]
struct MomentView<'a> {
    at: Instant,
    service: &'a str,
    month: Month,
    from: Instant,
    until: Instant,
    goes_on: bool,
    class: &'static str,
    cause: Option<&'a str>,
    ground: Option<Ground>,
    responsible: Option<Side>,
    rules: &'a [Rule],
    facts: &'a [CitedFact],
    ended_by: Option<&'a CitedFact>,
    evidence: Option<&'a Evidence>,
    evidence_from: Option<Instant>,
    attempts: Vec<PastAttemptView>,
    attempts_since: Option<Instant>,
    incident: Option<&'a Incident>,
    acknowledged: Option<&'a Act>,
    notifiable: Option<&'a Notifiable>,
    notices: &'a [Notice],
    stops: Vec<TouchingStop>,
    adjustments: Vec<TouchingAdjustment>,
}

#[derive(Serialize)]
struct PastAttemptView {
    at: Instant,
    outcome: &'static str,
    cause: Option<&'static str>,
    duration_ms: u32,
}

#[derive(Serialize)]
struct TouchingStop {
    id: String,
    verdict: StopVerdict,
}

#[derive(Serialize)]
struct TouchingAdjustment {
    id: String,
    counts: bool,
}

#[derive(Serialize)]
struct AgentView<'a> {
    at: Instant,
    wrong: Vec<String>,
    name: &'a str,
    version: &'a str,
    started: Instant,
    uptime_ms: u64,
    clock_synchronised: Option<bool>,
    configuration: ConfigurationView<'a>,
    measuring: MeasuringView,
    journal: JournalView<'a>,
    store: StoreView,
    backups: BackupsView,
    notices: NoticesView,
    statement_failures: u64,
    witnesses: Vec<WitnessView<'a>>,
}

#[derive(Serialize)]
struct ConfigurationView<'a> {
    in_force_since: Instant,
    tried: Instant,
    error: Option<&'a str>,
    reloads: u64,
    reload_failures: u64,
}

#[derive(Serialize)]
struct MeasuringView {
    services: usize,
    attempts: BTreeMap<&'static str, u64>,
    in_flight: u64,
    lag_ms_p99: Option<f64>,
    late: u64,
    missed: u64,
}

#[derive(Serialize)]
struct JournalView<'a> {
    seq: u64,
    bytes: u64,
    queued: usize,
    synced: Option<Instant>,
    write_failures: u64,
    write_error: Option<&'a str>,
    verified: Option<Instant>,
    damage: Option<&'a str>,
    torn_bytes_cut: u64,
}

#[derive(Serialize)]
struct StoreView {
    rebuilding: bool,
    bytes: u64,
    lag_lines: u64,
    rebuilds: u64,
}

#[derive(Serialize)]
struct BackupsView {
    places: usize,
    made: u64,
    failures: u64,
    last: Option<Instant>,
}

#[derive(Serialize)]
struct NoticesView {
    waiting: u64,
    refused: u64,
    direct_alerts: DirectAlerts,
}

#[derive(Serialize)]
struct WitnessView<'a> {
    name: &'a str,
    answered: Option<bool>,
    asked: Option<Instant>,
}

impl<'a> WitnessView<'a> {
    fn new(witness: &'a Witness) -> Self {
        let Witness { name, answered, asked } = witness;
        WitnessView { name, answered: *answered, asked: *asked }
    }
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
            phases_ms: Phases(attempt.phases.each()),
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
            phases_ms: Phases(step.phases.each()),
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
    ground: Option<Ground>,
}

impl<'a> StretchView<'a> {
    fn new(stretch: &'a Stretch) -> Self {
        StretchView {
            from: stretch.from,
            until: stretch.until,
            class: stretch.class.as_str(),
            cause: &stretch.cause,
            ground: stretch.ground,
        }
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
