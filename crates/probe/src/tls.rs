//! TLS: a full handshake each time, its certificates recorded also when it fails.
//!
//! Never resumed: a resumed session does not verify the certificate again, and would go on working
//! after its expiry.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use contract::{DownCause, Instant};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, ProtocolVersion, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::attempt::TlsReport;
use crate::certificate::Chain;
use crate::failure::{Failure, own_trouble, source_of};
use crate::settings::{Http, Identity, Roots, Tls};
use crate::stapled;

/// Chains that are kept read, so that a service's unchanged chain is not read at each attempt.
pub const CHAINS_KEPT_MAX: usize = 1024;

/// What handshakes share that trust the same roots, show the same certificate and speak the same
/// protocols.
#[derive(Debug)]
pub struct TlsClient {
    config: ClientConfig,
    trust: Arc<Trust>,
}

/// Whom to trust, and the chains seen lately.
#[derive(Debug)]
struct Trust {
    web: Arc<WebPkiServerVerifier>,
    /// The configured roots, if they are not the system's.
    own: Option<Arc<Vec<CertificateDer<'static>>>>,
    /// By the last bytes of the service's certificate, which are its signature.
    chains: Mutex<HashMap<[u8; 32], Arc<Chain>>>,
}

impl TlsClient {
    /// Makes ready for handshakes; `http` is which HTTP is spoken, if any. The error is a fragment
    /// that names the remedy.
    pub fn new(settings: &Tls, http: Option<Http>) -> Result<Self, String> {
        let provider = provider();
        let (roots, own) = match &settings.roots {
            Roots::System => (system_roots()?, None),
            Roots::Only(own) => (own_roots(own)?, Some(Arc::clone(own))),
        };
        let web = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
            .build()
            .map_err(|e| format!("cannot use the root certificates: {e}"))?;
        let trust = Arc::new(Trust { web, own, chains: Mutex::default() });
        let verifier = Arc::new(Recorder::new(&trust));
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| format!("cannot set TLS up: {e}"))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match settings.identity.as_deref() {
            None => builder.with_no_client_auth(),
            Some(Identity { chain, key }) => builder
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|e| format!("cannot use the client certificate: {e}"))?,
        };
        config.resumption = Resumption::disabled();
        config.alpn_protocols = match http {
            // Mail servers and directories refuse who offers a protocol that is not theirs.
            None => Vec::new(),
            Some(Http::Http11) => vec![b"http/1.1".to_vec()],
            Some(Http::Http2) => vec![b"h2".to_vec()],
            Some(Http::Auto) => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        Ok(TlsClient { config, trust })
    }

    /// Shakes hands. What is seen of it goes to `report`, also when it fails.
    pub async fn handshake<IO: AsyncRead + AsyncWrite + Unpin>(
        &self,
        name: ServerName<'static>,
        io: IO,
        report: &mut TlsReport,
    ) -> Result<TlsStream<IO>, Failure> {
        // The verifier alone sees the chain of a handshake that fails: each has its own.
        let recorder = Arc::new(Recorder::new(&self.trust));
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(Arc::clone(&recorder) as _);
        let result = TlsConnector::from(Arc::new(config)).connect(name, io).await;
        report.chain = recorder.seen.get().cloned();
        let stream = result.map_err(|error| {
            let failure = of_handshake(&error);
            report.fault = Some(failure.message());
            failure
        })?;
        let (_, session) = stream.get_ref();
        report.version = session.protocol_version().and_then(version_name);
        report.cipher = session.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        report.protocol =
            session.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
        Ok(stream)
    }
}

/// What a TLS error means that comes up after the handshake: in TLS 1.3 a client learns only then
/// that its certificate was refused.
pub fn of_error(error: &Error) -> Failure {
    match error {
        Error::InvalidCertificate(fault) => of_certificate(fault),
        Error::AlertReceived(alert) => {
            Failure::down(DownCause::TlsProtocol, format!("the service refused it ({alert:?})"))
        }
        other => Failure::down(DownCause::TlsProtocol, other.to_string()),
    }
}

fn of_handshake(error: &io::Error) -> Failure {
    if let Some(tls) = source_of::<Error>(error) {
        return of_error(tls);
    }
    own_trouble(error).unwrap_or_else(|| {
        let cause = crate::failure::of_stream(error, DownCause::TlsClosed, DownCause::TlsTimeout);
        Failure::down(cause, "")
    })
}

