//! Reads the single events of a calendar.

use contract::Instant;
use jiff::Span;
use jiff::civil::DateTime;

use crate::error::{CalendarError, CalendarErrors};
use crate::lines::{ContentLine, content_lines};
use crate::value::{Moment, duration, later, moment, shown, text};

/// Bytes that a calendar may have.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Events that a calendar may have.
pub const EVENTS_MAX: usize = 100;
/// Bytes that an event's UID may have.
const UID_BYTES_MAX: usize = 255;
/// What a file that is something else is told.
const NO_CALENDAR: &str =
    "the file does not begin with BEGIN:VCALENDAR: give an iCalendar (.ics) file";
/// Components that may stand in one another.
const DEPTH_MAX: usize = 16;

/// One event: a window with a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The line on which it begins, from 1.
    pub line_no: usize,
    /// What tells it from every other event, everywhere.
    pub uid: String,
    /// Its summary; its description where it has no summary; may be empty. One line.
    pub summary: String,
    /// Its first instant.
    pub from: When,
    /// Its end.
    pub until: Until,
}

/// An instant, or a local time in a zone that the calendar does not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// An instant.
    Instant(Instant),
    /// Local time: a floating time, or the start of a whole day.
    Local(DateTime),
}

/// The end of an event.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// The first instant after it.
    At(When),
    /// So long after a local start: days of the calendar, exact hours.
    After(Span),
}

impl PartialEq for Until {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Until::At(one), Until::At(other)) => one == other,
            (Until::After(one), Until::After(other)) => one.fieldwise() == other.fieldwise(),
            _ => false,
        }
    }
}

impl Eq for Until {}

/// Reads every event of a calendar, in the order in which they stand.
///
/// # Errors
/// Everything that is wrong with any event, each with its line and what to do; nothing is passed
/// over. Recurring, cancelled and tentative events are refused.
pub fn read(bytes: &[u8]) -> Result<Vec<Event>, CalendarErrors> {
    if bytes.len() > FILE_BYTES_MAX {
        let message =
            format!("the file is larger than {FILE_BYTES_MAX} bytes: export fewer events");
        return Err(CalendarError::new(1, message).into());
    }
    let components = components(bytes)?;
    let Some(first) = components.first() else {
        return Err(CalendarError::new(1, "the calendar holds no event (BEGIN:VEVENT)").into());
    };
    if components.len() > EVENTS_MAX {
        let message = format!("there are more than {EVENTS_MAX} events: import them in parts");
        return Err(CalendarError::new(first.line_no, message).into());
    }
    let (mut events, mut errors) = (Vec::new(), Vec::new());
    for component in &components {
        match component.event() {
            Ok(event) => events.push(event),
            Err(error) => errors.push(error),
        }
    }
    errors.extend(repeated(&events));
    errors.sort_by_key(|error| error.line_no);
    if errors.is_empty() { Ok(events) } else { Err(CalendarErrors(errors)) }
}

/// Two events of one name are one that was changed: which of them holds is not for us to say.
fn repeated(events: &[Event]) -> Vec<CalendarError> {
    let is_known = |place: usize| events[..place].iter().any(|it| it.uid == events[place].uid);
    let repeated = (0..events.len()).filter(|&place| is_known(place));
    let error = |place: usize| {
        let event = &events[place];
        CalendarError::new(
            event.line_no,
            format!("the UID {:?} stands twice: keep one of its events", shown(&event.uid)),
        )
    };
    repeated.map(error).collect()
}

/// A `VEVENT` with its own lines, without those of components in it.
struct Component {
    line_no: usize,
    lines: Vec<ContentLine>,
    /// Whether the calendar as a whole cancels its events.
    is_cancelled: bool,
}

/// The events of every calendar in the file.
fn components(bytes: &[u8]) -> Result<Vec<Component>, CalendarError> {
    let mut open: Vec<ContentLine> = Vec::new();
    let mut found: Vec<Component> = Vec::new();
    let mut is_cancelled = false;
    for line in content_lines(bytes) {
        let line = line?;
        let inside = open.last().map(|begin| begin.value.as_str());
        match (line.name.as_str(), inside) {
            ("BEGIN", _) => {
                let name = line.value.trim().to_ascii_uppercase();
                if open.is_empty() && name != "VCALENDAR" {
                    return Err(line.error(NO_CALENDAR));
                }
                if open.len() >= DEPTH_MAX {
                    return Err(line.error("components stand too deep in one another"));
                }
                match name.as_str() {
                    "VCALENDAR" => is_cancelled = false,
                    "VEVENT" => {
                        let (line_no, lines) = (line.line_no, Vec::new());
                        found.push(Component { line_no, lines, is_cancelled });
                    }
                    _ => {}
                }
                open.push(ContentLine { value: name, ..line });
            }
            ("END", Some(name)) if line.value.trim().eq_ignore_ascii_case(name) => {
                open.pop();
            }
            ("END", _) => {
                let value = shown(&line.value);
                return Err(line.error(format!("END:{value} ends nothing that is open")));
            }
            (_, None) => return Err(line.error(NO_CALENDAR)),
            ("METHOD", Some("VCALENDAR")) => {
                is_cancelled = line.value.trim().eq_ignore_ascii_case("CANCEL");
            }
            (_, Some("VEVENT")) => {
                if let Some(component) = found.last_mut() {
                    component.lines.push(line);
                }
            }
            _ => {}
        }
    }
    match open.pop() {
        Some(begin) => Err(begin.error(format!(
            "BEGIN:{} is never ended: the file was cut short",
            shown(&begin.value)
        ))),
        None => Ok(found),
    }
}

