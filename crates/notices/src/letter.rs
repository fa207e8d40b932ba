//! Due notices, put together into letters: what belongs together reaches a person as one.

use std::collections::BTreeMap;

use contract::incidents::INCIDENT_GAP_MS;
use contract::notices::{DueNotice, MAIL};
use contract::{Instant, NoticeKind};

/// Most notices in one letter.
pub const ITEMS_MAX: usize = 200;
/// Most alerts in one letter: what concerns a whole fleet is one.
pub const ALERTS_MAX: usize = 5_000;

/// What one recipient is told at once. Never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    /// The notices, by when that happened of which they tell.
    pub items: Vec<DueNotice>,
    /// When it may go: later incidents may still join it.
    pub ready_at: Instant,
}

impl Letter {
    /// To whom, by id.
    pub fn contact(&self) -> &str {
        &self.items[0].contact
    }

    /// By which channel.
    pub fn channel(&self) -> &str {
        &self.items[0].channel
    }

    /// What it says; none if it says several things.
    pub fn kind(&self) -> Option<NoticeKind> {
        let first = self.items[0].notice;
        self.items.iter().all(|it| it.notice == first).then_some(first)
    }

    /// Whether it tells of nothing but alerts.
    pub fn is_about_alerts(&self) -> bool {
        self.items.iter().all(|it| it.notice.is_alert())
    }

    /// Alerts to one recipient, in their order.
    pub(crate) fn of_alerts(items: &[DueNotice]) -> impl Iterator<Item = Letter> {
        let letter = |items: &[DueNotice]| Letter { items: items.to_vec(), ready_at: Instant::MIN };
        items.chunks(ALERTS_MAX).map(letter)
    }

    /// Several letters to one recipient as one.
    pub(crate) fn joined(letters: Vec<Letter>) -> Vec<Letter> {
        let ready_at = letters.iter().map(|it| it.ready_at).max().unwrap_or(Instant::MIN);
        let mut items: Vec<_> = letters.into_iter().flat_map(|it| it.items).collect();
        items.sort();
        let chunk = |items: &[DueNotice]| Letter { items: items.to_vec(), ready_at };
        items.chunks(ITEMS_MAX).map(chunk).collect()
    }
}

/// Puts due notices, in their order, together: incidents that open (or end) within `group_ms` go in
/// one letter per recipient, a stop's services and a month's statements likewise.
pub fn letters(due: Vec<DueNotice>, group_ms: i64) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    // The letter that is still open, by recipient and what it is about.
    let mut open: BTreeMap<Key, usize> = BTreeMap::new();
    for it in due {
        let key = Key::of(&it);
        let takes = |letter: &&mut Letter| {
            let is_near = it.since.since(letter.items[0].since) < group_ms;
            letter.items.len() < ITEMS_MAX && (is_near || key.about.is_some())
        };
        let last = open.get(&key).map(|&place| &mut letters[place]);
        if let Some(letter) = last.filter(takes) {
            letter.items.push(it);
            continue;
        }
        open.insert(key, letters.len());
        let ready_at = ready_at(&it, group_ms);
        letters.push(Letter { items: vec![it], ready_at });
    }
    letters
}

/// What is told together: a kind of notice to one recipient, and of stops and statements one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    channel: String,
    contact: String,
    notice: NoticeKind,
    about: Option<String>,
}

impl Key {
    fn of(it: &DueNotice) -> Self {
        let about = (!is_incident(it.notice)).then(|| it.about.clone());
        let (channel, contact) = (it.channel.clone(), it.contact.clone());
        Key { channel, contact, notice: it.notice, about }
    }
}

/// An incident waits for others by mail. Programs are told at once, as are stops and statements.
fn ready_at(it: &DueNotice, group_ms: i64) -> Instant {
    if it.channel != MAIL || !is_incident(it.notice) {
        return it.since;
    }
    // The end of an incident is known only after the time in which it may go on (C9.1).
    let known_after_ms = match it.notice {
        NoticeKind::IncidentClosed => INCIDENT_GAP_MS,
        _ => 0,
    };
    it.since.plus_ms(known_after_ms + group_ms)
}

fn is_incident(notice: NoticeKind) -> bool {
    use NoticeKind::{FaultReport, IncidentClosed, IncidentOpened};
    matches!(notice, FaultReport | IncidentOpened | IncidentClosed)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;

    /// `minute` after the epoch something happened to `service` that `contact` is mailed about.
    pub(crate) fn notice(kind: NoticeKind, minute: i64, service: &str, contact: &str) -> DueNotice {
        let since = Instant::from_ms(minute * MINUTE_MS);
        DueNotice {
            since,
            notice: kind,
            service: Some(service.to_owned()),
            about: since.to_string(),
            contact: contact.to_owned(),
            channel: MAIL.to_owned(),
        }
    }

    #[test]
    fn c9_5_incidents_that_open_within_two_minutes_are_one_letter_per_recipient() {
        let opened =
            |minute, service, contact| notice(NoticeKind::IncidentOpened, minute, service, contact);
        let letters = letters(
            vec![
                opened(0, "a", "anna"),
                opened(0, "a", "bo"),
                opened(1, "b", "anna"),
                opened(2, "c", "anna"),
            ],
            2 * MINUTE_MS,
        );
        let shown = letters.iter().map(|letter| {
            let services: Vec<_> =
                letter.items.iter().filter_map(|it| it.service.as_deref()).collect();
            (letter.contact(), services.join(" "), letter.ready_at.ms() / MINUTE_MS)
        });
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [("anna", "a b".to_owned(), 2), ("bo", "a".to_owned(), 2), ("anna", "c".to_owned(), 4)]
        );
    }

    #[test]
    fn c4_8_a_stop_of_many_services_is_one_letter_and_two_stops_are_two() {
        let announced = |service: &str, id: &str| DueNotice {
            about: id.to_owned(),
            ..notice(NoticeKind::StopAnnounced, 0, service, "anna")
        };
        let due = vec![announced("a", "S1"), announced("b", "S1"), announced("a", "S2")];
        let letters = letters(due, 0);
        let sizes: Vec<_> = letters.iter().map(|it| (it.items.len(), it.ready_at.ms())).collect();
        assert_eq!(sizes, [(2, 0), (1, 0)]);
        let joined = Letter::joined(letters);
        assert_eq!(
            (joined.len(), joined[0].items.len(), joined[0].kind()),
            (1, 3, Some(NoticeKind::StopAnnounced))
        );
    }

    #[test]
    fn a_letter_has_a_bound() {
        let opened =
            |place: usize| notice(NoticeKind::FaultReport, 0, &format!("s{place}"), "provider");
        let sizes = letters((0..450).map(opened).collect(), MINUTE_MS);
        assert_eq!(sizes.iter().map(|it| it.items.len()).collect::<Vec<_>>(), [200, 200, 50]);
    }
}
