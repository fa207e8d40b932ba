//! Adjustments as people claim and decide them (C5).

#[expect(dead_code, reason = "shared with the tests of other requests, which use all of it")]
mod office;

use agent::admin::{AdjustmentView, Claim, Peer, Reply, Request};
use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::terms::Counts;
use contract::{Contracts, Reach, Terms, month_figure};

use office::{Office, adjuster, at, office, office_under, operator};

const NOW: &str = "2026-11-10T12:00:00Z";

fn claim() -> Claim {
    Claim {
        service: "portal".to_owned(),
        kind: AdjustmentKind::Exclude,
        from: "2026-11-10T10:10:00Z".to_owned(),
        until: "2026-11-10T10:20:00Z".to_owned(),
        ground: Ground::DosAttack,
        evidence: "the firewall's log of 10 November".to_owned(),
    }
}

fn decide(id: &str, decision: Decision) -> Request {
    Request::AdjustDecide { id: id.to_owned(), decision }
}

async fn adjustment(office: &Office, peer: &Peer, request: Request) -> AdjustmentView {
    match office.ask(peer, request).await {
        Reply::Adjustment { adjustment } => adjustment,
        other => panic!("{other:?}"),
    }
}

fn lost_and_excluded_ms(office: &Office) -> (i64, i64) {
    office.ledger.read(|history| {
        let contract = Contracts::default().running(history, "portal", at(NOW));
        let reach = Reach::running(at(NOW));
        let figure = month_figure(history, "portal", &contract.as_service_contract(), reach);
        (figure.lost_ms, figure.excluded_ms)
    })
}

#[tokio::test]
async fn c5_3_a_claim_counts_once_somebody_else_has_accepted_it() {
    let office = office(NOW).await;
    office.outage("portal", "2026-11-10T10:00:00Z", "2026-11-10T10:50:00Z").await;
    let made = adjustment(&office, &adjuster("cilla"), Request::AdjustClaim(claim())).await;
    assert_eq!((&*made.id, &*made.by, made.claimed_at), ("A1", "cilla", at(NOW)));
    assert!(!made.counts && made.decisions.is_empty());
    assert_eq!(lost_and_excluded_ms(&office), (50 * 60_000, 0));

    let accept = || decide("A1", Decision::Accepted);
    let own = office.refusal(&adjuster("cilla"), accept()).await;
    assert!(own.contains("somebody else"), "{own}");
    let made = adjustment(&office, &adjuster("david"), accept()).await;
    assert!(made.counts);
    assert_eq!((&*made.decisions[0].by, made.decisions[0].decision), ("david", Decision::Accepted));
    assert_eq!(lost_and_excluded_ms(&office), (40 * 60_000, 10 * 60_000));
    let again = office.refusal(&adjuster("eva"), accept()).await;
    assert_eq!(again, "A1 is accepted already, by david");
}

#[tokio::test]
async fn c5_3_the_latest_decision_stands_and_c5_4_the_earlier_one_stays_on_record() {
    let office = office(NOW).await;
    adjustment(&office, &adjuster("cilla"), Request::AdjustClaim(claim())).await;
    adjustment(&office, &adjuster("david"), decide("A1", Decision::Accepted)).await;
    let made = adjustment(&office, &adjuster("eva"), decide("A1", Decision::Rejected)).await;
    assert!(!made.counts);
    let told: Vec<_> = made.decisions.iter().map(|made| (&*made.by, made.decision)).collect();
    assert_eq!(told, [("david", Decision::Accepted), ("eva", Decision::Rejected)]);
}

#[tokio::test]
async fn c5_3_without_four_eyes_the_claimant_decides_and_a_claim_can_count_at_once() {
    let terms = Terms { four_eyes: false, counts: Counts::Claimed, ..Terms::default() };
    let office = office_under(terms, NOW).await;
    let made = adjustment(&office, &adjuster("cilla"), Request::AdjustClaim(claim())).await;
    assert!(made.counts);
    let made = adjustment(&office, &adjuster("cilla"), decide("A1", Decision::Rejected)).await;
    assert!(!made.counts);
}

