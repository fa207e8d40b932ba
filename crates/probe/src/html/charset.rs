//! Which characters a body's bytes are.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes of a page in which its own `<meta charset>` must stand.
const META_WITHIN_BYTES: usize = 1024;

/// Decodes a body: by its byte order mark, the `charset` of the content type, or the page's own
/// `<meta charset>`; without any, UTF-8 if the bytes are that, and windows-1252 otherwise.
/// Bytes that are no characters become U+FFFD.
pub fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> (Cow<'a, str>, &'static Encoding) {
    if let Some((encoding, _)) = Encoding::for_bom(body) {
        let (text, _) = encoding.decode_with_bom_removal(body);
        return (text, encoding);
    }
    let named = content_type.and_then(of_content_type).or_else(|| of_meta(body));
    let encoding = named.unwrap_or_else(|| match std::str::from_utf8(body) {
        Ok(_) => UTF_8,
        Err(_) => WINDOWS_1252,
    });
    let (text, _) = encoding.decode_without_bom_handling(body);
    (text, encoding)
}

/// The encoding that `text/html; charset=…` names.
fn of_content_type(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("charset") {
            return None;
        }
        Encoding::for_label(value.trim().trim_matches(['"', '\'']).as_bytes())
    })
}

/// The encoding that a `<meta>` near the page's start names. A page that could be read this far
/// is not UTF-16, whatever it says.
fn of_meta(body: &[u8]) -> Option<&'static Encoding> {
    let head = body[..body.len().min(META_WITHIN_BYTES)].to_ascii_lowercase();
    let mut rest = head.as_slice();
    while let Some(at) = memchr::memmem::find(rest, b"<meta") {
        rest = &rest[at + b"<meta".len()..];
        let tag = &rest[..memchr::memchr(b'>', rest).unwrap_or(rest.len())];
        if let Some(label) = charset_in(tag) {
            let encoding = Encoding::for_label(label)?;
            return Some(if encoding == UTF_16LE || encoding == UTF_16BE {
                UTF_8
            } else {
                encoding
            });
        }
    }
    None
}

/// What follows `charset=` in a tag.
fn charset_in(tag: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::find(tag, b"charset")? + b"charset".len();
    let value = tag[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|b| b" \t\r\n\"';/".contains(b)).unwrap_or(value.len());
    Some(&value[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(body: &[u8], content_type: Option<&str>) -> (String, &'static str) {
        let (text, encoding) = decode(body, content_type);
        (text.into_owned(), encoding.name())
    }

    #[test]
    fn the_header_goes_before_the_page_and_the_mark_before_both() {
        let page = b"<meta charset=utf-8>\xe5";
        assert_eq!(named(page, Some("text/html; charset=\"ISO-8859-1\"")).1, "windows-1252");
        assert_eq!(named(b"\xef\xbb\xbf\xc3\xa5", Some("text/html; charset=latin1")).1, "UTF-8");
        assert_eq!(named(b"\xef\xbb\xbf\xc3\xa5", None).0, "å");
    }

    #[test]
    fn the_page_names_its_own_characters() {
        let old = b"<META http-equiv=Content-Type content='text/html; charset=iso-8859-15'>\xa4";
        assert_eq!(named(old, Some("text/html")).0.chars().last(), Some('€'));
        assert_eq!(named(b"<meta name=x><meta charset='windows-1251'>", None).1, "windows-1251");
        assert_eq!(named(b"<meta charset=utf-16>a", None).1, "UTF-8");
    }

    #[test]
    fn without_a_name_it_is_utf_8_if_it_can_be() {
        assert_eq!(named("på".as_bytes(), None).1, "UTF-8");
        assert_eq!(named(b"p\xe5", None), ("på".to_owned(), "windows-1252"));
        assert_eq!(named(b"p\xe5", Some("text/html; charset=utf-8")).0, "p\u{fffd}");
        assert_eq!(named(b"", None), (String::new(), "UTF-8"));
    }
}
