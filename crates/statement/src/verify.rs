//! A statement checked, in any of its forms: its signature, every byte, and that its figures follow
//! from the facts (C10.1).

use contract::History;

use crate::compose::{Asked, compose};
use crate::document::{Document, FORMAT};
use crate::flaw::{Flaw, Place, first_difference};
use crate::json::{Parts, document_bytes, file};
use crate::lang::Lang;
use crate::sheet::{LAYOUT, MADE_BY};
use crate::sign::{Signature, sha256};
use crate::{html, pdf};

/// A form that carries the signed JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The JSON file itself.
    Json,
    /// A page.
    Html,
    /// A PDF.
    Pdf,
}

impl Form {
    /// The form that a file's first bytes tell; none if it is no statement.
    pub fn of(bytes: &[u8]) -> Option<Form> {
        match bytes.trim_ascii_start() {
            [b'%', b'P', b'D', b'F', ..] => Some(Form::Pdf),
            [b'<', ..] => Some(Form::Html),
            start if start.starts_with(b"{\n\"statement\"") => Some(Form::Json),
            _ => None,
        }
    }
}

/// A statement that is what its author wrote.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    /// What it says.
    pub document: Document,
    /// The bytes that are signed.
    pub bytes: String,
    /// Who signed it; none if it is provisional.
    pub signature: Option<Signature>,
}

/// Checks a file by itself: the signature, and that each byte is the one that was written.
///
/// # Errors
/// The first line or byte that is not.
pub fn check(bytes: &[u8], form: Form) -> Result<Checked, Flaw> {
    match form {
        Form::Json => check_json(text(bytes)?),
        Form::Html => {
            let page = text(bytes)?;
            let (checked, json) = check_embedded(bytes, html::embedded(page).map(str::as_bytes))?;
            let again = |lang| html::render(&checked.document, &json, lang);
            match nearest(page.as_bytes(), Lang::ALL.map(|lang| again(lang).into_bytes())) {
                Some(again) => Err(other_layout(bytes)
                    .unwrap_or_else(|| first_difference(page, &String::from_utf8_lossy(&again)))),
                None => Ok(checked),
            }
        }
        Form::Pdf => {
            let in_bytes = |flaw| place_in_bytes(flaw, bytes);
            let (checked, json) = check_embedded(bytes, pdf::embedded(bytes)).map_err(in_bytes)?;
            let again = |lang| pdf::render(&checked.document, &json, lang);
            match nearest(bytes, Lang::ALL.map(again)) {
                Some(again) => Err(other_layout(bytes).map(in_bytes).unwrap_or_else(|| {
                    let at = common(bytes, &again) as u64;
                    Flaw::at_byte(at, "it is not the byte that the signed statement gives")
                })),
                None => Ok(checked),
            }
        }
    }
}

impl Checked {
    /// Checks that the figures follow from the facts: composed again from `history`, which ends
    /// with the line that the statement names, it has the same bytes.
    ///
    /// # Errors
    /// The first line that the facts give otherwise.
    pub fn follows_from(&self, history: &History) -> Result<(), Flaw> {
        let document = &self.document;
        let asked = Asked {
            customer: document.customer.as_deref(),
            month: document.month,
            revision: document.revision,
            status: document.status,
            issued_at: document.issued_at,
            ledger: document.ledger.clone(),
        };
        let Some(again) = compose(history, &asked) else {
            return Err(Flaw::at_line(1, "the facts give no statement of this month"));
        };
        let again = document_bytes(&again);
        if again == self.bytes {
            return Ok(());
        }
        let whole = |bytes| file(bytes, None);
        Err(first_difference(&whole(&self.bytes), &whole(&again)))
    }

    /// The SHA-256 of the signed bytes, in hex.
    pub fn sha256(&self) -> String {
        sha256(&self.bytes)
    }
}

fn check_json(text: &str) -> Result<Checked, Flaw> {
    let Parts { document: bytes, signature } = Parts::read(text)?;
    let document: Document = serde_json::from_str(bytes).map_err(|error| unreadable(&error))?;
    if document.format != FORMAT {
        let found = format!("its format is {}; use the program that wrote it", document.format);
        return Err(Flaw::at_line(3, &found));
    }
    Ok(Checked { document, bytes: bytes.to_owned(), signature })
}

/// A signed document that this version cannot read was written by another one.
fn unreadable(error: &serde_json::Error) -> Flaw {
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message);
    // The document begins on the second line.
    Flaw::at_line(
        error.line() as u64 + 1,
        &format!("this version cannot read it ({what}); use the program that wrote it"),
    )
}

/// Checks the JSON file that another form carries, where its marks say that it is, otherwise where
/// it is found by itself; a flaw is given by the line of the whole.
fn check_embedded(whole: &[u8], marked: Option<&[u8]>) -> Result<(Checked, String), Flaw> {
    let mut first_flaw = None;
    for json in [marked, find_json(whole)].into_iter().flatten() {
        let starts = json.as_ptr() as usize - whole.as_ptr() as usize;
        let before = whole[..starts].iter().filter(|byte| **byte == b'\n').count() as u64;
        match text(json).and_then(|json| Ok((check_json(json)?, json.to_owned()))) {
            Ok(found) => return Ok(found),
            Err(flaw) => first_flaw = first_flaw.or(Some(flaw.lines_later(before))),
        }
    }
    let none = "no statement is in it; take it from where it was published again";
    Err(first_flaw.unwrap_or_else(|| Flaw::at_line(1, none)))
}

/// The JSON file in bytes whose marks around it were changed.
fn find_json(whole: &[u8]) -> Option<&[u8]> {
    let find = |mark: &[u8], from: usize| {
        whole[from..].windows(mark.len()).position(|window| window == mark).map(|at| from + at)
    };
    let starts = find(b"{\n\"statement\": ", 0)?;
    let ends = find(b"\"\n}\n", starts)? + b"\"\n}\n".len();
    Some(&whole[starts..ends])
}

/// The flaw by its byte: the first one of its line.
fn place_in_bytes(flaw: Flaw, bytes: &[u8]) -> Flaw {
    let Place::Line(number) = flaw.place else { return flaw };
    let newlines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u64 + 1));
    let starts = line_starts.take(number as usize).last().unwrap_or_default();
    Flaw { place: Place::Byte(starts), ..flaw }
}

/// Of what a form can be in its languages: none if one is it, otherwise the one most like it.
fn nearest<const N: usize>(bytes: &[u8], languages: [Vec<u8>; N]) -> Option<Vec<u8>> {
    let nearest = languages.into_iter().max_by_key(|again| common(bytes, again))?;
    (nearest != bytes).then_some(nearest)
}

/// That a page or PDF says of itself that another version laid it out, so that this one cannot
/// compare it; the statement that it carries is whole.
fn other_layout(bytes: &[u8]) -> Option<Flaw> {
    let at = bytes.windows(MADE_BY.len()).position(|window| window == MADE_BY.as_bytes())?;
    let digits = &bytes[at + MADE_BY.len()..];
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let layout = std::str::from_utf8(&digits[..length]).ok().filter(|it| it.len() <= 6)?;
    let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let found = format!(
        "the signed statement in it is whole, but its pages are of layout {layout}, and this \
         version makes layout {LAYOUT}: make them again from the journal, or verify the JSON file"
    );
    (layout != LAYOUT.to_string()).then(|| Flaw::at_line(line, &found))
}

/// How many bytes from the start on are the same.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

fn text(bytes: &[u8]) -> Result<&str, Flaw> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        Flaw::at_line(line, "it is no UTF-8")
    })
}
