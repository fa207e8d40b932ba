//! The real Prometheus and the real Alertmanager with the files of `deploy/`, and whom they tell.
//!
//! The files are taken as they are shipped but for the addresses, and for how often is looked and
//! told: each such interval becomes a second. Every `for`, window and threshold is the shipped one.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use mail_service::{MailOptions, MailServer, WebhookReceiver};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::is_ci;
use crate::{get, until};

/// The intervals that would only make a test wait.
const INTERVALS: [&str; 5] =
    ["scrape_interval", "evaluation_interval", "interval", "group_wait", "group_interval"];

/// A file of `deploy/`, as it is shipped.
pub fn shipped(name: &str) -> String {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Alertmanager, and the receivers that it tells.
pub struct Alertmanager {
    server: Server,
    receivers: WebhookReceiver,
    mail: MailServer,
}

/// One alert, as Alertmanager posts it.
#[derive(Clone, Debug)]
pub struct Told(pub Value);

impl Told {
    /// Whether it is the alert of this name.
    pub fn is(&self, alert: &str) -> bool {
        self.label("alertname") == alert
    }

    /// One of its labels; empty if it has none of that name.
    pub fn label(&self, name: &str) -> &str {
        self.0["labels"][name].as_str().unwrap_or_default()
    }

    /// Whether it goes on.
    pub fn is_firing(&self) -> bool {
        self.0["status"] == "firing"
    }
}

impl Alertmanager {
    /// Starts it; none where it is not installed, which CI does not accept.
    pub fn start() -> Option<Self> {
        if !is_installed("prometheus-alertmanager", "prometheus-alertmanager") {
            return None;
        }
        let receivers = WebhookReceiver::start(None).unwrap();
        let mail = MailServer::start(MailOptions::default()).unwrap();
        let text = shortened(&shipped("alertmanager/alertmanager.yml"));
        let text = replaced(&text, "http://127.0.0.1:9099/", &receivers.url("127.0.0.1", "/"));
        let text = replaced(&text, "127.0.0.1:25\n", &format!("127.0.0.1:{}\n", mail.port()));
        let mut command = Command::new("prometheus-alertmanager");
        // No other Alertmanager is to be found.
        command.args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]);
        let server = Server::start(command, "--config.file=", &[("alertmanager.yml", text)]);
        Some(Alertmanager { server, receivers, mail })
    }

    /// What it knows of an alert of this service, with its status.
    pub fn alert(&self, alert: &str, service: &str) -> Option<Value> {
        let alerts = self.server.json("/api/v2/alerts");
        let is_it =
            |it: &&Value| it["labels"]["alertname"] == alert && it["labels"]["service"] == service;
        alerts.as_array()?.iter().find(is_it).cloned()
    }

    /// Waits until an alert of this service fires; `silenced`: and a planned stop silences it.
    pub fn wait_for(&self, alert: &str, service: &str, silenced: bool) {
        until(&format!("{alert} of {service}, silenced: {silenced}"), || {
            let alert = self.alert(alert, service)?;
            let by = alert["status"]["inhibitedBy"].as_array()?;
            (by.is_empty() != silenced).then_some(())
        });
    }

    /// The posts to a receiver of the shipped configuration, each with its alerts.
    pub fn posts_to(&self, receiver: &str) -> Vec<Vec<Told>> {
        let path = format!("/{receiver}");
        let posts = self.receivers.posts().into_iter().filter(|post| post.path == path);
        let alerts = posts.map(|post| {
            let body: Value = serde_json::from_slice(&post.body).expect("Alertmanager posts JSON");
            assert_eq!(body["receiver"], receiver);
            body["alerts"].as_array().expect("alerts").iter().cloned().map(Told).collect()
        });
        alerts.collect()
    }

    /// All alerts that a receiver was told, in that order.
    pub fn told(&self, receiver: &str) -> Vec<Told> {
        self.posts_to(receiver).into_iter().flatten().collect()
    }

    /// Waits until a receiver is told of an alert of this service, firing or over.
    pub fn wait_until_told(
        &self,
        receiver: &str,
        alert: &str,
        service: &str,
        firing: bool,
    ) -> Told {
        until(&format!("{receiver} told of {alert} of {service}, firing: {firing}"), || {
            let told = self.told(receiver).into_iter().rev();
            let mut told = told.filter(|it| it.is(alert) && it.label("service") == service);
            told.find(|it| it.is_firing() == firing)
        })
    }

    /// Waits until somebody gets a mail about an alert of this service.
    pub fn wait_for_mail(&self, alert: &str, service: &str) {
        let is_about = |text: &str| text.contains(alert) && text.contains(service);
        until(&format!("a mail about {alert} of {service}"), || {
            self.mail.mails().iter().any(|mail| is_about(&mail.readable())).then_some(())
        });
    }

    /// Whether a mail that came says so.
    pub fn has_mailed(&self, words: &str) -> bool {
        self.mail.mails().iter().any(|mail| mail.readable().contains(words))
    }
}

/// Prometheus with the shipped rules, looking at agents.
pub struct Prometheus {
    server: Server,
}

