//! How everything is, as a table.

use std::fmt::Write;

use agent::admin::{MonthStatus, NextStop, OpenIncident, ServiceStatus, StatusView};
use clap::builder::styling::Style;
use contract::Instant;

use crate::terminal::{BOLD, GREEN, RED, YELLOW, length, local_time, minutes, styled};

/// Services that are up and shown, where none is asked for by its name.
const UP_ROWS_MAX: usize = 20;
/// Services that are not up and shown then.
const NOT_UP_ROWS_MAX: usize = 100;

const HEADINGS: [&str; 5] = ["SERVICE", "STATE", "SINCE", "BUDGET LEFT", "NEXT STOP"];

/// The whole text; all rows if `all`.
pub fn render(status: &StatusView, all: bool) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", heading(status));
    for trouble in &status.trouble {
        let _ = writeln!(text, "{} {trouble}", styled(RED, "trouble:"));
    }
    if status.services.is_empty() {
        text.push_str("no service is measured; add a [[service]] to the configuration\n");
        return text;
    }
    let (up, not_up): (Vec<_>, Vec<_>) =
        status.services.iter().partition(|service| service.state == "up");
    let (up_rows, not_up_rows) = match all {
        true => (up.len(), not_up.len()),
        false => (up.len().min(UP_ROWS_MAX), not_up.len().min(NOT_UP_ROWS_MAX)),
    };
    let shown = not_up.iter().take(not_up_rows).chain(up.iter().take(up_rows));
    let rows: Vec<Row> = shown.map(|service| Row::new(service, status.at)).collect();
    text.push('\n');
    write_rows(&mut text, &rows);
    let more = |shown: usize, of: usize, what: &str| match of - shown {
        0 => String::new(),
        more => format!("… {more} more {what}; name a service, or add --json, to see them\n"),
    };
    text.push_str(&more(not_up_rows, not_up.len(), "are not up"));
    text.push_str(&more(up_rows, up.len(), "are up"));
    text
}

/// `gbg-1, 2026-11-23 06:20:11: 3 services, 1 up, 1 down; times in Europe/Stockholm`
fn heading(status: &StatusView) -> String {
    let mut zones: Vec<&str> = status.services.iter().map(|it| it.timezone.as_str()).collect();
    zones.sort_unstable();
    zones.dedup();
    let (at, zone) = match zones[..] {
        [zone] => (local_time(status.at, zone), format!("; times in {zone}")),
        [] => (local_time(status.at, "UTC"), "; times in UTC".to_owned()),
        _ => (local_time(status.at, "UTC") + "Z", "; times in each service's zone".to_owned()),
    };
    let count = |state: &str| status.services.iter().filter(|it| it.state == state).count();
    let counted = ["up", "down", "suspected", "unmeasured"].map(|state| (count(state), state));
    let counted = counted.iter().filter(|(count, _)| *count > 0);
    let counted: Vec<String> = counted.map(|(count, state)| format!("{count} {state}")).collect();
    let counted = match counted.is_empty() {
        true => String::new(),
        false => format!(": {}", counted.join(", ")),
    };
    let agent = styled(BOLD, &status.agent);
    let version = &status.version;
    let run = length(status.at.since(status.started));
    format!("{agent} {at}{counted} (upptid {version}, running for {run}{zone})")
}

/// One service: its cells, and what else is to be said.
struct Row {
    cells: [String; 5],
    style: Style,
    details: Vec<String>,
}

impl Row {
    fn new(service: &ServiceStatus, now: Instant) -> Self {
        let local = |instant| local_time(instant, &service.timezone);
        let cause = service.cause.as_ref().map_or(String::new(), |cause| format!(" ({cause})"));
        let since = format!("{} ({})", local(service.since), length(now.since(service.since)));
        let stop = service.next_stop.as_ref();
        Row {
            cells: [
                service.service.clone(),
                format!("{}{cause}", service.state),
                since,
                service.month.as_ref().map_or("-".to_owned(), budget),
                stop.map_or("-".to_owned(), |stop| next_stop(stop, service, now)),
            ],
            style: match service.state.as_str() {
                "up" => GREEN,
                "down" => RED,
                _ => YELLOW,
            },
            details: details(service, now),
        }
    }
}

