//! Logins that do not speak HTTP.

use probe::settings::{ClientKey, Command, Direct, HostKey, Protocol, Ssh};
use secrecy::ExposeSecret;
use url::Url;

use super::Reading;
use crate::config::table::Table;
use crate::config::value::{self, Wrong, text};

/// The keys of a login by SSH.
pub(super) const SSH_KEYS: &[&str] = &["host_key", "known_hosts", "key", "command", "expect"];

/// Keys that say something of HTTP.
const HTTP_KEYS: [&str; 8] =
    ["proof", "logout", "rejected", "locked", "bot_wall", "http", "user_agent", "accept_language"];

/// Reads a login of this protocol.
pub(super) fn read(
    table: &Table<'_>,
    protocol: Protocol,
    reading: &mut Reading<'_>,
) -> Option<Direct> {
    for key in HTTP_KEYS.into_iter().filter(|key| table.has(key)) {
        let message = format!("a login of kind {} has no such key", protocol.as_str());
        let problem = table.problem_with_key(key, message);
        table.note(problem.help("it is a key of the kinds that speak HTTP"));
    }
    let mut login = table.text("url", address(protocol));
    if let Some(Direct::Ssh(ssh)) = &mut login {
        read_ssh(table, ssh, reading);
    }
    if !table.has("url") {
        let problem = table.problem("url", "the login has no url");
        table.note(problem.help(format!("add url = \"{}\"", example(protocol))));
    }
    login
}

/// Reads what only a login by SSH has.
fn read_ssh(table: &Table<'_>, ssh: &mut Ssh, reading: &mut Reading<'_>) {
    ssh.host_keys.extend(table.text("host_key", host_key));
    if let Some(file) = table.text("known_hosts", value::path) {
        match HostKey::known(&ssh.endpoint, &reading.places.folder.join(file)) {
            Ok(known) => ssh.host_keys.extend(known),
            Err(why) => table.note(table.problem("known_hosts", why)),
        }
    }
    if !table.has("host_key") && !table.has("known_hosts") {
        let problem = table.problem("host_key", "nothing says which key the host is known by");
        table.note(problem.help(HOST_KEY_HELP));
    }
    if let Some(key) = reading.secret(table, "key", "private key") {
        match ClientKey::parse(key.expose_secret()) {
            Ok(key) => ssh.key = Some(key),
            Err(why) => {
                let help = "make one for the probe alone: ssh-keygen -t ed25519 -N ''";
                table.note(table.problem("key", why).help(help));
            }
        }
    }
    let expect = table.text("expect", text);
    match table.text("command", text) {
        Some(line) => ssh.command = Some(Command { line, expect }),
        None if table.has("expect") => {
            let problem = table.problem_with_key("expect", "there is no command to expect it of");
            table.note(problem.help(r#"add command = "…""#));
        }
        None => {}
    }
}

const HOST_KEY_HELP: &str =
    r#"add host_key = "ssh-ed25519 AAAA…" or known_hosts = "FILE", as from ssh-keyscan"#;

fn host_key(text: &str) -> Result<HostKey, Wrong> {
    HostKey::parse(text)
        .map_err(|why| Wrong::new(why, "write a line like \"ssh-ed25519 AAAA…\", or \"SHA256:…\""))
}

fn address(protocol: Protocol) -> impl Fn(&str) -> Result<Direct, Wrong> {
    move |value| {
        let help = format!("write it like \"{}\"", example(protocol));
        let url = Url::parse(&text(value)?).map_err(|_| Wrong::new("this is no URL", &*help))?;
        Direct::new(protocol, url).map_err(|why| Wrong::new(why, help))
    }
}

fn example(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Imap => "imaps://mail.example",
        Protocol::Smtp => "smtp://mail.example:587",
        Protocol::Ldap => "ldaps://directory.example",
        Protocol::Ssh => "ssh://shell.example",
    }
}
