//! Planned stops as iCalendar (RFC 5545): single events are read, announced stops are written.
//!
//! Pure: text in, events out, and the other way. Only what a planned stop needs is known: one
//! window with a name, no recurrence (a contract allows a stop a month, not a series).

mod error;
mod lines;
mod read;
mod value;
mod write;

pub use error::{CalendarError, CalendarErrors};
pub use read::{EVENTS_MAX, Event, FILE_BYTES_MAX, Until, When, read};
pub use write::{Entry, Feed, stop_uid, write};
