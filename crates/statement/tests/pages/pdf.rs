//! The PDF: saying all that the sheet says, labelled on every page, and the same bytes each time.

use statement::{Lang, pdf};

use crate::pdf_reader::ReadPdf;
use crate::{json_file, samples, sheet_of, squeezed, texts};

#[test]
fn the_pdf_says_all_that_the_sheet_says_in_its_order() {
    for (name, document) in samples::all() {
        let json = json_file(&document);
        for lang in Lang::ALL {
            let bytes = pdf::render(&document, &json, lang);
            let said: Vec<String> =
                ReadPdf::new(&bytes).elements().iter().map(|it| squeezed(it)).collect();
            let sheet = sheet_of(&document, &json, lang);
            // The encoding has no minus sign.
            let written = texts(&sheet).into_iter().map(|it| squeezed(it).replace('−', "–"));
            let written: Vec<String> = written.filter(|it| !it.is_empty()).collect();
            let differs = said.iter().zip(&written).find(|(said, written)| said != written);
            assert_eq!(differs, None, "{name}");
            assert_eq!(said.len(), written.len(), "{name}");
        }
    }
}

#[test]
fn c10_5_the_label_the_number_and_the_hash_stand_on_every_page() {
    let document = samples::many();
    let json = json_file(&document);
    let bytes = pdf::render(&document, &json, Lang::Sv);
    let pdf = ReadPdf::new(&bytes);
    let hash = sheet_of(&document, &json, Lang::Sv).sha256.unwrap();
    let count = pdf.page_count();
    assert!(count > 10);
    for page in 0..count {
        let shown = pdf.shown(page);
        let in_margins: Vec<&str> =
            shown.iter().filter(|(mark, _)| mark.is_none()).map(|(_, text)| &**text).collect();
        for wanted in [
            "ÖPPEN",
            "oktober 2026, Exempelbolaget AB",
            &format!("SHA-256 {hash}"),
            &format!("sida {} av {count}", page + 1),
        ] {
            assert!(in_margins.contains(&wanted), "{wanted} is missing on page {}", page + 1);
        }
    }
}

#[test]
fn a_good_month_is_one_page() {
    for lang in Lang::ALL {
        let document = samples::good();
        let bytes = pdf::render(&document, &json_file(&document), lang);
        assert_eq!(ReadPdf::new(&bytes).page_count(), 1);
    }
}

#[test]
fn a_table_over_pages_repeats_its_head() {
    let document = samples::bad();
    let bytes = pdf::render(&document, &json_file(&document), Lang::Sv);
    let pdf = ReadPdf::new(&bytes);
    for page in 1..3 {
        let shown = pdf.shown(page);
        let repeated = shown.iter().any(|(mark, text)| mark.is_none() && text == "Bedömning");
        assert!(repeated, "page {}", page + 1);
    }
}

#[test]
fn the_same_statement_is_the_same_bytes_and_carries_its_json() {
    let document = samples::revision();
    let json = json_file(&document);
    for lang in Lang::ALL {
        let bytes = pdf::render(&document, &json, lang);
        assert_eq!(bytes, pdf::render(&document, &json, lang));
        assert_eq!(pdf::embedded(&bytes), Some(json.as_bytes()));
        let pdf = ReadPdf::new(&bytes);
        for wanted in [
            &format!("/Lang ({})", lang.code()),
            "/DisplayDocTitle true",
            "/Marked true",
            "/AFRelationship /Data",
            "/CreationDate (D:20261112091500Z)",
            "(statement.json)",
            "/Title (portal)",
        ] {
            assert!(pdf.has(wanted), "{wanted}");
        }
    }
    assert_eq!(pdf::embedded(b"%PDF-1.7\n/Type /EmbeddedFile"), None);
}

#[test]
fn what_a_page_says_is_not_taken_for_the_json() {
    let mut document = samples::good();
    document.customer = Some("\n  /Length 3\n  /Type /EmbeddedFile\nstream\nabc".to_owned());
    document.services[0].service = "x /Type /EmbeddedFile".to_owned();
    let json = json_file(&document);
    let bytes = pdf::render(&document, &json, Lang::En);
    assert_eq!(pdf::embedded(&bytes), Some(json.as_bytes()));
}
