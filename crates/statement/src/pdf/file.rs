//! The objects of the file: the signed JSON, the pages, the structure, and what the file says of
//! itself.

use contract::Instant;
use pdf_writer::types::{AssociationKind, TableHeaderScope};
use pdf_writer::{Date, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::font::Font;
use super::pages::{Bookmark, CellRole, Element, HEIGHT, Kid, Pages, ROOT, WIDTH};
use crate::sheet::{LAYOUT, MADE_BY, Sheet};

/// The attached file's name.
const ATTACHED: &str = "statement.json";

const JSON: Ref = Ref::new(1);
const FILE_SPEC: Ref = Ref::new(2);
const CATALOG: Ref = Ref::new(3);
const INFO: Ref = Ref::new(4);
const PAGE_TREE: Ref = Ref::new(5);
const STRUCTURE: Ref = Ref::new(6);
const FONTS: [(Font, Ref); 2] = [(Font::Regular, Ref::new(7)), (Font::Bold, Ref::new(8))];
const OUTLINE: Ref = Ref::new(9);
const FIRST_PAGE: i32 = 10;

/// Writes the file. The JSON comes first, so that nothing that a page says is taken for it.
pub(super) fn write(pages: Pages, sheet: &Sheet, signed_json: &str, issued_at: Instant) -> Vec<u8> {
    let refs = Refs { pages: number(pages.pages.len()), elements: number(pages.elements.len()) };
    let made = date(issued_at);
    let mut pdf = Pdf::new();
    attach(&mut pdf, signed_json, made);
    catalog(&mut pdf, sheet);
    info(&mut pdf, sheet, made);
    if let Some(hash) = &sheet.sha256 {
        let id = hash.as_bytes().iter().copied().take(32).collect::<Vec<u8>>();
        pdf.set_file_id((id.clone(), id));
    }
    for (font, id) in FONTS {
        let (_, name) = font.names();
        pdf.type1_font(id).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    structure(&mut pdf, &pages, refs);
    outline(&mut pdf, &pages.bookmarks, refs);
    write_pages(&mut pdf, pages, refs);
    pdf.finish()
}

/// The attached JSON in a file of [`write`]; none if it is no such file.
pub(super) fn attached(pdf: &[u8]) -> Option<&[u8]> {
    const TYPE: &[u8] = b"/Type /EmbeddedFile";
    const STREAM: &[u8] = b"\nstream\n";
    let find = |what: &[u8], from: usize| {
        let rest = pdf.get(from..)?;
        rest.windows(what.len()).position(|window| window == what).map(|at| from + at)
    };
    let typed = find(TYPE, 0)?;
    let length = pdf[..typed].rsplit(|byte| *byte == b'\n').nth(1)?.trim_ascii();
    let length = std::str::from_utf8(length).ok()?.strip_prefix("/Length ")?;
    let length: usize = length.parse().ok()?;
    let starts = find(STREAM, typed)? + STREAM.len();
    pdf.get(starts..starts.checked_add(length)?)
}

/// Where the objects of which there are many have their numbers.
#[derive(Clone, Copy)]
struct Refs {
    pages: i32,
    elements: i32,
}

impl Refs {
    fn page(self, place: usize) -> Ref {
        Ref::new(FIRST_PAGE + number(place))
    }

    fn content(self, place: usize) -> Ref {
        Ref::new(FIRST_PAGE + self.pages + number(place))
    }

    fn element(self, place: usize) -> Ref {
        Ref::new(FIRST_PAGE + 2 * self.pages + number(place))
    }

    fn bookmark(self, place: usize) -> Ref {
        Ref::new(FIRST_PAGE + 2 * self.pages + self.elements + number(place))
    }
}

fn attach(pdf: &mut Pdf, signed_json: &str, made: Date) {
    let mut file = pdf.embedded_file(JSON, signed_json.as_bytes());
    file.subtype(Name(b"application/json"));
    file.params().size(number(signed_json.len())).creation_date(made).modification_date(made);
    file.finish();
    let mut spec = pdf.file_spec(FILE_SPEC);
    spec.path(Str(ATTACHED.as_bytes())).unic_file(TextStr(ATTACHED));
    spec.association_kind(AssociationKind::Data);
    spec.embedded_file_with_unicode(JSON);
}

fn catalog(pdf: &mut Pdf, sheet: &Sheet) {
    let mut catalog = pdf.catalog(CATALOG);
    catalog.pages(PAGE_TREE).outlines(OUTLINE);
    catalog.lang(TextStr(sheet.lang.code()));
    catalog.viewer_preferences().display_doc_title(true);
    catalog.mark_info().marked(true);
    catalog.pair(Name(b"StructTreeRoot"), STRUCTURE);
    catalog.names().embedded_files().names().insert(Str(ATTACHED.as_bytes()), FILE_SPEC);
    catalog.insert(Name(b"AF")).array().item(FILE_SPEC);
}

fn info(pdf: &mut Pdf, sheet: &Sheet, made: Date) {
    let mut info = pdf.document_info(INFO);
    info.title(TextStr(&sheet.name));
    info.subject(TextStr(&sheet.label));
    info.creator(TextStr(&format!("{MADE_BY}{LAYOUT}")));
    info.creation_date(made).modified_date(made);
}

fn write_pages(pdf: &mut Pdf, pages: Pages, refs: Refs) {
    let count = pages.pages.len();
    pdf.pages(PAGE_TREE).kids((0..count).map(|place| refs.page(place))).count(refs.pages);
    for (place, page) in pages.pages.into_iter().enumerate() {
        let mut written = pdf.page(refs.page(place));
        written.parent(PAGE_TREE).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT));
        written.contents(refs.content(place)).struct_parents(number(place));
        written.pair(Name(b"Tabs"), Name(b"S"));
        let mut resources = written.resources();
        let mut fonts = resources.fonts();
        for (font, id) in FONTS {
            fonts.pair(Name(font.names().0), id);
        }
        fonts.finish();
        resources.finish();
        written.finish();
        pdf.stream(refs.content(place), &page.content.finish());
    }
}

