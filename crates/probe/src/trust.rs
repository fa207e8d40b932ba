//! Whom to trust: verifies the chain that a service shows, and keeps what it saw of it.
//!
//! The signatures of a chain are the same at every attempt for as long as its bytes are. Once they
//! have led to a trusted root, the same chain is compared byte for byte, and only what another
//! instant or another name may change is verified again: the dates of each certificate, the name,
//! a stapled revocation. That the service holds the key is verified in every handshake.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::certificate::{Chain, instant};
use crate::settings::Roots;
use crate::stapled;

/// Chains that are kept, so that a service's unchanged chain is neither read nor verified as a whole
/// at each attempt.
pub const CHAINS_KEPT_MAX: usize = 1024;

/// Whom to trust, and the chains seen lately.
#[derive(Debug)]
pub struct Trust {
    web: Arc<WebPkiServerVerifier>,
    /// The configured roots, if they are not the system's.
    own: Option<Arc<Vec<CertificateDer<'static>>>>,
    /// By the last bytes of the service's certificate, which are its signature.
    chains: Mutex<HashMap<[u8; 32], Arc<Shown>>>,
}

/// A chain as it was shown.
#[derive(Debug)]
struct Shown {
    chain: Arc<Chain>,
    /// Whether its signatures have led to a trusted root.
    is_signed: AtomicBool,
}

