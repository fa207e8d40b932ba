//! What a segment repeats of the facts before it, and what a history forgets.

use contract::{ClosedFigure, History, State, UnmeasuredCause};
use serde_json::{Value, json};

use crate::facts::{Facts, at};

/// Facts, each with when it was recorded and whether a segment that opens at [`OPENED`] repeats it.
type Table = Vec<(&'static str, &'static str, Value)>;

/// States are carried over from two days before, papers from 128 days before: 27 June.
const OPENED: &str = "2026-11-02";

const KEPT: &str = "kept";
const LEFT: &str = "left";

/// Checks that a segment repeats those of the table that are kept, also after others are forgotten.
fn check(table: &Table) -> History {
    let add = |facts: Facts, (_, at, fact): &(_, &str, Value)| facts.add(at, fact.clone());
    let mut history = table.iter().fold(Facts::default(), add).history();
    let numbered = (1_u64..).zip(table);
    let kept: Vec<u64> =
        numbered.filter(|(_, (fate, ..))| *fate == KEPT).map(|(seq, _)| seq).collect();
    let carried = |history: &History| -> Vec<u64> {
        history.carry_over(at(OPENED)).iter().map(|line| line.seq).collect()
    };
    assert_eq!(carried(&history), kept);
    history.forget_before(at(OPENED));
    assert_eq!(carried(&history), kept);
    history
}

fn state(from: &str, state: &str) -> Value {
    json!({"fact": "state", "service": "portal", "from": at(from), "state": state,
           "cause": "http_status"})
}

#[test]
fn of_states_presence_settings_and_terms_what_is_in_force_and_what_follows_is_repeated() {
    let stopped =
        |from: &str| json!({"fact": "measuring_stopped", "from": at(from), "cause": "suspended"});
    let presence =
        |fact: &str, from: &str| json!({"fact": fact, "service": "portal", "from": at(from)});
    let set = |month: &str| json!({"fact": "service_set", "service": "portal", "month": month, "terms": "standard"});
    let terms = |name: &str, month: &str| json!({"fact": "terms_set", "name": name, "month": month, "terms": {}});
    let history = check(&vec![
        (LEFT, "2026-01-01", terms("standard", "2026-01")),
        (KEPT, "2026-01-01", terms("standard", "2026-10")),
        (KEPT, "2026-01-01", terms("standard", "2026-11")),
        (LEFT, "2026-01-01", terms("jour", "2026-01")),
        (KEPT, "2026-01-01", terms("jour", "2026-02")),
        (LEFT, "2026-01-01", set("2026-01")),
        (KEPT, "2026-01-01", set("2026-10")),
        (KEPT, "2026-01-01", set("2026-11")),
        (LEFT, "2026-01-01", presence("service_began", "2026-01-01")),
        (LEFT, "2026-01-02", presence("service_ended", "2026-01-02")),
        (KEPT, "2026-01-03", presence("service_began", "2026-01-03")),
        (LEFT, "2026-01-03", state("2026-01-03", "up")),
        (LEFT, "2026-02-01", stopped("2026-02-01")),
        (KEPT, "2026-03-01", stopped("2026-03-01")),
        (LEFT, "2026-04-01", state("2026-04-01", "up")),
        (KEPT, "2026-04-02", state("2026-04-02", "up")),
        (KEPT, "2026-11-03", state("2026-11-03", "up")),
    ]);
    let state = |instant: &str| history.state_at("portal", at(instant)).state;
    let no_record = State::Unmeasured { cause: UnmeasuredCause::NoRecord };
    assert_eq!(
        (state("2026-02-15"), state("2026-04-01")),
        (no_record, State::Unmeasured { cause: UnmeasuredCause::Suspended })
    );
    assert_eq!((state("2026-04-02"), state("2026-11-03")), (State::Up, State::Up));
}

