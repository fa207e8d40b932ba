//! Reading facts: what is refused, what is passed over, what is carried over.

use contract::{
    Fact, FactErrorKind, History, Interval, Line, Reach, State, StopVerdict, Terms,
    UnmeasuredCause, parse_line,
};
use serde_json::json;

use crate::facts::{Facts, at, figure};

fn refusal(facts: &Facts) -> FactErrorKind {
    let mut history = History::new();
    let error = history.read("facts", &facts.text()).unwrap_err();
    assert_eq!(error.line, Some(u64::try_from(facts.lines.len()).unwrap()), "{error}");
    assert!(error.to_string().starts_with("facts: line "), "{error}");
    // Nothing of the line has been taken.
    let before = Facts { lines: facts.lines[..facts.lines.len() - 1].to_vec() }.history();
    assert_eq!(format!("{history:?}").len(), format!("{before:?}").len());
    error.kind
}

#[test]
fn a_gap_and_a_repeat_in_seq_are_refused() {
    let facts = Facts::always_up();
    let with = |line: &str| Facts { lines: [&facts.lines[..], &[line.to_owned()]].concat() };
    let seq = |found| FactErrorKind::Seq { expected: 3, found };
    let last = &facts.lines[1];
    assert_eq!(refusal(&with(last)), seq(2));
    assert_eq!(refusal(&with(&last.replace("\"seq\":2", "\"seq\":4"))), seq(4));
    let second = Facts { lines: vec![last.clone()] };
    assert_eq!(refusal(&second), FactErrorKind::Seq { expected: 1, found: 2 });
}

#[test]
fn an_interval_that_ends_where_it_begins_is_refused() {
    let empty = |id: &str| FactErrorKind::EmptyInterval { id: id.to_owned() };
    let stop = Facts::always_up().stop("S1", "2026-10-01", "2026-10-10", "2026-10-10");
    assert_eq!(refusal(&stop), empty("S1"));
    let claim =
        Facts::always_up().claim("A1", "exclude", "network", "2026-10-10", "2026-10-09 23:00");
    assert_eq!(refusal(&claim), empty("A1"));
}

#[test]
fn measuring_cannot_stop_before_what_is_known() {
    let measured = Facts::default().up("2026-10-01").measured("2026-10-02");
    let stopped = measured.clone().measuring_stopped("2026-10-01 23:59:59.999", "agent_off");
    let known = "2026-10-02T00:00:00.000Z".to_owned();
    assert_eq!(refusal(&stopped), FactErrorKind::StoppedTooEarly { known });
    let later = measured.measuring_stopped("2026-10-02", "agent_off").history();
    assert_eq!(later.last_known(), Some(at("2026-10-02")));
    // A stop may lie before an earlier stop, but not before any service's state.
    let again = Facts::default()
        .up("2026-10-01")
        .measuring_stopped("2026-10-03", "agent_off")
        .measuring_stopped("2026-10-02", "suspended");
    again.history();
    let state = Facts::default().up("2026-10-03").measuring_stopped("2026-10-02", "agent_off");
    assert!(matches!(refusal(&state), FactErrorKind::StoppedTooEarly { .. }));
}

#[test]
fn ids_are_defined_once_and_before_they_are_used() {
    let stop = Facts::always_up().stop("S1", "2026-10-01", "2026-10-10", "2026-10-11");
    let again = stop.clone().stop("S1", "2026-10-01", "2026-10-20", "2026-10-21");
    assert_eq!(refusal(&again), FactErrorKind::RepeatedId("S1".to_owned()));
    let unknown = stop.clone().cancel("S2", "2026-10-02");
    assert_eq!(refusal(&unknown), FactErrorKind::UnknownId("S2".to_owned()));
    let twice = stop.cancel("S1", "2026-10-02").cancel("S1", "2026-10-03");
    assert_eq!(refusal(&twice), FactErrorKind::CancelledTwice("S1".to_owned()));
    let claim = Facts::always_up().exclude("A1", "network", "2026-10-10", "2026-10-11");
    let again = claim.claim("A1", "exclude", "network", "2026-10-10", "2026-10-11");
    assert_eq!(refusal(&again), FactErrorKind::RepeatedId("A1".to_owned()));
    let unknown = Facts::always_up().decide("A1", "accepted");
    assert_eq!(refusal(&unknown), FactErrorKind::UnknownId("A1".to_owned()));
}

