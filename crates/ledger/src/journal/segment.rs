//! Segments: one file of the journal per UTC month, `2026-10.jsonl`; where a journal was found
//! damaged, a further one for the same month, `2026-10.2.jsonl`.

use std::fmt;

use contract::{Instant, Month};
use jiff::tz::TimeZone;

/// What a segment is called until its first lines are complete and synced.
pub(crate) const UNFINISHED_SUFFIX: &str = ".new";

/// A segment's name; sorts as the journal is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct SegmentName {
    /// The UTC month in which it was begun.
    pub(crate) month: Month,
    /// 1, and one more after each damage within the month.
    pub(crate) part: u32,
}

impl SegmentName {
    /// The segment in which a line recorded at `at` belongs, after `newest`. A clock that was set
    /// back does not go back to an older segment.
    pub(crate) fn for_line(at: Instant, newest: Option<SegmentName>) -> SegmentName {
        let month = Month::of(at, &TimeZone::UTC);
        match newest {
            Some(newest) if newest.month >= month => newest,
            _ => SegmentName { month, part: 1 },
        }
    }

    /// The further segment of the same month.
    pub(crate) fn next_part(self) -> SegmentName {
        SegmentName { part: self.part.saturating_add(1), ..self }
    }

    /// Reads a file's name; none if it is no segment.
    pub(crate) fn parse(name: &str) -> Option<SegmentName> {
        let stem = name.strip_suffix(".jsonl")?;
        let (month, part) = match stem.split_once('.') {
            Some((month, part)) => (month, part.parse().ok().filter(|part| *part > 1)?),
            None => (stem, 1),
        };
        let parsed = SegmentName { month: month.parse().ok()?, part };
        (parsed.to_string() == name).then_some(parsed)
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            1 => write!(f, "{}.jsonl", self.month),
            part => write!(f, "{}.{part}.jsonl", self.month),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_sort_as_they_were_written() {
        let names = ["2026-09.jsonl", "2026-10.jsonl", "2026-10.2.jsonl", "2026-10.10.jsonl"];
        let parsed: Vec<_> = names.iter().map(|name| SegmentName::parse(name).unwrap()).collect();
        assert!(parsed.is_sorted());
        assert_eq!(parsed.iter().map(ToString::to_string).collect::<Vec<_>>(), names);
        for other in ["2026-10.jsonl.new", "2026-10.1.jsonl", "2026-10.02.jsonl", "notes.txt"] {
            assert_eq!(SegmentName::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_clock_set_back_stays_in_the_newest_segment() {
        let newest = SegmentName::parse("2026-10.2.jsonl");
        let september: Instant = "2026-09-30T23:59:59Z".parse().unwrap();
        let november: Instant = "2026-11-01T00:00:00Z".parse().unwrap();
        assert_eq!(SegmentName::for_line(september, newest), newest.unwrap());
        assert_eq!(SegmentName::for_line(november, newest).to_string(), "2026-11.jsonl");
        assert_eq!(SegmentName::for_line(september, None).to_string(), "2026-09.jsonl");
    }
}
