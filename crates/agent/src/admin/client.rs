//! The other end of the admin socket: what the command line uses.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::protocol::{Reply, Request};

const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// Asks the agent that listens on `socket`, and waits for its answer.
///
/// # Errors
/// A message that names the socket and the remedy: the agent cannot be reached (exit code 4).
pub fn ask(socket: &Path, request: &Request) -> Result<Reply, String> {
    let place = socket.display();
    let unreachable = |error: std::io::Error| {
        format!(
            "the agent cannot be reached at {place}: {error}; is it running (systemctl status \
             upptid), and is that its socket (--socket)?"
        )
    };
    let mut stream = UnixStream::connect(socket).map_err(unreachable)?;
    stream.set_read_timeout(Some(ANSWER_TIME_MAX)).map_err(unreachable)?;
    let mut line = serde_json::to_string(request).map_err(|error| error.to_string())?;
    line.push('\n');
    stream.write_all(line.as_bytes()).map_err(unreachable)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).map_err(unreachable)?;
    serde_json::from_str(&answer)
        .map_err(|error| format!("the agent at {place} gave no answer to read: {error}"))
}
