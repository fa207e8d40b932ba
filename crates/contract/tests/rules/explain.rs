//! Why a minute is classed as it is: the rules, and the facts they rest on.

use contract::explain::CitedFact;
use contract::fact::{Decision, Ground};
use contract::terms::{MinuteRule, Terms};
use contract::{
    Classed, ExplainedMinute, Explanation, MonthTerms, Reach, ResolvedTerms, ServiceContract, Side,
    StopVerdict, UnmeasuredCause, explain_minute,
};
use serde_json::json;

use crate::facts::{Facts, at};

fn minute_under(facts: &Facts, terms: Terms, instant: &str) -> Option<ExplainedMinute> {
    let history = facts.history();
    let terms = MonthTerms::new(&ResolvedTerms::new(terms).unwrap(), "2026-10".parse().unwrap());
    let contract = ServiceContract { terms: &terms, monthly_fee: None };
    let reach = Reach::replay(&history, Some(at("2026-10-30")));
    explain_minute(&history, "portal", &contract, reach, at(instant))
}

fn minute(facts: &Facts, instant: &str) -> ExplainedMinute {
    minute_under(facts, Terms::default(), instant).unwrap()
}

/// The only piece of the minute.
fn one(facts: &Facts, instant: &str) -> Explanation {
    let mut pieces = minute(facts, instant).pieces;
    assert_eq!(pieces.len(), 1, "{pieces:#?}");
    pieces.remove(0)
}

fn rules(piece: &Explanation) -> Vec<&str> {
    piece.rules.iter().map(|rule| &*rule.rule).collect()
}

fn seqs(facts: &[CitedFact]) -> Vec<u64> {
    facts.iter().map(|fact| fact.seq).collect()
}

#[test]
fn c3_2_downtime_is_explained_by_the_fact_that_began_it_and_the_one_that_ended_it() {
    let facts = Facts::always_up().down("2026-10-10 10:00:30", "2026-10-10 10:20");
    let piece = one(&facts, "2026-10-10 10:10:17");
    assert_eq!((piece.from, piece.until), (at("2026-10-10 10:00:30"), at("2026-10-10 10:20")));
    assert_eq!(piece.class, Classed::Lost { cause: "http_status".to_owned() });
    assert_eq!(rules(&piece), ["C3.2", "C3.4", "C6.1", "C5.5"]);
    assert_eq!(piece.responsible, Some(Side::Provider));
    assert_eq!((seqs(&piece.facts), piece.ended_by.unwrap().seq), (vec![3], 4));
    assert_eq!(piece.facts[0].says, "down (http_status)");
}

#[test]
fn c6_2_a_minute_of_two_classes_is_explained_in_two_pieces_and_counts_by_the_rule() {
    let facts = Facts::always_up().down("2026-10-10 10:00:30", "2026-10-10 10:20");
    let explained = minute(&facts, "2026-10-10 10:00");
    assert_eq!(explained.from, at("2026-10-10 10:00"));
    assert_eq!(explained.until, at("2026-10-10 10:01"));
    let classes: Vec<&str> = explained.pieces.iter().map(|it| it.class.as_str()).collect();
    assert_eq!((classes, explained.counted_ms), (vec!["up", "lost"], 30_000));
    assert_eq!(rules(&explained.pieces[0]), ["C3.7"]);
    for (minute_rule, counted_ms) in [(MinuteRule::Started, 60_000), (MinuteRule::Whole, 0)] {
        let terms = Terms { minute_rule, ..Terms::default() };
        let explained = minute_under(&facts, terms, "2026-10-10 10:00").unwrap();
        assert_eq!((explained.minute_rule, explained.counted_ms), (minute_rule, counted_ms));
    }
}

#[test]
fn c3_3_the_witnesses_answer_is_told() {
    let seen = |state: &str, cause: &str, witnesses: &str| {
        let from = "2026-10-10T10:00:00.000Z";
        Facts::always_up().add(
            "2026-10-10 10:01",
            json!({"fact": "state", "service": "portal", "from": from, "state": state,
                   "cause": cause, "evidence": {"message": "silence", "witnesses": witnesses}}),
        )
    };
    let down = one(&seen("down", "silence", "2 of 3"), "2026-10-10 10:10");
    assert_eq!((&*down.rules[1].rule, down.rules[1].says.contains("(2 of 3)")), ("C3.3", true));
    assert_eq!(down.evidence.unwrap().witnesses.as_deref(), Some("2 of 3"));
    let own = one(&seen("unmeasured", "own_network", "0 of 3"), "2026-10-10 10:10");
    assert_eq!(rules(&own), ["C3.3", "C6.5"]);
    assert!(own.rules[0].says.contains("(0 of 3)"), "{own:?}");
    let (cause, in_lower_bound) = (UnmeasuredCause::OwnNetwork, true);
    assert_eq!(own.class, Classed::Unmeasured { cause, in_lower_bound });
}

