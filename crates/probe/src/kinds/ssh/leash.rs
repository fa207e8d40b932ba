//! A connection that ends with its attempt.
//!
//! The SSH client runs in a task of its own. Its connection is held on a leash: when the attempt is
//! over, or dropped, reading from it fails, and the task ends.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// Bytes that a service may send in one attempt.
pub const BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The first bytes that a service sent, for people to see.
const BEGINNING_BYTES_MAX: usize = 256;

/// The connection, as its task has it.
pub struct Leashed {
    stream: TcpStream,
    held: oneshot::Receiver<()>,
    received: Arc<Mutex<Received>>,
}

/// The attempt's end of it. The connection ends when it is dropped.
pub struct Leash {
    _holder: oneshot::Sender<()>,
    received: Arc<Mutex<Received>>,
}

#[derive(Default)]
struct Received {
    bytes: u64,
    beginning: Vec<u8>,
}

/// Takes a connection on the leash.
pub fn leash(stream: TcpStream) -> (Leash, Leashed) {
    let (holder, held) = oneshot::channel();
    let received = Arc::<Mutex<Received>>::default();
    let leash = Leash { _holder: holder, received: Arc::clone(&received) };
    (leash, Leashed { stream, held, received })
}

impl Leash {
    /// Bytes received so far.
    pub fn bytes_received(&self) -> u64 {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    /// The line that the service greeted with.
    pub fn greeting(&self) -> String {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let line = received.beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).trim_end().to_owned()
    }
}

impl AsyncRead for Leashed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if Pin::new(&mut self.held).poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let new = &buf.filled()[before..];
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.bytes += new.len() as u64;
        let room = BEGINNING_BYTES_MAX - received.beginning.len();
        received.beginning.extend_from_slice(&new[..room.min(new.len())]);
        if received.bytes > BYTES_MAX {
            return Poll::Ready(Err(io::Error::other(TooMuch)));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Leashed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The service sent more than any login takes.
#[derive(Debug)]
pub struct TooMuch;

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "over {BYTES_MAX} bytes")
    }
}

impl std::error::Error for TooMuch {}
