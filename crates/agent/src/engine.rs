//! The loop that measures: takes what is due from the grid, makes the attempts, and performs what
//! the watches ask for. Order and I/O; every rule is in `watch`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use contract::{Evidence, Fact, Instant, Outcome, ServiceState, UnableCause, UnmeasuredCause};
use exporter::Counters;
use ledger::{AttemptSummary, Ledger};
use probe::{Attempt, Prober};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use watch::{
    Account, Action, Actions, Asked, Attempted, Clocks, Deadlines, Discontinuity, Grid, Limits,
    Now, Slot, Start, Watch, WitnessRound, WitnessRounds,
};

use crate::board::{Board, LiveService, Waiting};
use crate::clock::Clock;
use crate::config::{Config, Service};
use crate::measured::{self, Measured};
use crate::wishes::{Wish, Wished, Wishes, pause_message};
use crate::witnesses::{Testimony, WitnessHosts};

/// The loop looks at the clocks at least this often, so that a sleep or a step is seen.
const LOOK_MS_MAX: i64 = 1_000;

/// What the engine works with.
pub struct Tools {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where facts go.
    pub ledger: Ledger,
    /// Where live states are shown.
    pub board: Arc<Board>,
    /// What is counted.
    pub counters: Arc<Counters>,
}

/// The loop's state.
pub struct Engine {
    tools: Tools,
    prober: Prober,
    grid: Grid,
    clocks: Clocks,
    /// Ordered, so that facts for all of them come in one order. Boxed, since the nodes of a tree
    /// that grows at its end stay half empty.
    services: BTreeMap<Slot, Box<Measured>>,
    deadlines: Deadlines<Slot>,
    witnesses: WitnessHosts,
    rounds: WitnessRounds<Slot, Testimony>,
    /// What attempts and witnesses report. It holds at most what is under way.
    reports: (UnboundedSender<Report>, UnboundedReceiver<Report>),
    heartbeat_ms: i64,
    next_heartbeat_mono_ms: i64,
    counted: watch::Counts,
    starts: Vec<Start>,
}

/// An attempt as pages and metrics show it.
type Shown = Arc<exporter::snapshot::Attempt>;

/// What comes back from a task.
enum Report {
    Attempted {
        slot: Slot,
        started: Now,
        account: Account,
        attempt: Box<Attempt>,
    },
    /// The task of an attempt ended without a result.
    Lost {
        slot: Slot,
        started: Now,
        account: Account,
    },
    Witnessed {
        round: WitnessRound,
        testimony: Testimony,
    },
    /// An operator's wish.
    Wished(Wished),
}

impl Engine {
    /// An engine without services. `recorded` is the latest instant that facts have reached.
    pub fn new(tools: Tools, config: &Config, recorded: Option<Instant>) -> Self {
        let now = tools.clock.now();
        Engine {
            prober: Prober::new(),
            grid: Grid::new(limits(config), now),
            clocks: Clocks::new(now, recorded.unwrap_or(Instant::MIN)),
            services: BTreeMap::new(),
            deadlines: Deadlines::new(),
            witnesses: WitnessHosts::new(config.witness.clone()),
            rounds: WitnessRounds::new(),
            reports: unbounded_channel(),
            heartbeat_ms: config.agent.heartbeat_ms,
            next_heartbeat_mono_ms: now.mono_ms,
            counted: watch::Counts::default(),
            starts: Vec::new(),
            tools,
        }
    }

