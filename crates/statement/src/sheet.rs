//! What stands on a statement, in its order and in words: the one model behind every page.
//!
//! Figures are taken from the [`Document`] and written, never computed anew; nothing is laid out.

mod events;
mod head;
mod proof;
mod revision;
mod section;
mod terms;

use jiff::tz::TimeZone;

use crate::document::{Document, ServiceSection, Status};
use crate::lang::Lang;
use crate::seal::Seal;

/// The version of words and layout, which pages and PDFs name: what another version made cannot be
/// made again byte for byte. To be raised with every change that shows.
pub const LAYOUT: u32 = 1;

/// What a page or a PDF says of how it was made, before [`LAYOUT`].
pub(crate) const MADE_BY: &str = "Upptid, layout ";

/// A statement, ready to be laid out.
#[derive(Clone, PartialEq, Debug)]
pub struct Sheet {
    /// Its language.
    pub lang: Lang,
    /// The classification, which stands at the top of every page (C10.5).
    pub label: String,
    /// What it is, and of which month.
    pub title: String,
    /// What it is, of which month and whose: the file's own title.
    pub name: String,
    /// Of which month and whose, which stands at the top of every page.
    pub running: String,
    /// What sets it apart from a closed month's first statement, if anything does.
    pub mark: Option<Mark>,
    /// The SHA-256 of the signed bytes, in hex, which stands at the foot of every page.
    pub sha256: Option<String>,
    /// Its parts. The first one has no heading of its own.
    pub sections: Vec<Section>,
}

/// What sets a statement apart, in a word or two and in a sentence.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    /// Stands at the top of every page.
    pub word: String,
    /// Stands once, under the title.
    pub sentence: String,
}

/// A part of a statement.
#[derive(Clone, PartialEq, Debug)]
pub struct Section {
    /// Its heading; none of the first.
    pub heading: Option<String>,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// What stands in a section.
#[derive(Clone, PartialEq, Debug)]
pub enum Block {
    /// The answer in one or two sentences.
    Verdict(Tone, String),
    /// A paragraph.
    Text(String),
    /// The few figures that matter most, side by side.
    Figures(Vec<KeyFigure>),
    /// Labels and values, one below the other.
    Facts(Vec<Fact>),
    /// A table.
    Table(Table),
}

/// Whether a verdict is good news.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// The promise is kept.
    Kept,
    /// It is not.
    Missed,
}

/// A figure with its name above and a remark below.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyFigure {
    /// What it is.
    pub label: String,
    /// The figure.
    pub value: String,
    /// What to know about it; may be empty.
    pub note: String,
}

/// A value with its name.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// The value.
    pub value: String,
}

/// A table with a heading of its own.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    /// Its heading.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Row>,
    /// Rows that sum it up.
    pub totals: Vec<Row>,
}

/// A column of a table.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Whether it holds numbers, which line up at their ends.
    pub is_number: bool,
    /// Its width, in proportion to the others' where they have to share.
    pub share: u16,
}

/// A row of a table.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// One for each column.
    pub cells: Vec<String>,
    /// What there is to say about it, below it.
    pub notes: Vec<String>,
}

/// What stands on the statement of `document`. `seal` is of its JSON file, if that is at hand.
pub fn sheet(document: &Document, seal: Option<&Seal>, lang: Lang) -> Sheet {
    let zone = zone_of(document.services.first());
    let mut sections = vec![head::section(document, lang, &zone)];
    sections.extend(
        document
            .services
            .iter()
            .map(|service| section::section(document, service, lang, &zone_of(Some(service)))),
    );
    sections.extend(terms::sections(document, lang));
    sections.push(proof::section(document, seal, lang));
    let month = lang.month(document.month);
    let title = format!("{} {month}", lang.of("Tillgänglighetsrapport", "Availability statement"));
    let customer = document.customer.as_deref().map(plain);
    let mark = head::mark(document, lang, &zone);
    let with_customer = |text: &str| match &customer {
        Some(customer) => format!("{text}, {customer}"),
        None => text.to_owned(),
    };
    Sheet {
        lang,
        label: plain(&document.classification),
        name: with_customer(&title),
        title,
        running: match &mark {
            Some(mark) => format!("{} · {}", with_customer(&month), mark.word),
            None => with_customer(&month),
        },
        mark,
        sha256: seal.map(|seal| seal.sha256.clone()),
        sections,
    }
}

impl Block {
    fn facts(facts: Vec<(&str, String)>) -> Self {
        let fact = |(label, value): (&str, String)| Fact { label: label.to_owned(), value };
        Block::Facts(facts.into_iter().map(fact).collect())
    }
}

impl Table {
    /// A table of these columns, without rows: heading, whether it holds numbers, share.
    fn new(caption: &str, columns: &[(&str, bool, u16)]) -> Self {
        let column = |&(heading, is_number, share): &(&str, bool, u16)| Column {
            heading: heading.to_owned(),
            is_number,
            share,
        };
        let columns = columns.iter().map(column).collect();
        Table { caption: caption.to_owned(), columns, rows: Vec::new(), totals: Vec::new() }
    }
}

impl Row {
    fn new<const N: usize>(cells: [String; N]) -> Self {
        Row { cells: cells.into(), notes: Vec::new() }
    }
}

/// The zone in which a service's times are written; UTC where the terms name none that exists.
fn zone_of(service: Option<&ServiceSection>) -> TimeZone {
    let zone = service.and_then(|service| TimeZone::get(&service.terms.timezone).ok());
    zone.unwrap_or(TimeZone::UTC)
}

fn is_provisional(document: &Document) -> bool {
    document.status == Status::Provisional
}

/// Characters of any one text from outside that a page shows; the JSON holds all of it.
const TEXT_CHARS_MAX: usize = 600;

/// Text from outside as it can stand in a line: shortened, without breaks, and with the
/// characters that would disturb the line's direction or that nobody sees written as numbers.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(TEXT_CHARS_MAX));
    for (place, char) in text.chars().enumerate() {
        if place == TEXT_CHARS_MAX {
            plain.push('…');
            break;
        }
        match char {
            '\t' | '\n' | '\r' => plain.push(' '),
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => plain.push_str(&format!("[U+{:04X}]", u32::from(char))),
            char if char.is_control() => plain.push_str(&format!("[U+{:04X}]", u32::from(char))),
            char => plain.push(char),
        }
    }
    let plain = plain.trim();
    if plain.is_empty() { "–".to_owned() } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_keeps_to_its_line() {
        assert_eq!(plain(" a\nb\u{202e}c\0 "), "a b[U+202E]c[U+0000]");
        assert_eq!(plain("\t"), "–");
        assert_eq!(plain(&"å".repeat(10_000)).chars().count(), TEXT_CHARS_MAX + 1);
    }
}
