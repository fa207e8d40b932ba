//! Instants and windows as people write them: RFC 3339, or local time where that is one instant.

use contract::{Instant, Interval};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::requests::Refusal;

/// Reads a window that is not empty.
///
/// # Errors
/// Names what is written wrong, and how to write it.
pub fn window(from: &str, until: &str, zone: Option<&TimeZone>) -> Result<Interval, Refusal> {
    let window = Interval::new(instant(from, zone)?, instant(until, zone)?);
    if window.is_empty() {
        return Err(format!("until is {}, not after from", window.until));
    }
    Ok(window)
}

/// Reads an instant. Local time needs the one `zone` that it is meant in.
///
/// # Errors
/// As for [`window`].
pub fn instant(text: &str, zone: Option<&TimeZone>) -> Result<Instant, Refusal> {
    if let Ok(instant) = text.parse::<Instant>() {
        return Ok(instant);
    }
    let local: DateTime = text.parse().map_err(|_| {
        format!(
            "{text:?} is no instant: write 2026-12-06T22:00 for local time, or \
             2026-12-06T22:00:00+01:00"
        )
    })?;
    let zone = zone.ok_or_else(|| {
        format!("{text:?} is local time, and the services have several time zones: add an offset")
    })?;
    let zoned = zone.to_ambiguous_zoned(local).unambiguous().map_err(|_| {
        format!(
            "{text:?} is skipped or comes twice when the clocks change: add an offset, as in \
             2026-10-25T02:30:00+02:00"
        )
    })?;
    Ok(Instant::from(zoned.timestamp()))
}
