//! People and programs are told, and what was delivered is on record: with a real mail server's
//! conversation, and agents that are killed.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use contract::Instant;
use end_to_end::{
    Agent, Announcement, CONTACT_MAIL, Journal, Kind, PROVIDER_MAIL, Random, Scene, Told,
    WEBHOOK_SECRET, ask, files_below, now, until, upptid,
};
use login_service::Fault;
use mail_service::MailFault;
use serde_json::Value;

const HOUR_MS: i64 = 3_600_000;
/// Agents that are killed while they tell.
const KILLS: usize = 12;
/// How long they live at most.
const LIFE_MS: u64 = 1_500;

/// A measured service whose outages and stops are told.
fn scene(told: &Told) -> Scene {
    let mut scene = Scene::new();
    scene.start("portal");
    let sections = told.sections(&scene, &["portal"]);
    scene.configure(&sections, &scene.measured("portal", Kind::Form));
    scene
}

/// A stop after `hours`, as somebody announces it.
fn announcement(hours: i64, reason: &str) -> Announcement {
    let from = Instant::from_ms((now().ms() / HOUR_MS + hours) * HOUR_MS);
    Announcement {
        service: "portal".to_owned(),
        from,
        until: from.plus_ms(HOUR_MS),
        reason: reason.to_owned(),
    }
}

/// What is on record as delivered: `fault_report provider mail`.
fn delivered(scene: &Scene) -> BTreeSet<String> {
    let journal = Journal::read(&scene.state());
    let line = |line: &end_to_end::Line| {
        format!("{} {} {}", line.text("notice"), line.text("contact"), line.text("channel"))
    };
    journal.facts("notice_delivered").map(line).collect()
}

#[test]
fn c9_5_an_outage_is_reported_to_the_provider_and_told_to_the_contacts() {
    let told = Told::start();
    let scene = scene(&told);
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    assert_eq!(told.mail.mails(), []);
    scene.inject("portal", Fault::Status(503));
    let report = told.wait_for_mail(PROVIDER_MAIL, "Härmed felanmäls");
    let text = report.readable();
    for words in ["503", &scene.service("portal").url("/login"), "upptid incident ack portal"] {
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
    told.wait_for_mail(CONTACT_MAIL, "Det går inte att logga in i portal");
    let wanted =
        ["fault_report provider mail", "incident_opened anna mail", "incident_opened webhook ops"]
            .map(str::to_owned);
    until("deliveries on record", || (delivered(&scene) == wanted.clone().into()).then_some(()));
    let post = &told.webhook.posts()[0];
    let body: Value = serde_json::from_slice(&post.body).unwrap();
    assert_eq!(body["notices"][0]["service"], "portal");
    assert!(post.headers["x-upptid-signature"].starts_with("sha256="));
    agent.wait_for("it is counted", |metrics| {
        metrics.get("upptid_notices_delivered_total{channel=\"mail\"}") == Some(2.0)
    });

    // Once is enough, also after a restart; and it is told who was told, not at which address.
    let mails = told.mail.mails().len();
    let ended = agent.terminate();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "down");
    let log = ended.stderr + &agent.terminate().stderr;
    assert_eq!(told.mail.mails().len(), mails);
    assert!(log.contains("contact=\"anna\"") || log.contains("contact=anna"), "{log}");
    let hidden = [CONTACT_MAIL, PROVIDER_MAIL, WEBHOOK_SECRET];
    assert!(!hidden.iter().any(|hidden| log.contains(hidden)), "{log}");
    for (path, bytes) in files_below(&scene.state()) {
        let text = String::from_utf8_lossy(&bytes);
        let found = hidden.iter().find(|hidden| text.contains(*hidden));
        assert_eq!(found, None, "C10.5: in {}", path.display());
    }
}

