//! That nobody can change a statement unnoticed (C10.1).

use proptest::prelude::*;
use serde_json::json;
use statement::json::{Parts, document_bytes, file};
use statement::{Document, Form, Lang, Place, SigningKey, check, html, pdf};

use crate::journal::{Journal, read};

const HOUR_MS: i64 = 3_600_000;

/// A month with everything in it, words that are hostile to a page or a spreadsheet among them.
pub fn eventful() -> Journal {
    let mut journal =
        Journal::new("2026-10", &[("portal", Some("Åkeri </script> AB"), "standard")]);
    journal.add(
        "2026-09-25T00:00:00Z",
        json!({"fact": "stop_announced", "id": "S1", "services": ["portal"], "by": "karin",
               "from": "2026-10-03T20:00:00Z", "until": "2026-10-03T22:00:00Z",
               "reason": "<!-- uppgradering --> & mer"}),
    );
    journal.down("portal", "2026-10-03T20:30:00.000Z", HOUR_MS, "connect_refused");
    journal.down("portal", "2026-10-25T00:30:00.000Z", 2 * HOUR_MS, "timeout");
    journal.state("portal", "2026-10-26T00:00:00.000Z", "own_network");
    journal.state("portal", "2026-10-26T00:10:00.000Z", "up");
    journal.measured("2026-10-31T23:00:00.000Z");
    journal
}

/// October of it, closed.
pub fn document() -> Document {
    eventful().closed(Some("Åkeri </script> AB"), "2026-10", 0).unwrap()
}

fn signed() -> String {
    let bytes = document_bytes(&document());
    let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
    file(&bytes, Some(&key.sign(&bytes)))
}

/// The line of a byte, as an editor counts.
fn line_of(bytes: &[u8], at: usize) -> u64 {
    bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn c10_1_a_statement_is_what_was_signed() {
    let text = signed();
    let checked = check(text.as_bytes(), Form::Json).unwrap();
    assert_eq!(checked.document, document());
    assert!(checked.signature.as_ref().unwrap().fits(&checked.bytes));
    assert_eq!(Parts::read(&text).unwrap().document, checked.bytes);
    // Any reader of JSON finds the same in it.
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["sha256"], checked.sha256());
    assert_eq!(value["statement"]["customer"], "Åkeri </script> AB");
    assert!(!checked.bytes.contains('<'));
}

#[test]
fn c10_1_a_flipped_bit_anywhere_in_the_json_is_found_and_its_line_named() {
    let bytes = document_bytes(&document());
    for text in [signed(), file(&bytes, None)] {
        let text = text.as_bytes();
        for at in 0..text.len() {
            let flaw = check(&flipped(text, at * 8 + at % 8), Form::Json).unwrap_err();
            assert_eq!(flaw.place, Place::Line(line_of(text, at)), "byte {at}: {flaw}");
        }
    }
}

#[test]
fn c10_1_pages_that_another_version_laid_out_are_told_from_changed_ones() {
    let (text, document) = (signed(), document());
    let page = html::render(&document, &text, Lang::Sv).into_bytes();
    for (bytes, form) in [(page, Form::Html), (pdf::render(&document, &text, Lang::En), Form::Pdf)]
    {
        let mark = b"Upptid, layout ";
        let at = bytes.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len();
        let mut other = bytes.clone();
        other[at] = b'9';
        let flaw = check(&other, form).unwrap_err().to_string();
        assert!(flaw.contains("is whole, but its pages are of layout 9"), "{flaw}");
    }
}

#[test]
fn c10_1_a_cut_or_longer_file_is_found() {
    let text = signed();
    for until in (0..text.len()).step_by(97) {
        let Some(cut) = text.get(..until) else { continue };
        assert!(check(cut.as_bytes(), Form::Json).is_err(), "cut at {until}");
    }
    assert!(check(format!("{text}\n").as_bytes(), Form::Json).is_err());
    assert!(check(format!(" {text}").as_bytes(), Form::Json).is_err());
    assert!(check(b"", Form::Json).is_err());
}

