//! Adjustments: claimed, decided, listed (C5).

use contract::contracts::Contracts;
use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::{Adjustment, Fact, History};

use super::protocol::{Claim, Reply};
use super::requests::{Refusal, Requests, known_service, next_id};
use super::rights::{Peer, may_adjust};
use super::views::{AdjustmentView, DecisionView};
use super::when::window;

const EVIDENCE_BYTES_MAX: usize = 4_000;
const INTERVAL_MS_MAX: i64 = 366 * 86_400_000;
/// The newest are listed.
const LISTED_MAX: usize = 500;

impl Requests {
    pub(super) fn list_adjustments(&self, service: Option<&str>) -> Result<Reply, Refusal> {
        self.ledger.read(|history| {
            if let Some(service) = service {
                known_service(history, service)?;
            }
            let is_asked = |made: &&Adjustment| service.is_none_or(|name| name == made.service);
            let newest = history.adjustments().iter().rev().filter(is_asked).take(LISTED_MAX);
            let mut contracts = Contracts::default();
            let mut adjustments: Vec<AdjustmentView> =
                newest.map(|made| view(history, &mut contracts, made)).collect();
            adjustments.reverse();
            Ok(Reply::Adjustments { adjustments })
        })
    }

    pub(super) async fn claim(&self, peer: &Peer, asked: &Claim) -> Result<Reply, Refusal> {
        may_adjust(peer)?;
        let (kind, ground) = (asked.kind, asked.ground);
        check_ground(kind, ground)?;
        let evidence = asked.evidence.trim();
        if evidence.is_empty() || evidence.len() > EVIDENCE_BYTES_MAX {
            return Err(format!(
                "give evidence of at most {EVIDENCE_BYTES_MAX} bytes: who claims has to show it \
                 (C5.1)"
            ));
        }
        let _turn = self.turn.lock().await;
        let now = self.clock.now().wall;
        let (id, interval) = self.ledger.read(|history| {
            known_service(history, &asked.service)?;
            let terms = Contracts::default().running(history, &asked.service, now).terms;
            let interval = window(&asked.from, &asked.until, Some(terms.zone()))?;
            if interval.ms() > INTERVAL_MS_MAX {
                return Err("the interval is longer than 366 days: claim it in parts".to_owned());
            }
            if interval.until > now {
                return Err(format!(
                    "the interval ends at {}, which is still to come: claim it up to now, and the \
                     rest when it is over",
                    interval.until
                ));
            }
            let ids = history.adjustments().iter().map(|made| made.id.as_str());
            Ok((next_id('A', ids), interval))
        })?;
        let fact = Fact::AdjustmentClaimed {
            id: id.clone(),
            kind,
            service: asked.service.clone(),
            from: interval.from,
            until: interval.until,
            ground,
            evidence: evidence.to_owned(),
            by: peer.account.clone(),
        };
        self.record(now, fact).await?;
        tracing::info!(
            adjustment = id,
            by = peer.account,
            service = asked.service,
            ground = ground.as_str(),
            "adjustment claimed"
        );
        self.shown_adjustment(&id)
    }

    pub(super) async fn decide(
        &self,
        peer: &Peer,
        id: &str,
        decision: Decision,
    ) -> Result<Reply, Refusal> {
        may_adjust(peer)?;
        let _turn = self.turn.lock().await;
        self.ledger.read(|history| {
            let made = history.adjustment(id).ok_or_else(|| {
                format!("no adjustment is called {id:?}; see `upptid adjust list`")
            })?;
            // C5.3: a setting of the terms under which the claimed time falls.
            let terms = Contracts::default().running(history, &made.service, made.interval.from);
            if terms.terms.terms().four_eyes && made.by == peer.account {
                return Err(format!(
                    "{} claimed {id}: somebody else has to decide it (C5.3, four_eyes)",
                    made.by
                ));
            }
            match made.decisions.last() {
                Some(last) if last.decision == decision => {
                    Err(format!("{id} is {} already, by {}", word(decision), last.by))
                }
                _ => Ok(()),
            }
        })?;
        let fact =
            Fact::AdjustmentDecided { id: id.to_owned(), decision, by: peer.account.clone() };
        self.record(self.clock.now().wall, fact).await?;
        let decision = word(decision);
        tracing::info!(adjustment = id, by = peer.account, decision, "adjustment decided");
        self.shown_adjustment(id)
    }

    fn shown_adjustment(&self, id: &str) -> Result<Reply, Refusal> {
        self.ledger
            .read(|history| {
                let made = history.adjustment(id)?;
                Some(view(history, &mut Contracts::default(), made))
            })
            .map(|adjustment| Reply::Adjustment { adjustment })
            .ok_or_else(|| format!("{id} is on record, and cannot be shown"))
    }
}

/// C5.1, C5.2: a fault report puts downtime in, every other ground takes it out.
fn check_ground(kind: AdjustmentKind, ground: Ground) -> Result<(), Refusal> {
    let is_report = ground == Ground::FaultReport;
    match kind {
        AdjustmentKind::Include if !is_report => {
            Err(format!("{} is no ground to include: it is fault_report (C5.2)", ground.as_str()))
        }
        AdjustmentKind::Exclude if is_report => {
            let others = Ground::ALL.iter().filter(|other| **other != Ground::FaultReport);
            let others: Vec<&str> = others.map(|other| other.as_str()).collect();
            Err(format!(
                "fault_report is no ground to exclude: it is one of {} (C5.1)",
                others.join(", ")
            ))
        }
        _ => Ok(()),
    }
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Accepted => "accepted",
        Decision::Rejected => "rejected",
    }
}

fn view(history: &History, contracts: &mut Contracts, made: &Adjustment) -> AdjustmentView {
    let terms = contracts.running(history, &made.service, made.interval.from).terms;
    let decisions = made.decisions.iter().map(|decided| DecisionView {
        at: decided.at,
        decision: decided.decision,
        by: decided.by.clone(),
    });
    AdjustmentView {
        id: made.id.clone(),
        kind: made.kind,
        service: made.service.clone(),
        timezone: terms.terms().timezone.to_string(),
        from: made.interval.from,
        until: made.interval.until,
        ground: made.ground,
        evidence: made.evidence.clone(),
        by: made.by.clone(),
        claimed_at: made.claimed_at,
        decisions: decisions.collect(),
        counts: made.counts(terms.terms().counts),
    }
}
