//! The files of a backup: compared, copied, synced under another name and then renamed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, lchown};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::BackupError;
use crate::journal::segment::UNFINISHED_SUFFIX;

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 1 << 18;

/// For new folders: what a state folder has.
const DIR_MODE: u32 = 0o750;

/// For files that are nobody else's.
const SECRET_MODE: u32 = 0o600;

/// A segment of the journal, as far as it is copied.
pub(super) struct Source {
    pub(super) path: PathBuf,
    file: File,
    bytes: u64,
}

/// A file as it was read or written.
pub(super) struct Copied {
    pub(super) bytes: u64,
    /// In lowercase hex.
    pub(super) sha256: String,
}

/// What stands where a segment is to be copied to.
pub(super) enum Standing {
    Missing,
    /// The same bytes.
    Equal(Copied),
    /// Fewer bytes, all of them the same.
    Beginning,
    Different,
}

impl Source {
    /// Opens a segment. What is being written to the newest one, after its last newline, is left
    /// out, and what is not is made to last first: a backup must not know more than the journal.
    pub(super) fn open(path: &Path, is_newest: bool) -> Result<Source, BackupError> {
        let failed = |source| BackupError::read(path, source);
        let file = File::open(path).map_err(failed)?;
        let mut bytes = file.metadata().map_err(failed)?.len();
        if is_newest {
            bytes = complete_lines(&file, bytes).map_err(failed)?;
            file.sync_data().map_err(failed)?;
        }
        Ok(Source { path: path.to_owned(), file, bytes })
    }

    /// Compares what stands at `path` with it.
    pub(super) fn compare(&self, path: &Path) -> Result<Standing, BackupError> {
        let other = match File::open(path) {
            Ok(other) => other,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Standing::Missing),
            Err(error) => return Err(BackupError::read(path, error)),
        };
        let len = other.metadata().map_err(|error| BackupError::read(path, error))?.len();
        if len > self.bytes {
            return Ok(Standing::Different);
        }
        let (mut mine, mut theirs) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
        let (mut at, mut hasher) = (0, Sha256::new());
        while at < len {
            let here = chunk(at, len);
            let read = self.file.read_exact_at(&mut mine[..here], at);
            read.map_err(|error| BackupError::read(&self.path, error))?;
            let read = other.read_exact_at(&mut theirs[..here], at);
            read.map_err(|error| BackupError::read(path, error))?;
            if mine[..here] != theirs[..here] {
                return Ok(Standing::Different);
            }
            hasher.update(&mine[..here]);
            at += here as u64;
        }
        match len == self.bytes {
            true => Ok(Standing::Equal(Copied { bytes: len, sha256: hex(hasher) })),
            false => Ok(Standing::Beginning),
        }
    }

    /// Copies it to `to`, and reads it back.
    pub(super) fn copy(&self, to: &Path) -> Result<Copied, BackupError> {
        let mut hasher = Sha256::new();
        write_whole(to, None, |file| {
            let mut buffer = vec![0; CHUNK_BYTES];
            let mut at = 0;
            while at < self.bytes {
                let here = chunk(at, self.bytes);
                let read = self.file.read_exact_at(&mut buffer[..here], at);
                read.map_err(|error| BackupError::read(&self.path, error))?;
                hasher.update(&buffer[..here]);
                let written = file.write_all(&buffer[..here]);
                written.map_err(|error| BackupError::write(to, error))?;
                at += here as u64;
            }
            Ok(())
        })?;
        let copied = Copied { bytes: self.bytes, sha256: hex(hasher) };
        let read = hash(to)?;
        match read.sha256 == copied.sha256 && read.bytes == copied.bytes {
            true => Ok(copied),
            false => Err(BackupError::ReadBack { path: to.to_owned() }),
        }
    }
}

/// Reads a file whole.
pub(super) fn hash(path: &Path) -> Result<Copied, BackupError> {
    hash_first(path, u64::MAX)
}

/// Reads the first `bytes` of a file, or all if it has fewer.
pub(super) fn hash_first(path: &Path, bytes: u64) -> Result<Copied, BackupError> {
    let failed = |source| BackupError::read(path, source);
    let mut file = File::open(path).map_err(failed)?.take(bytes);
    let (mut hasher, mut buffer, mut bytes) = (Sha256::new(), vec![0; CHUNK_BYTES], 0);
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(Copied { bytes, sha256: hex(hasher) }),
            read => {
                hasher.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// The bytes of a small file; none if there is none.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, BackupError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BackupError::read(path, error)),
    }
}

