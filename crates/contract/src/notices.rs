//! Notices that reached somebody, those that are still due, and stops whose notice came too late
//! (C4.8, C9.5).

mod alerts;
mod due;

use serde::{Deserialize, Serialize};

use crate::fact::{Fact, Line};
use crate::history::History;
use crate::instant::Instant;
use crate::month_terms::ResolvedTerms;
use crate::service_record::{ServiceSetting, insert_sorted};
use crate::stops::Stop;

pub use alerts::{Direct, alerts_due};
pub use due::{
    DUE_MAX, DueNotice, NOTICE_AGE_MS_MAX, Reachable, due, statement_about, statement_of,
};

/// The channel of a mail; no webhook has this name.
pub const MAIL: &str = "mail";
/// Whom a fault report is for: the provider itself; no contact has this id.
pub const PROVIDER: &str = "provider";
/// Whom a webhook is for: no contact has this id.
pub const WEBHOOK: &str = "webhook";

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
    /// An alert, sent because nobody else does; `about` is its name and since when it holds (C8.2).
    Alert,
    /// An alert that was told holds no more; `about` is the same.
    AlertResolved,
}

impl NoticeKind {
    /// Whether it tells of an alert.
    pub fn is_alert(self) -> bool {
        matches!(self, NoticeKind::Alert | NoticeKind::AlertResolved)
    }

    /// Every kind.
    pub const ALL: [NoticeKind; 8] = [
        NoticeKind::StopAnnounced,
        NoticeKind::StopCancelled,
        NoticeKind::FaultReport,
        NoticeKind::IncidentOpened,
        NoticeKind::IncidentClosed,
        NoticeKind::Statement,
        NoticeKind::Alert,
        NoticeKind::AlertResolved,
    ];

    /// The name in facts, configuration and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeKind::StopAnnounced => "stop_announced",
            NoticeKind::StopCancelled => "stop_cancelled",
            NoticeKind::FaultReport => "fault_report",
            NoticeKind::IncidentOpened => "incident_opened",
            NoticeKind::IncidentClosed => "incident_closed",
            NoticeKind::Statement => "statement",
            NoticeKind::Alert => "alert",
            NoticeKind::AlertResolved => "alert_resolved",
        }
    }
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

impl Delivery {
    /// Adds what a line records to `deliveries`, which are by `seq`; nothing if that is something
    /// else.
    pub(crate) fn record(deliveries: &mut Vec<Delivery>, line: &Line) {
        if let Fact::NoticeDelivered { notice, about, contact, channel, .. } = &line.fact {
            let made = Delivery {
                seq: line.seq,
                at: line.at,
                notice: *notice,
                about: about.clone(),
                contact: contact.clone(),
                channel: channel.clone(),
            };
            insert_sorted(deliveries, made, |made| made.seq);
        }
    }

    /// The line, about `service` or the agent itself.
    pub(crate) fn line(&self, service: Option<&str>) -> Line {
        let fact = Fact::NoticeDelivered {
            notice: self.notice,
            service: service.map(str::to_owned),
            about: self.about.clone(),
            contact: self.contact.clone(),
            channel: self.channel.clone(),
        };
        Line { seq: self.seq, at: self.at, fact }
    }
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

/// Whether those who were contacts of `service` when `stop` was announced were told of it, no
/// later than it had to be announced (C4.2, C4.8).
pub fn stop_notice(
    history: &History,
    stop: &Stop,
    service: &str,
    terms: &ResolvedTerms,
) -> StopNotice {
    let contacts = contacts_told(history, service, |set| set.seq < stop.seq);
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

/// The contacts of `service` by the last of its settings that `was_known` when there was something
/// to tell; by the first if none was. Whoever becomes a contact later is not told.
pub(crate) fn contacts_told<'a>(
    history: &'a History,
    service: &str,
    was_known: impl Fn(&ServiceSetting) -> bool,
) -> &'a [String] {
    let settings = history.record_of(service).map_or(&[][..], |record| &record.settings);
    let known = settings.iter().filter(|set| was_known(set)).max_by_key(|set| set.seq);
    known.or_else(|| settings.iter().min_by_key(|set| set.seq)).map_or(&[], |set| &set.contacts)
}
