//! OpenLDAP's slapd: a directory.

use std::fs;
use std::process::Command;

use super::place::{Place, Server, free_port};
use crate::PASSWORD;

/// What it needs.
pub const SLAPD: &str = "/usr/sbin/slapd";
/// The account.
pub const ENTRY: &str = "cn=probe,dc=example,dc=org";
/// The account that is locked.
pub const LOCKED_ENTRY: &str = "cn=locked,dc=example,dc=org";

/// slapd, and the ports that it listens at.
pub struct Slapd {
    /// Its processes.
    pub server: Server,
    /// The port that begins with TLS.
    pub tls: u16,
    /// The port that offers STARTTLS.
    pub start_tls: u16,
}

/// Starts slapd; with `database` as its part that holds the entries.
pub fn slapd(place: &Place, database: &str) -> Slapd {
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
pub fn entries(place: &Place) -> String {
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

/// The part of a configuration that passes everything on to a directory that is gone.
pub fn gone_elsewhere() -> String {
    format!("database ldap\nsuffix dc=example,dc=org\nuri ldap://127.0.0.1:{}\n", free_port())
}
