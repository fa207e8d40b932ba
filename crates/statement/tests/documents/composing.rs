//! What a statement says.

use contract::{ClaimState, Side, StopNotice, StopVerdict};
use serde_json::json;
use statement::document::{Document, OutageClass, ServiceSection};
use statement::json::document_bytes;
use statement::{compose, customers_of};

use crate::journal::{Journal, OCTOBER, instant, position, read};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A journal of one service, with one customer.
fn portal(month: &str) -> Journal {
    Journal::new(month, &[("portal", Some("Exempelbolaget AB"), "standard")])
}

fn closed(journal: &Journal, month: &str) -> Document {
    journal.closed(Some("Exempelbolaget AB"), month, 0).expect("the month is known")
}

fn only(document: &Document) -> &ServiceSection {
    assert_eq!(document.services.len(), 1);
    &document.services[0]
}

/// F in ms, T and its lower bound, the level and the reduction.
fn told(document: &Document) -> (i64, String, String, usize, String) {
    let figure = &only(document).figure;
    let reduction = figure.reduction.as_ref().unwrap().to_string();
    assert_eq!(document.reductions, figure.reduction.clone().into_iter().collect::<Vec<_>>());
    (
        figure.counted_ms,
        figure.availability_percent.to_string(),
        figure.availability_lower_bound_percent.to_string(),
        figure.level,
        reduction,
    )
}

fn telling(
    ms: i64,
    t: &str,
    lower: &str,
    level: usize,
    sek: &str,
) -> (i64, String, String, usize, String) {
    (ms, t.to_owned(), lower.to_owned(), level, format!("{sek} SEK"))
}

#[test]
fn c6_7_the_worked_examples_stand_on_their_statements() {
    for (ms, t, level, sek) in [
        (44 * MINUTE_MS + 42_000, "99.9000", 0, "0.00"),
        (44 * MINUTE_MS + 42_001, "99.8999", 1, "1250.00"),
    ] {
        let mut october = portal("2026-10");
        october.down("portal", "2026-10-07T10:00:00.000Z", ms, "timeout");
        october.measured("2026-10-31T23:00:00.000Z");
        let document = closed(&october, "2026-10");
        assert_eq!(told(&document), telling(ms, t, t, level, sek));
        assert_eq!(only(&document).figure.period_ms, 44_700 * MINUTE_MS);
    }

    let mut march = portal("2026-03");
    march.down("portal", "2026-03-07T10:00:00.000Z", 445_800 * 60, "timeout");
    march.measured("2026-03-31T22:00:00.000Z");
    let document = closed(&march, "2026-03");
    assert_eq!(told(&document), telling(26_748_000, "99.0000", "99.0000", 2, "2500.00"));
    assert_eq!(only(&document).figure.period_ms, 44_580 * MINUTE_MS);

    let announced = |journal: &mut Journal, id: &str, at: &str, from: &str, until: &str| {
        journal.add(
            at,
            json!({"fact": "stop_announced", "id": id, "services": ["portal"], "from": from,
                   "until": until, "reason": "byte av disk", "by": "karin"}),
        );
    };
    let mut late = portal("2026-11");
    announced(
        &mut late,
        "S1",
        "2026-11-07T00:01:00Z",
        "2026-11-10T00:00:00Z",
        "2026-11-10T02:00:00Z",
    );
    late.down("portal", "2026-11-10T00:30:00.000Z", HOUR_MS, "timeout");
    late.measured("2026-11-30T23:00:00.000Z");
    let document = closed(&late, "2026-11");
    assert_eq!(told(&document), telling(HOUR_MS, "99.8611", "99.8611", 1, "1250.00"));
    assert_eq!(only(&document).stops[0].verdict, StopVerdict::Late);

    let mut two = portal("2026-11");
    announced(
        &mut two,
        "S1",
        "2026-10-25T00:00:00Z",
        "2026-11-03T00:00:00Z",
        "2026-11-03T02:00:00Z",
    );
    announced(
        &mut two,
        "S2",
        "2026-10-26T00:00:00Z",
        "2026-11-20T00:00:00Z",
        "2026-11-20T02:00:00Z",
    );
    two.down("portal", "2026-11-03T00:30:00.000Z", 30 * MINUTE_MS, "timeout");
    two.down("portal", "2026-11-20T00:30:00.000Z", 30 * MINUTE_MS, "timeout");
    two.measured("2026-11-30T23:00:00.000Z");
    let document = closed(&two, "2026-11");
    assert_eq!(told(&document), telling(30 * MINUTE_MS, "99.9305", "99.9305", 0, "0.00"));
    let verdicts: Vec<_> = only(&document).stops.iter().map(|stop| stop.verdict).collect();
    assert_eq!(verdicts, [StopVerdict::Valid, StopVerdict::Surplus]);
    assert_eq!(only(&document).stops[0].notice, StopNotice::NotDelivered);

    let document = closed(&attacked(), "2026-11");
    assert_eq!(told(&document), telling(40 * MINUTE_MS, "99.9074", "99.6296", 0, "0.00"));
}

