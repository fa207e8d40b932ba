//! What the pages of a running agent show of what people and the office recorded (C6.7, C7.4,
//! C10.5).

#[expect(dead_code, reason = "shared with the tests of pauses, whose clock is the machine's")]
mod scene;

use std::net::SocketAddr;

use agent::admin::{Announcement, Claim, Reply, Request};
use contract::fact::{AdjustmentKind, Decision, Ground};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use scene::{ASKED_MAX, Scene, ask};

/// One person may claim and decide; the contact has an address.
async fn scene() -> Scene {
    Scene::new(
        "customer = \"Exempelbolaget AB\"\nmonthly_fee = \"12500.00 SEK\"\n",
        "[provider]\nname = \"Drift AB\"\n[terms.standard]\nfour_eyes = false\n\
         [[contact]]\nid = \"anna\"\nmail = \"anna@customer.example\"\nlang = \"sv\"\n\
         services = [\"portal\"]\n",
    )
    .await
}

/// The status and the body that `path` is answered with.
async fn get(web: SocketAddr, path: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(web).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer[end + 4..].to_vec())
}

async fn json(web: SocketAddr, path: &str) -> Value {
    let (status, body) = get(web, path).await;
    assert_eq!(status, 200, "{path}");
    serde_json::from_slice(&body).unwrap()
}

/// Asks for the statements until the first has so many revisions, and their files are there.
async fn statements(web: SocketAddr, revisions: usize) -> Value {
    for _ in 0..ASKED_MAX {
        let list = json(web, "/api/v1/statements").await;
        let made = list["statements"][0]["revisions"].as_array().cloned().unwrap_or_default();
        let has_files = |made: &Value| made["files"].as_array().is_some_and(|it| it.len() == 4);
        if made.len() >= revisions && made.iter().all(has_files) {
            return list["statements"][0].clone();
        }
    }
    panic!("it is never made");
}

#[tokio::test]
async fn c6_7_a_closed_month_is_shown_with_its_files_and_a_revision_with_both_figures() {
    let scene = scene().await;
    scene
        .agent_at("2026-10-31T22:59:58Z", async |_, _| {
            let web = scene.web();
            let made = statements(web, 1).await;
            assert_eq!(made["customer"], "Exempelbolaget AB");
            assert_eq!(made["services"][0]["closes"][0]["figure"]["lost_ms"], 0);
            let files = made["revisions"][0]["files"].as_array().unwrap();
            let names = ["sv.pdf", "sv.html", "csv", "json"];
            assert_eq!(*files, names.map(|end| Value::from(format!("exempelbolaget-ab.{end}"))));
            for file in files {
                let file = file.as_str().unwrap();
                let (status, body) = get(web, &format!("/statements/2026-10/{file}")).await;
                let path = scene.path("state/statements/2026-10").join(file);
                assert_eq!((status, body), (200, std::fs::read(path).unwrap()));
            }
            let key = &json(web, "/api/v1/statements").await["public_key"];
            assert_eq!(*key, made["revisions"][0]["public_key"]);
        })
        .await;
    scene
        .agent_at("2026-11-02T12:00:00Z", async |socket, _| {
            let claim = Request::AdjustClaim(Claim {
                service: "portal".to_owned(),
                kind: AdjustmentKind::Include,
                from: "2026-10-10T10:00".to_owned(),
                until: "2026-10-10T11:00".to_owned(),
                ground: Ground::FaultReport,
                evidence: "ticket 17".to_owned(),
            });
            assert!(matches!(ask(socket, claim).await, Reply::Adjustment { .. }));
            let (id, decision) = ("A1".to_owned(), Decision::Accepted);
            ask(socket, Request::AdjustDecide { id, decision }).await;
            let made = json(scene.web(), "/api/v1/adjustments").await["adjustments"][0].clone();
            assert_eq!((&made["evidence"], &made["counts"]), (&"ticket 17".into(), &true.into()));
            assert_eq!(made["decisions"][0]["by"], made["claimed"]["by"]);
        })
        .await;
    scene
        .agent_at("2026-11-02T13:00:00Z", async |_, _| {
            let web = scene.web();
            let made = statements(web, 2).await;
            let closes = made["services"][0]["closes"].as_array().unwrap();
            let lost: Vec<_> = closes.iter().map(|it| it["figure"]["lost_ms"].as_i64()).collect();
            assert_eq!(lost, [Some(0), Some(3_600_000)]);
            let (_, page) = get(web, "/statements?lang=sv").await;
            let page = String::from_utf8(page).unwrap();
            for expected in ["Rättelse 1", "tidigare, vid avslutet", "exempelbolaget-ab.r1.sv.pdf"]
            {
                assert!(page.contains(expected), "{expected}: {page}");
            }
            // C7.4: an hour of 44,700 minutes is level 1, discovered on 10 October.
            let claim = &json(web, "/api/v1/claims").await["claims"][0];
            assert_eq!(claim["reduction"]["amount"], "1250.00 SEK");
            assert_eq!(
                (&claim["reduction"]["deadline"], &claim["state"]),
                (&"2026-12-10".into(), &"open".into(),)
            );
        })
        .await;
}

