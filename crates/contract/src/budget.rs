//! The month's budget, and the conditions of C8.2 that follow from facts. Each is a predicate;
//! who is told, and how often, is decided elsewhere.

use rust_decimal::prelude::ToPrimitive;

use crate::figure::Figure;
use crate::incidents::{Incident, Response};
use crate::instant::{Instant, Interval};
use crate::stops::StopVerdict;
use crate::support::SupportHours;
use crate::timeline::DownClass;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Lost time below which a pace says nothing (C8.2).
pub const PACE_FLOOR_MS: i64 = 3 * MINUTE_MS;
/// How near the next price level has to be (C8.2).
pub const NEXT_LEVEL_NEAR_MS: i64 = 30 * MINUTE_MS;
/// How much of a day may be unmeasured (C8.2).
pub const UNMEASURED_PER_DAY_MS_MAX: i64 = 5 * MINUTE_MS;
/// How long before a claim lapses its deadline is near (C8.2).
pub const CLAIM_DEADLINE_NEAR_MS: i64 = 14 * DAY_MS;
/// How long before its start a planned stop is about to start (C8.2).
pub const STOP_NEAR_MS: i64 = DAY_MS;

/// A stretch of time, and how many times faster than the budget allows time may be lost in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BurnWindow {
    /// The name in rules and messages.
    pub name: &'static str,
    /// How far back it reaches.
    pub length_ms: i64,
    /// The pace from which on it alerts; 1 burns the budget in exactly a month.
    pub pace: i64,
}

/// The windows of C8.2 with the paces that are customary for them.
pub const BURN_WINDOWS: [BurnWindow; 3] = [
    BurnWindow { name: "6h", length_ms: 6 * HOUR_MS, pace: 6 },
    BurnWindow { name: "1d", length_ms: DAY_MS, pace: 3 },
    BurnWindow { name: "3d", length_ms: 3 * DAY_MS, pace: 1 },
];

impl Figure {
    /// F / budget, for a gauge; never to decide with (C8.1). Infinite where the budget is nothing
    /// and time is lost.
    pub fn burned_ratio(&self) -> f64 {
        let share = 1.0 - self.target_percent.to_f64().unwrap_or(0.0) / 100.0;
        match self.counted_ms {
            0 => 0.0,
            counted_ms => counted_ms as f64 / (self.period_ms as f64 * share),
        }
    }

    /// Whether this many percent of the budget are burned, and any time is lost (C8.2).
    pub fn is_burned(&self, percent: i64) -> bool {
        let burned = i128::from(self.counted_ms) * 100;
        self.counted_ms > 0 && burned >= i128::from(self.budget_ms) * i128::from(percent)
    }

    /// Lost time in a stretch of the month's elapsed part, to the millisecond.
    pub fn lost_within_ms(&self, stretch: Interval) -> i64 {
        self.outages
            .iter()
            .filter(|outage| outage.class == DownClass::Lost)
            .map(|outage| Interval::new(outage.from, outage.until).intersection(stretch).ms())
            .sum()
    }

    /// Whether time was lost in the window up to `now` at its pace or faster (C8.2). Time before
    /// the month does not count: its budget is another.
    pub fn is_burning(&self, window: BurnWindow, now: Instant) -> bool {
        let stretch = Interval::new(now.plus_ms(-window.length_ms), now);
        let lost_ms = self.lost_within_ms(stretch);
        // lost / length >= pace * budget / P
        let lost = i128::from(lost_ms) * i128::from(self.period_ms);
        let allowed =
            i128::from(window.pace) * i128::from(self.budget_ms) * i128::from(window.length_ms);
        lost_ms >= PACE_FLOOR_MS && lost >= allowed
    }

    /// Whether the budget will be burned before the month ends, at the pace of its elapsed part
    /// (C8.2).
    pub fn will_burn(&self) -> bool {
        let projected = i128::from(self.counted_ms) * i128::from(self.period_ms);
        let allowed = i128::from(self.budget_ms) * i128::from(self.elapsed_ms);
        !self.complete
            && self.counted_ms >= PACE_FLOOR_MS
            && self.counted_ms <= self.budget_ms
            && projected > allowed
    }

    /// Whether time is lost already and the next price level is near (C8.2).
    pub fn is_next_level_near(&self) -> bool {
        let next_ms = self.left_ms.get(self.level);
        self.counted_ms > 0 && next_ms.is_some_and(|&left_ms| left_ms < NEXT_LEVEL_NEAR_MS)
    }

    /// Planned stops that are about to start and exclude nothing (C8.2).
    pub fn stops_without_valid_notice(&self, now: Instant) -> impl Iterator<Item = &str> {
        let soon = Interval::new(now, now.plus_ms(STOP_NEAR_MS));
        self.stops
            .iter()
            .filter(move |stop| soon.contains(stop.from))
            .filter(|stop| matches!(stop.verdict, StopVerdict::Late | StopVerdict::Surplus))
            .map(|stop| stop.id.as_str())
    }
}

/// Whether a claim that is still open lapses soon (C7.5, C8.2); `lapses` is as by
/// [`crate::claims::first_lapse`].
pub fn is_claim_deadline_near(lapses: Instant, now: Instant) -> bool {
    (0..=CLAIM_DEADLINE_NEAR_MS).contains(&lapses.since(now))
}

/// Whether too much of a day was unmeasured (C8.2).
pub fn is_unmeasured_long(unmeasured_in_day_ms: i64) -> bool {
    unmeasured_in_day_ms > UNMEASURED_PER_DAY_MS_MAX
}

impl Incident {
    /// How much of the response time has run at `now`, in percent, cut down; the clock stands
    /// still once somebody has acknowledged, or the incident is over (C8.2, C9.4).
    pub fn clock_percent(&self, support: &SupportHours, now: Instant) -> i64 {
        let stopped = [self.acknowledged, self.closed].into_iter().flatten().min();
        let until = stopped.map_or(now, |stopped| stopped.min(now));
        support.elapsed_ms(self.opened, until) * 100 / support.response_ms()
    }

    /// Whether the clock runs and has reached this many percent: 50, 80 or 100 (C8.2).
    pub fn is_clock_at(&self, percent: i64, support: &SupportHours, now: Instant) -> bool {
        self.acknowledged.is_none()
            && self.closed.is_none()
            && self.response != Response::Met
            && self.clock_percent(support, now) >= percent
    }
}
