//! Who may read the pages of a running agent, and what a reload changes of it (C10.2, C10.3).

#[allow(dead_code, reason = "the other tests use the rest")]
mod scene;

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use agent::config::Config;
use agent::lifecycle::Signal;
use login_service::Authority;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use scene::{ASKED_MAX, Scene};

/// The password of every user here, and its hash.
const PASSWORD: &str = "fakepassword";
const HASH: &str = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

/// An agent whose pages need TLS and the password of a user, and who trusts it.
async fn scene(user: &str) -> (Scene, CertificateDer<'static>) {
    let scene = Scene::new("", "").await;
    let text = fs::read_to_string(scene.path("upptid.toml")).unwrap();
    let text = text.replace("[web]\n", "[web]\nallow_reload = true\nconfig_file = \"web.yml\"\n");
    fs::write(scene.path("upptid.toml"), text).unwrap();
    let authority = Authority::new().unwrap();
    let leaf = authority.leaf(&["localhost"]).unwrap();
    fs::write(scene.path("server.pem"), leaf.chain_pem()).unwrap();
    fs::write(scene.path("server.key"), leaf.key_pem()).unwrap();
    fs::write(scene.path("page-ca.pem"), authority.ca_pem()).unwrap();
    write_web_config(&scene, &format!("basic_auth_users:\n  {user}: {HASH}\n"));
    (scene, authority.ca_der())
}

/// TLS, and `more`.
fn write_web_config(scene: &Scene, more: &str) {
    let text =
        format!("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n{more}");
    fs::write(scene.path("web.yml"), text).unwrap();
}

/// The whole answer to a request over TLS.
async fn ask(
    scene: &Scene,
    root: &CertificateDer<'static>,
    request: &str,
    user: Option<&str>,
) -> io::Result<String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(scene.web()).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector.connect(name, stream).await?;
    let account = user.map(|user| {
        let encoded = STANDARD.encode(format!("{user}:{PASSWORD}"));
        format!("authorization: Basic {encoded}\r\n")
    });
    let account = account.unwrap_or_default();
    let head = format!(
        "{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\
         {account}\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn c10_2_every_path_asks_who_it_is() {
    let (scene, root) = scene("anna").await;
    scene
        .agent(async |_, _| {
            for path in [
                "/",
                "/service/portal",
                "/stops",
                "/stops.ics",
                "/statements",
                "/metrics",
                "/api/v1/services",
                "/-/healthy",
                "/-/ready",
                "/nothing",
            ] {
                let get = format!("GET {path}");
                let answer = ask(&scene, &root, &get, None).await.unwrap();
                assert_eq!(status(&answer), "401", "{path}");
                assert!(answer.contains("x-content-type-options: nosniff"), "{answer}");
                assert!(!answer.contains("portal"), "{answer}");
                let answer = ask(&scene, &root, &get, Some("anna")).await.unwrap();
                assert_ne!(status(&answer), "401", "{path}");
                assert!(!answer.contains(PASSWORD) && !answer.contains(HASH), "{answer}");
            }
            let reload = "POST /-/reload";
            assert_eq!(status(&ask(&scene, &root, reload, None).await.unwrap()), "401");
            assert_eq!(status(&ask(&scene, &root, reload, Some("anna")).await.unwrap()), "200");
        })
        .await;
    for fact in scene.facts() {
        let line = fact.to_string();
        assert!(!line.contains(PASSWORD) && !line.contains(HASH), "{line}");
    }
}

#[tokio::test]
async fn a_reload_takes_the_web_configuration_and_a_wrong_one_changes_nothing() {
    let (scene, root) = scene("anna").await;
    scene
        .agent(async |_, signal| {
            let enters = async |user| {
                let answer = ask(&scene, &root, "GET /-/healthy", Some(user)).await.unwrap();
                status(&answer) == "200"
            };
            assert!(enters("anna").await && !enters("bo").await);
            write_web_config(&scene, &format!("basic_auth_users:\n  bo: {HASH}\n"));
            signal.send(Signal::Reload).await.unwrap();
            let mut tries = 0;
            while !enters("bo").await {
                tries += 1;
                assert!(tries < ASKED_MAX, "it was never read");
            }
            assert!(!enters("anna").await);
            write_web_config(&scene, "basic_auth_users:\n  anna: no hash\n");
            let answer = ask(&scene, &root, "POST /-/reload", Some("bo")).await.unwrap();
            assert_eq!(status(&answer), "500");
            assert!(answer.contains("web.yml:5:9"), "{answer}");
            assert!(answer.contains("this is no bcrypt hash"), "{answer}");
            assert!(!answer.contains("no hash\n"), "{answer}");
            assert!(enters("bo").await && !enters("anna").await);
        })
        .await;
}