#[test]
fn a_broken_line_is_named_and_a_blank_one_is_not() {
    let mut facts = Facts::always_up();
    facts.lines.push(String::new());
    facts.lines.push("{\"seq\":3,".to_owned());
    let error = History::new().read("2026-10.jsonl", &facts.text()).unwrap_err();
    assert_eq!(error.line, Some(4));
    assert!(error.to_string().starts_with("2026-10.jsonl: line 4: not a fact in JSON (EOF"));
}

#[test]
fn the_current_state_is_told_with_its_start() {
    let history = Facts::default()
        .up("2026-10-01")
        .unmeasured("2026-10-02", "suspected")
        .down("2026-10-02", "2026-10-04")
        .history();
    let state = history.state_at("portal", at("2026-10-03"));
    assert_eq!(state.state, State::Down { cause: "http_status" });
    assert_eq!(state.since, Some(at("2026-10-02")));
    assert_eq!(history.current_state("portal").state, State::Up);
    let nothing = history.current_state("mail");
    assert_eq!(nothing.state, State::Unmeasured { cause: UnmeasuredCause::NoRecord });
    assert_eq!(nothing.since, None);
    assert_eq!(history.services().collect::<Vec<_>>(), ["portal"]);
}

#[test]
fn terms_and_settings_are_those_of_the_latest_month_up_to_it() {
    let set = |facts: Facts, month: &str, target: &str, fee: &str| {
        let mut terms = serde_json::to_value(Terms::default()).unwrap();
        terms["target"] = target.into();
        facts
            .add(
                "2026-01-01",
                json!({"fact": "terms_set", "name": "standard", "month": month,
                "terms": terms}),
            )
            .add(
                "2026-01-01",
                json!({"fact": "service_set", "service": "portal", "month": month,
                "terms": "standard", "monthly_fee": fee}),
            )
    };
    let facts = set(Facts::default(), "2026-03", "99.9", "1.00 SEK");
    let facts = set(facts, "2026-06", "99.5", "2.00 SEK");
    let facts = set(facts, "2026-06", "99.6", "3.00 SEK");
    let history = facts.history();
    for (month, target, fee) in [
        ("2026-01", "99.9", "1.00 SEK"),
        ("2026-03", "99.9", "1.00 SEK"),
        ("2026-05", "99.9", "1.00 SEK"),
        ("2026-06", "99.6", "3.00 SEK"),
        ("2027-01", "99.6", "3.00 SEK"),
    ] {
        let month = month.parse().unwrap();
        let setting = history.setting_in_force("portal", month).unwrap();
        assert_eq!(setting.monthly_fee.as_ref().unwrap().to_string(), fee);
        let terms = history.terms_in_force(&setting.terms, month).unwrap();
        assert_eq!(terms.terms.target.to_string(), target);
    }
    assert_eq!(history.terms_in_force("jour", "2026-06".parse().unwrap()), None);
}

/// A segment that opens at `opened` and carries over what `before` still says.
fn segment(before: &Facts, opened: &str) -> Facts {
    let seq = before.lines.len() + 1;
    let text = json!({"seq": seq, "at": at(opened), "fact": "segment_opened", "format": 1,
        "month": "2026-11", "agent": "gbg-1", "version": "0.1.0"})
    .to_string();
    let mut lines = vec![text];
    for line in before.history().carry_over(at(opened)) {
        let seq = u64::try_from(before.lines.len() + lines.len() + 1).unwrap();
        let fact = Fact::CarriedOver { line: Box::new(line) };
        let line = Line { seq, at: at(opened), fact };
        lines.push(serde_json::to_string(&line).unwrap());
    }
    Facts { lines }
}

/// The old facts, and a segment with what follows.
fn two_segments() -> (Facts, Facts) {
    let before = Facts::default()
        .up("2026-10-01")
        .stop("S1", "2026-10-01", "2026-10-02", "2026-10-02 01:00")
        .stop("S2", "2026-10-20", "2026-11-02", "2026-11-02 01:00")
        .exclude("A1", "network", "2026-10-03", "2026-10-04")
        .claim("A2", "exclude", "network", "2026-10-05", "2026-10-06")
        .began("2026-09-01")
        .down("2026-10-10", "2026-10-11")
        .down("2026-10-27", "2026-11-02 00:30")
        .acknowledge("2026-10-27", "2026-10-27 01:00");
    // Without the last `up`, which lies after the segment's start.
    let mut after = segment(&before, "2026-10-31 23:30");
    for fact in [
        json!({"fact": "adjustment_decided", "id": "A1", "decision": "rejected", "by": "bo"}),
        json!({"fact": "adjustment_decided", "id": "A2", "decision": "accepted", "by": "bo"}),
        json!({"fact": "measured", "until": at("2026-12-01")}),
    ] {
        let seq = before.lines.len() + after.lines.len() + 1;
        let mut fact = fact;
        fact["seq"] = seq.into();
        fact["at"] = json!(at("2026-12-01"));
        after.lines.push(fact.to_string());
    }
    (before, after)
}

