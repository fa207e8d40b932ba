//! The paths: what is asked is looked up in one snapshot and answered.

mod records;
mod service;

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderName, HeaderValue, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::body::Frame;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::access;
use crate::counters::Counters;
use crate::listener::Options;
use crate::page::{self, Language, View};
use crate::snapshot::{Snapshot, Source};
use crate::{api, metrics};

/// How long a reload may take before its caller is told that it goes on.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(60);

const INTERNAL_ERROR: &str = "internal error; see the agent's log\n";
const BUSY: &str = "busy; try again\n";

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Every path, with the headers that every answer carries.
pub fn router(source: Arc<dyn Source>, counters: Arc<Counters>, options: &Options) -> Router {
    let guard = access::Guard { access: options.access.clone(), counters: counters.clone() };
    let site = Site {
        source,
        counters,
        answers: Arc::new(Semaphore::new(options.answers_max)),
        request_timeout: options.request_timeout,
        reload_over_http: options.reload_over_http,
    };
    Router::new()
        .route("/", get(overview))
        .route("/agent", get(agent))
        .route(page::REFRESH_SCRIPT_PATH, get(refresh_script))
        .merge(service::routes())
        .merge(records::routes())
        .route("/metrics", get(metrics))
        .route("/api/v1/services", get(api_services))
        .route("/api/v1/agent", get(api_agent))
        .route("/api/v1/openapi.json", get(openapi))
        .route("/-/healthy", get(|| async { plain(StatusCode::OK, "healthy\n") }))
        .route("/-/ready", get(ready))
        .route("/-/reload", post(reload))
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(guard, access::admit))
        .layer(middleware::from_fn_with_state(site.clone(), dress))
        .with_state(site)
}

/// What the handlers share.
#[derive(Clone)]
struct Site {
    source: Arc<dyn Source>,
    counters: Arc<Counters>,
    answers: Arc<Semaphore>,
    request_timeout: Duration,
    reload_over_http: bool,
}

impl Site {
    /// Takes one snapshot and makes an answer of it, off the async threads.
    async fn answer(
        &self,
        content_type: &'static str,
        make: impl FnOnce(&Site, &Snapshot) -> (StatusCode, Vec<u8>) + Send + 'static,
    ) -> Response {
        let site = self.clone();
        let made = tokio::time::timeout(self.request_timeout, async move {
            let permit = site.permit().await;
            tokio::task::spawn_blocking(move || {
                let snapshot = site.source.snapshot();
                (permit, make(&site, &snapshot))
            })
            .await
        });
        match made.await {
            Ok(Ok((permit, (status, bytes)))) => {
                let bytes = Bytes::from_owner(Held { bytes, _permit: permit });
                (status, [(CONTENT_TYPE, content_type)], bytes).into_response()
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "an answer could not be made");
                plain(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_ERROR)
            }
            Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, BUSY),
        }
    }

    /// Waits until one more answer may be made.
    async fn permit(&self) -> OwnedSemaphorePermit {
        let answers = Arc::clone(&self.answers);
        answers.acquire_owned().await.expect("the semaphore is never closed")
    }

    /// Like [`Site::answer`], for a page: while the agent is starting, the page says so.
    async fn page(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        make: impl FnOnce(&Site, &Snapshot, &View) -> (StatusCode, String) + Send + 'static,
    ) -> Response {
        let view = view(uri, headers);
        let language = view.language;
        let mut response = match self.source.ready() {
            Ok(()) => {
                self.answer(HTML, move |site, snapshot| {
                    let (status, html) = make(site, snapshot, &view);
                    (status, html.into_bytes())
                })
                .await
            }
            Err(reason) => html(StatusCode::SERVICE_UNAVAILABLE, page::starting(&reason, &view)),
        };
        speaks(&mut response, language);
        response
    }
}

/// Says in which language an answer is, and that this was the reader's choice.
fn speaks(response: &mut Response, language: Language) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.code()));
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
}

async fn overview(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    site.page(&uri, &headers, |site, snapshot, view| {
        (StatusCode::OK, page::overview(snapshot, &site.counters.counted(), view))
    })
    .await
}

async fn agent(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    site.page(&uri, &headers, |site, snapshot, view| {
        (StatusCode::OK, page::agent(snapshot, &site.counters.counted(), view))
    })
    .await
}

async fn refresh_script() -> Response {
    ([(CONTENT_TYPE, SCRIPT)], page::REFRESH_SCRIPT).into_response()
}

