//! The command line at hand: what is down, why a minute is classed so, and the last facts.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use end_to_end::{Agent, Finished, Journal, Kind, Scene, program, until, upptid};
use login_service::Fault;
use serde_json::Value;

/// Two services, and no witness.
fn scene() -> Scene {
    let mut scene = Scene::new();
    scene.start("portal");
    scene.start("mail");
    let services = scene.measured("portal", Kind::Form) + &scene.measured("mail", Kind::Basic);
    scene.configure("", &services);
    scene
}

fn ask(scene: &Scene, words: &[&str]) -> Finished {
    let socket = scene.socket().display().to_string();
    upptid(words.iter().copied().chain(["--socket", &socket]))
}

fn tail(scene: &Scene, words: &[&str]) -> Finished {
    let state = scene.state().display().to_string();
    upptid(["tail", "--state-dir", &state].iter().chain(words).copied())
}

/// A program that goes on: what it says is read as it says it.
struct Saying {
    child: Child,
    lines: Receiver<String>,
}

impl Saying {
    fn start(words: &[&str], option: &str, path: &Path) -> Self {
        let mut command = Command::new(program());
        command.args(words).arg(option).arg(path).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program was built");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let (said, lines) = channel();
        // It ends with the program.
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        Saying { child, lines }
    }

    /// The next line that holds these words.
    fn says(&mut self, words: &str) -> String {
        until(&format!("{words:?}"), || self.said(words))
    }

    /// The same, if it was said.
    fn said(&mut self, words: &str) -> Option<String> {
        self.lines.try_iter().find(|line| line.contains(words))
    }
}

