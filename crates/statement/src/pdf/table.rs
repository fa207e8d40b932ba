//! Tables over as many pages as they take, their heads repeated on each.

use pdf_writer::types::StructRole;

use super::font::{Font, encode};
use super::pages::{CellRole, ElementId, LEFT, Pages, RIGHT, ROOM, Type};
use crate::sheet::{Column, Row, Table};

const CAPTION: Type = Type { font: Font::Bold, size: 9.5, leading: 13.5, gray: 0.0 };
const HEAD: Type = Type { font: Font::Regular, size: 7.8, leading: 10.4, gray: 0.32 };
const CELL: Type = Type { font: Font::Regular, size: 8.3, leading: 10.8, gray: 0.0 };
const TOTAL: Type = Type { font: Font::Bold, ..CELL };
const NOTE: Type = Type { font: Font::Regular, size: 7.8, leading: 10.0, gray: 0.32 };

/// Between columns, and above and below a row's text.
const GAP: f32 = 10.0;
const PADDING: f32 = 2.0;

pub(super) fn table(pages: &mut Pages, parent: ElementId, table: &Table) {
    pages.skip(6.0);
    let grid = Grid::new(table);
    let element = pages.element(StructRole::Table, parent);
    pages.make_room(CAPTION.leading + grid.head_height() + 3.0 * CELL.leading);
    let caption = pages.element(StructRole::Caption, element);
    pages.paragraph(caption, CAPTION, LEFT, RIGHT, &table.caption);
    let head = pages.element(StructRole::TR, element);
    grid.head(pages, Some(head));
    for row in &table.rows {
        grid.row(pages, element, row, CELL, (0.4, 0.7));
    }
    for total in &table.totals {
        grid.row(pages, element, total, TOTAL, (0.9, 0.0));
    }
    pages.skip(6.0);
}

/// The columns of a table, and where they lie.
struct Grid<'a> {
    columns: &'a [Column],
    lefts: Vec<f32>,
    widths: Vec<f32>,
}

/// A cell's text in lines.
struct Cell {
    element: ElementId,
    lines: Vec<Vec<u8>>,
}

impl<'a> Grid<'a> {
    fn new(table: &'a Table) -> Self {
        let columns = &table.columns[..];
        let widths = widths(table);
        let mut left = LEFT;
        let lefts = widths
            .iter()
            .map(|width| {
                let here = left;
                left += width + GAP;
                here
            })
            .collect();
        Grid { columns, lefts, widths }
    }

    fn head_lines(&self) -> Vec<Vec<Vec<u8>>> {
        let cells = self.columns.iter().zip(&self.widths);
        cells
            .map(|(column, width)| HEAD.font.wrap(&encode(&column.heading).0, HEAD.size, *width))
            .collect()
    }

    fn head_height(&self) -> f32 {
        let lines = self.head_lines().iter().map(Vec::len).max().unwrap_or(0);
        lines as f32 * HEAD.leading + 2.0 * PADDING
    }

    /// The headings. Those that are repeated on a later page belong to no element.
    fn head(&self, pages: &mut Pages, row: Option<ElementId>) {
        let lines = self.head_lines();
        let count = lines.iter().map(Vec::len).max().unwrap_or(0);
        pages.y -= PADDING;
        for (place, lines) in lines.iter().enumerate() {
            let element = row.map(|row| pages.cell(CellRole::HeadsColumn, row));
            // Headings stand on the row's lower edge.
            let top = pages.y - (count - lines.len()) as f32 * HEAD.leading;
            for (number, line) in lines.iter().enumerate() {
                let bottom = top - (number + 1) as f32 * HEAD.leading;
                pages.text(element, HEAD, self.x(place, HEAD, line), bottom, line);
            }
        }
        pages.y -= count as f32 * HEAD.leading + PADDING;
    }

