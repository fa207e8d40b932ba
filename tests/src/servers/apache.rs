//! Debian's Apache: Basic and Digest.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::place::{Server, free_port};
use super::{Peer, has};
use crate::{PASSWORD, until};

/// Debian's Apache with HTTP authentication out of files.
pub struct Apache {
    folder: PathBuf,
    address: SocketAddr,
    _server: Server,
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
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
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
        let server = Server::of(command.process_group(0).spawn().unwrap());
        until("Apache", || TcpStream::connect(address).ok());
        Some(Apache { folder, address, _server: server })
    }

    /// The ways to log in to it.
    pub fn peers(&self) -> Vec<Peer> {
        let peer = |kind, url, keys| Peer::over_http(kind, self.address, url, keys);
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
    let basic = run("htpasswd", &["-nbB", "-C", "4", "probe", PASSWORD]);
    fs::write(folder.join("basic"), basic).unwrap();
    let hash = format!("printf '%s' 'probe:files:{PASSWORD}' | md5sum | cut -d' ' -f1");
    let digest = run("sh", &["-c", &hash]);
    fs::write(folder.join("digest"), format!("probe:files:{digest}")).unwrap();
    for path in [folder, &folder.join("htdocs")] {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}
