//! Dovecot: mailboxes, and who may log in to them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use super::place::{Place, Server, free_port};
use crate::{PASSWORD, USER};

/// What it needs.
pub const DOVECOT: [&str; 2] = ["/usr/sbin/dovecot", "/usr/lib/dovecot/imap"];
/// The user that owns mail here: nobody.
const NOBODY: u32 = 65534;

/// Dovecot, and the ports that it listens at.
pub struct Dovecot {
    /// Its processes.
    pub server: Server,
    /// The port that begins with TLS.
    pub tls: u16,
    /// The port that offers STARTTLS.
    pub start_tls: u16,
}

/// Starts Dovecot with the accounts `probe` and `locked`.
pub fn dovecot(place: &Place) -> Dovecot {
    let (tls, start_tls) = (free_port(), free_port());
    passwords(place, 0o644);
    fs::create_dir_all(place.path("mail")).unwrap();
    chown(place.path("mail"), Some(NOBODY), Some(NOBODY)).unwrap();
    let at = place.shown("");
    let at = at.trim_end_matches('/');
    place.write(
        "dovecot.conf",
        &format!(
            "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/dovecot.log\n\
             protocols = imap\nlisten = 127.0.0.1\nssl = required\n\
             ssl_cert = <{at}/cert.pem\nssl_key = <{at}/key.pem\n\
             auth_mechanisms = plain login\nauth_failure_delay = 0\n\
             mail_location = maildir:{at}/mail/%u\nfirst_valid_uid = 1\n\
             passdb {{\n driver = passwd-file\n args = {at}/passwd\n}}\n\
             userdb {{\n driver = static\n args = uid={NOBODY} gid={NOBODY} home={at}/mail/%u\n}}\n\
             service imap-login {{\n inet_listener imap {{\n  port = {start_tls}\n }}\n \
             inet_listener imaps {{\n  port = {tls}\n  ssl = yes\n }}\n}}\n\
             service auth {{\n unix_listener auth-smtp {{\n  mode = 0666\n }}\n}}\n\
             service anvil {{\n unix_listener anvil-auth-penalty {{\n  mode = 0\n }}\n}}\n"
        ),
    );
    let config = place.path("dovecot.conf");
    let server = Server::start(Command::new(DOVECOT[0]).arg("-F").arg("-c").arg(config), tls);
    Dovecot { server, tls, start_tls }
}

/// Writes who may log in; with mode 0600 the server cannot read it. It looks again when the file's
/// size has changed: its time is told in seconds.
pub fn passwords(place: &Place, mode: u32) {
    let accounts =
        format!("{USER}:{{PLAIN}}{PASSWORD}::::::\nlocked:{{PLAIN}}{PASSWORD}::::::nologin\n");
    let more = if mode == 0o600 { "another:{PLAIN}x::::::\n" } else { "" };
    place.write("passwd", &(accounts + more));
    fs::set_permissions(place.path("passwd"), fs::Permissions::from_mode(mode)).unwrap();
}
