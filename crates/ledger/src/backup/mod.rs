//! Backups of the journal, complete and verified by reading back, and the way back from one
//! (C10.4). From the files alone, also beside a running agent.
//!
//! A backup is a folder like the state folder, without the store, which is built anew:
//!
//! ```text
//! backup.json             what the last complete backup holds
//! journal/2026-10.jsonl   the segments, byte for byte
//! statement.key           the key that signs statements, readable by its owner alone
//! ```
//!
//! A journal is only appended to. So a backup is too: a segment that it holds is the beginning of
//! the same segment in the journal, or this is another journal, and nothing is overwritten.

mod error;
mod files;
mod manifest;
mod restoring;

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::backup::files::{Copied, Source, Standing};
use crate::backup::manifest::{FileEntry, Manifest};
use crate::disk::RealDisk;
use crate::health::Damage;
use crate::journal::opening::{first_line, segments};
use crate::journal::reader::Tip;
use crate::journal::segment::SegmentName;
use crate::lock::FolderLock;
use crate::verify::{VerifyReport, verify};

pub use crate::backup::error::BackupError;
pub use crate::backup::restoring::{RestoreReport, restore};

/// The folder of the segments, in a state folder and in a backup.
const JOURNAL: &str = "journal";

/// The key that signs statements, in a state folder and in a backup.
const STATEMENT_KEY: &str = "statement.key";

/// What a backup holds, and what was done for it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BackupReport {
    /// Segments that were copied; the others stood there already, byte for byte.
    pub copied: Vec<String>,
    /// Bytes of those.
    pub bytes_copied: u64,
    /// Segments in all.
    pub segments: usize,
    /// Bytes of all.
    pub bytes: u64,
    /// The last line.
    pub last: Option<Tip>,
    /// Whether it holds the key that signs statements.
    pub has_key: bool,
    /// Segments that are damaged in the journal and whole here: they were left as they are.
    pub kept: Vec<String>,
    /// Segments that were whole here, and are now beside a copy of the damaged ones, after which
    /// the journal has gone on.
    pub set_aside: Vec<String>,
    /// What is damaged in the journal, and so here.
    pub damage: Vec<Damage>,
}

/// Backs the journal of `state_dir` up to the folder `dest`, and reads it back. `progress` is told
/// the bytes looked at and those there are.
///
/// # Errors
/// What keeps the backup from being complete. What `dest` held before is whole still.
pub fn backup(
    state_dir: &Path,
    dest: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupReport, BackupError> {
    let journal = state_dir.join(JOURNAL);
    let names = list(&journal)?;
    if names.is_empty() {
        return Err(BackupError::NoSegment { dir: journal });
    }
    files::create_dir(&dest.join(JOURNAL))?;
    if is_inside(dest, state_dir) {
        return Err(BackupError::Inside { dest: dest.to_owned() });
    }
    let _lock = FolderLock::take(dest).map_err(|error| BackupError::Locked(Box::new(error)))?;
    for dir in [dest.to_owned(), dest.join(JOURNAL)] {
        files::remove_unfinished(&dir)?;
    }
    if let Some(other) = list(&dest.join(JOURNAL))?.iter().find(|name| !names.contains(name)) {
        let (dest, file) = (dest.to_owned(), other.to_string());
        return Err(BackupError::AnotherJournal { dest, file });
    }
    let mut making = Making { journal, dest, report: BackupReport::default(), files: Vec::new() };
    let lengths = names.iter().map(|name| making.journal.join(name.to_string()).metadata());
    let all: u64 = lengths.map(|data| data.map_or(0, |data| data.len())).sum();
    for (place, name) in names.iter().enumerate() {
        making.segment(*name, names.get(place + 1))?;
        progress(making.report.bytes.min(all), all);
    }
    files::sync_dir(&dest.join(JOURNAL))?;
    making.key(state_dir)?;
    making.read_back()?;
    making.sign_off()?;
    files::hand_over(dest, &[dest, &dest.join(JOURNAL)])?;
    Ok(making.report)
}

/// What to tell people if the journal's backups are not physically separate from it and from each
/// other (C10.4): a sentence for each folder of `dests` that lies on one device with an earlier one.
pub fn shared_devices(state_dir: &Path, dests: &[PathBuf]) -> Vec<String> {
    let places: Vec<&Path> =
        std::iter::once(state_dir).chain(dests.iter().map(PathBuf::as_path)).collect();
    let told = |(one, other): (&Path, &Path)| {
        let (one, other) = (one.display(), other.display());
        format!(
            "{one} and {other} are on one device; what takes one takes both: give folders on two \
             physically separate places"
        )
    };
    on_one_device(&places).into_iter().map(told).collect()
}

/// Those of `places` that lie on one device with an earlier one.
fn on_one_device<'a>(places: &[&'a Path]) -> Vec<(&'a Path, &'a Path)> {
    let device = |place: &Path| {
        let existing = place.ancestors().find_map(|dir| fs::metadata(dir).ok());
        existing.map(|data| data.dev())
    };
    let devices: Vec<_> = places.iter().map(|place| (*place, device(place))).collect();
    let mut shared = Vec::new();
    for (later, (place, on)) in devices.iter().enumerate() {
        let earlier = devices[..later].iter().find(|(_, other)| on.is_some() && other == on);
        shared.extend(earlier.map(|(other, _)| (*other, *place)));
    }
    shared
}

