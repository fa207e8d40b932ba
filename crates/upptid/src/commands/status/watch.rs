//! Goes on showing how everything is: on a terminal all of it, elsewhere a line for each change.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stdout};
use std::thread;
use std::time::Duration;

use agent::admin::{ServiceStatus, StatusView};
use contract::Instant;
use serde_json::json;

use super::{ask, text};
use crate::cli::status::StatusArgs;
use crate::exit::{Exit, Failure};
use crate::terminal;

/// How often the agent is asked.
const INTERVAL: Duration = Duration::from_secs(1);
const HOME: &str = "\x1b[H\x1b[J";

/// Shows `first`, and what comes after it until told to stop, or until nobody reads it.
pub fn run(args: &StatusArgs, first: StatusView) -> Result<Exit, Failure> {
    let redraws = stdout().is_terminal() && !args.agent.json;
    let mut told = Told::default();
    let mut status: Result<StatusView, Failure> = Ok(first);
    loop {
        let goes_on = match (&status, redraws) {
            (Ok(status), true) => draw(&text::render(status, !args.services.is_empty()))?,
            (Err(failure), true) => draw(&format!("{}\n", failure.message))?,
            (Ok(status), false) => terminal::write(&told.changes(status, args.agent.json))?,
            (Err(failure), false) => terminal::write(&told.lost(failure, args.agent.json))?,
        };
        if !goes_on {
            return Ok(Exit::Done);
        }
        thread::sleep(INTERVAL);
        // An agent that is restarted comes back.
        status = ask(args);
    }
}

fn draw(text: &str) -> Result<bool, Failure> {
    // The cursor moves whether or not colours are wanted.
    let _ = stdout().write_all(HOME.as_bytes());
    terminal::write(text)
}

/// What was said last.
#[derive(Default)]
struct Told {
    states: BTreeMap<String, (String, Option<String>)>,
    trouble: Vec<String>,
    /// Since when the agent cannot be reached.
    lost: bool,
    latest: Option<Instant>,
}

impl Told {
    /// A line for each service whose state is another than it was told last, and for each new
    /// trouble. At first, those that are up are only counted.
    fn changes(&mut self, status: &StatusView, json: bool) -> String {
        let mut text = String::new();
        let is_first = self.latest.is_none();
        let at = status.at;
        if is_first && !json {
            let up = status.services.iter().filter(|service| service.state == "up").count();
            text += &format!("{at} {} {up} of {} up\n", status.agent, status.services.len());
        }
        if std::mem::take(&mut self.lost) {
            text += &match json {
                true => format!("{}\n", json!({"at": at, "agent": "reached"})),
                false => format!("{at} the agent answers again\n"),
            };
        }
        for trouble in status.trouble.iter().filter(|trouble| !self.trouble.contains(trouble)) {
            text += &match json {
                true => format!("{}\n", json!({"at": at, "trouble": trouble})),
                false => format!("{at} trouble: {trouble}\n"),
            };
        }
        for service in &status.services {
            let now = (service.state.clone(), service.cause.clone());
            let was = self.states.insert(service.service.clone(), now.clone());
            let is_told = match &was {
                None => service.state != "up" || json,
                Some(was) => *was != now,
            };
            if is_told {
                text += &change(service, was, at, json);
            }
        }
        self.trouble.clone_from(&status.trouble);
        self.latest = Some(at);
        text
    }

    /// A line when the agent can be reached no longer.
    fn lost(&mut self, failure: &Failure, json: bool) -> String {
        if std::mem::replace(&mut self.lost, true) {
            return String::new();
        }
        match json {
            true => format!("{}\n", json!({"agent": "unreachable", "message": failure.message})),
            false => format!("{}\n", failure.message),
        }
    }
}

fn change(
    service: &ServiceStatus,
    was: Option<(String, Option<String>)>,
    at: Instant,
    json: bool,
) -> String {
    let ServiceStatus { service: name, state, cause, .. } = service;
    let was = was.map(|(state, _)| state);
    if json {
        let line = json!({
            "at": at, "service": name, "state": state, "cause": cause, "since": service.since,
            "was": was,
        });
        return format!("{line}\n");
    }
    let cause = cause.as_ref().map_or(String::new(), |cause| format!(" ({cause})"));
    let since = service.since;
    let was = was.map_or(String::new(), |was| format!(", was {was}"));
    format!("{at} {name} {state}{cause} since {since}{was}\n")
}
