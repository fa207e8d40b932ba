//! A pause lasts: over a reload and a restart of the whole agent, until it is resumed (C3.6).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent::Deps;
use agent::admin::{Reply, Request, client};
use agent::clock::SystemClock;
use agent::config::Config;
use agent::lifecycle::Signal;
use login_service::{Account, Authority, LoginService, Options};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

const PASSWORD: &str = "correct horse battery";
/// Far more requests than the time of one login takes.
const ASKED_MAX: usize = 100_000;

/// A login service, and the folder of an agent that measures it.
struct Scene {
    folder: TempDir,
    service: LoginService,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new().unwrap();
        let mut options = Options::new(authority.leaf(&["localhost"]).unwrap());
        options.accounts = vec![Account::new("probe", PASSWORD)];
        let service = LoginService::start(options).await.unwrap();
        let scene = Scene { folder, service };
        fs::write(scene.path("ca.pem"), authority.ca_pem()).unwrap();
        fs::write(scene.path("password"), PASSWORD).unwrap();
        fs::set_permissions(scene.path("password"), fs::Permissions::from_mode(0o600)).unwrap();
        let text = format!(
            "[agent]\nname = \"test\"\nstate_dir = \"state\"\n\
             [web]\nlisten = \"127.0.0.1:0\"\n[admin]\nsocket = \"admin.sock\"\n\
             [[service]]\nname = \"portal\"\ninterval = \"1s\"\n\
             [service.login]\nkind = \"form\"\nurl = \"{}\"\nca_file = \"ca.pem\"\n\
             user = \"probe\"\npassword = {{ file = \"password\" }}\n\
             proof = [{{ text = \"Log out\" }}]\n",
            scene.service.url("/login"),
        );
        fs::write(scene.path("upptid.toml"), text).unwrap();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the agent for as long as `people` are at it.
    async fn agent(&self, people: impl AsyncFnOnce(&Path, &mpsc::Sender<Signal>)) {
        let path = self.path("upptid.toml");
        let config = Config::load(&path, None).unwrap();
        let (signal, signals) = mpsc::channel(4);
        let (started, running) = oneshot::channel();
        let deps = Deps {
            clock: Arc::new(SystemClock),
            version: "0",
            reload: Box::new(move || Config::load(&path, None)),
            signals,
            started: Some(started),
        };
        let script = async {
            running.await.unwrap();
            people(&self.path("admin.sock"), &signal).await;
            signal.send(Signal::Stop).await.unwrap();
        };
        let (ended, ()) = tokio::join!(agent::run(config, deps), script);
        ended.unwrap();
    }

    /// The journal's facts, in order.
    fn facts(&self) -> Vec<Value> {
        let mut segments: Vec<PathBuf> =
            fs::read_dir(self.path("state/journal")).unwrap().map(|e| e.unwrap().path()).collect();
        segments.sort();
        let text: String = segments.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        // What follows the last newline is being written.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

async fn ask(socket: &Path, request: Request) -> Reply {
    let socket = socket.to_owned();
    tokio::task::spawn_blocking(move || client::ask(&socket, &request)).await.unwrap().unwrap()
}

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
    let scene = Scene::new().await;
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
            for _ in 0..ASKED_MAX {
                if states(&scene.facts()).last().is_some_and(|[state, ..]| state == "up") {
                    return;
                }
                ask(socket, Request::StopList).await;
            }
            panic!("it is not measured again");
        })
        .await;
    assert!(scene.service.counts().logins_ok > logins);
}