#[test]
fn c3_8_what_a_decision_replaced_is_told_too() {
    let facts = Facts::always_up()
        .unmeasured("2026-10-10 10:00", "suspected")
        .down("2026-10-10 10:00", "2026-10-10 10:20");
    let piece = one(&facts, "2026-10-10 10:10");
    assert_eq!(seqs(&piece.facts), [4, 3]);
    assert!(rules(&piece).contains(&"C3.8"));
    let before = one(&facts, "2026-10-10 09:59");
    assert_eq!(before.ended_by.unwrap().seq, 4, "by what holds, not by what was replaced");
    let suspected = Facts::always_up().unmeasured("2026-10-10 10:00", "suspected");
    assert_eq!(rules(&one(&suspected, "2026-10-10 10:10")), ["C3.8", "C6.5"]);
}

#[test]
fn c4_7_a_planned_stop_is_named_with_its_verdict_and_so_is_its_overrun() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-10 10:00", "2026-10-10 10:30")
        .down("2026-10-10 10:00", "2026-10-10 10:40");
    let inside = one(&facts, "2026-10-10 10:10");
    assert_eq!(inside.class, Classed::Planned { cause: "http_status".to_owned() });
    assert!(inside.stops[0].covers && inside.stops[0].verdict == StopVerdict::Valid);
    assert_eq!(rules(&inside), ["C3.2", "C3.4", "C4.7", "C6.1", "C5.5"]);
    let overrun = one(&facts, "2026-10-10 10:35");
    assert_eq!(overrun.class, Classed::Lost { cause: "http_status".to_owned() });
    assert!(!overrun.stops[0].covers);
    assert_eq!(overrun.rules[2].says, "after S1 had ended: what overruns is downtime");
}

#[test]
fn c4_2_a_late_stop_is_named_and_excludes_nothing() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-09", "2026-10-10 10:00", "2026-10-10 10:30")
        .down("2026-10-10 09:50", "2026-10-10 10:40");
    assert!(one(&facts, "2026-10-10 09:59").stops.is_empty());
    let piece = one(&facts, "2026-10-10 10:10");
    assert_eq!(rules(&piece), ["C3.2", "C3.4", "C4.2", "C6.1", "C5.5"]);
    assert!(piece.stops[0].reason.starts_with("late: it starts at 2026-10-10 12:00"), "{piece:?}");
    // Once its window is over it has nothing to do with what goes on.
    assert!(one(&facts, "2026-10-10 10:35").stops.is_empty());
}

#[test]
fn c6_1_of_two_exclusions_the_first_is_named() {
    let facts = Facts::always_up()
        .down("2026-10-10 10:00", "2026-10-10 10:40")
        .exclude("A1", "network", "2026-10-10 10:00", "2026-10-10 10:40")
        .exclude("A2", "dos_attack", "2026-10-10 10:00", "2026-10-10 10:40");
    let piece = one(&facts, "2026-10-10 10:10");
    let (cause, ground) = ("http_status".to_owned(), Ground::Network);
    assert_eq!(piece.class, Classed::Excluded { cause, ground });
    assert_eq!(piece.responsible, Some(Side::ThirdParty));
    let told = &piece.rules[2];
    assert!(told.rule == "C6.1" && told.says.starts_with("A1 counts: "), "{told:?}");
    let cited: Vec<_> = piece.adjustments.iter().map(|it| (it.seq, it.decision_seq)).collect();
    assert_eq!(cited, [(5, Some(6)), (7, Some(8))]);
}

#[test]
fn c5_3_a_claim_that_nobody_decided_is_named_and_does_not_count() {
    let claimed = Facts::always_up().down("2026-10-10 10:00", "2026-10-10 10:40").claim(
        "A1",
        "exclude",
        "network",
        "2026-10-10 10:00",
        "2026-10-10 10:40",
    );
    let open = one(&claimed, "2026-10-10 10:10");
    assert_eq!(rules(&open), ["C3.2", "C3.4", "C5.3", "C6.1", "C5.5"]);
    assert_eq!((open.adjustments[0].decision, open.adjustments[0].counts), (None, false));
    let rejected = one(&claimed.decide("A1", "rejected"), "2026-10-10 10:10");
    assert_eq!(rejected.adjustments[0].decision, Some(Decision::Rejected));
    assert!(rejected.rules[2].says.contains("rejected"), "{rejected:?}");
}

