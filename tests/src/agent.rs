//! A running `upptid run`, and the ways to end it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::{Finished, Metrics, Scene, program, until};

/// How long one answer over HTTP may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// A measuring agent: a child process, killed when it is dropped.
pub struct Agent {
    child: Mutex<Child>,
    pid: u32,
    web: Arc<OnceLock<SocketAddr>>,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Agent {
    /// Starts the agent with the scene's configuration, and waits until it measures.
    pub fn start(scene: &Scene) -> Self {
        Self::start_by(Command::new(program()), scene)
    }

    /// The same through another command, to which `upptid`'s arguments are added.
    pub fn start_by(command: Command, scene: &Scene) -> Self {
        let agent = Self::spawn_by(command, &scene.config()).wait_for_web();
        let agent = agent.unwrap_or_else(|ended| panic!("the agent does not run: {ended:?}"));
        agent.wait_until_ready();
        agent
    }

    /// Starts the agent; gives what it left behind if it ends before it measures.
    pub fn try_start(config: &Path) -> Result<Self, Finished> {
        Self::spawn(config).wait_for_web()
    }

    /// Starts the agent, and waits for nothing.
    pub fn spawn(config: &Path) -> Self {
        Self::spawn_by(Command::new(program()), config)
    }

    fn spawn_by(mut command: Command, config: &Path) -> Self {
        command.args(["run", "--config"]).arg(config);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program was built");
        let (web, log) = (Arc::default(), Arc::default());
        let stderr = child.stderr.take().expect("it is piped");
        let reader = thread::spawn({
            let (web, log) = (Arc::clone(&web), Arc::clone(&log));
            move || keep_lines(stderr, &web, &log)
        });
        let (pid, child) = (child.id(), Mutex::new(child));
        Agent { child, pid, web, log, reader: Some(reader) }
    }

    fn wait_for_web(mut self) -> Result<Self, Finished> {
        until("the agent measures, or has ended", || {
            (self.has_ended() || self.web.get().is_some()).then_some(())
        });
        match self.web.get() {
            Some(_) => Ok(self),
            None => Err(self.ended()),
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Where its page is; none before it measures.
    pub fn web(&self) -> Option<SocketAddr> {
        self.web.get().copied()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits for words in the log.
    pub fn wait_for_log(&self, words: &str) {
        until(&format!("{words:?} in the log"), || self.log().contains(words).then_some(()));
    }

    /// Waits until `/-/ready` says so.
    pub fn wait_until_ready(&self) {
        until("readiness", || matches!(self.try_get("/-/ready"), Some((200, _))).then_some(()));
    }

    /// What a path answers with: status and body.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.try_get(path).unwrap_or_else(|| panic!("{path} does not answer:\n{}", self.log()))
    }

    /// The same; none if there is no whole answer, as while it is killed.
    pub fn try_get(&self, path: &str) -> Option<(u16, String)> {
        get(self.web()?, path)
    }

    /// Posts nothing to a path.
    pub fn post(&self, path: &str) -> (u16, String) {
        let web = self.web().expect("it listens");
        request(web, "POST", path).expect("it answers")
    }

    /// One scrape.
    pub fn metrics(&self) -> Metrics {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200, "{text}");
        Metrics::read(&text)
    }

    /// Scrapes until the metrics say so.
    pub fn wait_for(&self, what: &str, is_so: impl Fn(&Metrics) -> bool) -> Metrics {
        until(what, || {
            let metrics = self.metrics();
            is_so(&metrics).then_some(metrics)
        })
    }

    /// Waits for a service's live state: `up`, `down`, `suspected` or `unmeasured`.
    pub fn wait_for_state(&self, service: &str, state: &str) -> Metrics {
        self.wait_for(&format!("{service} {state}"), |metrics| {
            metrics.state(service).as_deref() == Some(state)
        })
    }

    /// Sends a signal by its name: `HUP`, `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(sent.expect("there is a kill command").success());
    }

    /// Ends it at once, as the kernel does when memory runs out.
    pub fn kill(mut self) -> Finished {
        self.kill_now();
        self.ended()
    }

    /// The same, while others still look at it.
    pub fn kill_now(&self) {
        self.child().kill().expect("it is a child");
    }

    /// Asks it to end, and waits until it has.
    pub fn terminate(mut self) -> Finished {
        self.signal("TERM");
        until("the agent's end", || self.has_ended().then_some(()));
        self.ended()
    }

    fn has_ended(&self) -> bool {
        self.child().try_wait().expect("it is a child").is_some()
    }

    fn ended(&mut self) -> Finished {
        let status = self.child().wait().expect("it is a child");
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        Finished { code: status.code(), stdout: String::new(), stderr: self.log() }
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child().kill();
        let _ = self.child().wait();
        if thread::panicking() {
            eprintln!("--- the agent's log ---\n{}", self.log());
        }
    }
}

/// Asks `web` for a path.
pub fn get(web: SocketAddr, path: &str) -> Option<(u16, String)> {
    request(web, "GET", path)
}

/// HTTP/1.0, so that the end of the connection ends the body.
fn request(web: SocketAddr, method: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(web).ok()?;
    stream.set_read_timeout(Some(ANSWER_TIME_MAX)).ok()?;
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {web}\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8(answer).expect("answers are text");
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    // A body cut short by a kill is no answer.
    length.is_none_or(|length| length == body.len()).then(|| (status, body.to_owned()))
}

/// Keeps what the agent logs, and where it says that it listens.
fn keep_lines(stderr: ChildStderr, web: &OnceLock<SocketAddr>, log: &Mutex<String>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if line.contains("measuring")
            && let Some((_, rest)) = line.split_once("address=")
            && let Some(Ok(address)) = rest.split_whitespace().next().map(str::parse)
        {
            web.get_or_init(|| address);
        }
        let mut log = log.lock().unwrap();
        log.push_str(&line);
        log.push('\n');
    }
}

/// Every file below `folder`, with its bytes.
pub fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap_or_default();
            files.push((path, bytes));
        }
    }
    files
}
