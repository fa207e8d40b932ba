//! The sheet in words, and its two renderings: what they say, that they say all of it, and that no
//! name breaks out of them.

mod golden;
mod hostile;
mod page;
mod pdf;
mod pdf_reader;
mod rules;
mod samples;

use statement::document::{Document, Status};
use statement::sheet::{Block, Row, Sheet};
use statement::{Lang, Seal, SigningKey, json, sheet};

/// The JSON file of a document, signed if its month is closed.
fn json_file(document: &Document) -> String {
    let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
    let bytes = json::document_bytes(document);
    let is_closed = document.status == Status::Closed;
    json::file(&bytes, is_closed.then(|| key.sign(&bytes)).as_ref())
}

fn sheet_of(document: &Document, json_file: &str, lang: Lang) -> Sheet {
    sheet::sheet(document, Seal::read(json_file).as_ref(), lang)
}

/// Every text of a sheet, in its order; what stands in the margins of every page left out.
fn texts(sheet: &Sheet) -> Vec<&str> {
    let mut texts: Vec<&str> = vec![&sheet.title];
    if let Some(mark) = &sheet.mark {
        texts.extend([&*mark.word, &*mark.sentence]);
    }
    for section in &sheet.sections {
        texts.extend(section.heading.as_deref());
        for block in &section.blocks {
            texts_of(block, &mut texts);
        }
    }
    texts.retain(|text| !text.is_empty());
    texts
}

fn texts_of<'a>(block: &'a Block, texts: &mut Vec<&'a str>) {
    match block {
        Block::Verdict(_, text) | Block::Text(text) => texts.push(text),
        Block::Figures(figures) => {
            for figure in figures {
                texts.extend([&*figure.label, &*figure.value, &*figure.note]);
            }
        }
        Block::Facts(facts) => {
            for fact in facts {
                texts.extend([&*fact.label, &*fact.value]);
            }
        }
        Block::Table(table) => {
            texts.push(&table.caption);
            texts.extend(table.columns.iter().map(|column| &*column.heading));
            let of_row = |row: &'a Row| row.cells.iter().chain(&row.notes).map(String::as_str);
            texts.extend(table.rows.iter().chain(&table.totals).flat_map(of_row));
        }
    }
}

/// Without spaces of any kind.
fn squeezed(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).collect()
}
