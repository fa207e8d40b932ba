//! One agent per state folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::Path;

use crate::OpenError;

/// Holds the state folder until dropped, or until the process ends in whatever way.
pub(crate) struct FolderLock {
    /// The kernel's lock goes with the descriptor.
    _file: File,
}

impl FolderLock {
    /// Locks `dir`, or tells who has it.
    pub(crate) fn take(dir: &Path) -> Result<FolderLock, OpenError> {
        let path = dir.join("lock");
        let failed = |source| OpenError::Io { doing: "lock", path: path.clone(), source };
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
                return Err(OpenError::InUse { dir: dir.to_owned(), pid });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // The number is for the other agent's message; a full disk must not keep this one away.
        let noted = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        if let Err(error) = noted {
            tracing::warn!(%error, "the lock file cannot name this process");
        }
        Ok(FolderLock { _file: file })
    }
}