    /// Takes a configuration over. What it does not change goes on as it was.
    ///
    /// # Errors
    /// Names the service that cannot be measured; nothing has changed then.
    pub fn configure(&mut self, config: &Config, recorded: Option<Instant>) -> Result<(), String> {
        let mut ready = Vec::new();
        for service in &config.services {
            ready.push((service.clone(), measured::prepare(&self.prober, service)?));
        }
        let now = self.tools.clock.now();
        self.heartbeat_ms = config.agent.heartbeat_ms;
        self.grid.set_limits(limits(config));
        self.witnesses = WitnessHosts::new(config.witness.clone());
        self.drop_services_missing_in(config, now);
        let slots: HashMap<String, Slot> =
            self.services.iter().map(|(slot, one)| (one.service.name.clone(), *slot)).collect();
        for (service, logins) in ready {
            let settings = service.watch_settings(&config.witness);
            let plan = measured::plan(&service);
            match slots.get(&service.name).and_then(|slot| self.services.get_mut(slot)) {
                Some(known) => {
                    self.grid.change(known.slot, plan, now.mono_ms);
                    known.watch.set_settings(settings);
                    known.logins = logins;
                    if let Some(live) =
                        self.tools.board.lock().services.get_mut(service.name.as_str())
                    {
                        live.reconfigure(&service);
                    }
                    known.service = service;
                }
                None => {
                    let slot = self.grid.add(plan, now.mono_ms);
                    self.deadlines.insert(slot, now.mono_ms + service.interval_ms);
                    let live = LiveService::new(&service, now.wall);
                    self.tools.board.lock().services.insert(service.name.as_str().into(), live);
                    let watch = restored(settings, &service, recorded);
                    let mut one =
                        Measured { service, logins, watch, slot, evidence: None, paused: None };
                    let paused = self
                        .tools
                        .ledger
                        .read(|history| history.pause(&one.service.name).map(pause_message));
                    let actions = paused.map(|message| one.pause(message, now));
                    self.services.insert(slot, one.into());
                    self.perform(slot, actions.unwrap_or_default(), now);
                    self.show(slot, None);
                }
            }
        }
        Ok(())
    }

    /// Waits for the next thing to do, and does it. Cancelling it loses nothing.
    pub async fn turn(&mut self) {
        let wait = self.wait();
        let report = tokio::select! {
            biased;
            report = self.reports.1.recv() => report,
            () = tokio::time::sleep(wait) => None,
        };
        let now = self.tools.clock.now();
        self.look_at_the_clocks(now);
        if let Some(report) = report {
            self.take(report, now);
        }
        while let Ok(report) = self.reports.1.try_recv() {
            self.take(report, now);
        }
        self.start_what_is_due(now);
        self.look_for_overdue(now);
        self.beat(now);
    }

    /// Where operators' wishes go.
    pub fn wishes(&self) -> Wishes {
        let reports = self.reports.0.clone();
        Wishes::new(move |wished| {
            // The engine has ended if nobody hears it; then nobody answers.
            let _ = reports.send(Report::Wished(wished));
        })
    }

    /// How many services are up, and how many there are.
    pub fn up_of(&self) -> (usize, usize) {
        let up = self.services.values().filter(|one| *one.watch.live().state == ServiceState::Up);
        (up.count(), self.services.len())
    }

    fn wait(&self) -> Duration {
        let now_ms = self.tools.clock.now().mono_ms;
        let due_ms = self.grid.next_wakeup(now_ms).unwrap_or(i64::MAX);
        let until_ms = due_ms.min(self.next_heartbeat_mono_ms).min(now_ms + LOOK_MS_MAX);
        Duration::from_millis((until_ms - now_ms).max(0).unsigned_abs())
    }

    /// C3.6: a machine that slept, or whose clock was stepped, measured nothing.
    fn look_at_the_clocks(&mut self, now: Now) {
        let Some(found) = self.clocks.observe(now) else { return };
        let Discontinuity { from, cause, .. } = found;
        tracing::warn!(%from, cause = cause.as_str(), "measuring was interrupted");
        self.keep(now, Fact::MeasuringStopped { from, cause }, None);
        let slots: Vec<Slot> = self.services.keys().copied().collect();
        for slot in slots {
            let Some(one) = self.services.get_mut(&slot) else { continue };
            let actions = one.watch.on_discontinuity(now, &found);
            self.perform(slot, actions, now);
            self.show(slot, None);
        }
        self.grid.restart(now.mono_ms);
    }