impl Drop for Saying {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn services(status: &Value) -> Vec<&str> {
    let services = status["services"].as_array().unwrap().iter();
    services.map(|service| service["service"].as_str().unwrap()).collect()
}

#[test]
fn status_tells_what_is_down_and_ends_with_it() {
    let scene = scene();
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    agent.wait_for_state("mail", "up");
    let up = ask(&scene, &["status"]);
    assert_eq!(up.code, Some(0), "{up:?}");
    assert!(up.stdout.contains(": 2 up (upptid "), "{}", up.stdout);
    assert!(!up.stdout.contains('\u{1b}'), "no colour where nobody looks");

    scene.inject("portal", Fault::Status(503));
    agent.wait_for_state("portal", "down");
    // The incident is shown with the next heartbeat.
    let status = until("the incident", || {
        let down = ask(&scene, &["status", "--json"]);
        assert_eq!(down.code, Some(1), "{down:?}");
        let status = down.json();
        (!status["services"][0]["incident"].is_null()).then_some(status)
    });
    assert_eq!(services(&status), ["portal", "mail"], "what is down comes first");
    let portal = &status["services"][0];
    assert_eq!((&portal["state"], &portal["cause"]), (&"down".into(), &"http_status".into()));
    assert_eq!(portal["incident"]["response"], "running");
    let month = &portal["month"];
    let (left, budget) = (month["left_ms"].as_i64(), month["budget_ms"].as_i64());
    assert_eq!(left.unwrap() + month["counted_ms"].as_i64().unwrap(), budget.unwrap(), "C8.1");
    let text = ask(&scene, &["status"]).stdout;
    for said in ["down (http_status)", "503", "upptid incident ack portal", "BUDGET LEFT"] {
        assert!(text.contains(said), "{said:?} is not in\n{text}");
    }

    // Asked for one alone, the others do not matter.
    assert_eq!(ask(&scene, &["status", "mail"]).code, Some(0));
    let nobody = ask(&scene, &["status", "nobody"]);
    assert_eq!(nobody.code, Some(2), "{nobody:?}");
    assert!(nobody.stderr.contains("no service is called \"nobody\""), "{nobody:?}");

    // C3.6: paused is neither up nor down.
    assert_eq!(ask(&scene, &["pause", "mail", "--reason", "a move"]).code, Some(0));
    agent.wait_for_state("mail", "unmeasured");
    let paused = ask(&scene, &["status", "mail"]);
    assert_eq!(paused.code, Some(3), "{paused:?}");
    assert!(paused.stdout.contains("a move; `upptid resume` measures again"), "{paused:?}");

    // The agent's own trouble comes first.
    std::fs::write(scene.config(), "[agent]\nname = 7\n").unwrap();
    agent.signal("HUP");
    agent.wait_for_log("the configuration was refused");
    let text = ask(&scene, &["status"]).stdout;
    let second = text.lines().nth(1).unwrap();
    assert!(text.lines().skip(1).any(|line| {
        line.starts_with("trouble: the last configuration was refused")
            && line.contains("upptid check")
    }));
    assert!(second.starts_with("trouble: "), "{text}");

    agent.kill();
    let gone = ask(&scene, &["status"]);
    assert_eq!(gone.code, Some(4), "{gone:?}");
    assert!(gone.stderr.contains("the agent cannot be reached at "), "{gone:?}");
}

#[test]
fn status_watched_without_a_terminal_is_a_line_for_each_change() {
    let scene = scene();
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    agent.wait_for_state("mail", "up");
    let mut text = Saying::start(&["status", "--watch"], "--socket", &scene.socket());
    let mut json = Saying::start(&["status", "--watch", "--json"], "--socket", &scene.socket());
    assert!(text.says(" e2e ").ends_with("2 of 2 up"));
    json.says("\"mail\"");
    scene.inject("portal", Fault::Status(503));
    let down = text.says("portal down (http_status) since ");
    assert!(down.ends_with(", was up") || down.ends_with(", was suspected"), "{down}");
    let change: Value = serde_json::from_str(&json.says("\"state\":\"down\"")).unwrap();
    assert_eq!((&change["service"], &change["cause"]), (&"portal".into(), &"http_status".into()));
    scene.heal("portal");
    assert!(text.says("portal up since ").ends_with(", was down"));
    agent.kill();
    text.says("the agent cannot be reached");
    let agent = Agent::start(&scene);
    text.says("the agent answers again");
    agent.kill();
}

#[test]
fn explain_says_the_same_with_an_agent_and_without_one() {
    let scene = scene();
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    scene.inject("portal", Fault::Status(503));
    agent.wait_for_state("portal", "down");
    scene.heal("portal");
    agent.wait_for_state("portal", "up");
    let journal = Journal::read(&scene.state());
    let down = journal.facts("state").find(|line| line.text("state") == "down").unwrap();
    let at = down.text("from").to_owned();
    // What is decided reaches past the outage with the next heartbeat (C3.9).
    let words = ["explain", "portal", "--at", &at, "--json"];
    let lost = |document: &Value| -> Option<Value> {
        let pieces = document["pieces"].as_array()?;
        let lost = pieces.iter().find(|piece| piece["class"] == "lost")?;
        (!lost["ended_by"].is_null()).then(|| lost.clone())
    };
    let told = until("the explanation", || {
        let told = ask(&scene, &words);
        (told.code == Some(0)).then(|| told.json()).filter(|told| lost(told).is_some())
    });
    let piece = lost(&told).unwrap();
    assert_eq!((&piece["cause"], &piece["from"]), (&"http_status".into(), &at.as_str().into()));
    assert_eq!(piece["facts"][0]["seq"], down.seq());
    assert_eq!(piece["evidence"]["status"], 503);
    let rules = piece["rules"].as_array().unwrap().iter();
    let rules: Vec<&str> = rules.map(|rule| rule["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["C3.2", "C3.4", "C3.8", "C6.1", "C5.5"]);
    let attempts = told["attempts"].as_array().unwrap();
    assert!(attempts.iter().any(|made| made["outcome"] == "down"), "{attempts:?}");
    let text = ask(&scene, &words[..4]).stdout;
    for said in ["lost (http_status)", "C3.2 ", "  facts\n", "status: 503", "attempts around it"] {
        assert!(text.contains(said), "{said:?} is not in\n{text}");
    }
    let later = ask(&scene, &["explain", "portal", "--at", "2100-01-01T00:00"]);
    assert_eq!(later.code, Some(2), "{later:?}");
    assert!(later.stderr.contains("is not decided yet"), "{later:?}");

    agent.terminate();
    let unreachable = ask(&scene, &words);
    assert_eq!(unreachable.code, Some(4), "{unreachable:?}");
    assert!(unreachable.stderr.contains("--facts"), "{unreachable:?}");
    let facts = scene.state().join("journal").display().to_string();
    let offline = upptid(words.iter().copied().chain(["--journal", &facts]));
    assert_eq!(offline.code, Some(0), "{offline:?}");
    let offline = offline.json();
    assert_eq!(lost(&offline).unwrap(), piece);
    assert_eq!(offline["attempts"], Value::Array(Vec::new()));
    let nobody = upptid(["explain", "nobody", "--facts", &facts]);
    assert_eq!(nobody.code, Some(2), "{nobody:?}");
}

#[test]
fn tail_shows_the_last_facts_and_those_that_follow() {
    let scene = scene();
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    agent.wait_for_state("mail", "up");
    let mut follows = Saying::start(
        &["tail", "-f", "-n", "0", "--service", "portal"],
        "--state-dir",
        &scene.state(),
    );
    // Nothing tells when it has begun to follow: fail and heal until it has said so.
    let line = until("what follows", || {
        scene.inject("portal", Fault::Status(503));
        agent.wait_for_state("portal", "down");
        scene.heal("portal");
        agent.wait_for_state("portal", "up");
        follows.said("down (http_status)")
    });
    assert!(line.contains(" portal  down (http_status) from "), "{line}");
    // The journal is whole while the agent runs, and after it.
    let of_portal = tail(&scene, &["-n", "3", "--service", "portal"]);
    assert_eq!(of_portal.code, Some(0), "{of_portal:?}");
    assert_eq!(of_portal.stdout.lines().count(), 3);
    assert!(!of_portal.stdout.contains(" mail "), "{}", of_portal.stdout);
    agent.terminate();
    let journal = Journal::read(&scene.state());
    let last = tail(&scene, &["-n", "1", "--all", "--json"]);
    let last: Value = serde_json::from_str(&last.stdout).unwrap();
    assert_eq!(last["seq"], journal.lines.last().unwrap().seq());
    assert_eq!(last["fact"], "measured");
    let all = tail(&scene, &["-n", "100000", "--all"]).stdout;
    assert_eq!(all.lines().count(), journal.lines.len());
    let some = tail(&scene, &["-n", "100000"]).stdout;
    assert!(!some.contains("all open states hold until"), "{some}");
}

#[test]
fn tail_of_no_journal_says_what_to_name() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().display().to_string();
    let refused = upptid(["tail", "--state-dir", &state]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("--state-dir"), "{refused:?}");
}

#[test]
fn colour_is_for_terminals_and_who_asks_for_it() {
    let scene = scene();
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    let coloured = |name: &str| {
        let mut command = Command::new(program());
        command.args(["status", "--socket"]).arg(scene.socket()).env(name, "1");
        let output = command.env_remove("CI").output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains('\u{1b}')
    };
    assert!(coloured("CLICOLOR_FORCE"));
    assert!(!coloured("NO_COLOR"));
    agent.kill();
}
