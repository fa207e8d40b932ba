//! Why a backup, or the way back from one, did not come about.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::OpenError;
use crate::health::Damage;
use crate::verify::VerifyError;

/// Why a backup was not made, or not restored.
#[derive(Debug)]
pub enum BackupError {
    /// The folder holds no segment.
    NoSegment {
        /// The folder.
        dir: PathBuf,
    },
    /// The backup would lie in the state folder itself.
    Inside {
        /// The backup's folder.
        dest: PathBuf,
    },
    /// Another backup to the same folder is under way.
    Locked(Box<OpenError>),
    /// What stands in the backup is not the beginning of this journal.
    AnotherJournal {
        /// The backup's folder.
        dest: PathBuf,
        /// The segment.
        file: String,
    },
    /// What was read back does not verify.
    NotVerified {
        /// The folder that was read.
        dest: PathBuf,
        /// Its first damage.
        damage: Damage,
    },
    /// A file does not have the bytes that were written.
    ReadBack {
        /// The file.
        path: PathBuf,
    },
    /// The folder is not a complete backup.
    NoBackup {
        /// The folder.
        dir: PathBuf,
        /// What is missing or does not fit.
        why: String,
    },
    /// The state folder to restore to holds something.
    NotEmpty {
        /// The folder.
        dir: PathBuf,
    },
    /// The lines cannot be verified at all.
    Verify(VerifyError),
    /// A file or folder cannot be read.
    Read {
        /// Which.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    Write {
        /// Which.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl BackupError {
    /// Whether the ledger or the backup is damaged, rather than out of reach.
    pub fn is_damage(&self) -> bool {
        matches!(self, BackupError::NotVerified { .. } | BackupError::ReadBack { .. })
    }

    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        BackupError::Read { path: path.to_owned(), source }
    }

    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        BackupError::Write { path: path.to_owned(), source }
    }
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BackupError::NoSegment { dir } => write!(
                f,
                "{} holds no segment (2026-10.jsonl); say where the state is with --state-dir or \
                 --config",
                dir.display()
            ),
            BackupError::Inside { dest } => write!(
                f,
                "{} lies in the state folder itself; choose a folder on another disk",
                dest.display()
            ),
            BackupError::Locked(error) => write!(f, "another backup is under way: {error}"),
            BackupError::AnotherJournal { dest, file } => write!(
                f,
                "{file} in {} is not the beginning of the journal's: it was made of another \
                 journal, or this one has lost lines; nothing was overwritten; restore from that \
                 backup, or move it aside and begin a new one",
                dest.display()
            ),
            BackupError::NotVerified { dest, damage } => write!(
                f,
                "what {} holds does not verify: {damage}; replace the disk, or move the backup \
                 aside and begin a new one",
                dest.display()
            ),
            BackupError::ReadBack { path } => write!(
                f,
                "{} does not have the bytes that were written; replace the disk",
                path.display()
            ),
            BackupError::NoBackup { dir, why } => {
                write!(f, "{} is not a complete backup: {why}; choose another one", dir.display())
            }
            BackupError::NotEmpty { dir } => write!(
                f,
                "{} is not empty; move what it holds aside, for nothing is overwritten",
                dir.display()
            ),
            BackupError::Verify(error) => error.fmt(f),
            BackupError::Read { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
            BackupError::Write { path, source } => {
                write!(f, "cannot write {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for BackupError {}
