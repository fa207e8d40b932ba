//! Logins that do not speak HTTP.

use probe::settings::{Direct, Protocol};
use url::Url;

use crate::config::table::Table;
use crate::config::value::{Wrong, text};

/// Keys that say something of HTTP.
const HTTP_KEYS: [&str; 8] =
    ["proof", "logout", "rejected", "locked", "bot_wall", "http", "user_agent", "accept_language"];

/// Reads a login of this protocol.
pub(super) fn read(table: &Table<'_>, protocol: Protocol) -> Option<Direct> {
    for key in HTTP_KEYS.into_iter().filter(|key| table.has(key)) {
        let message = format!("a login of kind {} has no such key", protocol.as_str());
        let problem = table.problem_with_key(key, message);
        table.note(problem.help("it is a key of the kinds that speak HTTP"));
    }
    let login = table.text("url", address(protocol));
    if !table.has("url") {
        let problem = table.problem("url", "the login has no url");
        table.note(problem.help(format!("add url = \"{}\"", example(protocol))));
    }
    login
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
    }
}
