//! Names and texts that try to break out of a page: none does, and none makes a panic.

use contract::{Evidence, Instant};
use proptest::prelude::*;
use rust_decimal::Decimal;
use statement::document::{Document, LedgerPosition};
use statement::{Lang, html, pdf};

use crate::pdf_reader::ReadPdf;
use crate::{json_file, samples, sheet_of};

const HOSTILE: [&str; 12] = [
    "</script><script>alert(1)</script>",
    "</style><!-- <b>&amp;&lt;",
    "\\) Tj ET Q 0 0 m (",
    "(((((\\",
    "endstream\nendobj\nstream",
    "😀👩‍👩‍👧‍👦 Ωmega Łódź 漢字",
    "\u{202e}\u{0}\u{1b}[31m\r\n\t\u{feff}",
    "\"' onmouseover=alert(1) x='",
    "}@page{content:url(https://example.test)}",
    "",
    " ",
    "{{7*7}} ${x} %s",
];

#[test]
fn no_hostile_text_breaks_out() {
    for text in HOSTILE {
        assert_whole(&with_text(text));
    }
}

#[test]
fn texts_of_ten_thousand_characters_fit_on_pages() {
    for text in ["å", "w ", "<", "\\", "😀", "2026-10-05 "] {
        let document = with_text(&text.repeat(10_000 / text.chars().count()));
        assert_whole(&document);
    }
}

/// A file that claims to be a provisional statement can hold any number.
#[test]
fn no_figure_makes_a_panic() {
    for (number, other) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (0, -1), (-1, 0)] {
        let mut document = samples::revision();
        let service = &mut document.services[0];
        let at = |ms| Instant::MIN.plus_ms(ms);
        service.budget_ms = number;
        service.elapsed_ms = other;
        service.terms.notice_ms = number;
        service.terms.target = Decimal::MAX;
        service.outages[0].ms = other;
        (service.outages[0].from, service.outages[0].until) = (at(number), at(other));
        (service.incidents[0].opened, service.incidents[0].response_deadline) =
            (at(other), Instant::MAX);
        service.excluded_by_ground_ms.values_mut().for_each(|ms| *ms = number);
        service.responsible_ms.values_mut().for_each(|ms| *ms = number);
        for (figure, ms) in
            [(&mut service.figure, number), (&mut service.previous.as_mut().unwrap().figure, other)]
        {
            (figure.period_ms, figure.counted_ms, figure.lost_ms) = (ms, other, ms);
            (figure.planned_ms, figure.excluded_ms, figure.unmeasured_ms) = (ms, ms, ms);
            (figure.up_ms, figure.not_in_service_ms, figure.level) = (ms, ms, usize::MAX);
            figure.reduction_percent = Decimal::MIN;
        }
        document.issued_at = at(number);
        assert_whole(&document);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_out(text in "\\PC{0,300}|[<>&\\\\()\"'\u{0}-\u{1f}]{0,80}") {
        assert_whole(&with_text(&text));
    }
}

/// More than a line of the narrowest characters holds.
const LINE_CHARS_MAX: usize = 300;

/// A statement in which every text that comes from outside is this one.
fn with_text(text: &str) -> Document {
    let mut document = samples::bad();
    document.services[0].outages.truncate(4);
    let text = || text.to_owned();
    document.classification = text();
    document.provider = Some(text());
    document.customer = Some(text());
    document.vantage.agent = text();
    document.vantage.network = Some(text());
    document.vantage.witnesses = vec![text(), text()];
    document.ledger = LedgerPosition { seq: u64::MAX, hash: text() };
    let mut second = document.services[0].clone();
    for service in [&mut document.services[0], &mut second] {
        service.service = text();
        service.figure.terms = text();
        service.figure.terms_sha256 = text();
        service.terms.timezone = text().into();
        for outage in &mut service.outages {
            outage.cause = text();
            outage.evidence = Some(Evidence {
                message: text(),
                url: Some(text()),
                address: Some(text()),
                status: Some(599),
                title: Some(text()),
                excerpt: Some(text()),
                witnesses: Some(text()),
            });
        }
        for stop in &mut service.stops {
            (stop.id, stop.reason, stop.agreed) = (text(), text(), Some(text()));
        }
        for adjustment in &mut service.adjustments {
            (adjustment.id, adjustment.evidence) = (text(), text());
        }
    }
    document.services.push(second);
    document
}

/// Both renderings are whole: the page has the elements that it always has, the PDF only operators
/// that it always has, and both carry the JSON.
fn assert_whole(document: &Document) {
    let json = json_file(document);
    for lang in Lang::ALL {
        let page = html::render(document, &json, lang);
        assert_eq!(html::embedded(&page), Some(&*json));
        for (tag, count) in [("<script", 1), ("</script", 1), ("<style", 1), ("</style", 1)] {
            assert_eq!(page.matches(tag).count(), count, "{tag}");
        }
        let (shown, _) = page.split_once("<script").unwrap();
        assert!(!shown.contains("<b>") && !shown.contains("<!--"));
        assert!(!shown.contains('\0') && !shown.contains('\u{202e}'));
        let sections = sheet_of(document, &json, lang).sections.len();
        assert_eq!(shown.matches("<section>").count(), sections);

        let bytes = pdf::render(document, &json, lang);
        assert_eq!(pdf::embedded(&bytes), Some(json.as_bytes()));
        let read = ReadPdf::new(&bytes);
        assert!(read.elements().len() > 100);
        let in_margins = (0..read.page_count()).map(|page| read.shown(page));
        assert!(in_margins.flatten().all(|(_, text)| text.chars().count() < LINE_CHARS_MAX));
    }
}
