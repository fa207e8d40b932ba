//! `upptid learn`: what it finds out is written, checked, tried and measured as it stands.

use std::fs;
use std::path::PathBuf;

use end_to_end::{Agent, Finished, PASSWORD, Scene, USER, upptid};
use login_service::{BackEnd, Fault, FormChange};

/// Learns the service `portal` of the scene, with further arguments.
fn learn(scene: &Scene, page: &str, more: &[&str]) -> Finished {
    let url = scene.service("portal").url(page);
    let password = scene.path("password").display().to_string();
    let ca = scene.path("ca.pem").display().to_string();
    let known = [
        "learn",
        &url,
        "--user",
        USER,
        "--password-file",
        &password,
        "--ca-file",
        &ca,
        "--name",
        "portal",
    ];
    let finished = upptid(known.iter().chain(more));
    for text in [&finished.stdout, &finished.stderr] {
        assert!(!text.contains(PASSWORD), "c10_3: the password is shown: {text}");
    }
    finished
}

fn portal() -> Scene {
    let mut scene = Scene::new();
    scene.start("portal");
    scene
}

/// Learns, and gives the file that was written.
fn learned(scene: &Scene) -> PathBuf {
    let out = scene.path("portal.toml");
    let finished = learn(scene, "/login", &["--out", out.to_str().unwrap()]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("each attempt: 4 requests"), "{}", finished.stdout);
    out
}

fn outcome(scene: &Scene) -> (Option<i32>, String) {
    let config = scene.config().display().to_string();
    let finished = upptid(["try", "--config", &config, "--json"]);
    let document = finished.json();
    let cause = document["cause"].as_str().unwrap_or("up").to_owned();
    (finished.code, cause)
}

#[test]
fn what_is_learned_is_checked_tried_and_measured_as_it_stands() {
    let scene = portal();
    let file = learned(&scene);
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains(PASSWORD), "c10_3: {text}");
    for line in [
        "kind = \"form\"",
        "user_field = \"username\"",
        "password_field = \"password\"",
        "form = \"sign-in\"",
        "action = \"/login\", hidden = [\"csrf_token\", \"origin_page\"], button = \"sign_in\"",
        "proof = [{ form = \"/logout\" }]",
        "logout = { form = \"/logout\" }",
        "# beside it stands \"User name\"",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }

    // As a file of its own, and included in a configuration.
    let alone = upptid(["check", "--config", file.to_str().unwrap()]);
    assert_eq!(alone.code, Some(0), "{alone:?}");
    fs::write(&file, text.replace("interval = \"60s\"", "interval = \"1s\"")).unwrap();
    scene.configure("", "");
    let config = fs::read_to_string(scene.config()).unwrap();
    fs::write(scene.config(), format!("include = [\"portal.toml\"]\n{config}")).unwrap();
    assert_eq!(outcome(&scene), (Some(0), "up".to_owned()));

    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    scene.inject("portal", Fault::BackEnd(BackEnd::NoSession));
    agent.wait_for_state("portal", "down");
    scene.heal("portal");
    agent.wait_for_state("portal", "up");
    scene.inject("portal", Fault::FormChanged(FormChange::Renamed));
    agent.wait_for_state("portal", "unmeasured");
    assert_eq!(agent.terminate().code, Some(0));
}

