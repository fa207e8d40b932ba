//! A Django site (`tests/peers/django_site.py`): forms, JSON, OAuth, OpenID Connect.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::place::Server;
use super::{Peer, has};
use crate::PASSWORD;

/// The same login as by kind `json`, step by step.
const RECIPE: &str = r#"kind = "recipe"
[[service.login.step]]
request = { method = "POST", url = "/api/token", json = { username = "{user}", password = "{password}" } }
take = [{ name = "token", json = "/access" }]
[[service.login.step]]
request = { url = "/api/me", headers = { authorization = "Bearer {token}" } }
expect = { json = "/user", equals = "{user}" }"#;

/// A Django site (`tests/peers/django_site.py`), and how to break what is behind its pages.
pub struct Django {
    folder: PathBuf,
    address: SocketAddr,
    _server: Server,
}

impl Django {
    /// Starts it; none where its packages are not installed (`tests/peers/requirements.txt`).
    pub fn start(folder: &Path) -> Option<Django> {
        let peers = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/peers"));
        let python = peers.join(".venv/bin/python");
        if !has(&[&python]) {
            return None;
        }
        let folder = folder.join("django");
        let mut command = Command::new(python);
        command.arg(peers.join("django_site.py")).arg(&folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.process_group(0).spawn().unwrap();
        writeln!(process.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port: u16 = port.trim().parse().expect("the site did not come up");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Some(Django { folder, address, _server: Server::of(process) })
    }

    /// The ways to log in to it.
    pub fn peers(&self, folder: &Path) -> Vec<Peer> {
        fs::write(folder.join("legacy"), "legacy-secret\n").unwrap();
        let peer = |kind, url, keys| Peer {
            locked: Some("locked".to_owned()),
            ..Peer::over_http(kind, self.address, url, keys)
        };
        let robot = Peer {
            locked: None,
            ..peer(
                "oauth, as a client",
                "https://localhost:{port}/o/token/",
                "kind = \"oauth\"\ngrant = \"client_credentials\"\nscope = \"read\"\n\
                 then = \"{origin}/whoami\"\nrevoke = \"{origin}/o/revoke_token/\"",
            )
        };
        vec![
            peer(
                "form",
                "https://localhost:{port}/accounts/login/",
                "kind = \"form\"\nproof = [{ text = \"Welcome, probe\" }]",
            ),
            peer(
                "json",
                "https://localhost:{port}/api/token",
                "kind = \"json\"\ntoken = \"/access\"\nthen = \"{origin}/api/me\"\n\
                 proof = [{ json = \"/user\", equals = \"probe\" }]",
            ),
            peer("recipe", "https://localhost:{port}/", RECIPE),
            peer(
                "oauth, with a password",
                "https://localhost:{port}/o/token/",
                "kind = \"oauth\"\nclient_id = \"legacy\"\nclient_secret = { file = \"legacy\" }\n\
                 scope = \"read\"\nthen = \"{origin}/whoami\"",
            ),
            robot,
            peer(
                "oidc",
                "https://localhost:{port}/o",
                "kind = \"oidc\"\nclient_id = \"app\"\n\
                 redirect_uri = \"https://app.test/callback\"",
            ),
        ]
    }

    /// Takes its database away; its login page goes on answering.
    pub fn break_it(&self) {
        // A folder in its place, so that no new one is made.
        let database = self.folder.join("site.sqlite3");
        fs::rename(&database, self.folder.join("taken-away")).unwrap();
        fs::create_dir(&database).unwrap();
    }
}
