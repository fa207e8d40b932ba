//! A running agent closes months, also those that it slept through: with its clock set to the end of
//! summer time, over a year's end, and to the start of summer time (C6.7, C10.1).

#[expect(dead_code, reason = "shared with the tests of pauses, whose clock is the machine's")]
mod scene;

use std::fs;
use std::path::{Path, PathBuf};

use agent::admin::{Claim, Reply, Request};
use contract::fact::{AdjustmentKind, Decision, Ground};
use mail_service::{Mail, MailFault, MailOptions, MailServer};
use serde_json::Value;
use statement::{Form, check};

use scene::{Scene, ask};

/// A customer who reads English, and terms under which one person may claim and decide.
async fn scene() -> Scene {
    scene_with("customer = \"Exempelbolaget AB\"\n", "").await
}

/// The same, with another customer and `more`.
async fn scene_with(customer: &str, more: &str) -> Scene {
    Scene::new(
        &format!("{customer}monthly_fee = \"12500.00 SEK\"\n"),
        &format!(
            "{more}[provider]\nname = \"Drift AB\"\n[terms.standard]\nfour_eyes = false\n\
         [[contact]]\nid = \"anna\"\nmail = \"anna@customer.example\"\nlang = \"en\"\n\
         services = [\"portal\"]\n"
        ),
    )
    .await
}

/// By which the agent sends mail.
fn by(server: &MailServer) -> String {
    let port = server.port();
    format!("[mail]\nserver = \"127.0.0.1:{port}\"\ntls = \"none\"\nfrom = \"a@b.example\"\n")
}

/// The facts of this kind.
fn of_kind<'a>(facts: &'a [Value], kind: &str) -> Vec<&'a Value> {
    facts.iter().filter(|fact| fact["fact"] == kind).collect()
}

/// The months whose statement is signed, with their revisions, in the order of the journal.
fn signed(facts: &[Value]) -> Vec<(String, u64)> {
    let signed = of_kind(facts, "statement_signed");
    let told = |fact: &&Value| {
        (fact["month"].as_str().unwrap().to_owned(), fact["revision"].as_u64().unwrap())
    };
    signed.iter().map(told).collect()
}

/// Runs the agent from `now` until this many statements are signed, and their files written.
async fn run_until(scene: &Scene, now: &str, statements: usize) {
    scene
        .agent_at(now, async |socket, _| {
            scene
                .until(socket, |facts| {
                    let signed = signed(facts);
                    signed.len() >= statements
                        && signed.last().is_none_or(|(month, revision)| {
                            json_file(scene, month, *revision).exists()
                        })
                })
                .await;
        })
        .await;
}

