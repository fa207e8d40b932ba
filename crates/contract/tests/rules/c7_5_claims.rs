//! Claims of a price reduction (C7.5).

use contract::{ClosedFigure, Contracts, History, MonthClaim, first_lapse, month_claims};
use serde_json::json;

use crate::facts::{Facts, at};

/// Level 1, from the end of 10 October on: claimable until 10 December.
fn october() -> Facts {
    Facts::always_up().down("2026-10-10 20:00", "2026-10-10 22:30").note(
        json!({"fact": "service_set", "service": "portal", "month": "2026-01", "terms": "standard",
               "monthly_fee": "12500.00 SEK"}),
    )
}

impl Facts {
    fn note(self, fact: serde_json::Value) -> Self {
        self.add("2026-12-01", fact)
    }

    pub fn close(self, month: &str, revision: u32) -> Self {
        let figure = ClosedFigure::new(&self.figure(month), "standard", "");
        self.note(json!({"fact": "month_closed", "service": "portal", "month": month,
                         "revision": revision, "used_seq": 1, "used_hash": "", "figure": figure}))
    }

    fn submit(self, month: &str) -> Self {
        self.note(json!({"fact": "claim_submitted", "service": "portal", "month": month,
                         "by": "anna", "reference": "letter 7"}))
    }

    fn settle(self, month: &str) -> Self {
        self.note(json!({"fact": "claim_settled", "service": "portal", "month": month,
                         "amount": "1250.00 SEK", "by": "anna"}))
    }

    fn claims(&self, now: &str) -> Vec<MonthClaim> {
        let history: History = self.history();
        month_claims(&history, &mut Contracts::default(), "portal", at(now))
    }
}

/// `2026-10 1 open 2026-12-10`, and whether it is provisional.
fn told(claims: &[MonthClaim]) -> Vec<String> {
    let told = |claim: &MonthClaim| {
        let deadline = claim.deadline.map_or("-".to_owned(), |date| date.to_string());
        let provisional = if claim.is_provisional { " provisional" } else { "" };
        let (month, level, state) = (claim.month, claim.level, claim.state.as_str());
        format!("{month} {level} {state} {deadline}{provisional}")
    };
    claims.iter().map(told).collect()
}

#[test]
fn c7_5_a_claim_is_open_until_the_deadlines_day_ends_and_lapses_then() {
    let facts = october().close("2026-10", 0);
    let zone_midnight = "2026-12-10 23:00";
    assert_eq!(told(&facts.claims("2026-12-10 22:59:59.999")), ["2026-10 1 open 2026-12-10"]);
    assert_eq!(told(&facts.claims(zone_midnight)), ["2026-10 1 lapsed 2026-12-10"]);
    let claim = &facts.claims("2026-11-10")[0];
    assert_eq!(claim.reduction.as_ref().unwrap().to_string(), "1250.00 SEK");
    assert_eq!(claim.reduction_percent, 10.into());
}

#[test]
fn c7_5_what_is_claimed_in_time_does_not_lapse_and_is_settled_once() {
    let facts = october().close("2026-10", 0).submit("2026-10");
    assert_eq!(told(&facts.claims("2027-03-01")), ["2026-10 1 submitted 2026-12-10"]);
    let facts = facts.settle("2026-10").settle("2026-10");
    let claim = &facts.claims("2027-03-01")[0];
    assert_eq!(claim.state.as_str(), "settled");
    let settled = claim.record.settled.as_ref().unwrap();
    assert_eq!(settled.seq + 1, facts.lines.len() as u64, "the first one stands");
}

#[test]
fn c7_5_c8_2_only_an_open_claim_of_a_closed_month_is_about_to_lapse() {
    let lapse = |facts: &Facts, now: &str| {
        first_lapse(&facts.history(), &mut Contracts::default(), "portal", at(now))
    };
    assert_eq!(lapse(&october(), "2026-11-20"), None, "not closed");
    let facts = october().close("2026-10", 0);
    assert_eq!(lapse(&facts, "2026-11-20"), Some(at("2026-12-10 23:00")));
    assert_eq!(lapse(&facts, "2026-12-10 23:00"), None, "lapsed");
    assert_eq!(lapse(&facts.clone().submit("2026-10"), "2026-11-20"), None);
    // Of two, the first.
    let both = facts.down("2026-11-20 10:00", "2026-11-20 12:00").close("2026-11", 0);
    assert_eq!(lapse(&both, "2026-12-01"), Some(at("2026-12-10 23:00")));
    assert_eq!(lapse(&both, "2026-12-20"), Some(at("2027-01-20 23:00")));
}

#[test]
fn c7_3_c7_5_a_month_that_is_not_closed_is_provisional() {
    let facts = october();
    assert_eq!(told(&facts.claims("2026-10-10 20:30")), [""; 0], "within the budget");
    let running = "2026-10 1 open 2026-12-10 provisional";
    assert_eq!(told(&facts.claims("2026-10-20")), [running]);
    assert_eq!(told(&facts.claims("2026-11-02")), [running], "over, and not closed yet");
    assert_eq!(
        told(&facts.close("2026-10", 0).claims("2026-11-02")),
        ["2026-10 1 open 2026-12-10"]
    );
}

#[test]
fn c6_7_c7_5_a_revision_gives_the_reduction_that_holds() {
    let facts = october().close("2026-10", 0);
    let excluded = facts.clone().exclude("A1", "network", "2026-10-10 20:00", "2026-10-10 22:30");
    assert_eq!(told(&excluded.clone().close("2026-10", 1).claims("2026-11-20")), [""; 0]);
    // What was claimed before is shown, and that nothing is left of it.
    let claimed = excluded.submit("2026-10").close("2026-10", 1);
    assert_eq!(told(&claimed.claims("2027-05-20")), ["2026-10 0 submitted -"]);
}
