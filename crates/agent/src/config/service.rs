//! `[[service]]`: what is measured, how often, and on which terms.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::Terms;
use watch::{DOWN_INTERVAL_MS, TICK_MS};

use super::login::{ReadLogin, login};
use super::program::Service;
use super::secret::Places;
use super::table::Table;
use super::value::{Wrong, duration_ms_within, instant, money, name, suggestion, text};

/// Shortest interval.
const INTERVAL_MS_MIN: i64 = 1000;
/// Longest interval: a day.
const INTERVAL_MS_MAX: i64 = 24 * 3_600_000;
/// The interval, if none is given.
const INTERVAL_MS: i64 = 60_000;
/// Most labels of one service.
const LABELS_MAX: usize = 16;

/// Reads one service. None if it cannot be measured; that is noted.
pub(super) fn service(
    table: Table<'_>,
    all_terms: &BTreeMap<String, Arc<Terms>>,
    places: &Places<'_>,
) -> Option<Service> {
    let name = table.text("name", name);
    if !table.has("name") {
        let problem = table.problem("name", "the service has no name");
        table.note(problem.help(r#"add name = "…""#));
    }
    let customer = table.text("customer", text);
    let known: Vec<&str> = all_terms.keys().map(String::as_str).collect();
    let known_terms = |text: &str| match all_terms.get_key_value(text) {
        Some((name, terms)) => Ok((name.clone(), terms.clone())),
        None => Err(Wrong::new("there are no terms of this name", suggestion(text, &known))),
    };
    let terms = match table.value("terms") {
        Some(value) => value.text(known_terms),
        None => known_terms(DEFAULT_TERMS).ok(),
    };
    let monthly_fee = table.text("monthly_fee", money);
    let began = table.text("began", instant);
    let ended = table.text("ended", instant);
    if began.zip(ended).is_some_and(|(began, ended)| ended <= began) {
        let problem = table.problem("ended", "the service ended before it began (C2.4)");
        table.note(problem.help("write an instant after began"));
    }
    let interval_ms = table.text("interval", interval).unwrap_or(INTERVAL_MS);
    let down_interval_ms =
        table.text("down_interval", interval).unwrap_or(DOWN_INTERVAL_MS.min(interval_ms));
    let labels = labels(&table);
    if down_interval_ms > interval_ms {
        let problem = table.problem("down_interval", "a service that is down is asked less often");
        table.note(problem.help("make down_interval shorter than interval").warning());
    }
    let login = match places.logins {
        true => login_of(&table, interval_ms, places),
        false => {
            table.allow("login");
            Some(ReadLogin { logins: Vec::new(), secrets: Vec::new() })
        }
    };
    table.end();

    let (name, (terms_name, terms), login) = (name?, terms?, login?);
    let host = login.logins.first().and_then(|login| login.url().host_str()).unwrap_or_default();
    Some(Service {
        name,
        customer,
        terms_name,
        terms,
        monthly_fee,
        began,
        ended,
        interval_ms,
        down_interval_ms,
        labels,
        host: host.to_owned(),
        logins: login.logins,
        secrets: login.secrets,
    })
}

/// Reads the service's login. None if it has none that can be attempted; that is noted.
fn login_of(service: &Table<'_>, interval_ms: i64, places: &Places<'_>) -> Option<ReadLogin> {
    if !service.has("login") {
        let problem = service.problem("login", "the service has no login");
        service.note(problem.help("add [service.login] with url, user and password below it"));
        return None;
    }
    let login = login(service.table("login")?, places)?;
    let total_ms = login.logins[0].limits.total.as_millis();
    if total_ms > interval_ms.unsigned_abs().into() {
        let message = "an attempt may take longer than the interval";
        let help = "a slow attempt makes the next one late: lower limits.total";
        service.note(service.problem("interval", message).help(help).warning());
    }
    Some(login)
}

/// An interval that fits the grid on which attempts start.
fn interval(text: &str) -> Result<i64, Wrong> {
    let ms = duration_ms_within(INTERVAL_MS_MIN, INTERVAL_MS_MAX)(text)?;
    if ms % TICK_MS == 0 {
        return Ok(ms);
    }
    let help = format!("make it a multiple of {TICK_MS}ms");
    Err(Wrong::new("attempts start on a grid that this interval does not fit", help))
}

/// The terms of a service that names none.
pub(super) const DEFAULT_TERMS: &str = "standard";

fn labels(service: &Table<'_>) -> BTreeMap<String, String> {
    let Some(table) = service.table("labels") else { return BTreeMap::new() };
    let mut labels = BTreeMap::new();
    for (label, value) in table.entries() {
        let is_name = label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_name || label.starts_with("__") {
            let problem = table.problem_with_key(label, "this is no label's name");
            table.note(problem.help("letters, digits and '_', as in team"));
        } else if RESERVED_LABELS.contains(&label) {
            let problem = table.problem_with_key(label, "this label has a meaning of its own");
            table.note(problem.help("choose another name"));
        } else if let Some(text) = value.text(text) {
            labels.insert(label.to_owned(), text);
        }
    }
    if labels.len() > LABELS_MAX {
        let message = format!("more than {LABELS_MAX} labels");
        service.note(service.problem_with_key("labels", message));
    }
    labels
}

/// Labels that the metrics or Prometheus set themselves.
const RESERVED_LABELS: [&str; 5] = ["service", "customer", "terms", "instance", "job"];
