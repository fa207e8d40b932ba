//! Letters to programs: JSON over HTTP, signed.
//!
//! A redirect is not followed: the body is signed for one receiver.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contract::{Instant, NoticeKind, ServiceState};
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use ring::hmac;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use statement::Lang;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::alert::AlertSeen;
use crate::alert_words;
use crate::compose::Sender;
use crate::identity::{hex, letter_id};
use crate::matter::{Matter, What};
use crate::secrets::cut;
use crate::settings::Webhook;
use crate::trouble::Trouble;

/// How long one body may take, from the connection to the answer's head.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// The version of the body's form.
const FORM: u32 = 1;

/// Posts letters to one receiver.
pub struct Poster {
    settings: Webhook,
    tls: Option<TlsConnector>,
}

impl Poster {
    /// A poster that has not connected yet.
    ///
    /// # Errors
    /// Certificates that cannot be used.
    pub fn new(settings: &Webhook) -> Result<Self, String> {
        let tls = match settings.url.scheme() {
            "https" => Some(tls(settings)?),
            _ => None,
        };
        Ok(Poster { settings: settings.clone(), tls })
    }

    /// Posts a letter about `matters`, of which there is at least one; when this returns, the
    /// receiver has answered with a 2xx.
    ///
    /// # Errors
    /// Why it did not. Messages name the webhook's origin, never its path.
    pub async fn send(
        &self,
        matters: &[Matter],
        sender: &Sender,
        now: Instant,
    ) -> Result<(), Trouble> {
        let body = body(matters, sender, now);
        let posting = tokio::time::timeout(ANSWER_TIME_MAX, self.post(body, matters, sender, now));
        match posting.await {
            Ok(Ok(status)) => judge(status),
            Ok(Err(why)) => Err(Trouble::Way(self.shown(&why))),
            Err(_) => Err(Trouble::Way(self.shown("no answer in time"))),
        }
    }

    async fn post(
        &self,
        body: Vec<u8>,
        matters: &[Matter],
        sender: &Sender,
        now: Instant,
    ) -> Result<StatusCode, String> {
        let url = &self.settings.url;
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let stream = TcpStream::connect((bare.as_str(), port)).await;
        let stream = stream.map_err(|error| format!("cannot connect: {error}"))?;
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let items: Vec<_> = matters.iter().map(|it| it.due.clone()).collect();
        let mut request = Request::post(path)
            .header(header::HOST, authority)
            .header(header::USER_AGENT, concat!("upptid/", env!("CARGO_PKG_VERSION")))
            .header(header::CONTENT_TYPE, "application/json")
            .header("X-Upptid-Delivery", letter_id(&sender.agent, &items))
            .header("X-Upptid-Timestamp", now.ms().div_euclid(1000).to_string());
        if let Some(secret) = &self.settings.secret {
            let signature = signature(secret.expose_secret(), &body);
            request = request.header("X-Upptid-Signature", signature);
        }
        let request = request.body(Full::new(Bytes::from(body)));
        let request = request.map_err(|error| error.to_string())?;
        match &self.tls {
            None => exchange(stream, request).await,
            Some(tls) => {
                let name = ServerName::try_from(bare).map_err(|error| error.to_string())?;
                let stream = tls.connect(name, stream).await;
                exchange(stream.map_err(|error| format!("TLS failed: {error}"))?, request).await
            }
        }
    }

    fn shown(&self, why: &str) -> String {
        let origin = self.settings.origin();
        let secret = self.settings.secret.as_ref().map_or("", |secret| secret.expose_secret());
        cut(&format!("{origin}: {why}"), &[(secret, "<secret>")])
    }
}

/// `sha256=` and the HMAC of the body's bytes, in hex.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex(hmac::sign(&key, body).as_ref()))
}

/// One request over a connection of its own; of the answer only the head is read.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<StatusCode, String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|e| e.to_string())?;
    let answer = sender.send_request(request);
    tokio::pin!(connection, answer);
    tokio::select! {
        answer = &mut answer => answer.map(|answer| answer.status()).map_err(|e| e.to_string()),
        ended = &mut connection => {
            ended.map_err(|error| error.to_string())?;
            answer.await.map(|answer| answer.status()).map_err(|e| e.to_string())
        }
    }
}

