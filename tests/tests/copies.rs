//! Copies of the journal: a customer's export, and backups that lead back to a running agent.

use std::fs;
use std::path::Path;

use contract::Instant;
use end_to_end::{Agent, Figures, Finished, Journal, Kind, Random, Scene, now, upptid};
use login_service::Fault;

const ACME: &str = "Acme AB";
const BIRCH: &str = "Birch AB";

/// Flips of one bit in an export.
const FLIPS: usize = 40;

/// Two customers' services.
fn two_customers() -> Scene {
    let mut scene = Scene::new();
    let mut services = String::new();
    for (name, customer) in [("portal", ACME), ("webmail", BIRCH)] {
        scene.start(name);
        let fee = format!("customer = \"{customer}\"\nmonthly_fee");
        services += &scene.measured(name, Kind::Form).replacen("monthly_fee", &fee, 1);
    }
    scene.configure("", &services);
    scene
}

fn an_outage(scene: &Scene, agent: &Agent, service: &str) {
    agent.wait_for_state(service, "up");
    scene.inject(service, Fault::Status(503));
    agent.wait_for_state(service, "down");
    scene.heal(service);
    agent.wait_for_state(service, "up");
}

fn command(words: &[&str], path: &Path) -> Finished {
    let words = words.iter().map(std::ffi::OsStr::new);
    upptid(words.chain([path.as_os_str()]))
}

fn export(scene: &Scene, customer: &str, name: &str) -> std::path::PathBuf {
    let out = scene.path(name);
    let (state, path) = (scene.state(), out.to_str().unwrap());
    let words = ["export", "--customer", customer, "--out", path, "--state-dir"];
    let finished = command(&words, &state);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    out
}

#[test]
fn c10_1_a_customers_export_verifies_tells_of_nobody_else_and_gives_its_figures() {
    let scene = two_customers();
    let agent = Agent::start(&scene);
    an_outage(&scene, &agent, "portal");
    an_outage(&scene, &agent, "webmail");
    let (from, until) = (now().plus_ms(90 * 86_400_000), now().plus_ms(90 * 86_400_000 + 60_000));
    let socket = scene.socket();
    let announced = upptid([
        "stop",
        "announce",
        "--service",
        "portal",
        "--service",
        "webmail",
        "--from",
        &from.to_string(),
        "--until",
        &until.to_string(),
        "--reason",
        "upgrade of both",
        "--socket",
        socket.to_str().unwrap(),
    ]);
    assert_eq!(announced.code, Some(0), "{announced:?}");
    // While the agent runs.
    let running = export(&scene, ACME, "running.jsonl");
    assert_eq!(command(&["verify"], &running).code, Some(0));
    assert_eq!(agent.terminate().code, Some(0));

    let acme = export(&scene, ACME, "acme.jsonl");
    let birch = export(&scene, BIRCH, "birch.jsonl");
    for (file, service, own, others) in
        [(&acme, "portal", ACME, ["webmail", BIRCH]), (&birch, "webmail", BIRCH, ["portal", ACME])]
    {
        let verified = command(&["verify"], file);
        assert_eq!(verified.code, Some(0), "{verified:?}");
        assert!(verified.stdout.contains("hidden"), "{verified:?}");
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains(service) && text.contains(own) && text.contains("upgrade of both"));
        for other in others {
            assert!(!text.contains(other), "{other} in the export of {own}");
        }
        let journal = Journal::read(&scene.state());
        let end: Instant = journal.facts("measured").next_back().unwrap().instant("until");
        let of_all = Figures::replayed(&scene, &scene.state().join("journal"), service, end);
        let of_export = Figures::replayed(&scene, file, service, end);
        assert!(of_export.lost > 0 && of_export == of_all, "{of_export:?} {of_all:?}");
    }
    a_flipped_bit_is_found(&scene, &acme);
}

