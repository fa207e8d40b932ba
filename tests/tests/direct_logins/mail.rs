//! Dovecot and Postfix.

use std::fs;

use end_to_end::servers::dovecot::{DOVECOT, dovecot, passwords};
use end_to_end::servers::place::Place;
use end_to_end::servers::postfix::{POSTFIX, postfix};
use end_to_end::{USER, until};

use crate::ca;

#[test]
fn a_mailbox_is_logged_in_to_by_imap_and_every_verdict_is_right() {
    let Some(place) = Place::with(&DOVECOT) else { return };
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
fn a_mailbox_is_learned_from_its_address_a_user_and_a_password() {
    let Some(place) = Place::with(&DOVECOT) else { return };
    let dovecot = dovecot(&place);
    for url in [
        format!("imaps://localhost:{}", dovecot.tls),
        format!("imap://localhost:{}", dovecot.start_tls),
    ] {
        let file = place.learn(&url, USER, &["--try-wrong-password"]);
        let url = format!("url = \"{url}\"");
        for part in ["kind = \"imap\"", &url, "the inbox opens, over TLS 1.3"] {
            assert!(file.contains(part), "no {part} in {file}");
        }
    }
}

#[test]
fn a_password_file_that_cannot_be_read_is_the_services_fault() {
    let Some(place) = Place::with(&DOVECOT) else { return };
    let dovecot = dovecot(&place);
    passwords(&place, 0o600);
    let imaps = format!("imaps://localhost:{}", dovecot.tls);
    place.attempt(&imaps, USER, "password", &[]).is("down service_error");
}

#[test]
fn a_mailbox_whose_certificate_is_wrong_gets_no_password() {
    let Some(place) = Place::with(&DOVECOT) else { return };
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
    let Some(place) = Place::with(&[DOVECOT[0], DOVECOT[1], POSTFIX]) else { return };
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
    let refused = until("Dovecot to look at its passwords again", || {
        Some(place.attempt(&smtp, USER, "password", &[])).filter(|tried| tried.verdict != "up")
    });
    refused.is("account rejected");
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
fn c10_3_what_is_said_to_a_mail_server_is_shown_without_secrets() {
    let Some(place) = Place::with(&[DOVECOT[0], DOVECOT[1], POSTFIX]) else { return };
    let dovecot = dovecot(&place);
    let postfix = postfix(&place);
    let said = |url: &str, password: &str, verdict: &str| {
        place.attempt(url, USER, password, &["--explain"]).is(verdict).said()
    };

    let imap = said(&format!("imap://localhost:{}", dovecot.start_tls), "password", "up");
    assert!(imap[0].starts_with("greeting:  / * OK [CAPABILITY "), "{imap:?}");
    assert_eq!(imap[2], "start_tls: u1 STARTTLS / u1 OK Begin TLS negotiation now.");
    assert!(imap[4].starts_with("sign_in: u1 AUTHENTICATE PLAIN [cut] / "), "{imap:?}");
    assert!(imap[5].starts_with("check: u1 EXAMINE INBOX / * FLAGS "), "{imap:?}");
    assert!(imap[5].contains(" | u1 OK [READ-ONLY] Examine completed"), "{imap:?}");
    assert!(imap[6].starts_with("log_out: u9 LOGOUT / * BYE "), "{imap:?}");

    let smtps = format!("smtps://localhost:{}", postfix.tls);
    let smtp = said(&smtps, "password", "up");
    assert!(smtp[1].starts_with("offers: EHLO [127.0.0.1] / 250-"), "{smtp:?}");
    assert!(smtp[1].contains(" | 250-AUTH PLAIN"), "{smtp:?}");
    let accepted = "sign_in: AUTH PLAIN [cut] / 235 2.7.0 Authentication successful";
    assert_eq!(smtp[2], accepted);
    let refused = said(&smtps, "wrong", "account rejected");
    assert!(refused[2].starts_with("sign_in: AUTH PLAIN [cut] / 535 5.7.8 "), "{refused:?}");
}

#[test]
fn c1_5_without_encryption_no_password_is_sent() {
    let Some(place) = Place::with(&[DOVECOT[0], DOVECOT[1], POSTFIX]) else { return };
    let _dovecot = dovecot(&place);
    let postfix = postfix(&place);
    let clear = format!("smtp://localhost:{}", postfix.clear);
    let down = place.attempt(&clear, USER, "password", &[]).is("down no_start_tls");
    assert_eq!(down.steps(), ["greeting", "offers"]);
}
