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
        let timestamp: jiff::Timestamp =
            text.parse().map_err(|_| format!("{text:?} is no RFC 3339 instant"))?;
        if timestamp.subsec_nanosecond() % 1_000_000 != 0 {
            return Err(format!("{text:?} is finer than a millisecond"));
        }
        Ok(Self::from(timestamp))
    }
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
    }
}