/// Down 50 min, 10 of them accepted as a DoS attack, and 2 h without an agent.
fn attacked() -> Journal {
    let mut journal = portal("2026-11");
    journal.down("portal", "2026-11-10T00:00:00.000Z", 50 * MINUTE_MS, "timeout");
    journal.add(
        "2026-11-11T00:00:00Z",
        json!({"fact": "adjustment_claimed", "id": "A1", "kind": "exclude", "service": "portal",
               "from": "2026-11-10T00:10:00Z", "until": "2026-11-10T00:20:00Z",
               "ground": "dos_attack", "evidence": "flödeslogg", "by": "karin"}),
    );
    journal.add(
        "2026-11-12T00:00:00Z",
        json!({"fact": "adjustment_decided", "id": "A1", "decision": "accepted", "by": "olle"}),
    );
    journal.add(
        "2026-11-15T02:00:00Z",
        json!({"fact": "measuring_stopped", "from": "2026-11-15T00:00:00Z", "cause": "agent_off"}),
    );
    journal.state("portal", "2026-11-15T02:00:00.000Z", "up");
    journal.measured("2026-11-30T23:00:00.000Z");
    journal
}

#[test]
fn c5_5_every_minute_lost_planned_or_excluded_has_its_side() {
    let document = closed(&attacked(), "2026-11");
    let section = only(&document);
    let sides: Vec<_> = section.responsible_ms.iter().map(|(side, ms)| (*side, *ms)).collect();
    assert_eq!(sides, [(Side::Provider, 40 * MINUTE_MS), (Side::ThirdParty, 10 * MINUTE_MS)]);
    let outages: Vec<_> =
        section.outages.iter().map(|it| (it.ms, it.class, it.responsible)).collect();
    assert_eq!(
        outages,
        [
            (10 * MINUTE_MS, OutageClass::Lost, Side::Provider),
            (10 * MINUTE_MS, OutageClass::Excluded, Side::ThirdParty),
            (30 * MINUTE_MS, OutageClass::Lost, Side::Provider),
        ]
    );
    let figure = &section.figure;
    let down = figure.lost_ms + figure.planned_ms + figure.excluded_ms;
    assert_eq!(section.responsible_ms.values().sum::<i64>(), down);
}

