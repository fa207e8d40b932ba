//! Pages being filled from the top: text and lines at places, each piece of text marked with the
//! element of the document's structure that it belongs to.

use pdf_writer::types::{ArtifactType, StructRole};
use pdf_writer::{Content, Name, Str};

use super::font::{Font, encode};

/// A4, in points.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
/// The margins, in which the label and the page's number stand.
pub(super) const LEFT: f32 = 50.0;
pub(super) const RIGHT: f32 = WIDTH - LEFT;
const TOP: f32 = HEIGHT - 62.0;
const BOTTOM: f32 = 54.0;
/// How high a page's text can be.
pub(super) const ROOM: f32 = TOP - BOTTOM;

/// How text looks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Type {
    pub font: Font,
    pub size: f32,
    /// From one line to the next.
    pub leading: f32,
    /// 0 is black.
    pub gray: f32,
}

/// An element of the document's structure, by its place in [`Pages::elements`].
pub(super) type ElementId = usize;

/// The element around all others.
pub(super) const ROOT: ElementId = 0;

/// A part of the document, as a screen reader sees it.
pub(super) struct Element {
    pub role: StructRole,
    pub parent: ElementId,
    pub kids: Vec<Kid>,
    /// Its text, where the fonts cannot show all of it.
    pub actual_text: Option<String>,
    /// What a cell of a table is to the others.
    pub cell: CellRole,
}

/// What a cell of a table is to the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CellRole {
    /// It heads its column.
    HeadsColumn,
    /// It heads its row.
    HeadsRow,
    /// It is as wide as so many columns.
    Spans(usize),
    /// Nothing, or it is no cell.
    None,
}

/// What an element holds.
pub(super) enum Kid {
    Element(ElementId),
    /// A piece of text on a page, by its number there.
    Text {
        page: usize,
        number: i32,
    },
}

/// A page's content, and the element of each piece of text on it.
pub(super) struct Page {
    pub content: Content,
    pub texts: Vec<ElementId>,
}

/// A heading, as readers list them beside the pages.
pub(super) struct Bookmark {
    pub text: String,
    pub page: usize,
    /// Its upper edge.
    pub top: f32,
}

/// The pages so far.
pub(super) struct Pages {
    pub pages: Vec<Page>,
    pub bookmarks: Vec<Bookmark>,
    pub elements: Vec<Element>,
    /// Where the next line's top is, from the page's lower edge.
    pub y: f32,
}

impl Pages {
    pub fn new() -> Self {
        let root = Element {
            role: StructRole::Document,
            parent: ROOT,
            kids: Vec::new(),
            actual_text: None,
            cell: CellRole::None,
        };
        let (pages, bookmarks) = (Vec::new(), Vec::new());
        let mut pages = Pages { pages, bookmarks, elements: vec![root], y: TOP };
        pages.begin();
        pages
    }

    /// Lists a heading that follows here.
    pub fn bookmark(&mut self, text: &str) {
        let page = self.pages.len() - 1;
        self.bookmarks.push(Bookmark { text: text.to_owned(), page, top: self.y });
    }

    /// Begins a new page.
    pub fn begin(&mut self) {
        self.pages.push(Page { content: Content::new(), texts: Vec::new() });
        self.y = TOP;
    }

    /// Whether `height` fits on the page.
    pub fn has_room(&self, height: f32) -> bool {
        self.y - height >= BOTTOM
    }

    /// Begins a new page if `height` does not fit; whether it did.
    pub fn make_room(&mut self, height: f32) -> bool {
        let is_full = !self.has_room(height) && self.y < TOP;
        if is_full {
            self.begin();
        }
        is_full
    }

    /// Leaves a space, unless at a page's top.
    pub fn skip(&mut self, height: f32) {
        if self.y < TOP {
            self.y -= height;
        }
    }

