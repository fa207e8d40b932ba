//! Letters about alerts: what somebody reads who was asleep.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use contract::alerts::Episode;
use contract::contracts::Contracts;
use contract::notices::{Direct, Reachable, alerts_due};
use contract::{Alert, Instant, NoticeKind, Severity};
use mail_service::WebhookReceiver;
use notices::settings::Webhook;
use notices::webhook::{Poster, signature};
use notices::{Enclosed, Lang, Matter, Message, compose, matters};
use serde_json::Value;

use crate::facts::{at, history, sender};

/// All that is due to `oncall` and a webhook at this time, by mail or not.
fn due(now: &str, is_mail: bool) -> Vec<Matter> {
    let (history, now) = (history(), at(now));
    let kinds = BTreeSet::from([NoticeKind::Alert, NoticeKind::AlertResolved]);
    let mut reachable = Reachable::default();
    match is_mail {
        true => reachable.on_call = BTreeSet::from(["oncall".to_owned()]),
        false => reachable.webhooks = BTreeMap::from([("ops".to_owned(), kinds)]),
    }
    let gone = Episode { since: at("11:50:00"), alert: Alert::NotScraped, end: None };
    let direct = Direct {
        from: Some(Instant::MIN),
        least: Severity::Warning,
        own: &[gone],
        in_doubt: &BTreeSet::new(),
        sent: &HashSet::new(),
    };
    let contracts = &mut Contracts::default();
    let due = alerts_due(&history, contracts, &reachable, &direct, |_| Some(now), now);
    matters(&history, contracts, &due, |_| Some(now))
}

fn letter(now: &str, lang: Lang) -> Message {
    compose(&due(now, true), lang, &sender(), Enclosed::default())
}

fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

#[test]
fn c8_2_an_alert_says_what_is_down_since_when_and_what_to_open_next() {
    let english = letter("12:10:00", Lang::En);
    assert_eq!(
        english.subject, "Alert: Customers cannot log in to portal and 4 more",
        "the worst first"
    );
    let text = plain(&english.text);
    for words in [
        "CRITICAL: Customers cannot log in to portal",
        "Since:                    2026-11-05 13:00:00 +01:00",
        "State now:                down: ",
        "What was seen:            the service answered with an error status: 503",
        "The month's budget:       10 min of 43 min 12 s burned, 33 min 12 s left",
        "Start troubleshooting by: 2026-11-05 17:00:00 +01:00",
        "Command:                  upptid explain portal",
        "Page:                     https://upptid.example/service/portal",
        "What to do:               https://wiki.example/operate.md#upptidlogindown",
        "Warning: Nobody reads the metrics of gbg-1",
        "Warning: portal burns its budget 27.7 times too fast over 6h",
    ] {
        let words = words.split_once(": ").map_or(words, |(_, value)| value.trim_start());
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
    let swedish = letter("12:10:00", Lang::Sv);
    assert_eq!(swedish.subject, "Larm: Kunderna kan inte logga in i portal och 4 till");
    let text = plain(&swedish.text);
    for words in ["KRITISKT: Kunderna kan inte logga in i intranet", "10 min av 43 min 12 s"] {
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
    assert!(swedish.html.contains("https://upptid.example/service/portal"));
    assert_eq!(swedish.id, english.id);
}

#[test]
fn c8_2_what_is_over_before_it_was_told_is_told_as_over() {
    let all = letter("12:30:00", Lang::En);
    let text = plain(&all.text);
    assert!(text.contains("Holds no more:"), "{text}");
    let line = "- UpptidLoginDown: portal, 2026-11-05 13:00:00 – 13:20:00 +01:00";
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("CRITICAL: Customers cannot log in"), "{text}");
}

#[test]
fn c8_2_a_fleet_is_told_in_a_letter_that_can_be_read() {
    let one = due("12:10:00", true).into_iter().find(|it| it.due.service.is_some()).unwrap();
    let mut many = vec![one.clone(); 1_000];
    for (place, it) in many.iter_mut().enumerate() {
        it.due.service = Some(format!("s{place}"));
    }
    let message = compose(&many, Lang::En, &sender(), Enclosed::default());
    assert!(message.subject.ends_with("and 999 more"), "{}", message.subject);
    assert!(message.text.contains("- and 780 more"), "{}", message.text);
    assert!(message.text.len() < 50_000, "{}", message.text.len());
}

#[tokio::test]
async fn c8_2_a_webhook_gets_the_alert_with_its_evidence_and_signature() {
    let receiver = WebhookReceiver::start(None).unwrap();
    let settings = Webhook {
        name: "ops".to_owned(),
        url: receiver.url("127.0.0.1", "/hook").parse().unwrap(),
        secret: Some("sil-3-Barr-qw".into()),
        kinds: Webhook::default_kinds(),
        roots: None,
    };
    let poster = Poster::new(&settings).unwrap();
    poster.send(&due("12:10:00", false), &sender(), at("12:11:00")).await.unwrap();
    let [post] = &receiver.posts()[..] else { panic!("one post") };
    assert_eq!(post.headers["x-upptid-signature"], signature("sil-3-Barr-qw", &post.body));
    let body: Value = serde_json::from_slice(&post.body).unwrap();
    let notices = body["notices"].as_array().unwrap();
    let of = |name: &str, service: Value| {
        let is_it = |it: &&Value| it["alert"]["name"] == name && it["service"] == service;
        notices.iter().find(is_it).unwrap_or_else(|| panic!("{body}"))
    };
    let down = of("UpptidLoginDown", "portal".into());
    assert_eq!(down["notice"], "alert");
    assert_eq!(down["about"], "UpptidLoginDown@2026-11-05T12:00:00.000Z");
    let alert = &down["alert"];
    assert_eq!(alert["severity"], "critical");
    assert_eq!(alert["summary"], "Customers cannot log in to portal");
    assert_eq!(alert["until"], Value::Null);
    assert_eq!(alert["state"]["cause"], "http_status");
    assert_eq!(alert["budget"]["counted_ms"], 600_000);
    assert_eq!(alert["page_url"], "https://upptid.example/service/portal");
    let gone = of("UpptidNotScraped", Value::Null);
    assert_eq!(gone["alert"]["page_url"], "https://upptid.example/agent");
    assert_eq!(gone["alert"]["state"], Value::Null);
}
