//! `upptid adjust`: adjustments, through the agent's admin socket (C5).

use agent::admin::{AdjustmentView, Claim, Reply, Request};
use contract::fact::{AdjustmentKind, Decision, Ground};

use super::ask::{ask, local};
use crate::cli::adjust::{AdjustCommand, AdjustmentKindArg, ClaimArgs};
use crate::exit::{Exit, Failure};

/// Claims, decides or lists.
pub fn run(command: &AdjustCommand) -> Result<Exit, Failure> {
    let (agent, request) = match command {
        AdjustCommand::Claim(args) => (&args.agent, Request::AdjustClaim(claim(args)?)),
        AdjustCommand::Decide { id, accept, agent, .. } => {
            let decision = if *accept { Decision::Accepted } else { Decision::Rejected };
            (agent, Request::AdjustDecide { id: id.clone(), decision })
        }
        AdjustCommand::List { service, agent } => {
            (agent, Request::AdjustList { service: service.clone() })
        }
    };
    ask(agent, &request, describe)
}

fn claim(args: &ClaimArgs) -> Result<Claim, Failure> {
    let ground = Ground::ALL.into_iter().find(|ground| ground.as_str() == args.ground);
    Ok(Claim {
        service: args.service.clone(),
        kind: match args.kind {
            AdjustmentKindArg::Exclude => AdjustmentKind::Exclude,
            AdjustmentKindArg::Include => AdjustmentKind::Include,
        },
        from: args.from.clone(),
        until: args.until.clone(),
        ground: ground.ok_or_else(|| Failure::usage("--ground is none of the known ones"))?,
        evidence: args.evidence.clone(),
    })
}

fn describe(reply: &Reply) -> String {
    match reply {
        Reply::Adjustment { adjustment } => describe_adjustment(adjustment),
        Reply::Adjustments { adjustments } if adjustments.is_empty() => {
            "no adjustment is claimed\n".to_owned()
        }
        Reply::Adjustments { adjustments } => adjustments.iter().map(describe_adjustment).collect(),
        _ => String::new(),
    }
}

fn describe_adjustment(made: &AdjustmentView) -> String {
    let local = |instant| local(instant, &made.timezone);
    let kind = match made.kind {
        AdjustmentKind::Exclude => "exclude",
        AdjustmentKind::Include => "include",
    };
    let mut text = format!(
        "{}  {kind}  {} until {}  {}\n    {}: {}\n    claimed {} by {}\n",
        made.id,
        local(made.from),
        local(made.until),
        made.service,
        made.ground.as_str(),
        made.evidence,
        local(made.claimed_at),
        made.by,
    );
    for decided in &made.decisions {
        let word = match decided.decision {
            Decision::Accepted => "accepted",
            Decision::Rejected => "rejected",
        };
        text.push_str(&format!("    {word} {} by {}\n", local(decided.at), decided.by));
    }
    let waits = if made.decisions.is_empty() { "not decided; " } else { "" };
    let counts = if made.counts { "counts" } else { "does not count" };
    text.push_str(&format!("    {waits}it {counts}\n"));
    text
}
