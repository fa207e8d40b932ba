//! Planned stops: announced, imported from a calendar, cancelled, listed (C4).

use contract::contracts::Contracts;
use contract::{
    Fact, History, Instant, ResolvedTerms, Stop, StopNotice, judge_recorded, stop_notice,
};

use super::announcing::{Planned, Wanted, plan};
use super::protocol::{Announcement, Import, Reply};
use super::requests::{Refusal, Requests, known_service, next_id};
use super::rights::{Peer, may_operate};
use super::views::{CancellationView, EventView, StopVerdict, StopView};

/// Stops are listed from this long before now.
const LISTED_BEFORE_MS: i64 = 62 * 86_400_000;

impl Requests {
    pub(super) fn list_stops(&self, service: Option<&str>) -> Result<Reply, Refusal> {
        let now = self.clock.now().wall;
        let from = now.plus_ms(-LISTED_BEFORE_MS);
        self.ledger.read(|history| {
            if let Some(service) = service {
                known_service(history, service)?;
            }
            let is_asked = |stop: &&Stop| {
                let of_service = |name: &str| stop.services.iter().any(|it| it == name);
                stop.window.until > from && service.is_none_or(of_service)
            };
            let mut stops: Vec<&Stop> = history.stops().iter().filter(is_asked).collect();
            stops.sort_by_key(|stop| (stop.window.from, stop.seq));
            let stops = stops.into_iter().map(|stop| view(history, stop, now)).collect();
            Ok(Reply::Stops { stops })
        })
    }

    pub(super) async fn announce_stop(
        &self,
        peer: &Peer,
        asked: &Announcement,
    ) -> Result<Reply, Refusal> {
        let wanted =
            [Wanted { from: &asked.from, until: &asked.until, reason: &asked.reason, event: None }];
        let agreed = asked.agreed.as_deref();
        let _turn = self.turn_to_record(peer, asked.dry_run).await?;
        let now = self.clock.now().wall;
        let plan = self
            .ledger
            .read(|history| plan(history, &asked.services, agreed, &wanted, now))?
            .remove(0)?;
        let mut stops = views(peer, now, plan);
        if !asked.dry_run {
            self.record_stops(peer, now, stops.iter_mut()).await?;
        }
        Ok(Reply::Announced { stops, recorded: !asked.dry_run })
    }

    /// Announces every event of a calendar, or none.
    pub(super) async fn import_stops(&self, peer: &Peer, asked: &Import) -> Result<Reply, Refusal> {
        let wanted: Vec<Wanted> = asked
            .events
            .iter()
            .map(|event| Wanted {
                from: &event.from,
                until: &event.until,
                reason: &event.reason,
                event: Some(&event.uid),
            })
            .collect();
        let agreed = asked.agreed.as_deref();
        let _turn = self.turn_to_record(peer, asked.dry_run).await?;
        let now = self.clock.now().wall;
        let plans =
            self.ledger.read(|history| plan(history, &asked.services, agreed, &wanted, now))?;
        let mut events: Vec<EventView> = asked
            .events
            .iter()
            .zip(plans)
            .map(|(event, plan)| {
                let uid = event.uid.clone();
                match plan {
                    Ok(plan) => EventView { uid, stops: views(peer, now, plan), refused: None },
                    Err(why) => EventView { uid, stops: Vec::new(), refused: Some(why) },
                }
            })
            .collect();
        let recorded = !asked.dry_run && events.iter().all(|event| event.refused.is_none());
        if recorded {
            let stops = events.iter_mut().flat_map(|event| &mut event.stops);
            self.record_stops(peer, now, stops).await?;
        }
        Ok(Reply::Imported { events, recorded })
    }

    pub(super) async fn cancel_stop(&self, peer: &Peer, id: &str) -> Result<Reply, Refusal> {
        may_operate(peer)?;
        let _turn = self.turn.lock().await;
        self.ledger.read(|history| match history.stop(id) {
            None => Err(format!("no planned stop is called {id:?}; see `upptid stop list`")),
            Some(stop) if stop.cancelled.is_some() => Err(format!("{id} is cancelled already")),
            Some(_) => Ok(()),
        })?;
        let now = self.clock.now().wall;
        let fact = Fact::StopCancelled { id: id.to_owned(), by: peer.account.clone() };
        self.record(now, fact).await?;
        tracing::info!(stop = id, by = peer.account, "planned stop cancelled");
        self.ledger
            .read(|history| history.stop(id).map(|stop| view(history, stop, now)))
            .map(|stop| Reply::Stop { stop })
            .ok_or_else(|| format!("{id} was cancelled, and cannot be shown"))
    }

