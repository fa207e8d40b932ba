//! A sheet laid out on pages.

use pdf_writer::types::StructRole;

use super::font::{Font, encode};
use super::pages::{ElementId, HEIGHT, LEFT, Pages, RIGHT, ROOT, Type};
use super::table;
use crate::sheet::{Block, Fact, KeyFigure, Section, Sheet, Tone};

const SOFT: f32 = 0.32;

const TITLE: Type = Type { font: Font::Bold, size: 18.0, leading: 24.0, gray: 0.0 };
const HEADING: Type = Type { font: Font::Bold, size: 12.5, leading: 17.0, gray: 0.0 };
const VERDICT: Type = Type { font: Font::Bold, size: 10.0, leading: 13.5, gray: 0.0 };
const TEXT: Type = Type { font: Font::Regular, size: 9.0, leading: 12.0, gray: 0.0 };
const STRONG: Type = Type { font: Font::Bold, size: 9.0, leading: 12.0, gray: 0.0 };
const LABEL: Type = Type { font: Font::Regular, size: 9.0, leading: 12.0, gray: SOFT };
const FIGURE: Type = Type { font: Font::Bold, size: 11.5, leading: 14.5, gray: 0.0 };
const SMALL: Type = Type { font: Font::Regular, size: 7.8, leading: 10.4, gray: SOFT };
const MARGIN: Type = Type { font: Font::Regular, size: 7.8, leading: 10.4, gray: 0.2 };
const MARGIN_LABEL: Type = Type { font: Font::Bold, size: 8.5, leading: 10.4, gray: 0.0 };

/// The least that stands under a heading before a page ends.
const HEADED_HEIGHT: f32 = 140.0;
/// Where the values of a list of facts begin.
const VALUES: f32 = LEFT + 112.0;
const FIGURES_IN_ROW: usize = 4;
const GAP: f32 = 12.0;

/// Lays the sheet out.
pub(super) fn lay_out(sheet: &Sheet) -> Pages {
    let mut pages = Pages::new();
    let title = pages.element(StructRole::H1, ROOT);
    pages.paragraph(title, TITLE, LEFT, RIGHT, &sheet.title);
    pages.skip(4.0);
    if let Some(mark) = &sheet.mark {
        let note = pages.element(StructRole::P, ROOT);
        barred(&mut pages, 1, |pages| {
            pages.paragraph(note, STRONG, LEFT + GAP, RIGHT, &mark.word);
            let sentence = pages.element(StructRole::P, ROOT);
            pages.paragraph(sentence, TEXT, LEFT + GAP, RIGHT, &mark.sentence);
        });
        pages.skip(6.0);
    }
    for part in &sheet.sections {
        section(&mut pages, part);
    }
    margins(&mut pages, sheet);
    pages
}

fn section(pages: &mut Pages, section: &Section) {
    let parent = pages.element(StructRole::Sect, ROOT);
    if let Some(heading) = &section.heading {
        pages.skip(13.0);
        pages.make_room(HEADED_HEIGHT);
        pages.bookmark(heading);
        let element = pages.element(StructRole::H2, parent);
        pages.paragraph(element, HEADING, LEFT, RIGHT, heading);
        pages.rule(LEFT, RIGHT, 1.0, 0.9, 0.0);
        pages.skip(7.0);
    }
    for it in &section.blocks {
        block(pages, parent, it);
    }
}

fn block(pages: &mut Pages, parent: ElementId, block: &Block) {
    match block {
        Block::Verdict(tone, text) => {
            let element = pages.element(StructRole::P, parent);
            let bars = if *tone == Tone::Kept { 1 } else { 2 };
            barred(pages, bars, |pages| {
                pages.paragraph(element, VERDICT, LEFT + GAP, RIGHT, text);
            });
            pages.skip(6.0);
        }
        Block::Text(text) => {
            let element = pages.element(StructRole::P, parent);
            pages.skip(2.0);
            pages.paragraph(element, TEXT, LEFT, RIGHT, text);
            pages.skip(4.0);
        }
        Block::Figures(figures) => {
            let list = pages.element(StructRole::L, parent);
            figures.chunks(FIGURES_IN_ROW).for_each(|row| figure_row(pages, list, row));
            pages.skip(2.0);
        }
        Block::Facts(facts) => {
            let list = pages.element(StructRole::L, parent);
            facts.iter().for_each(|it| fact(pages, list, it));
            pages.skip(4.0);
        }
        Block::Table(it) => table::table(pages, parent, it),
    }
}

