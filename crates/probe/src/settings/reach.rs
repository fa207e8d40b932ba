//! How a service is reached: names, addresses, TLS, time limits.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::Credentials;

/// How long things may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Each look-up of a name.
    pub resolve: Duration,
    /// Each TCP connect.
    pub connect: Duration,
    /// Each TLS handshake.
    pub tls: Duration,
    /// Each request, until its answer begins.
    pub processing: Duration,
    /// Each answer, from its beginning to its end.
    pub transfer: Duration,
    /// The whole attempt.
    pub total: Duration,
}

impl Limits {
    /// The defaults; where there are one-time codes, with time to wait for one.
    pub fn for_account(account: &Credentials) -> Self {
        let default = Limits::default();
        let period_ms = account.totp.as_ref().map_or(0, |totp| totp.period_ms.unsigned_abs());
        Limits { total: default.total + Duration::from_millis(period_ms), ..default }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            resolve: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            tls: Duration::from_secs(5),
            processing: Duration::from_secs(15),
            transfer: Duration::from_secs(15),
            total: Duration::from_secs(30),
        }
    }
}

/// How a service is reached.
#[derive(Clone, PartialEq, Debug)]
pub struct Dial {
    /// The name servers to ask, in this order; empty: the system's.
    pub nameservers: Vec<SocketAddr>,
    /// Whether `/etc/hosts` is looked into first.
    pub hosts_file: bool,
    /// Which kind of address to take.
    pub family: Family,
    /// The local address to connect from.
    pub source: Option<IpAddr>,
    /// The address of the login's own host: nothing is looked up for it. Other hosts, to which a
    /// redirect may lead, are.
    pub resolve_to: Option<IpAddr>,
    /// The addresses of other hosts, by name in lower case: nothing is looked up for those either.
    pub addresses: Vec<(String, IpAddr)>,
    /// What TLS trusts and shows.
    pub tls: Tls,
    /// Which HTTP is spoken.
    pub http: Http,
}

impl Default for Dial {
    fn default() -> Self {
        Dial {
            nameservers: Vec::new(),
            hosts_file: true,
            family: Family::default(),
            source: None,
            resolve_to: None,
            addresses: Vec::new(),
            tls: Tls::default(),
            http: Http::default(),
        }
    }
}

/// Which kind of address to take. One attempt uses one address of a name, the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Family {
    /// The first IPv4 address, or the first IPv6 address of a name that has only those.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

/// Which HTTP is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Http {
    /// HTTP/1.1: what every service speaks, and the cheaper one for a login's few requests.
    #[default]
    Http11,
    /// HTTP/2.
    Http2,
    /// What the service prefers, as in a browser.
    Auto,
}

/// What TLS trusts and shows.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tls {
    /// The roots that a certificate must lead to.
    pub roots: Roots,
    /// The client certificate, where the service asks for one.
    pub identity: Option<Arc<Identity>>,
}

/// The roots that a certificate must lead to.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Roots {
    /// The system's.
    #[default]
    System,
    /// These and no others.
    Only(Arc<Vec<CertificateDer<'static>>>),
}

impl Roots {
    /// Reads the certificates of a PEM file. The error is a fragment that names the remedy.
    pub fn from_pem_file(path: &Path) -> Result<Self, String> {
        Ok(Roots::Only(Arc::new(certificates(path)?)))
    }
}

/// A client certificate with its key. `Debug` leaves out the key.
#[derive(PartialEq)]
pub struct Identity {
    /// The certificate first, then those that lead to its root.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key.
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads a chain and a key (PKCS #8, PKCS #1 or SEC 1) from PEM files, which may be the same.
    pub fn from_pem_files(chain: &Path, key: &Path) -> Result<Self, String> {
        let private = PrivateKeyDer::from_pem_file(key)
            .map_err(|_| format!("{} holds no readable private key in PEM form", key.display()))?;
        Ok(Identity { chain: certificates(chain)?, key: private })
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({} certificates)", self.chain.len())
    }
}

/// What the requests say of who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    /// `User-Agent`
    pub user_agent: HeaderValue,
    /// `Accept-Language`: for services that choose the proof's language by it.
    pub accept_language: Option<HeaderValue>,
}

impl Default for Client {
    fn default() -> Self {
        Client {
            user_agent: HeaderValue::from_static(concat!("upptid/", env!("CARGO_PKG_VERSION"))),
            accept_language: None,
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|e| format!("{} is not a PEM file of certificates: {e}", path.display()))?;
    if found.is_empty() {
        return Err(format!("{} holds no certificate in PEM form", path.display()));
    }
    Ok(found)
}
