//! The ids by which a letter and its thread are known, made from what they are about alone: a letter
//! that goes out twice, before and after a crash, is recognised as the same.

use std::fmt::Write;

use contract::NoticeKind;
use contract::notices::DueNotice;
use ring::digest::{Context, SHA256};

/// Bytes of a hash that make an id.
const ID_LENGTH: usize = 16;

/// The id of a letter from the agent `origin` that says these things to one recipient, in hex.
pub fn letter_id(origin: &str, items: &[DueNotice]) -> String {
    let first = items.first();
    let recipient = first.map_or(["", ""], |it| [&it.contact, &it.channel]);
    let mut parts = vec!["letter", origin];
    parts.extend(recipient);
    for it in items {
        parts.extend([it.notice.as_str(), service_of(it), &it.about]);
    }
    id(&parts)
}

/// The id of the thread that a notice belongs to: one incident, one stop, or one month's statements.
pub fn thread_id(origin: &str, it: &DueNotice) -> String {
    match it.notice {
        NoticeKind::StopAnnounced | NoticeKind::StopCancelled => id(&["stop", origin, &it.about]),
        NoticeKind::FaultReport | NoticeKind::IncidentOpened | NoticeKind::IncidentClosed => {
            id(&["incident", origin, service_of(it), &it.about])
        }
        NoticeKind::Statement => {
            let month = it.about.split('/').next().unwrap_or_default();
            id(&["statement", origin, month])
        }
        NoticeKind::Alert | NoticeKind::AlertResolved => {
            id(&["alert", origin, service_of(it), &it.about])
        }
    }
}

/// No service has an empty name.
fn service_of(it: &DueNotice) -> &str {
    it.service.as_deref().unwrap_or_default()
}

fn id(parts: &[&str]) -> String {
    let mut hash = Context::new(&SHA256);
    for part in parts {
        // Lengths keep ("a", "bc") and ("ab", "c") apart.
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finish().as_ref()[..ID_LENGTH])
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use contract::Instant;

    use super::*;

    fn notice(notice: NoticeKind, service: &str, about: &str, contact: &str) -> DueNotice {
        DueNotice {
            since: Instant::from_ms(0),
            notice,
            service: Some(service.to_owned()),
            about: about.to_owned(),
            contact: contact.to_owned(),
            channel: "mail".to_owned(),
        }
    }

    #[test]
    fn c9_5_a_letter_is_known_by_what_it_says_and_to_whom() {
        let opened = notice(NoticeKind::IncidentOpened, "portal", "T1", "anna");
        let closed = DueNotice { notice: NoticeKind::IncidentClosed, ..opened.clone() };
        let to_bo = DueNotice { contact: "bo".to_owned(), ..opened.clone() };
        let id = |items: &[DueNotice]| letter_id("gbg-1", items);
        let both = [opened.clone(), closed.clone()];
        assert_eq!(id(&both), id(&both.clone()));
        let ids = [id(&both[..1]), id(&both[1..]), id(&[to_bo]), id(&both)];
        let different: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
        assert_ne!(letter_id("sth-1", &both), id(&both));
        assert_eq!(thread_id("gbg-1", &opened), thread_id("gbg-1", &closed));
        let other = DueNotice { about: "T2".to_owned(), ..opened.clone() };
        assert_ne!(thread_id("gbg-1", &opened), thread_id("gbg-1", &other));
        let first = notice(NoticeKind::Statement, "portal", "2026-10/0", "anna");
        let revised = notice(NoticeKind::Statement, "mail", "2026-10/1", "anna");
        assert_eq!(thread_id("gbg-1", &first), thread_id("gbg-1", &revised));
    }
}