#[test]
fn c5_2_a_fault_report_is_down_whatever_was_measured() {
    let facts = Facts::always_up().include("A1", "2026-10-10 10:00", "2026-10-10 10:20");
    let piece = one(&facts, "2026-10-10 10:10");
    assert_eq!(piece.class, Classed::Lost { cause: "fault_report".to_owned() });
    assert_eq!(rules(&piece), ["C5.2", "C6.1", "C5.5"]);
    assert_eq!(seqs(&piece.facts), [1], "what was measured is told all the same");
}

#[test]
fn c3_6_a_stop_of_measuring_is_cited_for_every_service() {
    let facts = Facts::default()
        .up("2026-10-01")
        .measuring_stopped("2026-10-10 10:00", "agent_off")
        .up("2026-10-10 10:20");
    let piece = one(&facts, "2026-10-10 10:10");
    assert_eq!((rules(&piece), seqs(&piece.facts)), (vec!["C3.6", "C6.5"], vec![2]));
    assert_eq!(piece.facts[0].says, "measuring stopped (agent_off)");
    assert_eq!(piece.ended_by.unwrap().seq, 3);
}

#[test]
fn c3_1_what_nothing_covers_cites_no_fact() {
    let facts = Facts::default().up("2026-10-10").measured("2026-10-11");
    for instant in ["2026-10-09 23:59", "2026-10-11"] {
        let piece = one(&facts, instant);
        assert_eq!(
            (rules(&piece), seqs(&piece.facts)),
            (vec!["C3.1", "C6.5"], vec![]),
            "{instant}"
        );
    }
}

#[test]
fn c2_4_outside_the_contract_the_facts_of_that_are_cited() {
    let facts =
        Facts::always_up().began("2026-10-05").down("2026-10-04", "2026-10-06").ended("2026-10-20");
    let before = one(&facts, "2026-10-04 12:00");
    assert_eq!((&before.class, seqs(&before.facts)), (&Classed::NotInService, vec![3]));
    assert_eq!(
        (rules(&before), before.facts[0].says.as_str()),
        (vec!["C2.4"], "the service begins")
    );
    let after = one(&facts, "2026-10-25");
    assert_eq!(after.facts[0].says, "the service ends");
}

#[test]
fn c3_9_what_has_not_elapsed_and_what_nobody_names_is_not_explained() {
    let facts = Facts::always_up();
    assert_eq!(minute_under(&facts, Terms::default(), "2026-10-30"), None);
    assert_eq!(minute_under(&facts, Terms::default(), "2026-09-30 21:59:59.999"), None);
    assert!(minute_under(&facts, Terms::default(), "2026-09-30 22:00").is_some());
    let other =
        Facts { lines: facts.lines.iter().map(|it| it.replace("portal", "mail")).collect() };
    assert_eq!(minute_under(&other, Terms::default(), "2026-10-10"), None);
}

#[test]
fn c10_1_where_the_journal_was_damaged_it_is_told() {
    let facts = Facts::always_up().add(
        "2026-10-11",
        json!({"fact": "chain_damaged", "last_good_seq": 2, "found": "2026-10.jsonl: line 3",
               "from": "2026-10-10T00:00:00.000Z", "until": "2026-10-11T00:00:00.000Z"}),
    );
    assert_eq!(seqs(&minute(&facts, "2026-10-10 12:00").damage), [3]);
    assert!(minute(&facts, "2026-10-12 12:00").damage.is_empty());
}

#[test]
fn an_explanation_reads_back_as_it_was_written() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-10 10:00", "2026-10-10 10:30")
        .down("2026-10-10 10:00", "2026-10-10 10:40")
        .exclude("A1", "network", "2026-10-10 10:00", "2026-10-10 10:40");
    for instant in ["2026-10-10 10:29:59", "2026-10-10 10:30", "2026-10-10 12:00"] {
        let explained = minute(&facts, instant);
        let text = serde_json::to_string(&explained).unwrap();
        assert_eq!(serde_json::from_str::<ExplainedMinute>(&text).unwrap(), explained);
    }
}
