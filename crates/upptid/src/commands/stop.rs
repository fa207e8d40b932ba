//! `upptid stop`: planned stops, through the agent's admin socket (C4).

use agent::admin::{Announcement, Reply, Request, StopView};

use super::ask::ask;
use crate::cli::StopCommand;
use crate::exit::{Exit, Failure};

/// Announces, cancels or lists.
pub fn run(command: &StopCommand) -> Result<Exit, Failure> {
    let (agent, request) = match command {
        StopCommand::Announce(args) => {
            let announcement = Announcement {
                services: args.services.clone(),
                from: args.from.clone(),
                until: args.until.clone(),
                reason: args.reason.clone(),
                agreed: args.agreed.clone(),
                dry_run: args.dry_run,
            };
            (&args.agent, Request::StopAnnounce(announcement))
        }
        StopCommand::Cancel { id, agent } => (agent, Request::StopCancel { id: id.clone() }),
        StopCommand::List { agent } => (agent, Request::StopList),
    };
    ask(agent, &request, describe)
}

fn describe(reply: &Reply) -> String {
    match reply {
        Reply::Stop { stop, recorded: true } => describe_stop(stop),
        Reply::Stop { stop, recorded: false } => {
            describe_stop(stop) + "nothing was recorded: this was a dry run\n"
        }
        Reply::Stops { stops } if stops.is_empty() => "no planned stop is announced\n".to_owned(),
        Reply::Stops { stops } => stops.iter().map(describe_stop).collect(),
        _ => String::new(),
    }
}

fn describe_stop(stop: &StopView) -> String {
    let id = stop.id.as_deref().unwrap_or("(dry run)");
    let mut text = format!(
        "{id}  {} until {}  {}\n    {}, announced {} by {}\n",
        stop.from,
        stop.until,
        stop.services.join(", "),
        stop.reason,
        stop.announced_at,
        stop.by,
    );
    if let Some(agreed) = &stop.agreed {
        text.push_str(&format!("    agreed: {agreed}\n"));
    }
    for verdict in &stop.verdicts {
        let hours = if verdict.in_office_hours { ", in office hours" } else { "" };
        let (service, word) = (&verdict.service, &verdict.verdict);
        text.push_str(&format!("    {service}: {word}{hours}: {}\n", verdict.reason));
    }
    text
}
