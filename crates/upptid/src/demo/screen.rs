//! The demo in a terminal: what happens, each service's state, and what to open next. It reads the
//! agent's own API, as any dashboard would. Without a terminal it prints one line per change.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::script;
use crate::terminal::{self, GREEN, RED, YELLOW, styled};

const CLEAR: &str = "\x1b[H\x1b[J";
const ANSWER_TIME_MAX: Duration = Duration::from_secs(2);

/// Shows what the agent at `web` says, each second, until it is dropped. `socket` is where the
/// commands ask it.
pub async fn show(web: SocketAddr, socket: &Path, announced: &str) {
    let is_terminal = std::io::stdout().is_terminal();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let mut told = BTreeMap::new();
    let client = reqwest::Client::builder().timeout(ANSWER_TIME_MAX).no_proxy().build();
    let Ok(client) = client else { return };
    let open = format!(
        "open     http://{web}/ and http://{web}/metrics\n\
         ask it   upptid status --socket {}\n\
         Ctrl-C ends it and leaves nothing behind\n",
        socket.display()
    );
    if !is_terminal {
        let _ = terminal::write(&format!("{open}{announced}\n"));
    }
    for second in 0.. {
        ticks.tick().await;
        let Some(document) = services(&client, web).await else { continue };
        let text = if is_terminal {
            // The cursor moves whether or not colours are wanted.
            let _ = std::io::stdout().write_all(CLEAR.as_bytes());
            page(&document, announced, second) + "\n" + &open
        } else {
            changes(&document, second, &mut told)
        };
        // A terminal that has gone away ends nothing.
        let _ = terminal::write(&text);
    }
}

async fn services(client: &reqwest::Client, web: SocketAddr) -> Option<Value> {
    let answer = client.get(format!("http://{web}/api/v1/services")).send().await.ok()?;
    serde_json::from_slice(&answer.bytes().await.ok()?).ok()
}

/// At most 80 columns wide.
fn page(document: &Value, announced: &str, second: u64) -> String {
    let mut text =
        format!("upptid demo, second {second}: {}\n{announced}\n\n", script::told_at(second));
    let _ = writeln!(
        text,
        "{:9} {:26} {:>8} {:>8} {:>10} {:>13}",
        "service", "state", "lost", "planned", "unmeasured", "availability"
    );
    for service in list(document, "services") {
        let figure = &service["figure"];
        let attempt = &service["last_attempt"];
        let _ = writeln!(
            text,
            "{:9} {} {:>8} {:>8} {:>10} {:>11} %",
            word(service, "name"),
            state(service),
            seconds(figure, "lost_ms"),
            seconds(figure, "planned_ms"),
            seconds(figure, "unmeasured_ms"),
            figure["availability_percent"].as_str().unwrap_or("-"),
        );
        let of_attempt = match (attempt["outcome"] == "up", attempt["message"].as_str()) {
            (false, Some(message)) => message.to_owned(),
            _ => phases(&attempt["phases_ms"]),
        };
        let _ = writeln!(text, "{:9} {of_attempt}", "");
    }
    text
}

/// A state in its colour, 26 columns wide.
fn state(service: &Value) -> String {
    let words = state_words(service);
    let style = match word(service, "state") {
        "up" => GREEN,
        "down" => RED,
        _ => YELLOW,
    };
    styled(style, &format!("{words:26}"))
}

fn state_words(service: &Value) -> String {
    match service["cause"].as_str() {
        Some(cause) => format!("{} ({cause})", word(service, "state")),
        None => word(service, "state").to_owned(),
    }
}

fn phases(phases: &Value) -> String {
    let names = ["resolve", "connect", "tls", "processing", "transfer"];
    let shown =
        names.iter().filter_map(|name| phases[*name].as_f64().map(|ms| format!("{name} {ms:.1}")));
    format!("ms: {}", shown.collect::<Vec<_>>().join("  "))
}

/// One line for each service whose state is another than when it was last told.
fn changes(document: &Value, second: u64, told: &mut BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for service in list(document, "services") {
        let (name, now) = (word(service, "name"), state_words(service));
        if told.get(name) != Some(&now) {
            let lost = seconds(&service["figure"], "lost_ms");
            let _ = writeln!(text, "{second:>4} s  {name}: {now}; lost {lost} this month");
            told.insert(name.to_owned(), now);
        }
    }
    text
}

fn list<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    document[name].as_array().into_iter().flatten()
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or("-")
}

fn seconds(figure: &Value, name: &str) -> String {
    figure[name]
        .as_i64()
        .map_or("-".to_owned(), |ms| format!("{}.{} s", ms / 1000, ms % 1000 / 100))
}
