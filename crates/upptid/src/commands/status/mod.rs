//! `upptid status`: what is down, since when, and what is left of the budget.

mod text;
mod watch;

use agent::admin::{Reply, Request, StatusView};

use super::ask::look;
use crate::cli::status::StatusArgs;
use crate::exit::{Exit, Failure};
use crate::terminal;

/// Shows how everything is, once or until told to stop.
pub fn run(args: &StatusArgs) -> Result<Exit, Failure> {
    let status = ask(args)?;
    if args.watch {
        return watch::run(args, status);
    }
    if args.agent.json {
        let reply = Reply::Status { status: status.clone() };
        let document = serde_json::to_string(&reply).map_err(Failure::usage)?;
        terminal::write(&format!("{document}\n"))?;
    } else {
        terminal::write(&text::render(&status, !args.services.is_empty()))?;
    }
    Ok(exit_of(&status))
}

/// Asks the agent.
///
/// # Errors
/// It cannot be reached, or measures no such service.
fn ask(args: &StatusArgs) -> Result<StatusView, Failure> {
    let request = Request::Status { services: args.services.clone() };
    match look(&args.agent.socket, &request)? {
        Reply::Status { status } => Ok(status),
        _ => Err(Failure::new(Exit::Unreachable, "the agent answered something else")),
    }
}

fn exit_of(status: &StatusView) -> Exit {
    let any = |state: &str| status.services.iter().any(|service| service.state == state);
    if any("down") {
        return Exit::Down;
    }
    match any("suspected") || any("unmeasured") {
        true => Exit::Unmeasured,
        false => Exit::Done,
    }
}
