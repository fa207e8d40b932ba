//! Real servers that one can log in to, each started for a test on a port of its own, in front of
//! which a [`Front`] speaks TLS. They are ended by their process numbers.
//!
//! [`Front`]: crate::Front

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::front::Speaks;
use crate::program::is_ci;
use crate::until;

/// The password of a peer's account: nothing but the peers and password files may hold it.
pub const PEER_PASSWORD: &str = "Tjugo-7-Kantareller pq";

/// One way to log in to a real server.
pub struct Peer {
    /// What it is called in the table: `form`, `imap`.
    pub kind: &'static str,
    /// What it speaks.
    pub speaks: Speaks,
    /// Where it listens, without TLS.
    pub address: SocketAddr,
    /// Its address, with `{port}` for the front's port.
    pub url: &'static str,
    /// The further keys of `[service.login]`, with `{origin}` for `https://localhost:PORT`.
    pub keys: String,
    /// The account.
    pub user: String,
    /// An account that is locked, where the server knows such a thing.
    pub locked: Option<String>,
}

/// A server's process, which is ended with this.
pub struct Served {
    process: Child,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether all of these are there; CI does not accept that one is not.
pub fn has(needed: &[&Path]) -> bool {
    let missing: Vec<_> = needed.iter().filter(|path| !path.exists()).collect();
    assert!(missing.is_empty() || !is_ci(), "CI lacks {missing:?}");
    if !missing.is_empty() {
        println!("skipped: {missing:?} is not installed");
    }
    missing.is_empty()
}

/// A Django site (`tests/peers/django_site.py`), and how to break what is behind its pages.
pub struct Django {
    folder: PathBuf,
    address: SocketAddr,
    _served: Served,
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
        let mut process = command.spawn().unwrap();
        writeln!(process.stdin.take().unwrap(), "{PEER_PASSWORD}").unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port: u16 = port.trim().parse().expect("the site did not come up");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Some(Django { folder, address, _served: Served { process } })
    }

    /// The ways to log in to it.
    pub fn peers(&self, folder: &Path) -> Vec<Peer> {
        fs::write(folder.join("legacy"), "legacy-secret\n").unwrap();
        let peer = |kind, url, keys: &str| Peer {
            kind,
            speaks: Speaks::Http,
            address: self.address,
            url,
            keys: keys.to_owned(),
            user: "probe".to_owned(),
            locked: Some("locked".to_owned()),
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

/// Debian's Apache with HTTP authentication out of files.
pub struct Apache {
    folder: PathBuf,
    address: SocketAddr,
    _served: Served,
}

impl Apache {
    /// Starts it; none where it is not installed.
    pub fn start(folder: &Path) -> Option<Apache> {
        let program = Path::new("/usr/sbin/apache2");
        if !has(&[program]) {
            return None;
        }
        let folder = folder.join("apache");
        fs::create_dir_all(folder.join("htdocs")).unwrap();
        fs::write(folder.join("htdocs/index.html"), "<title>Files</title>only for members")
            .unwrap();
        write_password_files(&folder);
        let address = free_address();
        let root = folder.display();
        let modules: String = [
            "mpm_event",
            "authn_core",
            "authn_file",
            "authz_core",
            "authz_user",
            "auth_basic",
            "auth_digest",
            "alias",
            "dir",
        ]
        .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
        .concat();
        let area = |kind: &str, file: &str| {
            format!(
                "Alias /{file} {root}/htdocs\n<Location /{file}>\nAuthType {kind}\n\
                 AuthName files\nAuth{kind}Provider file\nAuthUserFile {root}/{file}\n\
                 Require valid-user\n</Location>\n"
            )
        };
        let (basic, digest) = (area("Basic", "basic"), area("Digest", "digest"));
        let configuration = format!(
            "ServerRoot {root}\nServerName localhost\nListen {address}\nPidFile {root}/pid\n\
             ErrorLog {root}/error.log\nUser www-data\nGroup www-data\n{modules}\
             DocumentRoot {root}/htdocs\n<Directory {root}/htdocs>\nRequire all granted\n\
             </Directory>\n{basic}{digest}"
        );
        fs::write(folder.join("apache.conf"), configuration).unwrap();
        let mut command = Command::new(program);
        command.arg("-X").arg("-f").arg(folder.join("apache.conf"));
        let served = Served { process: command.spawn().unwrap() };
        until("Apache", || TcpStream::connect(address).ok());
        Some(Apache { folder, address, _served: served })
    }

    /// The ways to log in to it.
    pub fn peers(&self) -> Vec<Peer> {
        let peer = |kind, url, keys: &str| Peer {
            kind,
            speaks: Speaks::Http,
            address: self.address,
            url,
            keys: keys.to_owned(),
            user: "probe".to_owned(),
            locked: None,
        };
        vec![
            peer("basic", "https://localhost:{port}/basic/", "kind = \"basic\""),
            peer("digest", "https://localhost:{port}/digest/", "kind = \"digest\""),
        ]
    }

    /// Takes its password files away; it goes on asking for passwords.
    pub fn break_it(&self) {
        for file in ["basic", "digest"] {
            fs::remove_file(self.folder.join(file)).unwrap();
        }
    }
}

fn write_password_files(folder: &Path) {
    let run = |program: &str, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).output().unwrap();
        assert!(done.status.success(), "{program}: {done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    let basic = run("htpasswd", &["-nbB", "-C", "4", "probe", PEER_PASSWORD]);
    fs::write(folder.join("basic"), basic).unwrap();
    let hash = format!("printf '%s' 'probe:files:{PEER_PASSWORD}' | md5sum | cut -d' ' -f1");
    let digest = run("sh", &["-c", &hash]);
    fs::write(folder.join("digest"), format!("probe:files:{digest}")).unwrap();
    for path in [folder, &folder.join("htdocs")] {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// An address that nobody listened on a moment ago, for servers that cannot choose one.
pub fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
