//! Measuring that an operator pauses and resumes (C3.6).

#[expect(dead_code, reason = "shared with the tests of other requests, which use all of it")]
mod office;

use agent::admin::{Reply, Request};

use office::{Office, adjuster, at, office, operator};

const NOW: &str = "2026-11-10T12:00:00Z";

fn pause(service: &str, reason: &str) -> Request {
    Request::Pause { service: service.to_owned(), reason: reason.to_owned() }
}

fn resume(service: &str) -> Request {
    Request::Resume { service: service.to_owned() }
}

fn is_paused(office: &Office) -> bool {
    office.ledger.read(|history| history.pause("portal").is_some())
}

fn granted(office: &Office) -> Vec<String> {
    office.granted.lock().unwrap().clone()
}

#[tokio::test]
async fn c3_6_a_pause_is_on_record_with_its_reason_before_the_engine_is_told() {
    let office = office(NOW).await;
    let Reply::Measuring { service, paused: Some(paused) } =
        office.ask(&operator(), pause("portal", " they move house ")).await
    else {
        panic!("not paused");
    };
    assert_eq!((&*service, &*paused.by, &*paused.reason), ("portal", "anna", "they move house"));
    assert_eq!(paused.at, at(NOW));
    assert!(is_paused(&office));
    assert_eq!(granted(&office), ["paused by anna: they move house"]);

    let again = office.refusal(&operator(), pause("portal", "once more")).await;
    assert!(again.contains("portal is paused by anna: they move house"), "{again}");
    let resumed = office.ask(&operator(), resume("portal")).await;
    assert_eq!(resumed, Reply::Measuring { service: "portal".to_owned(), paused: None });
    assert!(!is_paused(&office));
    assert_eq!(granted(&office), ["paused by anna: they move house", "resume"]);
    let again = office.refusal(&operator(), resume("portal")).await;
    assert_eq!(again, "portal is not paused");
}

#[tokio::test]
async fn what_cannot_be_paused_is_refused_with_the_remedy() {
    let office = office(NOW).await;
    let recorded = office.facts();
    let long = "x".repeat(501);
    for (request, expected) in [
        (pause("portal", " "), "give a reason"),
        (pause("portal", &long), "at most 500 bytes"),
        (pause("web", "a move"), "no service called \"web\" is measured"),
        (resume("web"), "no service called \"web\" is measured"),
    ] {
        let error = office.refusal(&operator(), request).await;
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(office.facts(), recorded);
}

#[tokio::test]
async fn c10_2_who_adjusts_does_not_pause() {
    let office = office(NOW).await;
    let recorded = office.facts();
    for request in [pause("portal", "a move"), resume("portal")] {
        let error = office.refusal(&adjuster("cilla"), request).await;
        assert!(error.contains("upptid-operate"), "{error}");
    }
    assert_eq!(office.facts(), recorded);
    assert!(granted(&office).is_empty());
}
