//! A login service, and the folder of an agent that measures it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use agent::Deps;
use agent::admin::{Reply, Request, client};
use agent::clock::{Clock, SystemClock};
use agent::config::Config;
use agent::lifecycle::Signal;
use contract::Instant;
use login_service::{Account, Authority, LoginService, Options};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use watch::Now;

const PASSWORD: &str = "correct horse battery";
/// Far more requests than the time of one login takes.
pub const ASKED_MAX: usize = 100_000;

/// A login service, and the folder of an agent that measures it.
pub struct Scene {
    folder: TempDir,
    web: Mutex<Option<SocketAddr>>,
    pub service: LoginService,
}

/// The machine's clocks, with the wall clock set to another time.
struct Shifted {
    by_ms: i64,
}

impl Clock for Shifted {
    fn now(&self) -> Now {
        let now = SystemClock.now();
        Now { wall: now.wall.plus_ms(self.by_ms), ..now }
    }

    fn synchronised(&self) -> Option<bool> {
        Some(true)
    }
}

impl Scene {
    /// The agent is configured with `more` beside what it needs to measure `portal`, to which
    /// `of_service` adds.
    pub async fn new(of_service: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new().unwrap();
        let mut options = Options::new(authority.leaf(&["localhost"]).unwrap());
        options.accounts = vec![Account::new("probe", PASSWORD)];
        let service = LoginService::start(options).await.unwrap();
        let scene = Scene { folder, web: Mutex::default(), service };
        fs::write(scene.path("ca.pem"), authority.ca_pem()).unwrap();
        fs::write(scene.path("password"), PASSWORD).unwrap();
        fs::set_permissions(scene.path("password"), fs::Permissions::from_mode(0o600)).unwrap();
        let text = format!(
            "[agent]\nname = \"test\"\nstate_dir = \"state\"\nheartbeat = \"1s\"\n\
             [web]\nlisten = \"127.0.0.1:0\"\n[admin]\nsocket = \"admin.sock\"\n{more}\
             [[service]]\nname = \"portal\"\ninterval = \"1s\"\n{of_service}\
             [service.login]\nkind = \"form\"\nurl = \"{}\"\nca_file = \"ca.pem\"\n\
             user = \"probe\"\npassword = {{ file = \"password\" }}\n\
             proof = [{{ text = \"Log out\" }}]\n",
            scene.service.url("/login"),
        );
        fs::write(scene.path("upptid.toml"), text).unwrap();
        scene
    }

    /// Where the pages of the agent are that runs.
    pub fn web(&self) -> SocketAddr {
        self.web.lock().unwrap().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the agent for as long as `people` are at it.
    pub async fn agent(&self, people: impl AsyncFnOnce(&Path, &mpsc::Sender<Signal>)) {
        self.run(Arc::new(SystemClock), people).await;
    }

    /// The same with a wall clock that shows `now` at the start.
    pub async fn agent_at(
        &self,
        now: &str,
        people: impl AsyncFnOnce(&Path, &mpsc::Sender<Signal>),
    ) {
        let now: Instant = now.parse().unwrap();
        let by_ms = now.since(SystemClock.now().wall);
        self.run(Arc::new(Shifted { by_ms }), people).await;
    }

    async fn run(
        &self,
        clock: Arc<dyn Clock>,
        people: impl AsyncFnOnce(&Path, &mpsc::Sender<Signal>),
    ) {
        let path = self.path("upptid.toml");
        let config = Config::load(&path, None).unwrap();
        let (signal, signals) = mpsc::channel(4);
        let (started, running) = oneshot::channel();
        let deps = Deps {
            clock,
            version: "0",
            reload: Box::new(move || Config::load(&path, None)),
            signals,
            started: Some(started),
        };
        let script = async {
            *self.web.lock().unwrap() = Some(running.await.unwrap().web);
            people(&self.path("admin.sock"), &signal).await;
            signal.send(Signal::Stop).await.unwrap();
        };
        let (ended, ()) = tokio::join!(agent::run(config, deps), script);
        ended.unwrap();
    }

    /// The journal's facts, in order.
    pub fn facts(&self) -> Vec<Value> {
        let mut segments: Vec<PathBuf> =
            fs::read_dir(self.path("state/journal")).unwrap().map(|e| e.unwrap().path()).collect();
        segments.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
        segments.sort();
        let text: String = segments.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        // What follows the last newline is being written.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits until the journal says what is looked for, while the agent that listens on `socket`
    /// runs.
    pub async fn until(&self, socket: &Path, mut is_there: impl FnMut(&[Value]) -> bool) {
        for _ in 0..ASKED_MAX {
            if is_there(&self.facts()) {
                return;
            }
            ask(socket, Request::StopList { service: None }).await;
        }
        panic!("it never comes: {:#?}", self.facts());
    }
}

pub async fn ask(socket: &Path, request: Request) -> Reply {
    let socket = socket.to_owned();
    tokio::task::spawn_blocking(move || client::ask(&socket, &request)).await.unwrap().unwrap()
}