#[tokio::test]
async fn c6_7_a_month_long_past_is_shown_out_of_the_journal() {
    let scene = scene().await;
    scene
        .agent_at("2026-08-15T12:00:00Z", async |socket, _| {
            let claim = Request::AdjustClaim(Claim {
                service: "portal".to_owned(),
                kind: AdjustmentKind::Include,
                from: "2026-08-10T10:00".to_owned(),
                until: "2026-08-10T11:00".to_owned(),
                ground: Ground::FaultReport,
                evidence: "ticket 17".to_owned(),
            });
            assert!(matches!(ask(socket, claim).await, Reply::Adjustment { .. }));
            let (id, decision) = ("A1".to_owned(), Decision::Accepted);
            ask(socket, Request::AdjustDecide { id, decision }).await;
        })
        .await;
    scene
        .agent_at("2026-11-02T12:00:00Z", async |_, _| {
            let web = scene.web();
            statements(web, 1).await;
            let august = json(web, "/api/v1/services/portal?month=2026-08").await;
            assert_eq!(august["figure"]["month"], "2026-08");
            assert_eq!(august["figure"]["lost_ms"], 3_600_000);
            let of_class = |class: &str| {
                let stretches = august["month"].as_array().unwrap().iter();
                stretches.filter(|it| it["class"] == class).cloned().collect::<Vec<_>>()
            };
            let lost = of_class("lost").remove(0);
            assert_eq!(lost["from"], "2026-08-10T08:00:00.000Z");
            // C5.2: nothing was seen of what a customer reported.
            let path = "/api/v1/services/portal/at/2026-08-10T08:30:00.000Z";
            let moment = json(web, path).await;
            assert_eq!((&moment["from"], &moment["evidence"]), (&lost["from"], &Value::Null));
            assert_eq!(
                (&moment["rules"][0]["rule"], &moment["class"]),
                (&"C5.2".into(), &"lost".into())
            );
            assert_eq!(moment["adjustments"][0]["id"], "A1");
            for (path, expected) in [
                ("/service/portal?month=2026-08", "August 2026"),
                ("/service/portal?month=2026-09", "the agent was not running"),
                ("/service/portal/day/2026-08-10", "1 h 0 min"),
                ("/service/portal/at/2026-08-10T08:30:00.000Z", "reported by the customer"),
            ] {
                let (status, page) = get(web, path).await;
                let page = String::from_utf8(page).unwrap();
                assert!(status == 200 && page.contains(expected), "{path}: {page}");
            }
            let (status, _) = get(web, "/service/portal?month=2026-12").await;
            assert_eq!(status, 404, "it has not begun");
        })
        .await;
}

#[tokio::test]
async fn nothing_but_a_statements_file_is_given() {
    let scene = scene().await;
    scene
        .agent_at("2026-10-31T22:59:58Z", async |_, _| {
            let web = scene.web();
            statements(web, 1).await;
            let folder = scene.path("state/statements/2026-10");
            std::fs::write(folder.join("notes.txt"), "x").unwrap();
            std::os::unix::fs::symlink("../../statement.key", folder.join("key.json")).unwrap();
            std::fs::create_dir(folder.join("folder.json")).unwrap();
            for name in ["notes.txt", "key.json", "folder.json", "..%2f..%2fstatement.key"] {
                let (status, _) = get(web, &format!("/statements/2026-10/{name}")).await;
                assert_eq!(status, 404, "{name}");
            }
        })
        .await;
}

#[tokio::test]
async fn c10_5_pages_name_people_by_account_or_id_and_show_no_address() {
    let scene = scene().await;
    scene
        .agent_at("2026-11-02T12:00:00Z", async |socket, _| {
            let announcement = Announcement {
                services: vec!["portal".to_owned()],
                from: "2026-11-20T22:00".to_owned(),
                until: "PT2H".to_owned(),
                reason: "new storage".to_owned(),
                agreed: None,
                dry_run: false,
            };
            ask(socket, Request::StopAnnounce(announcement)).await;
            let (service, reason) = ("portal".to_owned(), "the account moves".to_owned());
            ask(socket, Request::Pause { service, reason }).await;
            let web = scene.web();
            let stop = &json(web, "/api/v1/stops").await["stops"][0];
            assert_eq!(stop["until"], "2026-11-20T23:00:00.000Z");
            assert_eq!(stop["services"][0]["verdict"], "valid");
            let people = &json(web, "/api/v1/services/portal").await["people"];
            assert_eq!(people["pause"]["reason"], "the account moves");
            assert_eq!(people["pause"]["by"], stop["announced"]["by"]);
            for path in [
                "/",
                "/service/portal",
                "/agent",
                "/stops",
                "/stops.ics",
                "/adjustments",
                "/claims",
                "/statements",
                "/api/v1/stops",
                "/api/v1/claims",
                "/api/v1/statements",
                "/api/v1/services/portal",
                "/api/v1/agent",
                "/metrics",
            ] {
                let (status, body) = get(web, path).await;
                let body = String::from_utf8(body).unwrap();
                assert_eq!(status, 200, "{path}");
                for secret in ["@customer.example", "correct horse battery"] {
                    assert!(!body.contains(secret), "{path} shows {secret}");
                }
            }
        })
        .await;
}
