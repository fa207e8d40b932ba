//! A state folder from a backup: verified before and after, into an empty folder only.

use std::fs;
use std::path::Path;

use super::files::{self, Source};
use super::manifest::Manifest;
use super::{BackupError, JOURNAL, STATEMENT_KEY, list};
use crate::health::Damage;
use crate::journal::reader::Tip;
use crate::verify::{VerifyReport, verify};

/// What the journal's folder is called until it is whole.
const UNFINISHED: &str = "journal.new";

/// What was restored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RestoreReport {
    /// Segments.
    pub segments: usize,
    /// Lines that verify.
    pub lines: u64,
    /// The last line.
    pub last: Option<Tip>,
    /// Whether the key that signs statements was there.
    pub has_key: bool,
    /// What was damaged in the journal already when it was backed up.
    pub damage: Vec<Damage>,
}

/// Restores the backup in the folder `from` to the state folder `state_dir`, which has to be empty
/// or missing. `progress` is told the bytes copied and those there are.
///
/// An agent that is started there goes on with the chain, builds its store, and records the time
/// since as unmeasured.
///
/// # Errors
/// What keeps the state from being restored whole; the state folder has no journal then.
pub fn restore(
    from: &Path,
    state_dir: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<RestoreReport, BackupError> {
    let manifest = Manifest::read(from)?;
    require_empty(state_dir)?;
    manifest.check(from)?;
    let before = verified(&from.join(JOURNAL), &manifest)?;
    let names = list(&from.join(JOURNAL))?;
    let unfinished = state_dir.join(UNFINISHED);
    files::create_dir(&unfinished)?;
    let (mut done, all) = (0, bytes_in(&from.join(JOURNAL)));
    for name in names {
        let file = name.to_string();
        let source = Source::open(&from.join(JOURNAL).join(&file), false)?;
        done += source.copy(&unfinished.join(&file))?.bytes;
        progress(done, all);
    }
    files::sync_dir(&unfinished)?;
    let after = verified(&unfinished, &manifest)?;
    if after.last != before.last {
        return Err(BackupError::ReadBack { path: unfinished });
    }
    let key = files::read_if_there(&from.join(STATEMENT_KEY))?;
    if let Some(key) = &key {
        files::write_secret(&state_dir.join(STATEMENT_KEY), key)?;
    }
    files::hand_over(state_dir, &[state_dir, &unfinished])?;
    let journal = state_dir.join(JOURNAL);
    fs::rename(&unfinished, &journal).map_err(|error| BackupError::write(&journal, error))?;
    files::sync_dir(state_dir)?;
    Ok(RestoreReport {
        segments: after.segments.len(),
        lines: after.lines(),
        last: after.last,
        has_key: key.is_some(),
        damage: after.damage().cloned().collect(),
    })
}

/// Refuses a folder that holds anything but what an interrupted restoration left.
fn require_empty(dir: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::read(dir, source);
    files::create_dir(dir)?;
    for entry in fs::read_dir(dir).map_err(failed)? {
        if entry.map_err(failed)?.file_name() != UNFINISHED {
            return Err(BackupError::NotEmpty { dir: dir.to_owned() });
        }
    }
    let left = dir.join(UNFINISHED);
    match left.exists() {
        true => fs::remove_dir_all(&left).map_err(|error| BackupError::write(&left, error)),
        false => Ok(()),
    }
}

/// Every line has to verify, but for what was damaged in the journal already.
fn verified(dir: &Path, manifest: &Manifest) -> Result<VerifyReport, BackupError> {
    let report = verify(dir).map_err(BackupError::Verify)?;
    let new = report.damage().find(|damage| !manifest.damage.contains(&damage.to_string()));
    if let Some(damage) = new {
        let (dest, damage) = (dir.to_owned(), damage.clone());
        return Err(BackupError::NotVerified { dest, damage });
    }
    if !manifest.reaches(report.last) {
        let why = "its lines end before those of the last complete backup".to_owned();
        return Err(BackupError::NoBackup { dir: dir.to_owned(), why });
    }
    Ok(report)
}

fn bytes_in(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.metadata().map_or(0, |data| data.len())).sum()
}
