//! Incidents as people see and acknowledge them (C9).

#[expect(dead_code, reason = "shared with the tests of other requests, which use all of it")]
mod office;

use agent::admin::{IncidentReport, IncidentView, NotifiableView, Peer, Reply, Request};
use contract::{Fact, NoticeKind, ReportStage, ServiceState, Side};

use office::{Office, adjuster, at, office, operator};

/// A Tuesday, 13:00 in Stockholm.
const NOW: &str = "2026-11-10T12:00:00Z";

fn list(service: Option<&str>) -> Request {
    Request::IncidentList { service: service.map(str::to_owned) }
}

fn acknowledge(opened: Option<&str>) -> Request {
    Request::IncidentAck { service: "portal".to_owned(), opened: opened.map(str::to_owned) }
}

async fn incidents(office: &Office, request: Request) -> Vec<IncidentView> {
    let reader = Peer { account: "bo".to_owned(), may_operate: false, may_adjust: false };
    match office.ask(&reader, request).await {
        Reply::Incidents { incidents, .. } => incidents,
        other => panic!("{other:?}"),
    }
}

async fn acknowledged(office: &Office, request: Request) -> IncidentView {
    match office.ask(&operator(), request).await {
        Reply::Incident { incident } => incident,
        other => panic!("{other:?}"),
    }
}

fn down() -> ServiceState {
    ServiceState::Down { cause: "http_status".to_owned() }
}

#[tokio::test]
async fn c9_4_the_open_incident_is_acknowledged_by_default_and_its_clock_stops() {
    let office = office(NOW).await;
    office.outage("portal", "2026-11-10T08:00:00Z", "2026-11-10T08:05:00Z").await;
    office.measured("portal", "2026-11-10T11:00:00Z", down()).await;
    let seen = incidents(&office, list(Some("portal"))).await;
    let told: Vec<_> = seen.iter().map(|one| (one.opened, one.closed, &*one.response)).collect();
    let (first, second) = (at("2026-11-10T08:00:00Z"), at("2026-11-10T11:00:00Z"));
    let closed = Some(at("2026-11-10T08:05:00Z"));
    assert_eq!(told, [(first, closed, "met"), (second, None, "running")]);
    // Four hours of support time, of which the day has these left.
    assert_eq!(seen[1].response_deadline, at("2026-11-10T15:00:00Z"));
    assert_eq!((seen[1].lost_ms, &*seen[1].timezone), (3_600_000, "Europe/Stockholm"));

    let made = acknowledged(&office, acknowledge(None)).await;
    assert_eq!((made.opened, made.acknowledged, &*made.response), (second, Some(at(NOW)), "met"));
    assert_eq!(made.acknowledged_by.as_deref(), Some("anna"));
    let again = office.refusal(&operator(), acknowledge(None)).await;
    assert!(again.contains("acknowledged already, by anna"), "{again}");
}

#[tokio::test]
async fn c9_4_without_an_open_one_the_latest_that_waits_is_acknowledged() {
    let office = office(NOW).await;
    for hour in ["07", "08", "09"] {
        let instant = |minute| format!("2026-11-10T{hour}:{minute}:00Z");
        office.outage("portal", &instant("00"), &instant("05")).await;
    }
    for hour in ["09", "08", "07"] {
        let made = acknowledged(&office, acknowledge(None)).await;
        assert_eq!(made.opened, at(&format!("2026-11-10T{hour}:00:00Z")));
    }
    let none = office.refusal(&operator(), acknowledge(None)).await;
    assert!(none.contains("portal has no incident"), "{none}");
}

#[tokio::test]
async fn c9_4_only_an_opening_that_there_is_can_be_acknowledged() {
    let office = office(NOW).await;
    office.outage("portal", "2026-11-10T08:00:00.250Z", "2026-11-10T08:05:00Z").await;
    let recorded = office.facts();
    let near = office.refusal(&operator(), acknowledge(Some("2026-11-10T08:00:00Z"))).await;
    assert!(near.contains("upptid incident list --service portal"), "{near}");
    assert_eq!(office.facts(), recorded);
    // As the list prints it, in local time.
    let made = acknowledged(&office, acknowledge(Some("2026-11-10T09:00:00.250+01:00"))).await;
    assert_eq!(made.opened, at("2026-11-10T08:00:00.250Z"));
}

#[tokio::test]
async fn c9_4_who_comes_after_the_deadline_is_on_record_and_the_breach_stays() {
    let office = office(NOW).await;
    office.measured("portal", "2026-11-10T11:00:00Z", down()).await;
    office.is_now("2026-11-10T15:00:00.001Z");
    let made = acknowledged(&office, acknowledge(None)).await;
    assert_eq!((&*made.response, made.acknowledged_by.as_deref()), ("breached", Some("anna")));
}

