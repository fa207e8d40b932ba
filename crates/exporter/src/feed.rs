//! Announced stops as a calendar to subscribe to.

use calendar::{Entry, Feed, stop_uid, write};
use contract::{Instant, Interval};

use crate::page::Language;
use crate::records::Stop;

/// Stops that the feed holds at most.
pub const STOPS_MAX: usize = 1_000;
/// How long a stop stays in the feed when it is over.
pub const KEPT_MS: i64 = 90 * 86_400_000;
/// Services that a stop's title names.
const NAMED_MAX: usize = 3;

/// The calendar of `stops`: of those of one service if it is given. What is over stays in it for
/// 90 days, and what was cancelled, so that nobody keeps it.
pub fn feed(stops: &[Stop], service: Option<&str>, now: Instant, language: Language) -> String {
    let is_recent = |stop: &&Stop| stop.until > now.plus_ms(-KEPT_MS);
    let title = language.of("Planned stops", "Planerade driftstopp");
    let name = match service {
        Some(service) => format!("{title}: {service}"),
        None => title.to_owned(),
    };
    let entries = stops.iter().filter(is_recent).map(|stop| entry(stop, language)).collect();
    write(&Feed { name, language: language.code(), entries })
}

fn entry(stop: &Stop, language: Language) -> Entry {
    // A cancellation after the end changes nothing (C4.6).
    let changed = stop.cancelled.as_ref().filter(|made| made.at < stop.until);
    let never_was = stop.withdrawn || stop.ends <= stop.from;
    Entry {
        uid: stop_uid(&stop.id, stop.announced.at),
        changed: changed.unwrap_or(&stop.announced).at,
        sequence: changed.is_some().into(),
        is_cancelled: never_was,
        window: Interval::new(stop.from, if never_was { stop.until } else { stop.ends }),
        summary: summary(stop, language),
        description: description(stop, language),
    }
}

fn summary(stop: &Stop, language: Language) -> String {
    let named: Vec<&str> =
        stop.services.iter().take(NAMED_MAX).map(|it| it.service.as_str()).collect();
    let mut summary = language.of("Planned stop of ", "Planerat driftstopp av ").to_owned();
    summary.push_str(&named.join(", "));
    let more = stop.services.len() - named.len();
    if more > 0 {
        summary.push_str(&language.of(format!(" and {more} more"), format!(" och {more} till")));
    }
    format!("{summary}: {}", stop.reason)
}

fn description(stop: &Stop, language: Language) -> String {
    let mut lines = vec![format!("{}: {}", stop.id, stop.reason)];
    if let Some(agreed) = &stop.agreed {
        lines.push(format!("{}: {agreed}", language.of("Agreed", "Avtalat")));
    }
    lines.extend(
        stop.services.iter().map(|it| format!("{}: {}", it.service, language.verdict(it.verdict))),
    );
    lines.join("\n")
}
