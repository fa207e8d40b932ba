//! `backup.json`: what the last complete backup to a folder holds.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{BackupError, files};
use crate::journal::reader::Tip;

/// The manifest's name in the backup.
pub(super) const NAME: &str = "backup.json";

/// The format that this version writes, and the newest it reads.
const FORMAT: u32 = 1;

/// What a backup holds: by it, a backup that was cut short is known.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    last: Option<LastLine>,
    pub(super) files: Vec<FileEntry>,
    /// What is damaged in the journal itself.
    pub(super) damage: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct LastLine {
    seq: u64,
    hash: String,
}

/// A file of the backup.
#[derive(Serialize, Deserialize)]
pub(super) struct FileEntry {
    /// Its path in the backup.
    pub(super) file: String,
    /// Its first bytes; a later backup may have made it longer.
    pub(super) bytes: u64,
    /// Of those bytes, in lowercase hex.
    pub(super) sha256: String,
}

impl Manifest {
    pub(super) fn new(last: Option<Tip>, files: Vec<FileEntry>, damage: Vec<String>) -> Self {
        let last = last.map(|tip| LastLine { seq: tip.seq, hash: tip.hash.to_string() });
        Manifest { format: FORMAT, last, files, damage }
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), BackupError> {
        let path = dir.join(NAME);
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| BackupError::write(&path, error.into()))?;
        bytes.push(b'\n');
        files::write_plain(&path, &bytes)
    }

    /// Reads the manifest of the backup in `dir`.
    pub(super) fn read(dir: &Path) -> Result<Manifest, BackupError> {
        let no_backup = |why: String| BackupError::NoBackup { dir: dir.to_owned(), why };
        let bytes = files::read_if_there(&dir.join(NAME))?
            .ok_or_else(|| no_backup(format!("it has no {NAME}")))?;
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|error| no_backup(format!("{NAME} cannot be read ({error})")))?;
        match manifest.format {
            ..=FORMAT => Ok(manifest),
            newer => Err(no_backup(format!(
                "its format is {newer}, and this program reads up to {FORMAT}"
            ))),
        }
    }

    /// Checks that the files in `dir` begin with what is named here.
    pub(super) fn check(&self, dir: &Path) -> Result<(), BackupError> {
        for entry in &self.files {
            let path = dir.join(&entry.file);
            let no_backup = |why: String| BackupError::NoBackup { dir: dir.to_owned(), why };
            if !path.exists() {
                return Err(no_backup(format!("{} is missing", entry.file)));
            }
            let found = files::hash_first(&path, entry.bytes)?;
            if found.bytes < entry.bytes {
                return Err(no_backup(format!("{} is cut off", entry.file)));
            }
            if found.sha256 != entry.sha256 {
                return Err(no_backup(format!("{} has other bytes", entry.file)));
            }
        }
        Ok(())
    }

    /// Whether `last` is not before the line with which it ended.
    pub(super) fn reaches(&self, last: Option<Tip>) -> bool {
        let named = self.last.as_ref().map_or(0, |last| last.seq);
        last.map_or(0, |last| last.seq) >= named
    }
}
