//! When the next attempt is due: starts in groups on a fixed grid.
//!
//! - Time is cut into ticks of [`TICK_MS`]; a tick takes all that is due. Ticks count from the wall
//!   clock's zero as it stood when the grid was made, and go on with the monotonic clock.
//! - A service's phase is a stable hash of its name modulo its interval, so that a restart or a
//!   reload leaves it where it was.
//! - A remote host gets one regular start in a tick. What is too much for a tick moves to the next
//!   one for good. (A host with more services than ticks gets as few as suffice.)
//! - First attempts come quickly after [`Grid::add`] and [`Grid::restart`], at most
//!   [`FIRST_STARTS_PER_TICK`] a tick, and never later than the service's phase.
//! - Attempts that a watch asks for ([`Grid::request`]) have their own due time and go first.
//! - A service has at most one attempt waiting or running. A regular start that finds the one
//!   before still there is counted as missed and forgotten: nothing piles up.
//!
//! **Invariant:** every operation costs the logarithm of the number of services; none but
//! [`Grid::restart`] looks at all of them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use crate::accounts::Account;
use crate::actions::When;
use crate::clocks::Now;
use crate::grid_host::Host;

/// Length of a tick.
pub const TICK_MS: i64 = 100;

/// First attempts in a tick: 100 a second.
pub const FIRST_STARTS_PER_TICK: u32 = 10;

/// A start is late if it comes more than this many ticks after the one it was due in.
pub const LATE_TICKS: i64 = 1;

/// How many attempts may be under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// In all.
    pub total: u32,
    /// At one remote host.
    pub per_host: u32,
}

/// What the grid has to know of a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan<'a> {
    /// Its name, which gives its phase.
    pub name: &'a str,
    /// The remote host that it logs in at. None for this machine itself, which needs no spread and
    /// no limit of its own.
    pub host: Option<&'a str>,
    /// From one regular start to the next; rounded up to a whole tick.
    pub interval_ms: i64,
}

/// A service on the grid. The slot of a removed service is never given to another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot(u32);

/// An attempt to start now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Start {
    /// The service.
    pub slot: Slot,
    /// The account that the watch asked for. None for a regular start: ask
    /// [`crate::Watch::account`], and if there is none call [`Grid::finished`] at once.
    pub account: Option<Account>,
    /// When it was due, on the monotonic clock. What it is later than that is the schedule's lag.
    pub due_mono_ms: i64,
}

/// What happened since the grid was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Attempts started.
    pub started: u64,
    /// Those of them that started late ([`LATE_TICKS`]).
    pub late: u64,
    /// Regular starts that were given up: the attempt before had not ended, or not even started, or
    /// the process stood still for a whole interval.
    pub missed: u64,
}

/// The grid of all services.
#[derive(Clone, Debug)]
pub struct Grid {
    limits: Limits,
    /// Wall minus monotonic clock when the grid was made.
    offset_ms: i64,
    services: HashMap<Slot, Service>,
    next_slot: u32,
    hosts: HashMap<String, Host>,
    heap: BinaryHeap<Reverse<Entry>>,
    /// Starts that are due: those that a watch asked for, and the others.
    urgent: VecDeque<Slot>,
    ready: VecDeque<Slot>,
    running: u32,
    /// The tick that takes the next first attempt, and how many it has.
    first_tick: i64,
    first_starts: u32,
    counts: Counts,
}

