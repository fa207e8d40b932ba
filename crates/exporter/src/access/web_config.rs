//! The web configuration in exporter-toolkit's format: what a file says, read and checked.
//!
//! The keys are those of Prometheus's "HTTPS and authentication" page. One that is not supported
//! here is an error or a warning, never passed over.

use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use contract::Instant;
use rustls_pki_types::CertificateDer;

use super::basic_auth::Users;
use super::tls::{ClientAuth, Tls, TlsSettings};
use super::yaml::{self, Node, Remark, Section};

/// Largest file, in bytes.
const FILE_LENGTH_MAX: u64 = 256 << 10;

/// Headers that may be set, as exporter-toolkit has it, with the only values where there are such.
const HEADERS: [(&str, HeaderName, &[&str]); 5] = [
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY, &[]),
    ("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY, &[]),
    ("X-Content-Type-Options", X_CONTENT_TYPE_OPTIONS, &["nosniff"]),
    ("X-Frame-Options", X_FRAME_OPTIONS, &["deny", "sameorigin"]),
    ("X-XSS-Protection", X_XSS_PROTECTION, &[]),
];

/// Who may read the pages, and how. The default is plain HTTP for everybody.
#[derive(Clone, Default)]
pub struct WebConfig {
    pub(super) tls: Option<Tls>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) users: Users,
    pub(super) rate_limit: Option<RateLimit>,
}

/// At most `burst` answers at once, and one more each `interval`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RateLimit {
    pub(super) burst: u32,
    pub(super) interval: Duration,
}

impl WebConfig {
    /// Reads `path` and the certificates and keys that it names; its paths are relative to its
    /// folder. With an error among the remarks the configuration must not be used.
    pub fn read(path: &Path) -> (WebConfig, Vec<Remark>) {
        let mut remarks = Vec::new();
        let config = read_text(path)
            .and_then(|text| yaml::parse(&text))
            .map(|root| config(root.as_ref(), path, &mut remarks));
        match config {
            Ok(config) => (config, remarks),
            Err(remark) => (WebConfig::default(), vec![remark]),
        }
    }

    /// Whether others may listen in vain, and must say who they are: TLS, and passwords or
    /// verified client certificates. What listens beyond this machine must have it (C10.2).
    pub fn is_protected(&self) -> bool {
        let knows_clients =
            self.tls.as_ref().is_some_and(|tls| tls.settings.client_auth.is_proof());
        self.tls.is_some() && (knows_clients || !self.users.is_empty())
    }

    /// The scheme of the pages' addresses.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// What a reader of the pages needs, for people.
    pub fn summary(&self) -> String {
        let password = match self.users.len() {
            0 => None,
            1 => Some("with a password (1 user)".to_owned()),
            users => Some(format!("with a password ({users} users)")),
        };
        let tls = self.tls.as_ref();
        let certificate = tls.and_then(|tls| tls.settings.client_auth.summary());
        let how: Vec<String> = password.into_iter().chain(certificate.map(str::to_owned)).collect();
        let who = if how.is_empty() { "to anybody".to_owned() } else { how.join(" and ") };
        format!("{}, {who}", if tls.is_some() { "over TLS" } else { "without TLS" })
    }

    /// The configured certificates, each with the key that names its file.
    pub fn certificates(&self) -> Vec<(&'static str, Vec<CertificateDer<'static>>)> {
        self.tls.as_ref().map(|tls| tls.loaded.certificates()).unwrap_or_default()
    }

    /// When the first of the server's certificates expires.
    pub fn expiry(&self) -> Option<Instant> {
        self.tls.as_ref().and_then(|tls| tls.loaded.expiry)
    }
}

/// What is required, without hashes and keys (C10.3).
impl fmt::Debug for WebConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebConfig")
            .field("tls", &self.tls.as_ref().map(|tls| &tls.settings))
            .field("headers", &self.headers)
            .field("users", &self.users)
            .field("rate_limit", &self.rate_limit)
            .finish()
    }
}

fn read_text(path: &Path) -> Result<String, Remark> {
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(FILE_LENGTH_MAX + 1).read_to_string(&mut text))
        .map_err(|error| Remark::with_file(format!("failed to read it: {error}")))?;
    if text.len() as u64 > FILE_LENGTH_MAX {
        return Err(Remark::with_file(format!("it is larger than {FILE_LENGTH_MAX} bytes")));
    }
    Ok(text)
}

