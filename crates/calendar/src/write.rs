//! Writes announced stops as a calendar that others subscribe to.

use std::fmt::Write;

use contract::{Instant, Interval};
use jiff::tz::TimeZone;

/// Octets that a line may have without its break (RFC 5545, 3.1).
const LINE_BYTES_MAX: usize = 75;

/// A calendar to subscribe to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feed {
    /// What readers call it.
    pub name: String,
    /// Its language's tag.
    pub language: &'static str,
    /// Its events.
    pub entries: Vec<Entry>,
}

/// One stop as an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Never changes, and is given to no other stop; from [`stop_uid`].
    pub uid: String,
    /// When it was last changed.
    pub changed: Instant,
    /// How often it was changed.
    pub sequence: u32,
    /// Whether it will not take place.
    pub is_cancelled: bool,
    /// Its window.
    pub window: Interval,
    /// In a few words.
    pub summary: String,
    /// In more; may have several lines.
    pub description: String,
}

/// The UID of a planned stop in feeds: its id, and when it was announced, which no other agent's
/// stop of that id shares.
pub fn stop_uid(id: &str, announced_at: Instant) -> String {
    format!("{id}-{}@upptid", announced_at.ms())
}

/// The calendar as text: CRLF ends each line, and none is longer than 75 octets.
pub fn write(feed: &Feed) -> String {
    let mut text = Text::default();
    text.line("BEGIN", "VCALENDAR");
    text.line("VERSION", "2.0");
    text.line("PRODID", "-//Upptid//Planned stops//EN");
    text.line("CALSCALE", "GREGORIAN");
    text.line("NAME", &escaped(&feed.name));
    text.line("X-WR-CALNAME", &escaped(&feed.name));
    text.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
    for entry in &feed.entries {
        text.line("BEGIN", "VEVENT");
        text.line("UID", &escaped(&entry.uid));
        text.line("DTSTAMP", &in_utc(entry.changed));
        text.line("LAST-MODIFIED", &in_utc(entry.changed));
        text.line("SEQUENCE", &entry.sequence.to_string());
        text.line("STATUS", if entry.is_cancelled { "CANCELLED" } else { "CONFIRMED" });
        text.line("DTSTART", &in_utc(entry.window.from));
        text.line("DTEND", &in_utc(rounded_up(entry.window.until)));
        text.line(&format!("SUMMARY;LANGUAGE={}", feed.language), &escaped(&entry.summary));
        text.line(&format!("DESCRIPTION;LANGUAGE={}", feed.language), &escaped(&entry.description));
        text.line("TRANSP", "TRANSPARENT");
        text.line("END", "VEVENT");
    }
    text.line("END", "VCALENDAR");
    text.0
}

/// Calendars know whole seconds; an event begins no later and ends no earlier than its stop.
fn rounded_up(instant: Instant) -> Instant {
    instant.plus_ms((1000 - instant.ms().rem_euclid(1000)) % 1000)
}

fn in_utc(instant: Instant) -> String {
    let utc = TimeZone::UTC.to_datetime(instant.timestamp());
    utc.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            it if it.is_control() => escaped.push(' '),
            it => escaped.push(it),
        }
    }
    escaped
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// `name:value`, folded: no line is too long, and no character is split.
    fn line(&mut self, name: &str, value: &str) {
        let mut line = String::with_capacity(name.len() + value.len() + 1);
        let _ = write!(line, "{name}:{value}");
        let mut rest = line.as_str();
        let mut room = LINE_BYTES_MAX;
        while rest.len() > room {
            let end = rest.floor_char_boundary(room);
            self.0.push_str(&rest[..end]);
            self.0.push_str("\r\n ");
            rest = &rest[end..];
            room = LINE_BYTES_MAX - 1;
        }
        self.0.push_str(rest);
        self.0.push_str("\r\n");
    }
}
