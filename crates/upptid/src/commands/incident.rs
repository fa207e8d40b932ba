//! `upptid incident`: incidents and their support clock, through the agent's admin socket (C9).

use agent::admin::{IncidentView, Reply, Request};

use super::ask::{ask, local};
use crate::cli::IncidentCommand;
use crate::exit::{Exit, Failure};

/// Lists or acknowledges.
pub fn run(command: &IncidentCommand) -> Result<Exit, Failure> {
    let (agent, request) = match command {
        IncidentCommand::List { service, agent } => {
            (agent, Request::IncidentList { service: service.clone() })
        }
        IncidentCommand::Ack { service, opened, agent } => {
            let (service, opened) = (service.clone(), opened.clone());
            (agent, Request::IncidentAck { service, opened })
        }
    };
    ask(agent, &request, describe)
}

fn describe(reply: &Reply) -> String {
    match reply {
        Reply::Incident { incident } => describe_incident(incident),
        Reply::Incidents { incidents } if incidents.is_empty() => {
            "no incident in this month and the one before\n".to_owned()
        }
        Reply::Incidents { incidents } => incidents.iter().map(describe_incident).collect(),
        _ => String::new(),
    }
}

fn describe_incident(incident: &IncidentView) -> String {
    let local = |instant| local(instant, &incident.timezone);
    let end = incident.closed.map_or("goes on".to_owned(), |at| format!("until {}", local(at)));
    let clock = match incident.response.as_str() {
        "met" => "in time",
        "breached" => "not in time",
        _ => "the clock runs",
    };
    let mut text = format!(
        "{}  {} {end}\n    troubleshooting to start by {}: {clock}\n",
        incident.service,
        local(incident.opened),
        local(incident.response_deadline),
    );
    match (incident.acknowledged, &incident.acknowledged_by) {
        (Some(at), Some(by)) => {
            text.push_str(&format!("    acknowledged {} by {by}\n", local(at)));
        }
        _ => text.push_str("    not acknowledged\n"),
    }
    text
}