#[test]
fn c10_1_a_statement_signed_by_another_is_told_by_its_key() {
    let other = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
    let bytes = document_bytes(&document()).replace("12500.00 SEK", "99999.00 SEK");
    let forged = file(&bytes, Some(&other.sign(&bytes)));
    let checked = check(forged.as_bytes(), Form::Json).unwrap();
    assert_eq!(checked.signature.as_ref().unwrap().public_key, other.public_key());
    // The facts tell what it is worth.
    let flaw = checked.follows_from(&eventful().history()).unwrap_err();
    let line = forged.lines().position(|line| line.contains("99999.00 SEK")).unwrap() as u64 + 1;
    assert_eq!(flaw.place, Place::Line(line), "{flaw}");
    assert!(flaw.expected.as_ref().unwrap().contains("12500.00 SEK"), "{flaw}");
}

#[test]
fn c10_1_the_figures_follow_from_the_facts_or_the_line_is_named() {
    let text = signed();
    let checked = check(text.as_bytes(), Form::Json).unwrap();
    let mut journal = eventful();
    assert_eq!(checked.follows_from(&journal.history()), Ok(()));
    journal.lines.iter_mut().for_each(|line| {
        if let contract::Fact::State { from, .. } = &mut line.fact
            && from.to_string() == "2026-10-25T02:30:00.000Z"
        {
            *from = from.plus_ms(-1);
        }
    });
    let flaw = checked.follows_from(&journal.history()).unwrap_err();
    assert!(
        flaw.expected.as_ref().unwrap().contains("\"elapsed_ms\"")
            || matches!(flaw.place, Place::Line(_))
    );
    let nothing = checked.follows_from(&read(&[])).unwrap_err();
    assert!(nothing.to_string().contains("the facts give no statement"), "{nothing}");
}

#[test]
fn a_form_is_told_by_its_first_bytes() {
    let text = signed();
    assert_eq!(Form::of(text.as_bytes()), Some(Form::Json));
    for lang in Lang::ALL {
        let document = document();
        assert_eq!(Form::of(html::render(&document, &text, lang).as_bytes()), Some(Form::Html));
        assert_eq!(Form::of(&pdf::render(&document, &text, lang)), Some(Form::Pdf));
    }
    assert_eq!(Form::of(b"{\"seq\":1,"), None);
    assert_eq!(Form::of(b""), None);
}

#[test]
fn c10_1_a_page_and_a_pdf_are_checked_to_the_byte() {
    let (document, text) = (document(), signed());
    for lang in Lang::ALL {
        let page = html::render(&document, &text, lang).into_bytes();
        assert_eq!(check(&page, Form::Html).unwrap().document, document);
        for at in (0..80).chain((80..page.len()).step_by(211)).chain(page.len() - 5..page.len()) {
            let flaw = check(&flipped(&page, at * 8 + at % 8), Form::Html).unwrap_err();
            assert_eq!(flaw.place, Place::Line(line_of(&page, at)), "byte {at}: {flaw}");
        }
        let pages = pdf::render(&document, &text, lang);
        assert_eq!(check(&pages, Form::Pdf).unwrap().document, document);
        // The attached file stands near the start, with what says where it ends.
        for at in (0..80).chain((80..pages.len()).step_by(499)).chain(pages.len() - 5..pages.len())
        {
            let flaw = check(&flipped(&pages, at * 8 + at % 8), Form::Pdf).unwrap_err();
            let Place::Byte(named) = flaw.place else { panic!("byte {at}: {flaw}") };
            let (named, at) = (named as usize, line_of(&pages, at));
            assert_eq!(line_of(&pages, named), at, "{flaw}");
        }
    }
}

proptest! {
    #[test]
    fn hostile_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for form in [Form::Json, Form::Html, Form::Pdf] {
            prop_assert!(check(&bytes, form).is_err());
        }
    }

    #[test]
    fn c10_1_any_replaced_stretch_is_found(at in any::<prop::sample::Index>(), with in ".{1,12}") {
        let text = file(&document_bytes(&document()), None);
        let mut letters: Vec<char> = text.chars().collect();
        let from = at.index(letters.len());
        let until = (from + with.chars().count()).min(letters.len());
        letters.splice(from..until, with.chars());
        let changed: String = letters.into_iter().collect();
        if changed != text {
            prop_assert!(check(changed.as_bytes(), Form::Json).is_err());
        }
    }
}
