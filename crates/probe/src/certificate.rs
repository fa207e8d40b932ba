//! The certificates that a service showed, as people read them.

use std::net::IpAddr;

use contract::Instant;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::Serialize;
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Certificates of a chain that are read; further ones are left out.
pub const CHAIN_MAX: usize = 16;
/// Names of a certificate that are kept.
pub const NAMES_MAX: usize = 50;
/// Characters of a subject, an issuer or a name that are kept.
pub const TEXT_CHARS_MAX: usize = 300;

/// A chain as it was shown, the service's own certificate first.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    der: Vec<CertificateDer<'static>>,
    certificates: Vec<Certificate>,
}

/// One certificate of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Whose it is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The names that it holds for, of the service's own certificate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// First instant at which it holds.
    pub not_before: Instant,
    /// Last instant at which it holds.
    pub not_after: Instant,
    /// SHA-256 of the certificate, in lower-case hex.
    pub sha256: String,
}

impl Chain {
    /// Reads a chain in DER. What cannot be read is left out: the handshake names that fault.
    pub fn read(der: Vec<CertificateDer<'static>>) -> Self {
        let certificates = der.iter().take(CHAIN_MAX).enumerate();
        let certificates =
            certificates.filter_map(|(place, der)| Certificate::read(der, place == 0)).collect();
        Chain { der, certificates }
    }

    /// Whether it is made of these certificates.
    pub fn is(&self, leaf: &CertificateDer<'_>, rest: &[CertificateDer<'_>]) -> bool {
        self.der.split_first().is_some_and(|(first, others)| first == leaf && others == rest)
    }

    /// The certificates, the service's own first.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Whether each certificate of it could be read, and holds at this instant.
    pub fn holds_at(&self, now: Instant) -> bool {
        self.certificates.len() == self.der.len()
            && self.certificates.iter().all(|one| one.not_before <= now && now <= one.not_after)
    }

    /// The earliest expiry in the chain.
    pub fn earliest_not_after(&self) -> Option<Instant> {
        self.certificates.iter().map(|certificate| certificate.not_after).min()
    }
}

impl Certificate {
    fn read(der: &CertificateDer<'_>, with_names: bool) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(der).ok()?;
        let instant = |time: x509_parser::time::ASN1Time| {
            Instant::from_ms(time.timestamp().saturating_mul(1000))
        };
        Some(Certificate {
            subject: printable(&parsed.subject().to_string()),
            issuer: printable(&parsed.issuer().to_string()),
            names: if with_names { names(&parsed) } else { Vec::new() },
            not_before: instant(parsed.validity().not_before),
            not_after: instant(parsed.validity().not_after),
            sha256: Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }
}

/// The instant at which a handshake takes place.
pub fn instant(time: UnixTime) -> Instant {
    Instant::from_ms(i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000))
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = alternatives.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(printable(name)),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => Some(IpAddr::from(<[u8; 4]>::try_from(*bytes).ok()?).to_string()),
            16 => Some(IpAddr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_string()),
            _ => None,
        },
        _ => None,
    });
    names.take(NAMES_MAX).collect()
}

/// What a certificate says is a stranger's text: control characters out, and not without end.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_expiry_of_a_chain_is_known_and_rubbish_is_left_out() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["portal.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let late = params.self_signed(&key).unwrap().der().clone();
        params.not_after = rcgen::date_time_ymd(2030, 2, 3);
        let early = params.self_signed(&key).unwrap().der().clone();
        let rubbish = CertificateDer::from(vec![0x30, 0x82, 0xff]);

        let chain = Chain::read(vec![late.clone(), rubbish.clone(), early.clone()]);

        assert_eq!(chain.certificates().len(), 2);
        assert_eq!(chain.certificates()[0].names, ["portal.example"]);
        assert_eq!(chain.certificates()[0].sha256.len(), 64);
        let earliest = chain.earliest_not_after().unwrap();
        assert_eq!(earliest.to_string(), "2030-02-03T00:00:00.000Z");
        assert!(chain.is(&late, &[rubbish, early.clone()]));
        assert!(!chain.is(&late, &[early]));
        assert_eq!(Chain::read(Vec::new()).earliest_not_after(), None);
    }
}
