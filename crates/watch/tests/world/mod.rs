//! A machine with clocks, a network and services, and the least agent that measures them.

use std::collections::BTreeMap;

use contract::{
    AccountCause, DownCause, Fact, History, Instant, Interval, Line, Outcome, ServiceState, State,
    UnableCause, UnmeasuredCause,
};
use watch::{
    Account, Action, Actions, Asked, Attempted, Clocks, Deadlines, Grid, Limits, Now, Plan,
    Settings, Slot, Watch, WitnessRound, WitnessRounds, Witnesses,
};

const CHECKPOINT_MS: i64 = 300_000;
const LIMITS: Limits = Limits { total: 100, per_host: 10 };
const START_MS: i64 = 1_793_000_000_000;

/// What befalls the world.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// Nothing.
    Nothing,
    /// A service's condition changes.
    Service(usize, Condition),
    /// The own network is there or lost.
    Network(bool),
    /// The wall clock is stepped by so many milliseconds.
    Step(i64),
    /// The machine sleeps.
    Sleep(i64),
    /// The process stands still while the machine runs.
    Stall(i64),
    /// The process is killed, and comes back after so many milliseconds.
    Restart(i64),
    /// An operator pauses a service.
    Pause(usize),
    /// An operator resumes a service.
    Resume(usize),
}

/// How a service is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Well.
    Up,
    /// It answers 503.
    Answered,
    /// It does not answer.
    Silent,
    /// It fails every second time.
    Flapping,
    /// It refuses the first account.
    OneRefused,
    /// It refuses both accounts.
    BothRefused,
    /// A bot wall stands before it.
    Walled,
    /// This machine cannot ask it.
    Unable,
}

/// An attempt that was started.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// The service.
    pub service: usize,
    /// When it started.
    pub started: Now,
    /// The account.
    pub account: Account,
    /// What it ends in.
    pub outcome: Outcome,
    /// Whether it has ended.
    pub is_over: bool,
}

/// The world.
pub struct World {
    /// Every line recorded.
    pub lines: Vec<Line>,
    /// Every attempt started.
    pub made: Vec<Made>,
    now: Now,
    has_network: bool,
    conditions: Vec<Condition>,
    witnesses_needed: u32,
    history: History,
    /// The latest `from` of each service.
    latest_from: Vec<Instant>,
    agent: Agent,
}

struct Agent {
    clocks: Clocks,
    grid: Grid,
    slots: Vec<Slot>,
    watches: Vec<Watch>,
    deadlines: Deadlines<usize>,
    rounds: WitnessRounds<usize, Witnesses>,
    /// Ends of attempts (by index into `made`) and of rounds, by when and in order.
    ends: BTreeMap<(i64, u64), End>,
    ends_made: u64,
    next_checkpoint_ms: i64,
    decided: Instant,
}

#[derive(Clone, Copy)]
enum End {
    Attempt(usize),
    Round(WitnessRound),
}

impl World {
    /// A world that is well, and an agent without a history.
    pub fn new(services: usize, witnesses_needed: u32) -> Self {
        let now = Now { wall: Instant::from_ms(START_MS), mono_ms: 77_000, boot_ms: 99_000 };
        let history = History::new();
        let agent = Agent::new(now, services, witnesses_needed, &history);
        Self {
            lines: Vec::new(),
            made: Vec::new(),
            now,
            has_network: true,
            conditions: vec![Condition::Up; services],
            witnesses_needed,
            history,
            latest_from: vec![Instant::MIN; services],
            agent,
        }
    }

    /// The first instant.
    pub fn start(&self) -> Instant {
        Instant::from_ms(START_MS)
    }

    /// The latest instant of which anything is known.
    pub fn last(&self) -> Instant {
        self.now.wall.max(self.history.last_known().unwrap_or(Instant::MIN))
    }

    /// Something happens at this instant.
    pub fn happen(&mut self, event: Event) {
        match event {
            Event::Nothing => {}
            Event::Service(service, condition) => self.conditions[service] = condition,
            Event::Network(is_there) => self.has_network = is_there,
            Event::Step(ms) => self.now.wall = self.now.wall.plus_ms(ms),
            Event::Sleep(ms) => {
                self.now.wall = self.now.wall.plus_ms(ms);
                self.now.boot_ms += ms;
            }
            Event::Stall(ms) => self.pass(ms),
            Event::Restart(ms) => {
                self.pass(ms);
                self.restart();
            }
            Event::Pause(service) => {
                self.turn();
                let actions = self.agent.watches[service].on_pause(self.now);
                self.perform(service, actions);
            }
            Event::Resume(service) => {
                self.turn();
                if self.agent.watches[service].is_paused() {
                    let actions = self.agent.watches[service].on_resume(self.now);
                    self.perform(service, actions);
                }
            }
        }
    }