#[derive(Clone, Debug)]
struct Service {
    host: Option<String>,
    phase: Phase,
    /// Tells entries of the heap that still hold from those that do not.
    series: u32,
    request: Option<Request>,
    activity: Activity,
    /// Whether no attempt has started since the service was added or the grid restarted.
    is_new: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Phase {
    name_hash: u64,
    interval_ticks: i64,
    /// The next regular start.
    next_tick: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Request {
    account: Account,
    tick: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Activity {
    Idle,
    Waiting { kind: Kind, account: Option<Account>, due_tick: i64 },
    Running { kind: Kind },
}

/// Something that is due in a tick. Within a tick requests come first, then the services in the
/// order in which they were added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Entry {
    tick: i64,
    kind: Kind,
    slot: Slot,
    series: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Requested,
    First,
    Regular,
}

// What the caller does.
impl Grid {
    /// A grid without services.
    pub fn new(limits: Limits, now: Now) -> Self {
        Self {
            limits,
            offset_ms: now.wall.ms() - now.mono_ms,
            services: HashMap::new(),
            next_slot: 0,
            hosts: HashMap::new(),
            heap: BinaryHeap::new(),
            urgent: VecDeque::new(),
            ready: VecDeque::new(),
            running: 0,
            first_tick: i64::MIN,
            first_starts: 0,
            counts: Counts::default(),
        }
    }

    /// Adds a service; its first attempt comes as soon as the spread allows.
    pub fn add(&mut self, plan: Plan<'_>, now_mono_ms: i64) -> Slot {
        let slot = Slot(self.next_slot);
        self.next_slot += 1;
        let phase = Phase::new(plan, self.tick_at(now_mono_ms));
        let service = Service {
            host: plan.host.map(str::to_owned),
            phase,
            series: 0,
            request: None,
            activity: Activity::Idle,
            is_new: true,
        };
        self.join_host(service.host.as_deref(), phase.interval_ticks);
        self.services.insert(slot, service);
        self.begin_series(slot, now_mono_ms);
        slot
    }

    /// Changes a service's plan. The schedule goes on as it was unless name or interval differ.
    pub fn change(&mut self, slot: Slot, plan: Plan<'_>, now_mono_ms: i64) {
        let now_tick = self.tick_at(now_mono_ms);
        let Some(service) = self.services.get_mut(&slot) else { return };
        let before = service.phase;
        let mut after = Phase::new(plan, now_tick);
        if (after.name_hash, after.interval_ticks) == (before.name_hash, before.interval_ticks) {
            after.next_tick = before.next_tick;
        }
        service.phase = after;
        let is_running = matches!(service.activity, Activity::Running { .. });
        let host_before = std::mem::replace(&mut service.host, plan.host.map(str::to_owned));
        self.leave_host(host_before.as_deref(), before.interval_ticks, is_running);
        self.join_host(plan.host, after.interval_ticks);
        if let Some(host) = plan.host.and_then(|host| self.hosts.get_mut(host)) {
            host.running += u32::from(is_running);
        }
        if before != after {
            self.begin_series(slot, now_mono_ms);
        }
    }

    /// Removes a service. What it has under way no longer counts.
    pub fn remove(&mut self, slot: Slot) {
        let Some(service) = self.services.remove(&slot) else { return };
        let is_running = matches!(service.activity, Activity::Running { .. });
        self.running -= u32::from(is_running);
        let interval_ticks = service.phase.interval_ticks;
        self.leave_host(service.host.as_deref(), interval_ticks, is_running);
    }

    /// New first attempts for all services, after measuring was interrupted.
    pub fn restart(&mut self, now_mono_ms: i64) {
        let mut slots: Vec<Slot> = self.services.keys().copied().collect();
        slots.sort_unstable();
        self.heap.clear();
        for slot in slots {
            self.begin_series(slot, now_mono_ms);
        }
    }

    /// Other limits, from the next start on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// A watch asks for an attempt. It replaces an earlier request. If the service's attempt has
    /// ended, say so first ([`Grid::finished`]): a request that comes due while an attempt runs is
    /// dropped, for that attempt's result leads to another.
    pub fn request(&mut self, slot: Slot, account: Account, when: When, now_mono_ms: i64) {
        let now_tick = self.tick_at(now_mono_ms);
        let tick = match when {
            When::AtOnce => now_tick,
            // The first tick that does not begin before.
            When::At(mono_ms) => self.tick_at(mono_ms + TICK_MS - 1).max(now_tick),
        };
        let Some(service) = self.services.get_mut(&slot) else { return };
        if when == When::AtOnce && service.activity == Activity::Idle {
            service.request = None;
            self.enqueue(slot, Kind::Requested, Some(account), tick);
            return;
        }
        service.request = Some(Request { account, tick });
        self.heap.push(Reverse(Entry { tick, kind: Kind::Requested, slot, series: 0 }));
    }

    /// The service's attempt has ended, or was not made.
    pub fn finished(&mut self, slot: Slot) {
        let Some(service) = self.services.get_mut(&slot) else { return };
        if !matches!(service.activity, Activity::Running { .. }) {
            return;
        }
        service.activity = Activity::Idle;
        self.running -= 1;
        if let Some(host) = service.host.as_ref().and_then(|host| self.hosts.get_mut(host)) {
            host.running -= 1;
            let free = self.limits.per_host.saturating_sub(host.running) as usize;
            let count = free.min(host.waiting.len());
            host.waiting.drain(..count).rev().for_each(|next| self.ready.push_front(next));
        }
    }

    /// Appends the attempts to start now to `starts`. Each of them is under way until
    /// [`Grid::finished`].
    pub fn due(&mut self, now_mono_ms: i64, starts: &mut Vec<Start>) {
        let now_tick = self.tick_at(now_mono_ms);
        while let Some(&Reverse(entry)) = self.heap.peek() {
            if entry.tick > now_tick {
                break;
            }
            self.heap.pop();
            match entry.kind {
                Kind::Requested => self.requested_is_due(entry),
                Kind::First => self.first_is_due(entry),
                Kind::Regular => self.regular_is_due(entry, now_tick),
            }
        }
        self.start_waiting(now_tick, starts);
    }

    /// When to call [`Grid::due`] next, on the monotonic clock; call it also after
    /// [`Grid::finished`] and [`Grid::request`]. None if nothing will ever be due.
    pub fn next_wakeup(&self, now_mono_ms: i64) -> Option<i64> {
        let can_start = self.running < self.limits.total;
        if can_start && !(self.urgent.is_empty() && self.ready.is_empty()) {
            return Some(now_mono_ms);
        }
        self.heap.peek().map(|Reverse(entry)| self.mono_ms_of(entry.tick))
    }

    /// When the service's next regular attempt is planned, on the monotonic clock.
    pub fn next_regular_mono_ms(&self, slot: Slot) -> Option<i64> {
        self.services.get(&slot).map(|service| self.mono_ms_of(service.phase.next_tick))
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many attempts are under way, and how many are due and wait for the limits.
    pub fn running_and_waiting(&self) -> (usize, usize) {
        let at_hosts: usize = self.hosts.values().map(|host| host.waiting.len()).sum();
        (self.running as usize, self.urgent.len() + self.ready.len() + at_hosts)
    }
}

/// How far after a multiple of the interval (counted from 1970-01-01T00:00:00Z) a service's
/// regular attempts start, before any surplus of a host has moved it.
pub fn phase_ms(name: &str, interval_ms: i64) -> i64 {
    stable_hash(name).rem_euclid(interval_ticks(interval_ms).unsigned_abs()) as i64 * TICK_MS
}

/// FNV-1a of 64 bits, with a finaliser so that names that differ in their last letter lie apart.
/// It never changes: a service's phase depends on it.
pub fn stable_hash(name: &str) -> u64 {
    let mut hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

// What comes due.
impl Grid {
    fn requested_is_due(&mut self, entry: Entry) {
        let Some(service) = self.services.get_mut(&entry.slot) else { return };
        let Some(request) = service.request.filter(|request| request.tick == entry.tick) else {
            return;
        };
        service.request = None;
        match &mut service.activity {
            Activity::Idle => {
                self.enqueue(entry.slot, Kind::Requested, Some(request.account), request.tick);
            }
            Activity::Waiting { account, .. } => *account = Some(request.account),
            Activity::Running { .. } => {}
        }
    }

    fn first_is_due(&mut self, entry: Entry) {
        let Some(service) = self.services.get(&entry.slot) else { return };
        if service.series != entry.series || !service.is_new || service.activity != Activity::Idle {
            return;
        }
        let host = service.host.as_ref().and_then(|host| self.hosts.get_mut(host));
        if host.is_none_or(|host| host.plan(entry.tick)) {
            self.enqueue(entry.slot, Kind::First, None, entry.tick);
        } else {
            self.heap.push(Reverse(Entry { tick: entry.tick + 1, ..entry }));
        }
    }

    fn regular_is_due(&mut self, entry: Entry, now_tick: i64) {
        let Some(service) = self.services.get_mut(&entry.slot) else { return };
        if service.series != entry.series {
            return;
        }
        let host = service.host.as_ref().and_then(|host| self.hosts.get_mut(host));
        if !host.is_none_or(|host| host.plan(entry.tick)) {
            service.phase.next_tick = entry.tick + 1;
            self.heap.push(Reverse(Entry { tick: entry.tick + 1, ..entry }));
            return;
        }
        let interval_ticks = service.phase.interval_ticks;
        // Whole intervals in which nobody called are missed; the one before them is still made.
        let missed = (now_tick - entry.tick) / interval_ticks;
        self.counts.missed += missed.unsigned_abs();
        service.phase.next_tick = entry.tick + (missed + 1) * interval_ticks;
        self.heap.push(Reverse(Entry { tick: service.phase.next_tick, ..entry }));
        match &mut service.activity {
            Activity::Idle => self.enqueue(entry.slot, Kind::Regular, None, entry.tick),
            Activity::Waiting { kind, .. } | Activity::Running { kind } => {
                // An attempt of another kind stands for this one; once.
                let before = std::mem::replace(kind, Kind::Regular);
                self.counts.missed += u64::from(before == Kind::Regular);
            }
        }
    }

    fn enqueue(&mut self, slot: Slot, kind: Kind, account: Option<Account>, due_tick: i64) {
        if let Some(service) = self.services.get_mut(&slot) {
            service.activity = Activity::Waiting { kind, account, due_tick };
            let queue = if kind == Kind::Requested { &mut self.urgent } else { &mut self.ready };
            queue.push_back(slot);
        }
    }

    fn start_waiting(&mut self, now_tick: i64, starts: &mut Vec<Start>) {
        while self.running < self.limits.total {
            let Some(slot) = self.urgent.pop_front().or_else(|| self.ready.pop_front()) else {
                return;
            };
            let Some(service) = self.services.get_mut(&slot) else { continue };
            let Activity::Waiting { kind, account, due_tick } = service.activity else { continue };
            if let Some(host) = service.host.as_ref().and_then(|host| self.hosts.get_mut(host)) {
                if host.running >= self.limits.per_host {
                    match kind {
                        Kind::Requested => host.waiting.push_front(slot),
                        Kind::First | Kind::Regular => host.waiting.push_back(slot),
                    }
                    continue;
                }
                host.running += 1;
            }
            service.activity = Activity::Running { kind };
            service.is_new = false;
            self.running += 1;
            self.counts.started += 1;
            self.counts.late += u64::from(now_tick - due_tick > LATE_TICKS);
            starts.push(Start { slot, account, due_mono_ms: self.mono_ms_of(due_tick) });
        }
    }

    /// A new series of regular starts from now on, and a first attempt as soon as there is room.
    fn begin_series(&mut self, slot: Slot, now_mono_ms: i64) {
        let now_tick = self.tick_at(now_mono_ms);
        let first_tick = self.next_first_tick(now_tick);
        let Some(service) = self.services.get_mut(&slot) else { return };
        service.series += 1;
        service.is_new = true;
        service.phase.advance_to(now_tick);
        let regular = Entry {
            tick: service.phase.next_tick,
            kind: Kind::Regular,
            slot,
            series: service.series,
        };
        // Passed over if the regular start comes before.
        self.heap.push(Reverse(Entry { tick: first_tick, kind: Kind::First, ..regular }));
        self.heap.push(Reverse(regular));
    }

    fn next_first_tick(&mut self, now_tick: i64) -> i64 {
        if self.first_tick < now_tick {
            (self.first_tick, self.first_starts) = (now_tick, 0);
        }
        if self.first_starts == FIRST_STARTS_PER_TICK {
            (self.first_tick, self.first_starts) = (self.first_tick + 1, 0);
        }
        self.first_starts += 1;
        self.first_tick
    }

    fn join_host(&mut self, host: Option<&str>, interval_ticks: i64) {
        if let Some(host) = host {
            self.hosts.entry(host.to_owned()).or_default().join(interval_ticks);
        }
    }

    fn leave_host(&mut self, name: Option<&str>, interval_ticks: i64, is_running: bool) {
        let Some(name) = name else { return };
        let Some(host) = self.hosts.get_mut(name) else { return };
        host.leave(interval_ticks);
        host.running -= u32::from(is_running);
        // What waits for this host is looked at again: the service that leaves may be among it.
        self.ready.extend(host.waiting.drain(..));
        if host.services == 0 {
            self.hosts.remove(name);
        }
    }

    fn tick_at(&self, mono_ms: i64) -> i64 {
        (mono_ms + self.offset_ms).div_euclid(TICK_MS)
    }

    fn mono_ms_of(&self, tick: i64) -> i64 {
        tick * TICK_MS - self.offset_ms
    }
}

impl Phase {
    fn new(plan: Plan<'_>, now_tick: i64) -> Self {
        let interval_ticks = interval_ticks(plan.interval_ms);
        let next_tick = phase_ms(plan.name, plan.interval_ms) / TICK_MS;
        let mut phase = Self { name_hash: stable_hash(plan.name), interval_ticks, next_tick };
        phase.advance_to(now_tick);
        phase
    }

    /// The first regular start that is not before `tick`.
    fn advance_to(&mut self, tick: i64) {
        self.next_tick = tick + (self.next_tick - tick).rem_euclid(self.interval_ticks);
    }
}

fn interval_ticks(interval_ms: i64) -> i64 {
    (interval_ms.max(1) + TICK_MS - 1) / TICK_MS
}
