//! The signed statements that go with a letter about them: the PDF in the reader's language, and the
//! JSON file that proves it (C10.1).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use contract::notices::{MAIL, statement_of};
use contract::{History, NoticeKind, SignedStatement};
use notices::{Enclosed, EnclosedFile, Letter};
use statement::{Form, Lang, pdf};

use crate::statement_files::{MonthFolder, signed_json};
use crate::statement_source::StatementSource;

/// Bytes of all the files of a letter: in base64 they stay below the 10 MB that mail servers
/// commonly take.
const BYTES_MAX: usize = 7_000_000;
/// Statements that go with one letter.
const STATEMENTS_MAX: usize = 10;

/// A statement of which a letter tells.
pub struct Told {
    made: SignedStatement,
    folder: Arc<MonthFolder>,
    /// Whether all in it may be read by whom the letter is for.
    is_for_reader: bool,
}

/// The statements of which a letter tells, once each. Programs are given none: they have the
/// figures. `services` are those that the reader is told about.
pub fn told(
    history: &History,
    letter: &Letter,
    services: &BTreeSet<String>,
    state_dir: &Path,
) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    let mut folders = BTreeMap::new();
    let items = letter.items.iter().filter(|it| it.notice == NoticeKind::Statement);
    for it in items.filter(|it| it.channel == MAIL) {
        let Some((month, revision)) = statement_of(&it.about) else { continue };
        let customer_of = |service: &str| {
            history.setting_in_force(service, month).map(|set| set.customer.as_deref())
        };
        let Some(customer) = it.service.as_deref().and_then(customer_of) else { continue };
        let mut made = history.statements_of(customer, month).map(|made| &*made.value);
        let Some(made) = made.rfind(|made| made.revision == revision) else { continue };
        if told.iter().any(|it| it.made == *made) {
            continue;
        }
        // Services without a customer have a statement in common, and no reader in common.
        let is_for_reader = customer.is_some()
            || history
                .services()
                .filter(|service| customer_of(service) == Some(None))
                .all(|service| services.contains(service));
        let folder = folders
            .entry(month)
            .or_insert_with(|| Arc::new(MonthFolder::new(state_dir, history, month)));
        told.push(Told { made: made.clone(), folder: folder.clone(), is_for_reader });
    }
    told
}

/// Reads the statements' files, or composes them again from the journal: for a thread that may
/// wait. What cannot go is named with its place.
pub fn enclose(told: &[Told], lang: Lang, state_dir: &Path) -> Enclosed {
    let mut enclosed = Enclosed::default();
    let mut bytes_left = BYTES_MAX;
    for (place, it) in told.iter().enumerate() {
        let copies = match it.is_for_reader && place < STATEMENTS_MAX {
            true => it.copies(lang, state_dir),
            false => Err("it does not go with this letter".to_owned()),
        };
        let copies = copies.and_then(|copies| within(&mut bytes_left, copies));
        match copies {
            Ok(copies) => enclosed.files.extend(copies),
            Err(why) => {
                let (month, revision) = (it.made.month, it.made.revision);
                tracing::warn!(%month, revision, why, "a statement is not enclosed");
                enclosed.left_behind.extend(it.places(lang));
            }
        }
    }
    enclosed
}

/// Takes the files' room off what is left.
fn within(bytes_left: &mut usize, copies: [EnclosedFile; 2]) -> Result<[EnclosedFile; 2], String> {
    let bytes: usize = copies.iter().map(|file| file.bytes.len()).sum();
    *bytes_left = bytes_left.checked_sub(bytes).ok_or("it is too large for a letter")?;
    Ok(copies)
}

impl Told {
    /// The PDF and the JSON file, each to the byte as it was signed.
    fn copies(&self, lang: Lang, state_dir: &Path) -> Result<[EnclosedFile; 2], String> {
        let made = &self.made;
        let files = self.folder.files(made);
        let (document, json) = match files.read(None, Form::Json, made) {
            Some((checked, bytes)) => (checked.document, bytes),
            None => {
                let source = StatementSource::read(state_dir, made.month, made.used_seq)?;
                let (document, bytes) = source.compose_again(made)?;
                (document, signed_json(&bytes, made).into_bytes())
            }
        };
        let pdf = match files.read(Some(lang), Form::Pdf, made) {
            Some((_, bytes)) => bytes,
            None => pdf::render(&document, &String::from_utf8_lossy(&json), lang),
        };
        // Apart from its folder a file's name has to say its month.
        let name = |lang, extension| format!("{}-{}", made.month, files.name(lang, extension));
        Ok([
            EnclosedFile {
                name: name(Some(lang), "pdf"),
                media_type: "application/pdf",
                bytes: pdf,
            },
            EnclosedFile { name: name(None, "json"), media_type: "application/json", bytes: json },
        ])
    }

    /// Where the files belong, in the state folder.
    fn places(&self, lang: Lang) -> [String; 2] {
        let files = self.folder.files(&self.made);
        [files.name(Some(lang), "pdf"), files.name(None, "json")]
            .map(|name| format!("statements/{}/{name}", self.made.month))
    }
}

#[cfg(test)]
mod tests {
    use contract::Month;

    use super::*;

    #[test]
    fn a_letters_files_are_bounded_and_a_large_one_leaves_room_for_the_next() {
        let copies = |length: usize| {
            let file = EnclosedFile { name: String::new(), media_type: "", bytes: vec![0; length] };
            [file.clone(), file]
        };
        let mut bytes_left = 10;
        assert!(within(&mut bytes_left, copies(2)).is_ok());
        assert!(within(&mut bytes_left, copies(4)).is_err());
        assert!(within(&mut bytes_left, copies(3)).is_ok());
        assert_eq!(bytes_left, 0);
    }

    #[test]
    fn what_cannot_be_enclosed_is_named_with_its_place() {
        let state_dir = tempfile::tempdir().unwrap();
        let month: Month = "2026-10".parse().unwrap();
        let folder = MonthFolder::new(state_dir.path(), &History::new(), month);
        let made = SignedStatement {
            customer: Some("Exempelbolaget AB".to_owned()),
            month,
            revision: 1,
            issued_at: contract::Instant::from_ms(0),
            used_seq: 1,
            used_hash: String::new(),
            sha256: String::new(),
            public_key: String::new(),
            signature: String::new(),
        };
        let told = Told { made, folder: Arc::new(folder), is_for_reader: true };
        // There is no journal to make it from.
        let enclosed = enclose(&[told], Lang::Sv, state_dir.path());
        assert_eq!(enclosed.files, []);
        let places = ["customer.r1.sv.pdf", "customer.r1.json"];
        assert_eq!(enclosed.left_behind, places.map(|name| format!("statements/2026-10/{name}")));
    }
}
