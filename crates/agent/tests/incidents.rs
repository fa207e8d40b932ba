//! Incidents as people see and acknowledge them (C9).

#[expect(dead_code, reason = "shared with the tests of other requests, which use all of it")]
mod office;

use agent::admin::{IncidentView, Peer, Reply, Request};
use contract::ServiceState;

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
        Reply::Incidents { incidents } => incidents,
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