#[tokio::test]
async fn c9_1_an_incident_across_a_months_end_is_one_with_all_that_it_lost() {
    let office = office("2026-11-02T12:00:00Z").await;
    office.outage("portal", "2026-10-31T22:30:00Z", "2026-10-31T23:20:00Z").await;
    office.outage("mail", "2026-10-30T10:00:00Z", "2026-10-30T10:01:00Z").await;
    let seen = incidents(&office, list(None)).await;
    let told: Vec<_> = seen.iter().map(|one| (&*one.service, one.opened, one.lost_ms)).collect();
    assert_eq!(
        told,
        [
            ("mail", at("2026-10-30T10:00:00Z"), 60_000),
            ("portal", at("2026-10-31T22:30:00Z"), 50 * 60_000),
        ]
    );
    let unknown = office.refusal(&operator(), list(Some("web"))).await;
    assert!(unknown.contains("no service is called"), "{unknown}");
}

#[tokio::test]
async fn c10_2_who_adjusts_does_not_acknowledge() {
    let office = office(NOW).await;
    office.measured("portal", "2026-11-10T11:00:00Z", down()).await;
    let recorded = office.facts();
    let error = office.refusal(&adjuster("cilla"), acknowledge(None)).await;
    assert!(error.contains("upptid-operate"), "{error}");
    assert_eq!(office.facts(), recorded);
}

#[tokio::test]
async fn c9_4_an_acknowledgement_stays_where_a_fault_report_moves_the_opening() {
    let office = office(NOW).await;
    office.measured("portal", "2026-11-10T11:00:00Z", down()).await;
    acknowledged(&office, acknowledge(None)).await;
    office.report_fault("portal", "2026-11-10T10:00:00Z", "2026-11-10T11:00:00Z").await;
    let seen = incidents(&office, list(Some("portal"))).await;
    let [incident] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(incident.opened, at("2026-11-10T10:00:00Z"));
    assert_eq!(incident.acknowledged_by.as_deref(), Some("anna"));
}