#[test]
fn a_segment_can_be_read_without_the_older_ones() {
    let (before, after) = two_segments();
    let mut whole = before.history();
    whole.read("2026-11", &after.text()).unwrap();
    let alone = after.history();
    assert_eq!(alone.last_known(), whole.last_known());
    assert_eq!(alone.next_seq(), whole.next_seq());
    let november = |history: &History| {
        figure(history, "portal", "2026-11", Terms::default(), Reach::replay(history, None))
    };
    assert_eq!(november(&alone), november(&whole));
    assert_eq!(november(&alone).incidents[0].opened, at("2026-10-27"));
    assert_eq!(november(&alone).planned_ms, 30 * 60_000);
    assert!(alone.adjustment("A1").is_none() && alone.adjustment("A2").is_some());
    // The whole history has read every line once.
    assert_eq!(whole.stops().len(), 2);
    assert_eq!(whole.adjustment("A1").unwrap().decisions.len(), 2);
}

#[test]
fn c4_3_a_segment_knows_who_used_the_allowance_of_the_month_before() {
    let before = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-05 20:00", "2026-10-05 21:00")
        .stop("S2", "2026-10-02", "2026-10-31 22:00", "2026-11-01 01:00")
        .down("2026-10-31 22:00", "2026-11-01 01:00");
    let history = segment(&before, "2026-10-31 23:59").history();
    let november =
        figure(&history, "portal", "2026-11", Terms::default(), Reach::replay(&history, None));
    assert_eq!(november.stops[0].verdict, StopVerdict::Surplus);
    assert_eq!((november.planned_ms, november.lost_ms), (0, 2 * 3_600_000));
}

#[test]
fn what_is_carried_over_is_what_stood_there() {
    let (before, after) = two_segments();
    for text in &after.lines {
        let Fact::CarriedOver { line } = parse_line(text, 1).unwrap().fact else { continue };
        let place = usize::try_from(line.seq - 1).unwrap();
        assert_eq!(*line, parse_line(&before.lines[place], 1).unwrap());
    }
    // And it is carried over once more by the segment after.
    let opening = Facts { lines: after.lines[..after.lines.len() - 3].to_vec() };
    let carried = |facts: &Facts| facts.history().carry_over(at("2026-10-31 23:30"));
    assert_eq!(carried(&opening), carried(&before));
}

#[test]
fn the_highest_ids_are_carried_over_so_that_none_is_given_twice() {
    let before = Facts::always_up()
        .stop("S1", "2026-02-01", "2026-02-10", "2026-02-11")
        .stop("S2", "2026-02-01", "2026-02-05", "2026-02-06")
        .claim("A1", "exclude", "network", "2026-02-05", "2026-02-06")
        .decide("A1", "accepted");
    let carried = before.history().carry_over(at("2026-10-31"));
    let is_kept = |id: &str| {
        let of_id = |line: &&Line| match &line.fact {
            Fact::StopAnnounced { id: other, .. } | Fact::AdjustmentDecided { id: other, .. } => {
                id == other
            }
            _ => false,
        };
        carried.iter().any(|line| of_id(&line))
    };
    assert!(is_kept("S2") && is_kept("A1") && !is_kept("S1"));
}

#[test]
fn c3_6_a_pause_is_carried_over_until_it_is_resumed() {
    let paused = Facts::always_up().add(
        "2026-02-01",
        json!({"fact": "measuring_paused", "service": "portal", "by": "anna", "reason": "a move"}),
    );
    let history = paused.history();
    let pause = history.pause("portal").unwrap();
    assert_eq!((&*pause.by, &*pause.reason, pause.at), ("anna", "a move", at("2026-02-01")));
    assert_eq!(history.pause("mail"), None);
    let is_carried = |history: &History| {
        let carried = history.carry_over(at("2026-10-31"));
        carried.iter().any(|line| matches!(line.fact, Fact::MeasuringPaused { .. }))
    };
    assert!(is_carried(&history));
    let resumed = paused
        .add("2026-02-02", json!({"fact": "measuring_resumed", "service": "portal", "by": "bo"}))
        .history();
    assert_eq!(resumed.pause("portal"), None);
    assert!(!is_carried(&resumed));
}