/// Writes a small file that others may read.
pub(super) fn write_plain(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    write_small(path, None, bytes)
}

/// Writes a small file that only its owner may read.
pub(super) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    write_small(path, Some(SECRET_MODE), bytes)
}

fn write_small(path: &Path, mode: Option<u32>, bytes: &[u8]) -> Result<(), BackupError> {
    write_whole(path, mode, |file| {
        file.write_all(bytes).map_err(|error| BackupError::write(path, error))
    })?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// Writes a file under another name, syncs it, and gives it its own name once it is whole.
fn write_whole(
    path: &Path,
    mode: Option<u32>,
    write: impl FnOnce(&mut File) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let failed = |source| BackupError::write(path, source);
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(UNFINISHED_SUFFIX);
    let unfinished = PathBuf::from(unfinished);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if let Some(mode) = mode {
        options.mode(mode);
    }
    let mut file = options.open(&unfinished).map_err(failed)?;
    let written = write(&mut file)
        .and_then(|()| file.sync_all().map_err(failed))
        .and_then(|()| fs::rename(&unfinished, path).map_err(failed));
    if written.is_err() {
        // The failure itself is told; what is left is removed by the next backup.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Moves a file aside, under a name that nothing has.
pub(super) fn set_aside(path: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::write(path, source);
    for number in 1_u32.. {
        let aside = path.with_added_extension(format!("aside-{number}"));
        if !aside.exists() {
            return fs::rename(path, aside).map_err(failed);
        }
    }
    Ok(())
}

/// Creates a folder and its parents, where missing.
pub(super) fn create_dir(dir: &Path) -> Result<(), BackupError> {
    let created = DirBuilder::new().recursive(true).mode(DIR_MODE).create(dir);
    created.map_err(|error| BackupError::write(dir, error))
}

/// Gives what lies in `dirs` to whom `folder` belongs: to the agent, where root works for it. Who may
/// not give it away is no root, and leaves it as it is.
pub(super) fn hand_over(folder: &Path, dirs: &[&Path]) -> Result<(), BackupError> {
    let owner = fs::metadata(folder).map_err(|error| BackupError::read(folder, error))?;
    for dir in dirs {
        let failed = |error| BackupError::read(dir, error);
        for entry in fs::read_dir(dir).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let own =
                fs::symlink_metadata(&path).map_err(|error| BackupError::read(&path, error))?;
            if (own.uid(), own.gid()) == (owner.uid(), owner.gid()) {
                continue;
            }
            match lchown(&path, Some(owner.uid()), Some(owner.gid())) {
                Err(error) if error.kind() != ErrorKind::PermissionDenied => {
                    return Err(BackupError::write(&path, error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Makes the names in `dir` last.
pub(super) fn sync_dir(dir: &Path) -> Result<(), BackupError> {
    let synced = File::open(dir).and_then(|dir| dir.sync_all());
    synced.map_err(|error| BackupError::write(dir, error))
}

/// Removes what an interrupted backup left.
pub(super) fn remove_unfinished(dir: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(dir).map_err(|error| BackupError::read(dir, error))? {
        let path = entry.map_err(|error| BackupError::read(dir, error))?.path();
        if path.to_string_lossy().ends_with(UNFINISHED_SUFFIX) {
            fs::remove_file(&path).map_err(|error| BackupError::write(&path, error))?;
        }
    }
    Ok(())
}

fn chunk(at: u64, len: u64) -> usize {
    usize::try_from(len - at).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES))
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How many of a file's first `len` bytes are lines that a newline ends.
fn complete_lines(file: &File, len: u64) -> io::Result<u64> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut end = len;
    while end > 0 {
        let from = end.saturating_sub(CHUNK_BYTES as u64);
        let here = &mut buffer[..chunk(from, end)];
        file.read_exact_at(here, from)?;
        if let Some(newline) = here.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + newline as u64 + 1);
        }
        end = from;
    }
    Ok(0)
}
