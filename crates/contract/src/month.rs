//! Calendar months and days in a time zone (C2.1).

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::instant::{Instant, Interval};

/// A calendar month, written `2026-10`. Which instants it covers depends on the time zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The first month that can be named.
    pub const MIN: Month = Month { year: 1, month: 1 };
    /// The last month that can be named.
    pub const MAX: Month = Month { year: 9999, month: 10 };

    /// The month in which `instant` lies in `zone`; the one whose [`Month::bounds`] contain it.
    pub fn of(instant: Instant, zone: &TimeZone) -> Self {
        let date = zone.to_datetime(instant.timestamp()).date();
        let month = Month { year: date.year(), month: date.month() };
        let month = month.clamp(Self::MIN, Self::MAX);
        // Where clocks go back over midnight, the last day returns after the 1st has begun: those
        // minutes belong to the month that has begun, for a month has one start (C2.1). Only
        // instants near a month's end can be meant, which spares the rest a look at the zone.
        if date.day() >= 27 && instant >= month.next().start(zone) { month.next() } else { month }
    }

    /// From the first instant whose local date is the 1st to the first instant of the next month.
    pub fn bounds(self, zone: &TimeZone) -> Interval {
        Interval::new(self.start(zone), self.following().start(zone))
    }

    /// The month after this one; [`Month::MAX`] stays.
    pub fn next(self) -> Self {
        self.following().min(Self::MAX)
    }

    /// The month before this one; [`Month::MIN`] stays.
    pub fn prev(self) -> Self {
        let prev = match self.month {
            1 => Month { year: self.year - 1, month: 12 },
            month => Month { year: self.year, month: month - 1 },
        };
        prev.max(Self::MIN)
    }

    /// The calendar year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month in the year, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// The 1st.
    pub fn first_day(self) -> Date {
        Date::constant(self.year, self.month, 1)
    }

    /// The first instant of this month in `zone`.
    pub fn start(self, zone: &TimeZone) -> Instant {
        start_of_day(self.first_day(), zone)
    }

    /// The month after this one, also after [`Month::MAX`], which has an end like any other.
    fn following(self) -> Self {
        match self.month {
            12 => Month { year: self.year + 1, month: 1 },
            month => Month { year: self.year, month: month + 1 },
        }
    }
}

/// The first instant whose local date is `date`; where the zone left that date out, the first one
/// after it.
pub fn start_of_day(date: Date, zone: &TimeZone) -> Instant {
    at_local_time(date, Time::midnight(), zone)
}

/// The first instant on `date` at which local clocks show `time`, or where they skip it, at which
/// they show a later one.
pub fn at_local_time(date: Date, time: Time, zone: &TimeZone) -> Instant {
    let local = date.to_datetime(time);
    let ambiguous = zone.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        // `compatible` would count on from the skipped time; wanted is the instant of the skip,
        // which for 23:30 to 00:30 lies before what it gives.
        AmbiguousOffset::Gap { after, .. } => after
            .to_timestamp(local)
            .ok()
            .and_then(|before_gap| zone.following(before_gap).next())
            .map_or(Instant::MAX, |transition| transition.timestamp().into()),
        _ => ambiguous.compatible().map_or(Instant::MAX, Instant::from),
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is no month: write it like \"2026-10\"");
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !is_number(year) || !is_number(month) {
            return Err(wrong());
        }
        let year: i16 = year.parse().map_err(|_| wrong())?;
        let month: i8 = month.parse().map_err(|_| wrong())?;
        let parsed = Month { year, month };
        let exists = (1..=12).contains(&month) && (Self::MIN..=Self::MAX).contains(&parsed);
        if exists { Ok(parsed) } else { Err(wrong()) }
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn minutes(month: &str, zone: &TimeZone) -> i64 {
        month.parse::<Month>().unwrap().bounds(zone).ms() / 60_000
    }

    #[test]
    fn c2_2_minutes_of_whole_months_in_stockholm() {
        let stockholm = zone("Europe/Stockholm");
        for (month, expected) in [
            ("2026-01", 44_640),
            ("2026-02", 40_320),
            ("2028-02", 41_760),
            ("2026-03", 44_580),
            ("2026-04", 43_200),
            ("2026-10", 44_700),
            ("2026-12", 44_640),
        ] {
            assert_eq!(minutes(month, &stockholm), expected, "{month}");
        }
    }

    #[test]
    fn c2_1_a_month_whose_midnight_does_not_exist_starts_when_clocks_jump() {
        // Clocks went from 00:00 to 01:00 on 1 April 2022 in the Gaza Strip's plans; a zone of our
        // own shows the same and a jump over midnight.
        for (rule, start) in [
            ("AAA0BBB,J91/0,J300/0", "2026-04-01T00:00:00.000Z"),
            ("AAA0BBB,J90/23:30,J300/0", "2026-03-31T23:30:00.000Z"),
        ] {
            let zone = TimeZone::posix(rule).unwrap();
            let april: Month = "2026-04".parse().unwrap();
            assert_eq!(april.start(&zone).to_string(), start, "{rule}");
            assert_eq!(Month::of(april.start(&zone), &zone), april);
            assert_eq!(Month::of(april.start(&zone).plus_ms(-1), &zone), april.prev());
        }
    }

    #[test]
    fn c2_1_a_month_whose_midnight_occurs_twice_starts_at_the_first() {
        // St John's went from 00:01 on 1 November 2009 back to 23:01 on 31 October.
        let zone = zone("America/St_Johns");
        let november: Month = "2009-11".parse().unwrap();
        let start = november.start(&zone);
        assert_eq!(start.to_string(), "2009-11-01T02:30:00.000Z");
        assert_eq!(Month::of(start.plus_ms(30 * 60_000), &zone), november);
        assert_eq!(Month::of(start.plus_ms(-1), &zone), november.prev());
    }

    #[test]
    fn c2_1_a_month_that_returns_before_midnight_starts_after() {
        // Clocks go from 00:00 on the 1st back to 23:00: midnight comes an hour later, once.
        let zone = TimeZone::posix("AAA0BBB,J10/0,J305/0").unwrap();
        let november: Month = "2026-11".parse().unwrap();
        assert_eq!(november.start(&zone).to_string(), "2026-11-01T00:00:00.000Z");
    }

    #[test]
    fn a_month_is_read_as_it_is_written() {
        for text in ["2026-10", "0001-01", "9999-10"] {
            assert_eq!(text.parse::<Month>().unwrap().to_string(), text);
        }
        for wrong in
            ["2026-13", "2026-00", "2026-1", "26-10", "2026-10-01", "9999-11", "", "+026-10"]
        {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
        let december: Month = "2026-12".parse().unwrap();
        assert_eq!(december.next().to_string(), "2027-01");
        assert_eq!(december.next().prev(), december);
    }
    #[test]
    fn a_month_has_a_year_and_a_number() {
        let month: Month = "2026-10".parse().unwrap();
        assert_eq!((month.year(), month.month()), (2026, 10));
    }
}
