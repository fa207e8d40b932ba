//! TLS for the pages: the server's certificate, read again when its files change, and what is asked
//! of clients.
//!
//! **Invariant:** a pair of files that cannot be used never takes the place of one that could.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::Instant;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, InconsistentKeys,
    RootCertStore, ServerConfig, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::ciphers::Crypto;

/// What the web configuration says of TLS.
#[derive(Clone, Debug)]
pub(super) struct TlsSettings {
    pub(super) cert_file: PathBuf,
    pub(super) key_file: PathBuf,
    pub(super) client_ca_file: Option<PathBuf>,
    pub(super) client_auth: ClientAuth,
    /// Names of which a client's certificate must have one; empty: any certificate will do.
    pub(super) client_allowed_sans: Vec<String>,
    pub(super) crypto: Crypto,
    pub(super) prefers_own_order: bool,
    pub(super) http2: bool,
}

/// What is asked of a client, by Go's names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ClientAuth {
    None,
    Request,
    RequireAny,
    VerifyIfGiven,
    RequireAndVerify,
}

impl ClientAuth {
    /// Every type, by its name in the format.
    pub(super) const WORDS: [(&str, ClientAuth); 5] = [
        ("NoClientCert", ClientAuth::None),
        ("RequestClientCert", ClientAuth::Request),
        ("RequireAnyClientCert", ClientAuth::RequireAny),
        ("VerifyClientCertIfGiven", ClientAuth::VerifyIfGiven),
        ("RequireAndVerifyClientCert", ClientAuth::RequireAndVerify),
    ];

    /// The type of this name; `RequireClientCert` is an older one that exporter-toolkit keeps.
    pub(super) fn of(word: &str) -> Option<Self> {
        let word = if word == "RequireClientCert" { "RequireAnyClientCert" } else { word };
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, auth)| *auth)
    }

    /// Whether a certificate that is shown must be issued by one of ours.
    pub(super) fn verifies(self) -> bool {
        matches!(self, ClientAuth::VerifyIfGiven | ClientAuth::RequireAndVerify)
    }

    /// Whether nobody comes without a certificate.
    pub(super) fn requires_one(self) -> bool {
        matches!(self, ClientAuth::RequireAny | ClientAuth::RequireAndVerify)
    }

    /// Whether it proves who a client is.
    pub(super) fn is_proof(self) -> bool {
        self == ClientAuth::RequireAndVerify
    }

    /// For people; none where nothing is asked.
    pub(super) fn summary(self) -> Option<&'static str> {
        match self {
            ClientAuth::None => None,
            ClientAuth::Request => Some("with or without a client certificate"),
            ClientAuth::RequireAny => Some("with any client certificate, not verified"),
            ClientAuth::VerifyIfGiven => Some("with a verified client certificate or none"),
            ClientAuth::RequireAndVerify => Some("with a verified client certificate"),
        }
    }
}

/// TLS as configured, with what its files held when they were last read.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) settings: TlsSettings,
    pub(super) loaded: Loaded,
}

/// What the files held.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) server: Arc<ServerConfig>,
    /// When the first certificate of the server's chain expires.
    pub(super) expiry: Option<Instant>,
    chain: Vec<CertificateDer<'static>>,
    client_roots: Vec<CertificateDer<'static>>,
    /// The files as they were.
    pub(super) stamps: Stamps,
}

impl Tls {
    /// Reads the files. The error names the file and what is wrong with it.
    pub(super) fn load(settings: TlsSettings) -> Result<Self, String> {
        let loaded = settings.load()?;
        Ok(Tls { settings, loaded })
    }
}

impl Loaded {
    pub(super) fn certificates(&self) -> Vec<(&'static str, Vec<CertificateDer<'static>>)> {
        vec![("cert_file", self.chain.clone()), ("client_ca_file", self.client_roots.clone())]
    }
}

/// What tells that a file is not what it was: device, number, length, and both times.
pub(super) type Stamps = Vec<Option<(u64, u64, u64, (i64, i64), (i64, i64))>>;

impl TlsSettings {
    /// What tells whether any of the files has changed.
    pub(super) fn stamps(&self) -> Stamps {
        let stamp = |path: &PathBuf| {
            let file = fs::metadata(path).ok()?;
            let times = ((file.mtime(), file.mtime_nsec()), (file.ctime(), file.ctime_nsec()));
            Some((file.dev(), file.ino(), file.len(), times.0, times.1))
        };
        [&self.cert_file, &self.key_file]
            .into_iter()
            .chain(&self.client_ca_file)
            .map(stamp)
            .collect()
    }

