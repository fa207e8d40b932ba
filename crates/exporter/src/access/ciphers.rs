//! TLS versions, cipher suites and curves by the names that Go gives them.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use rustls::version::{TLS12, TLS13};
use rustls::{CipherSuite, NamedGroup, SupportedProtocolVersion};

use super::yaml::{Node, Remark, Section};

/// What is offered in handshakes.
#[derive(Clone)]
pub(super) struct Crypto {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
}

impl fmt::Debug for Crypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions = self.versions.iter().map(|version| version.version);
        f.debug_list().entries(versions).finish()
    }
}

/// The format's versions, the oldest first. Those before TLS 1.2 are not spoken.
const VERSIONS: [&str; 4] = ["TLS10", "TLS11", "TLS12", "TLS13"];

/// Cipher suites of TLS 1.2 that are offered. Those of TLS 1.3 always are, in Go as well.
const SUITES: [(&str, CipherSuite); 6] = {
    use CipherSuite::*;
    [
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
        (
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        ),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
        (
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ),
    ]
};

/// Cipher suites that Go knows and this program does not speak: without forward secrecy, or with
/// CBC.
const SUITES_NOT_SPOKEN: [&str; 8] = [
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
];

/// Cipher suites of TLS 1.3, which need not be named.
const SUITES_OF_TLS13: [&str; 3] =
    ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/// Curves that are offered.
const CURVES: [(&str, NamedGroup); 3] = [
    ("CurveP256", NamedGroup::secp256r1),
    ("CurveP384", NamedGroup::secp384r1),
    ("X25519", NamedGroup::X25519),
];

/// Curves that Go knows and this program does not speak.
const CURVES_NOT_SPOKEN: [&str; 2] = ["CurveP521", "X25519MLKEM768"];

/// Reads `min_version`, `max_version`, `cipher_suites` and `curve_preferences`. None when they
/// leave nothing to offer, which is noted.
pub(super) fn read(section: &mut Section<'_>, remarks: &mut Vec<Remark>) -> Option<Crypto> {
    let versions = versions(section, remarks);
    let mut provider = ring::default_provider();
    let words = section.texts("cipher_suites", remarks);
    let names: Vec<&str> = SUITES.iter().map(|(name, _)| *name).collect();
    let suites = chosen(&words, &names, &SUITES_NOT_SPOKEN, "cipher suite", remarks)?;
    if !words.is_empty() {
        let place = |suite: CipherSuite| suites.iter().position(|at| SUITES[*at].1 == suite);
        provider.cipher_suites.retain(|suite| {
            suite.version().version == TLS13.version || place(suite.suite()).is_some()
        });
        // Those of TLS 1.3 first, then in the file's order.
        provider.cipher_suites.sort_by_key(|suite| place(suite.suite()).map_or(0, |at| at + 1));
    }
    let curves = section.texts("curve_preferences", remarks);
    let names: Vec<&str> = CURVES.iter().map(|(name, _)| *name).collect();
    let curves = chosen(&curves, &names, &CURVES_NOT_SPOKEN, "curve", remarks)?;
    if !curves.is_empty() {
        let all = provider.kx_groups.clone();
        let group = |at: &usize| all.iter().copied().find(|group| group.name() == CURVES[*at].1);
        provider.kx_groups =
            curves.iter().filter_map(group).collect::<Vec<&dyn SupportedKxGroup>>();
    }
    Some(Crypto { provider: Arc::new(provider), versions: versions? })
}

fn versions(
    section: &mut Section<'_>,
    remarks: &mut Vec<Remark>,
) -> Option<Vec<&'static SupportedProtocolVersion>> {
    let mut version = |key: &'static str, default: usize, remarks: &mut Vec<Remark>| {
        let Some((node, word)) = section.text(key, remarks) else { return Some((None, default)) };
        let at = VERSIONS.iter().position(|version| *version == word);
        if at.is_none() {
            let remark = node.remark("this TLS version is not known");
            remarks.push(remark.help(format!("one of {}", VERSIONS.join(", "))));
        }
        Some((Some(node), at?))
    };
    let (min, max) = (version("min_version", 2, remarks), version("max_version", 3, remarks));
    let ((min_node, min), (max_node, max)) = (min?, max?);
    if let Some(node) = min_node.filter(|_| min < 2) {
        let remark = node.remark("TLS 1.0 and 1.1 are not spoken: the oldest is TLS 1.2");
        remarks.push(remark.help("write TLS12").warning());
    }
    if max < min.max(2) {
        let node: Option<&Node> = max_node.or(min_node);
        let message = "this leaves no TLS version to speak";
        let remark = node.map_or(section.remark(message), |node| node.remark(message));
        remarks.push(remark.help("min_version: TLS12 and max_version: TLS13 are the default"));
        return None;
    }
    let spoken = [(2, &TLS12), (3, &TLS13)];
    let within = spoken.into_iter().filter(|(at, _)| (min..=max).contains(at));
    Some(within.map(|(_, version)| version).collect())
}

/// The places in `names` of the words chosen. None when words were chosen and none is spoken.
fn chosen(
    words: &[(&Node, &str)],
    names: &[&str],
    passed_over: &[&str],
    what: &str,
    remarks: &mut Vec<Remark>,
) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    let mut is_right = true;
    for (node, word) in words {
        if let Some(at) = names.iter().position(|name| name == word) {
            found.push(at);
        } else if SUITES_OF_TLS13.contains(word) {
            // It is offered anyway.
        } else if passed_over.contains(word) {
            let remark = node.remark(format!("this {what} is not spoken here, and left out"));
            remarks.push(remark.help(format!("spoken are {}", names.join(", "))).warning());
        } else {
            let remark = node.remark(format!("this {what} is not known"));
            remarks.push(remark.help(format!("one of {}", names.join(", "))));
            is_right = false;
        }
    }
    let any_tls13 = words.iter().any(|(_, word)| SUITES_OF_TLS13.contains(word));
    if let Some((node, _)) = words.first().filter(|_| found.is_empty() && is_right && !any_tls13) {
        remarks.push(node.remark(format!("none of these is a {what} that is spoken here")));
        is_right = false;
    }
    is_right.then_some(found)
}