/// `31.0 of 43.2 min`
fn budget(month: &MonthStatus) -> String {
    format!("{} of {} min", minutes(month.left_ms), minutes(month.budget_ms))
}

/// `S3 2026-11-28 22:00:00 (late)`
fn next_stop(stop: &NextStop, service: &ServiceStatus, now: Instant) -> String {
    let verdict = match stop.verdict.counts() {
        true => String::new(),
        false => format!(" ({})", stop.verdict.as_str()),
    };
    let when = match stop.from <= now {
        true => format!("now, until {}", local_time(stop.until, &service.timezone)),
        false => local_time(stop.from, &service.timezone),
    };
    format!("{} {when}{verdict}", stop.id)
}

fn details(service: &ServiceStatus, now: Instant) -> Vec<String> {
    let local = |instant| local_time(instant, &service.timezone);
    let mut details = Vec::new();
    if let Some(message) = &service.message {
        // What a service says reaches no terminal as it is.
        details.push(message.escape_debug().to_string());
    }
    if let Some(why) = &service.account_refused {
        details.push(format!("{}: the probe's account; see to it", why));
    }
    if let Some(pause) = &service.paused {
        let (by, at) = (&pause.by, local(pause.at));
        let reason = pause.reason.escape_debug();
        details
            .push(format!("paused by {by} since {at}: {reason}; `upptid resume` measures again"));
    }
    if let Some(incident) = &service.incident {
        details.push(open_incident(incident, service, now));
    }
    if let Some(month) = service.month.as_ref().filter(|month| month.left_ms < 0) {
        let (month, percent, level) = (month.month, &month.availability_percent, month.level);
        details.push(format!("{month}: {percent} %, the promise is broken (price level {level})"));
    }
    details
}

fn open_incident(incident: &OpenIncident, service: &ServiceStatus, now: Instant) -> String {
    let local = |instant| local_time(instant, &service.timezone);
    let opened = local(incident.opened);
    match (incident.acknowledged, incident.response.as_str()) {
        (Some(at), _) => format!("incident since {opened}, acknowledged {}", local(at)),
        (None, "breached") => format!(
            "incident since {opened}: troubleshooting was to start by {}; `upptid incident ack {}`",
            local(incident.response_deadline),
            service.service
        ),
        (None, _) => format!(
            "incident since {opened}: troubleshooting has to start within {}; \
             `upptid incident ack {}` says that it has",
            length(incident.response_deadline.since(now)),
            service.service
        ),
    }
}

fn write_rows(text: &mut String, rows: &[Row]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row.cells[column].chars().count());
        cells.chain([HEADINGS[column].len()]).max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3].map(width);
    let line = |cells: [&str; 5]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}  "));
        padded.collect::<String>() + cells[4]
    };
    let _ = writeln!(text, "{}", styled(BOLD, line(HEADINGS).trim_end()));
    for row in rows {
        // The state alone has a colour: its cell is padded before.
        let state = styled(row.style, &format!("{:width$}", row.cells[1], width = widths[1]));
        let cells = [&row.cells[0], "", &row.cells[2], &row.cells[3], &row.cells[4]];
        let (name, since, left, stop) = (cells[0], cells[2], cells[3], cells[4]);
        let (first, third, fourth) = (widths[0], widths[2], widths[3]);
        let _ = writeln!(text, "{name:first$}  {state}  {since:third$}  {left:fourth$}  {stop}");
        for detail in &row.details {
            let _ = writeln!(text, "    {detail}");
        }
    }
}

#[cfg(test)]
mod tests {
    use agent::admin::PauseView;
    use contract::StopVerdict;

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn service(name: &str, state: &str, cause: Option<&str>) -> ServiceStatus {
        ServiceStatus {
            service: name.to_owned(),
            customer: None,
            timezone: "Europe/Stockholm".to_owned(),
            state: state.to_owned(),
            cause: cause.map(str::to_owned),
            since: at("2026-11-10T11:00:00Z"),
            attempted: None,
            message: None,
            account_refused: None,
            paused: None,
            month: Some(MonthStatus {
                month: "2026-11".parse().unwrap(),
                availability_percent: "99.9999".to_owned(),
                counted_ms: 60_000,
                budget_ms: 2_592_000,
                left_ms: 2_532_000,
                level: 0,
                unmeasured_ms: 0,
            }),
            incident: None,
            next_stop: None,
        }
    }