#[test]
fn each_outage_shows_what_was_seen_of_it() {
    let mut journal = portal("2026-11");
    journal.state("portal", "2026-11-10T00:00:00.000Z", "timeout");
    journal.down("portal", "2026-11-10T00:10:00.000Z", 5 * MINUTE_MS, "http_status");
    // C5.2: what was measured is no evidence of what a customer reported.
    journal.add(
        "2026-11-21T00:00:00Z",
        json!({"fact": "adjustment_claimed", "id": "A1", "kind": "include", "service": "portal",
               "from": "2026-11-20T00:00:00Z", "until": "2026-11-20T00:01:00Z",
               "ground": "fault_report", "evidence": "ärende 7", "by": "karin"}),
    );
    journal.add(
        "2026-11-22T00:00:00Z",
        json!({"fact": "adjustment_decided", "id": "A1", "decision": "accepted", "by": "olle"}),
    );
    journal.measured("2026-11-30T23:00:00.000Z");
    let document = closed(&journal, "2026-11");
    let seen: Vec<_> = only(&document)
        .outages
        .iter()
        .map(|it| (it.cause.as_str(), it.evidence.as_ref().map(|seen| seen.message.as_str())))
        .collect();
    assert_eq!(
        seen,
        [
            ("timeout", Some("timeout at 2026-11-10T00:00:00.000Z")),
            ("http_status", Some("http_status at 2026-11-10T00:10:00.000Z")),
            ("fault_report", None),
        ]
    );
}

#[test]
fn c3_3_the_statement_says_that_no_witness_was_used() {
    let mut journal = portal("2026-10");
    journal.measured("2026-10-31T23:00:00.000Z");
    let document = closed(&journal, "2026-10");
    assert!(document.vantage.witnesses.is_empty() && document.vantage.witnesses_needed == 0);
    let bytes = document_bytes(&document);
    assert!(bytes.contains("\"witnesses\": []") && bytes.contains("\"witnesses_needed\": 0"));
    journal.add(
        "2026-10-31T23:00:01Z",
        json!({"fact": "vantage_set", "agent": "gbg-1", "witnesses": ["gateway", "anchor"], "witnesses_needed": 2}),
    );
    assert_eq!(closed(&journal, "2026-10").vantage.witnesses, ["gateway", "anchor"]);
}

#[test]
fn c10_5_a_statement_carries_its_label_and_names_no_operator() {
    let mut journal = attacked();
    let bytes = document_bytes(&closed(&journal, "2026-11"));
    assert!(bytes.contains("\"classification\": \"ÖPPEN\""));
    for name in ["karin", "olle", "anna"] {
        assert!(!bytes.contains(name), "{name} is named: {bytes}");
    }
    journal
        .add("2026-12-01T00:00:00Z", json!({"fact": "provider_set", "classification": "INTERN"}));
    assert_eq!(closed(&journal, "2026-11").classification, "INTERN");
}

#[test]
fn c2_1_each_service_has_the_month_of_its_own_zone() {
    let services = [
        ("portal", Some("Exempelbolaget AB"), "standard"),
        ("kiosk", Some("Exempelbolaget AB"), "lisbon"),
        ("other", Some("Annan AB"), "standard"),
    ];
    let mut journal = Journal::new("2026-10", &services);
    journal.terms("lisbon", json!({"timezone": "Europe/Lisbon"}));
    // The last hour of October in Lisbon, the first of November in Stockholm.
    journal.down("kiosk", "2026-10-31T23:30:00.000Z", MINUTE_MS, "timeout");
    journal.down("portal", "2026-10-31T23:30:00.000Z", MINUTE_MS, "timeout");
    journal.measured("2026-10-31T23:59:00.000Z");
    // C6.7: a month is not closed before all of it is decided.
    assert_eq!(journal.closed(Some("Exempelbolaget AB"), "2026-10", 0), None);
    assert!(journal.closed(Some("Annan AB"), "2026-10", 0).is_some());
    journal.measured("2026-11-01T00:00:00.000Z");
    let document = closed(&journal, "2026-10");
    let lost: Vec<_> = document
        .services
        .iter()
        .map(|it| (it.service.as_str(), it.until.to_string(), it.figure.lost_ms))
        .collect();
    assert_eq!(
        lost,
        [
            ("kiosk", "2026-11-01T00:00:00.000Z".to_owned(), MINUTE_MS),
            ("portal", "2026-10-31T23:00:00.000Z".to_owned(), 0),
        ]
    );
    assert_eq!(document.reductions.len(), 1);
    let customers = customers_of(&journal.history(), "2026-10".parse().unwrap());
    assert_eq!(customers, [Some("Annan AB".to_owned()), Some("Exempelbolaget AB".to_owned())]);
}