#[test]
fn only_a_segment_may_begin_in_the_middle() {
    let (before, after) = two_segments();
    let opened = u64::try_from(before.lines.len()).unwrap() + 1;
    let late = Facts { lines: after.lines[1..].to_vec() };
    let error = late.clone();
    let mut history = History::new();
    let kind = history.read("facts", &error.text()).unwrap_err().kind;
    assert_eq!(kind, FactErrorKind::Seq { expected: 1, found: opened + 1 });
    // After its first line nothing may be missing.
    let gap = Facts { lines: [&after.lines[..1], &after.lines[2..]].concat() };
    let kind = History::new().read("facts", &gap.text()).unwrap_err().kind;
    assert_eq!(kind, FactErrorKind::Seq { expected: opened + 1, found: opened + 2 });
}

#[test]
fn what_is_forgotten_bears_on_nothing_later() {
    let (before, after) = two_segments();
    let mut history = before.history();
    history.read("2026-11", &after.text()).unwrap();
    let reach = Reach::replay(&history, None);
    let november =
        |history: &History| figure(history, "portal", "2026-11", Terms::default(), reach);
    let whole = november(&history);
    history.forget_before(at("2026-10-31 23:00"));
    history.forget_evidence_before(at("2026-11-20"));
    assert_eq!(november(&history), whole);
    let october = figure(&history, "portal", "2026-10", Terms::default(), reach);
    assert_eq!(october.lost_ms, Interval::new(at("2026-10-27"), at("2026-10-31 23:00")).ms());
}

#[test]
fn a_line_whose_body_is_withheld_has_its_number() {
    let mut history = Facts::default().up("2026-10-01").history();
    assert_eq!(history.next_seq(), 2);
    assert_eq!(
        history.pass_over(3).unwrap_err().kind,
        FactErrorKind::Seq { expected: 2, found: 3 }
    );
    history.pass_over(2).unwrap();
    assert_eq!(history.next_seq(), 3);
}

#[test]
fn what_is_known_of_some_services_does_not_reach_to_the_states_of_others() {
    let state = |service: &str, from: &str| json!({"fact": "state", "service": service, "from": at(from), "state": "up"});
    let facts = Facts::default()
        .add("2026-10-01", state("portal", "2026-10-01"))
        .add("2026-10-05", state("mail", "2026-10-05"));
    let known =
        |facts: &Facts, services: &[&str]| facts.history().last_known_of(services.iter().copied());
    assert_eq!(known(&facts, &["portal"]), Some(at("2026-10-01")));
    assert_eq!(known(&facts, &["portal", "mail"]), Some(at("2026-10-05")));
    assert_eq!(known(&facts, &["wiki"]), None);
    let stopped = facts.clone().measuring_stopped("2026-10-06", "agent_off");
    assert_eq!(known(&stopped, &["portal"]), Some(at("2026-10-06")));
    // The latest that was measured, whichever came last.
    let measured = stopped.measured("2026-10-07").measured("2026-10-08").measured("2026-10-07");
    assert_eq!(known(&measured, &["portal"]), Some(at("2026-10-08")));
}

#[test]
fn evidence_is_that_of_the_latest_state_that_has_begun() {
    let down = |from: &str, message: &str| {
        json!({"fact": "state", "service": "portal", "from": at(from), "state": "down",
               "cause": "http_status", "evidence": {"message": message}})
    };
    let mut history = Facts::default()
        .up("2026-10-01")
        .add("2026-10-02", down("2026-10-02", "first"))
        .add("2026-10-03", down("2026-10-03", "second"))
        .add("2026-10-04", down("2026-10-04", "third"))
        .history();
    let seen = |history: &History, instant: &str| {
        let evidence = history.evidence_at("portal", at(instant));
        evidence.map(|(from, evidence)| (from, evidence.message.clone()))
    };
    assert_eq!(seen(&history, "2026-10-01 12:00"), None);
    assert_eq!(seen(&history, "2026-10-02"), Some((at("2026-10-02"), "first".to_owned())));
    assert_eq!(seen(&history, "2026-10-03 12:00"), Some((at("2026-10-03"), "second".to_owned())));
    // What began earlier is forgotten, unless it is in force.
    history.forget_evidence_before(at("2026-10-03"));
    assert_eq!(seen(&history, "2026-10-02"), None);
    assert!(seen(&history, "2026-10-03").is_some());
    history.forget_evidence_before(at("2026-10-20"));
    assert_eq!(seen(&history, "2026-10-03"), None);
    assert_eq!(seen(&history, "2026-10-20"), Some((at("2026-10-04"), "third".to_owned())));
}

