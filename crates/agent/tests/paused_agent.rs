//! A pause lasts: over a reload and a restart of the whole agent, until it is resumed (C3.6).

#[expect(dead_code, reason = "shared with the tests of closing, which set the clock")]
mod scene;

use agent::admin::{Reply, Request};
use agent::lifecycle::Signal;
use serde_json::Value;

use scene::{Scene, ask};

fn pause() -> Request {
    Request::Pause { service: "portal".to_owned(), reason: "they move house".to_owned() }
}

/// The states that are recorded, each with its cause and what is said of it.
fn states(facts: &[Value]) -> Vec<[String; 3]> {
    let states = facts.iter().filter(|fact| fact["fact"] == "state");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    states
        .map(|state| [&state["state"], &state["cause"], &state["evidence"]["message"]].map(text))
        .collect()
}

#[tokio::test]
async fn c3_6_a_pause_lasts_over_a_reload_and_a_restart_until_it_is_resumed() {
    let scene = Scene::new("", "").await;
    scene
        .agent(async |socket, signal| {
            let reply = ask(socket, pause()).await;
            assert!(matches!(reply, Reply::Measuring { paused: Some(_), .. }), "{reply:?}");
            signal.send(Signal::Reload).await.unwrap();
        })
        .await;
    let before = scene.facts();
    let paused = states(&before).pop().unwrap();
    let [state, cause, message] = &paused;
    assert_eq!((&**state, &**cause), ("unmeasured", "paused"));
    assert!(message.starts_with("paused by ") && message.ends_with(": they move house"));

    scene
        .agent(async |socket, _| {
            let again = ask(socket, pause()).await;
            assert!(matches!(again, Reply::Refused { .. }), "{again:?}");
        })
        .await;
    let since = scene.facts().split_off(before.len());
    assert_eq!(since[0]["fact"], "measuring_stopped");
    assert_eq!(states(&since), [paused]);
    let logins = scene.service.counts().logins_ok;

    scene
        .agent(async |socket, _| {
            let resume = Request::Resume { service: "portal".to_owned() };
            let reply = ask(socket, resume).await;
            assert!(matches!(reply, Reply::Measuring { paused: None, .. }), "{reply:?}");
            scene
                .until(socket, |facts| {
                    states(facts).last().is_some_and(|[state, ..]| state == "up")
                })
                .await;
        })
        .await;
    assert!(scene.service.counts().logins_ok > logins);
}
