//! `upptid explain` without an agent: the whole text, out of facts written by hand.

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A month with a stop that was overrun, a claim that nobody has decided, and lost network.
fn facts() -> String {
    let lines = [
        json!({"at": "2026-11-01T00:00:00Z", "fact": "state", "service": "portal", "state": "up",
               "from": "2026-11-01T00:00:00Z"}),
        json!({"at": "2026-11-02T00:00:00Z", "fact": "stop_announced", "id": "S1",
               "services": ["portal"], "from": "2026-11-10T20:00:00Z",
               "until": "2026-11-10T20:30:00Z", "reason": "patches", "by": "anna"}),
        json!({"at": "2026-11-10T20:05:00Z", "fact": "state", "service": "portal", "state": "down",
               "cause": "http_status", "from": "2026-11-10T20:05:00Z",
               "evidence": {"message": "the service answered 503", "status": 503}}),
        json!({"at": "2026-11-10T20:40:00Z", "fact": "state", "service": "portal", "state": "up",
               "from": "2026-11-10T20:40:00Z"}),
        json!({"at": "2026-11-11T08:00:00Z", "fact": "adjustment_claimed", "id": "A1",
               "kind": "exclude", "service": "portal", "from": "2026-11-10T20:30:00Z",
               "until": "2026-11-10T20:40:00Z", "ground": "third_party", "evidence": "a log",
               "by": "bo"}),
        json!({"at": "2026-11-12T08:00:00Z", "fact": "state", "service": "portal",
               "state": "unmeasured", "cause": "own_network", "from": "2026-11-12T08:00:00Z",
               "evidence": {"message": "no connection was made in time", "witnesses": "0 of 2"}}),
        json!({"at": "2026-11-12T09:00:00Z", "fact": "measured", "until": "2026-11-12T09:00:00Z"}),
    ];
    let numbered = lines.into_iter().zip(1..).map(|(mut line, seq)| {
        line["seq"] = seq.into();
        format!("{line}\n")
    });
    numbered.collect()
}

fn explain(words: &[&str]) -> Output {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, facts()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_upptid"));
    command.arg("explain").args(words).arg("--facts").arg(file.path());
    command.output().unwrap()
}

fn told(words: &[&str]) -> String {
    let output = explain(words);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn c4_7_a_stop_that_was_overrun_is_explained_in_full() {
    // Local time, in the service's zone.
    assert_eq!(
        told(&["portal", "--at", "2026-11-10T21:30"]),
        "\
portal, the minute from 2026-11-10T21:30:00.000+01:00 (Europe/Stockholm)
it adds 60.000 s to F (C6.2, minute rule exact)

lost (http_status)  from 21:30:00.000 until 21:40:00.000
    C3.2  a failed login was confirmed on a fresh connection; downtime runs from the first failed attempt to the first one that succeeds
    C3.4  the service itself answered: the service answered with an error status
    C4.7  after S1 had ended: what overruns is downtime
    C5.3  A1 is not decided: it does not count yet
    C6.1  neither planned nor excluded: it is lost
    C5.5  the provider answers for it
  facts
    line 3, recorded 21:05:00.000: down (http_status) from 21:05:00.000
    line 4, recorded 21:40:00.000: up from 21:40:00.000, which ends it
  seen
    the service answered 503
    status: 503
  planned stops
    S1 (line 2), 21:00:00.000 until 21:30:00.000: valid: it starts at 2026-11-10 21:00 Europe/Stockholm (2026-11-10 20:00 UTC), and notice was due by 2026-11-07 21:00 Europe/Stockholm (2026-11-07 20:00 UTC)
  adjustments
    A1 (line 5), exclude third_party, 21:30:00.000 until 21:40:00.000: not decided; `upptid adjust decide A1`; shown by: a log

no attempt of that time is kept: the agent keeps a day of them
"
    );
}

#[test]
fn c3_3_without_an_instant_the_last_that_is_known_is_explained() {
    let document: Value = serde_json::from_str(&told(&["portal", "--json"])).unwrap();
    assert_eq!(document["from"], "2026-11-12T08:59:00.000Z");
    let piece = &document["pieces"][0];
    assert_eq!((&piece["class"], &piece["cause"]), (&"unmeasured".into(), &"own_network".into()));
    assert_eq!((&piece["in_lower_bound"], &piece["facts"][0]["seq"]), (&true.into(), &6.into()));
    assert_eq!(piece["rules"][0]["rule"], "C3.3");
    assert!(piece["rules"][0]["says"].as_str().unwrap().contains("(0 of 2)"));
    assert_eq!(document["decided_until"], "2026-11-12T09:00:00.000Z");
}

#[test]
fn what_cannot_be_explained_ends_with_2_and_what_to_write() {
    for (words, expected) in [
        (vec!["mail"], "the facts name no service \"mail\""),
        (vec!["portal", "--at", "noon"], "write 2026-12-06T22:00"),
        (vec!["portal", "--socket", "/nowhere"], "cannot be used with"),
    ] {
        let output = explain(&words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(expected), "{words:?}: {message}");
    }
}
