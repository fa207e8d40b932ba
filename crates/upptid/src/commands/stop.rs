//! `upptid stop`: planned stops, through the agent's admin socket (C4).

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use agent::admin::{
    Announcement, EventView, Import, PlannedEvent, Reply, Request, StopVerdict, StopView,
};
use calendar::{Event, FILE_BYTES_MAX, Until, When};

use super::ask::{answer, ask, local};
use crate::cli::stop::{AnnounceArgs, ImportArgs, StopCommand};
use crate::exit::{Exit, Failure};

/// Announces, imports, cancels or lists.
pub fn run(command: &StopCommand) -> Result<Exit, Failure> {
    let (agent, request) = match command {
        StopCommand::Announce(args) => (&args.agent, Request::StopAnnounce(announcement(args))),
        StopCommand::Import(args) => return import(args),
        StopCommand::Cancel { id, agent } => (agent, Request::StopCancel { id: id.clone() }),
        StopCommand::List { service, agent } => {
            (agent, Request::StopList { service: service.clone() })
        }
    };
    ask(agent, &request, describe)
}

fn announcement(args: &AnnounceArgs) -> Announcement {
    Announcement {
        services: args.services.clone(),
        from: args.from.clone(),
        until: args.until.clone(),
        reason: args.reason.clone(),
        agreed: args.agreed.clone(),
        dry_run: args.dry_run,
    }
}

/// All events are announced, or none. What each would count for is said either way.
fn import(args: &ImportArgs) -> Result<Exit, Failure> {
    let events = read(&args.file)?;
    let import = Import {
        services: args.services.clone(),
        events: events.iter().map(planned).collect(),
        agreed: args.agreed.clone(),
        dry_run: args.dry_run,
    };
    let describe = |reply: &Reply| match reply {
        Reply::Imported { events: told, recorded } => {
            let told = events.iter().zip(told);
            let said = told.map(|(event, told)| describe_event(&args.file, event, told));
            said.collect::<String>() + outcome(reply, *recorded)
        }
        _ => String::new(),
    };
    let reply = answer(&args.agent, &Request::StopImport(import), describe)?;
    Ok(if has_refusals(&reply) { Exit::Down } else { Exit::Done })
}

fn read(path: &Path) -> Result<Vec<Event>, Failure> {
    let place = path.display();
    let mut bytes = Vec::new();
    File::open(path)
        // One byte more than is allowed, so that the reader of the calendar sees it.
        .and_then(|file| file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::usage(format!("failed to read {place}: {error}")))?;
    calendar::read(&bytes).map_err(|errors| {
        let said =
            errors.0.iter().map(|error| format!("{place}:{}: {}", error.line_no, error.message));
        let said: Vec<String> = said.collect();
        Failure::usage(format!("{}\nnothing was recorded", said.join("\n")))
    })
}

/// The event as the agent takes it: what has no zone is local time of the services.
fn planned(event: &Event) -> PlannedEvent {
    let written = |when| match when {
        When::Instant(instant) => instant.to_string(),
        When::Local(local) => local.to_string(),
    };
    PlannedEvent {
        uid: event.uid.clone(),
        from: written(event.from),
        until: match event.until {
            Until::At(when) => written(when),
            Until::After(span) => span.to_string(),
        },
        reason: event.summary.clone(),
    }
}

fn has_refusals(reply: &Reply) -> bool {
    let Reply::Imported { events, .. } = reply else { return false };
    events.iter().any(|event| event.refused.is_some())
}

fn outcome(reply: &Reply, recorded: bool) -> &'static str {
    match recorded {
        true => "",
        false if has_refusals(reply) => {
            "nothing was recorded: leave the refused events out, and import again\n"
        }
        false => DRY_RUN,
    }
}

const DRY_RUN: &str = "nothing was recorded: this was a dry run\n";

fn describe_event(path: &Path, event: &Event, told: &EventView) -> String {
    let (place, line_no) = (path.display(), event.line_no);
    let mut text = format!("{place}:{line_no}: {}\n", event.summary);
    if let Some(why) = &told.refused {
        text.push_str(&format!("    refused: {why}\n"));
    }
    text + &describe_stops(&told.stops)
}

fn describe(reply: &Reply) -> String {
    match reply {
        Reply::Stop { stop } => describe_stop(stop),
        Reply::Announced { stops, recorded: true } => describe_stops(stops),
        Reply::Announced { stops, recorded: false } => describe_stops(stops) + DRY_RUN,
        Reply::Stops { stops } if stops.is_empty() => "no planned stop is announced\n".to_owned(),
        Reply::Stops { stops } => describe_stops(stops),
        _ => String::new(),
    }
}

fn describe_stops(stops: &[StopView]) -> String {
    stops.iter().map(describe_stop).collect()
}

