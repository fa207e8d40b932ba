//! HTTP over one stream: a request, and its answer with every part of it bounded.
//!
//! hyper's connection is polled by whoever waits for an answer, not by a task of its own: dropping
//! the attempt drops the connection, and nothing is woken across tasks.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use contract::{DownCause, Phase};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;

use crate::attempt::Phases;
use crate::clock::Clock;
use crate::failure::{Failure, of_stream, source_of};
use crate::lenient::LenientClose;
use crate::tls::{self, Secured};

/// Bytes of an answer's head.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Headers of an answer.
pub const HEADERS_MAX: usize = 200;
/// Bytes of an answer's body, as it comes and as it is unpacked.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

type Io = TokioIo<LenientClose<Secured>>;
type RequestBody = Full<Bytes>;

/// An open connection to one origin.
pub struct Connection {
    protocol: Protocol,
}

enum Protocol {
    Http1 {
        sender: http1::SendRequest<RequestBody>,
        /// None when it has ended.
        connection: Option<Pin<Box<http1::Connection<Io, RequestBody>>>>,
    },
    Http2 {
        sender: http2::SendRequest<RequestBody>,
        connection: Option<Pin<Box<http2::Connection<Io, RequestBody, Tasks>>>>,
        _tasks: Tasks,
    },
}

/// An answer, its body read and still as it was sent.
pub struct Received {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Connection {
    /// Begins HTTP on a stream, in the version that TLS agreed on.
    pub async fn open(stream: Secured) -> Result<Self, Failure> {
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let io = TokioIo::new(LenientClose(stream));
        let protocol = if is_http2 {
            let tasks = Tasks::default();
            let (sender, connection) = http2::Builder::new(tasks.clone())
                .max_header_list_size(HEAD_BYTES_MAX as u32)
                .handshake(io)
                .await
                .map_err(|e| of_exchange(&e, DownCause::Closed))?;
            Protocol::Http2 { sender, connection: Some(Box::pin(connection)), _tasks: tasks }
        } else {
            let (sender, connection) = http1::Builder::new()
                .max_buf_size(HEAD_BYTES_MAX)
                .max_headers(HEADERS_MAX)
                .handshake(io)
                .await
                .map_err(|e| of_exchange(&e, DownCause::Closed))?;
            Protocol::Http1 { sender, connection: Some(Box::pin(connection)) }
        };
        Ok(Connection { protocol })
    }

    /// Whether requests to it name the whole address (HTTP/2), or a path and a `Host` header.
    pub fn is_http2(&self) -> bool {
        matches!(self.protocol, Protocol::Http2 { .. })
    }

    /// Whether it is known to have ended.
    pub fn is_closed(&self) -> bool {
        match &self.protocol {
            Protocol::Http1 { sender, connection } => connection.is_none() || sender.is_closed(),
            Protocol::Http2 { sender, connection, .. } => {
                connection.is_none() || sender.is_closed()
            }
        }
    }

    /// Sends a request and reads its answer to the end.
    pub async fn exchange(
        &mut self,
        request: Request<RequestBody>,
        clock: &Clock,
        phases: &mut Phases,
    ) -> Result<Received, Failure> {
        let response = self.send(request);
        let response = clock.phase(Phase::Processing, phases, response).await?;
        let (head, body) = response.into_parts();
        let reading = self.read(body);
        let body = clock.phase(Phase::Transfer, phases, reading).await?;
        Ok(Received { status: head.status, headers: head.headers, body })
    }

    async fn send(&mut self, request: Request<RequestBody>) -> Result<Response<Incoming>, Failure> {
        let result = match &mut self.protocol {
            Protocol::Http1 { sender, connection } => {
                drive(connection, async {
                    sender.ready().await?;
                    sender.send_request(request).await
                })
                .await
            }
            Protocol::Http2 { sender, connection, .. } => {
                drive(connection, async {
                    sender.ready().await?;
                    sender.send_request(request).await
                })
                .await
            }
        };
        result.map_err(|e| of_exchange(&e, DownCause::Closed))
    }

    async fn read(&mut self, body: Incoming) -> Result<Bytes, Failure> {
        let reading = read_bounded(body);
        match &mut self.protocol {
            Protocol::Http1 { connection, .. } => drive(connection, reading).await,
            Protocol::Http2 { connection, .. } => drive(connection, reading).await,
        }
    }
}

/// Polls the connection while `work` waits for what comes over it.
async fn drive<C, T>(connection: &mut Option<Pin<Box<C>>>, work: impl Future<Output = T>) -> T
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut work = pin!(work);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(done);
        }
        // Its error, if any, reaches `work` as the request's own.
        if connection.as_mut().is_some_and(|open| open.as_mut().poll(cx).is_ready()) {
            *connection = None;
        }
        work.as_mut().poll(cx)
    })
    .await
}

async fn read_bounded(mut body: Incoming) -> Result<Bytes, Failure> {
    let too_large =
        || Failure::down(DownCause::BodyTooLarge, format!("over {BODY_BYTES_MAX} bytes"));
    let expected = body.size_hint().lower();
    if expected > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| of_exchange(&e, DownCause::TransferClosed))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len().max(all.len()) + data.len() > BODY_BYTES_MAX {
            return Err(too_large());
        }
        // A body of one piece is not copied.
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.reserve((expected as usize).max(first.len() + data.len()));
                all.extend_from_slice(&first);
                first.clear();
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// What hyper's error means; `closed` when the connection ended.
fn of_exchange(error: &hyper::Error, closed: DownCause) -> Failure {
    if let Some(error) = source_of::<rustls::Error>(error) {
        return tls::of_error(error);
    }
    if let Some(ended) = source_of::<h2::Error>(error).filter(|e| e.is_remote() && !e.is_io()) {
        return Failure::down(closed, ended.to_string());
    }
    if let Some(io) = source_of::<io::Error>(error) {
        // hyper's word for chunks that are none.
        if matches!(io.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) {
            return Failure::down(DownCause::HttpProtocol, io.to_string());
        }
        let silent = match closed {
            DownCause::TransferClosed => DownCause::TransferTimeout,
            _ => DownCause::Silence,
        };
        return Failure::down(of_stream(io, closed, silent), "");
    }
    if error.is_parse_too_large() {
        return Failure::down(DownCause::HeadersTooLarge, "");
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return Failure::down(closed, "");
    }
    let detail = std::error::Error::source(error).map_or(String::new(), ToString::to_string);
    Failure::down(
        DownCause::HttpProtocol,
        if detail.is_empty() { error.to_string() } else { detail },
    )
}

/// hyper's HTTP/2 wants tasks of its own; they end with the connection.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Protocol::Http2 { _tasks, .. } = &self.protocol {
            _tasks.0.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
        }
    }
}
