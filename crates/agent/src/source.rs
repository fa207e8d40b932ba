//! The snapshot that metrics, pages and JSON are made of: live states from the board, figures from
//! the history as of the last heartbeat.

mod months;
mod records;

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract::contracts::Contracts;
use contract::stops::judged_stops;
use contract::{History, Instant, Month, Reach, State, first_lapse, month_figure};
use exporter::months::{Moment, ServiceMonth};
use exporter::snapshot::{self, OUTAGES_MAX, Outage, STOPS_MAX, Snapshot, Source, Stop};
use ledger::Ledger;
use tokio::sync::{mpsc, oneshot};

use crate::board::{Board, Live};
use crate::clock::Clock;

/// Makes snapshots.
pub struct Observatory {
    board: Arc<Board>,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    version: Arc<str>,
    store_file: PathBuf,
    /// The folder of the statements' files.
    statements: PathBuf,
    journal: PathBuf,
    /// Held while a month is read out of the journal.
    older: Mutex<()>,
    started: watch::Now,
    contracts: Mutex<Contracts>,
    reloads: mpsc::Sender<ReloadAsked>,
}

/// Somebody asks over HTTP that the configuration is read again, and waits for the answer.
pub type ReloadAsked = oneshot::Sender<Result<(), String>>;

impl Observatory {
    /// Looks at `board` and `ledger`. `reloads` is told when somebody asks for one over HTTP.
    pub fn new(
        board: Arc<Board>,
        ledger: Ledger,
        clock: Arc<dyn Clock>,
        version: &str,
        state_dir: &Path,
        reloads: mpsc::Sender<ReloadAsked>,
    ) -> Self {
        let started = clock.now();
        let contracts = Mutex::default();
        let store_file = state_dir.join("store").join("db");
        let statements = state_dir.join("statements");
        let journal = state_dir.join("journal");
        let version = version.into();
        Observatory {
            board,
            ledger,
            clock,
            version,
            store_file,
            statements,
            journal,
            older: Mutex::default(),
            started,
            contracts,
            reloads,
        }
    }
}

impl Source for Observatory {
    fn snapshot(&self) -> Snapshot {
        let now = self.clock.now();
        let decided = self.ledger.decided_until();
        let live = self.board.lock();
        self.ledger.read(|history| {
            let mut contracts = self.contracts.lock().unwrap_or_else(|e| e.into_inner());
            let stops = stops(history, &mut contracts, now.wall);
            let services: Vec<snapshot::Service> = live
                .services
                .iter()
                .map(|(name, one)| {
                    let contract = contracts.running(history, name, now.wall);
                    let reach = reach(decided, one.open_from());
                    let figure = reach.map(|reach| {
                        month_figure(history, name, &contract.as_service_contract(), reach)
                    });
                    let support = contract.terms.support();
                    let waiting = figure.iter().flat_map(|figure| &figure.incidents);
                    let waiting = waiting.filter(|it| it.is_clock_at(0, support, now.wall));
                    let clock_percent = waiting.map(|it| it.clock_percent(support, now.wall)).max();
                    let next_stop = stops.iter().find(|stop| stop.services.contains(name));
                    snapshot::Service {
                        name: name.clone(),
                        customer: one.customer.clone(),
                        labels: one.labels.clone(),
                        interval: one.interval,
                        zone: contract.terms.zone().clone(),
                        state: one.state.clone(),
                        since: one.since,
                        terms: contract.terms.shared_terms(),
                        figure: figure.map(Arc::new),
                        attempt: one.attempt.clone(),
                        next_stop: next_stop.cloned(),
                        account_trouble: one.account_trouble,
                        support_clock_percent: clock_percent,
                        claim_lapses: first_lapse(history, &mut contracts, name, now.wall),
                    }
                })
                .collect();
            let outages = outages(history, &services);
            Snapshot {
                at: now.wall,
                agent: self.agent(&live, now),
                services,
                witnesses: witnesses(&live),
                outages,
                stops,
                ledger: self.ledger_state(now),
            }
        })
    }

    fn month(&self, service: &str, month: Option<Month>) -> Option<ServiceMonth> {
        self.month_of(service, month)
    }

    fn moment(&self, service: &str, at: Instant) -> Option<Moment> {
        self.moment_at(service, at)
    }

    fn ready(&self) -> Result<(), String> {
        match self.board.lock().measuring {
            true => Ok(()),
            false => Err("measuring has not begun".to_owned()),
        }
    }

    fn reload(&self) -> Result<(), String> {
        let (asked, answer) = oneshot::channel();
        let ending = || "the agent is ending".to_owned();
        self.reloads.blocking_send(asked).map_err(|_| ending())?;
        answer.blocking_recv().map_err(|_| ending())?
    }
}

impl Observatory {
    fn agent(&self, live: &Live, now: watch::Now) -> snapshot::Agent {
        let (in_force_since, tried) =
            live.config_read.unwrap_or((self.started.wall, self.started.wall));
        snapshot::Agent {
            name: live.agent.clone(),
            version: self.version.clone(),
            started: self.started.wall,
            uptime: milliseconds(now.boot_ms - self.started.boot_ms),
            clock_synchronised: self.clock.synchronised(),
            config: snapshot::Config { in_force_since, tried, error: live.config_error.clone() },
            backup_places: live.backup_places,
        }
    }