/// Text with bars at its left: one, or two that say that something is missed.
fn barred(pages: &mut Pages, bars: usize, text: impl FnOnce(&mut Pages)) {
    pages.make_room(3.0 * VERDICT.leading);
    let (top, page) = (pages.y, pages.pages.len());
    text(pages);
    // Text that goes on over a page has its bars where it ends.
    let top = if pages.pages.len() == page { top } else { pages.y + VERDICT.leading };
    for bar in 0..bars {
        pages.bar(LEFT + bar as f32 * 3.0, pages.y - 1.0, 1.8, top - pages.y + 1.0, 0.0);
    }
}

/// Figures side by side: names above, remarks below.
fn figure_row(pages: &mut Pages, list: ElementId, row: &[KeyFigure]) {
    let pitch = (RIGHT - LEFT + GAP) / FIGURES_IN_ROW as f32;
    let mut cells = Vec::new();
    for figure in row {
        let item = pages.element(StructRole::LI, list);
        let mut lines = Vec::new();
        for (role, look, text) in [
            (StructRole::Lbl, SMALL, &figure.label),
            (StructRole::LBody, FIGURE, &figure.value),
            (StructRole::LBody, SMALL, &figure.note),
        ] {
            if text.is_empty() {
                continue;
            }
            let element = pages.element(role, item);
            let text = pages.encode(element, text);
            let wrapped = look.font.wrap(&text, look.size, pitch - GAP);
            lines.extend(wrapped.into_iter().map(|line| (element, look, line)));
        }
        cells.push(lines);
    }
    let height = |lines: &Vec<(ElementId, Type, Vec<u8>)>| -> f32 {
        lines.iter().map(|(_, look, _)| look.leading).sum()
    };
    let tallest = cells.iter().map(height).fold(0.0, f32::max);
    pages.make_room(tallest);
    let top = pages.y;
    for (place, lines) in cells.into_iter().enumerate() {
        let mut bottom = top;
        for (element, look, line) in lines {
            bottom -= look.leading;
            pages.text(Some(element), look, LEFT + place as f32 * pitch, bottom, &line);
        }
    }
    pages.y = top - tallest - 5.0;
}

fn fact(pages: &mut Pages, list: ElementId, fact: &Fact) {
    let item = pages.element(StructRole::LI, list);
    let label = pages.element(StructRole::Lbl, item);
    let value = pages.element(StructRole::LBody, item);
    let text = pages.encode(label, &fact.label);
    pages.make_room(TEXT.leading);
    pages.text(Some(label), LABEL, LEFT, pages.y - LABEL.leading, &text);
    pages.paragraph(value, TEXT, VALUES, RIGHT, &fact.value);
}

/// The label and whose it is at the top of every page; the hash and the page's number at the foot.
fn margins(pages: &mut Pages, sheet: &Sheet) {
    let count = pages.pages.len();
    let (page, of) = sheet.lang.of(("sida", "av"), ("page", "of"));
    let hash = sheet.sha256.as_ref().map(|hash| format!("SHA-256 {hash}")).unwrap_or_default();
    let (head, foot) = (HEIGHT - 40.0, 32.0);
    let half = (RIGHT - LEFT - GAP) / 2.0;
    let label = shortened(&sheet.label, MARGIN_LABEL, half);
    let running = shortened(&sheet.running, MARGIN, half);
    let at_right = |text: &[u8]| RIGHT - MARGIN.font.width(text, MARGIN.size);
    for (place, it) in pages.pages.iter_mut().enumerate() {
        let number = encode(&format!("{page} {} {of} {count}", place + 1)).0;
        it.margin(MARGIN_LABEL, LEFT, head, &label);
        it.margin(MARGIN, at_right(&running), head, &running);
        it.margin(MARGIN, LEFT, foot, &encode(&hash).0);
        it.margin(MARGIN, at_right(&number), foot, &number);
    }
}

/// As much of a text as fits in one line.
fn shortened(text: &str, look: Type, width: f32) -> Vec<u8> {
    let text = encode(text).0;
    if look.font.width(&text, look.size) <= width {
        return text;
    }
    let ellipsis = encode("…").0;
    let room = width - look.font.width(&ellipsis, look.size);
    let fits = |len: &usize| look.font.width(&text[..*len], look.size) <= room;
    let len = (0..text.len()).rev().find(fits).unwrap_or(0);
    [&text[..len], &ellipsis].concat()
}
