//! Claims of price reductions as people record them (C7.4, C7.5).

#[expect(dead_code, reason = "shared with the tests of other requests, which use all of it")]
mod office;

use agent::admin::{Peer, ReductionClaimView, Reply, Request};
use contract::{
    ClaimState, ClosedFigure, Contracts, Fact, MonthClose, Reach, ServiceState, month_figure,
};

use office::{Office, adjuster, at, office, operator};

/// In November, after a month that gives a reduction: on 10 October F went over the budget.
async fn november() -> Office {
    let office = office("2026-10-01T00:00:00Z").await;
    let fee = Fact::ServiceSet {
        service: "portal".to_owned(),
        month: "2026-10".to_owned(),
        customer: Some("Exempelbolaget AB".to_owned()),
        terms: "standard".to_owned(),
        monthly_fee: Some("12500.00 SEK".parse().unwrap()),
        contacts: Vec::new(),
    };
    office.ledger.record(vec![(at("2026-10-01T00:00:00Z"), fee)]).await.unwrap();
    office.measured("portal", "2026-10-01T00:00:00Z", ServiceState::Up).await;
    office.outage("portal", "2026-10-10T10:00:00Z", "2026-10-10T12:00:00Z").await;
    office.is_now("2026-11-20T12:00:00Z");
    office
}

/// The agent has closed October.
async fn close(office: &Office) {
    let month = "2026-10".parse().unwrap();
    let figure = office.ledger.read(|history| {
        let contract = Contracts::default().of(history, "portal", month);
        let reach = Reach::running(at("2026-11-01T00:00:00Z"));
        let figure = month_figure(history, "portal", &contract.as_service_contract(), reach);
        ClosedFigure::new(&figure, "standard", "")
    });
    let service = "portal".to_owned();
    let (used_seq, used_hash) = (1, String::new());
    let close = MonthClose { service, month, revision: 0, used_seq, used_hash, figure };
    let fact = Fact::MonthClosed(Box::new(close));
    office.ledger.record(vec![(at("2026-11-01T00:01:00Z"), fact)]).await.unwrap();
}

async fn claims(office: &Office) -> Vec<ReductionClaimView> {
    let reader = Peer { account: "bo".to_owned(), may_operate: false, may_adjust: false };
    match office.ask(&reader, Request::ClaimList { service: None }).await {
        Reply::ReductionClaims { claims } => claims,
        other => panic!("{other:?}"),
    }
}

fn submit(month: &str) -> Request {
    let reference = Some("letter 7".to_owned());
    Request::ClaimSubmit { service: "portal".to_owned(), month: month.to_owned(), reference }
}

fn settle(amount: Option<&str>) -> Request {
    let (service, month) = ("portal".to_owned(), "2026-10".to_owned());
    Request::ClaimSettle { service, month, amount: amount.map(str::to_owned) }
}

async fn done(office: &Office, request: Request) -> ReductionClaimView {
    match office.ask(&adjuster("cilla"), request).await {
        Reply::ReductionClaim { claim } => claim,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn c7_5_a_claim_is_open_then_submitted_then_settled() {
    let office = november().await;
    let [running] = &claims(&office).await[..] else { panic!() };
    assert!(running.provisional, "the month is over, and not closed");
    close(&office).await;
    let [claim] = &claims(&office).await[..] else { panic!() };
    assert_eq!((claim.state, claim.provisional, claim.level), (ClaimState::Open, false, 1));
    assert_eq!(claim.deadline.unwrap().to_string(), "2026-12-10");
    assert_eq!(claim.customer.as_deref(), Some("Exempelbolaget AB"));

    let early = office.refusal(&adjuster("cilla"), settle(None)).await;
    assert!(early.contains("upptid claim submit portal --month 2026-10"), "{early}");
    let submitted = done(&office, submit("2026-10")).await;
    let made = submitted.submitted.as_ref().unwrap();
    assert_eq!((submitted.state, &*made.by), (ClaimState::Submitted, "cilla"));
    assert_eq!(made.reference.as_deref(), Some("letter 7"));
    let again = office.refusal(&adjuster("cilla"), submit("2026-10")).await;
    assert!(again.contains("claimed already: cilla"), "{again}");

    let other = office.refusal(&adjuster("cilla"), settle(Some("100.00 EUR"))).await;
    assert!(other.contains("in SEK, not in EUR"), "{other}");
    // Long after the deadline: it was claimed in time.
    office.is_now("2027-01-20T12:00:00Z");
    let settled = done(&office, settle(None)).await;
    assert_eq!(settled.state, ClaimState::Settled);
    assert_eq!(settled.settled.unwrap().amount.to_string(), "1250.00 SEK");
    let again = office.refusal(&adjuster("cilla"), settle(Some("1.00 SEK"))).await;
    assert!(again.contains("settled already, with 1250.00 SEK"), "{again}");
}

#[tokio::test]
async fn c7_4_after_the_deadline_nothing_can_be_claimed_and_the_refusal_says_what_to_do() {
    let office = november().await;
    close(&office).await;
    office.is_now("2026-12-10T23:00:00Z");
    let recorded = office.facts();
    let late = office.refusal(&adjuster("cilla"), submit("2026-10")).await;
    assert!(
        late.contains("until 2026-12-10") && late.contains("outside of this contract"),
        "{late}"
    );
    assert_eq!(claims(&office).await[0].state, ClaimState::Lapsed);
    assert_eq!(office.facts(), recorded);
    office.is_now("2026-12-10T22:59:59.999Z");
    done(&office, submit("2026-10")).await;
}

#[tokio::test]
async fn c7_4_only_a_reduction_can_be_claimed() {
    let office = november().await;
    close(&office).await;
    for month in ["2026-09", "2026-11"] {
        let none = office.refusal(&adjuster("cilla"), submit(month)).await;
        assert!(none.contains(&format!("no reduction for {month}")), "{none}");
    }
    let typo = office.refusal(&adjuster("cilla"), submit("october")).await;
    assert!(typo.contains("write it like"), "{typo}");
}

#[tokio::test]
async fn c7_3_c7_5_what_is_claimed_of_a_running_month_is_settled_when_it_is_closed() {
    let office = november().await;
    let claimed = done(&office, submit("2026-10")).await;
    assert!(claimed.provisional);
    let early = office.refusal(&adjuster("cilla"), settle(None)).await;
    assert!(early.contains("not closed yet"), "{early}");
    close(&office).await;
    let settled = done(&office, settle(Some("0.00 SEK"))).await;
    assert_eq!(settled.settled.unwrap().amount.to_string(), "0.00 SEK");
}

#[tokio::test]
async fn c10_2_c7_5_who_operates_does_not_record_claims() {
    let office = november().await;
    close(&office).await;
    let recorded = office.facts();
    for request in [submit("2026-10"), settle(None)] {
        let error = office.refusal(&operator(), request).await;
        assert!(error.contains("upptid-adjust"), "{error}");
    }
    assert_eq!(office.facts(), recorded);
}