fn judge(status: StatusCode) -> Result<(), Trouble> {
    let why = || format!("the receiver answered with status {}", status.as_u16());
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(Trouble::Way(why())),
        status if status.is_server_error() => Err(Trouble::Way(why())),
        _ => Err(Trouble::Refused(why())),
    }
}

fn tls(settings: &Webhook) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    match &settings.roots {
        Some(own) => {
            for root in own.iter() {
                roots.add(root.clone()).map_err(|error| error.to_string())?;
            }
        }
        None => {
            // Some of a system's certificates may be of a kind that nobody can read.
            let system = rustls_native_certs::load_native_certs().certs;
            roots.add_parsable_certificates(system);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The body, as `docs/notices.md` gives it.
fn body(matters: &[Matter], sender: &Sender, now: Instant) -> Vec<u8> {
    let items: Vec<_> = matters.iter().map(|it| it.due.clone()).collect();
    let notice = |it: &Matter| notice(it, sender);
    let body = json!({
        "form": FORM,
        "id": letter_id(&sender.agent, &items),
        "sent_at": now,
        "agent": sender.agent,
        "provider": sender.provider,
        "classification": sender.classification,
        "notices": matters.iter().map(notice).collect::<Vec<_>>(),
    });
    body.to_string().into_bytes()
}

fn notice(it: &Matter, sender: &Sender) -> Value {
    let mut notice = json!({
        "notice": it.due.notice,
        "service": it.due.service,
        "customer": it.customer,
        "about": it.due.about,
        "since": it.due.since,
    });
    let (key, what) = match &it.what {
        Some(What::Incident(incident)) => (
            "incident",
            json!({
                "opened": incident.opened,
                "closed": incident.closed.filter(|_| it.due.notice == NoticeKind::IncidentClosed),
                "works_again": incident.works_again,
                "cause": incident.cause,
                "response_deadline": incident.response_deadline,
                "evidence": incident.evidence,
            }),
        ),
        Some(What::Stop(stop)) => (
            "stop",
            json!({
                "id": stop.id,
                "from": stop.window.from,
                "until": stop.window.until,
                "reason": stop.reason,
                "agreed": stop.agreed,
                "announced_at": stop.announced_at,
                "cancelled_at": stop.cancelled_at,
                "verdict": stop.verdict,
                "in_office_hours": stop.in_office_hours,
            }),
        ),
        Some(What::Statement(made)) => (
            "statement",
            json!({
                "month": made.month,
                "revision": made.revision,
                "figure": made.figure,
            }),
        ),
        Some(What::Alert(seen)) => ("alert", alert(it, seen, sender)),
        None => return notice,
    };
    notice[key] = what;
    notice
}

fn alert(it: &Matter, seen: &AlertSeen, sender: &Sender) -> Value {
    let mut alert = json!({
        "name": seen.alert.name(),
        "severity": seen.alert.severity(),
        "since": seen.since,
        "until": seen.until,
        "summary": alert_words::summary(Lang::En, it, seen, sender),
        "runbook_url": alert_words::runbook(seen.alert, &sender.pages),
        "page_url": alert_words::page(it, &sender.pages),
    });
    if let Some(service) = &seen.service {
        let (state, cause) = match &service.state {
            ServiceState::Up => ("up", None),
            ServiceState::Down { cause } => ("down", Some(cause.as_str())),
            ServiceState::Unmeasured { cause } => ("unmeasured", Some(cause.as_str())),
        };
        alert["state"] = json!({
            "state": state,
            "cause": cause,
            "since": service.since,
            "evidence": service.evidence,
        });
        alert["budget"] = json!({
            "counted_ms": service.counted_ms,
            "budget_ms": service.budget_ms,
            "next_level_ms": service.next_level_ms,
        });
        alert["response_deadline"] = json!(service.response_deadline);
    }
    alert
}
