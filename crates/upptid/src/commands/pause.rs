//! `upptid pause` and `upptid resume`, through the agent's admin socket (C3.6).

use agent::admin::{Reply, Request};

use super::ask::ask;
use crate::cli::pause::{PauseArgs, ResumeArgs};
use crate::exit::{Exit, Failure};

/// Measures a service no more.
pub fn pause(args: &PauseArgs) -> Result<Exit, Failure> {
    let (service, reason) = (args.service.clone(), args.reason.clone());
    ask(&args.agent, &Request::Pause { service, reason }, describe)
}

/// Measures it again.
pub fn resume(args: &ResumeArgs) -> Result<Exit, Failure> {
    ask(&args.agent, &Request::Resume { service: args.service.clone() }, describe)
}

fn describe(reply: &Reply) -> String {
    match reply {
        Reply::Measuring { service, paused: Some(paused) } => format!(
            "{service} is paused by {}: {}\n    until `upptid resume {service}`, also over a \
             restart; the time is unmeasured\n",
            paused.by, paused.reason
        ),
        Reply::Measuring { service, paused: None } => format!("{service} is measured again\n"),
        _ => String::new(),
    }
}
