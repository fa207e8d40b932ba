//! `docs/openapi.json` is held against the router and its answers: every path is in both, and every
//! answer is of its schema, without a field that is not documented.

#[allow(dead_code, reason = "the other tests use the rest")]
mod sample;

use std::collections::BTreeSet;

use contract::Instant;
use exporter::api;
use exporter::page::View;
use exporter::records::Listed;
use serde_json::Value;

/// The router's sources: each path is a string literal there.
const ROUTES: [&str; 3] = [
    include_str!("../src/routes.rs"),
    include_str!("../src/routes/records.rs"),
    include_str!("../src/routes/service.rs"),
];

fn document() -> Value {
    serde_json::from_str(api::OPENAPI).unwrap()
}

#[test]
fn every_path_of_the_api_is_documented_and_the_other_way_round() {
    let document = document();
    let documented: BTreeSet<&str> =
        document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let routed = ROUTES.into_iter().flat_map(|source| source.split(".route(\"").skip(1));
    let routed = routed.filter_map(|rest| rest.split('"').next());
    let routed: BTreeSet<&str> = routed.filter(|path| path.starts_with("/api/")).collect();
    assert_eq!(routed, documented);
}

#[test]
fn every_answer_is_as_documented() {
    let snapshot = sample::snapshot();
    let portal = snapshot.service("portal").unwrap();
    let month = sample::months::month();
    let opened = month.figure.incidents[0].opened;
    let closed = exporter::months::ServiceMonth {
        closes: sample::records::statements()[1].services[0].closes.clone(),
        ..sample::months::month_before()
    };
    let moment = |at: Instant| api::moment(at, "portal", &sample::months::moment(at).unwrap());
    let at = snapshot.at;
    let stops = listed(sample::records::stops());
    let adjustments = listed(sample::records::adjustments());
    let claims = listed(sample::records::claims());
    let statements = listed(sample::records::statements());
    for (path, answer) in [
        ("/api/v1/services", api::services(&snapshot, &View::default())),
        ("/api/v1/services/{name}", api::service(&snapshot, portal, Some(&month))),
        ("/api/v1/services/{name}", api::service(&snapshot, portal, Some(&closed))),
        ("/api/v1/services/{name}", api::service(&snapshot, portal, None)),
        ("/api/v1/services/{name}/at/{instant}", moment(opened)),
        ("/api/v1/services/{name}/at/{instant}", moment(at.plus_ms(-1))),
        ("/api/v1/agent", api::agent(&snapshot, &sample::counted())),
        ("/api/v1/stops", api::stops(at, 1, &stops)),
        ("/api/v1/adjustments", api::adjustments(at, 1, &adjustments)),
        ("/api/v1/claims", api::claims(at, 1, &claims)),
        ("/api/v1/statements", api::statements(at, 1, &statements, None)),
        ("/api/v1/statements", api::statements(at, 1, &statements, Some("9f1c"))),
        ("/api/v1/openapi.json", api::OPENAPI.into()),
    ] {
        assert_is_as_documented(path, "200", &answer);
    }
    assert_is_as_documented("/api/v1/services/{name}", "404", &api::error("there is none"));
}

#[test]
fn what_is_not_documented_is_told() {
    let document = document();
    let schema = &document["components"]["schemas"]["Act"];
    let flaws = |text: &str| flaws_of(&serde_json::from_str(text).unwrap(), schema, &document);
    assert_eq!(flaws(r#"{"at":"2026-11-22T12:00:00.000Z","by":"bo"}"#), Vec::<String>::new());
    assert_eq!(flaws(r#"{"at":"2026-11-22","by":null,"to":1}"#).len(), 3);
    assert_eq!(flaws(r#"{}"#).len(), 2);
    let class = &document["components"]["schemas"]["Class"];
    assert_eq!(flaws_of(&"up".into(), class, &document).len(), 1);
}

fn listed<T>(rows: Vec<T>) -> Listed<T> {
    Listed { total: rows.len(), rows }
}

fn assert_is_as_documented(path: &str, status: &str, answer: &[u8]) {
    let document = document();
    let content = &document["paths"][path]["get"]["responses"][status]["content"];
    let schema = &content["application/json"]["schema"];
    assert!(schema.is_object(), "{path} has no schema for {status}");
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let flaws = flaws_of(&answer, schema, &document);
    assert!(flaws.is_empty(), "{path}: {flaws:#?}");
}

/// Where `value` is not of `schema`: by the part of JSON Schema that the file uses.
fn flaws_of(value: &Value, schema: &Value, document: &Value) -> Vec<String> {
    let words = schema.as_object().unwrap().iter();
    words.flat_map(|(word, said)| flaws_by(word, said, value, schema, document)).collect()
}

/// What one word of a schema has against `value`. A word that this does not know is a flaw, too.
fn flaws_by(
    word: &str,
    said: &Value,
    value: &Value,
    schema: &Value,
    document: &Value,
) -> Vec<String> {
    let unless = |is_so: bool| match is_so {
        true => Vec::new(),
        false => vec![format!("{word} {said}: {value}")],
    };
    let within = |place: &str, value: &Value, schema: &Value| -> Vec<String> {
        let flaws = flaws_of(value, schema, document).into_iter();
        flaws.map(|flaw| format!("{place}: {flaw}")).collect()
    };
    let members = || value.as_object().into_iter().flatten();
    let text = value.as_str().unwrap_or_default();
    match word {
        "description" | "examples" => Vec::new(),
        "type" => {
            let types = said.as_array().cloned().unwrap_or_else(|| vec![said.clone()]);
            unless(types.iter().any(|name| is_of_type(value, name.as_str().unwrap())))
        }
        "enum" => unless(said.as_array().unwrap().contains(value)),
        "format" => unless(match said.as_str().unwrap() {
            "date-time" => text.parse::<Instant>().is_ok(),
            "date" => text.parse::<jiff::civil::Date>().is_ok(),
            _ => false,
        }),
        "$ref" => {
            let name = said.as_str().unwrap().strip_prefix("#/components/schemas/").unwrap();
            within(name, value, &document["components"]["schemas"][name])
        }
        "anyOf" => {
            let mut any = said.as_array().unwrap().iter();
            let found: Vec<_> = any.by_ref().map(|it| flaws_of(value, it, document)).collect();
            if found.iter().any(Vec::is_empty) { Vec::new() } else { found.concat() }
        }
        "items" => {
            let items = value.as_array().into_iter().flatten().enumerate();
            items.flat_map(|(place, item)| within(&place.to_string(), item, said)).collect()
        }
        "required" => {
            let names = said.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            let missing = names.filter(|name| value.is_object() && value.get(name).is_none());
            missing.map(|name| format!("{name} is missing")).collect()
        }
        "properties" => {
            let known = members().filter_map(|(name, it)| Some((name, it, said.get(name)?)));
            known.flat_map(|(name, member, of)| within(name, member, of)).collect()
        }
        "additionalProperties" => {
            let is_known = |name: &str| schema["properties"].get(name).is_some();
            let others = members().filter(|(name, _)| !is_known(name));
            others
                .flat_map(|(name, member)| match said {
                    Value::Bool(false) => vec![format!("{name} is not documented")],
                    said => within(name, member, said),
                })
                .collect()
        }
        _ => vec![format!("the word {word} of the schema is not known")],
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

#[test]
fn every_object_says_whether_it_may_have_more() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if schema["type"] == "object" {
            assert!(schema.get("additionalProperties").is_some(), "{name}");
        }
    }
}
