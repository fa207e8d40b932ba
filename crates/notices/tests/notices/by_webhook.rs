//! Posts to a real receiver.

use std::sync::Arc;

use contract::NoticeKind;
use login_service::Authority;
use mail_service::{Certificate, WebhookReceiver};
use notices::Trouble;
use notices::settings::Webhook;
use notices::webhook::{Poster, signature};
use serde_json::Value;

use crate::facts::{at, letter, sender};

const SECRET: &str = "sil-3-Barr-qw";

fn settings(url: String) -> Webhook {
    Webhook {
        name: "ops".to_owned(),
        url: url.parse().unwrap(),
        secret: Some(SECRET.into()),
        kinds: Webhook::default_kinds(),
        roots: None,
    }
}

async fn post(poster: &Poster) -> Result<(), Trouble> {
    let matters = letter(NoticeKind::IncidentOpened, "webhook");
    poster.send(&matters, &sender(), at("12:02:00")).await
}

#[tokio::test]
async fn c9_5_a_receiver_is_told_in_json_with_a_signature_over_its_bytes() {
    let receiver = WebhookReceiver::start(None).unwrap();
    let poster = Poster::new(&settings(receiver.url("127.0.0.1", "/hook?a=b"))).unwrap();
    post(&poster).await.unwrap();
    post(&poster).await.unwrap();
    let [first, second] = &receiver.posts()[..] else { panic!("two posts") };
    assert_eq!(first.path, "/hook?a=b");
    assert_eq!(first.headers["x-upptid-signature"], signature(SECRET, &first.body));
    assert_eq!(first.headers["x-upptid-timestamp"], "1793880120");
    assert_eq!(first.headers["content-type"], "application/json");
    assert_eq!(first.headers["x-upptid-delivery"], second.headers["x-upptid-delivery"]);
    let body: Value = serde_json::from_slice(&first.body).unwrap();
    assert_eq!(body["id"], first.headers["x-upptid-delivery"]);
    assert_eq!(body["sent_at"], "2026-11-05T12:02:00.000Z");
    let [portal, intranet] = &body["notices"].as_array().unwrap()[..] else { panic!("{body}") };
    assert_eq!(portal["notice"], "incident_opened");
    assert_eq!(portal["service"], "portal");
    assert_eq!(portal["incident"]["opened"], "2026-11-05T12:00:00.000Z");
    assert_eq!(portal["incident"]["closed"], Value::Null, "it tells of the beginning");
    assert_eq!(portal["incident"]["evidence"]["status"], 503);
    assert_eq!(intranet["incident"]["cause"], "connect_timeout");
}

/// RFC 4231, test case 2: what any other program computes.
#[test]
fn a_signature_is_the_hmac_of_the_body() {
    assert_eq!(
        signature("Jefe", b"what do ya want for nothing?"),
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[tokio::test]
async fn only_a_2xx_is_taken_for_an_answer() {
    let receiver = WebhookReceiver::start(None).unwrap();
    let poster = Poster::new(&settings(receiver.url("127.0.0.1", "/"))).unwrap();
    for status in [200, 204] {
        receiver.answer(status);
        assert_eq!(post(&poster).await, Ok(()));
    }
    for status in [0, 500, 503, 429] {
        receiver.answer(status);
        let failed = post(&poster).await;
        assert!(matches!(failed, Err(Trouble::Way(_))), "{status}: {failed:?}");
    }
    for status in [301, 400, 410] {
        receiver.answer(status);
        let failed = post(&poster).await;
        assert!(matches!(failed, Err(Trouble::Refused(_))), "{status}: {failed:?}");
    }
}

#[tokio::test]
async fn c10_3_neither_the_secret_nor_the_path_is_shown() {
    let authority = Authority::new().unwrap();
    let leaf = authority.leaf(&["localhost"]).unwrap();
    let certificate = Certificate { chain: leaf.chain, key: leaf.key };
    let receiver = WebhookReceiver::start(Some(certificate)).unwrap();
    let mut settings = settings(receiver.url("localhost", "/token-8812"));
    settings.roots = Some(Arc::new(vec![Authority::new().unwrap().ca_der()]));
    let failed = post(&Poster::new(&settings).unwrap()).await.unwrap_err();
    let shown = format!("{failed} {failed:?} {settings:?}");
    assert!(shown.contains("https://localhost:") && shown.contains("TLS failed"), "{shown}");
    assert!(!shown.contains("8812") && !shown.contains(SECRET), "{shown}");
    assert_eq!(receiver.posts(), []);
    settings.roots = Some(Arc::new(vec![authority.ca_der()]));
    post(&Poster::new(&settings).unwrap()).await.unwrap();
    assert_eq!(receiver.posts().len(), 1);
}