/// The tree of elements, and for each page the elements of its texts.
fn structure(pdf: &mut Pdf, pages: &Pages, refs: Refs) {
    let mut root = pdf.indirect(STRUCTURE).dict();
    root.pair(Name(b"Type"), Name(b"StructTreeRoot"));
    root.pair(Name(b"K"), refs.element(ROOT));
    let mut parents = root.insert(Name(b"ParentTree")).dict();
    let mut numbers = parents.insert(Name(b"Nums")).array();
    for (place, page) in pages.pages.iter().enumerate() {
        numbers.item(number(place));
        let elements = page.texts.iter().map(|element| refs.element(*element));
        numbers.push().array().items(elements);
    }
    numbers.finish();
    parents.finish();
    root.pair(Name(b"ParentTreeNextKey"), refs.pages);
    root.finish();
    for (place, element) in pages.elements.iter().enumerate() {
        write_element(pdf, place, element, refs);
    }
}

fn write_element(pdf: &mut Pdf, place: usize, element: &Element, refs: Refs) {
    let mut written = pdf.struct_element(refs.element(place));
    written.kind(element.role);
    written.parent(if place == ROOT { STRUCTURE } else { refs.element(element.parent) });
    if let Some(text) = &element.actual_text {
        written.actual_text(TextStr(text));
    }
    match element.cell {
        CellRole::None | CellRole::Spans(0..=1) => {}
        CellRole::HeadsColumn => {
            written.attributes().push().table().scope(TableHeaderScope::Column);
        }
        CellRole::HeadsRow => {
            written.attributes().push().table().scope(TableHeaderScope::Row);
        }
        CellRole::Spans(columns) => {
            written.attributes().push().table().col_span(number(columns));
        }
    }
    let mut children = written.children();
    for kid in &element.kids {
        match kid {
            Kid::Element(id) => {
                children.struct_element(refs.element(*id));
            }
            Kid::Text { page, number } => {
                let mut marked = children.marked_content_ref();
                marked.page(refs.page(*page)).marked_content_id(*number);
            }
        }
    }
}

/// The headings, as one list.
fn outline(pdf: &mut Pdf, bookmarks: &[Bookmark], refs: Refs) {
    let mut outline = pdf.outline(OUTLINE);
    if let Some(last) = bookmarks.len().checked_sub(1) {
        outline.first(refs.bookmark(0)).last(refs.bookmark(last));
        outline.count(number(bookmarks.len()));
    }
    outline.finish();
    for (place, bookmark) in bookmarks.iter().enumerate() {
        let mut item = pdf.outline_item(refs.bookmark(place));
        item.title(TextStr(&bookmark.text)).parent(OUTLINE);
        if place > 0 {
            item.prev(refs.bookmark(place - 1));
        }
        if place + 1 < bookmarks.len() {
            item.next(refs.bookmark(place + 1));
        }
        item.dest().page(refs.page(bookmark.page)).xyz(0.0, bookmark.top, None);
    }
}

fn date(at: Instant) -> Date {
    let utc = at.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
    let part = |number: i8| u8::try_from(number).unwrap_or(0);
    Date::new(u16::try_from(utc.year()).unwrap_or(0))
        .month(part(utc.month()))
        .day(part(utc.day()))
        .hour(part(utc.hour()))
        .minute(part(utc.minute()))
        .second(part(utc.second()))
        .utc_offset_hour(0)
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