    /// A row and what there is to say about it; kept on one page if it fits on one.
    fn row(
        &self,
        pages: &mut Pages,
        table: ElementId,
        row: &Row,
        look: Type,
        (rule, gray): (f32, f32),
    ) {
        let element = pages.element(StructRole::TR, table);
        let cells = self.cells(pages, element, row, look);
        let notes = self.notes(pages, table, row);
        let tallest = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        let note_lines: usize = notes.iter().map(|note| note.lines.len()).sum();
        let height =
            tallest as f32 * look.leading + note_lines as f32 * NOTE.leading + 2.0 * PADDING;
        if height + self.head_height() <= ROOM && !pages.has_room(height) {
            self.next_page(pages);
        }
        pages.rule(LEFT, RIGHT, 0.0, rule, gray);
        pages.y -= PADDING;
        for number in 0..tallest {
            self.make_room(pages, look.leading);
            pages.y -= look.leading;
            for (place, cell) in cells.iter().enumerate() {
                if let Some(line) = cell.lines.get(number) {
                    let x = self.x(place, look, line);
                    pages.text(Some(cell.element), look, x, pages.y, line);
                }
            }
        }
        for note in notes {
            for line in note.lines {
                self.make_room(pages, NOTE.leading);
                pages.y -= NOTE.leading;
                pages.text(Some(note.element), NOTE, LEFT, pages.y, &line);
            }
        }
        pages.y -= PADDING;
    }

    fn cells(&self, pages: &mut Pages, row: ElementId, of: &Row, look: Type) -> Vec<Cell> {
        let cells = of.cells.iter().zip(&self.widths).enumerate();
        cells
            .map(|(place, (text, width))| {
                let role = if place == 0 { CellRole::HeadsRow } else { CellRole::None };
                let element = pages.cell(role, row);
                let text = pages.encode(element, text);
                Cell { element, lines: look.font.wrap(&text, look.size, *width) }
            })
            .collect()
    }

    fn notes(&self, pages: &mut Pages, table: ElementId, row: &Row) -> Vec<Cell> {
        let notes = row.notes.iter();
        notes
            .map(|note| {
                let row = pages.element(StructRole::TR, table);
                let element = pages.cell(CellRole::Spans(self.columns.len()), row);
                let text = pages.encode(element, note);
                Cell { element, lines: NOTE.font.wrap(&text, NOTE.size, RIGHT - LEFT) }
            })
            .collect()
    }

    fn make_room(&self, pages: &mut Pages, height: f32) {
        if !pages.has_room(height) {
            self.next_page(pages);
        }
    }

    fn next_page(&self, pages: &mut Pages) {
        pages.begin();
        self.head(pages, None);
    }

    fn x(&self, place: usize, look: Type, line: &[u8]) -> f32 {
        let (left, width) = (self.lefts[place], self.widths[place]);
        match self.columns[place].is_number {
            true => left + width - look.font.width(line, look.size),
            false => left,
        }
    }
}

/// How wide each column is: as wide as its text, unless all together would be wider than the page;
/// then those that need less than their share have what they need, and the others share the rest.
fn widths(table: &Table) -> Vec<f32> {
    let count = table.columns.len();
    let natural: Vec<f32> = (0..count).map(|place| natural_width(table, place)).collect();
    let share = |place: usize| f32::from(table.columns[place].share);
    let mut room = RIGHT - LEFT - GAP * (count as f32 - 1.0);
    let mut sharing: Vec<usize> = (0..count).collect();
    let mut widths = natural.clone();
    while !sharing.is_empty() {
        let shares: f32 = sharing.iter().map(|place| share(*place)).sum();
        let (content, wanting): (Vec<usize>, Vec<usize>) =
            sharing.iter().partition(|place| natural[**place] <= room * share(**place) / shares);
        if content.is_empty() {
            for place in sharing {
                widths[place] = room * share(place) / shares;
            }
            return widths;
        }
        room -= content.iter().map(|place| natural[*place]).sum::<f32>();
        sharing = wanting;
    }
    // What is left over goes to all, so that the table is as wide as the page.
    let shares: f32 = (0..count).map(share).sum();
    for (place, width) in widths.iter_mut().enumerate() {
        *width += room * share(place) / shares;
    }
    widths
}

fn natural_width(table: &Table, place: usize) -> f32 {
    let width = |look: Type, text: &str| look.font.width(&encode(text).0, look.size);
    let cells = |rows: &[Row], look: Type| {
        let texts = rows.iter().filter_map(|row| row.cells.get(place));
        texts.map(|text| width(look, text)).fold(0.0, f32::max)
    };
    let head = width(HEAD, &table.columns[place].heading);
    // A little more, so that no text is broken for a rounding.
    head.max(cells(&table.rows, CELL)).max(cells(&table.totals, TOTAL)) + 0.1
}
