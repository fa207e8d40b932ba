//! OpenSSH's sshd: a shell.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::place::{Place, Server, free_port};
use crate::{PASSWORD, USER};

/// What it needs.
pub const SSHD: [&str; 4] =
    ["/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/bin/openssl", "/usr/bin/unshare"];

/// Only what the machine's own files say.
const PAM: &str = "auth required pam_unix.so\naccount required pam_unix.so\n\
                   session required pam_permit.so\n";

/// sshd, its port, and its host's keys.
pub struct Sshd {
    /// Its processes.
    pub server: Server,
    /// Its port.
    pub port: u16,
    /// `ssh-ed25519 AAAA…`
    pub host_key: String,
}

/// Starts sshd, which sees accounts that the machine does not have: `probe`, `locked`, and `expired`,
/// which only PAM minds (`UsePAM yes` in `more`).
pub fn sshd(place: &Place, more: &str) -> Sshd {
    let port = free_port();
    for (name, algorithm) in [("host", "ed25519"), ("host_rsa", "rsa"), ("user", "ed25519")] {
        key(place, name, algorithm);
    }
    fs::copy(place.path("user.pub"), place.path("authorized")).unwrap();
    let at = place.shown("");
    let at = at.trim_end_matches('/');
    let pam = if more.contains("UsePAM") { "" } else { "UsePAM no\n" };
    place.write(
        "sshd_config",
        &format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\nHostKey {at}/host_rsa\n\
             PidFile none\nAuthorizedKeysFile {at}/authorized\nStrictModes no\n\
             PasswordAuthentication yes\n{pam}{more}"
        ),
    );
    let hash = Command::new("/usr/bin/openssl").args(["passwd", "-6", PASSWORD]).output().unwrap();
    let hash = String::from_utf8(hash.stdout).unwrap();
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let account = |name: &str| format!("{name}:x:65534:65534::/tmp:/bin/sh\n");
    let accounts = [USER, "locked", "expired"].map(account).concat();
    place.write("passwd", &(users + &accounts));
    let hash = hash.trim();
    place.write(
        "shadow",
        &format!(
            "{USER}:{hash}:19000:0:99999:7:::\nlocked:!{hash}:19000:0:99999:7:::\n\
             expired:{hash}:19000:0:99999:7::19001:\n"
        ),
    );
    place.write("pam", PAM);
    fs::set_permissions(place.path("shadow"), fs::Permissions::from_mode(0o600)).unwrap();
    // It wants this folder for its own.
    fs::create_dir_all("/run/sshd").unwrap();
    let script = format!(
        "mount --bind {at}/passwd /etc/passwd && mount --bind {at}/shadow /etc/shadow && \
         mount --bind {at}/pam /etc/pam.d/sshd && \
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
