//! Who may read the pages: TLS, client certificates and passwords, as a web configuration says
//! (C10.2, C10.3).
//!
//! [`Access`] is asked three times: for each connection what handshake it needs, for each request
//! whether it may pass, and for each answer which headers it carries.

mod basic_auth;
mod ciphers;
mod rate;
mod refusals;
mod tls;
mod web_config;
mod yaml;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

pub use web_config::WebConfig;
pub use yaml::Remark;

use crate::counters::Counters;
use basic_auth::{Passwords, Verdict};
use rate::Bucket;
use refusals::Refusals;
use tls::{Stamps, Tls};

/// How often the certificate's files are looked at, at most: at a handshake.
const LOOK_EVERY: Duration = Duration::from_secs(1);

const UNAUTHORIZED: &str = "sign in with the user and password of the web configuration\n";
const FORBIDDEN: &str = "another site may not do this\n";
const TOO_MANY: &str = "too many requests; try again\n";

/// Who may read the pages, now. Clones share it.
#[derive(Clone)]
pub struct Access(Arc<Shared>);

struct Shared {
    in_force: RwLock<Arc<InForce>>,
    passwords: Passwords,
    refusals: Refusals,
}

/// One web configuration at work.
struct InForce {
    config: WebConfig,
    bucket: Option<Bucket>,
    /// None where there is no TLS.
    certificate: Option<Mutex<Certificate>>,
}

/// The server's certificate, and when its files were last looked at.
struct Certificate {
    tls: Tls,
    acceptor: TlsAcceptor,
    looked_at: Instant,
    /// The files as they were when they could not be used: that is said once.
    rejected: Option<Stamps>,
}

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Access {
    /// As `config` says.
    pub fn new(config: WebConfig, counters: &Counters) -> Self {
        counters.certificate_expires(config.expiry());
        Access(Arc::new(Shared {
            in_force: RwLock::new(Arc::new(InForce::new(config))),
            passwords: Passwords::new(),
            refusals: Refusals::default(),
        }))
    }

    /// As `config` says from now on: for new connections, and for the next request on open ones.
    pub fn replace(&self, config: WebConfig, counters: &Counters) {
        counters.certificate_expires(config.expiry());
        let in_force = Arc::new(InForce::new(config));
        *self.0.in_force.write().unwrap_or_else(PoisonError::into_inner) = in_force;
    }

    /// What a new connection's handshake needs; none where there is no TLS. Looks whether the
    /// certificate's files have changed.
    pub(crate) async fn acceptor(&self, counters: &Counters) -> Option<TlsAcceptor> {
        let in_force = self.in_force();
        let mut certificate = in_force.certificate.as_ref()?.lock().await;
        if certificate.looked_at.elapsed() >= LOOK_EVERY {
            certificate.look_again(counters).await;
        }
        Some(certificate.acceptor.clone())
    }

    fn in_force(&self) -> Arc<InForce> {
        self.0.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a request may pass; otherwise its answer.
    async fn admit(&self, asked: Asked<'_>, counters: &Counters) -> Result<(), Response> {
        let in_force = self.in_force();
        if in_force.bucket.as_ref().is_some_and(|bucket| !bucket.take(Instant::now())) {
            return Err((StatusCode::TOO_MANY_REQUESTS, TOO_MANY).into_response());
        }
        // A browser that knows the password sends it along with what another site asks for.
        if asked.changes && is_of_another_site(asked.headers) {
            return Err((StatusCode::FORBIDDEN, FORBIDDEN).into_response());
        }
        if in_force.config.users.is_empty() {
            return Ok(());
        }
        let Some((user, password)) = credentials(asked.headers) else {
            return Err(unauthorized());
        };
        match self.0.passwords.verify(&in_force.config.users, &user, password).await {
            Verdict::Right => Ok(()),
            Verdict::Wrong => {
                counters.login_refused();
                self.0.refusals.tell(asked.peer, &user);
                Err(unauthorized())
            }
            Verdict::Busy => Err((StatusCode::SERVICE_UNAVAILABLE, TOO_MANY).into_response()),
        }
    }
}

/// Plain HTTP for everybody.
impl Default for Access {
    fn default() -> Self {
        Access::new(WebConfig::default(), &Counters::new())
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Access").field(&self.in_force().config).finish()
    }
}

impl InForce {
    fn new(config: WebConfig) -> Self {
        let certificate = |tls: &Tls| {
            Mutex::new(Certificate {
                acceptor: TlsAcceptor::from(tls.loaded.server.clone()),
                tls: tls.clone(),
                looked_at: Instant::now(),
                rejected: None,
            })
        };
        InForce {
            certificate: config.tls.as_ref().map(certificate),
            bucket: config.rate_limit.map(|limit| Bucket::new(limit, Instant::now())),
            config,
        }
    }
}

impl Certificate {
    /// Takes what the files hold, if they have changed and can be used.
    async fn look_again(&mut self, counters: &Counters) {
        let settings = self.tls.settings.clone();
        let before = (self.tls.loaded.stamps.clone(), self.rejected.clone());
        let read = tokio::task::spawn_blocking(move || {
            let stamps = settings.stamps();
            let is_known = stamps == before.0 || Some(&stamps) == before.1.as_ref();
            (!is_known).then(|| (settings.load(), stamps))
        });
        let read = read.await;
        self.looked_at = Instant::now();
        match read {
            Ok(Some((Ok(loaded), _))) => {
                self.acceptor = TlsAcceptor::from(loaded.server.clone());
                self.rejected = None;
                counters.certificate_read(true);
                counters.certificate_expires(loaded.expiry);
                let expires = loaded.expiry.map(|at| at.to_string()).unwrap_or_default();
                tracing::info!(%expires, "the pages' certificate was read again");
                self.tls.loaded = loaded;
            }
            Ok(Some((Err(error), stamps))) => {
                counters.certificate_read(false);
                tracing::error!(
                    "the pages' new certificate was refused; the one before stays: {error}"
                );
                self.rejected = Some(stamps);
            }
            // Unchanged; or the task was cut off at the end.
            Ok(None) | Err(_) => {}
        }
    }
}

/// What is looked at of a request.
struct Asked<'a> {
    headers: &'a HeaderMap,
    /// Whether it could change anything.
    changes: bool,
    peer: Option<SocketAddr>,
}

/// What the requests that are asked about need.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) access: Access,
    pub(crate) counters: Arc<Counters>,
}

/// Lets a request pass or answers it.
pub(crate) async fn admit(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let asked = Asked {
        headers: request.headers(),
        changes: request.method() != Method::GET && request.method() != Method::HEAD,
        peer: request.extensions().get::<Peer>().map(|peer| peer.0),
    };
    match guard.access.admit(asked, &guard.counters).await {
        Ok(()) => next.run(request).await,
        Err(response) => response,
    }
}

/// Gives an answer the headers that the web configuration sets, over our own.
pub(crate) async fn headers(
    State(access): State<Access>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in &access.in_force().config.headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

fn unauthorized() -> Response {
    let challenge = r#"Basic realm="upptid", charset="UTF-8""#;
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)], UNAUTHORIZED).into_response()
}

/// Whether a browser says that a page of another site asks (Fetch Metadata).
fn is_of_another_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    matches!(site, Some(b"cross-site" | b"same-site"))
}

/// The user's name and the password of HTTP Basic (RFC 7617).
fn credentials(headers: &HeaderMap) -> Option<(String, Vec<u8>)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let user = std::str::from_utf8(&decoded[..colon]).ok()?.to_owned();
    Some((user, decoded[colon + 1..].to_vec()))
}
