//! What people read in a terminal: colours only where they are wanted, times and lengths of time.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};
use contract::Instant;
use jiff::tz::TimeZone;

use crate::exit::Failure;

/// Writes to standard output. Colours reach a terminal, unless `NO_COLOR` is set. A reader that has
/// gone has what it wanted: false.
///
/// # Errors
/// Standard output cannot be written.
pub fn write(text: &str) -> Result<bool, Failure> {
    let mut stdout = AutoStream::auto(io::stdout().lock());
    told(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// The same, and ends the line.
///
/// # Errors
/// Standard output cannot be written.
pub fn write_line(text: impl Display) -> Result<bool, Failure> {
    write(&format!("{text}\n"))
}

/// Writes bytes as they are.
///
/// # Errors
/// Standard output cannot be written.
pub fn write_raw(bytes: &[u8]) -> Result<bool, Failure> {
    let mut stdout = io::stdout().lock();
    told(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// Whether colours are wanted on a stream: on a terminal, unless `NO_COLOR` is set.
pub fn is_coloured(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

fn told(written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::usage(format!("cannot write to standard output: {error}"))),
    }
}

/// Good.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// Bad.
pub const RED: Style = AnsiColor::Red.on_default().bold();
/// Not known, or to be looked at.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// A heading.
pub const BOLD: Style = Style::new().bold();

/// `text` in a style.
pub fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// `2026-11-05 22:00:00`, in local time; in UTC and with a `Z` if this machine does not know the
/// zone.
pub fn local_time(instant: Instant, timezone: &str) -> String {
    match TimeZone::get(timezone) {
        Ok(zone) => zone.to_datetime(instant.timestamp()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => instant.timestamp().strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    }
}

/// A length of time in its two largest units, cut down: `3 d 4 h`, `8 min 12 s`.
pub fn length(ms: i64) -> String {
    let s = ms.max(0) / 1_000;
    let units = [(s / 86_400, "d"), (s / 3_600 % 24, "h"), (s / 60 % 60, "min"), (s % 60, "s")];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
    let shown = units[first..].iter().take(2).filter(|(count, _)| *count > 0 || s == 0);
    shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

/// Minutes with one decimal, cut down: `43.2`.
pub fn minutes(ms: i64) -> String {
    let tenths = ms.div_euclid(6_000);
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_their_two_largest_units() {
        for (s, told) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3_600, "1 h"),
            (3_661, "1 h 1 min"),
            (86_400 + 59, "1 d"),
            (3 * 86_400 + 4 * 3_600, "3 d 4 h"),
        ] {
            assert_eq!(length(s * 1_000 + 999), told);
        }
        assert_eq!(length(-5), "0 s");
    }

    #[test]
    fn c6_4_minutes_are_cut_down_never_rounded_up() {
        for (ms, told) in [(44 * 60_000 + 38_400, "44.6"), (5_999, "0.0"), (-1, "-0.1")] {
            assert_eq!(minutes(ms), told);
        }
        assert_eq!(minutes(-(12 * 60_000 + 24_000)), "-12.4");
    }

    #[test]
    fn c2_1_times_are_local() {
        let instant: Instant = "2026-10-25T00:30:00.250Z".parse().unwrap();
        assert_eq!(local_time(instant, "Europe/Stockholm"), "2026-10-25 02:30:00");
        assert_eq!(local_time(instant, "Nowhere/Here"), "2026-10-25 00:30:00Z");
    }
}