fn config(root: Option<&Node>, path: &Path, remarks: &mut Vec<Remark>) -> WebConfig {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut root = Section::of(root, "at the top of the file", remarks);
    let http = Section::of(root.ask("http_server_config"), "in http_server_config", remarks);
    let (http2, headers) = http_server_config(http, remarks);
    let tls = Section::of(root.ask("tls_server_config"), "in tls_server_config", remarks);
    let tls = tls_server_config(tls, folder, http2, remarks);
    let rate_limit = Section::of(root.ask("rate_limit"), "in rate_limit", remarks);
    let rate_limit = rate_limit_of(rate_limit, remarks);
    let users = root.named_texts("basic_auth_users", remarks);
    let users = Users::of(users, remarks);
    root.end(remarks);
    WebConfig { tls, headers, users, rate_limit }
}

/// `http_server_config`: whether HTTP/2 is offered, and the headers.
fn http_server_config(
    mut section: Section<'_>,
    remarks: &mut Vec<Remark>,
) -> (bool, Vec<(HeaderName, HeaderValue)>) {
    let http2 = section.flag("http2", remarks).unwrap_or(true);
    let mut headers = Vec::new();
    for (node, name, value) in section.named_texts("headers", remarks) {
        let Some((_, header, only)) = HEADERS.iter().find(|(known, ..)| *known == name) else {
            let known: Vec<&str> = HEADERS.iter().map(|(known, ..)| *known).collect();
            let remark = node.remark("this header cannot be set");
            remarks.push(remark.help(format!("one of {}", known.join(", "))));
            continue;
        };
        if !only.is_empty() && !only.contains(&value) {
            let remark = node.remark("this header has no such value");
            remarks.push(remark.help(format!("one of {}", only.join(", "))));
            continue;
        }
        match HeaderValue::from_str(value) {
            Ok(value) => headers.push((header.clone(), value)),
            Err(_) => remarks.push(node.remark("this is no header's value")),
        }
    }
    section.end(remarks);
    (http2, headers)
}

/// `tls_server_config`, with the files that it names.
fn tls_server_config(
    mut section: Section<'_>,
    folder: &Path,
    http2: bool,
    remarks: &mut Vec<Remark>,
) -> Option<Tls> {
    let errors_before = remarks.len();
    let mut file = |key: &'static str, remarks: &mut Vec<Remark>| {
        let (_, path) = section.text(key, remarks)?;
        Some(folder.join(path))
    };
    let cert_file: Option<PathBuf> = file("cert_file", remarks);
    let key_file = file("key_file", remarks);
    let client_ca_file = file("client_ca_file", remarks);
    for (key, instead) in
        [("cert", "cert_file"), ("key", "key_file"), ("client_ca", "client_ca_file")]
    {
        if let Some(node) = section.refuse(key) {
            let why = "certificates and keys do not stand in this file (C10.3)";
            remarks.push(node.remark(why).help(format!("name a file with {instead}")));
        }
    }
    let client_auth = client_auth(&mut section, client_ca_file.is_some(), remarks);
    let sans = section.texts("client_allowed_sans", remarks);
    if let Some((node, _)) = sans.first()
        && !client_auth.requires_one()
    {
        let why = "client_allowed_sans means nothing where a client may come without a certificate";
        remarks.push(node.remark(why).help("set client_auth_type: RequireAndVerifyClientCert"));
    }
    let crypto = super::ciphers::read(&mut section, remarks);
    let prefers_own_order = section.flag("prefer_server_cipher_suites", remarks).unwrap_or(true);
    let (is_there, missing) =
        (section.is_there(), section.remark("TLS needs a certificate and its key"));
    section.end(remarks);
    if !is_there {
        return None;
    }
    let (Some(cert_file), Some(key_file)) = (cert_file, key_file) else {
        if !remarks[errors_before..].iter().any(Remark::is_error) {
            remarks.push(missing.help("name them with cert_file and key_file"));
        }
        return None;
    };
    let settings = TlsSettings {
        cert_file,
        key_file,
        client_ca_file,
        client_auth,
        client_allowed_sans: sans.into_iter().map(|(_, san)| san.to_owned()).collect(),
        crypto: crypto?,
        prefers_own_order,
        http2,
    };
    if remarks[errors_before..].iter().any(Remark::is_error) {
        return None;
    }
    match Tls::load(settings) {
        Ok(tls) => Some(tls),
        Err(message) => {
            remarks.push(Remark { message, ..missing });
            None
        }
    }
}

