//! OpenSSH's sshd: a shell.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::place::{Place, Server, free_port};
use crate::{PASSWORD, USER};

/// What it needs.
pub const SSHD: [&str; 4] =
    ["/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/bin/openssl", "/usr/bin/unshare"];

/// sshd, its port, and its host's keys.
pub struct Sshd {
    /// Its processes.
    pub server: Server,
    /// Its port.
    pub port: u16,
    /// `ssh-ed25519 AAAA…`
    pub host_key: String,
}

/// Starts sshd, which sees an account of the name `probe` that the machine does not have.
pub fn sshd(place: &Place, more: &str) -> Sshd {
    let port = free_port();
    for (name, algorithm) in [("host", "ed25519"), ("host_rsa", "rsa"), ("user", "ed25519")] {
        key(place, name, algorithm);
    }
    fs::copy(place.path("user.pub"), place.path("authorized")).unwrap();
    let at = place.shown("");
    let at = at.trim_end_matches('/');
    place.write(
        "sshd_config",
        &format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\nHostKey {at}/host_rsa\n\
             PidFile none\nAuthorizedKeysFile {at}/authorized\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication yes\n{more}"
        ),
    );
    let hash = Command::new("/usr/bin/openssl").args(["passwd", "-6", PASSWORD]).output().unwrap();
    let hash = String::from_utf8(hash.stdout).unwrap();
    let users = fs::read_to_string("/etc/passwd").unwrap();
    place.write("passwd", &format!("{users}{USER}:x:65534:65534::/tmp:/bin/sh\n"));
    place.write("shadow", &format!("{USER}:{}:19000:0:99999:7:::\n", hash.trim()));
    fs::set_permissions(place.path("shadow"), fs::Permissions::from_mode(0o600)).unwrap();
    // It wants this folder for its own.
    fs::create_dir_all("/run/sshd").unwrap();
    let script = format!(
        "mount --bind {at}/passwd /etc/passwd && mount --bind {at}/shadow /etc/shadow && \
         exec /usr/sbin/sshd -D -f {at}/sshd_config"
    );
    let mut command = Command::new("/usr/bin/unshare");
    let server = Server::start(command.args(["--mount", "sh", "-c", &script]), port);
    let host_key = fs::read_to_string(place.path("host.pub")).unwrap().trim().to_owned();
    Sshd { server, port, host_key }
}

/// Makes a pair of keys, once.
pub fn key(place: &Place, name: &str, algorithm: &str) {
    let path = place.path(name);
    if !path.exists() {
        let mut command = Command::new("/usr/bin/ssh-keygen");
        let command = command.args(["-q", "-t", algorithm, "-N", "", "-f"]).arg(path);
        assert!(command.status().is_ok_and(|status| status.success()));
    }
}