#[test]
fn nothing_is_said_of_a_month_of_which_nothing_is_known() {
    let mut journal = portal("2026-10");
    journal.measured("2026-10-10T00:00:00.000Z");
    for month in ["2026-08", "2026-11", "2027-01"] {
        assert_eq!(journal.provisional(Some("Exempelbolaget AB"), month), None, "{month}");
        assert!(customers_of(&journal.history(), month.parse().unwrap()).is_empty(), "{month}");
    }
    assert_eq!(journal.provisional(Some("Nobody AB"), "2026-10"), None);
    assert_eq!(journal.provisional(None, "2026-10"), None);
    assert_eq!(Journal::default().provisional(None, "2026-10"), None);
    assert!(customers_of(&contract::History::new(), "2026-10".parse().unwrap()).is_empty());
}

#[test]
fn c3_9_a_provisional_statement_reaches_to_what_is_decided() {
    let mut journal = portal("2026-10");
    journal.measured("2026-10-10T00:00:00.000Z");
    let document = journal.provisional(Some("Exempelbolaget AB"), "2026-10").unwrap();
    assert_eq!(document.issued_at, instant("2026-10-10T00:00:00Z"));
    let section = only(&document);
    assert!(!section.complete);
    assert_eq!(section.elapsed_ms, document.issued_at.since(instant(OCTOBER)));
    assert_eq!(section.figure.up_ms, section.elapsed_ms);
}

#[test]
fn c2_4_a_service_outside_the_contract_for_the_whole_month_is_left_out() {
    let services = [("portal", Some("A"), "standard"), ("old", Some("A"), "standard")];
    let mut journal = Journal::new("2026-10", &services);
    journal.add(OCTOBER, json!({"fact": "service_ended", "service": "old", "from": OCTOBER}));
    journal.measured("2026-10-31T23:00:00.000Z");
    let document = journal.closed(Some("A"), "2026-10", 0).unwrap();
    assert_eq!(only(&document).service, "portal");
}

#[test]
fn c6_7_a_revision_shows_both_figures() {
    let mut journal = portal("2026-10");
    journal.down("portal", "2026-10-07T10:00:00.000Z", HOUR_MS, "timeout");
    journal.measured("2026-10-31T23:00:00.000Z");
    let first = closed(&journal, "2026-10");
    assert_eq!((only(&first).previous.clone(), only(&first).claim), (None, Some(ClaimState::Open)));
    let figure = &only(&first).figure;
    journal.add(
        "2026-10-31T23:00:01Z",
        json!({"fact": "month_closed", "service": "portal", "month": "2026-10", "revision": 0,
               "used_seq": first.ledger.seq, "used_hash": first.ledger.hash, "figure": figure}),
    );
    journal.add(
        "2026-11-02T00:00:00Z",
        json!({"fact": "adjustment_claimed", "id": "A1", "kind": "exclude", "service": "portal",
               "from": "2026-10-07T10:00:00Z", "until": "2026-10-07T10:30:00Z",
               "ground": "customer_equipment", "evidence": "brandvägg", "by": "karin"}),
    );
    journal.add(
        "2026-11-03T00:00:00Z",
        json!({"fact": "adjustment_decided", "id": "A1", "decision": "accepted", "by": "olle"}),
    );
    let second = journal.closed(Some("Exempelbolaget AB"), "2026-10", 1).unwrap();
    let section = only(&second);
    let previous = section.previous.as_ref().unwrap();
    assert_eq!((previous.revision, &previous.figure), (0, figure));
    assert_eq!(previous.closed_at, instant("2026-10-31T23:00:01Z"));
    assert_eq!(section.figure.lost_ms, 30 * MINUTE_MS);
    assert_eq!(section.claim, None);
    // The first one can still be made as it was, from the lines that it was made from.
    let lines = &journal.lines[..first.ledger.seq as usize];
    let again = compose(
        &read(lines),
        &statement::Asked {
            customer: first.customer.as_deref(),
            month: first.month,
            revision: 0,
            status: first.status,
            issued_at: first.issued_at,
            ledger: position(first.ledger.seq),
        },
    );
    assert_eq!(again, Some(first));
}

