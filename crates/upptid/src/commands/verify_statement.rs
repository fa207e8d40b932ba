//! `upptid verify` of statements: the signature, every byte, and that the figures follow from the
//! facts (C10.1).

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use contract::{SignedStatement, Statement};
use serde_json::{Value, json};
use statement::document::Status;
use statement::{Checked, Flaw, Form, check, csv, json::FILE_BYTES_MAX};

use super::verify::Finding;
use crate::exit::{Exit, Failure};
use crate::facts;

/// What a file that is no journal is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A statement that carries its signature.
    Signed(Form),
    /// A statement as CSV, which carries none.
    Csv,
}

/// Bytes of a file by which its form is told.
const START_BYTES: u64 = 32;

/// What the file at `path` is, by its first bytes, or by its name where they do not tell; none if
/// it is to be read as a journal.
pub fn kind(path: &Path) -> Result<Option<Kind>, Failure> {
    if path.is_dir() {
        return Ok(None);
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    if extension == Some("csv") {
        return Ok(Some(Kind::Csv));
    }
    let start = read(path, START_BYTES)?;
    if start.starts_with(b"{\"seq\":") {
        return Ok(None);
    }
    let form = Form::of(&start);
    let named = || match extension? {
        "json" => Some(Form::Json),
        "html" | "htm" => Some(Form::Html),
        "pdf" => Some(Form::Pdf),
        _ => None,
    };
    Ok(form.or_else(named).map(Kind::Signed))
}

/// Verifies one statement after the other.
pub struct Statements<'a> {
    /// The key that has to have signed them.
    key: Option<&'a str>,
    facts: &'a [PathBuf],
    /// Those that were found whole: a CSV has to say the same as one of them.
    whole: Vec<Checked>,
}

impl<'a> Statements<'a> {
    /// None verified yet.
    ///
    /// # Errors
    /// When `key` is no public key.
    pub fn new(key: Option<&'a str>, facts: &'a [PathBuf]) -> Result<Self, Failure> {
        let is_hex = |key: &str| {
            key.len() == 64 && key.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
        };
        match key.filter(|key| !is_hex(key)) {
            Some(key) => Err(Failure::usage(format!(
                "--key {key:?} is no public key: give the 64 digits that the provider's page shows"
            ))),
            None => Ok(Statements { key, facts, whole: Vec::new() }),
        }
    }

    /// Verifies the statement at `path`.
    ///
    /// # Errors
    /// What cannot be read; damage is no error, but a finding.
    pub fn verify(&mut self, path: &Path, kind: Kind) -> Result<Finding, Failure> {
        let bytes = read(path, FILE_BYTES_MAX + 1)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            let mib = FILE_BYTES_MAX >> 20;
            let place = path.display();
            return Err(Failure::usage(format!("{place} is longer than a statement ({mib} MiB)")));
        }
        match kind {
            Kind::Signed(form) => match check(&bytes, form) {
                Ok(checked) => {
                    let finding = self.finding(path, &checked)?;
                    self.whole.push(checked);
                    Ok(finding)
                }
                Err(flaw) => Ok(damaged(path, &flaw)),
            },
            Kind::Csv => self.verify_csv(path, &String::from_utf8_lossy(&bytes)),
        }
    }

    /// A CSV is not signed: it is worth what the statement is worth that says the same.
    fn verify_csv(&self, path: &Path, text: &str) -> Result<Finding, Failure> {
        let flaws: Vec<Flaw> = self
            .whole
            .iter()
            .filter_map(|checked| csv::check(text, &checked.document).err())
            .collect();
        match flaws.as_slice() {
            _ if self.whole.is_empty() => Err(Failure::usage(format!(
                "{} is not signed: give the same statement as JSON, HTML or PDF before it",
                path.display()
            ))),
            flaws if flaws.len() < self.whole.len() => Ok(Finding {
                exit: Exit::Done,
                text: format!("{}: verified: it says what the statement says\n", path.display()),
                document: json!({ "file": path.display().to_string(), "verified": true }),
            }),
            flaws => {
                let nearest = flaws.iter().max_by_key(|flaw| flaw.place);
                Ok(nearest.map_or_else(
                    || damaged(path, &Flaw::at_line(1, "it is empty")),
                    |flaw| damaged(path, flaw),
                ))
            }
        }
    }

    /// What is to be said of a statement that is whole.
    fn finding(&self, path: &Path, checked: &Checked) -> Result<Finding, Failure> {
        let key = checked.signature.as_ref().map(|made| made.public_key.as_str());
        if let Some(wanted) = self.key
            && key != Some(wanted)
        {
            let found = key.map_or_else(
                || "it is provisional, and not signed".to_owned(),
                |key| format!("it is signed by the key {key}, not by the one given"),
            );
            return Ok(refused(path, &found));
        }
        let notes = match self.facts {
            [] => None,
            facts => match compare(facts, checked)? {
                Compared::Follows { note } => Some(note),
                Compared::NotRecorded(found) => return Ok(refused(path, &found)),
                Compared::Differs(found) => return Ok(differing(path, &found)),
            },
        };
        Ok(verified(path, checked, self.key.is_some(), notes))
    }
}

/// What the facts say of a statement.
enum Compared {
    /// The same; and what a reader ought to know beside it.
    Follows { note: Option<String> },
    /// Nothing of its signature.
    NotRecorded(String),
    /// Something else.
    Differs(String),
}