    /// Reads the files and makes ready for handshakes.
    pub(super) fn load(&self) -> Result<Loaded, String> {
        // First: a file that changes while it is read is read again.
        let stamps = self.stamps();
        let chain = certificates("cert_file", &self.cert_file)?;
        let key = PrivateKeyDer::from_pem_file(&self.key_file)
            .map_err(|error| wrong_file("key_file", &self.key_file, &error))?;
        let client_roots = match &self.client_ca_file {
            Some(file) => certificates("client_ca_file", file)?,
            None => Vec::new(),
        };
        let verifier = self.verifier(&client_roots)?;
        let mut server = ServerConfig::builder_with_provider(self.crypto.provider.clone())
            .with_protocol_versions(&self.crypto.versions)
            .map_err(|error| format!("cannot set TLS up: {error}"))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain.clone(), key)
            .map_err(|error| match error {
                Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    "the key in key_file is not that of the certificate in cert_file".to_owned()
                }
                other => format!("cannot use the certificate and its key: {other}"),
            })?;
        server.ignore_client_order = self.prefers_own_order;
        // Resumed sessions would not show their certificates again, nor learn of new ones.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        server.alpn_protocols = match self.http2 {
            true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            false => vec![b"http/1.1".to_vec()],
        };
        let expiry = chain.iter().filter_map(not_after).min();
        Ok(Loaded { server: Arc::new(server), expiry, chain, client_roots, stamps })
    }

    fn verifier(
        &self,
        roots: &[CertificateDer<'static>],
    ) -> Result<Arc<dyn ClientCertVerifier>, String> {
        let provider = &self.crypto.provider;
        let issuer: Arc<dyn ClientCertVerifier> = match self.client_auth {
            ClientAuth::None => return Ok(WebPkiClientVerifier::no_client_auth()),
            ClientAuth::Request | ClientAuth::RequireAny => Arc::new(AnyIssuer {
                is_mandatory: self.client_auth == ClientAuth::RequireAny,
                algorithms: provider.signature_verification_algorithms,
            }),
            ClientAuth::VerifyIfGiven | ClientAuth::RequireAndVerify => {
                let mut store = RootCertStore::empty();
                for root in roots {
                    store.add(root.clone()).map_err(|error| {
                        format!("client_ca_file holds what cannot be a root: {error}")
                    })?;
                }
                let builder =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider.clone());
                let builder = match self.client_auth {
                    ClientAuth::VerifyIfGiven => builder.allow_unauthenticated(),
                    _ => builder,
                };
                builder.build().map_err(|error| format!("cannot use client_ca_file: {error}"))?
            }
        };
        Ok(match self.client_allowed_sans.as_slice() {
            [] => issuer,
            allowed => Arc::new(Named { issuer, allowed: allowed.to_vec() }),
        })
    }
}

fn certificates(key: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |error| wrong_file(key, path, &error);
    let read = CertificateDer::pem_file_iter(path).map_err(wrong)?;
    let certificates = read.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    if certificates.is_empty() {
        return Err(format!("{key} {} holds no certificate in PEM", path.display()));
    }
    Ok(certificates)
}

fn wrong_file(key: &str, path: &Path, error: &rustls_pki_types::pem::Error) -> String {
    use rustls_pki_types::pem::Error as Pem;
    let path = path.display();
    match error {
        Pem::Io(error) => format!("cannot read {key} {path}: {error}"),
        Pem::NoItemsFound => format!("{key} {path} holds no key in PEM"),
        // Its text may hold a piece of the file.
        _ => format!("{key} {path} is damaged: it is no PEM"),
    }
}

fn not_after(der: &CertificateDer<'_>) -> Option<Instant> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(Instant::from_ms(certificate.validity().not_after.timestamp().saturating_mul(1000)))
}

/// Takes a certificate of any issuer, as long as the client has its key.
#[derive(Debug)]
struct AnyIssuer {
    is_mandatory: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyIssuer {
    fn client_auth_mandatory(&self) -> bool {
        self.is_mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _rest: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Takes what another verifier takes, of those whose certificate has one of the allowed names.
struct Named {
    issuer: Arc<dyn ClientCertVerifier>,
    allowed: Vec<String>,
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Named").field(&self.allowed).finish()
    }
}

impl ClientCertVerifier for Named {
    fn client_auth_mandatory(&self) -> bool {
        self.issuer.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.issuer.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.issuer.verify_client_cert(leaf, rest, now)?;
        if names(leaf).iter().any(|name| self.allowed.contains(name)) {
            return Ok(verified);
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.issuer.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.issuer.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.issuer.supported_verify_schemes()
    }
}

/// A certificate's alternative names of all four kinds, as the format writes them.
fn names(leaf: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(leaf) else { return Vec::new() };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
            Some((*text).to_owned())
        }
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => {
                <[u8; 4]>::try_from(*bytes).ok().map(|it| std::net::Ipv4Addr::from(it).to_string())
            }
            _ => {
                <[u8; 16]>::try_from(*bytes).ok().map(|it| std::net::Ipv6Addr::from(it).to_string())
            }
        },
        _ => None,
    };
    names.value.general_names.iter().filter_map(name).collect()
}