    /// The agent runs for so many milliseconds.
    pub fn run_for(&mut self, ms: i64) {
        let until_ms = self.now.mono_ms + ms;
        loop {
            self.turn();
            let agent = &self.agent;
            let ends = agent.ends.first_key_value().map(|(&(at, _), _)| at);
            let wakeup = agent.grid.next_wakeup(self.now.mono_ms);
            let next = [ends, wakeup, agent.deadlines.next(), Some(agent.next_checkpoint_ms)];
            let next_ms = next.into_iter().flatten().min().unwrap().max(self.now.mono_ms + 1);
            if next_ms > until_ms {
                break;
            }
            self.pass(next_ms - self.now.mono_ms);
        }
        self.pass(until_ms - self.now.mono_ms);
        self.turn();
    }

    fn pass(&mut self, ms: i64) {
        self.now.wall = self.now.wall.plus_ms(ms);
        self.now.mono_ms += ms;
        self.now.boot_ms += ms;
    }

    fn restart(&mut self) {
        let services = self.conditions.len();
        if let Some(from) = self.history.last_known() {
            let from = from.max(self.agent.decided);
            self.line(Fact::MeasuringStopped { from, cause: UnmeasuredCause::AgentOff });
        }
        let paused: Vec<usize> =
            (0..services).filter(|&index| self.agent.watches[index].is_paused()).collect();
        self.agent = Agent::new(self.now, services, self.witnesses_needed, &self.history);
        for service in paused {
            let actions = self.agent.watches[service].on_pause(self.now);
            self.perform(service, actions);
        }
    }

    /// One turn of the agent's loop.
    fn turn(&mut self) {
        let now = self.now;
        if let Some(found) = self.agent.clocks.observe(now) {
            self.line(Fact::MeasuringStopped { from: found.from, cause: found.cause });
            for service in 0..self.conditions.len() {
                let actions = self.agent.watches[service].on_discontinuity(now, &found);
                self.perform(service, actions);
            }
            self.agent.grid.restart(now.mono_ms);
        }
        while let Some(entry) = self.agent.ends.first_entry()
            && entry.key().0 <= now.mono_ms
        {
            match entry.remove() {
                End::Attempt(index) => self.attempt_ends(index),
                End::Round(round) => {
                    let answered = if self.has_network { 3 } else { 1 };
                    let found = Witnesses { answered, asked: 3 };
                    for service in self.agent.rounds.answered(round, found) {
                        let actions = self.agent.watches[service].on_witnesses(now, found);
                        self.perform(service, actions);
                    }
                }
            }
        }
        self.look_at_deadlines();
        self.checkpoint();
        self.start_attempts();
    }

    fn attempt_ends(&mut self, index: usize) {
        self.made[index].is_over = true;
        let Made { service, started, account, outcome, .. } = self.made[index];
        self.agent.grid.finished(self.agent.slots[service]);
        let attempt = Attempted { started, account, outcome };
        let actions = self.agent.watches[service].on_attempt(self.now, &attempt);
        self.perform(service, actions);
    }

    fn look_at_deadlines(&mut self) {
        let mut overdue = Vec::new();
        let (now, watches) = (self.now, &mut self.agent.watches);
        self.agent.deadlines.expire(now.mono_ms, |service| {
            overdue.push((service, watches[service].on_tick(now)));
            Some(watches[service].look_again_mono_ms(now.mono_ms))
        });
        for (service, actions) in overdue {
            self.perform(service, actions);
        }
    }

    fn checkpoint(&mut self) {
        if self.agent.next_checkpoint_ms > self.now.mono_ms {
            return;
        }
        self.agent.next_checkpoint_ms = self.now.mono_ms + CHECKPOINT_MS;
        let decided = self.agent.watches.iter().map(|watch| watch.decided_until(self.now));
        let until = decided.min().unwrap_or(self.now.wall);
        if until > self.agent.decided {
            self.agent.decided = until;
            self.line(Fact::Measured { until });
        }
    }

    fn start_attempts(&mut self) {
        let mut starts = Vec::new();
        self.agent.grid.due(self.now.mono_ms, &mut starts);
        for start in starts {
            let slots = &self.agent.slots;
            let service = slots.iter().position(|slot| *slot == start.slot).unwrap();
            let watch = &mut self.agent.watches[service];
            let Some(account) = start.account.or_else(|| watch.account(self.now.mono_ms)) else {
                self.agent.grid.finished(start.slot);
                continue;
            };
            watch.on_started(self.now);
            let (outcome, duration_ms) = self.outcome(service, account);
            let started = self.now;
            self.made.push(Made { service, started, account, outcome, is_over: false });
            self.agent.end(started.mono_ms + duration_ms, End::Attempt(self.made.len() - 1));
        }
    }

