//! A statement's JSON file: the document, the signature over its bytes, and a check for each of its
//! lines (`docs/statement-format.md`).
//!
//! ```text
//! {
//! "statement": <the document, pretty-printed: the bytes that are signed>,
//! "sha256": "<64 hex: the hash of those bytes>",
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
use crate::sign::{Signature, sha256};

/// Bytes of a statement's file, in any form, beyond which it is refused.
pub const FILE_BYTES_MAX: u64 = 128 << 20;

const OPENS: &str = "{\n\"statement\": ";
/// Where the document ends: all lines within it are indented.
const DOCUMENT_ENDS: &str = "\n},\n";
const SHA256: (&str, &str) = ("\"sha256\": \"", "\",");
const SIGNATURE: (&str, &str) = ("\"signature\": ", ",");
const LINE_CHECKS: (&str, &str) = ("\"line_checks\": \"", "\"");
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
    let [sha256, signature, checks] =
        [(SHA256, sha256(document_bytes)), (SIGNATURE, signature), (LINE_CHECKS, checks)]
            .map(|((opens, closes), value)| format!("{opens}{value}{closes}\n"));
    format!("{OPENS}{document_bytes},\n{sha256}{signature}{checks}}}\n")
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
        let rest = text.strip_prefix(OPENS).ok_or_else(|| wrong_start(text))?;
        let ends = rest.find(DOCUMENT_ENDS).ok_or_else(|| no_end(text))?;
        let (document, tail) = rest.split_at(ends + "\n}".len());
        let after = DOCUMENT_LINE + document.split('\n').count() as u64;
        let mut tail = tail.split('\n').skip(1);
        let mut member =
            |(opens, closes): (&str, &str)| tail.next()?.strip_prefix(opens)?.strip_suffix(closes);
        let hash = member(SHA256)
            .filter(|hash| hex::decode::<32>(hash).is_some())
            .ok_or_else(|| Flaw::at_line(after, "it is not written as the hash is"))?;
        let signature = member(SIGNATURE)
            .and_then(read_signature)
            .ok_or_else(|| Flaw::at_line(after + 1, "it is not written as the signature is"))?;
        let checks = member(LINE_CHECKS)
            .ok_or_else(|| Flaw::at_line(after + 2, "it is not written as the line_checks are"))?;
        let is_intact = match &signature {
            Some(signature) => signature.fits(document),
            None => hash == sha256(document),
        };
        if !is_intact {
            return Err(changed_line(document, checks).unwrap_or_else(|| match signature {
                Some(_) => Flaw::at_line(after + 1, "the signature does not fit the statement"),
                None => Flaw::at_line(after, "the hash does not fit the statement"),
            }));
        }
        let whole = file(document, signature.as_ref());
        match whole == text {
            true => Ok(Parts { document, signature }),
            false => Err(first_difference(text, &whole)),
        }
    }
}

fn wrong_start(text: &str) -> Flaw {
    Flaw { expected: None, ..first_difference(text, OPENS) }
}

/// The first line that is not indented ought to be the document's last; where that was joined to
/// the one before, it is the hash.
fn no_end(text: &str) -> Flaw {
    let mut lines = (1..).zip(text.split('\n')).skip(DOCUMENT_LINE as usize);
    let number = match lines.find(|(_, line)| !line.starts_with(' ')) {
        Some((number, line)) if line.starts_with(SHA256.0) => number - 1,
        Some((number, _)) => number,
        None => DOCUMENT_LINE,
    };
    Flaw::at_line(number, "the statement does not end here as one does")
}

/// The first line of the document that its check does not fit.
fn changed_line(document: &str, checks: &str) -> Option<Flaw> {
    let mut checks = checks.as_bytes().chunks(2 * CHECK_BYTES);
    let changed =
        document.split('\n').position(|line| checks.next() != Some(check(line).as_bytes()))?;
    let number = DOCUMENT_LINE + changed as u64;
    Some(Flaw::at_line(number, "it is not the line that was written"))
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
