//! OpenLDAP's slapd.

use end_to_end::servers::place::Place;
use end_to_end::servers::slapd::{
    ENTRY as USER, LOCKED_ENTRY as LOCKED, SLAPD, entries, gone_elsewhere, slapd,
};

use crate::ca;

#[test]
fn a_directory_is_bound_to_and_every_verdict_is_right() {
    let Some(place) = Place::with(&[SLAPD]) else { return };
    let database = entries(&place);
    let slapd = slapd(&place, &database);
    let ldaps = format!("ldaps://localhost:{}", slapd.tls);
    let ldap = format!("ldap://localhost:{}", slapd.start_tls);

    let up = place.attempt(&ldaps, USER, "password", &[]).is("up");
    assert_eq!(up.steps(), ["sign_in", "check", "log_out"]);
    let up = place.attempt(&ldap, USER, "password", &[]).is("up");
    assert_eq!(up.steps(), ["start_tls", "sign_in", "check", "log_out"]);
    assert_eq!(up.document["tls"]["version"], "TLS 1.3");

    place.attempt(&ldaps, USER, "wrong", &[]).is("account rejected");
    place.attempt(&ldaps, "cn=nobody,dc=example,dc=org", "password", &[]).is("account rejected");
    place.attempt(&ldaps, "not a name", "password", &[]).is("account rejected");
    place.attempt(&ldaps, LOCKED, "password", &[]).is("account locked");
    // It would succeed, and bind nobody.
    let refused = place.attempt(&ldaps, USER, "nothing", &[]).is("unable credential");
    assert_eq!(refused.document["requests"], 0);
    place.attempt(&ldap.replace("ldap", "imap"), USER, "password", &[]);

    slapd.server.freeze();
    place.attempt_hurried("ldap", &ldaps, USER, &ca(&place)).is("down tls_timeout");
    place.attempt_hurried("ldap", &ldap, USER, &ca(&place)).is("down silence");
    slapd.server.thaw();
    place.attempt(&ldap, USER, "password", &[]).is("up");
    drop(slapd);
    place.attempt(&ldap, USER, "password", &[]).is("down connect_refused");
}

#[test]
fn a_directory_is_learned_from_its_address_a_name_and_a_password() {
    let Some(place) = Place::with(&[SLAPD]) else { return };
    let slapd = slapd(&place, &entries(&place));
    let file = place.learn(&format!("ldaps://localhost:{}", slapd.tls), USER, &[]);
    assert!(file.contains("kind = \"ldap\""), "{file}");
}

#[test]
fn a_directory_whose_own_directory_is_gone_is_down() {
    let Some(place) = Place::with(&[SLAPD]) else { return };
    // It passes everything on to one that is not there.
    let proxy = slapd(&place, &gone_elsewhere());
    let ldaps = format!("ldaps://localhost:{}", proxy.tls);
    place.attempt(&ldaps, USER, "password", &[]).is("down service_error");
}

#[test]
fn a_directory_whose_certificate_is_wrong_gets_no_password() {
    let Some(place) = Place::with(&[SLAPD]) else { return };
    let database = entries(&place);
    let ours = &place.authority;
    for (certificate, cause) in [
        (ours.expired_leaf(&["localhost"]), "certificate_expired"),
        (ours.leaf(&["other.example"]), "certificate_wrong_name"),
        (
            login_service::Authority::new().unwrap().leaf(&["localhost"]),
            "certificate_unknown_issuer",
        ),
    ] {
        place.present(certificate.unwrap());
        let slapd = slapd(&place, &database);
        let ldap = format!("ldap://localhost:{}", slapd.start_tls);
        let down = place.attempt(&ldap, USER, "password", &[]).is(&format!("down {cause}"));
        assert_eq!(down.steps(), ["start_tls"]);
    }
}

#[test]
fn c10_3_what_is_said_to_a_directory_is_shown_without_secrets() {
    let Some(place) = Place::with(&[SLAPD]) else { return };
    let slapd = slapd(&place, &entries(&place));
    let url = format!("ldap://localhost:{}", slapd.start_tls);
    let said = |user: &str, password: &str, verdict: &str| {
        place.attempt(&url, user, password, &["--explain"]).is(verdict).said()
    };
    let bind = format!("sign_in: bind as {USER} with [cut]");
    assert_eq!(
        said(USER, "password", "up"),
        [
            "start_tls: StartTLS / result 0".to_owned(),
            format!("{bind} / result 0"),
            format!("check: who am I / result 0: dn:{USER}"),
            "log_out: unbind / -".to_owned(),
        ]
    );
    let refused = said(USER, "wrong", "account rejected");
    assert_eq!(refused[1], format!("{bind} / result 49"));
    let locked = said(LOCKED, "password", "account locked");
    assert!(locked[1].ends_with(" / result 49 (the account is locked)"), "{locked:?}");
}
