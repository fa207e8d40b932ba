//! Logins that do not speak HTTP, against the servers that Debian has for them: Dovecot, Postfix,
//! OpenLDAP's slapd and OpenSSH, each started by the test as its own process.

mod directory;
mod mail;
mod shell;

use end_to_end::servers::place::Place;

/// The key that names the private CA.
fn ca(place: &Place) -> String {
    format!("ca_file = \"{}\"", place.shown("ca.pem"))
}
