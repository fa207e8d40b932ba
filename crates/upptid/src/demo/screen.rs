//! The demo in a terminal: what happens, each service's state, and what to open next. It reads the
//! agent's own API, as any dashboard would. Without a terminal it prints one line per change.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::script;
use crate::terminal::{self, GREEN, RED, YELLOW, styled};

const CLEAR: &str = "\x1b[H\x1b[J";
const ANSWER_TIME_MAX: Duration = Duration::from_secs(2);

/// Shows what the agent at `web` says, each second, until it is dropped.
pub async fn show(web: SocketAddr, announced: &str) {
    let is_terminal = std::io::stdout().is_terminal();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let mut told = BTreeMap::new();
    let client = reqwest::Client::builder().timeout(ANSWER_TIME_MAX).no_proxy().build();
    let Ok(client) = client else { return };
    if !is_terminal {
        println!("open http://{web}/ and http://{web}/metrics; Ctrl-C ends it\n{announced}");
    }
    for second in 0.. {
        ticks.tick().await;
        let Some(document) = services(&client, web).await else { continue };
        let text = if is_terminal {
            // The cursor moves whether or not colours are wanted.
            let _ = std::io::stdout().write_all(CLEAR.as_bytes());
            page(&document, web, announced, second)
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

fn page(document: &Value, web: SocketAddr, announced: &str, second: u64) -> String {
    let mut text =
        format!("upptid demo, second {second}: {}\n{announced}\n\n", script::told_at(second));
    let _ = writeln!(
        text,
        "{:10} {:34} {:>10} {:>10} {:>10} {:>12} {:>9}  phases (ms)",
        "service", "state", "lost", "planned", "unmeasured", "availability", "attempt"
    );
    for service in list(document, "services") {
        let figure = &service["figure"];
        let attempt = &service["last_attempt"];
        let _ = writeln!(
            text,
            "{:10} {} {:>10} {:>10} {:>10} {:>10} % {:>6} ms  {}",
            word(service, "name"),
            state(service),
            seconds(figure, "lost_ms"),
            seconds(figure, "planned_ms"),
            seconds(figure, "unmeasured_ms"),
            figure["availability_percent"].as_str().unwrap_or("-"),
            attempt["duration_ms"].as_f64().map_or("-".to_owned(), |ms| format!("{ms:.0}")),
            phases(&attempt["phases_ms"]),
        );
        if let (true, Some(message)) = (attempt["outcome"] != "up", attempt["message"].as_str()) {
            let _ = writeln!(text, "{:10} {message}", "");
        }
    }
    let _ = write!(
        text,
        "\nopen   http://{web}/           the page\n       \
         http://{web}/metrics    what Prometheus sees\n\nCtrl-C ends it and leaves nothing behind\n"
    );
    text
}

/// A state in its colour, 34 columns wide.
fn state(service: &Value) -> String {
    let words = state_words(service);
    let style = match word(service, "state") {
        "up" => GREEN,
        "down" => RED,
        _ => YELLOW,
    };
    styled(style, &format!("{words:34}"))
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
    shown.collect::<Vec<_>>().join("  ")
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
