//! Answers people's requests: what they may do, what it would count for, and that it is recorded.

use std::sync::Arc;

use contract::{Fact, History, Instant};
use ledger::Ledger;
use tokio::sync::Mutex;

use super::protocol::{Reply, Request};
use super::rights::Peer;
use super::status::Sight;
use crate::clock::Clock;
use crate::wishes::Wishes;

/// Answers people's requests, one at a time: a request sees all that earlier ones have recorded.
pub struct Requests {
    pub(super) ledger: Ledger,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) wishes: Wishes,
    pub(super) sight: Sight,
    /// Held from the look at what is recorded until the answer to it is.
    pub(super) turn: Mutex<()>,
}

/// Why a request is refused: a fragment that fits "refused: …" and says what to do.
pub type Refusal = String;

impl Requests {
    /// Answers out of, and into, `ledger`; what bears on measuring goes to `wishes`, too, and what
    /// is live comes through `sight`.
    pub fn new(ledger: Ledger, clock: Arc<dyn Clock>, wishes: Wishes, sight: Sight) -> Self {
        Self { ledger, clock, wishes, sight, turn: Mutex::new(()) }
    }

    /// Answers one request of `peer`.
    pub async fn answer(&self, peer: &Peer, request: Request) -> Reply {
        let answer = match request {
            Request::Status { services } => self.status(&services).await,
            Request::Explain { service, at } => self.explain(&service, at.as_deref()).await,
            Request::StopList { service } => self.list_stops(service.as_deref()),
            Request::StopAnnounce(announcement) => self.announce_stop(peer, &announcement).await,
            Request::StopImport(import) => self.import_stops(peer, &import).await,
            Request::StopCancel { id } => self.cancel_stop(peer, &id).await,
            Request::AdjustClaim(claim) => self.claim(peer, &claim).await,
            Request::AdjustDecide { id, decision } => self.decide(peer, &id, decision).await,
            Request::AdjustList { service } => self.list_adjustments(service.as_deref()),
            Request::IncidentList { service } => self.list_incidents(service.as_deref()),
            Request::IncidentAck { service, opened } => {
                self.acknowledge(peer, &service, opened.as_deref()).await
            }
            Request::IncidentReport { service, opened } => {
                self.report_incident(&service, opened.as_deref())
            }
            Request::IncidentNotifiable { service, opened, detected } => {
                let (opened, detected) = (opened.as_deref(), detected.as_deref());
                self.mark_notifiable(peer, &service, opened, detected).await
            }
            Request::IncidentReported { service, opened, stage, reference } => {
                self.reported(peer, &service, opened.as_deref(), stage, reference).await
            }
            Request::ClaimList { service } => self.list_claims(service.as_deref()),
            Request::ClaimSubmit { service, month, reference } => {
                self.submit_claim(peer, &service, &month, reference).await
            }
            Request::ClaimSettle { service, month, amount } => {
                self.settle_claim(peer, &service, &month, amount.as_deref()).await
            }
            Request::Pause { service, reason } => self.pause(peer, &service, &reason).await,
            Request::Resume { service } => self.resume(peer, &service).await,
        };
        answer.unwrap_or_else(|error| Reply::Refused { error })
    }

    /// Records what a person wants; it lasts when this returns.
    pub(super) async fn record(&self, at: Instant, fact: Fact) -> Result<(), Refusal> {
        self.record_all(vec![(at, fact)]).await
    }

    /// Records several facts together.
    pub(super) async fn record_all(&self, facts: Vec<(Instant, Fact)>) -> Result<(), Refusal> {
        self.ledger.record(facts).await.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// Refuses a service that nothing on record names.
pub(super) fn known_service(history: &History, service: &str) -> Result<(), Refusal> {
    if history.services().any(|known| known == service) {
        return Ok(());
    }
    Err(format!("no service is called {service:?}; `upptid check` lists them"))
}

/// `S1`, `S2`, …: one more than the highest of `ids` that begin with `letter`.
pub(super) fn next_id<'a>(letter: char, ids: impl Iterator<Item = &'a str>) -> String {
    let numbers = ids.filter_map(|id| id.strip_prefix(letter)?.parse().ok());
    let highest: u64 = numbers.max().unwrap_or(0);
    format!("{letter}{}", highest.saturating_add(1))
}