#[test]
fn c5_3_of_adjustments_those_not_over_or_not_decided_are_repeated() {
    let claimed = |id: &str, until: &str| {
        json!({"fact": "adjustment_claimed", "id": id, "kind": "exclude", "service": "portal",
               "from": at("2026-01-01"), "until": at(until), "ground": "network",
               "evidence": "a log", "by": "anna"})
    };
    let decided = |id: &str| json!({"fact": "adjustment_decided", "id": id, "decision": "accepted", "by": "bo"});
    check(&vec![
        (LEFT, "2026-03-01", claimed("A1", "2026-02-01")),
        (LEFT, "2026-03-01", decided("A1")),
        (KEPT, "2026-03-01", claimed("A2", "2026-02-01")),
        (LEFT, "2026-10-31", claimed("A3", "2026-10-31")),
        (LEFT, "2026-10-31", decided("A3")),
        (KEPT, "2026-10-31", claimed("A4", "2026-10-31 00:00:00.001")),
        (KEPT, "2026-10-31", decided("A4")),
        (KEPT, "2026-10-31", claimed("A5", "2026-02-01")),
    ]);
}

#[test]
fn c4_3_of_stops_those_not_over_and_those_of_their_months_are_repeated() {
    let stop = |id: &str, from: &str, until: &str| {
        json!({"fact": "stop_announced", "id": id, "services": ["portal"], "from": at(from),
               "until": at(until), "reason": "patches", "by": "anna"})
    };
    // One that ends with the margin is over, and what lies 32 days before it is left.
    let table = |last_until: &str, fate| {
        vec![
            (fate, "2026-09-01", stop("S1", "2026-09-20", "2026-09-21")),
            (KEPT, "2026-09-01", stop("S2", "2026-09-29", "2026-09-30")),
            (KEPT, "2026-09-01", stop("S3", "2026-10-20", last_until)),
            (KEPT, "2026-09-01", stop("S4", "2026-12-20", "2026-12-21")),
        ]
    };
    check(&table("2026-10-31", LEFT));
    check(&table("2026-10-31 00:00:00.001", KEPT));
}

#[test]
fn c9_1_an_incident_under_way_keeps_its_opening_unless_it_flaps_for_long() {
    // A change every five minutes, the last one a minute before the margin.
    let carried = |changes: i64| {
        let margin = at("2026-10-31");
        let instant = |place: i64| margin.plus_ms(-60_000 - (changes - place) * 300_000);
        let mut facts = Facts::default().up("2026-01-01");
        for place in 0..=changes {
            let state = if place % 2 == 0 { "down" } else { "up" };
            let fact = json!({"fact": "state", "service": "portal", "from": instant(place),
                              "state": state, "cause": "http_status"});
            facts = facts.add("2026-10-31", fact);
        }
        facts.history().carry_over(at(OPENED)).len()
    };
    assert_eq!(carried(1000), 1001);
    assert_eq!(carried(1001), 1);
}