    /// Waits for the turn of who may record; a dry run, which everybody may make, sees what is
    /// recorded by then.
    async fn turn_to_record(
        &self,
        peer: &Peer,
        dry_run: bool,
    ) -> Result<tokio::sync::MutexGuard<'_, ()>, Refusal> {
        if !dry_run {
            may_operate(peer)?;
        }
        Ok(self.turn.lock().await)
    }

    /// Records stops together, and shows them as they are recorded.
    async fn record_stops<'a>(
        &self,
        peer: &Peer,
        now: Instant,
        stops: impl Iterator<Item = &'a mut StopView>,
    ) -> Result<(), Refusal> {
        let mut last = self
            .ledger
            .read(|history| next_id('S', history.stops().iter().map(|stop| stop.id.as_str())));
        let (mut facts, mut announced) = (Vec::new(), Vec::new());
        for stop in stops {
            tracing::info!(stop = last, by = peer.account, from = %stop.from, until = %stop.until,
                "planned stop announced");
            facts.push((now, announcement(&last, stop)));
            let next = next_id('S', std::iter::once(last.as_str()));
            stop.id = Some(std::mem::replace(&mut last, next));
            announced.push(stop);
        }
        self.record_all(facts).await?;
        self.ledger.read(|history| {
            for stop in announced {
                let recorded = stop.id.as_deref().and_then(|id| history.stop(id));
                if let Some(recorded) = recorded {
                    *stop = view(history, recorded, now);
                }
            }
        });
        Ok(())
    }
}

/// C4.1: the agent stamps it when it is recorded.
fn announcement(id: &str, stop: &StopView) -> Fact {
    Fact::StopAnnounced {
        id: id.to_owned(),
        services: stop.services.clone(),
        from: stop.from,
        until: stop.until,
        reason: stop.reason.clone(),
        by: stop.by.clone(),
        agreed: stop.agreed.clone(),
        event: stop.event.clone(),
    }
}

/// Stops that are not recorded.
fn views(peer: &Peer, now: Instant, planned: Vec<Planned>) -> Vec<StopView> {
    let view = |planned: Planned| {
        let told = planned.judged.into_iter().map(|(service, judged)| {
            let verdict = StopVerdict {
                service: service.clone(),
                verdict: judged.verdict.as_str().to_owned(),
                in_office_hours: judged.in_office_hours,
                reason: judged.reason,
                notice: None,
            };
            (service, verdict)
        });
        let (services, verdicts) = told.unzip();
        StopView {
            id: None,
            services,
            timezone: planned.timezone,
            from: planned.window.from,
            until: planned.window.until,
            reason: planned.reason,
            by: peer.account.clone(),
            announced_at: now,
            agreed: planned.agreed,
            event: planned.event,
            cancelled: None,
            verdicts,
        }
    };
    planned.into_iter().map(view).collect()
}

/// A recorded stop with its verdicts.
fn view(history: &History, stop: &Stop, now: Instant) -> StopView {
    let mut contracts = Contracts::default();
    let mut timezone = None;
    let verdicts = stop.services.iter().map(|service| {
        let terms = contracts.running(history, service, stop.window.from).terms;
        let terms = terms.resolved();
        timezone.get_or_insert_with(|| terms.terms().timezone.to_string());
        let judged = judge_recorded(history, service, terms, stop);
        StopVerdict {
            service: service.clone(),
            verdict: judged.verdict.as_str().to_owned(),
            in_office_hours: judged.in_office_hours,
            reason: judged.reason,
            notice: notice(history, stop, service, terms, now).map(str::to_owned),
        }
    });
    let verdicts = verdicts.collect();
    StopView {
        id: Some(stop.id.clone()),
        services: stop.services.clone(),
        timezone: timezone.unwrap_or_else(|| "UTC".to_owned()),
        from: stop.window.from,
        until: stop.effective_window().until,
        reason: stop.reason.clone(),
        by: stop.by.clone(),
        announced_at: stop.announced_at,
        agreed: stop.agreed.clone(),
        event: stop.event.clone(),
        cancelled: stop
            .cancelled
            .as_ref()
            .map(|made| CancellationView { at: made.at, by: made.by.clone() }),
        verdicts,
    }
}

/// C4.8: whether its contacts were told; nothing for a stop that was withdrawn.
fn notice(
    history: &History,
    stop: &Stop,
    service: &str,
    terms: &ResolvedTerms,
    now: Instant,
) -> Option<&'static str> {
    let has_time = now <= stop.window.from.plus_ms(-terms.terms().notice_ms);
    match stop_notice(history, stop, service, terms) {
        _ if stop.is_withdrawn() => None,
        StopNotice::NoContact => Some("no_contact"),
        StopNotice::Delivered => Some("delivered"),
        StopNotice::NotDelivered if has_time => Some("pending"),
        StopNotice::NotDelivered => Some("not_delivered"),
    }
}