#[test]
fn a_learned_login_tells_each_fault_with_its_exit_code() {
    let scene = portal();
    let file = learned(&scene);
    fs::copy(&file, scene.config()).unwrap();
    for (fault, code, cause) in [
        (Fault::None, 0, "up"),
        (Fault::Refuse, 1, "connect_refused"),
        (Fault::NoForm, 1, "no_login_form"),
        (Fault::BackEnd(BackEnd::Error500), 1, "http_status"),
        (Fault::BackEnd(BackEnd::ErrorPage), 1, "no_proof"),
        (Fault::BackEnd(BackEnd::FormAgain), 1, "login_form_again"),
        (Fault::FormChanged(FormChange::Renamed), 3, "form_changed"),
        (Fault::FormChanged(FormChange::Moved), 3, "form_changed"),
        (Fault::FormChanged(FormChange::Demanding), 3, "form_changed"),
        (Fault::FormChanged(FormChange::Grown), 0, "up"),
    ] {
        scene.inject("portal", fault);
        assert_eq!(outcome(&scene), (Some(code), cause.to_owned()), "{fault:?}");
    }
    scene.heal("portal");
    scene.write_password("not the password");
    assert_eq!(outcome(&scene), (Some(3), "rejected".to_owned()));
}

#[test]
fn what_cannot_be_learned_is_told_apart_and_nothing_is_written() {
    for (fault, code, result) in [
        (Fault::Refuse, 1, "down"),
        (Fault::Status(503), 1, "down"),
        (Fault::BackEnd(BackEnd::ErrorPage), 1, "down"),
        (Fault::ScriptedForm, 3, "needs_recipe"),
        (Fault::RateLimited, 3, "account"),
    ] {
        let scene = portal();
        scene.inject("portal", fault);
        let out = scene.path("portal.toml");
        let finished = learn(&scene, "/login", &["--json", "--out", out.to_str().unwrap()]);
        let document = finished.json();
        assert_eq!((finished.code, &document["result"]), (Some(code), &result.into()), "{fault:?}");
        assert!(!out.exists());
        for key in ["requests", "bytes", "sessions"] {
            assert!(document[key].is_number(), "no {key} in {document}");
        }
        if fault == Fault::ScriptedForm {
            assert_eq!(scene.service("portal").counts().logins_refused, 0, "nothing is sent");
        }
    }
    let scene = portal();
    scene.write_password("not the password");
    let finished = learn(&scene, "/login", &["--json"]);
    assert_eq!(finished.json()["result"], "account");
    assert_eq!(finished.code, Some(3));
    assert!(!finished.stdout.contains("not the password"), "{finished:?}");
}

#[test]
fn one_wrong_password_is_tried_only_if_allowed() {
    for (more, wrong) in [(["--json", "--force"].as_slice(), 0), (&["--try-wrong-password"], 1)] {
        let scene = portal();
        let out = scene.path("portal.toml");
        let arguments = [more, &["--out", out.to_str().unwrap()]].concat();
        let finished = learn(&scene, "/login", &arguments);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let counts = scene.service("portal").counts();
        assert_eq!((counts.logins_ok, counts.logins_refused), (2, wrong), "{counts:?}");
        assert_eq!(counts.sessions_open, 0);
        let rejected = "rejected = [\"Wrong user name or password\"]";
        assert_eq!(fs::read_to_string(&out).unwrap().contains(rejected), wrong == 1);
    }
}

#[test]
fn wrong_usage_sends_nothing() {
    let scene = portal();
    let out = scene.path("there.toml");
    fs::write(&out, "mine").unwrap();
    for (more, said) in [
        (vec!["--out", out.to_str().unwrap()], "use --force"),
        (vec!["--name", "no name"], "--name"),
        (vec!["--resolve", "localhost"], "HOST=ADDRESS"),
        (vec!["--totp-file", "/nowhere"], "--totp-file"),
        (vec!["--credential", "x"], "--credential"),
        (vec!["--password", "x"], "--password"),
    ] {
        let finished = learn(&scene, "/login", &more);
        assert_eq!(finished.code, Some(2), "{more:?}: {finished:?}");
        assert!(finished.stderr.contains(said), "{more:?}: {}", finished.stderr);
    }
    let plain = scene.service("portal").url("/login").replace("https:", "http:");
    let password = scene.path("password").display().to_string();
    let finished = upptid(["learn", &plain, "--user", USER, "--password-file", &password]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    assert_eq!(scene.service("portal").counts().connections, 0);
}