fn client_auth(section: &mut Section<'_>, has_ca: bool, remarks: &mut Vec<Remark>) -> ClientAuth {
    let Some((node, word)) = section.text("client_auth_type", remarks) else {
        if has_ca {
            let remark = section.remark("client_ca_file is of no use without client_auth_type");
            remarks.push(remark.help("set client_auth_type: RequireAndVerifyClientCert"));
        }
        return ClientAuth::None;
    };
    let Some(auth) = ClientAuth::of(word) else {
        let words: Vec<&str> = ClientAuth::WORDS.iter().map(|(word, _)| *word).collect();
        let remark = node.remark("this client_auth_type is not known");
        remarks.push(remark.help(format!("one of {}", words.join(", "))));
        return ClientAuth::None;
    };
    if auth.verifies() != has_ca {
        let (why, help) = if has_ca {
            ("client_ca_file is of no use with this type", "use RequireAndVerifyClientCert")
        } else {
            ("this type needs to know whom to trust", "name a file with client_ca_file")
        };
        // exporter-toolkit takes the file with every type but NoClientCert.
        let remark = node.remark(why).help(help);
        remarks.push(if has_ca && auth != ClientAuth::None { remark.warning() } else { remark });
    }
    auth
}

/// `rate_limit`, over all readers.
fn rate_limit_of(mut section: Section<'_>, remarks: &mut Vec<Remark>) -> Option<RateLimit> {
    let interval = section.text("interval", remarks).and_then(|(node, text)| {
        let interval = go_duration(text);
        if interval.is_none() {
            let remark = node.remark("this is no duration");
            remarks.push(remark.help("write it like 1s, 250ms or 1m30s"));
        }
        interval
    });
    let burst = section.text("burst", remarks).and_then(|(node, text)| {
        let burst = text.parse().ok().filter(|burst| *burst >= 1);
        if burst.is_none() {
            remarks.push(node.remark("this is no number of requests").help("1 or more"));
        }
        burst
    });
    let missing = section.remark("a rate limit has a burst and an interval");
    let is_there = section.is_there();
    section.end(remarks);
    match (burst, interval) {
        // exporter-toolkit's default: no limit.
        (_, Some(Duration::ZERO)) | (None, None) => None,
        (Some(burst), Some(interval)) => Some(RateLimit { burst, interval }),
        _ => {
            remarks.extend(is_there.then(|| missing.help("write burst: 50 and interval: 100ms")));
            None
        }
    }
}

/// A duration as Go writes it, without fractions.
fn go_duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, u64); 5] =
        [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000)];
    let mut rest = text;
    let mut total_ns = 0_u64;
    while !rest.is_empty() && text != "0" {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (_, unit_ns) = UNITS.iter().find(|(unit, _)| *unit == &rest[..letters])?;
        rest = &rest[letters..];
        total_ns = number.checked_mul(*unit_ns)?.checked_add(total_ns)?;
    }
    (!text.is_empty()).then(|| Duration::from_nanos(total_ns))
}

#[cfg(test)]
mod tests {
    use login_service::Authority;
    use tempfile::TempDir;

    use super::*;

    const HASH: &str = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