fn json_file(scene: &Scene, month: &str, revision: u64) -> PathBuf {
    let revision = if revision == 0 { String::new() } else { format!(".r{revision}") };
    scene.path(&format!("state/statements/{month}/exempelbolaget-ab{revision}.json"))
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn c6_7_a_running_agent_closes_the_month_in_which_summer_time_ends() {
    let scene = scene().await;
    run_until(&scene, "2026-10-31T22:59:58Z", 1).await;
    let facts = scene.facts();
    assert_eq!(signed(&facts), [("2026-10".to_owned(), 0)]);
    let [closed] = of_kind(&facts, "month_closed")[..] else { panic!("{facts:?}") };
    let [made] = of_kind(&facts, "statement_signed")[..] else { panic!("{facts:?}") };
    let [key] = of_kind(&facts, "signing_key_set")[..] else { panic!("{facts:?}") };
    assert_eq!((&closed["service"], &closed["month"]), (&"portal".into(), &"2026-10".into()));
    assert_eq!(
        (&made["used_seq"], &made["used_hash"]),
        (&closed["used_seq"], &closed["used_hash"])
    );
    let used = facts.iter().find(|fact| fact["seq"] == made["used_seq"]).unwrap();
    assert_eq!((&used["fact"], &used["hash"]), (&"measured".into(), &made["used_hash"]));
    assert_eq!(made["public_key"], key["public_key"]);
    // C2.2: 44,700 minutes, of which the agent has seen seconds.
    let figure = &closed["figure"];
    assert_eq!(figure["period_ms"], 44_700_i64 * 60_000);
    assert_eq!(figure["lost_ms"], 0);
    let (up, unmeasured) = (&figure["up_ms"], &figure["unmeasured_ms"]);
    assert_eq!(up.as_i64().unwrap() + unmeasured.as_i64().unwrap(), 44_700 * 60_000);
    assert!(up.as_i64().unwrap() > 0);

    let written = files(&scene.path("state/statements/2026-10"));
    let names: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
    let expected =
        ["csv", "en.html", "en.pdf", "json"].map(|end| format!("exempelbolaget-ab.{end}"));
    assert_eq!(names, expected, "in the contact's language");
    for ((_, bytes), form) in written[1..].iter().zip([Form::Html, Form::Pdf, Form::Json]) {
        let checked = check(bytes, form).unwrap();
        let signature = checked.signature.unwrap();
        assert_eq!(
            (signature.value, signature.public_key),
            (text(made, "signature"), text(key, "public_key"))
        );
        assert_eq!(statement::sha256(&checked.bytes), text(made, "sha256"));
        assert_eq!(checked.document.provider.as_deref(), Some("Drift AB"));
    }
}

fn text(fact: &Value, field: &str) -> String {
    fact[field].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn c6_7_after_an_absence_every_month_is_closed_at_the_next_start() {
    let scene = scene().await;
    run_until(&scene, "2026-11-20T12:00:00Z", 0).await;
    assert_eq!(signed(&scene.facts()), []);
    // Over the year's end, and then over the start of summer time.
    run_until(&scene, "2027-01-31T23:00:01Z", 3).await;
    run_until(&scene, "2027-03-31T21:59:50Z", 4).await;
    run_until(&scene, "2027-03-31T22:00:05Z", 5).await;
    let facts = scene.facts();
    let months = ["2026-11", "2026-12", "2027-01", "2027-02", "2027-03"];
    assert_eq!(signed(&facts), months.map(|month| (month.to_owned(), 0)));
    let periods: Vec<i64> = of_kind(&facts, "month_closed")
        .iter()
        .map(|closed| closed["figure"]["period_ms"].as_i64().unwrap() / 60_000)
        .collect();
    assert_eq!(periods, [43_200, 44_640, 44_640, 40_320, 44_580]);
    let off = &of_kind(&facts, "month_closed")[1]["figure"];
    assert_eq!(off["unmeasured_ms"], off["period_ms"], "the agent was off all December");
    assert_eq!(of_kind(&facts, "signing_key_set").len(), 1);
}

#[tokio::test]
async fn c6_7_a_close_that_a_crash_cut_off_is_made_again() {
    let scene = scene().await;
    run_until(&scene, "2026-10-31T22:59:59Z", 1).await;
    // All from the signed statement on is lost, as if it had never been synced.
    for segment in ["2026-11.jsonl", "2026-10.jsonl"] {
        let path = scene.path("state/journal").join(segment);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if let Some(at) = text.find("\"fact\":\"statement_signed\"") {
            let line = text[..at].rfind('\n').unwrap() + 1;
            fs::write(&path, &text[..line]).unwrap();
        }
    }
    fs::remove_dir_all(scene.path("state/store")).unwrap();
    assert_eq!(signed(&scene.facts()), []);
    let closed = of_kind(&scene.facts(), "month_closed").len();
    assert_eq!(closed, 1, "the close itself was written");
    run_until(&scene, "2026-11-01T00:00:00Z", 1).await;
    assert_eq!(of_kind(&scene.facts(), "month_closed").len(), 2);
}

#[tokio::test]
async fn c10_1_lost_files_are_made_anew_to_the_byte_and_a_lost_key_is_replaced_and_said() {
    let scene = scene().await;
    run_until(&scene, "2026-10-31T22:59:59Z", 1).await;
    let folder = scene.path("state/statements/2026-10");
    let written = files(&folder);
    fs::remove_dir_all(&folder).unwrap();
    fs::remove_file(scene.path("state/statement.key")).unwrap();
    run_until(&scene, "2026-11-01T00:00:00Z", 1).await;
    assert_eq!(files(&folder), written);
    let facts = scene.facts();
    let keys: Vec<_> =
        of_kind(&facts, "signing_key_set").iter().map(|fact| text(fact, "public_key")).collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
    assert_eq!(signed(&facts).len(), 1);
}

/// An hour of 10 October was downtime: somebody claims it, and it is accepted.
async fn report_fault(scene: &Scene, now: &str) {
    scene
        .agent_at(now, async |socket, _| {
            let claim = Request::AdjustClaim(Claim {
                service: "portal".to_owned(),
                kind: AdjustmentKind::Include,
                from: "2026-10-10T10:00".to_owned(),
                until: "2026-10-10T11:00".to_owned(),
                ground: Ground::FaultReport,
                evidence: "ticket 17".to_owned(),
            });
            assert!(matches!(ask(socket, claim).await, Reply::Adjustment { .. }));
            let decide =
                Request::AdjustDecide { id: "A1".to_owned(), decision: Decision::Accepted };
            assert!(matches!(ask(socket, decide).await, Reply::Adjustment { .. }));
        })
        .await;
}

#[tokio::test]
async fn c5_3_c6_7_a_decision_after_the_close_makes_a_revision_with_both_figures() {
    let scene = scene().await;
    run_until(&scene, "2026-10-31T22:59:59Z", 1).await;
    report_fault(&scene, "2026-11-02T12:00:00Z").await;
    run_until(&scene, "2026-11-02T13:00:00Z", 2).await;
    let facts = scene.facts();
    assert_eq!(signed(&facts), [("2026-10".to_owned(), 0), ("2026-10".to_owned(), 1)]);
    let lost: Vec<_> = of_kind(&facts, "month_closed")
        .iter()
        .map(|closed| (closed["revision"].as_u64(), closed["figure"]["lost_ms"].as_i64()))
        .collect();
    assert_eq!(lost, [(Some(0), Some(0)), (Some(1), Some(3_600_000))]);
    let revised = fs::read(json_file(&scene, "2026-10", 1)).unwrap();
    let document = check(&revised, Form::Json).unwrap().document;
    let before = document.services[0].previous.as_ref().unwrap();
    assert_eq!((before.revision, before.figure.lost_ms), (0, 0));
    assert_eq!(document.services[0].figure.lost_ms, 3_600_000);
    assert!(json_file(&scene, "2026-10", 0).exists(), "the first one stays");
}

#[tokio::test]
async fn c5_3_c6_7_a_decision_long_after_the_close_makes_a_revision_as_well() {
    let scene = scene().await;
    run_until(&scene, "2026-10-31T22:59:59Z", 1).await;
    // October to May are closed; in June's segment stand only the last four statements.
    run_until(&scene, "2027-06-10T12:00:00Z", 8).await;
    report_fault(&scene, "2027-06-11T12:00:00Z").await;
    run_until(&scene, "2027-06-12T12:00:00Z", 9).await;
    assert_eq!(signed(&scene.facts())[8], ("2026-10".to_owned(), 1));
    // It is not made again.
    run_until(&scene, "2027-06-13T12:00:00Z", 9).await;
    run_until(&scene, "2027-06-30T22:00:01Z", 10).await;
    assert_eq!(signed(&scene.facts())[9..], [("2027-06".to_owned(), 0)]);
}

/// The files that must go with the letter about October, by their names in it.
fn enclosed(scene: &Scene) -> Vec<(String, String, Vec<u8>)> {
    let files = files(&scene.path("state/statements/2026-10")).into_iter();
    let types = [("pdf", "application/pdf"), ("json", "application/json")];
    let enclosed = |(name, bytes): (String, Vec<u8>)| {
        let (_, media_type) = types.iter().find(|(end, _)| name.ends_with(end))?;
        Some((format!("2026-10-{name}"), (*media_type).to_owned(), bytes))
    };
    files.filter_map(enclosed).collect()
}

fn attached(mail: &Mail) -> Vec<(String, String, Vec<u8>)> {
    let attached = mail.attached().into_iter();
    attached.map(|file| (file.name, file.media_type, file.bytes)).collect()
}

/// Runs the agent over October's end until the statement's letter is delivered; `meanwhile` it is
/// signed, and its files are written.
async fn letter(scene: &Scene, server: &MailServer, meanwhile: impl FnOnce()) -> Mail {
    scene
        .agent_at("2026-10-31T22:59:59Z", async |socket, _| {
            let json = json_file(scene, "2026-10", 0);
            scene.until(socket, |facts| !signed(facts).is_empty() && json.exists()).await;
            meanwhile();
            scene.until(socket, |facts| !of_kind(facts, "notice_delivered").is_empty()).await;
        })
        .await;
    let [mail] = &server.mails()[..] else { panic!("one mail") };
    mail.clone()
}

#[tokio::test]
async fn c10_1_a_statements_letter_carries_the_signed_files() {
    let server = MailServer::start(MailOptions::default()).unwrap();
    let scene = scene_with("customer = \"Exempelbolaget AB\"\n", &by(&server)).await;
    let mail = letter(&scene, &server, || {}).await;
    let mut attached = attached(&mail);
    for (name, media_type, bytes) in &attached {
        let form = if media_type == "application/pdf" { Form::Pdf } else { Form::Json };
        assert!(check(bytes, form).unwrap().signature.is_some(), "{name}");
        assert!(mail.readable().contains(name), "{}", mail.readable());
    }
    attached.sort();
    let mut files = enclosed(&scene);
    files.sort();
    assert_eq!(files.len(), 2);
    assert!(attached == files, "to the byte");
}

#[tokio::test]
async fn c10_1_a_statement_whose_files_are_lost_or_changed_is_enclosed_none_the_less() {
    let server = MailServer::start(MailOptions::default()).unwrap();
    server.inject(MailFault::PutsOff);
    let scene = scene_with("customer = \"Exempelbolaget AB\"\n", &by(&server)).await;
    let mut files = Vec::new();
    let mail = letter(&scene, &server, || {
        files = enclosed(&scene);
        let folder = scene.path("state/statements/2026-10");
        fs::remove_file(folder.join("exempelbolaget-ab.en.pdf")).unwrap();
        let json = fs::read_to_string(json_file(&scene, "2026-10", 0)).unwrap();
        fs::write(json_file(&scene, "2026-10", 0), json.replace("12500.00", "99999.00")).unwrap();
        server.inject(MailFault::None);
    })
    .await;
    let mut attached = attached(&mail);
    attached.sort();
    files.sort();
    assert!(attached == files, "what was signed, made anew from the journal");
}

#[tokio::test]
async fn c10_5_a_statement_in_common_goes_only_to_whom_all_its_services_are_told() {
    let server = MailServer::start(MailOptions::default()).unwrap();
    // Without a customer, beside another service without one.
    let other = "[[service]]\nname = \"intranet\"\nlogin.url = \"https://127.0.0.1:9/\"\n\
                 login.user = \"probe\"\nlogin.password = { file = \"password\" }\n";
    let scene = scene_with("", &format!("{}{other}", by(&server))).await;
    scene
        .agent_at("2026-10-31T22:59:59Z", async |socket, _| {
            scene.until(socket, |facts| !of_kind(facts, "notice_delivered").is_empty()).await;
        })
        .await;
    let [mail] = &server.mails()[..] else { panic!("one mail") };
    assert_eq!(attached(mail), []);
    let text = mail.readable();
    assert!(text.contains("statements/2026-10/no-customer.json"), "{text}");
}