impl Component {
    fn event(&self) -> Result<Event, CalendarError> {
        self.refuse_what_is_no_single_event()?;
        let uid = self.uid()?;
        let start = self.only("DTSTART")?.ok_or_else(|| {
            self.error("the event has no DTSTART: a planned stop needs its first instant")
        })?;
        let from = moment(start)?;
        let until = self.until(start, &from)?;
        if let (When::Instant(from), Until::At(When::Instant(until))) = (from.when, until)
            && until <= from
        {
            return Err(self.error(format!("the event ends at {until}, not after its start")));
        }
        let summary = self.text("SUMMARY").or_else(|| self.text("DESCRIPTION"));
        Ok(Event {
            line_no: self.line_no,
            uid,
            summary: summary.unwrap_or_default(),
            from: from.when,
            until,
        })
    }

    fn refuse_what_is_no_single_event(&self) -> Result<(), CalendarError> {
        for name in ["RRULE", "RDATE", "RECURRENCE-ID"] {
            if let Some(line) = self.lines.iter().find(|line| line.name == name) {
                return Err(line.error(
                    "the event recurs, and a contract allows one planned stop a month (C4.3): \
                     make a single event of each time that is agreed",
                ));
            }
        }
        let status = self.only("STATUS")?;
        let is = |word: &str| {
            status.filter(|line| line.value.trim().eq_ignore_ascii_case(word)).map(|it| it.line_no)
        };
        if let Some(line_no) = is("CANCELLED").or_else(|| self.is_cancelled.then_some(self.line_no))
        {
            return Err(CalendarError::new(
                line_no,
                "the event is cancelled: leave it out; `upptid stop cancel ID` cancels a stop that \
                 is announced",
            ));
        }
        match is("TENTATIVE") {
            Some(line_no) => Err(CalendarError::new(
                line_no,
                "the event is tentative: announce it when it is confirmed",
            )),
            None => Ok(()),
        }
    }

    fn uid(&self) -> Result<String, CalendarError> {
        let line = self.only("UID")?;
        let uid = line.map(|line| text(&line.value)).unwrap_or_default();
        if uid.is_empty() {
            return Err(self.error("the event has no UID, by which it is known again: give it one"));
        }
        if uid.len() > UID_BYTES_MAX {
            let line_no = line.map_or(self.line_no, |line| line.line_no);
            let message =
                format!("the UID is longer than {UID_BYTES_MAX} bytes: give it a shorter one");
            return Err(CalendarError::new(line_no, message));
        }
        Ok(uid)
    }

    fn until(&self, start: &ContentLine, from: &Moment) -> Result<Until, CalendarError> {
        match (self.only("DTEND")?, self.only("DURATION")?) {
            (Some(end), None) => {
                let until = moment(end)?;
                if until.is_date != from.is_date {
                    return Err(end.error(
                        "DTSTART and DTEND have to be both whole days, or both times of day",
                    ));
                }
                Ok(Until::At(until.when))
            }
            (None, Some(line)) => {
                let span = duration(line)?;
                match &from.zone {
                    None => Ok(Until::After(span)),
                    Some(zone) => later(from.when, zone, span)
                        .map(|until| Until::At(When::Instant(until)))
                        .ok_or_else(|| line.error("the event ends after the year 9999")),
                }
            }
            // RFC 5545, 3.6.1: a whole day without an end is that day.
            (None, None) if from.is_date => Ok(Until::After(Span::new().days(1))),
            (None, None) => Err(start.error("the event has no end: give it a DTEND or a DURATION")),
            (Some(end), Some(_)) => {
                Err(end.error("the event has a DTEND and a DURATION: keep one of them"))
            }
        }
    }

    /// The line of this name, which may stand once.
    fn only(&self, name: &str) -> Result<Option<&ContentLine>, CalendarError> {
        let mut lines = self.lines.iter().filter(|line| line.name == name);
        match (lines.next(), lines.next()) {
            (_, Some(second)) => {
                Err(second.error(format!("{name} stands twice in the event: keep one of them")))
            }
            (first, None) => Ok(first),
        }
    }

    /// The first text of this name that says anything.
    fn text(&self, name: &str) -> Option<String> {
        let lines = self.lines.iter().filter(|line| line.name == name);
        lines.map(|line| text(&line.value)).find(|text| !text.is_empty())
    }

    fn error(&self, message: impl Into<String>) -> CalendarError {
        CalendarError::new(self.line_no, message)
    }
}
