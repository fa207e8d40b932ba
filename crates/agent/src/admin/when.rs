//! Instants and windows as people write them: RFC 3339, or local time where that is one instant.

use contract::{Instant, Interval};
use jiff::Span;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::requests::Refusal;

/// Reads a window that is not empty. Its end is an instant, or a length of time as `PT2H` or `P1D`.
///
/// # Errors
/// Names what is written wrong, and how to write it.
pub fn window(from: &str, until: &str, zone: Option<&TimeZone>) -> Result<Interval, Refusal> {
    let from = instant(from, zone)?;
    let until = match until.starts_with('P') {
        true => later(from, until, zone)?,
        false => instant(until, zone)?,
    };
    let window = Interval::new(from, until);
    if window.is_empty() {
        return Err(format!("until is {}, not after from", window.until));
    }
    Ok(window)
}

/// The instant so long after `from`: hours are exact, days are days of the calendar in `zone`.
fn later(from: Instant, length: &str, zone: Option<&TimeZone>) -> Result<Instant, Refusal> {
    let zone = zone.cloned().unwrap_or(TimeZone::UTC);
    let span: Option<Span> = length.parse().ok();
    span.and_then(|span| from.timestamp().to_zoned(zone).checked_add(span).ok())
        .map(|until| Instant::from(until.timestamp()))
        .ok_or_else(|| format!("{length:?} is no length of time: write PT2H, PT90M or P1D"))
}

/// Reads an instant. Local time needs the one `zone` that it is meant in.
///
/// # Errors
/// When it is not an instant, or local time without a zone.
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