impl Trust {
    /// Trusts these roots. The error is a fragment that names the remedy.
    pub fn new(roots: &Roots, provider: Arc<CryptoProvider>) -> Result<Self, String> {
        let (roots, own) = match roots {
            Roots::System => (system_roots()?, None),
            Roots::Only(own) => (own_roots(own)?, Some(Arc::clone(own))),
        };
        let web = WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|e| format!("cannot use the root certificates: {e}"))?;
        Ok(Trust { web, own, chains: Mutex::default() })
    }

    fn verify(
        &self,
        shown: &Shown,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        if shown.is_signed.load(Ordering::Relaxed) && shown.chain.holds_at(instant(now)) {
            return verify_server_name(&ParsedCertificate::try_from(leaf)?, name);
        }
        // What may be stapled to it is read elsewhere.
        match self.web.verify_server_cert(leaf, rest, name, &[], now) {
            Ok(_) => {
                shown.is_signed.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(_) if self.names(leaf) => verify_named(leaf, &shown.chain, name, now),
            // A self-signed one may be called something else first (a root in a leaf's place).
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if is_self_signed(&shown.chain) =>
            {
                Err(CertificateError::UnknownIssuer.into())
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the service's own certificate stands in the configured file itself: a self-signed
    /// one, that its operator trusts by name.
    fn names(&self, leaf: &CertificateDer<'_>) -> bool {
        self.own.as_ref().is_some_and(|own| own.iter().any(|trusted| trusted == leaf))
    }

    fn shown(&self, leaf: &CertificateDer<'_>, rest: &[CertificateDer<'_>]) -> Arc<Shown> {
        let key = leaf.last_chunk::<32>().copied().unwrap_or_default();
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = chains.get(&key).filter(|known| known.chain.is(leaf, rest)) {
            return Arc::clone(known);
        }
        if chains.len() >= CHAINS_KEPT_MAX {
            chains.clear();
        }
        let all = std::iter::once(leaf).chain(rest).map(|der| der.clone().into_owned());
        let chain = Arc::new(Chain::read(all.collect()));
        let shown = Arc::new(Shown { chain, is_signed: AtomicBool::new(false) });
        chains.insert(key, Arc::clone(&shown));
        shown
    }
}

/// Verifies one handshake's chain as the web does, and keeps what it saw.
#[derive(Debug)]
pub struct Recorder {
    trust: Arc<Trust>,
    seen: OnceLock<Arc<Chain>>,
}

impl Recorder {
    /// A recorder that has seen nothing.
    pub fn new(trust: &Arc<Trust>) -> Self {
        Recorder { trust: Arc::clone(trust), seen: OnceLock::new() }
    }

    /// The chain that the service showed, also if it was refused.
    pub fn chain(&self) -> Option<Arc<Chain>> {
        self.seen.get().cloned()
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
        let shown = self.trust.shown(leaf, rest);
        self.seen.get_or_init(|| Arc::clone(&shown.chain));
        self.trust.verify(&shown, leaf, rest, name, now)?;
        if is_revoked(leaf, ocsp) {
            return Err(CertificateError::Revoked.into());
        }
        Ok(ServerCertVerified::assertion())
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
) -> Result<(), Error> {
    verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
    let own = chain.certificates().first().ok_or(CertificateError::BadEncoding)?;
    let now = instant(now);
    if now > own.not_after {
        return Err(CertificateError::Expired.into());
    }
    if now < own.not_before {
        return Err(CertificateError::NotValidYet.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::crypto::ring;
    use rustls_pki_types::CertificateDer as Der;

    use super::*;

    type Issuer = CertifiedIssuer<'static, KeyPair>;

    /// Holds from the beginning of `from` to that of `until`, years.
    fn params(names: &[&str], from: i32, until: i32) -> CertificateParams {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        params
    }

    fn authority(from: i32, until: i32) -> CertificateParams {
        let mut params = params(&[], from, until);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    }

    fn root() -> Issuer {
        let mut params = authority(2000, 2100);
        params.distinguished_name.push(rcgen::DnType::CommonName, "root");
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn leaf(issuer: &Issuer, names: &[&str], from: i32, until: i32) -> Der<'static> {
        let key = KeyPair::generate().unwrap();
        params(names, from, until).signed_by(&key, issuer).unwrap().der().clone()
    }

    fn trust_in(root: &Issuer) -> Arc<Trust> {
        let roots = Roots::Only(Arc::new(vec![root.der().clone()]));
        Arc::new(Trust::new(&roots, Arc::new(ring::default_provider())).unwrap())
    }

    /// What a handshake in the middle of `year` is told.
    fn verify(
        trust: &Arc<Trust>,
        (leaf, rest): (&Der<'static>, &[Der<'static>]),
        name: &str,
        year: u64,
    ) -> Result<(), CertificateError> {
        let name = ServerName::try_from(name).unwrap();
        let seconds = (year - 1970) * 31_556_952 + 180 * 86_400;
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        match Recorder::new(trust).verify_server_cert(leaf, rest, &name, &[], now) {
            Ok(_) => Ok(()),
            Err(Error::InvalidCertificate(fault)) => Err(fault),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_chain_known_to_be_signed_is_judged_by_dates_and_name_each_time() {
        use CertificateError::*;
        let root = root();
        let trust = trust_in(&root);
        let leaf = leaf(&root, &["a.example", "b.example"], 2020, 2030);
        let judged = |name, year| verify(&trust, (&leaf, &[]), name, year);
        for _ in 0..2 {
            assert_eq!(judged("a.example", 2025), Ok(()));
            assert_eq!(judged("b.example", 2029), Ok(()));
            assert!(matches!(judged("c.example", 2025), Err(NotValidForNameContext { .. })));
            assert!(matches!(judged("a.example", 2030), Err(ExpiredContext { .. })));
            assert!(matches!(judged("a.example", 2019), Err(NotValidYetContext { .. })));
        }
    }

    #[test]
    fn every_certificate_of_a_known_chain_is_judged_by_its_dates() {
        let root = root();
        let trust = trust_in(&root);
        let mut params = authority(2020, 2025);
        params.distinguished_name.push(rcgen::DnType::CommonName, "between");
        let between =
            CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &root).unwrap();
        let leaf = leaf(&between, &["a.example"], 2020, 2030);
        let rest = [between.der().clone()];
        assert_eq!(verify(&trust, (&leaf, &rest), "a.example", 2024), Ok(()));
        let later = verify(&trust, (&leaf, &rest), "a.example", 2025);
        assert!(matches!(later, Err(CertificateError::ExpiredContext { .. })), "{later:?}");
        assert_eq!(verify(&trust, (&leaf, &rest), "a.example", 2024), Ok(()));
        // Shown without what leads to the root it is another chain.
        let alone = verify(&trust, (&leaf, &[]), "a.example", 2024);
        assert_eq!(alone, Err(CertificateError::UnknownIssuer));
    }

    #[test]
    fn what_differs_by_a_byte_from_a_known_chain_is_verified_in_full() {
        let root = root();
        let trust = trust_in(&root);
        let leaf = leaf(&root, &["a.example"], 2020, 2030);
        assert_eq!(verify(&trust, (&leaf, &[]), "a.example", 2025), Ok(()));
        // The same signature under another name.
        let mut forged = leaf.to_vec();
        let at = forged.windows(9).position(|bytes| bytes == b"a.example").unwrap();
        forged[at] = b'b';
        let forged = Der::from(forged);
        for name in ["a.example", "b.example"] {
            assert!(verify(&trust, (&forged, &[]), name, 2025).is_err(), "{name}");
        }
        // Nor does what one trust knows count for another.
        let stranger = trust_in(&self::root());
        let judged = verify(&stranger, (&leaf, &[]), "a.example", 2025);
        assert!(judged.is_err(), "{judged:?}");
    }
}
