//! Claims of a price reduction: listed, submitted, settled (C7.4, C7.5).

use contract::{
    ClaimState, Contracts, Fact, History, Instant, Money, Month, MonthClaim, month_claims,
};

use super::protocol::Reply;
use super::requests::{Refusal, Requests, known_service};
use super::rights::{Peer, may_adjust};
use super::views::{ReductionClaimView, SettledView, SubmittedView};

const REFERENCE_BYTES_MAX: usize = 200;
/// The newest are listed.
const LISTED_MAX: usize = 500;

impl Requests {
    pub(super) fn list_claims(&self, service: Option<&str>) -> Result<Reply, Refusal> {
        let now = self.clock.now().wall;
        self.ledger.read(|history| {
            if let Some(service) = service {
                known_service(history, service)?;
            }
            let mut contracts = Contracts::default();
            let asked = |name: &&str| service.is_none_or(|wanted| wanted == *name);
            let mut claims = Vec::new();
            for service in history.services().filter(asked) {
                let of_service = month_claims(history, &mut contracts, service, now);
                claims.extend(of_service.into_iter().map(|claim| view(history, service, claim)));
            }
            claims.sort_by(|a, b| (a.month, &a.service).cmp(&(b.month, &b.service)));
            claims.drain(..claims.len().saturating_sub(LISTED_MAX));
            Ok(Reply::ReductionClaims { claims })
        })
    }

    /// C7.4: the customer has claimed, in time.
    pub(super) async fn submit_claim(
        &self,
        peer: &Peer,
        service: &str,
        month: &str,
        reference: Option<String>,
    ) -> Result<Reply, Refusal> {
        may_adjust(peer)?;
        let month = parse_month(month)?;
        let reference = reference.map(|text| checked_reference(&text)).transpose()?;
        let _turn = self.turn.lock().await;
        let now = self.clock.now().wall;
        let claim = self.claim_of(service, month, now)?;
        let deadline = claim.deadline.map(|date| date.to_string()).unwrap_or_default();
        match (claim.state, &claim.record.submitted) {
            (ClaimState::Open, _) => {}
            (ClaimState::Lapsed, _) => {
                return Err(format!(
                    "the reduction of {service} for {month} could be claimed until {deadline} \
                     (C7.4), and has lapsed: what the customer is given all the same is to be \
                     agreed outside of this contract"
                ));
            }
            (_, Some(made)) => {
                return Err(format!(
                    "it is claimed already: {} recorded it at {}",
                    made.by, made.at
                ));
            }
            (_, None) => return Err("it is settled already".to_owned()),
        }
        let (service, by) = (service.to_owned(), peer.account.clone());
        let fact = Fact::ClaimSubmitted { service: service.clone(), month, by, reference };
        self.record(now, fact).await?;
        tracing::info!(service, %month, by = peer.account, "reduction claimed");
        self.shown_claim(&service, month, now)
    }

    /// C7.5: what was claimed is credited, or refused with an amount of nothing.
    pub(super) async fn settle_claim(
        &self,
        peer: &Peer,
        service: &str,
        month: &str,
        amount: Option<&str>,
    ) -> Result<Reply, Refusal> {
        may_adjust(peer)?;
        let month = parse_month(month)?;
        let _turn = self.turn.lock().await;
        let now = self.clock.now().wall;
        let claim = self.claim_of(service, month, now)?;
        match (claim.state, &claim.record.settled) {
            (ClaimState::Submitted, _) if claim.is_provisional => {
                return Err(format!(
                    "{month} is not closed yet, and its reduction may change: settle it afterwards"
                ));
            }
            (ClaimState::Submitted, _) => {}
            (ClaimState::Settled, Some(made)) => {
                return Err(format!(
                    "it is settled already, with {}: {} recorded it at {}",
                    made.amount, made.by, made.at
                ));
            }
            _ => {
                return Err(format!(
                    "the customer has not claimed it: record that first with `upptid claim submit \
                     {service} --month {month}`"
                ));
            }
        }
        let amount = settled_amount(&claim, amount)?;
        let (service, by) = (service.to_owned(), peer.account.clone());
        let told = amount.to_string();
        let fact = Fact::ClaimSettled { service: service.clone(), month, amount, by };
        self.record(now, fact).await?;
        tracing::info!(service, %month, by = peer.account, amount = told, "claim settled");
        self.shown_claim(&service, month, now)
    }

    fn claim_of(&self, service: &str, month: Month, now: Instant) -> Result<MonthClaim, Refusal> {
        self.ledger.read(|history| {
            known_service(history, service)?;
            let claims = month_claims(history, &mut Contracts::default(), service, now);
            claims.into_iter().find(|claim| claim.month == month).ok_or_else(|| {
                format!(
                    "{service} has no reduction for {month}; see `upptid claim list --service \
                     {service}`"
                )
            })
        })
    }

    fn shown_claim(&self, service: &str, month: Month, now: Instant) -> Result<Reply, Refusal> {
        let claim = self.claim_of(service, month, now)?;
        let claim = self.ledger.read(|history| view(history, service, claim));
        Ok(Reply::ReductionClaim { claim })
    }
}

fn parse_month(text: &str) -> Result<Month, Refusal> {
    text.parse()
}

fn checked_reference(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.len() > REFERENCE_BYTES_MAX {
        return Err(format!("give a reference of at most {REFERENCE_BYTES_MAX} bytes, or none"));
    }
    Ok(text.to_owned())
}

/// What is credited: the reduction, unless another amount in its currency is named.
fn settled_amount(claim: &MonthClaim, amount: Option<&str>) -> Result<Money, Refusal> {
    let amount: Option<Money> = amount.map(str::parse).transpose()?;
    match (amount, &claim.reduction) {
        (Some(amount), Some(reduction)) if amount.currency() != reduction.currency() => Err(
            format!("the reduction is in {}, not in {}", reduction.currency(), amount.currency()),
        ),
        (Some(amount), _) => Ok(amount),
        (None, Some(reduction)) => Ok(reduction.clone()),
        (None, None) => {
            Err("no monthly fee was set: say what was credited with --amount".to_owned())
        }
    }
}

fn view(history: &History, service: &str, claim: MonthClaim) -> ReductionClaimView {
    let setting = history.setting_in_force(service, claim.month);
    ReductionClaimView {
        service: service.to_owned(),
        customer: setting.and_then(|set| set.customer.clone()),
        month: claim.month,
        timezone: claim.zone.iana_name().unwrap_or("UTC").to_owned(),
        level: claim.level,
        reduction_percent: claim.reduction_percent,
        reduction: claim.reduction,
        deadline: claim.deadline,
        state: claim.state,
        provisional: claim.is_provisional,
        submitted: claim.record.submitted.map(|made| SubmittedView {
            at: made.at,
            by: made.by,
            reference: made.reference,
        }),
        settled: claim.record.settled.map(|made| SettledView {
            at: made.at,
            by: made.by,
            amount: made.amount,
        }),
    }
}
