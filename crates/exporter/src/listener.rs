//! A bounded HTTP listener for the pages, the metrics and the API, with or without TLS.
//!
//! **Invariant:** no peer can hold it up for longer than a named bound, and no accept error ends
//! it or makes it spin.

mod peers;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::access::{self, Access, Peer};
use crate::counters::Counters;
use crate::routes;
use crate::snapshot::Source;
use peers::{Peers, Place};

/// Bytes that a request's head may have; a longer one is answered with 431.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields that a request may have.
const HEADERS_MAX: usize = 64;
/// Requests under way at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 16;
/// How long accepting waits after an error at first, and at most.
const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(50);
const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(2);
/// The first byte of a TLS handshake's record.
const HANDSHAKE_RECORD: u8 = 22;

/// What the listener allows, and its bounds.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who may read, and over what.
    pub access: Access,
    /// Whether `POST /-/reload` reads the configuration again; otherwise it answers 403.
    pub reload_over_http: bool,
    /// Connections being served at once; further ones wait.
    pub connections_max: usize,
    /// Connections of one address (IPv4), or one network (IPv6 /64); further ones are closed.
    pub connections_per_peer_max: usize,
    /// Connections that shake hands, or wait to be served; further ones wait to be accepted.
    pub arrivals_max: usize,
    /// Answers made or being read at once, which bounds the memory for them.
    pub answers_max: usize,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
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
            access: Access::default(),
            reload_over_http: false,
            connections_max: 128,
            // Half of them: whatever one peer does, there is room for a scrape.
            connections_per_peer_max: 64,
            arrivals_max: 32,
            answers_max: 8,
            handshake_timeout: Duration::from_secs(5),
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
    let router = routes::router(source, Arc::clone(&counters), &options);
    serve_routes(listener, router, counters, options, shutdown).await
}

/// Serves what `router` answers.
async fn serve_routes(
    listener: TcpListener,
    router: Router,
    counters: Arc<Counters>,
    options: Options,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let headers = middleware::from_fn_with_state(options.access.clone(), access::headers);
    let router = router.layer(headers);
    let house = Arc::new(House {
        router: TowerToHyperService::new(router),
        http: http(&options),
        counters,
        arrivals: Arc::new(Semaphore::new(options.arrivals_max)),
        slots: Arc::new(Semaphore::new(options.connections_max)),
        peers: Peers::new(options.connections_per_peer_max),
        options,
    });
    let (closing, closed) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let arrived = tokio::select! {
            () = &mut shutdown => break,
            arrived = house.arrival(&listener) => arrived,
        };
        while connections.try_join_next().is_some() {}
        let Some(place) = house.peers.admit(arrived.peer.ip()) else {
            house.counters.connection_refused("peer_limit");
            continue;
        };
        connections.spawn(Arc::clone(&house).connection(arrived, place, closed.clone()));
    }
    drop((listener, closing));
    let drain_timeout = house.options.drain_timeout;
    let drained =
        timeout(drain_timeout, async { while connections.join_next().await.is_some() {} });
    if drained.await.is_err() {
        tracing::debug!(open = connections.len(), "connections cut off at shutdown");
        connections.shutdown().await;
    }
    Ok(())
}

/// How requests are read, the same for every connection.
fn http(options: &Options) -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(options.header_timeout)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .max_concurrent_streams(STREAMS_MAX);
    http
}

/// What every connection needs.
struct House {
    router: TowerToHyperService<Router>,
    http: auto::Builder<TokioExecutor>,
    counters: Arc<Counters>,
    options: Options,
    arrivals: Arc<Semaphore>,
    slots: Arc<Semaphore>,
    peers: Peers,
}

/// A connection that was accepted, and no more.
struct Arrival {
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
}

impl House {
    /// The next connection, once there is room for it.
    async fn arrival(&self, listener: &tokio::net::TcpListener) -> Arrival {
        let permit = permit(&self.arrivals).await;
        let mut pause = ACCEPT_PAUSE_MIN;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Arrival { stream, peer, permit },
                Err(error) => {
                    self.counters.accept_failed();
                    tracing::warn!(%error, ?pause, "failed to accept a connection, pausing");
                    sleep(pause).await;
                    pause = (pause * 2).min(ACCEPT_PAUSE_MAX);
                }
            }
        }
    }

    /// From a connection's handshake to its end.
    async fn connection(
        self: Arc<Self>,
        arrival: Arrival,
        _place: Place,
        mut closed: watch::Receiver<()>,
    ) {
        let Arrival { stream, peer, permit: arriving } = arrival;
        let handshake = async {
            let acceptor = self.options.access.acceptor(&self.counters).await;
            timeout(self.options.handshake_timeout, shake_hands(stream, acceptor)).await
        };
        let shaken = tokio::select! {
            shaken = handshake => shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
            _ = closed.changed() => return,
        };
        let stream = match shaken {
            Ok(stream) => stream,
            Err(error) => {
                self.counters.connection_refused("handshake");
                tracing::debug!(%peer, %error, "a TLS handshake failed");
                return;
            }
        };
        // Only who has shaken hands takes one of the places where requests are served.
        let _slot = tokio::select! {
            slot = permit(&self.slots) => slot,
            _ = closed.changed() => return,
        };
        drop(arriving);
        match stream {
            Stream::Plain(stream) => self.serve(stream, false, peer, closed).await,
            Stream::Tls(stream) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                self.serve(stream, is_http2, peer, closed).await;
            }
        }
    }

    /// Serves one connection until its peer, its time limit or the shutdown ends it.
    async fn serve<IO: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: IO,
        is_http2: bool,
        peer: SocketAddr,
        mut closed: watch::Receiver<()>,
    ) {
        let http = self.http.clone();
        let http = if is_http2 { http.http2_only() } else { http.http1_only() };
        let visitor = Visitor { peer, router: self.router.clone() };
        let mut served = pin!(http.serve_connection(TokioIo::new(stream), visitor));
        let ended = tokio::select! {
            result = &mut served => Some(result),
            () = sleep(self.options.connection_timeout) => None,
            _ = closed.changed() => None,
        };
        let result = match ended {
            Some(result) => result,
            None => {
                Pin::as_mut(&mut served).graceful_shutdown();
                timeout(self.options.drain_timeout, served).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = result {
            tracing::debug!(%peer, error, "connection ended early");
        }
    }
}

/// Waits for a permit.
async fn permit(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    Arc::clone(semaphore).acquire_owned().await.expect("the semaphore is never closed")
}

/// A connection, encrypted or not.
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Encrypts `stream`, where it is to be encrypted.
async fn shake_hands(mut stream: TcpStream, acceptor: Option<TlsAcceptor>) -> io::Result<Stream> {
    let Some(acceptor) = acceptor else { return Ok(Stream::Plain(stream)) };
    let mut first = [0];
    if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE_RECORD {
        let answer = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\
                      content-type: text/plain; charset=utf-8\r\n\r\n\
                      this port speaks https only\n";
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        return Err(io::Error::other("plain http to a port with TLS"));
    }
    let stream = acceptor.accept(stream).await?;
    Ok(Stream::Tls(Box::new(stream)))
}

/// Tells the routes who asks.
struct Visitor {
    peer: SocketAddr,
    router: TowerToHyperService<Router>,
}

impl Service<Request<Incoming>> for Visitor {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(Peer(self.peer));
        self.router.call(request)
    }
}