#[test]
fn c4_8_a_stop_is_told_when_it_is_announced_and_when_it_is_cancelled() {
    let told = Told::start();
    let scene = scene(&told);
    let agent = Agent::start(&scene);
    let announced = ask(&scene.socket(), &announcement(80, "databasbyte").request()).unwrap();
    let id =
        announced["stops"][0]["id"].as_str().unwrap_or_else(|| panic!("{announced}")).to_owned();
    let first = told.wait_for_mail(CONTACT_MAIL, "databasbyte");
    until("the delivery on record", || {
        delivered(&scene).contains("stop_announced anna mail").then_some(())
    });
    let socket = scene.socket().display().to_string();
    let listed = upptid(["stop", "list", "--json", "--socket", &socket]);
    assert!(listed.stdout.contains("\"notice\":\"delivered\""), "{listed:?}");
    let cancelled = upptid(["stop", "cancel", &id, "--socket", &socket]);
    assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
    let second = told.wait_for_mail(CONTACT_MAIL, "inställt");
    assert_eq!(second.header("references"), first.header("references"));
    assert_eq!(second.header("in-reply-to"), first.header("references"));
    until("the delivery on record", || {
        delivered(&scene).contains("stop_cancelled anna mail").then_some(())
    });
    agent.terminate();
}

#[test]
fn c4_8_a_letter_whose_acceptance_was_lost_is_sent_again_as_the_same() {
    let told = Told::start();
    let scene = scene(&told);
    told.mail.inject(MailFault::TakesAndDrops);
    let agent = Agent::start(&scene);
    ask(&scene.socket(), &announcement(80, "databasbyte").request()).unwrap();
    let first = told.wait_for_mail(CONTACT_MAIL, "databasbyte");
    agent.kill();
    let before = told.mails_to(CONTACT_MAIL).len();
    told.mail.inject(MailFault::None);
    let agent = Agent::start(&scene);
    until("the letter again", || (told.mails_to(CONTACT_MAIL).len() > before).then_some(()));
    until("the delivery on record", || {
        delivered(&scene).contains("stop_announced anna mail").then_some(())
    });
    for mail in told.mails_to(CONTACT_MAIL) {
        assert_eq!(mail.header("message-id"), first.header("message-id"));
    }
    agent.terminate();
}

#[test]
fn c4_8_nothing_is_lost_by_kills_at_random_moments() {
    let told = Told::start();
    let scene = scene(&told);
    let mut random = Random::seeded();
    let mut announced = BTreeSet::new();
    for life in 0..KILLS {
        told.mail.inject(match random.below(4) {
            0 => MailFault::TakesAndDrops,
            1 => MailFault::DropsInData,
            _ => MailFault::None,
        });
        told.webhook.answer(if random.below(3) == 0 { 503 } else { 204 });
        let agent = Agent::start(&scene);
        let reason = format!("skäl nummer {life};");
        let hours = 80 + i64::try_from(life).unwrap();
        if let Some(answer) = ask(&scene.socket(), &announcement(hours, &reason).request()) {
            assert!(answer["recorded"] == true, "{answer}");
            announced.insert(reason);
        }
        if life % 4 == 3 {
            scene.inject("portal", Fault::Status(503));
        }
        thread::sleep(Duration::from_millis(random.below(LIFE_MS)));
        agent.kill();
    }
    told.mail.inject(MailFault::None);
    told.webhook.answer(204);
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "down");
    told.wait_for_mail(PROVIDER_MAIL, "felanmäls");
    until("nothing left to tell", || {
        let metrics = agent.metrics();
        let delivered = Journal::read(&scene.state());
        let told = delivered.facts("notice_delivered").filter(|line| {
            (line.text("notice"), line.text("channel")) == ("stop_announced", "mail")
        });
        let is_done = told.count() >= announced.len();
        (is_done && metrics.value("upptid_notices_waiting") == 0.0).then_some(())
    });
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for mail in told.mails_to(CONTACT_MAIL) {
        let text = mail.readable();
        for reason in announced.iter().filter(|reason| text.contains(*reason)) {
            ids.entry(reason.clone()).or_default().insert(mail.header("message-id"));
        }
    }
    for reason in &announced {
        let known = ids.get(reason).map_or(0, BTreeSet::len);
        assert_eq!(known, 1, "{reason} was told as one letter: {ids:?}");
    }
    agent.terminate();
}
