//! `upptid stop`: planned stops, through the agent's admin socket (C4).

use agent::admin::client::ask;
use agent::admin::{Announcement, Reply, Request, StopView};

use crate::cli::{AgentArg, StopCommand};
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
    let reply =
        ask(&agent.socket, &request).map_err(|message| Failure::new(Exit::Unreachable, message))?;
    print_reply(agent, &reply)
}

fn print_reply(agent: &AgentArg, reply: &Reply) -> Result<Exit, Failure> {
    if let Reply::Refused { error } = reply {
        return Err(Failure::new(Exit::Down, format!("refused: {error}")));
    }
    if agent.json {
        println!("{}", serde_json::to_string(reply).map_err(Failure::usage)?);
        return Ok(Exit::Done);
    }
    match reply {
        Reply::Stop { stop, recorded } => {
            print!("{}", describe(stop));
            if !recorded {
                println!("nothing was recorded: this was a dry run");
            }
        }
        Reply::Stops { stops } if stops.is_empty() => println!("no planned stop is announced"),
        Reply::Stops { stops } => {
            stops.iter().for_each(|stop| print!("{}", describe(stop)));
        }
        Reply::Refused { .. } => {}
    }
    Ok(Exit::Done)
}

fn describe(stop: &StopView) -> String {
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
