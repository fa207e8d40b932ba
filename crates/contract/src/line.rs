//! Reading one line of facts, fast: a long journal is read at every start.

use serde::Deserialize;
use serde_json::Value;

use crate::fact::{Evidence, Fact, Line, ServiceState, UnmeasuredCause};
use crate::fact_error::{FactError, FactErrorKind};
use crate::instant::Instant;

/// Reads one line. Fields that this version does not know are ignored.
///
/// # Errors
/// What is no JSON or not the shape of its fact, and an unknown fact; with `line_no`, the line's
/// number in its file.
pub fn parse_line(text: &str, line_no: u64) -> Result<Line, FactError> {
    match serde_json::from_str::<Frequent<'_>>(text).ok().and_then(Frequent::into_line) {
        Some(line) => Ok(line),
        None => serde_json::from_str(text).map_err(|error| refusal(text, &error).at_line(line_no)),
    }
}

/// The number of a line whose body is withheld (`docs/ledger-format.md`, "A hidden line"); none if
/// `text` is not one.
pub fn hidden_seq(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Hidden<'a> {
        seq: u64,
        #[serde(rename = "body")]
        _body: &'a str,
        #[serde(rename = "prev")]
        _prev: &'a str,
        #[serde(rename = "hash")]
        _hash: &'a str,
    }
    if !text.contains(r#""body""#) {
        return None;
    }
    serde_json::from_str::<Hidden<'_>>(text).ok().map(|hidden| hidden.seq)
}

/// Facts that no figure is computed from, and whose fields contract.md leaves to the program.
const FREE_FACTS: [&str; 11] = [
    "chain_damaged",
    "claim_settled",
    "claim_submitted",
    "incident_notifiable",
    "incident_reported",
    "month_closed",
    "notice_delivered",
    "provider_set",
    "signing_key_set",
    "statement_signed",
    "vantage_set",
];

/// The number of a line that another program wrote with fields of its own, about something that no
/// figure is computed from; none if `text` is not one. A replay passes over it.
pub fn foreign_seq(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Head<'a> {
        seq: u64,
        #[serde(rename = "at")]
        _at: Instant,
        fact: &'a str,
    }
    let head: Head<'_> = serde_json::from_str(text).ok()?;
    FREE_FACTS.contains(&head.fact).then_some(head.seq)
}

/// The facts that make up nearly all of a journal, without the detour that a flattened enum takes
/// (a third of its time). What does not fit is read as a [`Line`], which also words the errors.
#[derive(Deserialize)]
struct Frequent<'a> {
    seq: u64,
    at: Instant,
    fact: &'a str,
    service: Option<&'a str>,
    from: Option<Instant>,
    until: Option<Instant>,
    state: Option<&'a str>,
    cause: Option<&'a str>,
    evidence: Option<Box<Evidence>>,
}

impl Frequent<'_> {
    fn into_line(self) -> Option<Line> {
        let fact = match self.fact {
            "state" => Fact::State {
                service: self.service?.to_owned(),
                from: self.from?,
                state: match self.state? {
                    "up" => ServiceState::Up,
                    "down" => ServiceState::Down { cause: self.cause?.to_owned() },
                    "unmeasured" => ServiceState::Unmeasured { cause: unmeasured(self.cause?)? },
                    _ => return None,
                },
                evidence: self.evidence,
            },
            "measured" => Fact::Measured { until: self.until? },
            "measuring_stopped" => {
                Fact::MeasuringStopped { from: self.from?, cause: unmeasured(self.cause?)? }
            }
            _ => return None,
        };
        Some(Line { seq: self.seq, at: self.at, fact })
    }
}

fn unmeasured(cause: &str) -> Option<UnmeasuredCause> {
    UnmeasuredCause::ALL.into_iter().find(|known| known.as_str() == cause)
}