async fn metrics(State(site): State<Site>) -> Response {
    site.counters.scraped();
    let timeout = site.request_timeout;
    let begun = async {
        let permit = site.permit().await;
        let (sender, parts) = mpsc::channel(1);
        // It waits for the connection that reads, and for one that is gone no more.
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            send_metrics(&site, &sender);
        });
        Parts::begun(parts).await
    };
    match tokio::time::timeout(timeout, begun).await {
        Ok(parts) if parts.first.is_none() => {
            tracing::error!("the metrics could not be made");
            plain(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_ERROR)
        }
        Ok(parts) => ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], Body::new(parts)).into_response(),
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, BUSY),
    }
}

/// Sends every family of one snapshot, part by part, and that it was the last.
fn send_metrics(site: &Site, parts: &mpsc::Sender<Part>) {
    let snapshot = site.source.snapshot();
    // Whoever asked may have gone; then what is left is written for nobody.
    let mut send = |bytes: Vec<u8>| drop(parts.blocking_send(Part::Bytes(bytes.into())));
    metrics::write(&snapshot, &mut send);
    let mut own = Vec::new();
    site.counters.write(&mut own);
    send(own);
    metrics::write_process(&mut send);
    // An answer that its reader gave up on was not read.
    if parts.blocking_send(Part::End).is_ok() {
        site.counters.metrics_were_read();
    }
}

async fn api_services(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let view = view(&uri, &headers);
    site.answer(JSON, move |_, snapshot| (StatusCode::OK, api::services(snapshot, &view))).await
}

async fn api_agent(State(site): State<Site>) -> Response {
    site.answer(JSON, |site, snapshot| {
        (StatusCode::OK, api::agent(snapshot, &site.counters.counted()))
    })
    .await
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, JSON)], api::OPENAPI).into_response()
}

async fn ready(State(site): State<Site>) -> Response {
    match site.source.ready() {
        Ok(()) => plain(StatusCode::OK, "ready\n"),
        Err(reason) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
    }
}

async fn reload(State(site): State<Site>) -> Response {
    if !site.reload_over_http {
        let how = "reload over http is not allowed; send SIGHUP (systemctl reload upptid)\n";
        return plain(StatusCode::FORBIDDEN, how);
    }
    let source = Arc::clone(&site.source);
    let reloaded = tokio::task::spawn_blocking(move || source.reload());
    match tokio::time::timeout(RELOAD_TIMEOUT, reloaded).await {
        Ok(Ok(Ok(()))) => plain(StatusCode::OK, "reloaded\n"),
        Ok(Ok(Err(error))) => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the old configuration stays in force: {error}\n"),
        ),
        Ok(Err(error)) => {
            tracing::error!(%error, "a reload over http ended early");
            plain(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_ERROR)
        }
        Err(_) => plain(StatusCode::ACCEPTED, "still reloading; see the agent's log\n"),
    }
}

async fn not_found(uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().starts_with("/api/") {
        let body = api::error("there is nothing at this path");
        return (StatusCode::NOT_FOUND, [(CONTENT_TYPE, JSON)], body).into_response();
    }
    html(StatusCode::NOT_FOUND, page::not_found(&view(&uri, &headers)))
}

/// Counts an answer and gives it the headers that every answer carries.
async fn dress(State(site): State<Site>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    site.counters.answered(response.status().as_u16());
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(CACHE_CONTROL, "no-store");
    set(REFERRER_POLICY, "no-referrer");
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    // A statement's file brings its own.
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(page::content_security_policy()));
    response
}

/// What a request asks of a page; without `lang`, in the language that the browser wants.
fn view(uri: &Uri, headers: &HeaderMap) -> View {
    let mut view = View { page: 1, ..View::default() };
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    view.language = wanted.map_or(Language::English, Language::accepted);
    for (key, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        view.take(&key, &value);
    }
    view
}

fn html(status: StatusCode, html: String) -> Response {
    (status, [(CONTENT_TYPE, HTML)], html).into_response()
}

fn plain(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Response {
    (status, [(CONTENT_TYPE, TEXT)], text.into()).into_response()
}

/// An answer's bytes, which hold their permit until the last of them has been sent.
struct Held {
    bytes: Vec<u8>,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A piece of a body that is still being made.
enum Part {
    Bytes(Bytes),
    /// All has been made. A body without it was cut short, and its reader must know.
    End,
}

/// A body of parts; the first is there when it is made.
struct Parts {
    first: Option<Part>,
    parts: mpsc::Receiver<Part>,
}

impl Parts {
    async fn begun(mut parts: mpsc::Receiver<Part>) -> Self {
        Parts { first: parts.recv().await, parts }
    }
}

impl HttpBody for Parts {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let part = match self.first.take() {
            Some(part) => Some(part),
            None => std::task::ready!(self.parts.poll_recv(context)),
        };
        Poll::Ready(match part {
            Some(Part::Bytes(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(Part::End) => None,
            None => Some(Err("the answer was cut short")),
        })
    }
}
