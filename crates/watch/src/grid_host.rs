//! What the grid knows of a remote host: how many starts a tick takes, and how many attempts run.

use std::collections::VecDeque;

use crate::grid::Slot;

/// Of a host's starts, the share that the spread may use before it allows one more per tick.
const FULL_PER_MILLION: u64 = 800_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    pub services: u32,
    pub running: u32,
    /// Starts that wait for an attempt at this host to end.
    pub waiting: VecDeque<Slot>,
    /// Regular starts per million ticks.
    load_per_million: u64,
    /// The latest tick in which regular starts were planned, and how many.
    tick: i64,
    planned: u64,
}

impl Host {
    pub fn join(&mut self, interval_ticks: i64) {
        self.services += 1;
        self.load_per_million += per_million(interval_ticks);
    }

    pub fn leave(&mut self, interval_ticks: i64) {
        self.services -= 1;
        self.load_per_million -= per_million(interval_ticks);
    }

    /// Plans a regular start in `tick`; false if the tick has no place left. One place, and more
    /// only where the host's services are so many that one would not do.
    pub fn plan(&mut self, tick: i64) -> bool {
        if self.tick != tick {
            (self.tick, self.planned) = (tick, 0);
        }
        let has_place = self.planned < self.load_per_million.div_ceil(FULL_PER_MILLION).max(1);
        self.planned += u64::from(has_place);
        has_place
    }
}

fn per_million(interval_ticks: i64) -> u64 {
    1_000_000 / interval_ticks.max(1).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_joins_and_leaves_leaves_no_trace() {
        let mut host = Host::default();
        host.join(600);
        host.join(100);
        let (services, load) = (host.services, host.load_per_million);
        host.join(20);
        host.leave(20);
        assert_eq!((host.services, host.load_per_million), (services, load));
        host.leave(600);
        host.leave(100);
        assert_eq!((host.services, host.load_per_million), (0, 0));
    }
}
