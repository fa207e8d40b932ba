//! The page: self-contained, labelled, and saying all that the sheet says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use statement::{Lang, html};

use crate::{json_file, samples, sheet_of, squeezed, texts};

#[test]
fn the_page_says_all_that_the_sheet_says_in_its_order() {
    for (name, document) in samples::all() {
        let json = json_file(&document);
        for lang in Lang::ALL {
            let page = html::render(&document, &json, lang);
            let said = squeezed(&text_of(&page));
            let mut from = 0;
            for text in texts(&sheet_of(&document, &json, lang)) {
                let text = squeezed(text);
                let at = said[from..].find(&text);
                assert!(at.is_some(), "{name}: {text:?} is missing or out of order");
                from += at.unwrap() + text.len();
            }
        }
    }
}

#[test]
fn c10_5_the_label_stands_first_and_on_every_printed_page() {
    let mut document = samples::good();
    document.classification = "SEKRETESS \"A\" </style>".to_owned();
    let page = html::render(&document, &json_file(&document), Lang::Sv);
    let body = text_of(&page);
    assert!(body.trim_start().starts_with("SEKRETESS \"A\" </style>"), "{body}");
    let in_margin = r#"@top-left{content:"SEKRETESS \22 A\22  \3c \2f style\3e "}"#;
    assert!(page.contains(in_margin), "{page}");
    assert_eq!(page.matches("</style").count(), 1);
}

#[test]
fn nothing_in_the_page_runs_or_is_fetched() {
    for (_, document) in samples::all() {
        let page = html::render(&document, &json_file(&document), Lang::En);
        let (style, _) = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap();
        for fetched in ["<link", "<img", "<iframe", " src=", " href=", " style=", "<form"] {
            assert!(!page.contains(fetched), "{fetched}");
        }
        assert!(!style.contains("url(") && !style.contains("@import"));
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.contains("<script type=\"application/json\" id=\"statement\">"));
        let hash = STANDARD.encode(Sha256::digest(style));
        let policy = format!("content=\"default-src 'none'; style-src 'sha256-{hash}'\"");
        assert!(page.contains(&policy));
    }
}

#[test]
fn the_page_names_its_language_and_carries_the_json_as_it_is() {
    let document = samples::bad();
    let json = json_file(&document);
    for lang in Lang::ALL {
        let page = html::render(&document, &json, lang);
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\""));
        assert!(page.contains(&format!("<html lang=\"{}\">", lang.code())));
        assert_eq!(html::embedded(&page), Some(&*json));
        assert_eq!(page, html::render(&document, &json, lang));
    }
    assert_eq!(html::embedded("<!DOCTYPE html>\n<p>"), None);
}

#[test]
fn json_that_would_end_its_element_does_not() {
    let json = r#"{"statement":{"service":"</script><script>alert(1)</script><!--"}}"#;
    let page = html::render(&samples::good(), json, Lang::Sv);
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (1, 1));
    let embedded = html::embedded(&page).unwrap();
    let read = |text| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(read(embedded), read(json));
}

/// What the page's body shows: no tags, no script, entities read.
fn text_of(page: &str) -> String {
    let body = page.split_once("<body>").unwrap().1.split_once("<script").unwrap().0;
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = tag.split_once('>').unwrap().1;
    }
    text.push_str(rest);
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&amp;", "&")
}