    fn outcome(&self, service: usize, account: Account) -> (Outcome, i64) {
        match self.conditions[service] {
            Condition::Unable => (Outcome::Unable(UnableCause::NoRoute), 1),
            _ if !self.has_network => (Outcome::Down(DownCause::ConnectTimeout), 3000),
            Condition::Silent => (Outcome::Down(DownCause::Silence), 9000),
            Condition::Answered => (Outcome::Down(DownCause::HttpStatus), 40),
            Condition::Flapping if self.made.len().is_multiple_of(2) => {
                (Outcome::Down(DownCause::HttpStatus), 40)
            }
            Condition::OneRefused if account == Account::First => {
                (Outcome::Account(AccountCause::Rejected), 200)
            }
            Condition::BothRefused => (Outcome::Account(AccountCause::Locked), 200),
            Condition::Walled => (Outcome::Account(AccountCause::BotWall), 200),
            Condition::Up | Condition::Flapping | Condition::OneRefused => (Outcome::Up, 300),
        }
    }

    fn perform(&mut self, service: usize, actions: Actions) {
        for action in actions {
            match action {
                Action::Record { from, state } => {
                    assert!(from >= self.latest_from[service], "a fact before the one before it");
                    assert!(from >= self.agent.decided, "a fact before what was decided");
                    self.latest_from[service] = from;
                    let service = name(service);
                    self.line(Fact::State { service, from, state, evidence: None });
                }
                Action::AskWitnesses => match self.agent.rounds.ask(self.now.mono_ms, service) {
                    Asked::Start(round) => {
                        self.agent.end(self.now.mono_ms + 500, End::Round(round));
                    }
                    Asked::Wait => {}
                    Asked::Answered(found) => {
                        let actions = self.agent.watches[service].on_witnesses(self.now, found);
                        self.perform(service, actions);
                    }
                },
                Action::Attempt { account, when } => {
                    let slot = self.agent.slots[service];
                    self.agent.grid.request(slot, account, when, self.now.mono_ms);
                }
            }
        }
    }

    fn line(&mut self, fact: Fact) {
        match &fact {
            Fact::State { from, .. } | Fact::MeasuringStopped { from, .. } => {
                self.agent.clocks.recorded(*from);
            }
            Fact::Measured { until } => self.agent.clocks.recorded(*until),
            _ => {}
        }
        let line = Line { seq: self.history.next_seq(), at: self.now.wall, fact };
        self.history.apply(&line).expect("the history takes every fact");
        self.lines.push(line);
    }
}

impl Agent {
    fn new(now: Now, services: usize, witnesses_needed: u32, history: &History) -> Self {
        let settings = Settings {
            interval_ms: 60_000,
            down_interval_ms: 15_000,
            attempt_limit_ms: 10_000,
            second_account: true,
            witnesses_needed,
        };
        let recorded = history.last_known().unwrap_or(Instant::MIN);
        let mut grid = Grid::new(LIMITS, now);
        let mut deadlines = Deadlines::new();
        let (mut slots, mut watches) = (Vec::new(), Vec::new());
        for service in 0..services {
            let name = name(service);
            let plan = Plan { name: &name, host: Some("one.example"), interval_ms: 60_000 };
            slots.push(grid.add(plan, now.mono_ms));
            let current = history.current_state(&name);
            let state = owned(current.state);
            watches.push(Watch::restored(settings, state, current.since, recorded));
            deadlines.insert(service, now.mono_ms);
        }
        Self {
            clocks: Clocks::new(now, recorded),
            grid,
            slots,
            watches,
            deadlines,
            rounds: WitnessRounds::new(),
            ends: BTreeMap::new(),
            ends_made: 0,
            next_checkpoint_ms: now.mono_ms + CHECKPOINT_MS,
            decided: recorded,
        }
    }

    fn end(&mut self, at_mono_ms: i64, end: End) {
        self.ends_made += 1;
        self.ends.insert((at_mono_ms, self.ends_made), end);
    }
}

/// The timeline of a service by its facts, from the first one to the world's last instant; equal
/// neighbours are one.
pub fn segments(world: &World, service: usize) -> Vec<(Interval, String)> {
    let name = name(service);
    let mut instants: Vec<Instant> = Vec::new();
    for line in &world.lines {
        match &line.fact {
            Fact::State { service, from, .. } if *service == name => instants.push(*from),
            Fact::MeasuringStopped { from, .. } => instants.push(*from),
            _ => {}
        }
    }
    instants.sort_unstable();
    instants.dedup();
    let mut segments: Vec<(Interval, String)> = Vec::new();
    let untils = instants.iter().skip(1).copied().chain([world.last()]);
    for (&from, until) in instants.iter().zip(untils) {
        let state = match world.history.state_at(&name, from).state {
            State::Up => "up".to_owned(),
            State::Down { cause } => format!("down/{cause}"),
            State::Unmeasured { cause } => cause.as_str().to_owned(),
        };
        match segments.last_mut() {
            Some((interval, before)) if *before == state => interval.until = until,
            _ => segments.push((Interval::new(from, until), state)),
        }
    }
    segments
}

fn owned(state: State<'_>) -> ServiceState {
    match state {
        State::Up => ServiceState::Up,
        State::Down { cause } => ServiceState::Down { cause: cause.to_owned() },
        State::Unmeasured { cause } => ServiceState::Unmeasured { cause },
    }
}

fn name(service: usize) -> String {
    format!("service-{service}")
}
