//! Recorded facts, read offline: each line's text, its seal where it has one, and its place in the
//! history.

use std::fs;
use std::path::{Path, PathBuf};

use contract::{History, parse_line};
use ledger::journal::line::{Hash, Sealed};

use crate::exit::{Exit, Failure};

/// Reads the files, and the segments of the folders, in their order.
///
/// # Errors
/// The first line that cannot be taken, with its file and number (exit code 5), or a file that
/// cannot be read (exit code 2).
pub fn read(paths: &[PathBuf]) -> Result<History, Failure> {
    let mut reader = Reader { history: History::new(), last_hash: None };
    for path in paths {
        for file in files(path)? {
            let bytes = fs::read(&file).map_err(|error| cannot_read(&file, &error))?;
            reader.file(&file, &bytes)?;
        }
    }
    Ok(reader.history)
}

struct Reader {
    history: History,
    /// The hash of the line before. A journal's lines are all sealed; a file of plain facts has
    /// none.
    last_hash: Option<Hash>,
}

impl Reader {
    fn file(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.trim_ascii().is_empty() {
                continue;
            }
            self.line(line, number).map_err(|error| {
                Failure::new(Exit::Damaged, format!("{}: line {number}: {error}", path.display()))
            })?;
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], number: u64) -> Result<(), String> {
        let text = std::str::from_utf8(line)
            .map_err(|error| format!("bad JSON: no UTF-8 at byte {}", error.valid_up_to() + 1))?;
        self.seal(line)?;
        let parsed = parse_line(text, number).map_err(|error| error.kind.to_string())?;
        self.history.apply(&parsed).map_err(|error| error.kind.to_string())
    }

    /// C10.1: a hash that is there must fit; a file of plain facts has none.
    fn seal(&mut self, line: &[u8]) -> Result<(), String> {
        let sealed = match (Sealed::split(line), self.last_hash) {
            (Ok(sealed), _) => sealed,
            (Err(_), None) => return Ok(()),
            (Err(missing), Some(_)) => return Err(missing),
        };
        sealed.verify()?;
        if self.last_hash.is_some_and(|last| last != sealed.prev) {
            return Err("it does not name the line before it as its parent".to_owned());
        }
        self.last_hash = Some(sealed.hash);
        Ok(())
    }
}

/// The file itself, or the segments of a folder in their order.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let files = ledger::segment_files(path).map_err(|error| cannot_read(path, &error))?;
    if files.is_empty() {
        return Err(Failure::usage(format!("{} holds no segment (2026-11.jsonl)", path.display())));
    }
    Ok(files)
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot read {}: {error}", path.display()))
}
