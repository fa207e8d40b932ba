//! A statement as PDF, on A4, with its structure for those who listen to it.
//!
//! Text is in Helvetica, which every reader has, so that no font travels with the file.

mod file;
mod font;
mod layout;
mod pages;
mod table;

use crate::document::Document;
use crate::lang::Lang;
use crate::seal::Seal;
use crate::sheet::sheet;

/// The PDF of `document`, which carries `signed_json`, the whole of its JSON file, as the attached
/// file `statement.json`.
///
/// The same arguments give the same bytes; nothing is compressed, so that they do not depend on a
/// library's version.
pub fn render(document: &Document, signed_json: &str, lang: Lang) -> Vec<u8> {
    let sheet = sheet(document, Seal::read(signed_json).as_ref(), lang);
    let pages = layout::lay_out(&sheet);
    file::write(pages, &sheet, signed_json, document.issued_at)
}

/// The JSON file that `pdf` carries, as it stands in it; none if it is no PDF of [`render`].
pub fn embedded(pdf: &[u8]) -> Option<&[u8]> {
    file::attached(pdf)
}
