//! What a statement is composed from: the journal, up to a line.

use std::path::Path;

use contract::{History, Month, SignedStatement};
use ledger::{Tip, read_until};
use statement::document::{Document, LedgerPosition};
use statement::{Asked, compose, json, sha256};

use crate::statement_files::MonthFolder;

const ANOTHER_VERSION: &str = "it cannot be made anew: another version of this program made it";
const NOT_DECIDED: &str = "the journal does not say that all in the month is decided";

/// What the journal says of a month, up to a line.
pub struct StatementSource {
    /// The facts.
    pub history: History,
    /// The last line read.
    pub tip: Tip,
    /// Where the files of what is made belong.
    pub folder: MonthFolder,
}

impl StatementSource {
    /// Reads the journal in the state folder up to the line `seq`.
    ///
    /// # Errors
    /// Where the journal cannot be read, and why.
    pub fn read(state_dir: &Path, month: Month, seq: u64) -> Result<Self, String> {
        let read = read_until(&state_dir.join("journal"), month.prev(), Some(seq));
        let (history, tip) = read.map_err(|error| error.to_string())?;
        let folder = MonthFolder::new(state_dir, &history, month);
        Ok(StatementSource { history, tip, folder })
    }

    /// Composes a statement.
    ///
    /// # Errors
    /// When not all in its month is decided.
    pub fn compose(&self, asked: &SignedStatement) -> Result<Document, String> {
        let ledger = LedgerPosition { seq: self.tip.seq, hash: self.tip.hash.to_string() };
        let asked = Asked { ledger, ..Asked::signed(asked) };
        compose(&self.history, &asked).ok_or_else(|| NOT_DECIDED.to_owned())
    }

    /// The document of a statement that was signed when the journal ended here, and the bytes that
    /// were signed (C10.1).
    ///
    /// # Errors
    /// When those cannot be made anew.
    pub fn compose_again(&self, made: &SignedStatement) -> Result<(Document, String), String> {
        let document = self.compose(made)?;
        let bytes = json::document_bytes(&document);
        match sha256(&bytes) == made.sha256 {
            true => Ok((document, bytes)),
            false => Err(ANOTHER_VERSION.to_owned()),
        }
    }
}
