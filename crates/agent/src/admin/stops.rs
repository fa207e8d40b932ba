//! Planned stops: announced, cancelled, listed (C4).

use std::sync::Arc;

use contract::contracts::Contracts;
use contract::stops::{JudgedStop, judged_stops};
use contract::{Fact, History, Month, ProposedStop, Stop, judge_announcements};
use jiff::tz::TimeZone;

use super::protocol::{Announcement, Reply, StopVerdict, StopView};
use super::requests::{Refusal, Requests, known_service, next_id};
use super::rights::{Peer, may_operate};
use super::when::window;

const REASON_BYTES_MAX: usize = 500;
const SERVICES_MAX: usize = 1_000;
const WINDOW_MS_MAX: i64 = 31 * 86_400_000;
/// Stops are listed from this long before now.
const LISTED_BEFORE_MS: i64 = 62 * 86_400_000;

impl Requests {
    pub(super) fn list_stops(&self) -> Reply {
        let from = self.clock.now().wall.plus_ms(-LISTED_BEFORE_MS);
        self.ledger.read(|history| {
            let mut stops: Vec<&Stop> =
                history.stops().iter().filter(|stop| stop.window.until > from).collect();
            stops.sort_by_key(|stop| (stop.window.from, stop.seq));
            Reply::Stops { stops: stops.into_iter().map(|stop| view(history, stop)).collect() }
        })
    }

    pub(super) async fn announce_stop(
        &self,
        peer: &Peer,
        asked: &Announcement,
    ) -> Result<Reply, Refusal> {
        if asked.dry_run {
            return Ok(Reply::Stop { stop: self.judge_stop(peer, asked)?, recorded: false });
        }
        may_operate(peer)?;
        let _turn = self.turn.lock().await;
        let mut stop = self.judge_stop(peer, asked)?;
        let id = self
            .ledger
            .read(|history| next_id('S', history.stops().iter().map(|stop| stop.id.as_str())));
        let fact = Fact::StopAnnounced {
            id: id.clone(),
            services: stop.services.clone(),
            from: stop.from,
            until: stop.until,
            reason: stop.reason.clone(),
            by: peer.account.clone(),
            agreed: stop.agreed.clone(),
            event: None,
        };
        self.record(stop.announced_at, fact).await?;
        tracing::info!(stop = id, by = peer.account, from = %stop.from, until = %stop.until,
            "planned stop announced");
        stop.id = Some(id);
        Ok(Reply::Stop { stop, recorded: true })
    }

    pub(super) async fn cancel_stop(&self, peer: &Peer, id: &str) -> Result<Reply, Refusal> {
        may_operate(peer)?;
        let _turn = self.turn.lock().await;
        self.ledger.read(|history| match history.stop(id) {
            None => Err(format!("no planned stop is called {id:?}; see `upptid stop list`")),
            Some(stop) if stop.cancelled.is_some() => Err(format!("{id} is cancelled already")),
            Some(_) => Ok(()),
        })?;
        let fact = Fact::StopCancelled { id: id.to_owned(), by: peer.account.clone() };
        self.record(self.clock.now().wall, fact).await?;
        tracing::info!(stop = id, by = peer.account, "planned stop cancelled");
        self.ledger
            .read(|history| history.stop(id).map(|stop| view(history, stop)))
            .map(|stop| Reply::Stop { stop, recorded: true })
            .ok_or_else(|| format!("{id} was cancelled, and cannot be shown"))
    }

