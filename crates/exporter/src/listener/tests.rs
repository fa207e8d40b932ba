//! Real connections to a listener with TLS: who gets in, what is rotated, and what is bounded.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use axum::routing::get;
use login_service::{Authority, Certificate};
use rustls_pki_types::ServerName;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream as ClientStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;
use crate::WebConfig;

const PASSWORD: &str = "höst-2026";
/// Far more connections than fit in the second after which a certificate's files are looked at.
const TRIES_MAX: usize = 100_000;

/// A listener that answers `/hello`, its certificate, and who trusts it.
struct Scene {
    folder: TempDir,
    authority: Authority,
    address: SocketAddr,
    counters: Arc<Counters>,
    access: Access,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Scene {
    /// Starts it with `web.yml` beside the certificates.
    async fn start(yaml: &str, options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new().unwrap();
        put(folder.path(), "server", &authority.leaf(&["localhost"]).unwrap());
        fs::write(folder.path().join("ca.pem"), authority.ca_pem()).unwrap();
        let config = read(folder.path(), yaml);
        let counters = Arc::new(Counters::new());
        let access = Access::new(config, &counters);
        let options = Options { access: access.clone(), ..options };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let guard = access::Guard { access: access.clone(), counters: counters.clone() };
        let router = Router::new()
            .route("/hello", get(|| async { "hello\n" }).post(|| async { "done\n" }))
            .layer(middleware::from_fn_with_state(guard, access::admit));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve_routes(listener, router, counters.clone(), options, async {
            let _ = stopped.await;
        }));
        Scene { folder, authority, address, counters, access, stop, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Shakes hands, with a certificate of its own if it has one.
    async fn shake_hands(
        &self,
        identity: Option<Certificate>,
        protocols: &[&[u8]],
    ) -> io::Result<ClientStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.ca_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            Some(it) => builder.with_client_auth_cert(it.chain, it.key).unwrap(),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, self.connect().await).await
    }

