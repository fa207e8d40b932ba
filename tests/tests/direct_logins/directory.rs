//! OpenLDAP's slapd.

use std::fs;
use std::process::Command;

use end_to_end::PASSWORD;

use crate::mail::ca;
use crate::place::{Place, Server, free_port};

const SLAPD: &str = "/usr/sbin/slapd";
const USER: &str = "cn=probe,dc=example,dc=org";
const LOCKED: &str = "cn=locked,dc=example,dc=org";

/// slapd, and the ports that it listens at.
struct Slapd {
    server: Server,
    tls: u16,
    start_tls: u16,
}

/// Starts slapd; with `database` as its part that holds the entries.
fn slapd(place: &Place, database: &str) -> Slapd {
    let (tls, start_tls) = (free_port(), free_port());
    let at = place.shown("");
    let at = at.trim_end_matches('/');
    let config = format!(
        "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n\
         moduleload back_ldap\nmoduleload ppolicy\npidfile {at}/slapd.pid\n\
         TLSCertificateFile {at}/cert.pem\nTLSCertificateKeyFile {at}/key.pem\n\
         TLSCACertificateFile {at}/ca.pem\nsecurity simple_bind=128\n{database}"
    );
    place.write("slapd.conf", &config);
    let listen = format!("ldap://127.0.0.1:{start_tls} ldaps://127.0.0.1:{tls}");
    let mut command = Command::new(SLAPD);
    let server = Server::start(
        command.args(["-d", "0", "-f", &format!("{at}/slapd.conf"), "-h", &listen]),
        tls,
    );
    Slapd { server, tls, start_tls }
}

/// A database of its own, with a locked account.
fn entries(place: &Place) -> String {
    let at = place.shown("db");
    fs::create_dir_all(&at).unwrap();
    let database = format!(
        "database mdb\nsuffix dc=example,dc=org\nrootdn cn=admin,dc=example,dc=org\n\
         directory {at}\noverlay ppolicy\nppolicy_default cn=policy,dc=example,dc=org\n\
         ppolicy_use_lockout\n"
    );
    place.write(
        "load.conf",
        &format!(
            "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\n\
             moduleload back_mdb\nmoduleload ppolicy\n{database}"
        ),
    );
    let account = |name: &str| {
        format!(
            "dn: cn={name},dc=example,dc=org\nobjectClass: organizationalRole\n\
             objectClass: simpleSecurityObject\ncn: {name}\nuserPassword: {PASSWORD}\n"
        )
    };
    let (probe, locked) = (account("probe"), account("locked"));
    place.write(
        "entries.ldif",
        &format!(
            "dn: dc=example,dc=org\nobjectClass: organization\nobjectClass: dcObject\no: example\n\
             dc: example\n\ndn: cn=policy,dc=example,dc=org\nobjectClass: device\n\
             objectClass: pwdPolicy\ncn: policy\npwdAttribute: userPassword\npwdLockout: TRUE\n\
             pwdMaxFailure: 0\n\n{probe}\n{locked}pwdAccountLockedTime: 000001010000Z\n"
        ),
    );
    let (config, ldif) = (place.shown("load.conf"), place.shown("entries.ldif"));
    let loaded =
        Command::new("/usr/sbin/slapadd").args(["-s", "-f", &config, "-l", &ldif]).output();
    assert!(loaded.as_ref().is_ok_and(|output| output.status.success()), "{loaded:?}");
    database
}

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
fn a_directory_whose_own_directory_is_gone_is_down() {
    let Some(place) = Place::with(&[SLAPD]) else { return };
    // It passes everything on to one that is not there.
    let gone =
        format!("database ldap\nsuffix dc=example,dc=org\nuri ldap://127.0.0.1:{}\n", free_port());
    let proxy = slapd(&place, &gone);
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
