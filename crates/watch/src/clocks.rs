//! Three clocks, and what their disagreement tells (C3.6).

use contract::{Instant, UnmeasuredCause};

/// How far two clocks may drift apart between two observations before it counts as a jump.
pub const JUMP_MS: i64 = 1000;

/// The three clocks, read together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// The wall clock: says *when*.
    pub wall: Instant,
    /// `CLOCK_MONOTONIC`: says *how long*. It stands still while the machine sleeps.
    pub mono_ms: i64,
    /// `CLOCK_BOOTTIME`: like `mono_ms`, but it goes on while the machine sleeps.
    pub boot_ms: i64,
}

/// Measuring was interrupted for every service at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Discontinuity {
    /// First instant not measured: the `from` of the `measuring_stopped` to record.
    pub from: Instant,
    /// `Suspended` or `ClockStep`.
    pub cause: UnmeasuredCause,
    /// When it was noticed, on the monotonic clock. An attempt that started before is void.
    pub noticed_mono_ms: i64,
}

/// Notices that the machine slept, or that its clock was stepped.
///
/// # A clock that is stepped backwards
/// Instants that were recorded once are not told a second time. Measuring stops at the latest
/// instant that any fact has reached (see [`Clocks::recorded`]), every service's facts start there
/// at the earliest, and until the clock has passed it again new facts share that one instant: the
/// last of them is the state that holds when time goes on. The live state is right all the while.
/// Only recorded instants count for this, so that a clock that was wrong for a moment and is put
/// right before anything was recorded leaves no trace beyond a `clock_step`.
#[derive(Clone, Debug)]
pub struct Clocks {
    last: Now,
    recorded: Instant,
}

impl Clocks {
    /// Starts observing. `recorded` is the latest instant that the history's facts have reached;
    /// [`Instant::MIN`] without a history.
    pub fn new(now: Now, recorded: Instant) -> Self {
        Self { last: now, recorded }
    }

    /// A fact was recorded that reaches `instant`: a state's `from`, a `measured`'s `until`.
    pub fn recorded(&mut self, instant: Instant) {
        self.recorded = self.recorded.max(instant);
    }

    /// Compares the clocks with the observation before. Call it before anything else is done with
    /// `now`, at least each few seconds.
    pub fn observe(&mut self, now: Now) -> Option<Discontinuity> {
        let before = std::mem::replace(&mut self.last, now);
        let slept_ms = (now.boot_ms - now.mono_ms) - (before.boot_ms - before.mono_ms);
        let stepped_ms = (now.wall.ms() - now.boot_ms) - (before.wall.ms() - before.boot_ms);
        let cause = if slept_ms > JUMP_MS {
            UnmeasuredCause::Suspended
        } else if stepped_ms.abs() > JUMP_MS {
            UnmeasuredCause::ClockStep
        } else {
            return None;
        };
        // Stepped forwards, or asleep: nothing is known from the last observation on. Stepped
        // backwards: nothing beyond what is recorded already.
        let from = before.wall.min(now.wall).max(self.recorded);
        self.recorded = from;
        Some(Discontinuity { from, cause, noticed_mono_ms: now.mono_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(wall_ms: i64, mono_ms: i64, boot_ms: i64) -> Now {
        Now { wall: Instant::from_ms(wall_ms), mono_ms, boot_ms }
    }

    fn at(ms: i64) -> Instant {
        Instant::from_ms(ms)
    }

    #[test]
    fn c3_6_clocks_that_go_on_together_are_no_discontinuity() {
        let mut clocks = Clocks::new(now(1_000_000, 500, 700), Instant::MIN);
        assert_eq!(clocks.observe(now(1_000_100, 600, 800)), None);
        // A process that was stopped for an hour: all three went on.
        assert_eq!(clocks.observe(now(4_600_100, 3_600_600, 3_600_800)), None);
        // Up to a second is drift, in either direction.
        assert_eq!(clocks.observe(now(4_601_200, 3_600_700, 3_600_900)), None);
        assert_eq!(clocks.observe(now(4_600_300, 3_600_800, 3_601_000)), None);
        // A sleep of a second.
        assert_eq!(clocks.observe(now(4_601_400, 3_600_900, 3_602_100)), None);
    }

    #[test]
    fn c3_6_a_sleeping_machine_is_unmeasured_from_the_last_observation_before() {
        let mut clocks = Clocks::new(now(1_000_000, 900_000, 900_000), Instant::MIN);
        let found = clocks.observe(now(1_060_000, 900_100, 960_000)).unwrap();
        assert_eq!(found.cause, UnmeasuredCause::Suspended);
        assert_eq!(found.from, at(1_000_000));
        assert_eq!(found.noticed_mono_ms, 900_100);
        assert_eq!(clocks.observe(now(1_060_100, 900_200, 960_100)), None);
    }

    #[test]
    fn c3_6_a_machine_that_slept_and_woke_with_another_time_slept() {
        let mut clocks = Clocks::new(now(1_000_000, 0, 0), Instant::MIN);
        let found = clocks.observe(now(9_000_000, 100, 60_000)).unwrap();
        assert_eq!(found.cause, UnmeasuredCause::Suspended);
    }

    #[test]
    fn c3_6_a_clock_stepped_forwards_is_unmeasured_from_where_it_stood() {
        let mut clocks = Clocks::new(now(1_000_000, 0, 0), Instant::MIN);
        clocks.recorded(at(990_000));
        let found = clocks.observe(now(5_000_000, 100, 100)).unwrap();
        assert_eq!(found.cause, UnmeasuredCause::ClockStep);
        assert_eq!(found.from, at(1_000_000));
        // And back: what is recorded by now is that measuring stopped.
        let found = clocks.observe(now(900_000, 200, 200)).unwrap();
        assert_eq!(found.from, at(1_000_000));
    }

    #[test]
    fn c3_6_a_clock_stepped_backwards_never_reaches_behind_what_is_recorded() {
        let mut clocks = Clocks::new(now(1_000_000, 0, 0), Instant::MIN);
        clocks.recorded(at(990_000));
        clocks.recorded(at(900_000));
        let found = clocks.observe(now(500_000, 100, 100)).unwrap();
        assert_eq!((found.cause, found.from), (UnmeasuredCause::ClockStep, at(990_000)));
        // A second step, still behind: the same instant, for nothing new could be recorded.
        let found = clocks.observe(now(400_000, 200, 200)).unwrap();
        assert_eq!(found.from, at(990_000));
    }

    #[test]
    fn c3_6_a_clock_that_was_wrong_for_a_moment_leaves_no_instant_in_the_far_future() {
        let mut clocks = Clocks::new(now(1_000_000, 0, 0), at(990_000));
        let wrong = clocks.observe(now(900_000_000, 100, 100)).unwrap();
        assert_eq!(wrong.from, at(1_000_000));
        let right = clocks.observe(now(1_000_200, 200, 200)).unwrap();
        assert_eq!(right.from, at(1_000_200));
    }
}
