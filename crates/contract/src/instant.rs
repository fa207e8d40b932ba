//! Instants in UTC milliseconds, and half-open intervals between them (C2.1, C2.3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant: milliseconds since 1970-01-01T00:00:00Z (C2.1).
///
/// Written and read as RFC 3339 in UTC with milliseconds: `2026-10-01T12:00:00.000Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// The earliest instant this program writes: 0001-01-01T00:00:00Z.
    pub const MIN: Instant = Instant(-62_135_596_800_000);
    /// The latest instant this program writes: 9999-12-30T00:00:00Z.
    pub const MAX: Instant = Instant(253_402_128_000_000);

    /// The instant `ms` milliseconds after 1970-01-01T00:00:00Z, clamped to what can be written.
    pub fn from_ms(ms: i64) -> Self {
        Instant(ms.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn ms(self) -> i64 {
        self.0
    }

    /// This instant moved by `ms` (negative: earlier), clamped to what can be written.
    pub fn plus_ms(self, ms: i64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; negative if it is later.
    pub fn since(self, earlier: Instant) -> i64 {
        self.0 - earlier.0
    }

    /// The same instant in the calendar library's type.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).expect("clamped to the calendar's range")
    }
}

impl From<jiff::Timestamp> for Instant {
    fn from(timestamp: jiff::Timestamp) -> Self {
        Self::from_ms(timestamp.as_millisecond())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Instant {
    type Err = String;

    /// Reads any RFC 3339 instant; digits below the millisecond are refused.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(instant) = read_as_written(text) {
            return Ok(instant);
        }
        let timestamp: jiff::Timestamp =
            text.parse().map_err(|_| format!("{text:?} is no RFC 3339 instant"))?;
        if timestamp.subsec_nanosecond() % 1_000_000 != 0 {
            return Err(format!("{text:?} is finer than a millisecond"));
        }
        Ok(Self::from(timestamp))
    }
}

/// Reads the one form that this program writes, ten times as fast as any form.
fn read_as_written(text: &str) -> Option<Instant> {
    const FORM: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
    let text: &[u8; 24] = text.as_bytes().try_into().ok()?;
    let fits = FORM.iter().zip(text).all(|(form, byte)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == form,
    });
    if !fits {
        return None;
    }
    let number = |from: usize, until: usize| {
        text[from..until].iter().fold(0, |sum, b| sum * 10 + i64::from(b - b'0'))
    };
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
    // The last days of months and leap seconds are left to the calendar library.
    if !(1..=12).contains(&month) || !(1..=28).contains(&day) {
        return None;
    }
    if year < 1 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days since 1970-01-01, counting years from March, so that a leap day comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Some(Instant::from_ms(seconds * 1000 + number(20, 23)))
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A half-open interval `[from, until)` (C2.3). Empty when `until <= from`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Interval {
    /// First instant inside.
    pub from: Instant,
    /// First instant after.
    pub until: Instant,
}

impl Interval {
    /// `[from, until)`.
    pub fn new(from: Instant, until: Instant) -> Self {
        Self { from, until }
    }

    /// Length in milliseconds, never negative.
    pub fn ms(self) -> i64 {
        self.until.since(self.from).max(0)
    }

    /// Whether nothing lies inside.
    pub fn is_empty(self) -> bool {
        self.until <= self.from
    }

    /// Whether `instant` lies inside.
    pub fn contains(self, instant: Instant) -> bool {
        self.from <= instant && instant < self.until
    }

    /// What both intervals cover; empty if nothing.
    pub fn intersection(self, other: Interval) -> Interval {
        Interval::new(self.from.max(other.from), self.until.min(other.until))
    }

    /// Whether the two share at least one millisecond.
    pub fn overlaps(self, other: Interval) -> bool {
        !self.intersection(other).is_empty()
    }
}

/// The union of intervals, in order of time: those that touch are one, and empty ones are none.
pub(crate) fn union(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.retain(|interval| !interval.is_empty());
    intervals.sort_unstable_by_key(|interval| interval.from);
    let mut union: Vec<Interval> = Vec::with_capacity(intervals.len());
    for interval in intervals {
        match union.last_mut() {
            Some(last) if interval.from <= last.until => {
                last.until = last.until.max(interval.until);
            }
            _ => union.push(interval),
        }
    }
    union
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c2_1_an_instant_is_written_in_utc_with_milliseconds() {
        let instant: Instant = "2026-10-01T02:00:00.5+02:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-10-01T00:00:00.500Z");
        assert_eq!(Instant::MIN.to_string().parse(), Ok(Instant::MIN));
        assert_eq!(Instant::MAX.to_string().parse(), Ok(Instant::MAX));
        assert!("2026-10-01T00:00:00.0001Z".parse::<Instant>().is_err());
        assert!("2026-10-01".parse::<Instant>().is_err());
        assert!("2026-02-30T00:00:00.000Z".parse::<Instant>().is_err());
        assert!("2026-02-03T24:00:00.000Z".parse::<Instant>().is_err());
    }

    #[test]
    fn c2_1_what_is_written_is_read_back_on_every_day() {
        let step_ms = 5 * 86_400_000 + 12_345_678;
        let mut instant = Instant::MIN;
        while instant < Instant::MAX {
            assert_eq!(instant.to_string().parse(), Ok(instant));
            instant = instant.plus_ms(step_ms);
        }
    }
    #[test]
    fn c2_1_what_is_written_is_read_without_the_calendar_library() {
        for text in [
            "0001-01-01T00:00:00.000Z",
            "2026-02-28T23:59:59.999Z",
            "2028-03-01T10:20:30.456Z",
            "2026-12-28T23:00:59.007Z",
        ] {
            let timestamp: jiff::Timestamp = text.parse().unwrap();
            assert_eq!(read_as_written(text), Some(Instant::from(timestamp)), "{text}");
        }
        // What needs a calendar, and what is no instant, is left to it.
        for text in [
            "0000-03-01T00:00:00.000Z",
            "2026-10-29T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-10-01T24:00:00.000Z",
            "2026-10-01T10:60:00.000Z",
            "2026-10-01T10:00:60.000Z",
            "2026/10/01T10:00:00.000Z",
            "2026x10x01x10x00x00x000x",
            "2026-1a-01T10:00:00.000Z",
            "2026-10-01T10:00:00Z",
        ] {
            assert_eq!(read_as_written(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_is_shown_to_programmers_as_it_is_written() {
        let instant = Instant::from_ms(1_790_812_800_500);
        assert_eq!(format!("{instant:?}"), instant.to_string());
    }
}
