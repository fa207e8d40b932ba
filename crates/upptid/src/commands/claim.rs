//! `upptid claim`: claims of price reductions, through the agent's admin socket (C7.4, C7.5).

use agent::admin::{ReductionClaimView, Reply, Request};
use contract::ClaimState;

use super::ask::{ask, local};
use crate::cli::claim::ClaimCommand;
use crate::exit::{Exit, Failure};

/// Lists, submits or settles.
pub fn run(command: &ClaimCommand) -> Result<Exit, Failure> {
    let (agent, request) = match command {
        ClaimCommand::List { service, agent } => {
            (agent, Request::ClaimList { service: service.clone() })
        }
        ClaimCommand::Submit { service, month, reference, agent } => {
            let (service, month) = (service.clone(), month.clone());
            (agent, Request::ClaimSubmit { service, month, reference: reference.clone() })
        }
        ClaimCommand::Settle { service, month, amount, agent } => {
            let (service, month) = (service.clone(), month.clone());
            (agent, Request::ClaimSettle { service, month, amount: amount.clone() })
        }
    };
    ask(agent, &request, describe)
}

fn describe(reply: &Reply) -> String {
    match reply {
        Reply::ReductionClaim { claim } => describe_claim(claim),
        Reply::ReductionClaims { claims } if claims.is_empty() => {
            "no month gives a reduction\n".to_owned()
        }
        Reply::ReductionClaims { claims } => claims.iter().map(describe_claim).collect(),
        _ => String::new(),
    }
}

fn describe_claim(claim: &ReductionClaimView) -> String {
    let local = |instant| local(instant, &claim.timezone);
    let provisional = if claim.provisional { ", provisional" } else { "" };
    let money = claim.reduction.as_ref().map_or(String::new(), |money| format!(", {money}"));
    let mut text = format!(
        "{}  {}  {}{provisional}\n    level {}: {} % of the monthly fee{money}\n",
        claim.month,
        claim.service,
        claim.state.as_str(),
        claim.level,
        claim.reduction_percent,
    );
    if let Some(deadline) = claim.deadline {
        let word = if claim.state == ClaimState::Lapsed { "it could be" } else { "to be" };
        text.push_str(&format!("    {word} claimed by {deadline}\n"));
    }
    if let Some(made) = &claim.submitted {
        let reference = made.reference.as_ref().map_or(String::new(), |it| format!(" ({it})"));
        text.push_str(&format!(
            "    claimed{reference}; recorded {} by {}\n",
            local(made.at),
            made.by
        ));
    }
    if let Some(made) = &claim.settled {
        let (amount, at, by) = (&made.amount, local(made.at), &made.by);
        text.push_str(&format!("    settled with {amount}; recorded {at} by {by}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use agent::admin::SubmittedView;

    use super::*;

    #[test]
    fn c7_5_a_claim_is_told_with_its_state_and_deadline() {
        let claim = ReductionClaimView {
            service: "portal".to_owned(),
            customer: None,
            month: "2026-10".parse().unwrap(),
            timezone: "Europe/Stockholm".to_owned(),
            level: 1,
            reduction_percent: 10.into(),
            reduction: Some("1250.00 SEK".parse().unwrap()),
            deadline: Some("2026-12-06".parse().unwrap()),
            state: ClaimState::Submitted,
            provisional: false,
            submitted: Some(SubmittedView {
                at: "2026-11-20T12:00:00Z".parse().unwrap(),
                by: "cilla".to_owned(),
                reference: Some("letter 7".to_owned()),
            }),
            settled: None,
        };
        assert_eq!(
            describe_claim(&claim),
            "2026-10  portal  submitted\n    level 1: 10 % of the monthly fee, 1250.00 SEK\n    \
             to be claimed by 2026-12-06\n    claimed (letter 7); recorded \
             2026-11-20T13:00:00.000+01:00 by cilla\n"
        );
        let lapsed = ReductionClaimView { state: ClaimState::Lapsed, submitted: None, ..claim };
        assert!(describe_claim(&lapsed).contains("it could be claimed by 2026-12-06"));
        let running = ReductionClaimView { provisional: true, state: ClaimState::Open, ..lapsed };
        assert!(describe_claim(&running).starts_with("2026-10  portal  open, provisional\n"));
    }
}