fn a_flipped_bit_is_found(scene: &Scene, export: &Path) {
    let whole = fs::read(export).unwrap();
    let mut random = Random::seeded();
    let flipped = scene.path("flipped.jsonl");
    for _ in 0..FLIPS {
        let mut bytes = whole.clone();
        let byte = usize::try_from(random.below(whole.len() as u64)).unwrap();
        bytes[byte] ^= 1 << random.below(8);
        fs::write(&flipped, bytes).unwrap();
        let line = 1 + whole[..byte].iter().filter(|byte| **byte == b'\n').count();
        let found = command(&["verify"], &flipped);
        assert_eq!(found.code, Some(5), "byte {byte}: {found:?}");
        assert!(found.stdout.contains(&format!("line {line} ")), "byte {byte}: {found:?}");
    }
}

#[test]
fn c10_4_an_agent_on_a_restored_backup_goes_on_and_tells_the_gap() {
    let scene = Scene::of_one("portal", Kind::Form);
    let agent = Agent::start(&scene);
    an_outage(&scene, &agent, "portal");
    let (one, two) = (scene.path("one"), scene.path("two"));
    let state = scene.state();
    let back_up = |state: &Path| {
        let to = ["backup", "--to", one.to_str().unwrap(), "--to", two.to_str().unwrap()];
        let made = command(&[&to[..], &["--json", "--state-dir"]].concat(), state);
        assert_eq!(made.code, Some(0), "{made:?}");
        assert!(made.stderr.contains("on one device"), "{made:?}");
        made.json()
    };
    let made = back_up(&state);
    assert_eq!(made["backups"][0]["last"]["hash"], made["backups"][1]["last"]["hash"]);
    let lines = made["backups"][0]["last"]["seq"].as_u64().unwrap();
    agent.kill();

    let restored = scene.path("restored");
    let restore = || {
        let words = ["restore", "--from", two.to_str().unwrap(), "--state-dir"];
        command(&words, &restored)
    };
    let done = restore();
    assert_eq!(done.code, Some(0), "{done:?}");
    let again = restore();
    assert!(again.code == Some(1) && again.stderr.contains("not empty"), "{again:?}");

    let before = Journal::read(&restored);
    assert_eq!(before.lines.len() as u64, lines);
    scene.configure_with(&restored, "", &scene.measured("portal", Kind::Form));
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    assert_eq!(agent.terminate().code, Some(0));
    let after = Journal::read(&restored);
    let gap = after.facts("measuring_stopped").find(|line| line.seq() > lines).unwrap();
    assert_eq!(gap.text("cause"), "agent_off");
    let known = before.lines.iter().filter_map(|line| match line.fact() {
        "measured" => Some(line.instant("until")),
        "state" | "measuring_stopped" => Some(line.instant("from")),
        _ => None,
    });
    assert_eq!(gap.instant("from"), known.max().unwrap());
    assert_eq!(command(&["verify"], &restored.join("journal")).code, Some(0));
    assert_eq!(back_up(&restored)["backups"][1]["copied"].as_array().unwrap().len(), 1);
}

#[test]
fn c10_4_the_agent_backs_up_by_itself_and_tells_when_it_cannot() {
    let mut scene = Scene::new();
    scene.start("portal");
    let (one, two) = (scene.path("one"), scene.path("two"));
    // A file stands where a folder should be.
    fs::write(&two, "").unwrap();
    let sections = format!("[backup]\nto = [{one:?}, {two:?}]\n");
    scene.configure(&sections, &scene.measured("portal", Kind::Form));
    let agent = Agent::start(&scene);
    let copies = |result| format!("upptid_backups_total{{result=\"{result}\"}}");
    agent.wait_for("a copy that failed", |metrics| {
        metrics.get(&copies("failure")) == Some(1.0) && metrics.get(&copies("success")) == Some(1.0)
    });
    assert_eq!(agent.metrics().value("upptid_backup_success_timestamp_seconds"), 0.0);
    assert_eq!(command(&["verify"], &one.join("journal")).code, Some(0));

    let three = scene.path("three");
    let sections = format!("[backup]\nto = [{one:?}, {three:?}]\n");
    scene.configure(&sections, &scene.measured("portal", Kind::Form));
    agent.signal("HUP");
    agent.wait_for("both copies", |metrics| {
        metrics.get("upptid_backup_success_timestamp_seconds").is_some_and(|at| at > 0.0)
    });
    assert_eq!(command(&["verify"], &three.join("journal")).code, Some(0));
    assert_eq!(agent.terminate().code, Some(0));
}