fn of_certificate(fault: &CertificateError) -> Failure {
    use CertificateError::*;
    let instant = |time: &UnixTime| {
        Instant::from_ms(i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000))
    };
    let (cause, detail) = match fault {
        Expired => (DownCause::CertificateExpired, String::new()),
        ExpiredContext { not_after, .. } => {
            (DownCause::CertificateExpired, format!("at {}", instant(not_after)))
        }
        NotValidYet => (DownCause::CertificateNotYetValid, String::new()),
        NotValidYetContext { not_before, .. } => {
            (DownCause::CertificateNotYetValid, format!("not before {}", instant(not_before)))
        }
        NotValidForName => (DownCause::CertificateWrongName, String::new()),
        NotValidForNameContext { expected, presented } => {
            let shown = presented.iter().take(10).map(String::as_str).collect::<Vec<_>>();
            let shown = shown.join(", ");
            (DownCause::CertificateWrongName, format!("wanted {}, got {shown}", expected.to_str()))
        }
        UnknownIssuer => (DownCause::CertificateUnknownIssuer, String::new()),
        Revoked => (DownCause::CertificateRevoked, String::new()),
        other => (DownCause::CertificateInvalid, other.to_string()),
    };
    Failure::down(cause, detail)
}

fn version_name(version: ProtocolVersion) -> Option<&'static str> {
    match version {
        ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        other => other.as_str(),
    }
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        let mut provider = ring::default_provider();
        // As browsers do: what costs both sides least is offered first.
        provider
            .cipher_suites
            .sort_by_key(|suite| suite.suite() != rustls::CipherSuite::TLS13_AES_128_GCM_SHA256);
        Arc::new(provider)
    });
    Arc::clone(&PROVIDER)
}

/// The system's roots, read once: they are many.
fn system_roots() -> Result<Arc<RootCertStore>, String> {
    static ROOTS: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    });
    if ROOTS.is_empty() {
        return Err("this system has no root certificates: install its package of them \
                    (ca-certificates), or set `ca_file`"
            .to_owned());
    }
    Ok(Arc::clone(&ROOTS))
}

fn own_roots(own: &[CertificateDer<'static>]) -> Result<Arc<RootCertStore>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in own {
        roots
            .add(certificate.clone())
            .map_err(|e| format!("`ca_file` holds a certificate that cannot be a root: {e}"))?;
    }
    Ok(Arc::new(roots))
}

/// Verifies one handshake's chain as the web does, and keeps what it saw.
#[derive(Debug)]
struct Recorder {
    trust: Arc<Trust>,
    seen: OnceLock<Arc<Chain>>,
}

impl Recorder {
    fn new(trust: &Arc<Trust>) -> Self {
        Recorder { trust: Arc::clone(trust), seen: OnceLock::new() }
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = self.seen.get_or_init(|| self.trust.chain(leaf, rest));
        match self.trust.web.verify_server_cert(leaf, rest, name, ocsp, now) {
            Err(_) if self.trust.names(leaf) => verify_named(leaf, chain, name, now),
            // A self-signed one may be called something else first (a root in a leaf's place).
            Err(Error::InvalidCertificate(CertificateError::Other(_))) if is_self_signed(chain) => {
                Err(CertificateError::UnknownIssuer.into())
            }
            Ok(_) if is_revoked(leaf, ocsp) => Err(CertificateError::Revoked.into()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.trust.web.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.trust.web.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.web.supported_verify_schemes()
    }
}

impl Trust {
    /// Whether the service's own certificate stands in the configured file itself: a self-signed
    /// one, that its operator trusts by name.
    fn names(&self, leaf: &CertificateDer<'_>) -> bool {
        self.own.as_ref().is_some_and(|own| own.iter().any(|trusted| trusted == leaf))
    }

    fn chain(&self, leaf: &CertificateDer<'_>, rest: &[CertificateDer<'_>]) -> Arc<Chain> {
        let key = leaf.last_chunk::<32>().copied().unwrap_or_default();
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = chains.get(&key).filter(|known| known.is(leaf, rest)) {
            return Arc::clone(known);
        }
        if chains.len() >= CHAINS_KEPT_MAX {
            chains.clear();
        }
        let all = std::iter::once(leaf).chain(rest).map(|der| der.clone().into_owned());
        let chain = Arc::new(Chain::read(all.collect()));
        chains.insert(key, Arc::clone(&chain));
        chain
    }
}

/// Whether the service itself says that its certificate is revoked.
fn is_revoked(leaf: &CertificateDer<'_>, ocsp: &[u8]) -> bool {
    if ocsp.is_empty() {
        return false;
    }
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(leaf) else { return false };
    stapled::revoked_at(ocsp, parsed.raw_serial()).is_some()
}

fn is_self_signed(chain: &Chain) -> bool {
    chain.certificates().first().is_some_and(|leaf| leaf.subject == leaf.issuer)
}

/// A certificate trusted by name needs no issuer; its own name and dates count as ever.
fn verify_named(
    leaf: &CertificateDer<'_>,
    chain: &Chain,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
    let own = chain.certificates().first().ok_or(CertificateError::BadEncoding)?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000);
    if now > own.not_after.ms() {
        return Err(CertificateError::Expired.into());
    }
    if now < own.not_before.ms() {
        return Err(CertificateError::NotValidYet.into());
    }
    Ok(ServerCertVerified::assertion())
}
