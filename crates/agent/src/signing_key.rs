//! The key that signs statements: made at the first start, kept beside the ledger (C10.1).

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use statement::{KeyError, SigningKey};

/// The key's file in the state folder.
const FILE: &str = "statement.key";
/// What it is called until all of it is on the disk.
const UNFINISHED_FILE: &str = "statement.key.new";
/// More than a key has.
const BYTES_MAX: u64 = 4096;

/// Why there is no key to sign with.
#[derive(Debug)]
pub enum Unusable {
    /// What stands in the file is no key.
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
    /// The file cannot be read or made.
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Reads the key in the state folder `dir`, or makes one if there is none: nobody but the agent can
/// read it.
///
/// # Errors
/// A file that is no key is left as it is: with it every statement would have to be signed anew.
pub fn read_or_make(dir: &Path) -> Result<SigningKey, Unusable> {
    let path = dir.join(FILE);
    let failed = |source| Unusable::Io { path: path.clone(), source };
    let bytes = match read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let bytes = SigningKey::generate()
                .map_err(|source| Unusable::Key { path: path.clone(), source })?;
            make(dir, &path, &bytes).map_err(failed)?;
            tracing::info!(path = %path.display(), "made a key to sign statements with");
            bytes
        }
        Err(error) => return Err(failed(error)),
    };
    SigningKey::from_pkcs8(&bytes).map_err(|source| Unusable::Key { path, source })
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        let path = path.display();
        tracing::warn!(%path, "others can read the key that signs statements; chmod 600 it");
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where the file has its name, all of it is on the disk.
fn make(dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = dir.join(UNFINISHED_FILE);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(dir)?.sync_all()
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Key { path, source } => {
                write!(f, "the key {} cannot be used: {source}", path.display())
            }
            Unusable::Io { path, source } => {
                write!(f, "the key {} cannot be read or made: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for Unusable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c10_1_a_key_is_made_once_and_only_the_agent_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(UNFINISHED_FILE), "of a crash").unwrap();
        let made = read_or_make(folder.path()).unwrap().public_key();
        let file = folder.path().join(FILE);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_or_make(folder.path()).unwrap().public_key(), made);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::remove_file(&file).unwrap();
        assert_ne!(read_or_make(folder.path()).unwrap().public_key(), made);
    }

    #[test]
    fn c10_3_what_is_no_key_is_told_without_its_bytes_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        fs::write(&file, "half a key").unwrap();
        let error = read_or_make(folder.path()).unwrap_err().to_string();
        assert!(error.contains("statement.key") && error.contains("backup"), "{error}");
        assert!(!error.contains("half a key"));
        assert_eq!(fs::read_to_string(&file).unwrap(), "half a key");
    }
}