    fn take(&mut self, report: Report, now: Now) {
        match report {
            Report::Attempted { slot, started, account, attempt } => {
                self.attempted(slot, started, account, *attempt, now);
            }
            Report::Lost { slot, started, account } => {
                tracing::error!(
                    "an attempt ended without a result; this is a fault of the program"
                );
                self.tools.counters.attempt_abandoned();
                self.grid.finished(slot);
                let outcome = Outcome::Unable(UnableCause::Internal);
                self.judge(slot, Attempted { started, account, outcome }, None, now);
            }
            Report::Wished(wished) => self.grant(wished, now),
            Report::Witnessed { round, testimony } => {
                self.tools.board.lock().testimony = Some((now.wall, testimony.clone()));
                for slot in self.rounds.answered(round, testimony.clone()) {
                    self.witnessed(slot, &testimony, now);
                }
            }
        }
    }

    /// C3.6: what an operator wishes. That it is on record is seen to before.
    fn grant(&mut self, Wished { service, wish, answer }: Wished, now: Now) {
        let found = self.services.values_mut().find(|one| one.service.name == service);
        let is_measured = found.is_some();
        if let Some(one) = found {
            let slot = one.slot;
            let actions = match wish {
                Wish::Look => Actions::default(),
                Wish::Pause { message } => one.pause(message, now),
                Wish::Resume => one.resume(now),
            };
            self.perform(slot, actions, now);
            self.show(slot, None);
        }
        // Whoever asked may have gone.
        let _ = answer.send(is_measured);
    }

    fn attempted(
        &mut self,
        slot: Slot,
        started: Now,
        account: Account,
        attempt: Attempt,
        now: Now,
    ) {
        self.grid.finished(slot);
        let shown = Arc::new(measured::shown(&attempt, started.wall));
        self.tools.counters.attempt_finished(&shown);
        let Some(one) = self.services.get_mut(&slot) else { return };
        tracing::debug!(
            service = one.service.name,
            outcome = attempt.outcome.as_str(),
            cause = attempt.outcome.cause(),
            duration_ms = attempt.duration.as_millis() as u64,
            message = attempt.message,
            "attempt"
        );
        let summary = AttemptSummary {
            at: started.wall,
            outcome: attempt.outcome,
            duration_ms: u32::try_from(attempt.duration.as_millis()).unwrap_or(u32::MAX),
        };
        self.tools.ledger.attempt(&one.service.name, summary);
        let outcome = attempt.outcome;
        one.saw(
            (outcome != Outcome::Up)
                .then(|| Evidence { message: attempt.message.clone(), ..attempt.evidence }),
        );
        self.judge(slot, Attempted { started, account, outcome }, Some(shown), now);
    }

    /// Does what an attempt asks for, and shows it.
    fn judge(&mut self, slot: Slot, attempted: Attempted, shown: Option<Shown>, now: Now) {
        let Some(one) = self.services.get_mut(&slot) else { return };
        let actions = one.watch.on_attempt(now, &attempted);
        self.perform(slot, actions, now);
        self.show(slot, shown);
    }

    fn witnessed(&mut self, slot: Slot, testimony: &Testimony, now: Now) {
        let Some(one) = self.services.get_mut(&slot) else { return };
        if let Some(evidence) = &mut one.evidence {
            evidence.witnesses = Some(testimony.summary());
        }
        let actions = one.watch.on_witnesses(now, testimony.counted());
        self.perform(slot, actions, now);
        self.show(slot, None);
    }

    /// Performs what a watch asks for.
    fn perform(&mut self, slot: Slot, actions: Actions, now: Now) {
        for action in actions {
            match action {
                Action::Record { from, state } => self.record(slot, from, state, now),
                Action::Attempt { account, when } => {
                    self.grid.request(slot, account, when, now.mono_ms);
                }
                Action::AskWitnesses => self.ask_witnesses(slot, now),
            }
        }
    }

