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
use crate::cli::{AnnounceArgs, ImportArgs, StopCommand};
use crate::exit::{Exit, Failure};

/// Announces, imports, cancels or lists.
pub fn run(command: &StopCommand) -> Result<Exit, Failure> {
    let (agent, request) = match command {
        StopCommand::Announce(args) => (&args.agent, Request::StopAnnounce(announcement(args))),
        StopCommand::Import(args) => return import(args),
        StopCommand::Cancel { id, agent } => (agent, Request::StopCancel { id: id.clone() }),
        StopCommand::List { agent } => (agent, Request::StopList),
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
