//! A private certificate authority, and the certificates, good and bad, that it signs.

use std::io;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

/// How long before now a certificate begins: clocks differ.
const BACKDATED: Duration = Duration::hours(1);
const LEAF_LIFETIME: Duration = Duration::days(90);
const AUTHORITY_LIFETIME: Duration = Duration::days(825);

/// A private root with one intermediate below it; all keys are P-256.
pub struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate chain, leaf first and without the root, and the leaf's key.
pub struct Certificate {
    /// The chain as it is sent in a handshake.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's private key, PKCS #8.
    pub key: PrivateKeyDer<'static>,
}

impl Authority {
    /// A new root; each call makes another one, and none trusts another.
    ///
    /// # Errors
    /// When keys cannot be made, that is, when the system gives no randomness.
    pub fn new() -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let params = authority_params("Upptid test root", &key);
        let root = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let params = authority_params("Upptid test intermediate", &key);
        let intermediate =
            CertifiedIssuer::signed_by(params, key, &root).map_err(io::Error::other)?;
        Ok(Self { root, intermediate })
    }

    /// The root in PEM, as a `ca_file` holds it.
    pub fn ca_pem(&self) -> String {
        self.root.pem()
    }

    /// The root in DER.
    pub fn ca_der(&self) -> CertificateDer<'static> {
        self.root.der().clone()
    }

    /// A good server certificate for `names` (host names or IP addresses), valid for 90 days.
    ///
    /// # Errors
    /// When a name is neither a host name nor an address; so for all certificates below.
    pub fn leaf(&self, names: &[&str]) -> io::Result<Certificate> {
        self.leaf_valid(names, OffsetDateTime::now_utc() - BACKDATED, LEAF_LIFETIME)
    }

    /// A server certificate that expired yesterday.
    pub fn expired_leaf(&self, names: &[&str]) -> io::Result<Certificate> {
        let from = OffsetDateTime::now_utc() - LEAF_LIFETIME - Duration::days(1);
        self.leaf_valid(names, from, LEAF_LIFETIME)
    }

    /// A server certificate that begins tomorrow.
    pub fn future_leaf(&self, names: &[&str]) -> io::Result<Certificate> {
        self.leaf_valid(names, OffsetDateTime::now_utc() + Duration::days(1), LEAF_LIFETIME)
    }

    /// A good server certificate that ends `days` from now.
    pub fn leaf_ending_in(&self, names: &[&str], days: u16) -> io::Result<Certificate> {
        let from = OffsetDateTime::now_utc() - BACKDATED;
        self.leaf_valid(names, from, BACKDATED + Duration::days(days.into()))
    }

    /// A good server certificate signed by the intermediate, which follows it in the chain.
    /// Cut the chain to its first certificate for a server that forgot to send the intermediate.
    pub fn leaf_via_intermediate(&self, names: &[&str]) -> io::Result<Certificate> {
        let mut params = leaf_params(names, ExtendedKeyUsagePurpose::ServerAuth)?;
        set_validity(&mut params, OffsetDateTime::now_utc() - BACKDATED, LEAF_LIFETIME);
        let mut certificate = sign(&params, &self.intermediate)?;
        certificate.chain.push(self.intermediate.der().clone());
        Ok(certificate)
    }

    /// A certificate for a client of that name.
    pub fn client(&self, name: &str) -> io::Result<Certificate> {
        let mut params = leaf_params(&[name], ExtendedKeyUsagePurpose::ClientAuth)?;
        set_validity(&mut params, OffsetDateTime::now_utc() - BACKDATED, LEAF_LIFETIME);
        sign(&params, &self.root)
    }

    /// One for a client that expired yesterday.
    pub fn expired_client(&self, name: &str) -> io::Result<Certificate> {
        let mut params = leaf_params(&[name], ExtendedKeyUsagePurpose::ClientAuth)?;
        let from = OffsetDateTime::now_utc() - LEAF_LIFETIME - Duration::days(1);
        set_validity(&mut params, from, LEAF_LIFETIME);
        sign(&params, &self.root)
    }

    fn leaf_valid(
        &self,
        names: &[&str],
        from: OffsetDateTime,
        lifetime: Duration,
    ) -> io::Result<Certificate> {
        let mut params = leaf_params(names, ExtendedKeyUsagePurpose::ServerAuth)?;
        set_validity(&mut params, from, lifetime);
        sign(&params, &self.root)
    }
}

impl Clone for Certificate {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl Certificate {
    /// One that another program made: the leaf in DER, and its key as PKCS #8 in DER.
    pub fn from_der(leaf: Vec<u8>, key: Vec<u8>) -> Self {
        Self { chain: vec![leaf.into()], key: PrivatePkcs8KeyDer::from(key).into() }
    }

    /// The chain in PEM, leaf first.
    pub fn chain_pem(&self) -> String {
        self.chain.iter().map(|der| pem("CERTIFICATE", der)).collect()
    }

    /// The key in PEM.
    pub fn key_pem(&self) -> String {
        pem("PRIVATE KEY", self.key.secret_der())
    }
}

/// The name carries a part of the key: under one name for all, a stranger's certificate would be
/// a bad signature and not one of an unknown issuer.
fn authority_params(name: &str, key: &KeyPair) -> CertificateParams {
    let mut params = CertificateParams::default();
    let key_part: String =
        key.public_key_raw().iter().skip(1).take(4).map(|byte| format!("{byte:02x}")).collect();
    params.distinguished_name.push(DnType::CommonName, format!("{name} {key_part}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(
        &mut params,
        OffsetDateTime::now_utc() - AUTHORITY_LIFETIME,
        AUTHORITY_LIFETIME * 2,
    );
    params
}

fn leaf_params(names: &[&str], usage: ExtendedKeyUsagePurpose) -> io::Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let common_name = names.first().cloned().unwrap_or_default();
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn set_validity(params: &mut CertificateParams, from: OffsetDateTime, lifetime: Duration) {
    params.not_before = from;
    params.not_after = from + lifetime;
}

fn sign(
    params: &CertificateParams,
    issuer: &CertifiedIssuer<'static, KeyPair>,
) -> io::Result<Certificate> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let leaf = params.signed_by(&key, issuer).map_err(io::Error::other)?;
    Ok(Certificate {
        chain: vec![leaf.der().clone()],
        key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
    })
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let encoded = STANDARD.encode(der);
    let lines = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let body = lines.fold(String::new(), |body, line| body + &line + "\n");
    format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n")
}