#[tokio::test]
async fn c5_2_an_accepted_fault_report_is_downtime_whatever_was_measured() {
    let office = office(NOW).await;
    office.measured("portal", "2026-11-10T08:00:00Z", contract::ServiceState::Up).await;
    let report = Claim { kind: AdjustmentKind::Include, ground: Ground::FaultReport, ..claim() };
    adjustment(&office, &adjuster("cilla"), Request::AdjustClaim(report)).await;
    adjustment(&office, &adjuster("david"), decide("A1", Decision::Accepted)).await;
    assert_eq!(lost_and_excluded_ms(&office), (10 * 60_000, 0));
}

#[tokio::test]
async fn c5_1_what_cannot_be_claimed_is_refused_with_the_remedy() {
    let office = office(NOW).await;
    let recorded = office.facts();
    let include = AdjustmentKind::Include;
    let wrong = [
        (Claim { evidence: " ".to_owned(), ..claim() }, "give evidence"),
        (Claim { evidence: "x".repeat(4_001), ..claim() }, "at most 4000 bytes"),
        (Claim { ground: Ground::FaultReport, ..claim() }, "customer_equipment"),
        (Claim { kind: include, ..claim() }, "it is fault_report"),
        (Claim { service: "web".to_owned(), ..claim() }, "no service is called \"web\""),
        (Claim { until: "2026-11-10T12:00:00.001Z".to_owned(), ..claim() }, "still to come"),
        (Claim { until: claim().from, ..claim() }, "not after from"),
        (Claim { from: "2025-11-01T00:00".to_owned(), ..claim() }, "longer than 366 days"),
        (Claim { from: "2026-10-25T02:30".to_owned(), ..claim() }, "add an offset"),
    ];
    for (claim, expected) in wrong {
        let error = office.refusal(&adjuster("cilla"), Request::AdjustClaim(claim)).await;
        assert!(error.contains(expected), "{error}");
    }
    let unknown = office.refusal(&adjuster("cilla"), decide("A7", Decision::Accepted)).await;
    assert!(unknown.contains("upptid adjust list"), "{unknown}");
    assert_eq!(office.facts(), recorded);
}

#[tokio::test]
async fn c2_1_a_claim_takes_local_time_and_the_list_shows_it_to_everybody() {
    let office = office(NOW).await;
    let local = Claim {
        from: "2026-11-10T11:10".to_owned(),
        until: "2026-11-10T11:20".to_owned(),
        ..claim()
    };
    let first = adjustment(&office, &adjuster("cilla"), Request::AdjustClaim(local)).await;
    assert_eq!((first.from, first.until), (at(&claim().from), at(&claim().until)));
    let mail = Claim { service: "mail".to_owned(), ..claim() };
    let second = adjustment(&office, &adjuster("cilla"), Request::AdjustClaim(mail)).await;
    assert_eq!(second.id, "A2");
    let reader = Peer { account: "bo".to_owned(), may_operate: false, may_adjust: false };
    let list = |service: Option<&str>| Request::AdjustList { service: service.map(str::to_owned) };
    let all = office.ask(&reader, list(None)).await;
    assert_eq!(all, Reply::Adjustments { adjustments: vec![first, second.clone()] });
    let of_mail = office.ask(&reader, list(Some("mail"))).await;
    assert_eq!(of_mail, Reply::Adjustments { adjustments: vec![second] });
}

#[tokio::test]
async fn c10_2_an_operator_neither_claims_nor_decides() {
    let office = office(NOW).await;
    adjustment(&office, &adjuster("cilla"), Request::AdjustClaim(claim())).await;
    let recorded = office.facts();
    for request in [Request::AdjustClaim(claim()), decide("A1", Decision::Accepted)] {
        let error = office.refusal(&operator(), request).await;
        assert!(error.contains("upptid-adjust"), "{error}");
    }
    assert_eq!(office.facts(), recorded);
}
