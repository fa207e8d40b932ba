//! Requests on the admin socket, as the command line makes them.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use contract::Instant;
use serde_json::{Value, json};

const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// A planned stop that somebody announces.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// Of which service.
    pub service: String,
    /// The window's first instant.
    pub from: Instant,
    /// First instant after it.
    pub until: Instant,
    /// Why.
    pub reason: String,
}

impl Announcement {
    /// The request's line.
    pub fn request(&self) -> Value {
        json!({
            "request": "stop_announce", "services": [self.service], "reason": self.reason,
            "from": self.from.to_string(), "until": self.until.to_string(),
        })
    }

    /// The arguments of `upptid stop announce`.
    pub fn arguments(&self, socket: &Path) -> Vec<String> {
        let (from, until) = (self.from.to_string(), self.until.to_string());
        let socket = socket.display().to_string();
        [
            "stop",
            "announce",
            "--socket",
            &socket,
            "--json",
            "--service",
            &self.service,
            "--from",
            &from,
            "--until",
            &until,
            "--reason",
            &self.reason,
        ]
        .map(str::to_owned)
        .to_vec()
    }
}

/// Asks the agent; none if there is no whole answer, as while it is killed.
pub fn ask(socket: &Path, request: &Value) -> Option<Value> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(ANSWER_TIME_MAX)).ok()?;
    stream.write_all(format!("{request}\n").as_bytes()).ok()?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).ok()?;
    serde_json::from_str(&answer).ok()
}
