//! Why a minute is classed as it is, asked of the agent (C3, C6, C10.2).

#[expect(dead_code, reason = "shared with the tests of other requests, which use all of it")]
mod office;

use agent::admin::{ExplainView, Peer, Reply, Request};
use contract::{Classed, Outcome, UnmeasuredCause};
use ledger::AttemptSummary;
use office::{Office, at, office};

/// Who may read, and nothing else.
fn reader() -> Peer {
    Peer { account: "bo".to_owned(), may_operate: false, may_adjust: false }
}

fn asked(service: &str, at: Option<&str>) -> Request {
    Request::Explain { service: service.to_owned(), at: at.map(str::to_owned) }
}

async fn explained(office: &Office, at: Option<&str>) -> ExplainView {
    match office.ask(&reader(), asked("portal", at)).await {
        Reply::Explained { explained } => *explained,
        other => panic!("not explained: {other:?}"),
    }
}

/// An office in which all is decided up to `now`, and the portal was down from 10:00 to 10:20.
async fn decided(now: &str) -> Office {
    let office = office("2026-11-10T12:00:00Z").await;
    office.measured("portal", "2026-11-10T08:00:00Z", contract::ServiceState::Up).await;
    office.outage("portal", "2026-11-10T10:00:30Z", "2026-11-10T10:20:00Z").await;
    office.is_now(now);
    office.ledger.heartbeat(at(now));
    while office.ledger.decided_until() < Some(at(now)) {
        tokio::task::yield_now().await;
    }
    office
}

#[tokio::test]
async fn c10_2_whoever_may_read_is_told_why_a_minute_was_lost() {
    let office = decided("2026-11-10T12:00:00Z").await;
    for (when, duration_ms) in [("2026-11-10T10:09:30Z", 7), ("2026-11-10T10:10:30Z", 8)] {
        let attempt = AttemptSummary { at: at(when), outcome: Outcome::Up, duration_ms };
        office.ledger.attempt("portal", attempt);
    }
    // Local time, in the service's zone.
    let explained = explained(&office, Some("2026-11-10T11:10")).await;
    assert_eq!(explained.minute.from, at("2026-11-10T10:10:00Z"));
    assert_eq!(explained.minute.counted_ms, 60_000);
    let piece = &explained.minute.pieces[0];
    assert_eq!(piece.class, Classed::Lost { cause: "http_status".to_owned() });
    assert_eq!(piece.until, at("2026-11-10T10:20:00Z"));
    let took: Vec<u32> = explained.attempts.iter().map(|attempt| attempt.duration_ms).collect();
    assert_eq!(took, [7, 8], "the one before, whose result holds, and the one in it");
    assert_eq!(explained.decided_until, at("2026-11-10T12:00:00Z"));
}

#[tokio::test]
async fn c3_9_without_an_instant_the_last_decided_one_is_explained() {
    let office = decided("2026-11-10T12:00:30Z").await;
    office.is_now("2026-11-10T12:00:39Z");
    let explained = explained(&office, None).await;
    assert_eq!(explained.minute.from, at("2026-11-10T12:00:00Z"));
    let last = explained.minute.pieces.last().unwrap();
    assert_eq!((&last.class, last.until), (&Classed::Up, at("2026-11-10T12:00:30Z")));
}

#[tokio::test]
async fn c3_1_time_before_all_facts_is_explained_too() {
    let office = decided("2026-11-10T12:00:00Z").await;
    let explained = explained(&office, Some("2026-11-10T07:00:00Z")).await;
    let (cause, in_lower_bound) = (UnmeasuredCause::NoRecord, true);
    assert_eq!(explained.minute.pieces[0].class, Classed::Unmeasured { cause, in_lower_bound });
}

#[tokio::test]
async fn what_cannot_be_explained_is_refused_with_what_to_do() {
    let office = decided("2026-11-10T12:00:00Z").await;
    let refusal = async |service, at| office.refusal(&reader(), asked(service, at)).await;
    let refused = refusal("portal", Some("2026-11-10T12:00:00Z")).await;
    assert!(refused.contains("not decided yet"), "{refused}");
    let refused = refusal("portal", Some("2026-09-30T12:00:00Z")).await;
    assert!(refused.contains("not 2026-09") && refused.contains("--facts"), "{refused}");
    let refused = refusal("nobody", None).await;
    assert!(refused.contains("no service is called \"nobody\""), "{refused}");
    let refused = refusal("portal", Some("yesterday")).await;
    assert!(refused.contains("write 2026-12-06T22:00"), "{refused}");
}
