//! The lists of what people recorded, and the calendar's feed: byte for byte, and with what people
//! write in them. After an intended change run the tests with `UPDATE_GOLDEN=1`.

#[allow(dead_code, reason = "the other tests use the rest")]
mod sample;

use exporter::feed;
use exporter::page::{self, Language, View};
use exporter::records::{Listed, Stop};

use sample::golden::{assert_golden, body};

fn view(language: Language) -> View {
    View { language, page: 1, ..View::default() }
}

fn listed<T>(rows: Vec<T>) -> Listed<T> {
    Listed { total: rows.len(), rows }
}

#[test]
fn the_lists_are_as_they_were() {
    let snapshot = sample::snapshot();
    let (english, swedish) = (view(Language::English), view(Language::Swedish));
    let page = page::stops(&snapshot, &listed(sample::records::stops()), &english);
    assert_golden("stops.en.html", &body(&page));
    let page = page::adjustments(&snapshot, &listed(sample::records::adjustments()), &swedish);
    assert_golden("adjustments.sv.html", &body(&page));
    let page = page::claims(&snapshot, &listed(sample::records::claims()), &english);
    assert_golden("claims.en.html", &body(&page));
    let statements = listed(sample::records::statements());
    let page = page::statements(&snapshot, &statements, Some(sample::records::KEY), &swedish);
    assert_golden("statements.sv.html", &body(&page));
}

#[test]
fn the_feed_is_as_it_was_and_is_read_back() {
    let (stops, now) = (sample::records::stops(), sample::snapshot().at);
    assert_golden("stops.sv.ics", &feed::feed(&stops, None, now, Language::Swedish));
    let announced: Vec<Stop> = stops.into_iter().filter(|stop| !stop.withdrawn).collect();
    let feed = feed::feed(&announced, Some("portal"), now, Language::English);
    let events = calendar::read(feed.as_bytes()).unwrap();
    let at = calendar::When::Instant;
    let read: Vec<_> = events.iter().map(|event| (event.from, event.until)).collect();
    let window = |stop: &Stop| (at(stop.from), calendar::Until::At(at(stop.ends)));
    assert_eq!(read, announced.iter().map(window).collect::<Vec<_>>());
    assert_eq!(events[0].uid, calendar::stop_uid("S2", announced[0].announced.at));
    assert_eq!(events[0].summary, "Planned stop of portal, mail: new <storage> & network");
    assert!(feed.contains("NAME:Planned stops: portal\r\n"), "{feed}");
}

#[test]
fn the_feed_forgets_what_is_long_over() {
    let stops = sample::records::stops();
    let last = stops.iter().map(|stop| stop.until).max().unwrap();
    let count = |now| feed::feed(&stops, None, now, Language::English).matches("UID:").count();
    assert_eq!(count(last.plus_ms(feed::KEPT_MS - 1)), 1);
    assert_eq!(count(last.plus_ms(feed::KEPT_MS)), 0);
}

#[test]
fn what_people_write_stays_text_and_lists_have_pages() {
    let snapshot = sample::snapshot();
    let hostile = "x\"'><script>alert(1)</script>";
    let mut stop = sample::records::stops().remove(0);
    (stop.reason, stop.agreed) = (hostile.to_owned(), Some(hostile.to_owned()));
    (stop.id, stop.services[0].service) = (hostile.to_owned(), hostile.to_owned());
    let mut adjustment = sample::records::adjustments().remove(0);
    (adjustment.evidence, adjustment.claimed.by) = (hostile.to_owned(), hostile.to_owned());
    let mut claim = sample::records::claims().remove(1);
    claim.submitted.as_mut().unwrap().reference = Some(hostile.to_owned());
    let mut statement = sample::records::statements().remove(1);
    statement.customer = Some(hostile.to_owned());
    statement.revisions[0].files.push(hostile.to_owned());
    let view = View { page: 2, service: Some(hostile.to_owned()), ..View::default() };
    let statements = Listed { total: 900, rows: vec![statement] };
    for page in [
        page::stops(&snapshot, &Listed { total: 900, rows: vec![stop] }, &view),
        page::adjustments(&snapshot, &Listed { total: 900, rows: vec![adjustment] }, &view),
        page::claims(&snapshot, &Listed { total: 900, rows: vec![claim] }, &view),
        page::statements(&snapshot, &statements, Some(hostile), &view),
    ] {
        let page = page.replace("<script src=\"/assets/refresh.js\" defer></script>", "");
        assert!(!page.contains("<script") && !page.contains("\"'>"), "{page}");
        assert!(page.contains("Page 2 of 9"), "{page}");
    }
}

#[test]
fn a_statement_of_many_services_is_folded_and_a_long_list_says_what_it_leaves_out() {
    let english = view(Language::English);
    let mut statement = sample::records::statements().pop().unwrap();
    let service = statement.services[0].clone();
    let snapshot = sample::snapshot();
    let shown = |statement: &exporter::records::Statement| {
        page::statements(&snapshot, &listed(vec![statement.clone()]), None, &english)
    };
    assert!(!shown(&statement).contains("1 services"));
    statement.services = vec![service; 100];
    let page = shown(&statement);
    assert!(page.contains("<summary>100 services, 100 with a price reduction</summary>"), "{page}");
    assert!(page.contains("and 80 more, in the statement"), "{page}");

    let crowd = sample::crowd(sample::snapshot(), 1_000);
    let page = page::claims(&crowd, &listed(Vec::new()), &english);
    let reduced =
        |it: &&exporter::snapshot::Service| it.figure.as_ref().is_some_and(|it| it.level > 0);
    let count = crowd.services.iter().filter(reduced).count();
    assert!(count > exporter::records::ROWS_MAX);
    assert!(page.contains(&format!(">All {count}, by price level</a>")), "{page}");
    assert!(page.contains("href=\"/?sort=level\""), "{page}");
}
