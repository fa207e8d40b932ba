//! How a service is reached: names, addresses, TLS, time limits.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use probe::settings::{Client, Credentials, Dial, Family, Http, Identity, Limits, Tls};

use super::{ITEMS_MAX, Reading};
use crate::config::secret::secret_path;
use crate::config::table::{Table, Value};
use crate::config::value::{
    self, duration_ms_within, header_value, ip_address, nameserver, one_of,
};

/// Longest time limit: an hour.
const LIMIT_MS_MAX: i64 = 3_600_000;

/// Reads `limits`; `account` is who signs in. No phase of the login is what one of `idle` limits.
pub(super) fn limits(
    table: &Table<'_>,
    account: Option<&Credentials>,
    idle: &[&'static str],
) -> Limits {
    let default = account.map_or_else(Limits::default, Limits::for_account);
    let limits = table.section("limits");
    for key in idle.iter().filter(|key| limits.has(key)) {
        let problem = limits.problem_with_key(key, "this login has no such phase");
        limits.note(problem.help("leave it out: processing limits each of its answers"));
    }
    let limit = |key, default: Duration| {
        let read = limits.text(key, duration_ms_within(1, LIMIT_MS_MAX));
        read.map_or(default, |ms| Duration::from_millis(ms.unsigned_abs()))
    };
    let read = Limits {
        resolve: limit("resolve", default.resolve),
        connect: limit("connect", default.connect),
        tls: limit("tls", default.tls),
        processing: limit("processing", default.processing),
        transfer: limit("transfer", default.transfer),
        total: limit("total", default.total),
    };
    limits.end();
    read
}

/// Reads how the service is reached.
pub(super) fn dial(table: &Table<'_>, reading: &mut Reading<'_>, has_tls: bool) -> Dial {
    let mut dial = Dial::default();
    let versions = [("1.1", Http::Http11), ("2", Http::Http2), ("auto", Http::Auto)];
    dial.nameservers = table.texts("nameservers", nameserver).unwrap_or_default();
    dial.nameservers.truncate(ITEMS_MAX);
    dial.hosts_file = table.flag("hosts_file").unwrap_or(dial.hosts_file);
    dial.source = table.text("source", ip_address);
    dial.resolve_to = table.text("address", ip_address);
    if let Some(addresses) = table.table("addresses") {
        let read = |(name, value): (&str, Value<'_>)| {
            Some((name.to_ascii_lowercase(), value.text(ip_address)?))
        };
        dial.addresses = addresses.entries().into_iter().filter_map(read).take(ITEMS_MAX).collect();
    }
    dial.http = table.text("http", one_of(&versions)).unwrap_or(dial.http);
    if has_tls {
        dial.tls = tls(table, reading);
    } else {
        TLS_KEYS.into_iter().for_each(|key| table.allow(key));
    }
    dial
}

/// What only TLS has.
pub(super) const TLS_KEYS: [&str; 3] = ["ca_file", "client_cert", "client_key"];

/// Reads whom TLS trusts, and who it says that it is.
fn tls(table: &Table<'_>, reading: &mut Reading<'_>) -> Tls {
    let mut tls = Tls::default();
    if let Some(file) = table.text("ca_file", value::path) {
        match reading.places.roots(file) {
            Ok(roots) => tls.roots = roots,
            Err(why) => table.note(table.problem("ca_file", why)),
        }
    }
    let certificate: Option<PathBuf> = table.text("client_cert", value::path);
    let key = secret_path(table, "client_key", reading.places);
    if table.has("client_cert") != table.has("client_key") {
        let there = if table.has("client_cert") { "client_cert" } else { "client_key" };
        let message = "a client certificate and its key come together";
        table.note(table.problem_with_key(there, message).help("add client_cert and client_key"));
    }
    if let (Some(certificate), Some((key, place))) = (certificate, key) {
        match Identity::from_pem_files(&reading.places.folder.join(certificate), &key) {
            Ok(identity) => tls.identity = Some(Arc::new(identity)),
            Err(why) => table.note(table.problem("client_cert", why)),
        }
        reading.secrets.push(("client key", place));
    }
    tls
}

/// Reads what the requests say of who asks.
pub(super) fn client(table: &Table<'_>) -> Client {
    let default = Client::default();
    Client {
        user_agent: table.text("user_agent", header_value).unwrap_or(default.user_agent),
        accept_language: table.text("accept_language", header_value),
    }
}

/// Addresses that contradict each other.
pub(super) fn check_address(table: &Table<'_>, dial: &Dial, families: &[Family]) {
    let is_each = families.len() > 1;
    let is_other = |address: IpAddr| match families {
        [Family::V4] => !address.is_ipv4(),
        [Family::V6] => !address.is_ipv6(),
        _ => false,
    };
    for (key, address) in [("source", dial.source), ("address", dial.resolve_to)] {
        if address.is_some_and(is_other) {
            let problem = table.problem(key, "this address is not of the login's family");
            table.note(problem.help("leave family out, or give an address of it"));
        }
    }
    if is_each && (dial.resolve_to.is_some() || dial.source.is_some()) {
        let key = if dial.source.is_some() { "source" } else { "address" };
        let message = "one address cannot be of both families";
        table.note(table.problem(key, message).help(r#"leave it out, or not family = "each""#));
    }
    if let (Some(source), Some(address)) = (dial.source, dial.resolve_to)
        && source.is_ipv4() != address.is_ipv4()
    {
        let message = "source and address are of different families";
        table.note(table.problem("source", message).help("take two of IPv4, or two of IPv6"));
    }
}
