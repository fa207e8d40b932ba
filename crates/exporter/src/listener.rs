//! A bounded HTTP/1.1 listener for the pages, the metrics and the API.
//!
//! **Invariant:** no peer can hold it up for longer than a named bound, and no accept error ends
//! it or makes it spin.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::counters::Counters;
use crate::routes;
use crate::snapshot::Source;

/// Bytes that a request's head may have; a longer one is answered with 431.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields that a request may have.
const HEADERS_MAX: usize = 64;
/// How long accepting waits after an error at first, and at most.
const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(50);
const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(2);

/// What the listener allows, and its bounds.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether `POST /-/reload` reads the configuration again; otherwise it answers 403.
    pub reload_over_http: bool,
    /// Connections open at once; further ones wait to be accepted.
    pub connections_max: usize,
    /// Answers made or being read at once, which bounds the memory for them.
    pub answers_max: usize,
    /// How long a request's head may take, and how long a connection may idle between two.
    pub header_timeout: Duration,
    /// How long a request may take from its head to the answer's first byte.
    pub request_timeout: Duration,
    /// How long a connection may live in all; a reader that never ends is cut off by it.
    pub connection_timeout: Duration,
    /// How long a connection may take to end after that, or after `shutdown`.
    pub drain_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            reload_over_http: false,
            connections_max: 128,
            answers_max: 8,
            // Longer than the usual scrape intervals, so that a scraper's connection lives on.
            header_timeout: Duration::from_secs(35),
            request_timeout: Duration::from_secs(10),
            connection_timeout: Duration::from_secs(120),
            drain_timeout: Duration::from_secs(3),
        }
    }
}

/// Serves on an already bound `listener` until `shutdown` ends, then lets open requests finish.
///
/// Must be called inside a tokio runtime with I/O and time.
///
/// # Errors
/// Only if the listener cannot be handed to the runtime. Accept errors are counted, logged and
/// waited out.
pub async fn serve(
    listener: TcpListener,
    source: Arc<dyn Source>,
    counters: Arc<Counters>,
    options: Options,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let slots = Arc::new(Semaphore::new(options.connections_max));
    let router = routes::router(source, Arc::clone(&counters), &options);
    let (closing, closed) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, slot) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots, &counters) => accepted,
        };
        while connections.try_join_next().is_some() {}
        let service = TowerToHyperService::new(router.clone());
        connections.spawn(connection(stream, slot, service, options.clone(), closed.clone()));
    }
    drop((listener, closing));
    let drained =
        timeout(options.drain_timeout, async { while connections.join_next().await.is_some() {} });
    if drained.await.is_err() {
        tracing::debug!(open = connections.len(), "connections cut off at shutdown");
        connections.shutdown().await;
    }
    Ok(())
}

/// The next connection, once there is a slot for it.
async fn accept(
    listener: &tokio::net::TcpListener,
    slots: &Arc<Semaphore>,
    counters: &Counters,
) -> (TcpStream, OwnedSemaphorePermit) {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    let mut pause = ACCEPT_PAUSE_MIN;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, slot),
            Err(error) => {
                counters.accept_failed();
                tracing::warn!(%error, ?pause, "failed to accept a connection, pausing");
                sleep(pause).await;
                pause = (pause * 2).min(ACCEPT_PAUSE_MAX);
            }
        }
    }
}

/// Serves one connection until its peer, its time limit or the shutdown ends it.
async fn connection(
    stream: TcpStream,
    _slot: OwnedSemaphorePermit,
    service: TowerToHyperService<axum::Router>,
    options: Options,
    mut closed: watch::Receiver<()>,
) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut served = pin!(served);
    let ended = tokio::select! {
        result = &mut served => Some(result),
        () = sleep(options.connection_timeout) => None,
        _ = closed.changed() => None,
    };
    let result = match ended {
        Some(result) => result,
        None => {
            Pin::as_mut(&mut served).graceful_shutdown();
            timeout(options.drain_timeout, served).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended early");
    }
}