#[test]
fn c10_6_a_notifiable_incident_shows_what_is_due_and_what_was_handed_in() {
    let mut journal = portal("2026-10");
    let opened = "2026-10-07T10:00:00.000Z";
    journal.down("portal", opened, HOUR_MS, "timeout");
    journal.add(
        "2026-10-07T12:00:00Z",
        json!({"fact": "incident_notifiable", "service": "portal", "opened": opened,
               "detected": "2026-10-07T10:05:00Z", "by": "karin"}),
    );
    journal.add(
        "2026-10-08T08:00:00Z",
        json!({"fact": "incident_reported", "service": "portal", "opened": opened,
               "stage": "early_warning", "by": "karin"}),
    );
    journal.measured("2026-10-31T23:00:00.000Z");
    let document = closed(&journal, "2026-10");
    let reports: Vec<_> = only(&document).incidents[0]
        .notifiable
        .iter()
        .map(|due| (due.stage.as_str(), due.deadline.to_string(), due.reported_at))
        .collect();
    assert_eq!(
        reports,
        [
            (
                "early_warning",
                "2026-10-08T10:05:00.000Z".to_owned(),
                Some(instant("2026-10-08T08:00:00Z"))
            ),
            ("notification", "2026-10-10T10:05:00.000Z".to_owned(), None),
            // A calendar month later in Stockholm, where the clocks have gone back.
            ("final", "2026-11-10T11:05:00.000Z".to_owned(), None),
        ]
    );
}

#[test]
fn c7_5_the_claim_stands_as_it_stood_when_the_statement_was_made() {
    let mut journal = portal("2026-10");
    journal.down("portal", "2026-10-07T10:00:00.000Z", HOUR_MS, "timeout");
    journal.measured("2026-10-31T23:00:00.000Z");
    assert_eq!(only(&closed(&journal, "2026-10")).claim, Some(ClaimState::Open));
    journal.add(
        "2026-11-05T00:00:00Z",
        json!({"fact": "claim_submitted", "service": "portal", "month": "2026-10", "by": "karin"}),
    );
    assert_eq!(only(&closed(&journal, "2026-10")).claim, Some(ClaimState::Submitted));
}

#[test]
fn another_customers_lines_change_nothing() {
    let services = [("portal", Some("A"), "standard"), ("other", Some("B"), "standard")];
    let mut journal = Journal::new("2026-10", &services);
    journal.down("portal", "2026-10-07T10:00:00.000Z", HOUR_MS, "timeout");
    journal.down("other", "2026-10-09T10:00:00.000Z", HOUR_MS, "timeout");
    journal.measured("2026-10-31T23:00:00.000Z");
    journal.state("other", "2026-10-31T23:10:00.000Z", "timeout");
    let whole =
        [journal.closed(Some("A"), "2026-10", 0), journal.provisional(Some("A"), "2026-10")];
    assert!(whole.iter().all(Option::is_some));

    let mut export = contract::History::new();
    for line in &journal.lines {
        let text = serde_json::to_string(line).unwrap();
        match text.contains("\"service\":\"other\"") {
            true => export.pass_over(line.seq).unwrap(),
            false => export.apply(line).unwrap(),
        }
    }
    for document in whole.into_iter().flatten() {
        let asked = statement::Asked {
            customer: Some("A"),
            month: document.month,
            revision: 0,
            status: document.status,
            issued_at: document.issued_at,
            ledger: document.ledger.clone(),
        };
        assert_eq!(compose(&export, &asked), Some(document));
    }
}
