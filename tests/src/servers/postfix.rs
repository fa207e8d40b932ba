//! Postfix: submission of mail.

use std::fs;
use std::process::Command;

use super::place::{Place, Server, free_port};

/// What it needs.
pub const POSTFIX: &str = "/usr/lib/postfix/sbin/master";

/// Postfix, and the ports that it listens at; `clear` never encrypts.
pub struct Postfix {
    /// Its processes.
    pub server: Server,
    /// The port that begins with TLS.
    pub tls: u16,
    /// The port that offers STARTTLS.
    pub start_tls: u16,
    /// The port that offers nothing.
    pub clear: u16,
}

/// Starts Postfix, which asks a Dovecot of the same place for the passwords.
pub fn postfix(place: &Place) -> Postfix {
    let (tls, start_tls, clear) = (free_port(), free_port(), free_port());
    let at = place.shown("");
    let at = at.trim_end_matches('/');
    place.write(
        "postfix/main.cf",
        &format!(
            "compatibility_level = 3.6\nqueue_directory = {at}/queue\n\
             data_directory = {at}/data\ndaemon_directory = /usr/lib/postfix/sbin\n\
             command_directory = /usr/sbin\nmail_owner = postfix\nmyhostname = localhost\n\
             mydestination =\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
             maillog_file = {at}/postfix.log\nmaillog_file_prefixes = {at}\n\
             smtpd_tls_chain_files = {at}/key.pem, {at}/cert.pem\n\
             smtpd_tls_security_level = encrypt\nsmtpd_sasl_auth_enable = yes\n\
             smtpd_sasl_type = dovecot\nsmtpd_sasl_path = {at}/run/auth-smtp\n\
             smtpd_relay_restrictions = reject\nalias_maps =\nalias_database =\n"
        ),
    );
    place.write(
        "postfix/master.cf",
        &format!(
            "127.0.0.1:{start_tls} inet n - n - - smtpd\n\
             127.0.0.1:{tls} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n\
             127.0.0.1:{clear} inet n - n - - smtpd -o smtpd_tls_security_level=none\n\
             tlsmgr unix - - n 1000? 1 tlsmgr\nanvil unix - - n - 1 anvil\n\
             rewrite unix - - n - - trivial-rewrite\nproxymap unix - - n - - proxymap\n\
             postlog unix-dgram n - n - 1 postlogd\n"
        ),
    );
    fs::create_dir_all(place.path("queue")).unwrap();
    fs::create_dir_all(place.path("data")).unwrap();
    let config = place.shown("postfix");
    let owned = Command::new("chown").arg("postfix").arg(place.path("data")).status();
    assert!(owned.is_ok_and(|status| status.success()));
    let checked = Command::new("/usr/sbin/postfix").args(["-c", &config, "check"]).output();
    assert!(checked.as_ref().is_ok_and(|output| output.status.success()), "{checked:?}");
    let server = Server::start(Command::new(POSTFIX).args(["-d", "-c", &config]), tls);
    Postfix { server, tls, start_tls, clear }
}