    /// What the stop would count for if it were announced now.
    fn judge_stop(&self, peer: &Peer, asked: &Announcement) -> Result<StopView, Refusal> {
        let now = self.clock.now().wall;
        check_words(asked)?;
        self.ledger.read(|history| {
            let mut contracts = Contracts::default();
            let mut contract = |service: &str| contracts.running(history, service, now).terms;
            let zone = common_zone(history, &asked.services, &mut contract)?;
            let window = window(&asked.from, &asked.until, zone.as_ref())?;
            if window.ms() > WINDOW_MS_MAX {
                return Err("the window is longer than 31 days".to_owned());
            }
            let proposed = ProposedStop { window, agreed: asked.agreed.as_deref() };
            if proposed.is_retroactive(now) {
                return Err(format!(
                    "the window begins at {}, which has passed: nobody can announce a stop \
                     afterwards (C4.1); claim an adjustment instead",
                    window.from
                ));
            }
            let verdicts = asked.services.iter().map(|service| {
                let terms = contract(service);
                let told =
                    judge_announcements(history, service, terms.resolved(), &[proposed], now).remove(0);
                StopVerdict {
                    service: service.clone(),
                    verdict: told.verdict.as_str().to_owned(),
                    in_office_hours: told.in_office_hours,
                    reason: told.reason,
                }
            });
            Ok(StopView {
                id: None,
                services: asked.services.clone(),
                from: window.from,
                until: window.until,
                reason: asked.reason.clone(),
                by: peer.account.clone(),
                announced_at: now,
                agreed: asked.agreed.clone(),
                verdicts: verdicts.collect(),
            })
        })
    }
}

fn check_words(asked: &Announcement) -> Result<(), Refusal> {
    if asked.services.is_empty() || asked.services.len() > SERVICES_MAX {
        return Err(format!("name between 1 and {SERVICES_MAX} services"));
    }
    let mut names: Vec<&String> = asked.services.iter().collect();
    names.sort();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("service {:?} is named twice", twice[0]));
    }
    if asked.reason.trim().is_empty() || asked.reason.len() > REASON_BYTES_MAX {
        return Err(format!("give a reason of at most {REASON_BYTES_MAX} bytes"));
    }
    if asked.agreed.as_ref().is_some_and(|agreed| agreed.trim().is_empty()) {
        return Err("an agreed stop carries the reference of its agreement (C4.4)".to_owned());
    }
    Ok(())
}

/// The time zone that all these services share, if they do.
fn common_zone(
    history: &History,
    services: &[String],
    contract: &mut impl FnMut(&str) -> Arc<contract::MonthTerms>,
) -> Result<Option<TimeZone>, Refusal> {
    let mut zones: Vec<TimeZone> = Vec::new();
    for service in services {
        known_service(history, service)?;
        let zone = contract(service).zone().clone();
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    Ok(if zones.len() == 1 { zones.pop() } else { None })
}

/// A recorded stop with its verdicts.
fn view(history: &History, stop: &Stop) -> StopView {
    let mut contracts = Contracts::default();
    let verdicts = stop.services.iter().map(|service| {
        let terms = contracts.running(history, service, stop.window.from).terms;
        let judged = judged_stops(history, service, terms.resolved(), stop.window);
        let verdict = judged.iter().find(|judged| judged.stop.id == stop.id);
        StopVerdict {
            service: service.clone(),
            verdict: verdict.map_or("", |judged| judged.verdict.as_str()).to_owned(),
            in_office_hours: contract::support::in_office_hours(terms.resolved(), stop.window),
            reason: verdict.map_or_else(String::new, explain),
        }
    });
    StopView {
        id: Some(stop.id.clone()),
        services: stop.services.clone(),
        from: stop.window.from,
        until: stop.effective_window().until,
        reason: stop.reason.clone(),
        by: stop.by.clone(),
        announced_at: stop.announced_at,
        agreed: stop.agreed.clone(),
        verdicts: verdicts.collect(),
    }
}

fn explain(judged: &JudgedStop<'_>) -> String {
    use contract::StopVerdict::*;
    let month = || Month::of(judged.stop.window.from, &TimeZone::UTC);
    match judged.verdict {
        Valid => "downtime in it is planned".to_owned(),
        Agreed => "otherwise agreed; downtime in it is planned".to_owned(),
        Late => "not announced in good time; it excludes nothing".to_owned(),
        Surplus => format!("the allowance of {} is used up; it excludes nothing", month()),
        Cancelled => "cancelled before it began".to_owned(),
    }
}
