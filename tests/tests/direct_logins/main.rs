//! Logins that do not speak HTTP, against the servers that Debian has for them: Dovecot, Postfix,
//! OpenLDAP's slapd and OpenSSH, each started by the test as its own process.

mod directory;
mod mail;
mod place;
mod shell;
