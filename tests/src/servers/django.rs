//! A Django site (`tests/peers/django_site.py`): forms, one-time codes, SAML, JSON, OAuth, OpenID
//! Connect.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::place::Server;
use super::{Peer, has};
use crate::PASSWORD;

/// The program that signs and looks at signatures of SAML.
const XMLSEC: &str = "/usr/bin/xmlsec1";
/// What the codes of those accounts are made from that have some, as the site wants it, and as a
/// person is shown it.
const CODES_KEY: &str = "3132333435363738393031323334353637383930";
const CODES_ADDRESS: &str = "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=5";
/// The same for somebody else.
const OTHER_CODES_ADDRESS: &str =
    "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJA&period=5";

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
        if !has(&[&python, Path::new(XMLSEC)]) {
            return None;
        }
        let folder = folder.join("django");
        let mut command = Command::new(python);
        // Its libraries warn of each other.
        command.args(["-W", "ignore"]).arg(peers.join("django_site.py")).arg(&folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.process_group(0).spawn().unwrap();
        writeln!(process.stdin.take().unwrap(), "{PASSWORD}\n{CODES_KEY}").unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port: u16 = port.trim().parse().expect("the site did not come up");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Some(Django { folder, address, _server: Server::of(process) })
    }

    /// The ways to log in to it.
    pub fn peers(&self, folder: &Path) -> Vec<Peer> {
        for (name, secret) in [
            ("legacy", "legacy-secret"),
            ("codes", CODES_ADDRESS),
            ("other-codes", OTHER_CODES_ADDRESS),
        ] {
            fs::write(folder.join(name), secret).unwrap();
            fs::set_permissions(folder.join(name), Permissions::from_mode(0o600)).unwrap();
        }
        let peer = |kind, url, keys: String| Peer {
            locked: Some("locked".to_owned()),
            ..Peer::over_http(kind, self.address, url, keys)
        };
        // A code works once, and each peer is asked by a program of its own.
        let coded = |kind, url, user: &str, fields| Peer {
            user: user.to_owned(),
            asks_for_code: true,
            ..peer(kind, url, form(fields, user))
        };
        let robot = Peer {
            locked: None,
            ..peer(
                "oauth, as a client",
                "https://localhost:{port}/o/token/",
                "kind = \"oauth\"\ngrant = \"client_credentials\"\nscope = \"read\"\n\
                 then = \"{origin}/whoami\"\nrevoke = \"{origin}/o/revoke_token/\""
                    .to_owned(),
            )
        };
        vec![
            peer(
                "form",
                "https://localhost:{port}/accounts/login/",
                form(("username", "password"), "probe"),
            ),
            coded(
                "form, with a one-time code",
                "https://localhost:{port}/otp/login/",
                "coded",
                ("username", "password"),
            ),
            coded(
                "form, with a one-time code on a second page",
                "https://localhost:{port}/account/login/",
                "coded-later",
                ("auth-username", "auth-password"),
            ),
            peer(
                "form, by SAML",
                "https://localhost:{port}/saml/",
                form(("username", "password"), "probe"),
            ),
            peer(
                "json",
                "https://localhost:{port}/api/token",
                "kind = \"json\"\ntoken = \"/access\"\nthen = \"{origin}/api/me\"\n\
                 proof = [{ json = \"/user\", equals = \"probe\" }]"
                    .to_owned(),
            ),
            peer("recipe", "https://localhost:{port}/", RECIPE.to_owned()),
            peer(
                "oauth, with a password",
                "https://localhost:{port}/o/token/",
                "kind = \"oauth\"\nclient_id = \"legacy\"\nclient_secret = { file = \"legacy\" }\n\
                 scope = \"read\"\nthen = \"{origin}/whoami\""
                    .to_owned(),
            ),
            robot,
            peer(
                "oidc",
                "https://localhost:{port}/o",
                "kind = \"oidc\"\nclient_id = \"app\"\n\
                 redirect_uri = \"https://app.test/callback\""
                    .to_owned(),
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

/// The keys of a login by form: its fields, and who is welcomed.
fn form((user_field, password_field): (&str, &str), user: &str) -> String {
    format!(
        "kind = \"form\"\nuser_field = \"{user_field}\"\n\
         password_field = \"{password_field}\"\nproof = [{{ text = \"Welcome, {user}\" }}]"
    )
}