#[test]
fn c10_2_to_be_open_to_other_machines_must_be_asked_for() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (scene, _) = runtime.block_on(scene("anna"));
    let path = scene.path("upptid.toml");
    let text = fs::read_to_string(&path).unwrap().replace("127.0.0.1:0", "0.0.0.0:0");
    let load = |text: &str| {
        fs::write(&path, text).unwrap();
        Config::load(&path, None)
    };
    // With TLS and a password.
    assert!(load(&text).is_ok());
    let without = text.replace("config_file = \"web.yml\"\n", "");
    let refused = load(&without).unwrap_err().to_string();
    assert!(refused.contains("open to other machines"), "{refused}");
    for remedy in ["config_file", "127.0.0.1", "allow_unprotected"] {
        assert!(refused.contains(remedy), "{refused}");
    }
    // A password in clear text, and TLS for everybody.
    fs::write(scene.path("web.yml"), format!("basic_auth_users:\n  anna: {HASH}\n")).unwrap();
    assert!(load(&text).is_err());
    write_web_config(&scene, "");
    assert!(load(&text).is_err());
    let asked_for = without.replace("[web]\n", "[web]\nallow_unprotected = true\n");
    let warnings = load(&asked_for).unwrap().warnings.to_string();
    assert!(warnings.contains("other machines can read the page"), "{warnings}");
}

#[tokio::test]
async fn a_real_prometheus_scrapes_over_tls_with_a_password() {
    let (scene, root) = scene("prometheus").await;
    scene
        .agent(async |_, _| {
            let Some(_prometheus) = Prometheus::start(&scene) else { return };
            for own in 1..ASKED_MAX {
                let answer = ask(&scene, &root, "GET /metrics", Some("prometheus")).await.unwrap();
                let count = |name: &str| {
                    let line = answer.lines().find_map(|line| line.strip_prefix(name));
                    line.and_then(|count| count.trim().parse::<usize>().ok()).unwrap_or(0)
                };
                // Beside our own: two of Prometheus, and none that was refused.
                if count("upptid_scrapes_total ") >= own + 2 {
                    assert_eq!(count("upptid_http_logins_refused_total "), 0);
                    return;
                }
            }
            panic!("it never scraped");
        })
        .await;
}

/// Debian's Prometheus, ended when it is dropped.
struct Prometheus(Child);

impl Prometheus {
    /// One that scrapes the agent each second; none where it is not installed, which CI does not
    /// accept.
    fn start(scene: &Scene) -> Option<Self> {
        if !Path::new("/usr/bin/prometheus").exists() {
            assert!(!is_ci(), "no Prometheus: apt-get install prometheus");
            eprintln!("skipped: no Prometheus; apt-get install prometheus");
            return None;
        }
        let config = format!(
            "scrape_configs:\n  - job_name: upptid\n    scheme: https\n    scrape_interval: 1s\n    \
             tls_config:\n      ca_file: page-ca.pem\n      server_name: localhost\n    \
             basic_auth:\n      username: prometheus\n      password: {PASSWORD}\n    \
             static_configs:\n      - targets: ['{}']\n",
            scene.web(),
        );
        fs::write(scene.path("prometheus.yml"), config).unwrap();
        let arguments = [
            format!("--config.file={}", scene.path("prometheus.yml").display()),
            format!("--storage.tsdb.path={}", scene.path("tsdb").display()),
            "--web.listen-address=127.0.0.1:0".to_owned(),
        ];
        let mut command = Command::new("/usr/bin/prometheus");
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Some(Prometheus(command.spawn().unwrap()))
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[allow(clippy::disallowed_methods, reason = "CI tells by the environment that nothing is skipped")]
fn is_ci() -> bool {
    std::env::var_os("CI").is_some()
}