fn describe_stop(stop: &StopView) -> String {
    let local = |instant| local(instant, &stop.timezone);
    let id = stop.id.as_deref().unwrap_or("(not announced)");
    let mut text = String::new();
    let mut line = |args: std::fmt::Arguments<'_>| {
        let _ = text.write_fmt(args);
        text.push('\n');
    };
    let services = stop.services.join(", ");
    line(format_args!("{id}  {} until {}  {services}", local(stop.from), local(stop.until)));
    line(format_args!("    in UTC {} until {}", stop.from, stop.until));
    line(format_args!("    {}", stop.reason));
    if stop.id.is_some() {
        line(format_args!("    announced {} by {}", local(stop.announced_at), stop.by));
    }
    if let Some(agreed) = &stop.agreed {
        line(format_args!("    agreed: {agreed}"));
    }
    if let Some(made) = &stop.cancelled {
        line(format_args!("    cancelled {} by {}", local(made.at), made.by));
    }
    for verdict in &stop.verdicts {
        line(format_args!("    {}: {}{}", verdict.service, verdict.reason, notice(verdict)));
    }
    text
}

/// C4.8.
fn notice(verdict: &StopVerdict) -> &'static str {
    match verdict.notice.as_deref() {
        Some("no_contact") => "; it has no contact to tell",
        Some("delivered") => "; its contacts were told in time",
        Some("pending") => "; its contacts are still to be told",
        Some("not_delivered") => "; its contacts were NOT told in time",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use contract::Instant;

    use super::*;

    const CALENDAR: &str = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nSUMMARY:new storage\n\
        DTSTART:20261206T210000Z\nDTEND:20261206T223000Z\nEND:VEVENT\nBEGIN:VEVENT\nUID:b\n\
        SUMMARY:new network\nDTSTART:20261206T220000\nDURATION:PT90M\nEND:VEVENT\nEND:VCALENDAR\n";

    fn events(text: &str) -> Result<Vec<Event>, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stops.ics");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn view(id: Option<&str>, notice: Option<&str>) -> StopView {
        StopView {
            id: id.map(str::to_owned),
            services: vec!["portal".to_owned()],
            timezone: "Europe/Stockholm".to_owned(),
            from: at("2026-12-06T21:00:00Z"),
            until: at("2026-12-06T22:30:00Z"),
            reason: "new storage".to_owned(),
            by: "anna".to_owned(),
            announced_at: at("2026-11-23T08:00:00Z"),
            agreed: None,
            event: Some("a".to_owned()),
            cancelled: None,
            verdicts: vec![StopVerdict {
                service: "portal".to_owned(),
                verdict: "valid".to_owned(),
                in_office_hours: false,
                reason: "valid: it starts in time".to_owned(),
                notice: notice.map(str::to_owned),
            }],
        }
    }

    #[test]
    fn events_are_sent_as_instants_or_as_local_time_of_the_services() {
        let planned: Vec<PlannedEvent> = events(CALENDAR).unwrap().iter().map(planned).collect();
        let windows: Vec<_> = planned.iter().map(|it| (it.from.as_str(), &*it.until)).collect();
        assert_eq!(
            windows,
            [
                ("2026-12-06T21:00:00.000Z", "2026-12-06T22:30:00.000Z"),
                ("2026-12-06T22:00:00", "PT90M"),
            ]
        );
        assert_eq!((planned[1].uid.as_str(), &*planned[1].reason), ("b", "new network"));
    }

    #[test]
    fn c4_3_a_recurring_event_is_refused_with_its_place_before_the_agent_is_asked() {
        let text = CALENDAR.replace("UID:b", "UID:b\nRRULE:FREQ=MONTHLY");
        let failure = events(&text).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains("stops.ics:10: the event recurs"), "{}", failure.message);
        assert!(failure.message.ends_with("\nnothing was recorded"), "{}", failure.message);
        let missing = read(Path::new("/nowhere/stops.ics")).unwrap_err();
        assert!(missing.message.starts_with("failed to read /nowhere/stops.ics"));
    }

    #[test]
    fn an_import_with_a_refused_event_fails_and_says_why() {
        let events = events(CALENDAR).unwrap();
        let refused = EventView {
            uid: "a".to_owned(),
            stops: Vec::new(),
            refused: Some("it is announced already, as S1".to_owned()),
        };
        let path = Path::new("stops.ics");
        let said = describe_event(path, &events[0], &refused);
        assert_eq!(said, "stops.ics:2: new storage\n    refused: it is announced already, as S1\n");
        let reply = Reply::Imported { events: vec![refused], recorded: false };
        assert!(has_refusals(&reply) && outcome(&reply, false).contains("refused"));
        let dry = Reply::Imported { events: Vec::new(), recorded: false };
        assert!(!has_refusals(&dry) && outcome(&dry, false) == DRY_RUN);
    }

    #[test]
    fn a_stop_is_shown_in_local_time_and_utc_with_its_notice() {
        assert_eq!(
            describe_stop(&view(Some("S1"), Some("not_delivered"))),
            "S1  2026-12-06T22:00:00.000+01:00 until 2026-12-06T23:30:00.000+01:00  portal\n    \
             in UTC 2026-12-06T21:00:00.000Z until 2026-12-06T22:30:00.000Z\n    \
             new storage\n    \
             announced 2026-11-23T09:00:00.000+01:00 by anna\n    \
             portal: valid: it starts in time; its contacts were NOT told in time\n"
        );
        let dry = describe_stop(&view(None, None));
        assert!(dry.starts_with("(not announced)") && !dry.contains("by anna"), "{dry}");
    }
}
