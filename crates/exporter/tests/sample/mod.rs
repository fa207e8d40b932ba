//! A snapshot to show: four services in four states on 22 November 2026, figured by the contract
//! from the facts beside this file.

pub mod golden;
pub mod months;
pub mod records;

use std::sync::Arc;
use std::time::Duration;

use contract::{
    AccountCause, DownCause, Evidence, History, Instant, Interval, Money, Month, MonthTerms,
    Outcome, Reach, ResolvedTerms, ServiceContract, ServiceState, StopVerdict, Terms,
    UnmeasuredCause, month_figure,
};
use exporter::counters::Counted;
use exporter::snapshot::{
    Agent, Attempt, Class, Config, Ledger, Outage, PhaseTimes, Service, Snapshot, Step, Stop,
    Stretch, Witness,
};

const FACTS: &str = include_str!("facts.jsonl");

/// The four services, their outages, a stop, two witnesses.
pub fn snapshot() -> Snapshot {
    let now = at("2026-11-22T12:00:00.000Z");
    let mut history = History::new();
    history.read("facts.jsonl", FACTS).expect("the sample's facts are sound");
    let terms = Arc::new(Terms::default());
    let resolved = ResolvedTerms::new(Terms::clone(&terms)).expect("the default terms are sound");
    let month: Month = "2026-11".parse().unwrap();
    let laid_out = MonthTerms::new(&resolved, month);
    let fee: Money = "12500.00 SEK".parse().unwrap();
    let stop = stop();
    let service = |name: &str, state: ServiceState, since: &str, attempt: Attempt| {
        let contract = ServiceContract { terms: &laid_out, monthly_fee: Some(&fee) };
        let figure = month_figure(&history, name, &contract, Reach::running(now));
        Service {
            name: name.into(),
            customer: Some("Exempelbolaget AB".into()),
            labels: [(Arc::from("team"), Arc::from("drift"))].into(),
            interval: Duration::from_secs(60),
            zone: laid_out.zone().clone(),
            state,
            since: at(since),
            terms: Arc::clone(&terms),
            figure: Some(Arc::new(figure)),
            attempt: Some(Arc::new(attempt)),
            next_stop: stop.verdict(name).map(|_| Arc::clone(&stop)),
            account_trouble: None,
            support_clock_percent: (name == "portal").then_some(50),
            claim_lapses: (name == "portal").then(|| at("2026-12-06T23:00:00.000Z")),
        }
    };
    let unmeasured = |cause| ServiceState::Unmeasured { cause };
    let failed = Outcome::Down(DownCause::HttpStatus);
    let mut intranet = service(
        "intranet",
        unmeasured(UnmeasuredCause::OwnNetwork),
        "2026-11-22T11:40:00.000Z",
        attempt(Outcome::Down(DownCause::ConnectTimeout), "no connection to [::1]:443 in 10 s"),
    );
    intranet.account_trouble = Some((AccountCause::Locked, at("2026-11-22T11:40:00.000Z")));
    Snapshot {
        at: now,
        agent: Agent {
            name: "gbg-1".into(),
            version: "0.1.0".into(),
            started: at("2026-11-18T04:00:00.000Z"),
            uptime: Duration::from_secs(374_400),
            clock_synchronised: Some(true),
            config: Config {
                in_force_since: at("2026-11-18T04:00:00.000Z"),
                tried: at("2026-11-21T09:30:00.000Z"),
                error: Some("upptid.toml:12: unknown key \"intervall\"".into()),
            },
            backup_places: 2,
        },
        services: vec![
            intranet,
            service(
                "mail",
                unmeasured(UnmeasuredCause::Suspected),
                "2026-11-22T11:59:58.000Z",
                attempt(failed, "the sign-in was answered with 502"),
            ),
            service(
                "portal",
                ServiceState::Up,
                "2026-11-18T04:00:00.000Z",
                attempt(Outcome::Up, "logged in as \"probe\""),
            ),
            service(
                "records",
                ServiceState::Down { cause: "http_status".to_owned() },
                "2026-11-22T11:48:00.000Z",
                attempt(failed, "the sign-in was answered with 500"),
            ),
        ],
        witnesses: vec![
            Witness {
                name: "gateway".into(),
                answered: Some(true),
                asked: Some(at("2026-11-22T11:59:59.000Z")),
            },
            Witness { name: "anchor".into(), answered: None, asked: None },
        ],
        outages: outages(),
        stops: vec![stop],
        ledger: Ledger {
            seq: 20,
            synced: Some(at("2026-11-22T11:59:58.012Z")),
            store_bytes: 524_288,
            journal_bytes: 7_340,
            verified: Some(at("2026-11-18T04:00:03.000Z")),
            ..Ledger::default()
        },
    }
}