    fn record(&mut self, slot: Slot, from: Instant, state: ServiceState, now: Now) {
        let Some(one) = self.services.get(&slot) else { return };
        let evidence = one.evidence_of(&state);
        log_change(&one.service.name, from, &state, evidence.as_deref());
        let service = one.service.name.clone();
        self.clocks.recorded(from);
        let waiting = Waiting::new(&self.tools.board, &service, from);
        self.keep(now, Fact::State { service, from, state, evidence }, Some(waiting));
    }

    /// Hands a fact to the ledger, which keeps it and its instant until the disk takes it.
    fn keep(&self, now: Now, fact: Fact, waiting: Option<Waiting>) {
        let ticket = self.tools.ledger.record(vec![(now.wall, fact)]);
        let counters = self.tools.counters.clone();
        tokio::spawn(async move {
            match ticket.await {
                Ok(_) => counters.facts_recorded(1),
                Err(error) => tracing::error!(%error, "a fact was not recorded"),
            }
            drop(waiting);
        });
    }

    fn ask_witnesses(&mut self, slot: Slot, now: Now) {
        match self.rounds.ask(now.mono_ms, slot) {
            Asked::Wait => {}
            Asked::Answered(testimony) => self.witnessed(slot, &testimony, now),
            Asked::Start(round) => {
                let (witnesses, reports) = (self.witnesses.clone(), self.reports.0.clone());
                tokio::spawn(async move {
                    let testimony = witnesses.ask().await;
                    // The engine has ended if nobody hears it.
                    let _ = reports.send(Report::Witnessed { round, testimony });
                });
            }
        }
    }

    fn start_what_is_due(&mut self, now: Now) {
        let mut starts = std::mem::take(&mut self.starts);
        self.grid.due(now.mono_ms, &mut starts);
        for start in starts.drain(..) {
            self.start(start, now);
        }
        self.starts = starts;
        let counts = self.grid.counts();
        for _ in self.counted.late..counts.late {
            self.tools.counters.attempt_late();
        }
        self.tools.counters.attempts_missed(counts.missed - self.counted.missed);
        self.counted = counts;
    }

    fn start(&mut self, start: Start, now: Now) {
        let slot = start.slot;
        let Some(one) = self.services.get_mut(&slot).filter(|one| !one.watch.is_paused()) else {
            self.grid.finished(slot);
            return;
        };
        let Some(account) = start.account.or_else(|| one.watch.account(now.mono_ms)) else {
            self.grid.finished(slot);
            return;
        };
        one.watch.on_started(now);
        let lag_ms = (now.mono_ms - start.due_mono_ms).max(0).unsigned_abs();
        self.tools.counters.attempt_started(Duration::from_millis(lag_ms));
        let logins = one.logins.clone();
        let mut pending = Pending { reports: self.reports.0.clone(), lost: None };
        pending.lost = Some(Report::Lost { slot, started: now, account });
        // Boxed, since an attempt is too large to be moved about.
        tokio::spawn(Box::pin(async move {
            let who = match account {
                Account::First => probe::Account::Main,
                Account::Second => probe::Account::Second,
            };
            if let Some(attempt) = measured::attempt_all(&logins, who).await {
                let attempt = Box::new(attempt);
                pending.done(Report::Attempted { slot, started: now, account, attempt });
            }
        }));
        self.show(slot, None);
    }

    /// C3.7: what was not attempted in time is not known.
    fn look_for_overdue(&mut self, now: Now) {
        let mut due: Vec<(Slot, Actions)> = Vec::new();
        let services = &mut self.services;
        self.deadlines.expire(now.mono_ms, |slot| {
            let one = services.get_mut(&slot)?;
            let actions = one.watch.on_tick(now);
            if !actions.is_empty() {
                due.push((slot, actions));
            }
            Some(one.watch.look_again_mono_ms(now.mono_ms))
        });
        for (slot, actions) in due {
            self.perform(slot, actions, now);
            self.show(slot, None);
        }
    }

