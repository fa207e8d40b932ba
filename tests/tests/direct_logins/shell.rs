//! OpenSSH's sshd.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use end_to_end::{PASSWORD, USER};

use crate::place::{Place, Server, free_port};

const PROGRAMS: [&str; 4] =
    ["/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/bin/openssl", "/usr/bin/unshare"];

/// sshd, its port, and its host's keys.
struct Sshd {
    server: Server,
    port: u16,
    /// `ssh-ed25519 AAAA…`
    host_key: String,
}

/// Starts sshd, which sees an account of the name `probe` that the machine does not have.
fn sshd(place: &Place, more: &str) -> Sshd {
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

fn key(place: &Place, name: &str, algorithm: &str) {
    let path = place.path(name);
    if !path.exists() {
        let mut command = Command::new("/usr/bin/ssh-keygen");
        let command = command.args(["-q", "-t", algorithm, "-N", "", "-f"]).arg(path);
        assert!(command.status().is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_shell_is_logged_in_to_by_ssh_and_every_verdict_is_right() {
    let Some(place) = Place::with(&PROGRAMS) else { return };
    let sshd = sshd(&place, "");
    let url = format!("ssh://localhost:{}", sshd.port);
    let known = ["--host-key", sshd.host_key.as_str()];

    let up = place.attempt(&url, USER, "password", &known).is("up");
    assert_eq!(up.steps(), ["greeting", "sign_in", "check", "log_out"]);
    let key_file = place.shown("user");
    let by_key = ["--host-key", sshd.host_key.as_str(), "--key-file", key_file.as_str()];
    place.attempt(&url, USER, "", &by_key).is("up");
    place.attempt(&url, USER, "wrong", &known).is("account rejected");
    key(&place, "stranger", "ed25519");
    let stranger = place.shown("stranger");
    let by_stranger = ["--host-key", sshd.host_key.as_str(), "--key-file", stranger.as_str()];
    place.attempt(&url, USER, "", &by_stranger).is("account rejected");

    // The host is known by each of its keys, and by no other.
    let line = format!("[localhost]:{} {}\n", sshd.port, rsa_key(&place));
    place.write("known_hosts", &line);
    let known_hosts = place.shown("known_hosts");
    place.attempt(&url, USER, "password", &["--known-hosts", &known_hosts]).is("up");
    let other = fs::read_to_string(place.path("stranger.pub")).unwrap();
    let down = place.attempt(&url, USER, "password", &["--host-key", other.trim()]);
    assert_eq!(down.is("down host_key").steps(), ["greeting"]);

    let host_key = format!("host_key = \"{}\"", sshd.host_key);
    let says =
        |expect: &str| format!("{host_key}\ncommand = \"echo $USER\"\nexpect = \"{expect}\"");
    place.attempt_hurried("ssh", &url, USER, &says(USER)).is("up");
    place.attempt_hurried("ssh", &url, USER, &says("root")).is("down no_proof");

    sshd.server.freeze();
    place.attempt_hurried("ssh", &url, USER, &host_key).is("down silence");
    sshd.server.thaw();
    drop(sshd);
    place.attempt_hurried("ssh", &url, USER, &host_key).is("down connect_refused");
}

#[test]
fn a_server_that_takes_no_password_is_not_the_accounts_fault() {
    let Some(place) = Place::with(&PROGRAMS) else { return };
    let sshd = sshd(
        &place,
        "KbdInteractiveAuthentication no\nMatch User probe\nPasswordAuthentication no\n",
    );
    let url = format!("ssh://localhost:{}", sshd.port);
    let known = ["--host-key", sshd.host_key.as_str()];
    place.attempt(&url, USER, "password", &known).is("unable needs_recipe");
}

fn rsa_key(place: &Place) -> String {
    fs::read_to_string(place.path("host_rsa.pub")).unwrap().trim().to_owned()
}