    /// Adds an element at the end of `parent`.
    pub fn element(&mut self, role: StructRole, parent: ElementId) -> ElementId {
        let id = self.elements.len();
        let (kids, actual_text) = (Vec::new(), None);
        self.elements.push(Element { role, parent, kids, actual_text, cell: CellRole::None });
        self.elements[parent].kids.push(Kid::Element(id));
        id
    }

    /// Adds a cell of a table at the end of a row.
    pub fn cell(&mut self, role: CellRole, row: ElementId) -> ElementId {
        let is_head = matches!(role, CellRole::HeadsColumn | CellRole::HeadsRow);
        let id = self.element(if is_head { StructRole::TH } else { StructRole::TD }, row);
        self.elements[id].cell = role;
        id
    }

    /// Text for an element, in its encoding; what cannot be shown is kept for those who listen.
    pub fn encode(&mut self, element: ElementId, text: &str) -> Vec<u8> {
        let (bytes, is_whole) = encode(text);
        if !is_whole {
            self.elements[element].actual_text = Some(text.to_owned());
        }
        bytes
    }

    /// A paragraph between `left` and `right`, over as many pages as it takes.
    pub fn paragraph(&mut self, element: ElementId, look: Type, left: f32, right: f32, text: &str) {
        let text = self.encode(element, text);
        for line in look.font.wrap(&text, look.size, right - left) {
            self.make_room(look.leading);
            self.y -= look.leading;
            self.text(Some(element), look, left, self.y, &line);
        }
    }

    /// A line of encoded text; its baseline lies a little above `bottom`. Without an element it is
    /// no part of what the document says.
    pub fn text(
        &mut self,
        element: Option<ElementId>,
        look: Type,
        x: f32,
        bottom: f32,
        text: &[u8],
    ) {
        if text.is_empty() {
            return;
        }
        let number = self.pages.len() - 1;
        let baseline = bottom + (look.leading - look.size) / 2.0 + look.size * 0.22;
        let page = &mut self.pages[number];
        match element {
            Some(element) => {
                let mark = i32::try_from(page.texts.len()).unwrap_or(i32::MAX);
                page.texts.push(element);
                self.elements[element].kids.push(Kid::Text { page: number, number: mark });
                let role = self.elements[element].role;
                let mut begun = page.content.begin_marked_content_with_properties(role.to_name());
                begun.properties().identify(mark);
            }
            None => begin_artifact(&mut page.content, ArtifactType::Layout),
        }
        show(&mut page.content, look, x, baseline, text);
        page.content.end_marked_content();
    }

    /// A line from `left` to `right`, `below` points under the current place.
    pub fn rule(&mut self, left: f32, right: f32, below: f32, thickness: f32, gray: f32) {
        let y = self.y - below;
        self.bar(left, y - thickness, right - left, thickness, gray);
    }

    /// A filled rectangle.
    pub fn bar(&mut self, x: f32, y: f32, width: f32, height: f32, gray: f32) {
        let Some(page) = self.pages.last_mut() else { return };
        begin_artifact(&mut page.content, ArtifactType::Layout);
        page.content.set_fill_gray(gray).rect(x, y, width, height).fill_nonzero();
        page.content.end_marked_content();
    }
}

impl Page {
    /// A line in the margin, which is no part of what the document says.
    pub fn margin(&mut self, look: Type, x: f32, baseline: f32, text: &[u8]) {
        begin_artifact(&mut self.content, ArtifactType::Pagination);
        show(&mut self.content, look, x, baseline, text);
        self.content.end_marked_content();
    }
}

fn begin_artifact(content: &mut Content, kind: ArtifactType) {
    let mut begun = content.begin_marked_content_with_properties(Name(b"Artifact"));
    begun.properties().artifact().kind(kind);
}

fn show(content: &mut Content, look: Type, x: f32, baseline: f32, text: &[u8]) {
    let (name, _) = look.font.names();
    content.begin_text();
    content.set_fill_gray(look.gray);
    content.set_font(Name(name), look.size);
    content.next_line(x, baseline);
    content.show(Str(text));
    content.end_text();
}
