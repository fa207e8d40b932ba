//! Alerts are told by the agent itself while nobody scrapes it, and by it alone then (C8.2).

use std::path::Path;

use end_to_end::{Agent, Journal, Kind, Scene, Told, until};
use login_service::Fault;
use serde_json::Value;

/// Where those on call read their mail.
const ON_CALL_MAIL: &str = "oncall@provider.example";

/// Two measured services, somebody on call, and a pager that takes alerts.
fn scene(told: &Told) -> Scene {
    let mut scene = Scene::new();
    let names = ["portal", "intranet"];
    names.iter().for_each(|name| scene.start(name));
    let pager = told.webhook.url("127.0.0.1", "/pager");
    let sections = told.sections(&scene, &names)
        + &format!(
            "[[webhook]]\nname = \"pager\"\nurl = \"{pager}\"\n\
             secret = {{ file = \"webhook-secret\" }}\nkinds = [\"alert\", \"alert_resolved\"]\n\n\
             [[contact]]\nid = \"oncall\"\nmail = \"{ON_CALL_MAIL}\"\nlang = \"en\"\n\n\
             [alerts]\nwhen = \"not-scraped\"\nafter = \"5s\"\ngroup = \"0s\"\n\
             to = [\"oncall\"]\npage = \"https://upptid.example\"\n"
        );
    let measured: String = names.iter().map(|name| scene.measured(name, Kind::Form)).collect();
    scene.configure(&sections, &measured);
    scene
}

/// What the pager was told: `alert UpptidLoginDown portal`.
fn paged(told: &Told) -> Vec<String> {
    let posts = told.webhook.posts().into_iter().filter(|post| post.path == "/pager");
    let notices = posts.flat_map(|post| {
        assert!(post.headers["x-upptid-signature"].starts_with("sha256="));
        let body: Value = serde_json::from_slice(&post.body).unwrap();
        body["notices"].as_array().unwrap().clone()
    });
    let text = |it: &Value| it.as_str().unwrap_or("-").to_owned();
    notices
        .map(|it| [&it["notice"], &it["alert"]["name"], &it["service"]].map(text).join(" "))
        .collect()
}

/// What is on record as told about `name`: `alert oncall mail`.
fn on_record(state: &Path, name: &str) -> Vec<String> {
    let journal = Journal::read(state);
    let of_name = journal.facts("notice_delivered").filter(|it| it.text("about").starts_with(name));
    of_name.map(|it| format!("{} {}", it.text("notice"), it.text("contact"))).collect()
}

#[test]
fn c8_2_an_outage_is_told_directly_while_nobody_scrapes_and_by_prometheus_otherwise() {
    let told = Told::start();
    let scene = scene(&told);
    scene.inject("portal", Fault::Status(503));
    // Nothing here reads /metrics until the outage was told.
    let agent = Agent::start(&scene);
    let mail = told.wait_for_mail(ON_CALL_MAIL, "CRITICAL: Customers cannot log in to portal");
    let text = mail.readable();
    for words in ["503", "upptid explain portal", "https://upptid.example/service/portal"] {
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
    told.wait_for_mail(ON_CALL_MAIL, "Nobody reads the metrics");
    until("the pager was told", || {
        let paged = paged(&told);
        let wanted = ["alert UpptidLoginDown portal", "alert UpptidNotScraped -"];
        wanted.iter().all(|it| paged.contains(&(*it).to_owned())).then_some(())
    });
    let (_, shown) = agent.get("/api/v1/agent");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["notices"]["direct_alerts"], "active");

    // Prometheus is back. That is told, and what begins now is left to it.
    let over = "alert_resolved UpptidNotScraped -".to_owned();
    until("it is told that Prometheus is back", || {
        agent.metrics();
        paged(&told).contains(&over).then_some(())
    });
    let metrics = agent.metrics();
    assert_eq!(metrics.value("upptid_direct_alerts_active"), 0.0);
    scene.inject("intranet", Fault::Status(503));
    agent.wait_for_state("intranet", "down");
    until("the incident is told as ever", || {
        agent.metrics();
        let is_told = |post: &mail_service::Post| {
            let body = String::from_utf8_lossy(&post.body).into_owned();
            post.path == "/hook" && body.contains("incident_opened") && body.contains("intranet")
        };
        told.webhook.posts().iter().any(is_told).then_some(())
    });
    let about_it: Vec<_> = paged(&told).into_iter().filter(|it| it.contains("intranet")).collect();
    assert_eq!(about_it, [""; 0]);
    assert!(told.mails_to(ON_CALL_MAIL).iter().all(|mail| !mail.readable().contains("intranet")));

    // A restart tells nothing again.
    agent.terminate();
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "down");
    agent.terminate();
    let mut once = on_record(&scene.state(), "UpptidLoginDown");
    once.sort();
    assert_eq!(once, ["alert oncall", "alert webhook"]);
}
