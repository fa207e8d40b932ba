//! Values: dates and times, lengths of time, texts (RFC 5545, 3.3).

use contract::Instant;
use jiff::Span;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::error::CalendarError;
use crate::lines::ContentLine;
use crate::read::When;

/// What a `DTSTART` or `DTEND` says.
pub struct Moment {
    /// When.
    pub when: When,
    /// The zone in which it is written; none if it is floating.
    pub zone: Option<TimeZone>,
    /// Whether it is a whole day.
    pub is_date: bool,
}

/// Reads a `DTSTART` or `DTEND`: in UTC, in a named zone, floating, or a whole day.
pub fn moment(line: &ContentLine) -> Result<Moment, CalendarError> {
    let malformed = || {
        line.error(format!(
            "{:?} is no date or time: write 20261206T210000Z, 20261206T220000 or 20261206",
            shown(&line.value)
        ))
    };
    let text = line.value.trim();
    let (local, is_utc) = match text.strip_suffix(['Z', 'z']) {
        Some(local) => (local, true),
        None => (text, false),
    };
    let Some((date, time)) = local.split_once(['T', 't']) else {
        let midnight = date_of(text).ok_or_else(malformed)?.to_datetime(Time::midnight());
        return Ok(Moment { when: When::Local(midnight), zone: None, is_date: true });
    };
    let parsed = date_of(date).zip(time_of(time));
    let local = parsed.map(|(date, time)| date.to_datetime(time)).ok_or_else(malformed)?;
    let zone = match (is_utc, line.parameter("TZID")) {
        (true, _) => Some(TimeZone::UTC),
        (false, Some(name)) => Some(named_zone(name).ok_or_else(|| unknown_zone(line, name))?),
        (false, None) => None,
    };
    let when = match &zone {
        Some(zone) => When::Instant(instant(local, zone).ok_or_else(malformed)?),
        None => When::Local(local),
    };
    Ok(Moment { when, zone, is_date: false })
}

/// A local time that comes twice is the first of the two; one that is skipped is read with the
/// offset from before the change (RFC 5545, 3.3.5).
fn instant(local: DateTime, zone: &TimeZone) -> Option<Instant> {
    let zoned = zone.to_ambiguous_zoned(local).compatible().ok()?;
    Some(Instant::from(zoned.timestamp()))
}

/// The moment that lies `span` after `moment`: days are days of the calendar, hours are exact.
pub fn later(when: When, zone: &TimeZone, span: Span) -> Option<Instant> {
    let When::Instant(from) = when else { return None };
    let zoned = from.timestamp().to_zoned(zone.clone()).checked_add(span).ok()?;
    Some(Instant::from(zoned.timestamp()))
}

/// Reads a `DURATION`.
pub fn duration(line: &ContentLine) -> Result<Span, CalendarError> {
    let text = line.value.trim().trim_start_matches('+');
    let malformed = || {
        line.error(format!(
            "{:?} is no length of time: write PT2H, PT90M or P1D",
            shown(&line.value)
        ))
    };
    if !text.starts_with(['P', 'p']) {
        return Err(malformed());
    }
    let span: Span = text.parse().map_err(|_| malformed())?;
    if !span.is_positive() || span.get_years() != 0 || span.get_months() != 0 {
        return Err(malformed());
    }
    Ok(span)
}

/// Reads a text: escapes undone, white space (line breaks too) as single spaces.
pub fn text(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => plain.push(' '),
                Some(escaped) => plain.push(escaped),
                None => {}
            },
            it if it.is_control() => plain.push(' '),
            it => plain.push(it),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The start of a value for a message.
pub fn shown(value: &str) -> String {
    const SHOWN_MAX: usize = 60;
    match value.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// `20261206`.
fn date_of(text: &str) -> Option<Date> {
    let [y1, y2, m, d] = pairs(text)?;
    Date::new(i16::from(y1) * 100 + i16::from(y2), m.try_into().ok()?, d.try_into().ok()?).ok()
}

/// `220000`.
fn time_of(text: &str) -> Option<Time> {
    let [hour, minute, second] = pairs(text)?;
    // A leap second, which a clock may write, is the second before it (RFC 5545, 3.3.12).
    let second = if second == 60 { 59 } else { second };
    let [hour, minute, second] =
        [hour, minute, second].map(|it| i8::try_from(it).unwrap_or(i8::MAX));
    Time::new(hour, minute, second, 0).ok()
}

/// `N` numbers of two digits each, and nothing else.
fn pairs<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (pairs, _) = digits.as_chunks::<2>();
    let mut numbers = [0; N];
    for (number, [ten, one]) in numbers.iter_mut().zip(pairs) {
        *number = (ten - b'0') * 10 + (one - b'0');
    }
    Some(numbers)
}

