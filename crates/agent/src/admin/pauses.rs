//! Measuring paused by an operator, and resumed (C3.6).

use contract::{Fact, Pause};

use super::protocol::Reply;
use super::requests::{Refusal, Requests};
use super::rights::{Peer, may_operate};
use super::views::PauseView;
use crate::wishes::{Wish, pause_message};

const REASON_BYTES_MAX: usize = 500;

impl Requests {
    pub(super) async fn pause(
        &self,
        peer: &Peer,
        service: &str,
        reason: &str,
    ) -> Result<Reply, Refusal> {
        may_operate(peer)?;
        let reason = reason.trim();
        if reason.is_empty() || reason.len() > REASON_BYTES_MAX {
            return Err(format!("give a reason of at most {REASON_BYTES_MAX} bytes"));
        }
        let _turn = self.turn.lock().await;
        self.is_measured(service).await?;
        if let Some(paused) = self.paused(service) {
            let (told, since) = (pause_message(&paused), paused.at);
            return Err(format!("{service} is {told} (since {since})"));
        }
        // First on record, so that it holds over a restart whatever happens next.
        let (by, reason) = (peer.account.clone(), reason.to_owned());
        let fact = Fact::MeasuringPaused { service: service.to_owned(), by, reason };
        self.record(self.clock.now().wall, fact).await?;
        let paused = self
            .paused(service)
            .ok_or_else(|| format!("the pause of {service} is on record, and cannot be shown"))?;
        self.wishes.ask(service, Wish::Pause { message: pause_message(&paused) }).await;
        tracing::info!(service, by = paused.by, reason = paused.reason, "measuring paused");
        let (by, at, reason) = (paused.by, paused.at, paused.reason);
        let paused = Some(PauseView { by, at, reason });
        Ok(Reply::Measuring { service: service.to_owned(), paused })
    }

    pub(super) async fn resume(&self, peer: &Peer, service: &str) -> Result<Reply, Refusal> {
        may_operate(peer)?;
        let _turn = self.turn.lock().await;
        self.is_measured(service).await?;
        if self.paused(service).is_none() {
            return Err(format!("{service} is not paused"));
        }
        let (service, by) = (service.to_owned(), peer.account.clone());
        let fact = Fact::MeasuringResumed { service: service.clone(), by };
        self.record(self.clock.now().wall, fact).await?;
        self.wishes.ask(&service, Wish::Resume).await;
        tracing::info!(service, by = peer.account, "measuring resumed");
        Ok(Reply::Measuring { service, paused: None })
    }

    async fn is_measured(&self, service: &str) -> Result<(), Refusal> {
        if self.wishes.ask(service, Wish::Look).await {
            return Ok(());
        }
        Err(format!("no service called {service:?} is measured; `upptid check` lists them"))
    }

    fn paused(&self, service: &str) -> Option<Pause> {
        self.ledger.read(|history| history.pause(service).cloned())
    }
}
