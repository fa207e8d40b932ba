//! A daemon that people can run: one per state folder, told by signals.

use std::fs;

use end_to_end::{Agent, Journal, Kind, Scene, now, until, upptid};
use login_service::Fault;

#[test]
fn a_second_agent_on_one_state_folder_is_refused() {
    let scene = Scene::of_one("portal", Kind::Form);
    let agent = Agent::start(&scene);
    let refused = Agent::try_start(&scene.config()).err().expect("two agents in one folder");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let folder = scene.state().display().to_string();
    for said in [folder, format!("process {}", agent.pid()), "stop it".to_owned()] {
        assert!(refused.stderr.contains(&said), "{said:?} is not in {refused:?}");
    }
    // The first one has not noticed: it can still be reached.
    let socket = scene.socket().display().to_string();
    assert_eq!(upptid(["stop", "list", "--socket", &socket]).code, Some(0));
    agent.wait_for_state("portal", "up");
    // Killed, it leaves the folder to the next one.
    agent.kill();
    Agent::start(&scene).wait_for_state("portal", "up");
}

#[test]
fn sigterm_drains_within_a_bound_and_leaves_a_finished_journal() {
    let scene = Scene::of_one("portal", Kind::Form);
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    // An attempt is under way that would never end by itself.
    scene.inject("portal", Fault::Silent);
    let connections = scene.service("portal").counts().connections;
    until("an attempt", || {
        (scene.service("portal").counts().connections > connections).then_some(())
    });
    let asked = now();
    let ended = agent.terminate();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("stopped"), "{ended:?}");
    assert!(!scene.socket().exists(), "the admin socket is gone");
    let journal = Journal::read(&scene.state());
    let last = journal.lines.last().unwrap();
    assert_eq!(last.fact(), "measured", "C3.7: after a stop a result holds to the last heartbeat");
    assert!(last.instant("until") >= asked);

    // The next start knows that it was off, from then on (C3.6).
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "unmeasured");
    agent.kill();
    let journal = Journal::read(&scene.state());
    let off = journal.facts("measuring_stopped").next().expect("the gap is recorded");
    assert_eq!((off.text("cause"), off.instant("from")), ("agent_off", last.instant("until")));
}

#[test]
fn a_reload_over_http_is_answered_with_what_came_of_it() {
    let scene = Scene::of_one("portal", Kind::Form);
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    assert_eq!(agent.post("/-/reload").0, 403, "not where it is not allowed");
    assert_eq!(agent.terminate().code, Some(0));

    let text = fs::read_to_string(scene.config()).unwrap();
    let good = text.replace("[web]", "[web]\nallow_reload = true");
    fs::write(scene.config(), &good).unwrap();
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    assert_eq!(agent.post("/-/reload").0, 200);
    fs::write(scene.config(), good.replace("interval =", "intervall =")).unwrap();
    let (status, said) = agent.post("/-/reload");
    assert_eq!(status, 500);
    assert!(said.contains("intervall"), "{said}");
    assert_eq!(agent.terminate().code, Some(0));
}

#[test]
fn sighup_with_a_bad_file_keeps_the_old_configuration_and_says_so_everywhere() {
    let mut scene = Scene::of_one("portal", Kind::Form);
    scene.start("intranet");
    let agent = Agent::start(&scene);
    let before = agent.wait_for_state("portal", "up");
    let good = fs::read_to_string(scene.config()).unwrap();
    fs::write(scene.config(), good.replace("interval =", "intervall =")).unwrap();
    agent.signal("HUP");
    let reloaded = "upptid_config_last_reload_successful";
    let refused = agent.wait_for("the refusal", |metrics| metrics.value(reloaded) == 0.0);
    agent.wait_for_log("refused");
    for said in ["upptid.toml", "intervall"] {
        assert!(agent.log().contains(said), "{said:?} is not in the log:\n{}", agent.log());
    }
    let (_, page) = agent.get("/");
    assert!(page.contains("intervall"), "the page does not say it: {page}");
    assert_eq!(refused.value("upptid_services"), 1.0);
    assert_eq!(agent.get("/-/ready").0, 200);
    let attempts = scene.service("portal").counts().logins_ok;
    until("a login by the old configuration", || {
        (scene.service("portal").counts().logins_ok > attempts).then_some(())
    });

    // A good one adds a service; what it does not change goes on.
    let since = "upptid_service_state_since_timestamp_seconds";
    fs::write(scene.config(), good.clone() + &scene.measured("intranet", Kind::Basic)).unwrap();
    agent.signal("HUP");
    let after = agent.wait_for_state("intranet", "up");
    assert_eq!(after.value(reloaded), 1.0);
    assert_eq!(after.state("portal").as_deref(), Some("up"));
    assert_eq!(after.of("portal", since), before.of("portal", since));
    assert!(!agent.get("/").1.contains("intervall"), "what is mended is no longer said");

    // And takes it out again: its series go, and its time is no longer measured (C3.6).
    fs::write(scene.config(), good).unwrap();
    agent.signal("HUP");
    let after = agent.wait_for("one service", |metrics| metrics.value("upptid_services") == 1.0);
    assert_eq!(after.state("intranet"), None);
    assert_eq!(after.of("portal", since), before.of("portal", since));
    assert_eq!(agent.terminate().code, Some(0));
    let journal = Journal::read(&scene.state());
    let last = |service: &str| {
        let mut states = journal.facts("state").filter(|line| line.text("service") == service);
        let last = states.next_back().expect("it was measured");
        (last.text("state").to_owned(), last.text("cause").to_owned())
    };
    assert_eq!(last("intranet"), ("unmeasured".to_owned(), "paused".to_owned()));
    assert_eq!(last("portal"), ("up".to_owned(), String::new()));
    let portal = journal.facts("state").filter(|line| line.text("service") == "portal");
    assert_eq!(portal.count(), 1, "the portal's state was never interrupted");
}

#[test]
fn a_configuration_that_cannot_be_used_ends_the_program_with_the_place_and_the_key() {
    let scene = Scene::of_one("portal", Kind::Form);
    let good = fs::read_to_string(scene.config()).unwrap();
    fs::write(scene.config(), good.replace("interval = \"1s\"", "interval = 1")).unwrap();
    let ended = Agent::try_start(&scene.config()).err().expect("a bad configuration runs");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for said in ["upptid.toml", "interval"] {
        assert!(ended.stderr.contains(said), "{said:?} is not in {}", ended.stderr);
    }
    assert!(!scene.state().exists(), "nothing was begun");
}
