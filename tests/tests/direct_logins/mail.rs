//! Dovecot and Postfix.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use end_to_end::{PASSWORD, USER};

use crate::place::{Place, Server, free_port};

const DOVECOT: &str = "/usr/sbin/dovecot";
const POSTFIX: &str = "/usr/lib/postfix/sbin/master";
/// The user that owns mail here: nobody.
const NOBODY: u32 = 65534;

/// Dovecot, and the ports that it listens at.
struct Dovecot {
    server: Server,
    tls: u16,
    start_tls: u16,
}

fn dovecot(place: &Place) -> Dovecot {
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
    let server = Server::start(Command::new(DOVECOT).arg("-F").arg("-c").arg(config), tls);
    Dovecot { server, tls, start_tls }
}

/// Writes who may log in; with mode 0600 the server cannot read it. It looks again when the file's
/// size has changed: its time is told in seconds.
fn passwords(place: &Place, mode: u32) {
    let accounts =
        format!("{USER}:{{PLAIN}}{PASSWORD}::::::\nlocked:{{PLAIN}}{PASSWORD}::::::nologin\n");
    let more = if mode == 0o600 { "another:{PLAIN}x::::::\n" } else { "" };
    place.write("passwd", &(accounts + more));
    fs::set_permissions(place.path("passwd"), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_mailbox_is_logged_in_to_by_imap_and_every_verdict_is_right() {
    let Some(place) = Place::with(&[DOVECOT, "/usr/lib/dovecot/imap"]) else { return };
    let dovecot = dovecot(&place);
    let imaps = format!("imaps://localhost:{}", dovecot.tls);
    let imap = format!("imap://localhost:{}", dovecot.start_tls);

    let up = place.attempt(&imaps, USER, "password", &[]).is("up");
    assert_eq!(up.steps(), ["greeting", "sign_in", "check", "log_out"]);
    let up = place.attempt(&imap, USER, "password", &[]).is("up");
    let start_tls = ["greeting", "offers", "start_tls", "offers", "sign_in", "check", "log_out"];
    assert_eq!(up.steps(), start_tls);
    assert_eq!(up.document["tls"]["version"], "TLS 1.3");

    place.attempt(&imaps, USER, "wrong", &[]).is("account rejected");
    place.attempt(&imap, USER, "wrong", &[]).is("account rejected");
    place.attempt(&imaps, "locked", "password", &[]).is("account locked");
    place.attempt(&imaps.replace("imaps", "smtps"), USER, "password", &[]).is("down protocol");

    // The greeting is as healthy as ever, and what is behind it is not.
    fs::rename(place.path("mail"), place.path("mail.gone")).unwrap();
    place.attempt(&imaps, USER, "password", &[]).is("down service_error");
    fs::rename(place.path("mail.gone"), place.path("mail")).unwrap();

    dovecot.server.freeze();
    place.attempt_hurried("imap", &imaps, USER, &ca(&place)).is("down tls_timeout");
    place.attempt_hurried("imap", &imap, USER, &ca(&place)).is("down silence");
    dovecot.server.thaw();
    place.attempt(&imaps, USER, "password", &[]).is("up");
    drop(dovecot);
    place.attempt(&imaps, USER, "password", &[]).is("down connect_refused");
}

#[test]
fn a_password_file_that_cannot_be_read_is_the_services_fault() {
    let Some(place) = Place::with(&[DOVECOT, "/usr/lib/dovecot/imap"]) else { return };
    let dovecot = dovecot(&place);
    passwords(&place, 0o600);
    let imaps = format!("imaps://localhost:{}", dovecot.tls);
    place.attempt(&imaps, USER, "password", &[]).is("down service_error");
}

#[test]
fn a_mailbox_whose_certificate_is_wrong_gets_no_password() {
    let Some(place) = Place::with(&[DOVECOT, "/usr/lib/dovecot/imap"]) else { return };
    let ours = &place.authority;
    let theirs = login_service::Authority::new().unwrap();
    for (certificate, cause) in [
        (ours.expired_leaf(&["localhost"]), "certificate_expired"),
        (ours.leaf(&["other.example"]), "certificate_wrong_name"),
        (theirs.leaf(&["localhost"]), "certificate_unknown_issuer"),
    ] {
        place.present(certificate.unwrap());
        let dovecot = dovecot(&place);
        for url in [
            format!("imaps://localhost:{}", dovecot.tls),
            format!("imap://localhost:{}", dovecot.start_tls),
        ] {
            let down = place.attempt(&url, USER, "password", &[]).is(&format!("down {cause}"));
            assert!(!down.steps().contains(&"sign_in"), "{}", down.document);
        }
    }
}

#[test]
fn mail_is_submitted_by_smtp_and_every_verdict_is_right() {
    let Some(place) = Place::with(&[DOVECOT, "/usr/lib/dovecot/imap", POSTFIX]) else { return };
    let dovecot = dovecot(&place);
    let postfix = postfix(&place);
    let smtps = format!("smtps://localhost:{}", postfix.tls);
    let smtp = format!("smtp://localhost:{}", postfix.start_tls);

    let up = place.attempt(&smtps, USER, "password", &[]).is("up");
    assert_eq!(up.steps(), ["greeting", "offers", "sign_in", "check", "log_out"]);
    assert_eq!(up.document["steps"][2]["status"], 235);
    place.attempt(&smtp, USER, "password", &[]).is("up");
    place.attempt(&smtp, USER, "wrong", &[]).is("account rejected");

    // Of a password file that cannot be read this server says the same as of a wrong password:
    // only a second account tells (C3.5).
    passwords(&place, 0o600);
    place.attempt(&smtp, USER, "password", &[]).is("account rejected");
    passwords(&place, 0o644);

    postfix.server.freeze();
    place.attempt_hurried("smtp", &smtp, USER, &ca(&place)).is("down silence");
    postfix.server.thaw();
    // Who checks the passwords is gone.
    drop(dovecot);
    let down = place.attempt(&smtp, USER, "password", &[]);
    assert!(down.verdict.starts_with("down "), "{:#}", down.document);
    drop(postfix);
    place.attempt(&smtp, USER, "password", &[]).is("down connect_refused");
}

#[test]
fn c1_5_without_encryption_no_password_is_sent() {
    let Some(place) = Place::with(&[DOVECOT, "/usr/lib/dovecot/imap", POSTFIX]) else { return };
    let _dovecot = dovecot(&place);
    let postfix = postfix(&place);
    let clear = format!("smtp://localhost:{}", postfix.clear);
    let down = place.attempt(&clear, USER, "password", &[]).is("down no_start_tls");
    assert_eq!(down.steps(), ["greeting", "offers"]);
}

/// Postfix, and the ports that it listens at; `clear` never encrypts.
struct Postfix {
    server: Server,
    tls: u16,
    start_tls: u16,
    clear: u16,
}

fn postfix(place: &Place) -> Postfix {
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

/// The key that names the private CA.
pub fn ca(place: &Place) -> String {
    format!("ca_file = \"{}\"", place.shown("ca.pem"))
}