async fn report(office: &Office, opened: Option<&str>) -> IncidentReport {
    let opened = opened.map(str::to_owned);
    let request = Request::IncidentReport { service: "portal".to_owned(), opened };
    match office
        .ask(&Peer { account: "bo".to_owned(), may_operate: false, may_adjust: false }, request)
        .await
    {
        Reply::IncidentReport { report } => *report,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn c5_5_c9_5_a_report_tells_all_that_is_known_of_an_incident() {
    let office = office(NOW).await;
    office.outage("portal", "2026-11-10T08:00:00Z", "2026-11-10T08:05:00Z").await;
    office.measured("portal", "2026-11-10T08:12:00Z", down()).await;
    let delivered = |about: &str| Fact::NoticeDelivered {
        notice: NoticeKind::FaultReport,
        service: Some("portal".to_owned()),
        about: at(about).to_string(),
        contact: "provider".to_owned(),
        channel: "mail".to_owned(),
    };
    let delivered = ["2026-11-10T08:00:00Z", "2026-11-09T08:00:00Z"].map(delivered);
    let facts = delivered.map(|fact| (at(NOW), fact)).to_vec();
    office.ledger.record(facts).await.unwrap();
    for (ms, outcome) in [
        (-300_001, contract::Outcome::Up),
        (-1, contract::Outcome::Up),
        (0, contract::Outcome::Down(contract::DownCause::HttpStatus)),
    ] {
        let at = at("2026-11-10T08:00:00Z").plus_ms(ms);
        let attempt = ledger::AttemptSummary { at, outcome, duration_ms: 31 };
        office.ledger.attempt("portal", attempt);
    }

    let told = report(&office, None).await;
    assert_eq!(told.incident.opened, at("2026-11-10T08:00:00Z"));
    assert_eq!((told.incident.closed, told.clock_percent), (None, 100));
    let downtime: Vec<_> =
        told.outages.iter().map(|it| (it.from, &*it.cause, it.responsible)).collect();
    assert_eq!(
        downtime,
        [
            (at("2026-11-10T08:00:00Z"), "http_status", Side::Provider),
            (at("2026-11-10T08:12:00Z"), "http_status", Side::Provider),
        ]
    );
    let attempts: Vec<_> = told.attempts.iter().map(|it| &*it.outcome).collect();
    assert_eq!(attempts, ["up", "down"], "from five minutes before");
    assert_eq!(told.notices.len(), 1);
    assert_eq!(report(&office, Some("2026-11-10T08:00:00Z")).await, told);
    let request = Request::IncidentReport {
        service: "portal".to_owned(),
        opened: Some("2026-11-10T08:12:00Z".to_owned()),
    };
    let none = office.refusal(&operator(), request).await;
    assert!(none.contains("no incident of portal"), "{none}");
}

fn mark(detected: Option<&str>) -> Request {
    let (service, detected) = ("portal".to_owned(), detected.map(str::to_owned));
    Request::IncidentNotifiable { service, opened: None, detected }
}

fn handed_in(stage: ReportStage) -> Request {
    let reference = Some("MCF 17".to_owned());
    Request::IncidentReported { service: "portal".to_owned(), opened: None, stage, reference }
}

async fn notifiable(office: &Office, request: Request) -> NotifiableView {
    match office.ask(&operator(), request).await {
        Reply::Notifiable { notifiable } => notifiable,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn c10_6_a_marked_incident_has_deadlines_from_its_detection() {
    let office = office(NOW).await;
    let none = office.refusal(&operator(), mark(None)).await;
    assert!(none.contains("portal has no incident"), "{none}");
    let fact = Fact::State {
        service: "portal".to_owned(),
        from: at("2026-11-10T11:00:00Z"),
        state: down(),
        evidence: None,
    };
    office.ledger.record(vec![(at("2026-11-10T11:00:31Z"), fact)]).await.unwrap();
    for (wrong, word) in
        [("2026-11-10T10:59:59Z", "not between"), ("2026-11-10T12:00:01Z", "not between")]
    {
        let refused = office.refusal(&operator(), mark(Some(wrong))).await;
        assert!(refused.contains(word), "{refused}");
    }
    let waiting = office.refusal(&operator(), handed_in(ReportStage::Final)).await;
    assert!(waiting.contains("marked as notifiable"), "{waiting}");

    let made = notifiable(&office, mark(None)).await;
    assert_eq!(made.detected, at("2026-11-10T11:00:31Z"), "when it was recorded");
    let deadlines: Vec<_> = made.stages.iter().map(|due| due.deadline).collect();
    let expected = ["2026-11-11T11:00:31Z", "2026-11-13T11:00:31Z", "2026-12-13T11:00:31Z"];
    assert_eq!(deadlines, expected.map(at));
    let again = office.refusal(&operator(), mark(None)).await;
    assert!(again.contains("marked already, by anna"), "{again}");

    let reported = notifiable(&office, handed_in(ReportStage::EarlyWarning)).await;
    let made = reported.stages[0].reported.as_ref().unwrap();
    assert_eq!((&*made.by, made.reference.as_deref()), ("anna", Some("MCF 17")));
    let listed = incidents(&office, list(Some("portal"))).await;
    assert_eq!(listed[0].notifiable.as_ref(), Some(&reported));
    assert_eq!(report(&office, None).await.incident.notifiable.as_ref(), Some(&reported));
    let again = office.refusal(&operator(), handed_in(ReportStage::EarlyWarning)).await;
    assert!(again.contains("waits for this"), "{again}");
}

#[tokio::test]
async fn c10_6_the_final_report_of_an_earlier_incident_can_still_be_recorded() {
    let office = office("2026-10-31T12:00:00Z").await;
    office.outage("portal", "2026-10-31T08:00:00Z", "2026-10-31T08:05:00Z").await;
    notifiable(&office, mark(None)).await;
    office.is_now("2026-12-02T12:00:00Z");
    let before = |reply| match reply {
        Reply::Incidents { incidents, notifiable_before } => (incidents, notifiable_before),
        other => panic!("{other:?}"),
    };
    let (listed, waiting) = before(office.ask(&operator(), list(None)).await);
    assert_eq!((listed.len(), waiting.len()), (0, 1));
    assert_eq!(waiting[0].opened, at("2026-10-31T08:00:00Z"));
    for stage in ReportStage::ALL {
        notifiable(&office, handed_in(stage)).await;
    }
    assert_eq!(before(office.ask(&operator(), list(None)).await).1, []);
}

#[tokio::test]
async fn c10_2_c10_6_who_adjusts_does_not_mark_incidents() {
    let office = office(NOW).await;
    office.outage("portal", "2026-11-10T08:00:00Z", "2026-11-10T08:05:00Z").await;
    let recorded = office.facts();
    for request in [mark(None), handed_in(ReportStage::Final)] {
        let error = office.refusal(&adjuster("cilla"), request).await;
        assert!(error.contains("upptid-operate"), "{error}");
    }
    assert_eq!(office.facts(), recorded);
}
