//! Notices that reached somebody, and stops whose notice came too late (C4.8, C9.5).

use serde::{Deserialize, Serialize};

use crate::history::History;
use crate::instant::Instant;
use crate::month::Month;
use crate::month_terms::ResolvedTerms;
use crate::stops::Stop;

/// What a notice says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A planned stop is announced; `about` is its id (C4.8).
    StopAnnounced,
    /// A planned stop is cancelled; `about` is its id (C4.8).
    StopCancelled,
    /// The fault report to the provider; `about` is the incident's opening (C9.5).
    FaultReport,
    /// An incident opened; `about` is its opening (C9.5).
    IncidentOpened,
    /// An incident is over; `about` is its opening.
    IncidentClosed,
    /// The month's statement; `about` is the month and revision.
    Statement,
    /// An alert, sent because nobody else does; `about` is its name.
    Alert,
}

/// A notice was delivered: the mail server, or the receiver of a webhook, has accepted it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// What it said.
    pub notice: NoticeKind,
    /// About what: a stop's id, an incident's opening, …
    pub about: String,
    /// To whom, by id; `provider` is the provider itself (C10.5).
    pub contact: String,
    /// By which channel: `mail`, or a webhook's name.
    pub channel: String,
}

/// Whether the contacts of a service were told of a stop in time (C4.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopNotice {
    /// The service has no contact to tell.
    NoContact,
    /// All were told in good time.
    Delivered,
    /// Somebody was not told in good time. The stop's validity does not rest on it.
    NotDelivered,
}

/// Whether the contacts of `service` were told of `stop` no later than it had to be announced
/// (C4.2, C4.8).
pub fn stop_notice(
    history: &History,
    stop: &Stop,
    service: &str,
    terms: &ResolvedTerms,
) -> StopNotice {
    let month = Month::of(stop.window.from, terms.zone());
    let contacts = history.setting_in_force(service, month).map_or(&[][..], |set| &set.contacts);
    let latest = stop.window.from.plus_ms(-terms.terms().notice_ms);
    let was_told = |contact: &String| {
        history.deliveries(service).iter().any(|made| {
            made.notice == NoticeKind::StopAnnounced
                && made.about == stop.id
                && made.contact == *contact
                && made.at <= latest
        })
    };
    match contacts {
        [] => StopNotice::NoContact,
        contacts if contacts.iter().all(was_told) => StopNotice::Delivered,
        _ => StopNotice::NotDelivered,
    }
}