/// The zones of Windows that European calendars name, and what they are called elsewhere.
const WINDOWS_ZONES: [(&str, &str); 9] = [
    ("W. Europe Standard Time", "Europe/Berlin"),
    ("Romance Standard Time", "Europe/Paris"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("FLE Standard Time", "Europe/Helsinki"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("GMT Standard Time", "Europe/London"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("UTC", "UTC"),
];

/// The zone of this name. A globally unique one (`/…/Europe/Stockholm`) ends with its usual name.
fn named_zone(name: &str) -> Option<TimeZone> {
    let windows = WINDOWS_ZONES.iter().find(|(windows, _)| windows.eq_ignore_ascii_case(name));
    let name = windows.map_or(name, |(_, name)| name);
    let whole = (!name.starts_with('/')).then_some(name);
    // The longest end of at most three parts: `America/Argentina/Salta`.
    let parts: Vec<usize> = name.rmatch_indices('/').map(|(at, _)| at + 1).take(3).collect();
    let ends = parts.iter().rev().map(|&at| &name[at..]).filter(|_| name.starts_with('/'));
    whole.into_iter().chain(ends).find_map(|name| TimeZone::get(name).ok())
}

fn unknown_zone(line: &ContentLine, name: &str) -> CalendarError {
    line.error(format!(
        "no time zone is called {:?}: write TZID=Europe/Stockholm, or the time in UTC as \
         20261206T210000Z",
        shown(name)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::content_lines;

    fn line(text: &str) -> ContentLine {
        content_lines(text.as_bytes()).next().unwrap().unwrap()
    }

    fn utc(text: &str) -> Result<String, String> {
        match moment(&line(text)) {
            Ok(Moment { when: When::Instant(at), .. }) => Ok(at.to_string()),
            Ok(Moment { when: When::Local(at), is_date, .. }) => Ok(format!("{at} {is_date}")),
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn moments_are_in_utc_in_a_zone_floating_or_whole_days() {
        for (text, expected) in [
            ("DTSTART:20261206T210000Z", "2026-12-06T21:00:00.000Z"),
            ("DTSTART;TZID=Europe/Stockholm:20261206T220000", "2026-12-06T21:00:00.000Z"),
            ("DTSTART;TZID=europe/stockholm:20260706T220000", "2026-07-06T20:00:00.000Z"),
            (
                "DTSTART;TZID=\"W. Europe Standard Time\":20261206T220000",
                "2026-12-06T21:00:00.000Z",
            ),
            (
                "DTSTART;TZID=/x.org/2_1/Europe/Stockholm:20261206T220000",
                "2026-12-06T21:00:00.000Z",
            ),
            ("DTSTART;TZID=/America/Argentina/Salta:20261206T220000", "2026-12-07T01:00:00.000Z"),
            // Twice, and skipped: as RFC 5545 reads them.
            ("DTSTART;TZID=Europe/Stockholm:20261025T023000", "2026-10-25T00:30:00.000Z"),
            ("DTSTART;TZID=Europe/Stockholm:20260329T023000", "2026-03-29T01:30:00.000Z"),
            ("DTSTART:20261206T220060", "2026-12-06T22:00:59 false"),
            ("DTSTART:20261206T220000", "2026-12-06T22:00:00 false"),
            ("DTSTART;VALUE=DATE:20261206", "2026-12-06T00:00:00 true"),
        ] {
            assert_eq!(utc(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused_with_a_remedy() {
        for text in
            ["", "2026-12-06", "20261306", "20261206T", "20261206T2200", "20261206T220061Zz"]
        {
            let error = utc(&format!("DTSTART:{text}")).unwrap_err();
            assert!(error.contains("20261206T210000Z"), "{error}");
        }
        for zone in ["Customized Time Zone", "../../etc/passwd", "/etc/passwd", ""] {
            let error = utc(&format!("DTSTART;TZID={zone}:20261206T220000")).unwrap_err();
            assert!(error.contains("TZID=Europe/Stockholm"), "{error}");
        }
    }

    #[test]
    fn lengths_of_time_are_positive_and_have_no_months() {
        for (text, expected) in [("PT90M", "PT90M"), ("P1DT2H", "P1DT2H"), ("+P2W", "P2W")] {
            assert_eq!(duration(&line(&format!("DURATION:{text}"))).unwrap().to_string(), expected);
        }
        for text in ["", "2h", "-PT1H", "PT0S", "P1M", "P1Y", "PT999999999999999999999H"] {
            assert!(duration(&line(&format!("DURATION:{text}"))).is_err(), "{text}");
        }
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(text(r"new\, and\; more\nthan \\ that\"), r"new, and; more than \ that");
    }
}
