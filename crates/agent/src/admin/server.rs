//! Listens on the admin socket: bounded connections, bounded requests, bounded time.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::protocol::{Reply, Request};
use super::requests::Requests;
use super::rights::Peer;

const CONNECTIONS_MAX: usize = 32;
/// A calendar's events are the longest.
const REQUEST_BYTES_MAX: u64 = 256 * 1024;
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Binds the socket, in place of one that a killed agent left behind. Everybody may connect: rights
/// come from who they are. That no other agent lives on it is the state folder's lock to say.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

/// Answers requests until it is dropped. An accept error is waited out: it never ends the agent.
pub async fn serve(listener: UnixListener, requests: Arc<Requests>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let requests = requests.clone();
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, &requests).await {
                        tracing::debug!(%error, "admin connection ended");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept on the admin socket");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn converse(mut stream: UnixStream, requests: &Requests) -> io::Result<()> {
    let peer = Peer::of(&stream)?;
    let (read, mut write) = stream.split();
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(REQUEST_BYTES_MAX));
    timeout(REQUEST_TIME_MAX, reader.read_line(&mut line)).await??;
    let reply = match serde_json::from_str::<Request>(&line) {
        Err(error) => Reply::Refused { error: format!("this is no request: {error}") },
        Ok(request) => match timeout(ANSWER_TIME_MAX, requests.answer(&peer, request)).await {
            Ok(reply) => reply,
            Err(_) => Reply::Refused {
                error: "the ledger does not answer: it may be recorded later; list what is on \
                        record before you try again"
                    .to_owned(),
            },
        },
    };
    let mut answer = serde_json::to_vec(&reply)?;
    answer.push(b'\n');
    timeout(REQUEST_TIME_MAX, write.write_all(&answer)).await?
}
