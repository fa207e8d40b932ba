//! Support hours, office hours and the clock of a fault report (C4.5, C9.2, C9.4).

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::instant::{Instant, Interval};
use crate::month::at_local_time;
use crate::month_terms::ResolvedTerms;
use crate::red_days::RedDays;
use crate::terms::ServiceLevel;

/// When the working day begins and ends, and when it ends before a red day (C9.2).
const OPENS: Time = Time::constant(8, 0, 0, 0);
const CLOSES: Time = Time::constant(17, 0, 0, 0);
const CLOSES_BEFORE_RED: Time = Time::constant(12, 0, 0, 0);

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How long after a month's end its support hours are laid out: longer than Christmas.
const LAID_OUT_AFTER_MS: i64 = 14 * DAY_MS;

/// The support hours of some terms; those around one month are laid out, others are found when
/// they are asked for.
#[derive(Clone, Debug)]
pub struct SupportHours {
    calendar: Calendar,
    level: ServiceLevel,
    laid_out: Interval,
    /// Support hours whose end lies in `laid_out`, in order of time.
    hours: Vec<Interval>,
}

#[derive(Clone, Debug)]
struct Calendar {
    zone: TimeZone,
    red_days: RedDays,
}

impl SupportHours {
    /// Lays out the hours around `month`.
    pub(crate) fn new(terms: &ResolvedTerms, month: Interval) -> Self {
        let calendar = Calendar::new(terms);
        let laid_out =
            Interval::new(month.from.plus_ms(-DAY_MS), month.until.plus_ms(LAID_OUT_AFTER_MS));
        let hours = calendar
            .support_hours(laid_out.from)
            .take_while(|hours| hours.until < laid_out.until)
            .collect();
        SupportHours { calendar, level: terms.terms().service_level, laid_out, hours }
    }

    /// How long troubleshooting may take to start, in milliseconds of support time (C9.2).
    pub fn response_ms(&self) -> i64 {
        match self.level {
            ServiceLevel::Standard => 4 * HOUR_MS,
            ServiceLevel::Jour => HOUR_MS,
        }
    }

    /// Until when troubleshooting of an incident that opened at `opened` has to start (C9.4). A
    /// deadline that falls on the end of support time is that instant.
    pub fn deadline(&self, opened: Instant) -> Instant {
        self.reached(opened, 100)
    }

    /// When the clock of an incident that opened at `opened` has run `percent` of the response
    /// time (C8.2, C9.4).
    pub fn reached(&self, opened: Instant, percent: i64) -> Instant {
        let mut left_ms = self.response_ms() * percent / 100;
        if self.level == ServiceLevel::Jour {
            return opened.plus_ms(left_ms);
        }
        for hours in self.hours_after(opened) {
            let starts = hours.from.max(opened);
            let ms = hours.until.since(starts);
            if left_ms <= ms {
                return starts.plus_ms(left_ms);
            }
            left_ms -= ms;
        }
        Instant::MAX
    }

    /// Milliseconds of support time in `[opened, now)`: what the clock shows (C9.4).
    pub fn elapsed_ms(&self, opened: Instant, now: Instant) -> i64 {
        let clock = Interval::new(opened, now);
        match self.level {
            ServiceLevel::Jour => clock.ms(),
            ServiceLevel::Standard => self
                .hours_after(opened)
                .take_while(|hours| hours.from < now)
                .map(|hours| hours.intersection(clock).ms())
                .sum(),
        }
    }

    /// Whether `window` overlaps 08-17 on a weekday that is no red day (C4.5).
    pub fn in_office_hours(&self, window: Interval) -> bool {
        self.calendar.in_office_hours(window)
    }

    /// Support hours that end after `instant`, in order of time.
    fn hours_after(&self, instant: Instant) -> impl Iterator<Item = Interval> + '_ {
        let is_laid_out = self.laid_out.contains(instant);
        let laid_out = if is_laid_out {
            &self.hours[self.hours.partition_point(|hours| hours.until <= instant)..]
        } else {
            &[]
        };
        let rest = laid_out.last().map_or(instant, |last| last.until);
        laid_out.iter().copied().chain(self.calendar.support_hours(rest))
    }
}

/// Whether `window` overlaps 08-17 on a weekday that is no red day (C4.5), for any month.
pub fn in_office_hours(terms: &ResolvedTerms, window: Interval) -> bool {
    Calendar::new(terms).in_office_hours(window)
}

impl Calendar {
    fn new(terms: &ResolvedTerms) -> Self {
        Calendar { zone: terms.zone().clone(), red_days: RedDays::new(terms.terms()) }
    }

    /// C9.2, Standard: weekdays 08-17, and 08-12 before a red day; those that end after
    /// `instant`.
    fn support_hours(&self, instant: Instant) -> impl Iterator<Item = Interval> + '_ {
        self.working_days(instant)
            .map(|date| {
                let before_red = self.red_days.is_before_red(date);
                self.between(date, if before_red { CLOSES_BEFORE_RED } else { CLOSES })
            })
            .skip_while(move |hours| hours.until <= instant)
    }

    fn in_office_hours(&self, window: Interval) -> bool {
        self.working_days(window.from)
            .map(|date| self.between(date, CLOSES))
            .take_while(|office| office.from < window.until)
            .any(|office| office.overlaps(window))
    }

    /// From the local date of `instant` on; a day earlier, where clocks may have gone back.
    fn working_days(&self, instant: Instant) -> impl Iterator<Item = Date> + '_ {
        let date = self.zone.to_datetime(instant.timestamp()).date();
        std::iter::successors(Some(date.yesterday().unwrap_or(date)), |date| date.tomorrow().ok())
            .filter(|date| self.red_days.is_working_day(*date))
    }

    fn between(&self, date: Date, closes: Time) -> Interval {
        Interval::new(
            at_local_time(date, OPENS, &self.zone),
            at_local_time(date, closes, &self.zone),
        )
    }
}
