//! A statement as one self-contained page, to read on a screen and to print on A4.
//!
//! **Invariant:** nothing in it runs, and nothing is fetched: its policy forbids both.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::document::Document;
use crate::lang::Lang;
use crate::seal::Seal;
use crate::sheet::{Block, LAYOUT, MADE_BY, Row, Section, Sheet, Table, Tone, sheet};

const STYLE: &str = include_str!("statement.css");

/// What stands before and after the signed JSON in the page.
const OPENS: &str = "<script type=\"application/json\" id=\"statement\">";
const CLOSES: &str = "</script>";

/// Ends a line of the page, so that a changed bit can be told by its line.
const LINE: PreEscaped<&str> = PreEscaped("\n");

/// The page of `document`, which carries `signed_json`, the whole of its JSON file.
///
/// The same arguments give the same bytes. A `<` in the JSON, of which a signed one has none, is
/// written as `\u003c`, so that nothing in it ends its element.
pub fn render(document: &Document, signed_json: &str, lang: Lang) -> String {
    let sheet = sheet(document, Seal::read(signed_json).as_ref(), lang);
    let style = format!("{STYLE}{}", page_margins(&sheet));
    let page = html! {
        (DOCTYPE) (LINE)
        html lang=(lang.code()) {
            (LINE)
            (head(&sheet, &style))
            body {
                (LINE)
                header {
                    p.label { (sheet.label) }
                    p { (sheet.running) }
                }
                (LINE)
                main {
                    h1 { (sheet.title) }
                    (LINE)
                    @if let Some(mark) = &sheet.mark {
                        p.mark role="note" { strong { (mark.word) } " " (words(&mark.sentence)) }
                        (LINE)
                    }
                    @for part in &sheet.sections { (section(part)) }
                }
                (LINE)
                (PreEscaped(OPENS))
                (PreEscaped(signed_json.replace('<', "\\u003c")))
                (PreEscaped(CLOSES))
                (LINE)
            }
        }
        (LINE)
    };
    page.into_string()
}

/// The JSON file that `page` carries; none if it is no page of [`render`].
pub fn embedded(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once(OPENS)?;
    let (json, _) = rest.split_once(CLOSES)?;
    Some(json)
}

fn head(sheet: &Sheet, style: &str) -> Markup {
    let hash = STANDARD.encode(Sha256::digest(style));
    html! {
        head {
            meta charset="utf-8"; (LINE)
            meta http-equiv="Content-Security-Policy"
                content=(format!("default-src 'none'; style-src 'sha256-{hash}'"));
            (LINE)
            meta name="viewport" content="width=device-width, initial-scale=1"; (LINE)
            meta name="color-scheme" content="light dark"; (LINE)
            meta name="generator" content=(format!("{MADE_BY}{LAYOUT}")); (LINE)
            title { (sheet.name) } (LINE)
            style { (PreEscaped(style)) } (LINE)
        }
        (LINE)
    }
}

fn section(section: &Section) -> Markup {
    html! {
        section {
            @if let Some(heading) = &section.heading { h2 { (words(heading)) } (LINE) }
            @for part in &section.blocks { (block(part)) (LINE) }
        }
        (LINE)
    }
}

fn block(block: &Block) -> Markup {
    match block {
        Block::Verdict(tone, text) => {
            let class = match tone {
                Tone::Kept => "verdict kept",
                Tone::Missed => "verdict missed",
            };
            html! { p class=(class) { (words(text)) } }
        }
        Block::Text(text) => html! { p { (words(text)) } },
        Block::Figures(figures) => html! {
            dl.figures {
                @for figure in figures {
                    div {
                        dt { (words(&figure.label)) }
                        dd.value { (words(&figure.value)) }
                        @if !figure.note.is_empty() { dd.note { (words(&figure.note)) } }
                    }
                    (LINE)
                }
            }
        },
        Block::Facts(facts) => html! {
            dl.facts {
                @for fact in facts { div { dt { (words(&fact.label)) } dd { (words(&fact.value)) } } (LINE) }
            }
        },
        Block::Table(it) => table(it),
    }
}

fn table(table: &Table) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(table.caption) {
            table {
                caption { (words(&table.caption)) } (LINE)
                thead {
                    tr {
                        @for column in &table.columns {
                            th scope="col" .number[column.is_number] { (words(&column.heading)) }
                        }
                    }
                }
                (LINE)
                @for it in &table.rows { tbody { (row(it, table)) } (LINE) }
                @if !table.totals.is_empty() {
                    tbody.total { @for total in &table.totals { (row(total, table)) } }
                    (LINE)
                }
            }
        }
    }
}

fn row(row: &Row, table: &Table) -> Markup {
    html! {
        tr {
            @for (place, (cell, column)) in row.cells.iter().zip(&table.columns).enumerate() {
                @if place == 0 {
                    th scope="row" { (words(cell)) }
                } @else {
                    td .number[column.is_number] { (words(cell)) }
                }
            }
        }
        @for note in &row.notes {
            tr.note { td colspan=(table.columns.len()) { (words(note)) } }
        }
    }
}

/// Characters of a word that is not broken at its hyphens.
const WORD_CHARS_MAX: usize = 28;

/// Text of which dates and figures are not broken at the end of a line.
fn words(text: &str) -> Markup {
    let is_held =
        |word: &str| word.contains(['-', '–', '\u{a0}']) && word.chars().count() <= WORD_CHARS_MAX;
    html! {
        @for (place, word) in text.split(' ').enumerate() {
            @if place > 0 { " " }
            @if is_held(word) { span.held { (word) } } @else { (word) }
        }
    }
}

/// The running label, page numbers and hash of the printed pages. The first page has the label in
/// its text, where it stands in every browser.
fn page_margins(sheet: &Sheet) -> String {
    let (page, of) = sheet.lang.of(("sida ", " av "), ("page ", " of "));
    let hash = sheet.sha256.as_ref().map(|hash| format!("SHA-256 {hash}")).unwrap_or_default();
    let mut rules = String::new();
    for (place, content) in [
        ("top-left", css_string(&sheet.label)),
        ("top-right", css_string(&sheet.running)),
        ("bottom-left", css_string(&hash)),
        (
            "bottom-right",
            format!("{} counter(page) {} counter(pages)", css_string(page), css_string(of)),
        ),
    ] {
        rules.push_str(&format!("@{place}{{content:{content}}}\n"));
    }
    format!(
        "@page{{\n{rules}}}\n@page:first{{@top-left{{content:none}}@top-right{{content:none}}}}\n"
    )
}

/// `text` as a string of a style sheet: all but letters, digits and spaces by their numbers.
fn css_string(text: &str) -> String {
    let mut string = String::from('"');
    for char in text.chars() {
        match char {
            ' ' => string.push(char),
            char if char.is_alphanumeric() => string.push(char),
            char => string.push_str(&format!("\\{:x} ", u32::from(char))),
        }
    }
    string.push('"');
    string
}