#[test]
fn c9_1_the_state_in_force_began_where_its_run_did() {
    let down = |from: &str, cause: &str| {
        json!({"fact": "state", "service": "portal", "from": at(from), "state": "down",
               "cause": cause, "evidence": {"message": cause}})
    };
    let history = Facts::default()
        .up("2026-10-01")
        .add("2026-10-02", down("2026-10-02", "timeout"))
        .add("2026-10-03", down("2026-10-03", "http_status"))
        // Replaced from its own first instant on, this never held.
        .up("2026-10-04")
        .add("2026-10-04", down("2026-10-04", "silence"))
        .up("2026-10-05")
        .history();
    let told = history.state_at("portal", at("2026-10-04 12:00"));
    assert_eq!(told.state, State::Down { cause: "silence" });
    assert_eq!(told.since, Some(at("2026-10-02")));
    assert_eq!(told.evidence.unwrap().message, "timeout");
    // A stop of measuring ends the run, and holds until the next state.
    let stopped = Facts::default()
        .up("2026-10-01")
        .measuring_stopped("2026-10-02", "suspended")
        .measuring_stopped("2026-10-03", "agent_off")
        .measuring_stopped("2026-10-03", "suspended")
        .up("2026-10-05")
        .history();
    let state = |instant: &str| stopped.state_at("portal", at(instant));
    let suspended = State::Unmeasured { cause: UnmeasuredCause::Suspended };
    assert_eq!(
        (state("2026-10-01 12:00").state, state("2026-10-05").state),
        (State::Up, State::Up)
    );
    assert_eq!(
        (state("2026-10-02 12:00").state, state("2026-10-04").state),
        (suspended, suspended)
    );
    assert_eq!(state("2026-10-04").since, Some(at("2026-10-02")));
}

#[test]
fn what_is_on_record_of_a_service_is_told() {
    let history = Facts::default()
        .began("2026-10-02")
        .up("2026-10-03")
        .acknowledge("2026-10-04", "2026-10-04 01:00")
        .add(
            "2026-10-05",
            json!({"fact": "stop_announced", "id": "S1", "services": ["mail", "mail"],
             "from": at("2026-11-01"), "until": at("2026-11-02"), "reason": "r", "by": "anna"}),
        )
        .history();
    assert!(history.has_presence("portal") && !history.has_presence("mail"));
    let has_ended = |facts: Facts| facts.history().has_ended("portal");
    let gone = Facts::default().began("2026-10-02").ended("2026-10-03");
    assert!(has_ended(gone.clone()) && !has_ended(gone.began("2026-10-04")));
    assert!(!history.has_ended("portal") && !history.has_ended("mail"));
    assert_eq!(history.known_since("portal"), Some(at("2026-10-02")));
    assert_eq!((history.known_since("mail"), history.known_since("wiki")), (None, None));
    let acknowledged: Vec<_> =
        history.acknowledgements("portal").iter().map(|made| (made.opened, made.at)).collect();
    assert_eq!(acknowledged, [(at("2026-10-04"), at("2026-10-04 01:00"))]);
    // Named twice, it is stopped once.
    let month =
        figure(&history, "mail", "2026-11", Terms::default(), Reach::replay(&history, None));
    assert_eq!(month.stops.len(), 1);
}

#[test]
fn c10_1_damage_touches_the_months_in_which_lines_may_be_lost() {
    let damaged = |from: Option<&str>, until: Option<&str>| {
        json!({"fact": "chain_damaged", "last_good_seq": 4, "found": "a hash that does not fit",
               "from": from.map(at), "until": until.map(at)})
    };
    let history = Facts::always_up()
        .add("2026-12-01", damaged(Some("2026-10-05"), Some("2026-10-06")))
        .add("2026-12-02", damaged(None, None))
        .history();
    let found: Vec<_> = history.chain_damage().iter().map(|damage| damage.lost).collect();
    let lost = Interval::new(at("2026-10-05"), at("2026-10-06"));
    assert_eq!(found, [lost, Interval::new(at("2026-12-02"), at("2026-12-02"))]);
    let touching = |from: &str, until: &str| -> Vec<Interval> {
        history.chain_damage_in(Interval::new(at(from), at(until))).map(|it| it.lost).collect()
    };
    for (from, until, expected) in [
        ("2026-10-01", "2026-10-05", vec![]),
        ("2026-10-01", "2026-10-05 00:00:00.001", vec![lost]),
        ("2026-10-05 01:00", "2026-10-05 02:00", vec![lost]),
        ("2026-10-06", "2026-10-07", vec![lost]),
        ("2026-10-06 00:00:00.001", "2026-10-07", vec![]),
        ("2026-12-02", "2026-12-03", vec![Interval::new(at("2026-12-02"), at("2026-12-02"))]),
    ] {
        assert_eq!(touching(from, until), expected, "{from}");
    }
}
