//! What is read of calendars that people export, and what is refused.

use calendar::{EVENTS_MAX, Event, FILE_BYTES_MAX, Until, When, read};
use contract::Instant;
use proptest::prelude::*;

fn calendar(event: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n")
}

fn one(event: &str) -> Event {
    let events =
        read(calendar(event).as_bytes()).unwrap_or_else(|error| panic!("{event}: {error}"));
    events.into_iter().next().unwrap()
}

fn refused(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

fn instant(text: &str) -> When {
    When::Instant(text.parse::<Instant>().unwrap())
}

fn local(text: &str) -> When {
    When::Local(text.parse().unwrap())
}

const UTC: &str = "UID:1\nSUMMARY:new storage\nDTSTART:20261206T210000Z";

#[test]
fn an_outlook_export_is_read() {
    let events = read(include_bytes!("outlook.ics")).unwrap();
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(event.summary, "Planerat driftstopp: nytt lagringsnät, portalen");
    assert_eq!(event.from, instant("2026-12-06T21:00:00Z"));
    assert_eq!(event.until, Until::At(instant("2026-12-06T22:30:00Z")));
    assert!(event.uid.starts_with("040000008200E00074C5B7101A82E008"), "{}", event.uid);
}

#[test]
fn an_end_is_an_instant_or_a_length_of_time() {
    for (end, until) in [
        ("DTEND:20261206T223000Z", Until::At(instant("2026-12-06T22:30:00Z"))),
        ("DTEND;TZID=Europe/Stockholm:20261206T233000", Until::At(instant("2026-12-06T22:30:00Z"))),
        ("DURATION:PT1H30M", Until::At(instant("2026-12-06T22:30:00Z"))),
    ] {
        assert_eq!(one(&format!("{UTC}\n{end}")).until, until, "{end}");
    }
}

#[test]
fn a_day_of_the_calendar_may_have_25_hours_and_an_hour_never() {
    let start = "UID:1\nDTSTART;TZID=Europe/Stockholm:20261024T220000";
    let until = |duration: &str| one(&format!("{start}\nDURATION:{duration}")).until;
    assert_eq!(until("P1D"), Until::At(instant("2026-10-25T21:00:00Z")));
    assert_eq!(until("PT24H"), Until::At(instant("2026-10-25T20:00:00Z")));
}

#[test]
fn floating_times_and_whole_days_are_left_to_the_services_zone() {
    let event = one("UID:1\nDTSTART:20261206T220000\nDTEND:20261206T233000");
    assert_eq!(event.from, local("2026-12-06T22:00:00"));
    assert_eq!(event.until, Until::At(local("2026-12-06T23:30:00")));
    let event = one("UID:1\nDTSTART:20261206T220000\nDURATION:PT90M");
    assert_eq!(event.until, Until::After("PT90M".parse().unwrap()));
    let event = one("UID:1\nDTSTART;VALUE=DATE:20261206\nDTEND;VALUE=DATE:20261208");
    assert_eq!(event.from, local("2026-12-06T00:00:00"));
    assert_eq!(event.until, Until::At(local("2026-12-08T00:00:00")));
    let event = one("UID:1\nDTSTART;VALUE=DATE:20261206");
    assert_eq!(event.until, Until::After("P1D".parse().unwrap()));
}

#[test]
fn the_summary_is_the_reason_and_else_the_description() {
    let end = "DTEND:20261206T223000Z";
    let event = one(&format!("{UTC}\n{end}\nDESCRIPTION:call Anna"));
    assert_eq!(event.summary, "new storage");
    let event =
        one(&format!("UID:1\nDTSTART:20261206T210000Z\n{end}\nSUMMARY:\nDESCRIPTION:a\\nb"));
    assert_eq!(event.summary, "a b");
}

#[test]
fn what_stands_in_an_alarm_is_not_the_events() {
    let alarm = "BEGIN:VALARM\nDURATION:PT5M\nDESCRIPTION:Reminder\nEND:VALARM";
    let event = one(&format!("UID:1\nDTSTART:20261206T210000Z\n{alarm}\nDTEND:20261206T223000Z"));
    assert_eq!(event.summary, "");
}

#[test]
fn c4_3_recurring_events_are_refused_with_the_reason() {
    for recurs in ["RRULE:FREQ=MONTHLY", "RDATE:20270101T000000Z", "RECURRENCE-ID:20270101T000000Z"]
    {
        let error = refused(&calendar(&format!("{UTC}\nDTEND:20261206T223000Z\n{recurs}")));
        assert!(
            error.starts_with("line 8: ") && error.contains("one planned stop a month"),
            "{error}"
        );
    }
}

#[test]
fn events_that_will_not_take_place_are_refused_with_the_remedy() {
    let event = format!("{UTC}\nDTEND:20261206T223000Z");
    let error = refused(&calendar(&format!("{event}\nSTATUS:CANCELLED")));
    assert!(error.contains("upptid stop cancel"), "{error}");
    let all = calendar(&event).replace("VERSION:2.0", "METHOD:CANCEL");
    assert!(refused(&all).contains("upptid stop cancel"));
    assert!(refused(&calendar(&format!("{event}\nSTATUS:TENTATIVE"))).contains("confirmed"));
    assert_eq!(one(&format!("{event}\nSTATUS:CONFIRMED")).uid, "1");
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_a_remedy() {
    let end = "DTEND:20261206T223000Z";
    for (event, said) in [
        (format!("DTSTART:20261206T210000Z\n{end}"), "line 3: the event has no UID"),
        (format!("UID:1\n{end}"), "line 3: the event has no DTSTART"),
        (UTC.to_owned(), "line 6: the event has no end: give it a DTEND or a DURATION"),
        (format!("{UTC}\n{end}\nDURATION:PT1H"), "line 7: the event has a DTEND and a DURATION"),
        (format!("{UTC}\n{end}\nDTSTART:20261206T210000Z"), "line 8: DTSTART stands twice"),
        (format!("{UTC}\nDTEND:20261206T210000Z"), "line 3: the event ends at 2026-12-06T21:00:00"),
        (format!("{UTC}\nDTEND;VALUE=DATE:20261207"), "line 7: DTSTART and DTEND have to be both"),
        (format!("{UTC}\nDTEND:tomorrow"), "line 7: \"tomorrow\" is no date or time"),
        (format!("UID:{}\nDTSTART:20261206", "x".repeat(256)), "line 4: the UID is longer"),
    ] {
        let error = refused(&calendar(&event));
        assert!(error.starts_with(said), "{event}: {error}");
    }
    for (text, said) in [
        ("", "line 1: the calendar holds no event"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR", "line 1: the calendar holds no event"),
        ("PK\u{3}\u{4}", "line 1: this is no line NAME:value"),
        ("VERSION:2.0", "line 1: the file does not begin with BEGIN:VCALENDAR"),
        ("BEGIN:VEVENT\nEND:VEVENT", "line 1: the file does not begin with BEGIN:VCALENDAR"),
        ("BEGIN:VCALENDAR\nEND:VEVENT", "line 2: END:VEVENT ends nothing that is open"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1", "line 2: BEGIN:VEVENT is never ended"),
    ] {
        assert!(refused(text).starts_with(said), "{text}: {}", refused(text));
    }
}

#[test]
fn every_event_that_is_wrong_is_named() {
    let event = |uid: &str, end: &str| {
        format!("BEGIN:VEVENT\nUID:{uid}\nDTSTART:20261206T210000Z\n{end}\nEND:VEVENT\n")
    };
    let good = "DTEND:20261206T223000Z";
    let events = event("1", good) + &event("2", "RRULE:FREQ=DAILY") + &event("1", good);
    let error = refused(&format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR"));
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].starts_with("line 10: the event recurs"), "{error}");
    assert!(lines[1].starts_with("line 12: the UID \"1\" stands twice"), "{error}");
}

#[test]
fn a_calendar_is_bounded() {
    assert!(refused(&" ".repeat(FILE_BYTES_MAX + 1)).contains("larger"));
    let event = |uid| format!("BEGIN:VEVENT\nUID:{uid}\nDTSTART:20261206\nEND:VEVENT\n");
    let many: String = (0..=EVENTS_MAX).map(event).collect();
    assert!(refused(&format!("BEGIN:VCALENDAR\n{many}END:VCALENDAR")).contains("in parts"));
    let deep = "BEGIN:VCALENDAR\n".repeat(100_000 / 16);
    assert!(refused(&deep).contains("too deep"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&bytes);
    }

    /// Pieces that mean something, in any order.
    #[test]
    fn no_calendar_makes_it_panic(pieces in proptest::collection::vec(prop_oneof![
        Just("BEGIN:VCALENDAR"), Just("END:VCALENDAR"), Just("BEGIN:VEVENT"), Just("END:VEVENT"),
        Just("\r\n"), Just("\n"), Just("\n "), Just("UID:"), Just("DTSTART:"), Just("DTEND"),
        Just(";TZID="), Just("Europe/Stockholm"), Just(";VALUE=DATE"), Just("\""), Just(":"),
        Just("DURATION:"), Just("P1D"), Just("PT"), Just("99991231T235960Z"), Just("00010101"),
        Just("20260329T023000"), Just("STATUS:"), Just("SUMMARY:"), Just("\\"), Just("é"),
        Just("\u{feff}"), Just("9"), Just("-"), Just("P99999999999W"), Just("/"),
    ], 0..60)) {
        let _ = read(pieces.concat().as_bytes());
    }

    #[test]
    fn any_event_is_read_or_refused_with_its_line(
        start in "[0-9]{8}(T[0-9]{6}Z?)?",
        end in "(DTEND:[0-9]{8}(T[0-9]{6}Z?)?)|(DURATION:-?P[0-9]{1,12}[WD](T[0-9]{1,12}[HMS])?)",
    ) {
        if let Err(error) = read(calendar(&format!("UID:1\nDTSTART:{start}\n{end}")).as_bytes()) {
            prop_assert!(error.0.iter().all(|error| (3..=6).contains(&error.line_no)));
        }
    }
}