fn compare(paths: &[PathBuf], checked: &Checked) -> Result<Compared, Failure> {
    let document = &checked.document;
    let used = &document.ledger;
    let read = facts::read_until(paths, Some(used.seq))?;
    let last_seq = read.history.next_seq() - 1;
    if last_seq != used.seq {
        return Ok(Compared::Differs(format!(
            "the facts end with line {last_seq}, and it was made from line {}",
            used.seq
        )));
    }
    let hash = read.tip.map(|tip| tip.hash.to_string());
    if let Some(hash) = hash.filter(|hash| *hash != used.hash) {
        return Ok(Compared::Differs(format!(
            "line {} of the facts has the hash {hash}, and it was made from {}",
            used.seq, used.hash
        )));
    }
    if let Err(flaw) = checked.follows_from(&read.history) {
        return Ok(Compared::Differs(format!("the facts give something else: {flaw}")));
    }
    if document.status == Status::Provisional {
        return Ok(Compared::Follows { note: None });
    }
    let history = facts::read(paths)?;
    let recorded = history.statements_of(document.customer.as_deref(), document.month);
    let recorded: Vec<&Statement> = recorded.collect();
    let later = recorded.last().map(|made| made.value.revision);
    let later = later.filter(|later| *later > document.revision);
    match recorded.iter().rfind(|made| made.value.revision == document.revision) {
        None => Ok(Compared::NotRecorded(
            "the facts do not record that it was signed; give an export that was made after it"
                .to_owned(),
        )),
        Some(made) if !is_same(&made.value, checked) => Ok(Compared::Differs(format!(
            "line {} of the facts records another one (SHA-256 {}, key {})",
            made.seq,
            made.value.sha256.escape_debug(),
            made.value.public_key.escape_debug()
        ))),
        Some(_) => Ok(Compared::Follows {
            note: later.map(|later| format!("revision {later} was made after it")),
        }),
    }
}

fn is_same(made: &SignedStatement, checked: &Checked) -> bool {
    checked.signature.as_ref().is_some_and(|signature| {
        made.sha256 == checked.sha256()
            && made.public_key == signature.public_key
            && made.signature == signature.value
    })
}

/// `notes` where it was compared with the facts.
fn verified(
    path: &Path,
    checked: &Checked,
    is_key_given: bool,
    notes: Option<Option<String>>,
) -> Finding {
    let document = &checked.document;
    let status = match document.status {
        Status::Closed => format!("closed, revision {}", document.revision),
        Status::Provisional => "provisional".to_owned(),
    };
    // Quoted, for a terminal acts on what a hostile file may hold.
    let customer = document.customer.as_deref();
    let customer = customer.map_or_else(|| "no customer".to_owned(), |name| format!("{name:?}"));
    let (seq, hash) = (document.ledger.seq, document.ledger.hash.escape_debug().to_string());
    let mut text = format!(
        "{}: verified\n  statement of {} to {customer}, {status}, made {}\n  SHA-256 {}\n",
        path.display(),
        document.month,
        document.issued_at,
        checked.sha256()
    );
    let key = checked.signature.as_ref().map(|made| made.public_key.as_str());
    text += &match (key, is_key_given) {
        (Some(key), true) => format!("  signed by the key given, {key}\n"),
        (Some(key), false) => format!(
            "  signed by the key {key}\n    compare it with the one on the provider's page, or \
             give that one with --key\n"
        ),
        (None, _) => "  not signed: its figures may change until the month is closed\n".to_owned(),
    };
    text += &match hash.is_empty() {
        true => format!("  made from facts without hashes, up to line {seq}\n"),
        false => format!("  made from the ledger up to line {seq}, hash {hash}\n"),
    };
    text += match &notes {
        Some(_) => "  its figures follow from the facts\n",
        None => "  not compared with the facts: give a journal or an export with --facts\n",
    };
    let is_compared = notes.is_some();
    let note = notes.flatten();
    text += &note.as_ref().map_or_else(String::new, |note| format!("  note: {note}\n"));
    let document = json!({
        "file": path.display().to_string(),
        "verified": true,
        "customer": document.customer,
        "month": document.month,
        "revision": document.revision,
        "status": document.status,
        "sha256": checked.sha256(),
        "public_key": key,
        "ledger_seq": seq,
        "ledger_hash": hash,
        "compared_with_facts": is_compared,
        "note": note,
    });
    Finding { exit: Exit::Done, text, document }
}

/// A file that is not what was written.
fn damaged(path: &Path, flaw: &Flaw) -> Finding {
    not_verified(Exit::Damaged, path, "damaged", &flaw.to_string())
}

/// A statement that the facts contradict.
fn differing(path: &Path, found: &str) -> Finding {
    not_verified(Exit::Damaged, path, "does not follow from the facts", found)
}

/// A statement that is whole, and not the one that was asked for.
fn refused(path: &Path, found: &str) -> Finding {
    not_verified(Exit::Down, path, "not verified", found)
}

fn not_verified(exit: Exit, path: &Path, verdict: &str, found: &str) -> Finding {
    let place = path.display().to_string();
    let document: Value = json!({ "file": place, "verified": false, "found": found });
    Finding { exit, text: format!("{place}: {verdict}: {found}\n"), document }
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(bytes_max).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
    }
}