    /// What a request over TLS is answered with; an error where it gets no answer.
    async fn ask(&self, identity: Option<Certificate>, head: &str) -> io::Result<String> {
        let mut stream = self.shake_hands(identity, &[]).await?;
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8(answer).unwrap())
    }

    async fn get(&self, identity: Option<Certificate>) -> io::Result<String> {
        self.ask(identity, &request("GET", "")).await
    }

    /// What `/metrics` would say of `name`.
    fn count(&self, name: &str) -> u64 {
        let mut text = Vec::new();
        self.counters.write(&mut text);
        let text = String::from_utf8(text).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

const TLS: &str = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n";

/// TLS that asks for client certificates of this kind.
fn with_clients(kind: &str) -> String {
    let ca = if kind.contains("Verify") { "  client_ca_file: ca.pem\n" } else { "" };
    format!("{TLS}  client_auth_type: {kind}\n{ca}")
}

fn with_users() -> String {
    format!("{TLS}basic_auth_users:\n  anna: {}\n", hash())
}

/// The password's hash, made once.
fn hash() -> String {
    static HASH: Mutex<Option<String>> = Mutex::new(None);
    let mut hash = HASH.lock().unwrap();
    hash.get_or_insert_with(|| bcrypt::hash(PASSWORD, 4).unwrap()).clone()
}

fn put(folder: &Path, name: &str, certificate: &Certificate) {
    // The key first: a pair that is half written fits no more, and is not taken.
    fs::write(folder.join(format!("{name}.key")), certificate.key_pem()).unwrap();
    fs::write(folder.join(format!("{name}.pem")), certificate.chain_pem()).unwrap();
}

fn read(folder: &Path, yaml: &str) -> WebConfig {
    let path = folder.join("web.yml");
    fs::write(&path, yaml).unwrap();
    let (config, remarks) = WebConfig::read(&path);
    assert!(!remarks.iter().any(access::Remark::is_error), "{remarks:?}");
    config
}

fn request(method: &str, more: &str) -> String {
    format!("{method} /hello HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{more}\r\n")
}

fn basic(user: &str, password: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!("authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:{password}")))
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn c10_2_pages_are_read_over_tls_and_plain_http_is_told_so() {
    let scene = Scene::start(TLS, Options::default()).await;
    let answer = scene.get(None).await.unwrap();
    assert_eq!(status(&answer), "200");
    assert!(answer.ends_with("hello\n"), "{answer}");
    let mut plain = scene.connect().await;
    plain.write_all(request("GET", "").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(String::from_utf8_lossy(&answer).contains("https only"));
    assert_eq!(scene.count(r#"upptid_http_connections_refused_total{reason="handshake"}"#), 1);
    assert!(scene.count("upptid_http_certificate_expiry_timestamp_seconds") > 0);
    scene.end().await;
}

#[tokio::test]
async fn http2_is_spoken_unless_it_is_switched_off() {
    let off = format!("{TLS}http_server_config:\n  http2: false\n");
    for (yaml, expected) in [(TLS, &b"h2"[..]), (&off, b"http/1.1")] {
        let scene = Scene::start(yaml, Options::default()).await;
        let mut stream = scene.shake_hands(None, &[b"h2", b"http/1.1"]).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(expected));
        if expected == b"h2" {
            // The preface and empty settings; the answer begins with the server's own settings.
            stream
                .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
                .await
                .unwrap();
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            assert_eq!(head[3], 4, "{head:?}");
        }
        drop(stream);
        scene.end().await;
    }
}

#[tokio::test]
async fn c10_2_client_certificates_are_asked_for_as_go_has_it() {
    let stranger = Authority::new().unwrap();
    for (kind, [none, ours, strangers, expired]) in [
        ("NoClientCert", [true, true, true, true]),
        ("RequestClientCert", [true, true, true, true]),
        ("RequireAnyClientCert", [false, true, true, true]),
        ("RequireClientCert", [false, true, true, true]),
        ("VerifyClientCertIfGiven", [true, true, false, false]),
        ("RequireAndVerifyClientCert", [false, true, false, false]),
    ] {
        let yaml = with_clients(kind);
        let scene = Scene::start(&yaml, Options::default()).await;
        let ours_is = scene.authority.client("prometheus.example").unwrap();
        let expired_is = scene.authority.expired_client("prometheus.example").unwrap();
        for (identity, expected) in [
            (None, none),
            (Some(ours_is), ours),
            (Some(stranger.client("prometheus.example").unwrap()), strangers),
            (Some(expired_is), expired),
        ] {
            let answer = scene.get(identity).await;
            let is_in = answer.as_ref().is_ok_and(|answer| status(answer) == "200");
            assert_eq!(is_in, expected, "{kind}: {answer:?}");
        }
        scene.end().await;
    }
}

#[tokio::test]
async fn c10_2_only_clients_with_an_allowed_name_get_in() {
    let yaml = with_clients("RequireAndVerifyClientCert")
        + "  client_allowed_sans: [prometheus.example, 192.0.2.1]\n";
    let scene = Scene::start(&yaml, Options::default()).await;
    for (name, expected) in
        [("prometheus.example", true), ("192.0.2.1", true), ("other.example", false)]
    {
        let answer = scene.get(Some(scene.authority.client(name).unwrap())).await;
        assert_eq!(answer.is_ok_and(|answer| status(&answer) == "200"), expected, "{name}");
    }
    scene.end().await;
}

#[tokio::test]
async fn a_rotated_certificate_is_shown_and_a_broken_one_is_not() {
    let scene = Scene::start(TLS, Options::default()).await;
    let shown = async || {
        let stream = scene.shake_hands(None, &[]).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    let first = shown().await;
    // A key that does not fit: what was there before is shown, and the failure counted.
    let next = scene.authority.leaf_ending_in(&["localhost"], 30).unwrap();
    fs::write(scene.folder.path().join("server.key"), next.key_pem()).unwrap();
    let failures = r#"upptid_http_certificate_reads_total{result="failure"}"#;
    let mut tries = 0;
    while scene.count(failures) == 0 {
        assert_eq!(shown().await, first);
        tries += 1;
        assert!(tries < TRIES_MAX, "it was never looked at");
    }
    let expiry = scene.count("upptid_http_certificate_expiry_timestamp_seconds");
    put(scene.folder.path(), "server", &next);
    while shown().await != next.chain[0] {
        tries += 1;
        assert!(tries < TRIES_MAX, "it was never taken");
    }
    assert_eq!(scene.count(r#"upptid_http_certificate_reads_total{result="success"}"#), 1);
    assert!(scene.count("upptid_http_certificate_expiry_timestamp_seconds") < expiry);
    scene.end().await;
}

#[tokio::test]
async fn c10_3_a_password_is_asked_for_on_every_path() {
    let scene = Scene::start(&with_users(), Options::default()).await;
    for (more, expected) in [
        (String::new(), "401"),
        (basic("anna", PASSWORD), "200"),
        (basic("anna", PASSWORD), "200"),
        (basic("anna", "fel"), "401"),
        (basic("bo", PASSWORD), "401"),
        (basic("", ""), "401"),
        ("authorization: Bearer anna\r\n".to_owned(), "401"),
        ("authorization: Basic !!!\r\n".to_owned(), "401"),
        ("authorization: Basic\r\n".to_owned(), "401"),
    ] {
        let answer = scene.ask(None, &request("GET", &more)).await.unwrap();
        assert_eq!(status(&answer), expected, "{more}");
        let challenged = answer.contains("www-authenticate: Basic realm=\"upptid\"");
        assert_eq!(challenged, expected == "401", "{answer}");
    }
    assert_eq!(scene.count("upptid_http_logins_refused_total"), 3);
    scene.end().await;
}

#[tokio::test]
async fn another_site_cannot_use_the_password_that_a_browser_knows() {
    let scene = Scene::start(&with_users(), Options::default()).await;
    for (method, site, expected) in [
        ("POST", "sec-fetch-site: cross-site\r\n", "403"),
        ("POST", "sec-fetch-site: same-origin\r\n", "200"),
        ("POST", "", "200"),
        ("GET", "sec-fetch-site: cross-site\r\n", "200"),
    ] {
        let more = format!("{}{site}content-length: 0\r\n", basic("anna", PASSWORD));
        let answer = scene.ask(None, &request(method, &more)).await.unwrap();
        assert_eq!(status(&answer), expected, "{method} {site}");
    }
    scene.end().await;
}

#[tokio::test]
async fn headers_and_the_rate_limit_of_the_format_are_kept() {
    let yaml = format!(
        "{TLS}http_server_config:\n  headers:\n    Strict-Transport-Security: max-age=31536000\n    \
         X-Frame-Options: deny\nrate_limit:\n  burst: 2\n  interval: 1m\n"
    );
    let scene = Scene::start(&yaml, Options::default()).await;
    for expected in ["200", "200", "429"] {
        let answer = scene.get(None).await.unwrap();
        assert_eq!(status(&answer), expected);
        assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
        assert!(answer.contains("x-frame-options: deny"), "{answer}");
    }
    scene.end().await;
}

#[tokio::test]
async fn a_new_web_configuration_counts_for_the_next_request() {
    let scene = Scene::start(&with_users(), Options::default()).await;
    let mut stream = scene.shake_hands(None, &[]).await.unwrap();
    let ask = format!("GET /hello HTTP/1.1\r\nhost: x\r\n{}\r\n", basic("anna", PASSWORD));
    let mut answer = async || {
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    };
    assert_eq!(status(&answer().await), "200");
    let other = with_users().replace("anna:", "bo:");
    scene.access.replace(read(scene.folder.path(), &other), &scene.counters);
    assert_eq!(status(&answer().await), "401");
    scene.access.replace(WebConfig::default(), &scene.counters);
    assert_eq!(scene.count("upptid_http_certificate_expiry_timestamp_seconds"), 0);
    let mut plain = scene.connect().await;
    plain.write_all(request("GET", "").as_bytes()).await.unwrap();
    let mut text = String::new();
    plain.read_to_string(&mut text).await.unwrap();
    assert_eq!(status(&text), "200");
    drop(stream);
    scene.end().await;
}

#[tokio::test]
async fn a_handshake_that_never_ends_takes_nobodys_place() {
    let options = Options {
        connections_max: 1,
        arrivals_max: 4,
        handshake_timeout: Duration::from_millis(50),
        ..Options::default()
    };
    let scene = Scene::start(TLS, options).await;
    // One byte of a handshake, one of nothing, and no byte at all: more than there are arrivals.
    let mut slow = Vec::new();
    for bytes in [&[HANDSHAKE_RECORD][..], &[HANDSHAKE_RECORD, 3, 1, 255, 255], &[]].repeat(3) {
        let mut stream = scene.connect().await;
        stream.write_all(bytes).await.unwrap();
        slow.push(stream);
    }
    assert_eq!(status(&scene.get(None).await.unwrap()), "200");
    for mut stream in slow {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    scene.end().await;
}

#[tokio::test]
async fn a_slow_head_over_tls_is_cut_off() {
    let options = Options {
        connections_max: 1,
        header_timeout: Duration::from_millis(50),
        ..Options::default()
    };
    let scene = Scene::start(TLS, options).await;
    let mut slow = scene.shake_hands(None, &[]).await.unwrap();
    slow.write_all(b"GET /hello HTTP/1.1\r\nx-slow: ").await.unwrap();
    assert_eq!(status(&scene.get(None).await.unwrap()), "200");
    let mut answer = Vec::new();
    let _ = slow.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains(" 200 "));
    scene.end().await;
}

#[tokio::test]
async fn noise_in_place_of_a_handshake_ends_the_connection_alone() {
    let scene = Scene::start(TLS, Options::default()).await;
    for bytes in
        [&[HANDSHAKE_RECORD; 64][..], &[0; 5], &[255; 20_000], b"\x16\x03\x01\x00\x05hello"]
    {
        let mut stream = scene.connect().await;
        // The peer may be gone before all is written.
        let _ = stream.write_all(bytes).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    assert_eq!(scene.count(r#"upptid_http_connections_refused_total{reason="handshake"}"#), 4);
    assert_eq!(status(&scene.get(None).await.unwrap()), "200");
    scene.end().await;
}

#[tokio::test]
async fn one_peer_cannot_have_every_connection() {
    let options = Options { connections_per_peer_max: 2, ..Options::default() };
    let scene = Scene::start("", options).await;
    let open = [scene.connect().await, scene.connect().await];
    let mut third = scene.connect().await;
    assert!(!matches!(third.read(&mut [0]).await, Ok(1..)));
    assert_eq!(scene.count(r#"upptid_http_connections_refused_total{reason="peer_limit"}"#), 1);
    // From another address there is room.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = socket.connect(scene.address).await.unwrap();
    other.write_all(request("GET", "").as_bytes()).await.unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).await.unwrap();
    assert_eq!(status(&answer), "200");
    drop(open);
    scene.end().await;
}

#[tokio::test]
async fn c10_3_no_password_and_no_hash_reaches_an_answer_a_metric_or_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // Of every test here, whichever thread it is on: none may let a secret out.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let scene = Scene::start(&with_users(), Options::default()).await;
    let mut said = format!("{:?}", scene.access);
    for (user, password) in
        [("anna", PASSWORD), ("anna", "fel-lösenord"), ("bo\nforged line", "fel-lösenord")]
    {
        said += &scene.ask(None, &request("GET", &basic(user, password))).await.unwrap();
    }
    let mut metrics = Vec::new();
    scene.counters.write(&mut metrics);
    said += &String::from_utf8(metrics).unwrap();
    scene.end().await;
    let log = log.text();
    for expected in ["a login to the pages was refused", "127.0.0.1", r#"bo\nforged line"#] {
        assert!(log.contains(expected), "{log}");
    }
    assert!(!log.contains("\nforged line"), "{log}");
    for secret in [PASSWORD, "fel-lösenord", &hash()] {
        assert!(!said.contains(secret) && !log.contains(secret), "{secret}: {said}\n{log}");
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