/// What the sample's source gives for `portal`, written by hand.
pub fn stretches() -> Vec<Stretch> {
    let stretch = |from, until, class, cause: &str| Stretch {
        from: at(from),
        until: at(until),
        class,
        cause: cause.into(),
        ground: None,
    };
    vec![
        stretch(
            "2026-11-10T01:05:00.000Z",
            "2026-11-10T01:40:00.250Z",
            Class::Planned,
            "http_status",
        ),
        stretch("2026-11-15T16:00:00.000Z", "2026-11-15T16:08:00.000Z", Class::Lost, "no_proof"),
        stretch(
            "2026-11-18T02:00:00.000Z",
            "2026-11-18T04:00:00.000Z",
            Class::Unmeasured,
            "agent_off",
        ),
    ]
}

/// What the sample's agent has counted.
pub fn counted() -> Counted {
    Counted {
        attempts: [("up", 24_310), ("down", 14), ("account", 3), ("unable", 0)],
        in_flight: 1,
        lag_ms_p99: Some(2.0),
        late: 2,
        backups: 8,
        backed_up: Some(at("2026-11-22T03:10:02.000Z")),
        reload_failures: 1,
        notices_waiting: 1,
        ..Counted::default()
    }
}

/// `snapshot` with `count` services made of the first, each with a name of its own.
pub fn crowd(mut snapshot: Snapshot, count: usize) -> Snapshot {
    let kinds = std::mem::take(&mut snapshot.services);
    snapshot.services = (0..count)
        .map(|number| Service {
            name: format!("service-{number:05}").into(),
            ..kinds[number % kinds.len()].clone()
        })
        .collect();
    snapshot
}

fn at(text: &str) -> Instant {
    text.parse().expect("the sample's instants are sound")
}

fn attempt(outcome: Outcome, message: &str) -> Attempt {
    let us = Duration::from_micros;
    let step = |name, path: &str, status, phases: [Option<u64>; 5]| Step {
        name,
        url: format!("https://portal.example{path}").into(),
        address: Some("192.0.2.7:443".into()),
        status: Some(status),
        phases: phases.map(|phase| phase.map(us)).into(),
    };
    let on_open = |processing, transfer| [None, None, None, Some(processing), Some(transfer)];
    let steps = vec![
        step(
            "page",
            "/login",
            200,
            [Some(1_800), Some(12_400), Some(31_050), Some(24_000), Some(3_500)],
        ),
        step("sign_in", "/login", 303, on_open(71_000, 200)),
        step("redirect", "/home", 200, on_open(33_000, 4_100)),
        step("log_out", "/logout", 200, on_open(6_000, 200)),
    ];
    Attempt {
        at: at("2026-11-22T11:59:41.300Z"),
        outcome,
        duration: us(187_250),
        phases: PhaseTimes::sum(&steps),
        steps,
        certificate_expiry: Some(at("2027-02-14T23:59:59.000Z")),
        message: message.into(),
    }
}

fn stop() -> Arc<Stop> {
    let window = Interval::new(at("2026-11-28T21:00:00.000Z"), at("2026-11-28T23:00:00.000Z"));
    Arc::new(Stop {
        id: "S2".into(),
        services: vec!["portal".into(), "mail".into()],
        from: window.from,
        until: window.until,
        reason: "new <storage> & network".into(),
        announced: at("2026-11-20T09:00:00.000Z"),
        verdicts: vec![StopVerdict::Surplus, StopVerdict::Valid],
        in_office_hours: false,
    })
}

fn outages() -> Vec<Outage> {
    let outage = |service: &str, from, until: Option<&str>, cause: &str, evidence| Outage {
        service: service.into(),
        from: at(from),
        until: until.map(at),
        cause: cause.into(),
        evidence,
    };
    let seen = Evidence {
        message: "the sign-in was answered with 500".to_owned(),
        url: Some("https://records.example/login".to_owned()),
        address: Some("192.0.2.8:443".to_owned()),
        status: Some(500),
        title: Some("<script>alert(1)</script>".to_owned()),
        excerpt: Some("Internal Server Error \"<img src=x onerror=alert(1)>\"".to_owned()),
        witnesses: Some("2 of 2".to_owned()),
    };
    vec![
        outage("records", "2026-11-22T11:48:00.000Z", None, "http_status", Some(Arc::new(seen))),
        outage(
            "portal",
            "2026-11-15T16:00:00.000Z",
            Some("2026-11-15T16:08:00.000Z"),
            "no_proof",
            None,
        ),
        outage(
            "portal",
            "2026-11-10T01:05:00.000Z",
            Some("2026-11-10T01:40:00.250Z"),
            "http_status",
            None,
        ),
        outage(
            "records",
            "2026-11-05T08:10:00.000Z",
            Some("2026-11-05T08:50:00.000Z"),
            "connect_refused",
            None,
        ),
    ]
}
