//! What is written is RFC 5545, and is read back.

use calendar::{Entry, Event, Feed, Until, When, read, stop_uid, write};
use contract::{Instant, Interval};
use proptest::prelude::*;

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn entry() -> Entry {
    Entry {
        uid: stop_uid("S1", at("2026-11-23T09:00:00.123Z")),
        changed: at("2026-11-23T09:00:00.123Z"),
        sequence: 0,
        is_cancelled: false,
        window: Interval::new(at("2026-12-06T21:00:00Z"), at("2026-12-06T22:30:00Z")),
        summary: "Planerat driftstopp av portal, post: nytt nät".to_owned(),
        description: "portal: giltigt\npost; utöver \\ månadens".to_owned(),
    }
}

fn feed(entries: Vec<Entry>) -> String {
    write(&Feed { name: "Planerade driftstopp".to_owned(), language: "sv", entries })
}

#[test]
fn a_stop_is_written_as_an_event() {
    let expected = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Upptid//Planned stops//EN\r\n\
        CALSCALE:GREGORIAN\r\nNAME:Planerade driftstopp\r\nX-WR-CALNAME:Planerade driftstopp\r\n\
        REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nBEGIN:VEVENT\r\nUID:S1-1795424400123@upptid\r\n\
        DTSTAMP:20261123T090000Z\r\nLAST-MODIFIED:20261123T090000Z\r\nSEQUENCE:0\r\n\
        STATUS:CONFIRMED\r\nDTSTART:20261206T210000Z\r\nDTEND:20261206T223000Z\r\n\
        SUMMARY;LANGUAGE=sv:Planerat driftstopp av portal\\, post: nytt nät\r\n\
        DESCRIPTION;LANGUAGE=sv:portal: giltigt\\npost\\; utöver \\\\ månadens\r\n\
        TRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_eq!(feed(vec![entry()]), expected);
}

#[test]
fn a_cancelled_stop_stays_in_the_feed_under_its_uid() {
    let cancelled = Entry { is_cancelled: true, sequence: 1, ..entry() };
    let text = feed(vec![cancelled]);
    assert!(text.contains("STATUS:CANCELLED\r\n") && text.contains("SEQUENCE:1\r\n"), "{text}");
    assert!(text.contains("UID:S1-1795424400123@upptid\r\n"), "{text}");
    assert!(read(text.as_bytes()).unwrap_err().to_string().contains("cancelled"));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        summary in "\\PC{1,200}",
        from_s in 1_700_000_000_i64..4_000_000_000,
        length_ms in 1_i64..90_000_000,
    ) {
        let from = Instant::from_ms(from_s * 1000);
        let window = Interval::new(from, from.plus_ms(length_ms));
        let text = feed(vec![Entry { window, summary: summary.clone(), ..entry() }]);
        for line in text.split("\r\n") {
            prop_assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line}");
        }
        let events = read(text.as_bytes()).unwrap();
        let whole_seconds = (length_ms + 999) / 1000 * 1000;
        // Without a summary that says anything, the description is the reason.
        let plain = summary.split_whitespace().collect::<Vec<_>>().join(" ");
        let summary = match plain.as_str() {
            "" => "portal: giltigt post; utöver \\ månadens".to_owned(),
            _ => plain,
        };
        prop_assert_eq!(events, vec![Event {
            line_no: 8,
            uid: entry().uid,
            summary,
            from: When::Instant(from),
            until: Until::At(When::Instant(from.plus_ms(whole_seconds))),
        }]);
    }
}