/// Why a line cannot be read. Tells an unknown fact from a broken line.
fn refusal(text: &str, error: &serde_json::Error) -> FactError {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let mut line = &value;
    while let Some(name) = line["fact"].as_str() {
        if !Fact::NAMES.contains(&name) {
            return FactErrorKind::UnknownFact(name.to_owned()).into();
        }
        line = &line["line"];
    }
    // The library counts lines within this one line; only the column helps.
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message);
    FactErrorKind::Json(format!("{what} at column {}", error.column())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &[&str] = &[
        r#"{"seq":1,"at":"2026-10-01T00:00:00.000Z","fact":"state","service":"portal","from":"2026-10-01T00:00:00.000Z","state":"up"}"#,
        r#"{"seq":2,"at":"2026-10-01T00:00:00.000Z","fact":"state","service":"p\u00f6rtal","from":"2026-10-01T00:00:00.000Z","state":"down","cause":"timeout","evidence":{"message":"no answer","status":500}}"#,
        r#"{"seq":3,"at":"2026-10-01T00:00:00.000Z","fact":"state","service":"portal","from":"2026-10-01T00:00:00.000Z","state":"unmeasured","cause":"own_network"}"#,
        r#"{"seq":4,"at":"2026-10-01T00:00:00.000Z","fact":"measured","until":"2026-10-01T00:00:00.000Z"}"#,
        r#"{"seq":5,"at":"2026-10-01T00:00:00.000Z","fact":"measuring_stopped","from":"2026-10-01T00:00:00.000Z","cause":"agent_off"}"#,
        r#"{"seq":6,"at":"2026-10-01T00:00:00.000Z","fact":"stop_announced","id":"S1","services":["portal"],"from":"2026-10-05T00:00:00.000Z","until":"2026-10-05T01:00:00.000Z","reason":"r","by":"anna","agreed":null}"#,
        r#"{"seq":7,"at":"2026-10-01T00:00:00.000Z","fact":"stop_cancelled","id":"S1","by":"anna"}"#,
        r#"{"seq":8,"at":"2026-10-01T00:00:00.000Z","fact":"adjustment_claimed","id":"A1","kind":"exclude","service":"portal","from":"2026-10-01T00:00:00.000Z","until":"2026-10-01T01:00:00.000Z","ground":"dos_attack","evidence":"log","by":"anna"}"#,
        r#"{"seq":9,"at":"2026-10-01T00:00:00.000Z","fact":"adjustment_decided","id":"A1","decision":"accepted","by":"bo"}"#,
        r#"{"seq":10,"at":"2026-10-01T00:00:00.000Z","fact":"incident_acknowledged","service":"portal","opened":"2026-10-01T00:00:00.000Z","by":"bo"}"#,
        r#"{"seq":11,"at":"2026-10-01T00:00:00.000Z","fact":"service_began","service":"portal","from":"2026-10-01T00:00:00.000Z"}"#,
        r#"{"seq":12,"at":"2026-10-01T00:00:00.000Z","fact":"service_ended","service":"portal","from":"2026-10-01T00:00:00.000Z"}"#,
        r#"{"seq":13,"at":"2026-10-01T00:00:00.000Z","fact":"service_set","service":"portal","month":"2026-10","terms":"standard","monthly_fee":"12500.00 SEK"}"#,
        r#"{"seq":13,"at":"2026-10-01T00:00:00.000Z","fact":"terms_set","name":"standard","month":"2026-10","terms":{"target":"99.5","later":1}}"#,
        r#"{"seq":14,"at":"2026-10-01T00:00:00.000Z","fact":"segment_opened","format":1,"month":"2026-10","agent":"gbg-1","version":"0.1.0"}"#,
        r#"{"seq":15,"at":"2026-10-01T00:00:00.000Z","fact":"carried_over","line":{"seq":3,"at":"2026-10-01T00:00:00.000Z","fact":"measured","until":"2026-10-01T00:00:00.000Z"}}"#,
        r#"{"seq":16,"at":"2026-10-01T00:00:00.000Z","fact":"measuring_paused","service":"portal","by":"anna","reason":"r"}"#,
        r#"{"seq":17,"at":"2026-10-01T00:00:00.000Z","fact":"measuring_resumed","service":"portal","by":"bo"}"#,
        r#"{"seq":16,"at":"2026-10-01T00:00:00.000Z","fact":"chain_damaged","last_good_seq":4,"found":"a hash that does not fit","from":"2026-10-01T00:00:00.000Z","until":"2026-10-02T00:00:00.000Z"}"#,
        r#"{"seq":20,"at":"2026-10-01T00:00:00.000Z","fact":"provider_set","name":"Exempel Drift AB","classification":"ÖPPEN"}"#,
        r#"{"seq":21,"at":"2026-10-01T00:00:00.000Z","fact":"vantage_set","agent":"gbg-1","network":"AS64500","witnesses":["gateway"],"witnesses_needed":1}"#,
        r#"{"seq":22,"at":"2026-10-01T00:00:00.000Z","fact":"signing_key_set","public_key":"00"}"#,
        r#"{"seq":23,"at":"2026-10-01T00:00:00.000Z","fact":"month_closed","service":"portal","month":"2026-10","revision":0,"used_seq":22,"used_hash":"00","figure":{"period_ms":2682000000,"up_ms":2678717999,"lost_ms":3282001,"planned_ms":0,"excluded_ms":0,"unmeasured_ms":0,"not_in_service_ms":0,"counted_ms":3282001,"availability_percent":"99.8776","availability_lower_bound_percent":"99.8776","level":1,"reduction_percent":"10","monthly_fee":"12500.00 SEK","reduction":"1250.00 SEK","claim_deadline":"2026-12-06","terms":"standard","terms_sha256":"00"}}"#,
        r#"{"seq":24,"at":"2026-10-01T00:00:00.000Z","fact":"statement_signed","customer":"Exempelbolaget AB","month":"2026-10","revision":0,"issued_at":"2026-11-01T00:00:00.000Z","used_seq":22,"used_hash":"00","sha256":"00","public_key":"00","signature":"00"}"#,
        r#"{"seq":25,"at":"2026-10-01T00:00:00.000Z","fact":"claim_submitted","service":"portal","month":"2026-10","by":"anna","reference":"K-1"}"#,
        r#"{"seq":26,"at":"2026-10-01T00:00:00.000Z","fact":"claim_settled","service":"portal","month":"2026-10","amount":"1250.00 SEK","by":"bo"}"#,
        r#"{"seq":27,"at":"2026-10-01T00:00:00.000Z","fact":"incident_notifiable","service":"portal","opened":"2026-10-01T00:00:00.000Z","detected":"2026-10-01T00:01:00.000Z","by":"anna"}"#,
        r#"{"seq":28,"at":"2026-10-01T00:00:00.000Z","fact":"incident_reported","service":"portal","opened":"2026-10-01T00:00:00.000Z","stage":"early_warning","by":"anna"}"#,
        r#"{"seq":29,"at":"2026-10-01T00:00:00.000Z","fact":"notice_delivered","notice":"stop_announced","service":"portal","about":"S1","contact":"anna","channel":"mail"}"#,
    ];

    #[test]
    fn every_fact_is_read_as_its_type_gives_it() {
        for text in LINES {
            let line = parse_line(text, 1).unwrap();
            assert_eq!(line, serde_json::from_str(text).unwrap(), "{text}");
            let again = serde_json::to_string(&line).unwrap();
            assert_eq!(parse_line(&again, 1).unwrap(), line);
        }
        let names: Vec<_> = LINES
            .iter()
            .map(|text| serde_json::from_str::<Value>(text).unwrap()["fact"].to_string())
            .collect();
        for name in Fact::NAMES {
            assert!(names.contains(&format!("{name:?}")), "{name} is not tried");
        }
    }

    #[test]
    fn a_fact_that_bears_on_no_figure_may_have_another_programs_fields() {
        let told =
            r#"{"seq":7,"at":"2026-10-01T00:00:00.000Z","fact":"notice_delivered","to":"anna"}"#;
        assert!(parse_line(told, 1).is_err());
        assert_eq!(foreign_seq(told), Some(7));
        for other in ["state", "terms_set", "stop_announced", "made_up"] {
            assert_eq!(foreign_seq(&told.replace("notice_delivered", other)), None, "{other}");
        }
        assert_eq!(foreign_seq(&told.replace("2026-10", "2026-13")), None);
        assert!(FREE_FACTS.iter().all(|name| Fact::NAMES.contains(name)));
    }

    #[test]
    fn fields_that_are_not_known_are_ignored() {
        for (known, more) in [
            (LINES[0], r#""cause":7,"hash":"00","vantage":{"name":[1]}"#),
            (LINES[3], r#""state":{"later":1},"evidence":["x"],"salt":"00""#),
            (LINES[6], r#""prev":null,"until":3"#),
        ] {
            let text = known.replacen('{', &format!("{{{more},"), 1);
            assert_eq!(parse_line(&text, 1), parse_line(known, 1), "{text}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_with_its_number() {
        let unknown = LINES[3].replace("measured", "remeasured");
        let carried = LINES[15].replace("measured", "remeasured");
        for text in [&unknown, &carried] {
            let error = parse_line(text, 7).unwrap_err();
            assert_eq!(error.kind, FactErrorKind::UnknownFact("remeasured".to_owned()));
            assert!(error.to_string().starts_with("line 7: unknown fact \"remeasured\""));
        }
        let misspelt = LINES[2].replace("own_network", "own_netwrk");
        let no_cause = LINES[1].replace(r#""cause":"timeout","#, "");
        let no_instant = LINES[3].replace("-10-01T", "-13-01T");
        for text in ["", "{", "[]", "7", &LINES[0][..60], &misspelt, &no_cause, &no_instant] {
            let error = parse_line(text, 7).unwrap_err();
            assert!(matches!(error.kind, FactErrorKind::Json(_)), "{text}: {error}");
        }
    }
    #[test]
    fn the_frequent_facts_take_no_detour() {
        let down = LINES[0].replace(r#""up""#, r#""down","cause":"timeout""#);
        for text in [LINES[0], &down, LINES[2], LINES[3], LINES[4]] {
            let line = serde_json::from_str::<Frequent<'_>>(text).unwrap().into_line();
            assert_eq!(line, Some(serde_json::from_str(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn a_line_whose_body_is_withheld_has_its_number_left() {
        let hidden = r#"{"seq":7,"body":"00","prev":"01","hash":"02"}"#;
        assert_eq!(hidden_seq(hidden), Some(7));
        assert_eq!(hidden_seq(&hidden.replace("body", "data")), None);
        assert_eq!(hidden_seq(&hidden.replace('{', r#"{"fact":"state","#)), None);
        assert_eq!(hidden_seq(LINES[0]), None);
    }
}