    fn status(services: Vec<ServiceStatus>) -> StatusView {
        StatusView {
            at: at("2026-11-10T11:08:12Z"),
            agent: "gbg-1".to_owned(),
            version: "1.0.0".to_owned(),
            started: at("2026-11-07T07:08:12Z"),
            trouble: Vec::new(),
            services,
        }
    }

    /// Without colours.
    fn shown(status: &StatusView, all: bool) -> String {
        anstream::adapter::strip_str(&render(status, all)).to_string()
    }

    #[test]
    fn trouble_comes_first_then_a_row_for_each_service_with_what_to_do() {
        let mut portal = service("portal", "down", Some("silence"));
        portal.message = Some("the service did not answer in time".to_owned());
        portal.incident = Some(OpenIncident {
            opened: at("2026-11-10T11:00:00Z"),
            response_deadline: at("2026-11-10T15:00:00Z"),
            response: "running".to_owned(),
            acknowledged: None,
        });
        portal.month.as_mut().unwrap().left_ms = -744_000;
        portal.month.as_mut().unwrap().level = 1;
        let mut mail = service("mail", "unmeasured", Some("paused"));
        mail.paused = Some(PauseView {
            by: "anna".to_owned(),
            at: at("2026-11-10T11:00:00Z"),
            reason: "a\u{1b}move".to_owned(),
        });
        let mut web = service("web", "up", None);
        web.next_stop = Some(NextStop {
            id: "S3".to_owned(),
            from: at("2026-11-28T21:00:00Z"),
            until: at("2026-11-28T22:00:00Z"),
            verdict: StopVerdict::Late,
            reason: "patches".to_owned(),
        });
        let mut status = status(vec![portal, mail, web]);
        status.trouble.push("the clock is not synchronised: start chrony".to_owned());
        assert_eq!(
            shown(&status, false),
            "\
gbg-1 2026-11-10 12:08:12: 1 up, 1 down, 1 unmeasured (upptid 1.0.0, running for 3 d 4 h; times in Europe/Stockholm)
trouble: the clock is not synchronised: start chrony

SERVICE  STATE                SINCE                             BUDGET LEFT        NEXT STOP
portal   down (silence)       2026-11-10 12:00:00 (8 min 12 s)  -12.4 of 43.2 min  -
    the service did not answer in time
    incident since 2026-11-10 12:00:00: troubleshooting has to start within 3 h 51 min; `upptid incident ack portal` says that it has
    2026-11: 99.9999 %, the promise is broken (price level 1)
mail     unmeasured (paused)  2026-11-10 12:00:00 (8 min 12 s)  42.2 of 43.2 min   -
    paused by anna since 2026-11-10 12:00:00: a\\u{1b}move; `upptid resume` measures again
web      up                   2026-11-10 12:00:00 (8 min 12 s)  42.2 of 43.2 min   S3 2026-11-28 22:00:00 (late)
"
        );
    }

    #[test]
    fn of_very_many_services_those_that_are_not_up_are_shown_and_the_others_counted() {
        let mut services: Vec<_> =
            (0..150).map(|place| service(&format!("d{place}"), "down", Some("silence"))).collect();
        services.extend((0..5_000).map(|place| service(&format!("u{place}"), "up", None)));
        let status = status(services);
        let text = shown(&status, false);
        assert!(text.contains("… 50 more are not up; name a service, or add --json"), "{text}");
        assert!(text.contains("… 4980 more are up; "), "{text}");
        assert_eq!(shown(&status, true).lines().count(), 3 + 5_150);
    }

    #[test]
    fn times_of_several_zones_stand_in_each_services_own() {
        let mut other = service("other", "up", None);
        other.timezone = "Europe/London".to_owned();
        let text = shown(&status(vec![service("portal", "up", None), other]), false);
        assert!(text.starts_with("gbg-1 2026-11-10 11:08:12Z: 2 up"), "{text}");
        assert!(text.contains("times in each service's zone"), "{text}");
        assert!(text.contains("2026-11-10 12:00:00") && text.contains("2026-11-10 11:00:00"));
        let none = shown(&status(Vec::new()), false);
        assert!(none.ends_with("no service is measured; add a [[service]] to the configuration\n"));
    }
}