    fn beat(&mut self, now: Now) {
        if now.mono_ms < self.next_heartbeat_mono_ms {
            return;
        }
        self.next_heartbeat_mono_ms = now.mono_ms + self.heartbeat_ms;
        self.clocks.recorded(now.wall);
        self.tools.ledger.heartbeat(now.wall);
        self.tools.board.lock().measuring = true;
    }

    /// Shows a service's live state on the board.
    fn show(&self, slot: Slot, attempt: Option<Shown>) {
        let Some(one) = self.services.get(&slot) else { return };
        let forever = Now { wall: Instant::MAX, mono_ms: i64::MAX, boot_ms: i64::MAX };
        let undecided_from = one.watch.decided_until(forever);
        let now = self.tools.clock.now().wall;
        let mut board = self.tools.board.lock();
        let Some(live) = board.services.get_mut(one.service.name.as_str()) else { return };
        let seen = one.watch.live();
        if live.state != *seen.state {
            live.state = seen.state.clone();
        }
        live.since = seen.since.unwrap_or(live.since);
        live.undecided_from = (undecided_from < Instant::MAX).then_some(undecided_from);
        live.account_trouble = match (seen.refused, live.account_trouble) {
            (Some(cause), Some((_, since))) => Some((cause, since)),
            (Some(cause), None) => Some((cause, now)),
            (None, _) => None,
        };
        if attempt.is_some() {
            live.attempt = attempt;
        }
    }

    /// A service that is no longer configured is no longer measured, by an operator's will (C3.6).
    fn drop_services_missing_in(&mut self, config: &Config, now: Now) {
        let kept = |name: &str| config.services.iter().any(|service| service.name == name);
        let gone: Vec<Slot> = self
            .services
            .iter()
            .filter(|(_, one)| !kept(&one.service.name))
            .map(|(slot, _)| *slot)
            .collect();
        for slot in gone {
            let Some(one) = self.services.get_mut(&slot) else { continue };
            let actions = one.pause("taken out of the configuration".to_owned(), now);
            self.perform(slot, actions, now);
            self.grid.remove(slot);
            if let Some(one) = self.services.remove(&slot) {
                self.tools.board.lock().services.remove(one.service.name.as_str());
            }
        }
    }
}

/// An attempt's task: whatever becomes of it, a report comes back.
struct Pending {
    reports: UnboundedSender<Report>,
    lost: Option<Report>,
}

impl Pending {
    fn done(mut self, report: Report) {
        self.lost = Some(report);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(report) = self.lost.take() {
            // The engine has ended if nobody hears it.
            let _ = self.reports.send(report);
        }
    }
}

/// A service that facts may know already. What the agent did not see since is `agent_off`, as
/// recorded for all at the start.
fn restored(settings: watch::Settings, service: &Service, recorded: Option<Instant>) -> Watch {
    tracing::debug!(service = service.name, "measuring begins");
    match recorded {
        None => Watch::new(settings),
        Some(recorded) => {
            let state = ServiceState::Unmeasured { cause: UnmeasuredCause::AgentOff };
            Watch::restored(settings, state, Some(recorded), recorded)
        }
    }
}

fn limits(config: &Config) -> Limits {
    Limits { total: config.agent.max_concurrent, per_host: config.agent.max_concurrent_per_host }
}

/// One line per change, not per attempt.
fn log_change(service: &str, from: Instant, state: &ServiceState, evidence: Option<&Evidence>) {
    let message = evidence.map(|evidence| evidence.message.as_str());
    match state {
        ServiceState::Up => tracing::info!(service, %from, "up"),
        ServiceState::Down { cause } => tracing::warn!(service, %from, cause, message, "down"),
        ServiceState::Unmeasured { cause } => {
            let cause = cause.as_str();
            tracing::warn!(service, %from, cause, message, "unmeasured");
        }
    }
}
