//! Answers people's requests: what they may do, what it would count for, and that it is recorded.

use std::sync::Arc;

use contract::contracts::Contracts;
use contract::stops::{JudgedStop, judged_stops};
use contract::{Fact, History, Instant, Interval, Month, ProposedStop, Stop, judge_announcement};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ledger::Ledger;
use tokio::sync::Mutex;

use super::protocol::{Announcement, Reply, Request, StopVerdict, StopView};
use super::rights::{OPERATE_GROUP, Peer};
use crate::clock::Clock;

const REASON_BYTES_MAX: usize = 500;
const SERVICES_MAX: usize = 1_000;
const WINDOW_MS_MAX: i64 = 31 * 86_400_000;
/// Stops are listed from this long before now.
const LISTED_BEFORE_MS: i64 = 62 * 86_400_000;

/// Answers people's requests, one at a time: a request sees all that earlier ones have recorded.
pub struct Requests {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    turn: Mutex<()>,
}

/// Why a request is refused: a fragment that fits "refused: …" and says what to do.
type Refusal = String;

impl Requests {
    /// Answers out of, and into, `ledger`.
    pub fn new(ledger: Ledger, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock, turn: Mutex::new(()) }
    }

    /// Answers one request of `peer`.
    pub async fn answer(&self, peer: &Peer, request: Request) -> Reply {
        let answer = match request {
            Request::StopList => Ok(self.list()),
            Request::StopAnnounce(announcement) if announcement.dry_run => {
                self.judge(peer, &announcement).map(|stop| Reply::Stop { stop, recorded: false })
            }
            Request::StopAnnounce(announcement) => self.announce(peer, &announcement).await,
            Request::StopCancel { id } => self.cancel(peer, &id).await,
        };
        answer.unwrap_or_else(|error| Reply::Refused { error })
    }

    fn list(&self) -> Reply {
        let from = self.clock.now().wall.plus_ms(-LISTED_BEFORE_MS);
        self.ledger.read(|history| {
            let mut stops: Vec<&Stop> =
                history.stops().iter().filter(|stop| stop.window.until > from).collect();
            stops.sort_by_key(|stop| (stop.window.from, stop.seq));
            Reply::Stops { stops: stops.into_iter().map(|stop| view(history, stop)).collect() }
        })
    }

    async fn announce(&self, peer: &Peer, asked: &Announcement) -> Result<Reply, Refusal> {
        may_operate(peer)?;
        let _turn = self.turn.lock().await;
        let mut stop = self.judge(peer, asked)?;
        let id = self.ledger.read(next_id);
        let fact = Fact::StopAnnounced {
            id: id.clone(),
            services: stop.services.clone(),
            from: stop.from,
            until: stop.until,
            reason: stop.reason.clone(),
            by: peer.account.clone(),
            agreed: stop.agreed.clone(),
        };
        self.record(stop.announced_at, fact).await?;
        tracing::info!(stop = id, by = peer.account, from = %stop.from, until = %stop.until,
            "planned stop announced");
        stop.id = Some(id);
        Ok(Reply::Stop { stop, recorded: true })
    }

    async fn cancel(&self, peer: &Peer, id: &str) -> Result<Reply, Refusal> {
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

    async fn record(&self, at: Instant, fact: Fact) -> Result<(), Refusal> {
        self.ledger.record(vec![(at, fact)]).await.map(|_| ()).map_err(|error| error.to_string())
    }

    /// What the stop would count for if it were announced now.
    fn judge(&self, peer: &Peer, asked: &Announcement) -> Result<StopView, Refusal> {
        let now = self.clock.now().wall;
        check_words(asked)?;
        self.ledger.read(|history| {
            let mut contracts = Contracts::default();
            let mut contract = |service: &str| contracts.running(history, service, now).terms;
            let zone = common_zone(history, &asked.services, &mut contract)?;
            let window = window(asked, zone.as_ref())?;
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
                let told = judge_announcement(history, service, terms.resolved(), proposed, now);
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

fn may_operate(peer: &Peer) -> Result<(), Refusal> {
    if peer.may_operate {
        return Ok(());
    }
    Err(format!(
        "{} may read but not change records; ask for membership in the group {OPERATE_GROUP}",
        peer.account
    ))
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
        if !history.services().any(|known| known == service) {
            return Err(format!("no service is called {service:?}"));
        }
        let zone = contract(service).zone().clone();
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    Ok(if zones.len() == 1 { zones.pop() } else { None })
}

fn window(asked: &Announcement, zone: Option<&TimeZone>) -> Result<Interval, Refusal> {
    let window = Interval::new(instant(&asked.from, zone)?, instant(&asked.until, zone)?);
    if window.is_empty() {
        return Err(format!("the window ends at {}, not after it begins", window.until));
    }
    if window.ms() > WINDOW_MS_MAX {
        return Err("the window is longer than 31 days".to_owned());
    }
    Ok(window)
}

/// Reads RFC 3339, or local time where that is one instant.
fn instant(text: &str, zone: Option<&TimeZone>) -> Result<Instant, Refusal> {
    if let Ok(instant) = text.parse::<Instant>() {
        return Ok(instant);
    }
    let local: DateTime = text.parse().map_err(|_| {
        format!(
            "{text:?} is no instant: write 2026-12-06T22:00 for local time, or \
             2026-12-06T22:00:00+01:00"
        )
    })?;
    let zone = zone.ok_or_else(|| {
        format!("{text:?} is local time, and these services have several time zones: add an offset")
    })?;
    let zoned = zone.to_ambiguous_zoned(local).unambiguous().map_err(|_| {
        format!(
            "{text:?} is skipped or comes twice when the clocks change: add an offset, as in \
             2026-10-25T02:30:00+02:00"
        )
    })?;
    Ok(Instant::from(zoned.timestamp()))
}

/// `S1`, `S2`, …: one more than the highest there is.
fn next_id(history: &History) -> String {
    let numbers = history.stops().iter().filter_map(|stop| stop.id.strip_prefix('S')?.parse().ok());
    let highest: u64 = numbers.max().unwrap_or(0);
    format!("S{}", highest.saturating_add(1))
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
