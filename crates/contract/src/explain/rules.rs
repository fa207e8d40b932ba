//! The rules that class a stretch of time, in the order in which they decide.

use std::borrow::Cow;

use super::Rule;
use super::covering::{CoveringAdjustment, CoveringStop};
use super::facts::CitedFact;
use crate::fact::{AdjustmentKind, Decision, Evidence, UnmeasuredCause};
use crate::history::{History, REPORTED};
use crate::outcome::DownCause;
use crate::service_record::{CauseId, StoredState};
use crate::stops::StopVerdict;
use crate::timeline::{BaseFact, Class, DownClass};

/// What is known of a stretch of time.
pub(super) struct Seen<'a> {
    pub history: &'a History,
    pub class: Class,
    pub deciding: Option<BaseFact<'a>>,
    pub evidence: Option<&'a Evidence>,
    pub stops: &'a [CoveringStop],
}

impl Seen<'_> {
    pub fn rules(&self, facts: &[CitedFact], adjustments: &[CoveringAdjustment]) -> Vec<Rule> {
        match self.class {
            Class::NotInService => vec![rule("C2.4", "the service was outside the contract")],
            Class::Up => {
                vec![rule("C3.7", "a login succeeded, and its result holds to the next attempt")]
            }
            Class::Unmeasured { cause, shielded } => {
                vec![self.unmeasured(cause), lower_bound(shielded)]
            }
            Class::Down { cause, class } => {
                let mut rules = self.down(cause);
                if facts.len() > 1 {
                    let says = "it replaced what was recorded before from the same instant on";
                    rules.push(rule("C3.8", says));
                }
                rules.extend(self.stops.iter().filter_map(stop_rule));
                rules.extend(self.borne_by(class, adjustments));
                rules
            }
        }
    }

    fn unmeasured(&self, cause: UnmeasuredCause) -> Rule {
        match cause {
            UnmeasuredCause::NoRecord => {
                rule("C3.1", "nothing on record covers this time: it is unmeasured")
            }
            UnmeasuredCause::Suspected => {
                rule("C3.8", "a login had failed, and it was neither confirmed nor cleared")
            }
            UnmeasuredCause::OwnNetwork => {
                let asked = self.witnesses().map_or(String::new(), |of| format!(" ({of})"));
                let says = format!(
                    "a login failed in a network phase, and too few witnesses answered{asked}: \
                     the agent's own network could be why"
                );
                rule("C3.3", says)
            }
            UnmeasuredCause::ProbeAccount => {
                rule("C3.5", "the service refused one probe account: that tells of no customer")
            }
            UnmeasuredCause::Unable => rule("C3.8", "the agent could not make the attempt"),
            UnmeasuredCause::Overdue => {
                rule("C3.7", "the next attempt was late: the last result held no longer")
            }
            UnmeasuredCause::Paused => rule("C3.6", "an operator had paused the measuring"),
            UnmeasuredCause::AgentOff => rule("C3.6", "the agent was not running"),
            UnmeasuredCause::Suspended => rule("C3.6", "the machine was asleep"),
            UnmeasuredCause::ClockStep => rule("C3.6", "the machine's clock was stepped"),
        }
    }

    /// Why it is down at all.
    fn down(&self, cause: CauseId) -> Vec<Rule> {
        let is_measured =
            self.deciding.is_some_and(|fact| matches!(fact.state(), StoredState::Down(_)));
        if cause == REPORTED && !is_measured {
            let says = "a fault report of this time counts: it is down, whatever was measured";
            return vec![rule("C5.2", says)];
        }
        let confirmed = "a failed login was confirmed on a fresh connection; downtime runs from \
                         the first failed attempt to the first one that succeeds";
        let mut rules = vec![rule("C3.2", confirmed)];
        let Ok(cause) = self.history.cause(cause).parse::<DownCause>() else { return rules };
        let phrase = cause.phrase();
        rules.push(match (cause, self.witnesses()) {
            (DownCause::AccountsRejected, _) => rule("C3.5", phrase),
            (cause, None) if cause.is_network() => {
                rule("C3.3", format!("{phrase}; no witness's answer is on record"))
            }
            (cause, Some(of)) if cause.is_network() => {
                rule("C3.3", format!("{phrase}, and enough witnesses answered ({of})"))
            }
            _ => rule("C3.4", format!("the service itself answered: {phrase}")),
        });
        rules
    }

    /// Who bears it (C6.1).
    fn borne_by(&self, class: DownClass, adjustments: &[CoveringAdjustment]) -> Vec<Rule> {
        let exclusions = adjustments.iter().filter(|made| made.kind == AdjustmentKind::Exclude);
        let mut rules: Vec<Rule> = exclusions.clone().filter_map(undecided_rule).collect();
        let winner = exclusions.clone().find(|made| made.counts);
        rules.push(match (class, winner) {
            (DownClass::Planned, _) => rule("C6.1", "planned comes first: it is not lost"),
            (DownClass::Excluded(ground), winner) => {
                let id = winner.map_or(String::new(), |made| format!("{} counts: ", made.id));
                let ground = ground.as_str();
                rule("C6.1", format!("{id}excluded on the ground {ground}: it is not lost"))
            }
            (DownClass::Lost, _) => rule("C6.1", "neither planned nor excluded: it is lost"),
        });
        let side = match class.responsible() {
            crate::Side::Provider => "the provider answers for it",
            crate::Side::Customer => "the customer answers for it",
            crate::Side::ThirdParty => "a third party answers for it",
            crate::Side::Nobody => "nobody answers for it",
        };
        rules.push(rule("C5.5", side));
        rules
    }

    /// `2 of 3`.
    fn witnesses(&self) -> Option<&str> {
        self.evidence?.witnesses.as_deref()
    }
}

fn rule(number: &'static str, says: impl Into<Cow<'static, str>>) -> Rule {
    Rule { rule: number.into(), says: says.into() }
}

fn lower_bound(shielded: bool) -> Rule {
    match shielded {
        true => {
            rule("C6.5", "in a planned stop or an exclusion: the lower bound of T leaves it out")
        }
        false => rule("C6.5", "not lost, and not up: the lower bound of T takes it as lost"),
    }
}

/// What a stop makes of downtime, or why it makes nothing of it.
fn stop_rule(stop: &CoveringStop) -> Option<Rule> {
    let id = &stop.id;
    Some(match stop.verdict {
        StopVerdict::Valid if stop.covers => {
            rule("C4.7", format!("inside {id}, which is valid (C4.2, C4.3)"))
        }
        StopVerdict::Agreed if stop.covers => {
            rule("C4.7", format!("inside {id}, which is otherwise agreed (C4.4)"))
        }
        StopVerdict::Valid | StopVerdict::Agreed => {
            rule("C4.7", format!("after {id} had ended: what overruns is downtime"))
        }
        StopVerdict::Late => {
            rule("C4.2", format!("{id} was not announced in good time: it excludes nothing"))
        }
        StopVerdict::Surplus => {
            rule("C4.3", format!("{id} is more than the month allows: it excludes nothing"))
        }
        StopVerdict::Cancelled => rule("C4.6", format!("{id} was cancelled before it began")),
    })
}

/// Why an exclusion makes nothing of downtime.
fn undecided_rule(made: &CoveringAdjustment) -> Option<Rule> {
    let why = match made.decision {
        _ if made.counts => return None,
        None => "is not decided: it does not count yet",
        Some(Decision::Rejected) => "was rejected: it does not count",
        Some(Decision::Accepted) => return None,
    };
    Some(rule("C5.3", format!("{} {why}", made.id)))
}