impl Prometheus {
    /// Starts one that scrapes `agents` and tells `alertmanager`, if there is one. `replica` is its
    /// name among several. None where it is not installed, which CI does not accept.
    pub fn start(
        agents: &[SocketAddr],
        alertmanager: Option<&Alertmanager>,
        replica: &str,
    ) -> Option<Self> {
        if !is_installed("prometheus", "prometheus") {
            return None;
        }
        let agents: Vec<String> = agents.iter().map(|agent| format!("\"{agent}\"")).collect();
        let text = shortened(&shipped("prometheus/prometheus.yml"));
        let text = replaced(&text, "\"127.0.0.1:10925\"", &agents.join(", "));
        let text = replaced(&text, "replica: a", &format!("replica: {replica}"));
        let text = match alertmanager {
            Some(it) => replaced(&text, "127.0.0.1:9093", &it.server.address.to_string()),
            None => replaced(&text, "[\"127.0.0.1:9093\"]", "[]"),
        };
        let rules = shortened(&shipped("prometheus/upptid.rules.yml"));
        let files = [("prometheus.yml", text), ("upptid.rules.yml", rules)];
        let mut command = Command::new("prometheus");
        command.args(["--web.listen-address=127.0.0.1:0", "--storage.tsdb.path=data"]);
        // What is told before Alertmanager has been found is told again soon.
        command.arg("--rules.alert.resend-delay=10s");
        Some(Prometheus { server: Server::start(command, "--config.file=", &files) })
    }

    /// What a query gives now: each series' labels and value.
    ///
    /// # Panics
    /// When Prometheus refuses the query.
    pub fn query(&self, query: &str) -> Vec<(Value, f64)> {
        self.ask(query, "")
    }

    /// The same at an instant, in seconds since 1970.
    ///
    /// # Panics
    /// When Prometheus refuses the query.
    pub fn query_at(&self, query: &str, at_s: f64) -> Vec<(Value, f64)> {
        self.ask(query, &format!("&time={at_s}"))
    }

    fn ask(&self, query: &str, when: &str) -> Vec<(Value, f64)> {
        let result = self.result(query, when);
        let read = |series: &Value| (series["metric"].clone(), sample(&series["value"]).1);
        result.iter().map(read).collect()
    }

    /// The samples of one series in its last 20 seconds: when it was scraped, in seconds since
    /// 1970, and what it was then.
    pub fn samples(&self, series: &str) -> Vec<(f64, f64)> {
        let result = self.result(&format!("{series}[20s]"), "");
        let samples = result.iter().filter_map(|series| series["values"].as_array()).flatten();
        samples.map(sample).collect()
    }

    fn result(&self, query: &str, when: &str) -> Vec<Value> {
        let answer = self.server.json(&format!("/api/v1/query?query={}{when}", encoded(query)));
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().expect("a list of series").clone()
    }

    /// The only value that a query gives.
    pub fn value(&self, query: &str) -> Option<f64> {
        match self.query(query).as_slice() {
            [(_, value)] => Some(*value),
            _ => None,
        }
    }

    /// Waits until a query gives something.
    pub fn wait_for(&self, query: &str) {
        until(query, || (!self.query(query).is_empty()).then_some(()));
    }
}

/// A program that listens where it can, killed when this is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
    _folder: TempDir,
}

impl Server {
    /// Writes `files`, and starts `command` beside them with `option` and the first one's name.
    fn start(mut command: Command, option: &str, files: &[(&str, String)]) -> Self {
        let folder = tempfile::Builder::new().prefix("upptid-e2e-").tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let config: PathBuf = folder.path().join(files[0].0);
        command.arg(format!("{option}{}", config.display())).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it is installed");
        let (address, log): (Arc<OnceLock<SocketAddr>>, Arc<Mutex<String>>) = Default::default();
        let stderr = child.stderr.take().expect("it is piped");
        thread::spawn({
            let (address, log) = (Arc::clone(&address), Arc::clone(&log));
            move || keep_lines(stderr, &address, &log)
        });
        let address = until("an address", || {
            let ended = child.try_wait().expect("it is a child");
            assert!(ended.is_none(), "{option}{}: {}", files[0].0, log.lock().unwrap());
            address.get().copied()
        });
        let server = Server { child, address, log, _folder: folder };
        until("readiness", || matches!(get(address, "/-/ready"), Some((200, _))).then_some(()));
        server
    }

    fn json(&self, path: &str) -> Value {
        let answer = get(self.address, path).unwrap_or_else(|| panic!("no answer to {path}"));
        serde_json::from_str(&answer.1)
            .unwrap_or_else(|error| panic!("{path}: {error}: {answer:?}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- the log of {} ---\n{}", self.address, self.log.lock().unwrap());
        }
    }
}

/// Keeps what a server logs, and where it says that it listens.
fn keep_lines(stderr: ChildStderr, address: &OnceLock<SocketAddr>, log: &Mutex<String>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if line.contains("msg=\"Listening on\"")
            && let Some((_, rest)) = line.split_once("address=")
            && let Some(Ok(listens)) = rest.split_whitespace().next().map(str::parse)
        {
            address.get_or_init(|| listens);
        }
        let mut log = log.lock().unwrap();
        log.push_str(&line);
        log.push('\n');
    }
}

/// Whether a program is there; CI does not accept that it is not.
fn is_installed(program: &str, package: &str) -> bool {
    let version = Command::new(program).arg("--version").output();
    if version.is_ok_and(|version| version.status.success()) {
        return true;
    }
    assert!(!is_ci(), "install the package {package}");
    eprintln!("not tested: the package {package} is not installed");
    false
}

/// The same text with each interval of [`INTERVALS`] that is not nothing set to a second.
fn shortened(text: &str) -> String {
    let line = |line: &str| match line.split_once(": ") {
        Some((key, value)) if INTERVALS.contains(&key.trim()) && value != "0s" => {
            format!("{key}: 1s\n")
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// The same text with what is there to be edited.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in the shipped file");
    text.replace(from, to)
}

/// An instant in seconds since 1970, and a value: the latter is written as a text.
fn sample(sample: &Value) -> (f64, f64) {
    let value = sample[1].as_str().expect("a value");
    (sample[0].as_f64().expect("an instant"), value.parse().expect("a number"))
}

fn encoded(query: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    query.bytes().map(byte).collect()
}