#[test]
fn c7_4_c10_6_of_papers_those_that_bear_on_what_follows_are_repeated() {
    let figure = ClosedFigure::new(&Facts::always_up().figure("2026-10"), "standard", "");
    let closed = |month: &str, level: usize| {
        let mut figure = serde_json::to_value(&figure).unwrap();
        figure["level"] = level.into();
        json!({"fact": "month_closed", "service": "portal", "month": month, "revision": 0,
               "used_seq": 1, "used_hash": "", "figure": figure})
    };
    let submitted = |month: &str| json!({"fact": "claim_submitted", "service": "portal", "month": month, "by": "anna"});
    let settled = json!({"fact": "claim_settled", "service": "portal", "month": "2026-06",
                         "amount": "1250.00 SEK", "by": "anna"});
    let marked = |opened: &str| {
        json!({"fact": "incident_notifiable", "service": "portal", "opened": at(opened),
               "detected": at(opened), "by": "anna"})
    };
    let reported = |opened: &str, stage: &str| {
        json!({"fact": "incident_reported", "service": "portal", "opened": at(opened),
               "stage": stage, "by": "anna"})
    };
    let delivered = json!({"fact": "notice_delivered", "notice": "stop_announced",
                           "service": "portal", "about": "S1", "contact": "anna",
                           "channel": "mail"});
    let history = check(&vec![
        // Those that left something to claim, and the last one.
        (LEFT, "2026-09-01", closed("2026-05", 1)),
        (KEPT, "2026-09-01", closed("2026-06", 1)),
        (LEFT, "2026-09-01", closed("2026-07", 0)),
        (KEPT, "2026-09-01", closed("2026-08", 0)),
        (LEFT, "2026-09-01", submitted("2026-05")),
        (KEPT, "2026-09-01", submitted("2026-06")),
        (KEPT, "2026-09-01", settled),
        // Those whose final report is not handed in, and recent ones.
        (LEFT, "2026-06-01", marked("2026-05-01")),
        (LEFT, "2026-06-01", reported("2026-05-01", "final")),
        (KEPT, "2026-06-01", marked("2026-05-02")),
        (KEPT, "2026-06-01", reported("2026-05-02", "early_warning")),
        (KEPT, "2026-06-27", marked("2026-06-27")),
        (KEPT, "2026-06-27", reported("2026-06-27", "final")),
        (LEFT, "2026-06-26 23:59:59.999", delivered.clone()),
        (KEPT, "2026-06-27", delivered),
    ]);
    let closes: Vec<String> =
        history.closes("portal").iter().map(|made| made.close.month.to_string()).collect();
    assert_eq!(closes, ["2026-06", "2026-08"]);
    let latest = |month: &str| history.latest_close("portal", month.parse().unwrap());
    assert_eq!(latest("2026-06").map(|made| made.seq), Some(2));
    assert_eq!(latest("2026-07"), None);
    let claimed: Vec<String> =
        history.claimed_months("portal").map(|month| month.to_string()).collect();
    assert_eq!(claimed, ["2026-06"]);
    let marked: Vec<_> = history.notifiable("portal").iter().map(|made| made.opened).collect();
    assert_eq!(marked, [at("2026-05-02"), at("2026-06-27")]);
    assert_eq!(history.deliveries("portal").len(), 1);
}

#[test]
fn c10_1_the_offices_latest_and_each_customers_last_statement_are_repeated() {
    let provider =
        |name: &str| json!({"fact": "provider_set", "name": name, "classification": "ÖPPEN"});
    let vantage =
        |agent: &str| json!({"fact": "vantage_set", "agent": agent, "witnesses_needed": 0});
    let key = |public_key: &str| json!({"fact": "signing_key_set", "public_key": public_key});
    let signed = |customer: &str, month: &str| {
        json!({"fact": "statement_signed", "customer": customer, "month": month, "revision": 0,
               "issued_at": at("2026-09-01"), "used_seq": 1, "used_hash": "", "sha256": "",
               "public_key": "", "signature": ""})
    };
    let history = check(&vec![
        (LEFT, "2026-01-01", provider("Exempel Drift AB")),
        (KEPT, "2026-01-02", provider("Exempel Molndrift AB")),
        (LEFT, "2026-01-01", vantage("gbg-1")),
        (KEPT, "2026-01-02", vantage("gbg-2")),
        (LEFT, "2026-01-01", key("00")),
        (KEPT, "2026-01-02", key("01")),
        (LEFT, "2026-09-01", signed("Annan", "2026-02")),
        (KEPT, "2026-09-01", signed("Annan", "2026-03")),
        (LEFT, "2026-09-01", signed("Exempel", "2026-05")),
        (KEPT, "2026-09-01", signed("Exempel", "2026-06")),
        (KEPT, "2026-09-01", signed("Exempel", "2026-07")),
    ]);
    assert_eq!(history.provider().name.as_deref(), Some("Exempel Molndrift AB"));
    assert_eq!(history.vantage().map(|vantage| &*vantage.agent), Some("gbg-2"));
    assert_eq!(history.signing_key(), Some("01"));
    assert_eq!(history.statements().len(), 3);
    let of = |customer: &str, month: &str| {
        history.statements_of(Some(customer), month.parse().unwrap()).map(|made| made.seq).collect()
    };
    let made: [Vec<u64>; 3] =
        [of("Exempel", "2026-06"), of("Annan", "2026-03"), of("Annan", "2026-06")];
    assert_eq!(made, [vec![10], vec![8], vec![]]);
}
