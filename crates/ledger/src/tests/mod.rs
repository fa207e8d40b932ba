//! The ledger as a whole, on real folders and on disks that fail.

mod backup;
mod damage;
mod disk_trouble;
mod export;
mod facts;
mod format;
mod lasting;
mod power_cut;
mod store;
mod verify;

use std::path::Path;
use std::sync::Arc;

use contract::{DownCause, Fact, Instant, ServiceState, UnmeasuredCause};

use crate::disk::Disk;
use crate::{Health, Ledger, OpenOptions, OpenReport};

/// 2026-10-01T12:00:00Z.
pub(crate) const NOON: i64 = 1_790_856_000_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

pub(crate) fn at(ms: i64) -> Instant {
    Instant::from_ms(NOON + ms)
}

pub(crate) fn options(dir: &Path, now: Instant) -> OpenOptions {
    let (agent, version) = ("gbg-1".to_owned(), "0.0.0".to_owned());
    OpenOptions { dir: dir.to_owned(), agent, version, now }
}

pub(crate) fn open(dir: &Path, now: Instant) -> (Ledger, OpenReport) {
    Ledger::open(options(dir, now)).unwrap()
}

pub(crate) fn open_on(disk: &impl IntoDisk, dir: &Path, now: Instant) -> (Ledger, OpenReport) {
    Ledger::open_on(disk.disk(), options(dir, now)).unwrap()
}

pub(crate) trait IntoDisk {
    fn disk(&self) -> Arc<dyn Disk>;
}

impl<D: Disk + Clone + 'static> IntoDisk for D {
    fn disk(&self) -> Arc<dyn Disk> {
        Arc::new(self.clone())
    }
}

pub(crate) fn state(service: &str, from: Instant, state: ServiceState) -> (Instant, Fact) {
    (from, Fact::State { service: service.to_owned(), from, state, evidence: None })
}

pub(crate) fn up(service: &str, from: Instant) -> (Instant, Fact) {
    state(service, from, ServiceState::Up)
}

pub(crate) fn down(service: &str, from: Instant) -> (Instant, Fact) {
    let cause = DownCause::ConnectTimeout.as_str().to_owned();
    state(service, from, ServiceState::Down { cause })
}

pub(crate) fn agent_off(from: Instant, recorded: Instant) -> (Instant, Fact) {
    (recorded, Fact::MeasuringStopped { from, cause: UnmeasuredCause::AgentOff })
}

/// Waits until the ledger's threads have got there.
pub(crate) fn until(ledger: &Ledger, reached: impl Fn(&Health) -> bool) {
    while !reached(&ledger.health()) {
        std::thread::yield_now();
    }
}

/// A generator of test cases that can be replayed by its seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}
