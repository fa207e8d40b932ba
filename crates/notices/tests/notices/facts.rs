//! Facts, and the letters that they call for.

use std::collections::{BTreeMap, BTreeSet};

use contract::contracts::Contracts;
use contract::notices::{Reachable, due};
use contract::{History, Instant, NoticeKind};
use notices::{Enclosed, Lang, Matter, Message, Pages, Sender, compose, letters, matters};

/// Facts of two services, `portal` and `lön`'s neighbour `intranet`, in line form.
const FACTS: &str = r#"
{"seq":1,"at":"2026-10-01T00:00:00.000Z","fact":"service_set","service":"portal","month":"2026-10","customer":"Exempelbolaget AB","terms":"standard","contacts":["anna"]}
{"seq":2,"at":"2026-10-01T00:00:00.000Z","fact":"service_set","service":"intranet","month":"2026-10","customer":"Exempelbolaget AB","terms":"standard","contacts":["anna"]}
{"seq":3,"at":"2026-10-01T00:00:00.000Z","fact":"provider_set","name":"Exempel Drift AB","classification":"ÖPPEN"}
{"seq":4,"at":"2026-10-01T00:00:00.000Z","fact":"state","service":"portal","from":"2026-10-01T00:00:00.000Z","state":"up"}
{"seq":5,"at":"2026-10-01T00:00:00.000Z","fact":"state","service":"intranet","from":"2026-10-01T00:00:00.000Z","state":"up"}
{"seq":6,"at":"2026-11-05T10:00:00.000Z","fact":"stop_announced","id":"S1","services":["portal","intranet"],"from":"2026-11-10T21:00:00.000Z","until":"2026-11-10T22:00:00.000Z","reason":"databasbyte","by":"bo","agreed":null}
{"seq":7,"at":"2026-11-05T12:00:06.000Z","fact":"state","service":"portal","from":"2026-11-05T12:00:00.000Z","state":"down","cause":"http_status","evidence":{"message":"the service answered with an error status: 503","url":"https://portal.example/login","address":"192.0.2.80:443","status":503,"title":"Oops","excerpt":"<h1>Oops</h1>","witnesses":"2 of 2"}}
{"seq":8,"at":"2026-11-05T12:01:06.000Z","fact":"state","service":"intranet","from":"2026-11-05T12:01:00.000Z","state":"down","cause":"connect_timeout"}
{"seq":9,"at":"2026-11-05T12:20:00.000Z","fact":"state","service":"portal","from":"2026-11-05T12:20:00.000Z","state":"up"}
{"seq":10,"at":"2026-11-05T12:20:00.000Z","fact":"state","service":"intranet","from":"2026-11-05T12:20:00.000Z","state":"up"}
{"seq":11,"at":"2026-11-05T12:40:00.000Z","fact":"stop_cancelled","id":"S1","by":"bo"}
{"seq":12,"at":"2026-11-05T12:50:00.000Z","fact":"month_closed","service":"portal","month":"2026-10","revision":0,"used_seq":5,"used_hash":"","figure":{"period_ms":2682000000,"up_ms":2679317999,"lost_ms":2682001,"planned_ms":0,"excluded_ms":0,"unmeasured_ms":0,"not_in_service_ms":0,"counted_ms":2682001,"availability_percent":"99.8999","availability_lower_bound_percent":"99.8999","level":1,"reduction_percent":"10","monthly_fee":"12500.00 SEK","reduction":"1250.00 SEK","claim_deadline":"2026-12-20","terms":"standard","terms_sha256":""}}
{"seq":13,"at":"2026-11-05T12:50:00.000Z","fact":"statement_signed","customer":"Exempelbolaget AB","month":"2026-10","revision":0,"issued_at":"2026-11-05T12:50:00.000Z","used_seq":11,"used_hash":"","sha256":"","public_key":"","signature":""}
"#;

pub fn at(text: &str) -> Instant {
    format!("2026-11-05T{text}Z").parse().unwrap()
}

pub fn history() -> History {
    let mut history = History::new();
    history.read("facts", FACTS).unwrap();
    history
}

/// Everything, in letters: Anna and the provider by mail, and one webhook.
pub fn all_letters(group_ms: i64) -> Vec<Vec<Matter>> {
    let (history, now) = (history(), at("13:00:00"));
    let services = BTreeSet::from(["portal".to_owned(), "intranet".to_owned()]);
    let reachable = Reachable {
        contacts: BTreeMap::from([("anna".to_owned(), services)]),
        provider: true,
        webhooks: BTreeMap::from([("ops".to_owned(), NoticeKind::ALL.into())]),
        on_call: BTreeSet::new(),
    };
    let contracts = &mut Contracts::default();
    let due = due(&history, contracts, &reachable, |_| Some(now), now);
    let letters = letters(due, group_ms);
    letters.iter().map(|it| matters(&history, contracts, &it.items, |_| Some(now))).collect()
}

/// The letter of this kind to this contact.
pub fn letter(kind: NoticeKind, contact: &str) -> Vec<Matter> {
    let mut all = all_letters(120_000).into_iter();
    all.find(|it| it[0].due.notice == kind && it[0].due.contact == contact)
        .unwrap_or_else(|| panic!("no {kind:?} to {contact}"))
}

pub fn sender() -> Sender {
    Sender {
        agent: "gbg-1".to_owned(),
        provider: Some("Exempel Drift AB".to_owned()),
        classification: "ÖPPEN".to_owned(),
        pages: Pages {
            page: "https://upptid.example".to_owned(),
            runbook: "https://wiki.example/operate.md".to_owned(),
        },
    }
}

pub fn message(kind: NoticeKind, contact: &str, lang: Lang) -> Message {
    compose(&letter(kind, contact), lang, &sender(), Enclosed::default())
}
