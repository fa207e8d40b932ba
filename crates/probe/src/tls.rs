//! TLS: a full handshake each time, its certificates recorded also when it fails.
//!
//! Never resumed: a resumed session does not verify the certificate again, and would go on working
//! after its expiry.

use std::io;
use std::sync::{Arc, LazyLock};

use contract::DownCause;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{CertificateError, ClientConfig, Error, ProtocolVersion};
use rustls_pki_types::ServerName;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::attempt::TlsReport;
use crate::certificate::instant;
use crate::failure::{Failure, own_trouble, source_of};
use crate::gather::Gather;
use crate::settings::{Http, Identity, Tls};
use crate::trust::{Recorder, Trust};

/// What a handshake gives.
pub type Secured = TlsStream<Gather<TcpStream>>;

/// What handshakes share that trust the same roots, show the same certificate and speak the same
/// protocols.
#[derive(Debug)]
pub struct TlsClient {
    config: ClientConfig,
    trust: Arc<Trust>,
}

impl TlsClient {
    /// Makes ready for handshakes; `http` is which HTTP is spoken, if any. The error is a fragment
    /// that names the remedy.
    pub fn new(settings: &Tls, http: Option<Http>) -> Result<Self, String> {
        let provider = provider();
        let trust = Arc::new(Trust::new(&settings.roots, Arc::clone(&provider))?);
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
    pub async fn handshake(
        &self,
        name: ServerName<'static>,
        tcp: TcpStream,
        report: &mut TlsReport,
    ) -> Result<Secured, Failure> {
        // The verifier alone sees the chain of a handshake that fails: each has its own.
        let recorder = Arc::new(Recorder::new(&self.trust));
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(Arc::clone(&recorder) as _);
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, Gather::new(tcp));
        let result = connecting.into_fallible().await;
        report.chain = recorder.chain();
        let mut stream = match result {
            Ok(stream) => stream,
            Err((error, mut io)) => {
                io.go_on();
                // The service is told why, if it still listens.
                let _ = io.flush().await;
                let failure = of_handshake(&error);
                report.fault = Some(failure.message());
                return Err(failure);
            }
        };
        stream.get_mut().0.go_on();
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
    let (cause, detail) = match fault {
        Expired => (DownCause::CertificateExpired, String::new()),
        ExpiredContext { not_after, .. } => {
            (DownCause::CertificateExpired, format!("at {}", instant(*not_after)))
        }
        NotValidYet => (DownCause::CertificateNotYetValid, String::new()),
        NotValidYetContext { not_before, .. } => {
            (DownCause::CertificateNotYetValid, format!("not before {}", instant(*not_before)))
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
