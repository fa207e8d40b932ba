//! `upptid try`: one login of each kind, right and wrong, and no secret anywhere.

use end_to_end::{Agent, Kind, PASSWORD, Scene, files_below, upptid};
use login_service::{BackEnd, Fault};
use serde_json::Value;

const KINDS: [Kind; 3] = [Kind::Form, Kind::Basic, Kind::Json];

/// Forms in which a password can leak: as it is, percent-encoded, and as HTTP Basic sends it.
fn assert_no_secret(place: &str, bytes: &[u8]) {
    let basic = "cHJvYmU6a3Zhc3QtOS1UYWxscmlrLXBx";
    for secret in [PASSWORD, basic] {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{place} holds the password");
    }
}

fn try_login(scene: &Scene) -> (Option<i32>, Value) {
    let config = scene.config().display().to_string();
    let finished = upptid(["try", "--config", &config, "--json"]);
    assert_no_secret("stdout", finished.stdout.as_bytes());
    assert_no_secret("stderr", finished.stderr.as_bytes());
    let words = upptid(["try", "--config", &config, "--service", "portal"]);
    assert_eq!(words.code, finished.code, "{words:?}");
    assert_no_secret("stdout", words.stdout.as_bytes());
    let document = finished.json();
    for key in ["service", "outcome", "message", "duration_ms", "steps", "tls"] {
        assert!(document.get(key).is_some(), "no {key:?} in {document}");
    }
    (finished.code, document)
}

#[test]
fn an_explained_login_shows_what_was_said_and_no_secret() {
    for kind in KINDS {
        let scene = Scene::of_one("portal", kind);
        let config = scene.config().display().to_string();
        let words = upptid(["try", "--config", &config, "--explain"]);
        assert_eq!(words.code, Some(0), "{words:?}");
        for part in ["  > ", "  < 200 OK", "user-agent: ", "[cut]"] {
            assert!(words.stdout.contains(part), "{kind:?}: no {part:?} in {}", words.stdout);
        }
        let json = upptid(["try", "--config", &config, "--explain", "--json"]);
        assert!(json.json()["exchanges"].as_array().unwrap().len() >= 2);
        for text in [&words.stdout, &words.stderr, &json.stdout] {
            assert_no_secret("stdout", text.as_bytes());
        }
        // Sessions and tokens of this service have 32 hexadecimal digits in a row.
        let exchanges = json.json()["exchanges"].to_string();
        let is_long = |run: &str| run.len() >= 24;
        assert!(!exchanges.split(|c: char| !c.is_ascii_hexdigit()).any(is_long), "{exchanges}");
    }
}

#[test]
fn each_kind_of_login_is_tried_right_and_wrong_with_its_exit_code() {
    for kind in KINDS {
        let scene = Scene::of_one("portal", kind);
        let (code, document) = try_login(&scene);
        assert_eq!((code, &document["outcome"]), (Some(0), &"up".into()), "{kind:?}: {document}");
        let steps = document["steps"].as_array().unwrap();
        assert!(steps.iter().all(|step| step["phases_ms"].is_object()), "{document}");
        assert_eq!(scene.service("portal").counts().logins_ok, 2);

        // Fails where it is checked, or on the way there: the customer cannot log in.
        for (fault, cause) in [
            (Fault::BackEnd(BackEnd::Error500), "http_status"),
            (Fault::Status(503), "http_status"),
            (Fault::Refuse, "connect_refused"),
            (Fault::NotTls, "tls"),
        ] {
            scene.inject("portal", fault);
            let (code, document) = try_login(&scene);
            let context = format!("{kind:?} {fault:?}: {document}");
            assert_eq!((code, &document["outcome"]), (Some(1), &"down".into()), "{context}");
            let found = document["cause"].as_str().unwrap_or_default();
            assert!(found.starts_with(cause), "{context}");
            scene.heal("portal");
        }

        // The account's fault is not the service's (C3.5).
        scene.write_password("not the password");
        let (code, document) = try_login(&scene);
        assert_eq!((code, &document["outcome"]), (Some(3), &"account".into()), "{kind:?}");
        assert!(!document.to_string().contains("not the password"), "{document}");
    }
}

#[test]
fn a_login_without_a_session_is_down_though_every_page_answers() {
    for (fault, kind) in [
        (BackEnd::NoSession, Kind::Form),
        (BackEnd::ErrorPage, Kind::Form),
        (BackEnd::FormAgain, Kind::Form),
        (BackEnd::ErrorPage, Kind::Json),
    ] {
        let scene = Scene::of_one("portal", kind);
        scene.inject("portal", Fault::BackEnd(fault));
        let (code, document) = try_login(&scene);
        assert_eq!(code, Some(1), "{kind:?} {fault:?}: {document}");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_there_is() {
    let scene = Scene::of_one("portal", Kind::Form);
    let config = scene.config().display().to_string();
    let finished = upptid(["try", "--config", &config, "--service", "protal"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("portal"), "{finished:?}");
    let missing = upptid(["try", "--config", "/nowhere/upptid.toml"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
    // C1.5: not over plain http, not even once.
    let password = scene.path("password").display().to_string();
    let plain = ["try", "--url", "http://localhost/login", "--user", "probe", "--password-file"];
    let refused = upptid(plain.into_iter().chain([password.as_str()]));
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("C1.5"), "{refused:?}");
}

#[test]
fn c10_3_the_password_is_nowhere_but_in_its_file() {
    let mut scene = Scene::new();
    let mut services = String::new();
    for (name, kind) in [("form", Kind::Form), ("basic", Kind::Basic), ("json", Kind::Json)] {
        scene.start(name);
        services += &scene.measured(name, kind);
    }
    scene.configure("[log]\nlevel = \"trace\"\n", &services);
    let agent = Agent::start(&scene);
    for name in ["form", "basic", "json"] {
        agent.wait_for_state(name, "up");
        scene.inject(name, Fault::BackEnd(BackEnd::ErrorPage));
    }
    scene.inject("basic", Fault::Status(500));
    for name in ["form", "basic", "json"] {
        agent.wait_for_state(name, "down");
        for path in
            ["/", "/metrics", &format!("/service/{name}"), &format!("/api/v1/services/{name}")]
        {
            assert_no_secret(path, agent.get(path).1.as_bytes());
        }
    }
    let config = scene.config().display().to_string();
    let checked = upptid(["check", "--config", &config]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert_no_secret("check", checked.stdout.as_bytes());
    let ended = agent.terminate();
    assert_eq!(ended.code, Some(0));
    assert_no_secret("the log", ended.stderr.as_bytes());
    let files = files_below(&scene.path(""));
    assert!(files.iter().any(|(path, _)| path.starts_with(scene.state().join("store"))));
    for (path, bytes) in files {
        if path != scene.path("password") {
            assert_no_secret(&path.display().to_string(), &bytes);
        }
    }
}
