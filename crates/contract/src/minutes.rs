//! F: lost time by the minute rule, and the instant at which it goes over the budget (C6.2, C7.4).

use crate::instant::{Instant, Interval};
use crate::terms::MinuteRule;

/// A minute.
pub(crate) const MINUTE_MS: i64 = 60_000;

/// Adds up intervals of lost time, given in order, into F.
///
/// Where a month does not begin or end on a UTC minute (zones whose offset has seconds), the
/// minute at its edge is taken as the part of it that lies in the month: C6.2 then counts no
/// moment in two months, and F never exceeds P. Under `started`, a minute that is touched counts
/// whole at once, also when it has not wholly elapsed; under `whole`, not before it has.
#[derive(Clone, Debug)]
pub(crate) struct MinuteCount {
    rule: MinuteRule,
    month: Interval,
    budget_ms: i64,
    /// Lost time without a break, not yet counted.
    open: Interval,
    counted_until: Instant,
    counted_ms: i64,
    went_over: Option<Instant>,
}

/// F, and when it went over the budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counted {
    pub ms: i64,
    /// C7.4; none while F is within the budget.
    pub went_over: Option<Instant>,
}

/// The instant at which F of `lost`, which is in order of time, came to `wanted_ms`, at least 1;
/// none if it is less (C6.2).
pub(crate) fn reached(
    rule: MinuteRule,
    month: Interval,
    lost: &[Interval],
    wanted_ms: i64,
) -> Option<Instant> {
    let mut counted = MinuteCount::new(rule, month, wanted_ms - 1);
    lost.iter().for_each(|lost| counted.add(*lost));
    counted.finish().went_over
}

impl MinuteCount {
    pub fn new(rule: MinuteRule, month: Interval, budget_ms: i64) -> Self {
        MinuteCount {
            rule,
            month,
            budget_ms,
            open: Interval::new(month.from, month.from),
            counted_until: month.from,
            counted_ms: 0,
            went_over: None,
        }
    }

    /// Adds lost time inside the month that does not begin before the end of what was added.
    pub fn add(&mut self, lost: Interval) {
        if lost.from == self.open.until {
            self.open.until = lost.until;
        } else {
            self.count_open();
            self.open = lost;
        }
    }

    /// F of all that was added.
    pub fn finish(mut self) -> Counted {
        self.count_open();
        Counted { ms: self.counted_ms, went_over: self.went_over }
    }

    fn count_open(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let counted = match self.rule {
            MinuteRule::Exact => self.open,
            MinuteRule::Started => {
                Interval::new(self.minute_start(self.open.from), self.minute_end(self.open.until))
            }
            MinuteRule::Whole => {
                Interval::new(self.minute_end(self.open.from), self.minute_start(self.open.until))
            }
        };
        let counted = Interval::new(counted.from.max(self.counted_until), counted.until);
        if counted.is_empty() {
            return;
        }
        let room_ms = self.budget_ms - self.counted_ms;
        if self.went_over.is_none() && counted.ms() > room_ms {
            self.went_over = Some(self.instant_of_discovery(counted.from.plus_ms(room_ms)));
        }
        self.counted_ms += counted.ms();
        self.counted_until = counted.until;
    }

    /// C7.4: with `exact` the instant itself, otherwise the start of its minute.
    fn instant_of_discovery(&self, over: Instant) -> Instant {
        match self.rule {
            MinuteRule::Exact => over,
            MinuteRule::Started | MinuteRule::Whole => self.minute_start(over),
        }
    }

    /// The start of the UTC minute that `instant` is in, or at its edge; within the month.
    fn minute_start(&self, instant: Instant) -> Instant {
        // The month's end is the end of its last minute, wherever it falls.
        if instant == self.month.until {
            return instant;
        }
        let start = Instant::from_ms(instant.ms().div_euclid(MINUTE_MS) * MINUTE_MS);
        start.max(self.month.from)
    }

    /// The end of the UTC minute that `instant` is in, or at its edge; within the month.
    fn minute_end(&self, instant: Instant) -> Instant {
        if instant == self.month.from {
            return instant;
        }
        let end =
            Instant::from_ms((instant.ms() + MINUTE_MS - 1).div_euclid(MINUTE_MS) * MINUTE_MS);
        end.min(self.month.until)
    }
}