/// A backup that is being made.
struct Making<'a> {
    journal: PathBuf,
    dest: &'a Path,
    report: BackupReport,
    files: Vec<FileEntry>,
}

impl Making<'_> {
    fn segment(
        &mut self,
        name: SegmentName,
        next: Option<&SegmentName>,
    ) -> Result<(), BackupError> {
        let file = name.to_string();
        let path = self.dest.join(JOURNAL).join(&file);
        let source = Source::open(&self.journal.join(&file), next.is_none())?;
        let copied = match source.compare(&path)? {
            Standing::Equal(copied) => copied,
            Standing::Missing | Standing::Beginning => self.copy(&source, &path, file.clone())?,
            Standing::Different => self.settle(&source, &path, file.clone(), next)?,
        };
        self.report.segments += 1;
        self.report.bytes += copied.bytes;
        let file = format!("{JOURNAL}/{file}");
        self.files.push(FileEntry { file, bytes: copied.bytes, sha256: copied.sha256 });
        Ok(())
    }

    fn copy(&mut self, source: &Source, to: &Path, file: String) -> Result<Copied, BackupError> {
        let copied = source.copy(to)?;
        self.report.bytes_copied += copied.bytes;
        self.report.copied.push(file);
        Ok(copied)
    }

    /// A segment that is not the beginning of the journal's: one of the two is damaged, and the
    /// other one stays; or this is the backup of another journal.
    fn settle(
        &mut self,
        source: &Source,
        to: &Path,
        file: String,
        next: Option<&SegmentName>,
    ) -> Result<Copied, BackupError> {
        let (there, here) = (verified(&source.path)?, verified(to)?);
        let is_whole = |report: &VerifyReport| report.damage().next().is_none();
        match (is_whole(&there), is_whole(&here)) {
            (_, false) => self.copy(source, to, file),
            (false, true) if self.leads_to(here.last, next)? => {
                self.report.kept.push(file);
                files::hash(to)
            }
            (false, true) => {
                self.report.set_aside.push(file.clone());
                files::set_aside(to)?;
                self.copy(source, to, file)
            }
            (true, true) => Err(BackupError::AnotherJournal { dest: self.dest.to_owned(), file }),
        }
    }

    /// Whether the journal's segment `next`, if there is one, follows `last`.
    fn leads_to(&self, last: Option<Tip>, next: Option<&SegmentName>) -> Result<bool, BackupError> {
        let Some(next) = next else { return Ok(true) };
        let path = self.journal.join(next.to_string());
        let first = File::open(&path).and_then(|file| first_line(&file));
        let first = first.map_err(|error| BackupError::read(&path, error))?;
        Ok(first.map(|(_, prev)| prev) == last.map(|tip| tip.hash))
    }

    /// Keeps the key; one that stood there before is moved aside, never lost.
    fn key(&mut self, state_dir: &Path) -> Result<(), BackupError> {
        let to = self.dest.join(STATEMENT_KEY);
        let Some(key) = files::read_if_there(&state_dir.join(STATEMENT_KEY))? else {
            self.report.has_key = to.exists();
            return Ok(());
        };
        self.report.has_key = true;
        match files::read_if_there(&to)? {
            Some(kept) if kept == key => return Ok(()),
            Some(_) => files::set_aside(&to)?,
            None => {}
        }
        files::write_secret(&to, &key)
    }

    /// The chain has to verify as it does in the journal.
    fn read_back(&mut self) -> Result<(), BackupError> {
        let here = verified(&self.dest.join(JOURNAL))?;
        self.report.last = here.last;
        if here.damage().next().is_none() {
            return Ok(());
        }
        let there = verified(&self.journal)?;
        let known: Vec<String> = there.damage().map(ToString::to_string).collect();
        self.report.damage = here.damage().cloned().collect();
        match here.damage().find(|damage| !known.contains(&damage.to_string())) {
            Some(damage) => {
                Err(BackupError::NotVerified { dest: self.dest.to_owned(), damage: damage.clone() })
            }
            None => Ok(()),
        }
    }

    fn sign_off(&mut self) -> Result<(), BackupError> {
        let files = std::mem::take(&mut self.files);
        let damage = self.report.damage.iter().map(ToString::to_string).collect();
        Manifest::new(self.report.last, files, damage).write(self.dest)
    }
}

/// What of the segment or the folder of segments at `path` verifies.
fn verified(path: &Path) -> Result<VerifyReport, BackupError> {
    verify(path).map_err(BackupError::Verify)
}

fn list(dir: &Path) -> Result<Vec<SegmentName>, BackupError> {
    segments(&RealDisk, dir).map_err(|source| BackupError::read(dir, source))
}

/// Whether `inner` is `outer`, or lies in it.
fn is_inside(inner: &Path, outer: &Path) -> bool {
    match (inner.canonicalize(), outer.canonicalize()) {
        (Ok(inner), Ok(outer)) => inner.starts_with(outer),
        _ => false,
    }
}
