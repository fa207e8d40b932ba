//! A statement's JSON file: the document, the signature over its bytes, and a check for each of its
//! lines.
//!
//! ```text
//! {
//! "statement": <the document, pretty-printed: the bytes that are signed>,
//! "signature": {"algorithm":"ed25519","public_key":"<64 hex>","value":"<128 hex>"},
//! "line_checks": "<8 hex for each line of the document>"
//! }
//! ```
//!
//! A provisional statement has `null` for its signature. A signature says that something was
//! changed and not what: the checks, which prove nothing by themselves, name the line.

use sha2::{Digest, Sha256};

use crate::document::Document;
use crate::flaw::{Flaw, first_difference};
use crate::hex;
use crate::sign::Signature;

/// Bytes of a statement's file, in any form, beyond which it is refused.
pub const FILE_BYTES_MAX: u64 = 64 << 20;

const OPENS: &str = "{\n\"statement\": ";
const SIGNATURE: &str = ",\n\"signature\": ";
const CHECKS: &str = ",\n\"line_checks\": \"";
const CLOSES: &str = "\"\n}\n";
/// The document begins on the file's second line.
const DOCUMENT_LINE: u64 = 2;
/// The bytes of a line's SHA-256 that its check gives.
const CHECK_BYTES: usize = 4;

/// The bytes of a document that are hashed and signed. They hold no `<`, so that they can stand in
/// a page as they are.
pub fn document_bytes(document: &Document) -> String {
    let pretty = serde_json::to_string_pretty(document);
    let pretty = pretty.expect("a document has string keys and writes to memory");
    // In JSON it stands in a string only, where this is the same character.
    pretty.replace('<', "\\u003c")
}

/// The whole file.
pub fn file(document_bytes: &str, signature: Option<&Signature>) -> String {
    let signature = match signature {
        Some(Signature { public_key, value }) => format!(
            "{{\"algorithm\":\"ed25519\",\"public_key\":\"{public_key}\",\"value\":\"{value}\"}}"
        ),
        None => "null".to_owned(),
    };
    let checks: String = document_bytes.split('\n').map(check).collect();
    format!("{OPENS}{document_bytes}{SIGNATURE}{signature}{CHECKS}{checks}{CLOSES}")
}

/// A file taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts<'a> {
    /// The document's bytes.
    pub document: &'a str,
    /// The signature, which fits the document; none if it is provisional.
    pub signature: Option<Signature>,
}

impl<'a> Parts<'a> {
    /// Takes a file apart, and checks that it is what its author wrote, to the bit (C10.1). Whose
    /// key has signed it is for the reader to compare.
    ///
    /// # Errors
    /// The first line that is not what it was.
    pub fn read(text: &'a str) -> Result<Self, Flaw> {
        let Some((document, rest)) =
            text.strip_prefix(OPENS).and_then(|rest| rest.split_once(SIGNATURE))
        else {
            return Err(frame_flaw(text));
        };
        let after = DOCUMENT_LINE + lines(document);
        let Some((signature, checks)) = rest.split_once(CHECKS) else {
            return Err(Flaw::at_line(after, "no signature and line_checks stand here"));
        };
        let signature = read_signature(signature)
            .ok_or_else(|| Flaw::at_line(after, "the signature is not written as one is"))?;
        let fits = signature.as_ref().is_none_or(|made| made.fits(document));
        let whole = file(document, signature.as_ref());
        match (fits, whole == text) {
            (true, true) => Ok(Parts { document, signature }),
            (false, _) => Err(changed_line(document, checks).unwrap_or_else(|| {
                Flaw::at_line(after, "the signature does not fit the document")
            })),
            // Without a signature either of the two may have been changed.
            (true, false) => Err(signature
                .is_none()
                .then(|| changed_line(document, checks))
                .flatten()
                .unwrap_or_else(|| first_difference(text, &whole))),
        }
    }
}

/// The first line of the document that its check does not fit.
fn changed_line(document: &str, checks: &str) -> Option<Flaw> {
    let checks = checks.strip_suffix(CLOSES)?;
    let mut checks = checks.as_bytes().chunks(2 * CHECK_BYTES);
    let mut differs = |line: &str| checks.next() != Some(check(line).as_bytes());
    let changed = document.split('\n').position(|line| differs(line))?;
    let number = DOCUMENT_LINE + changed as u64;
    Some(Flaw::at_line(number, "it is not the line that was written"))
}

/// Where what surrounds the document is not as it is always written.
fn frame_flaw(text: &str) -> Flaw {
    if !text.starts_with(OPENS) {
        return Flaw { expected: None, ..first_difference(text, OPENS) };
    }
    // Every line within the document is indented.
    let ends =
        text.split('\n').skip(DOCUMENT_LINE as usize).position(|line| !line.starts_with(' '));
    let ends = ends.map_or_else(|| lines(text), |at| at as u64 + DOCUMENT_LINE + 1);
    let is_end = text.split('\n').nth(ends as usize - 1) == Some("},");
    let number = ends + u64::from(is_end);
    Flaw::at_line(number, "the document's end and its signature do not stand here")
}

fn read_signature(text: &str) -> Option<Option<Signature>> {
    if text == "null" {
        return Some(None);
    }
    let fields = text.strip_prefix("{\"algorithm\":\"ed25519\",\"public_key\":\"")?;
    let (public_key, rest) = fields.split_once("\",\"value\":\"")?;
    let value = rest.strip_suffix("\"}")?;
    hex::decode::<32>(public_key)?;
    hex::decode::<64>(value)?;
    Some(Some(Signature { public_key: public_key.to_owned(), value: value.to_owned() }))
}

fn check(line: &str) -> String {
    hex::encode(&Sha256::digest(line)[..CHECK_BYTES])
}

fn lines(text: &str) -> u64 {
    text.split('\n').count() as u64
}
