//! A program that is told over HTTP, and keeps what it is told.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::listener::Listener;
use crate::stream::{Certificate, Stream};

/// Largest body that is taken, in bytes.
const BODY_LENGTH_MAX: usize = 16 << 20;

/// A request that came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Post {
    /// Its path and query.
    pub path: String,
    /// Headers by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// A running receiver.
pub struct WebhookReceiver {
    listener: Listener,
    scheme: &'static str,
    state: Arc<Mutex<State>>,
}

struct State {
    posts: Vec<Post>,
    status: u16,
}

impl WebhookReceiver {
    /// Starts one on 127.0.0.1 that answers with 204; with a certificate it speaks https.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(certificate: Option<Certificate>) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State { posts: Vec::new(), status: 204 }));
        let tls = certificate.map(Certificate::config);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let serving = state.clone();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = Listener::start(address, move |stream| {
            let stream = match &tls {
                Some(tls) => stream.encrypted(tls)?,
                None => stream,
            };
            serve(stream, &serving)
        })?;
        Ok(WebhookReceiver { listener, scheme, state })
    }

    /// Where it listens; `host` is the name by which it is called.
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.listener.address().port())
    }

    /// What came, in that order, whatever it was answered.
    pub fn posts(&self) -> Vec<Post> {
        lock(&self.state).posts.clone()
    }

    /// Answers with this status from now on; 0: with none, the connection is closed.
    pub fn answer(&self, status: u16) {
        lock(&self.state).status = status;
    }
}

fn serve(mut stream: Stream, state: &Mutex<State>) -> io::Result<()> {
    let Some(first) = stream.line()? else { return Ok(()) };
    let first = String::from_utf8_lossy(&first).into_owned();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    while let Some(line) = stream.line()?.filter(|line| !line.is_empty()) {
        let line = String::from_utf8_lossy(&line).into_owned();
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    if length > BODY_LENGTH_MAX {
        return Err(io::Error::other("the body is too large"));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let status = {
        let mut state = lock(state);
        state.posts.push(Post { path, headers, body });
        state.status
    };
    if status != 0 {
        let answer =
            format!("HTTP/1.1 {status} so\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes())?;
        stream.flush()?;
    }
    Ok(())
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