    fn ledger_state(&self, now: watch::Now) -> snapshot::Ledger {
        let health = self.ledger.health();
        let ago =
            |ago: Duration| now.wall.plus_ms(-i64::try_from(ago.as_millis()).unwrap_or(i64::MAX));
        let damage: Vec<String> =
            health.journal.damage.iter().map(|damage| damage.to_string()).collect();
        snapshot::Ledger {
            seq: health.journal.last_seq,
            queued: health.journal.queue_facts,
            synced: health.journal.last_sync_ago.map(ago),
            store_lag: health.store.lag_lines,
            store_bytes: std::fs::metadata(&self.store_file).map_or(0, |file| file.len()),
            journal_bytes: health.journal.bytes,
            write_failures: health.journal.write_failures,
            write_error: health.journal.unwritable.map(Arc::from),
            rebuilds: health.store.rebuilds,
            rebuilding: health.store.rebuilding,
            torn_bytes_cut: health.journal.torn_bytes,
            damage: (!damage.is_empty()).then(|| damage.join("; ").into()),
            verified: health.journal.verified_ago.map(ago),
        }
    }
}

/// C3.9: what is decided for all services, and what is open for this one.
fn reach(decided: Option<Instant>, open_from: Option<Instant>) -> Option<Reach> {
    let decided = decided?;
    Some(Reach::running(open_from.map_or(decided, |from| from.min(decided))))
}

/// Announced stops that are not over, the next one first.
fn stops(history: &History, contracts: &mut Contracts, now: Instant) -> Vec<Arc<Stop>> {
    let mut open: Vec<&contract::Stop> = history
        .stops()
        .iter()
        .filter(|stop| !stop.is_withdrawn() && stop.effective_window().until > now)
        .collect();
    open.sort_by_key(|stop| (stop.window.from, stop.seq));
    open.truncate(STOPS_MAX);
    let shown = |stop: &contract::Stop| {
        let verdicts = stop.services.iter().map(|service| {
            let terms = contracts.running(history, service, stop.window.from).terms;
            let judged = judged_stops(history, service, terms.resolved(), stop.window);
            let judged = judged.into_iter().find(|judged| judged.stop.id == stop.id);
            judged.map_or(contract::StopVerdict::Cancelled, |judged| judged.verdict)
        });
        let verdicts = verdicts.collect();
        let first = stop.services.first().map_or("", String::as_str);
        let terms = contracts.running(history, first, stop.window.from).terms;
        Arc::new(Stop {
            id: stop.id.as_str().into(),
            services: stop.services.iter().map(|service| service.as_str().into()).collect(),
            from: stop.window.from,
            until: stop.effective_window().until,
            reason: stop.reason.as_str().into(),
            announced: stop.announced_at,
            verdicts,
            in_office_hours: contract::support::in_office_hours(terms.resolved(), stop.window),
        })
    };
    open.into_iter().map(shown).collect()
}

/// The running month's outages of all services, newest first.
fn outages(history: &History, services: &[snapshot::Service]) -> Vec<Outage> {
    let each = services.iter().flat_map(|service| {
        let outages = service.figure.as_deref().map_or(&[][..], |figure| &figure.outages);
        outages.iter().rev().take(OUTAGES_MAX).map(move |outage| (service, outage))
    });
    let mut newest: Vec<(&snapshot::Service, &contract::Outage)> = each.collect();
    newest.sort_by_key(|(service, outage)| (Reverse(outage.from), &service.name));
    newest.truncate(OUTAGES_MAX);
    let shown = |(service, outage): (&snapshot::Service, &contract::Outage)| {
        let is_last = service.figure.as_ref().and_then(|it| it.outages.last()) == Some(outage);
        let is_open =
            is_last && matches!(history.current_state(&service.name).state, State::Down { .. });
        let evidence = history.state_at(&service.name, outage.from).evidence;
        Outage {
            service: service.name.clone(),
            from: outage.from,
            until: (!is_open).then_some(outage.until),
            cause: outage.cause.clone(),
            evidence: evidence.map(|evidence| Arc::new(evidence.clone())),
        }
    };
    newest.into_iter().map(shown).collect()
}

fn witnesses(live: &Live) -> Vec<snapshot::Witness> {
    let of_name = |name: &Arc<str>| {
        let (at, testimony) = live.testimony.as_ref()?;
        let (_, answered) = testimony.answers.iter().find(|(of, _)| **of == **name)?;
        Some((*answered, *at))
    };
    let shown = |name: &Arc<str>| {
        let answer = of_name(name);
        snapshot::Witness {
            name: name.clone(),
            answered: answer.map(|(answered, _)| answered),
            asked: answer.map(|(_, at)| at),
        }
    };
    live.witnesses.iter().map(shown).collect()
}

fn milliseconds(ms: i64) -> Duration {
    Duration::from_millis(ms.max(0).unsigned_abs())
}