    /// A folder with a certificate for localhost, its key, and a certificate authority.
    fn folder() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new().unwrap();
        let leaf = authority.leaf(&["localhost"]).unwrap();
        let other = authority.leaf(&["localhost"]).unwrap();
        for (name, text) in [
            ("server.pem", leaf.chain_pem()),
            ("server.key", leaf.key_pem()),
            ("other.key", other.key_pem()),
            ("ca.pem", authority.ca_pem()),
            ("nothing.pem", String::new()),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn read(folder: &TempDir, yaml: &str) -> (WebConfig, Vec<Remark>) {
        let path = folder.path().join("web.yml");
        fs::write(&path, yaml).unwrap();
        WebConfig::read(&path)
    }

    /// `tls_server_config` with a certificate and these lines beside it.
    fn tls(lines: &[&str]) -> String {
        let mut yaml = "tls_server_config:\n".to_owned();
        for line in ["cert_file: server.pem", "key_file: server.key"].iter().chain(lines) {
            yaml.push_str(&format!("  {line}\n"));
        }
        yaml
    }

    #[test]
    fn every_key_of_the_format_is_read() {
        let yaml = format!(
            "{}http_server_config:\n  http2: false\n  headers:\n    \
             Strict-Transport-Security: max-age=1\n    X-Frame-Options: sameorigin\n    \
             X-Content-Type-Options: nosniff\n    X-XSS-Protection: '0'\n    \
             Content-Security-Policy: default-src 'none'\nbasic_auth_users:\n  anna: {HASH}\n  \
             'bo': \"{HASH}\"\nrate_limit:\n  burst: 10\n  interval: 1m30s\n",
            tls(&[
                "client_ca_file: ca.pem",
                "client_auth_type: RequireAndVerifyClientCert",
                "client_allowed_sans: [a.example, 192.0.2.1]",
                "min_version: TLS12",
                "max_version: TLS13",
                "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]",
                "prefer_server_cipher_suites: no",
                "curve_preferences: [CurveP256, X25519]",
            ]),
        );
        let (config, remarks) = read(&folder(), &yaml);
        assert_eq!(remarks, []);
        assert!(config.is_protected());
        assert_eq!(config.headers.len(), 5);
        assert_eq!(config.users.len(), 2);
        let limit = RateLimit { burst: 10, interval: Duration::from_secs(90) };
        assert_eq!(config.rate_limit, Some(limit));
        let server = &config.tls.as_ref().unwrap().loaded.server;
        assert_eq!(server.alpn_protocols, [b"http/1.1"]);
        assert!(!server.ignore_client_order);
        let provider = server.crypto_provider();
        assert_eq!(provider.cipher_suites.len(), 4);
        assert_eq!(provider.kx_groups[0].name(), rustls::NamedGroup::secp256r1);
        assert_eq!(
            config.summary(),
            "over TLS, with a password (2 users) and with a verified client certificate"
        );
        assert_eq!(config.certificates().len(), 2);
    }

    #[test]
    fn an_empty_file_is_plain_http_for_everybody() {
        for yaml in ["", "# nothing\n", "tls_server_config:\nbasic_auth_users: {}\n"] {
            let (config, remarks) = read(&folder(), yaml);
            assert_eq!(remarks, [], "{yaml}");
            assert!(!config.is_protected());
            assert_eq!((config.scheme(), &*config.summary()), ("http", "without TLS, to anybody"));
        }
    }

    #[test]
    fn c10_2_protected_is_tls_with_a_password_or_a_verified_client_certificate() {
        let users = format!("basic_auth_users:\n  anna: {HASH}\n");
        let ca = "client_ca_file: ca.pem";
        for (yaml, expected) in [
            (users.clone(), false),
            (tls(&[]), false),
            (tls(&[]) + &users, true),
            (tls(&["client_auth_type: RequestClientCert"]), false),
            (tls(&["client_auth_type: RequireAnyClientCert"]), false),
            (tls(&["client_auth_type: VerifyClientCertIfGiven", ca]), false),
            (tls(&["client_auth_type: RequireAndVerifyClientCert", ca]), true),
        ] {
            let (config, remarks) = read(&folder(), &yaml);
            assert_eq!(remarks, [], "{yaml}");
            assert_eq!(config.is_protected(), expected, "{yaml}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_place_and_never_a_secret() {
        let folder = folder();
        for (yaml, place, message) in [
            ("tls_server_confg: {}".to_owned(), (1, 1), "unknown key at the top of the file"),
            (tls(&["cert_fil: x"]), (4, 3), "unknown key in tls_server_config"),
            ("basic_auth_users: [hunter2]".to_owned(), (1, 19), "expected keys and values here"),
            ("basic_auth_users:\n  anna: hunter2".to_owned(), (2, 9), "this is no bcrypt hash"),
            (
                format!("basic_auth_users:\n  anna: {}", HASH.replace("$10$", "$17$")),
                (2, 9),
                "this hash takes too long to verify",
            ),
            (
                "tls_server_config:\n  cert: |\n    hunter2".to_owned(),
                (3, 5),
                "certificates and keys do not stand in this file",
            ),
            (
                "tls_server_config:\n  cert_file: server.pem".to_owned(),
                (2, 3),
                "TLS needs a certificate and its key",
            ),
            (
                tls(&[]).replace("server.key", "other.key"),
                (2, 3),
                "the key in key_file is not that of the certificate",
            ),
            (tls(&[]).replace("server.key", "gone.key"), (2, 3), "cannot read key_file"),
            (tls(&[]).replace("server.key", "ca.pem"), (2, 3), "key_file"),
            (tls(&[]).replace("server.pem", "nothing.pem"), (2, 3), "cert_file"),
            (tls(&["client_auth_type: Always"]), (4, 21), "this client_auth_type is not known"),
            (
                tls(&["client_auth_type: RequireAndVerifyClientCert"]),
                (4, 21),
                "this type needs to know whom to trust",
            ),
            (
                tls(&["client_ca_file: ca.pem"]),
                (2, 3),
                "client_ca_file is of no use without client_auth_type",
            ),
            (tls(&["client_allowed_sans: [a]"]), (4, 25), "client_allowed_sans means nothing"),
            (tls(&["min_version: SSL30"]), (4, 16), "this TLS version is not known"),
            (tls(&["max_version: TLS11"]), (4, 16), "this leaves no TLS version to speak"),
            (tls(&["cipher_suites: [RC4]"]), (4, 19), "this cipher suite is not known"),
            (tls(&["curve_preferences: [P256]"]), (4, 23), "this curve is not known"),
            (tls(&["prefer_server_cipher_suites: 1"]), (4, 32), "expected true or false"),
            (
                "http_server_config:\n  headers:\n    Server: x".to_owned(),
                (3, 13),
                "this header cannot be set",
            ),
            (
                "http_server_config:\n  headers:\n    X-Frame-Options: never".to_owned(),
                (3, 22),
                "this header has no such value",
            ),
            ("rate_limit:\n  interval: fast".to_owned(), (2, 13), "this is no duration"),
            ("rate_limit:\n  burst: 5".to_owned(), (2, 3), "a rate limit has a burst and"),
            ("a: [".to_owned(), (2, 1), "no YAML"),
        ] {
            let (config, remarks) = read(&folder, &yaml);
            let errors: Vec<&Remark> = remarks.iter().filter(|it| it.is_error()).collect();
            let [error] = errors[..] else { panic!("{yaml}: {remarks:?}") };
            assert_eq!((error.line, error.column), place, "{yaml}: {error:?}");
            assert!(error.message.starts_with(message), "{yaml}: {error:?}");
            assert!(!format!("{remarks:?} {config:?}").contains("hunter2"), "{remarks:?}");
        }
        let (_, remarks) = WebConfig::read(&folder.path().join("gone.yml"));
        assert!(remarks[0].message.starts_with("failed to read it"), "{remarks:?}");
    }

    #[test]
    fn what_is_not_spoken_here_is_a_warning_as_long_as_something_is_left() {
        let suites = "TLS_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
        for (yaml, message) in [
            (tls(&["min_version: TLS10"]), "TLS 1.0 and 1.1 are not spoken"),
            (tls(&[&format!("cipher_suites: [{suites}]")]), "this cipher suite is not spoken here"),
            (tls(&["curve_preferences: [CurveP521, X25519]"]), "this curve is not spoken here"),
            (
                format!("basic_auth_users:\n  anna: {}", HASH.replace("$10$", "$04$")),
                "this hash is quick to guess",
            ),
        ] {
            let (_, remarks) = read(&folder(), &yaml);
            let [warning] = &remarks[..] else { panic!("{yaml}: {remarks:?}") };
            assert!(warning.is_warning && warning.message.starts_with(message), "{warning:?}");
        }
        let (config, remarks) = read(&folder(), &tls(&["curve_preferences: [CurveP521]"]));
        assert!(remarks.iter().any(Remark::is_error) && config.tls.is_none(), "{remarks:?}");
    }

    #[test]
    fn c10_3_a_web_configuration_in_debug_form_shows_no_hash() {
        let (config, _) = read(&folder(), &format!("basic_auth_users:\n  anna: {HASH}\n"));
        assert!(!format!("{config:?}").contains("QOauhQNb"));
    }

    #[test]
    fn durations_are_written_as_in_go() {
        for (text, ms) in [("1s", Some(1000)), ("1m30s", Some(90_000)), ("250ms", Some(250))] {
            assert_eq!(go_duration(text), ms.map(Duration::from_millis), "{text}");
        }
        assert_eq!(go_duration("0"), Some(Duration::ZERO));
        for text in ["", "1", "s", "1d", "-1s", "99999999999999m"] {
            assert_eq!(go_duration(text), None, "{text}");
        }
    }
}
