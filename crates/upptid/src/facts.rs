//! Recorded facts, read offline: each line's text, its seal where it has one, and its place in the
//! history.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use contract::{History, foreign_seq, parse_line};
use ledger::Tip;
use ledger::journal::line::{Hash, LINE_BYTES_MAX, Sealed};

use crate::exit::{Exit, Failure};
use crate::progress::Progress;

/// What facts say, and where they end.
pub struct Facts {
    /// What they say.
    pub history: History,
    /// The last line; none where its hash is not known, for plain facts have none.
    pub tip: Option<Tip>,
}

/// Reads the files, and the segments of the folders, in their order.
///
/// # Errors
/// The first line that cannot be taken, with its file and number (exit code 5), or a file that
/// cannot be read (exit code 2).
pub fn read(paths: &[PathBuf]) -> Result<History, Failure> {
    read_until(paths, None).map(|facts| facts.history)
}

/// Reads no further than the line numbered `seq`. The facts may end before it.
///
/// A last line that a journal's writer has not ended yet is passed over. A line that an export
/// withholds keeps its place.
///
/// # Errors
/// As for [`read`].
pub fn read_until(paths: &[PathBuf], seq: Option<u64>) -> Result<Facts, Failure> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(files_of(path)?);
    }
    let until = seq.unwrap_or(u64::MAX);
    let sizes = files.iter().map(|path| path.metadata().map_or(0, |about| about.len()));
    let mut reader = Reader {
        history: History::new(),
        last_hash: None,
        until,
        done: 0,
        bytes: sizes.sum(),
        progress: Progress::new("reading the facts"),
    };
    for (place, path) in files.iter().enumerate() {
        if reader.has_all() {
            break;
        }
        reader.file(path, place + 1 == files.len())?;
    }
    let seq = reader.history.next_seq() - 1;
    let tip = reader.last_hash.map(|hash| Tip { seq, hash });
    Ok(Facts { history: reader.history, tip })
}

struct Reader {
    history: History,
    /// The hash of the line before. A journal's lines are all sealed; a file of plain facts has
    /// none.
    last_hash: Option<Hash>,
    /// The last line to read.
    until: u64,
    /// Bytes read, of all that there are.
    done: u64,
    bytes: u64,
    progress: Progress,
}

impl Reader {
    fn file(&mut self, path: &Path, is_last: bool) -> Result<(), Failure> {
        let failed = |error| cannot_read(path, &error);
        let mut stream = BufReader::new(File::open(path).map_err(failed)?);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let limited = stream.by_ref().take(LINE_BYTES_MAX as u64);
            let read = { limited }.read_until(b'\n', &mut line).map_err(failed)?;
            if read == 0 || self.has_all() {
                break;
            }
            self.done += read as u64;
            self.progress.show(self.done, self.bytes);
            let ended = line.strip_suffix(b"\n");
            // It was never acknowledged, or is being written.
            if ended.is_none() && is_last && self.last_hash.is_some() && read < LINE_BYTES_MAX {
                break;
            }
            let text = ended.unwrap_or(&line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if text.trim_ascii().is_empty() {
                continue;
            }
            self.line(text, number).map_err(|error| {
                Failure::new(Exit::Damaged, format!("{}: line {number}: {error}", path.display()))
            })?;
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], number: u64) -> Result<(), String> {
        if line.len() >= LINE_BYTES_MAX {
            return Err(format!("it is longer than {LINE_BYTES_MAX} bytes"));
        }
        let text = std::str::from_utf8(line)
            .map_err(|error| format!("bad JSON: no UTF-8 at byte {}", error.valid_up_to() + 1))?;
        let taken = match self.seal(line)? {
            Some(hidden) => self.history.pass_over(hidden),
            None => match (parse_line(text, number), self.last_hash) {
                (Ok(line), _) => self.history.apply(&line),
                // Sealed lines are our own; plain facts may be another program's.
                (Err(error), None) => match foreign_seq(text) {
                    Some(seq) => self.history.pass_over(seq),
                    None => Err(error),
                },
                (Err(error), Some(_)) => Err(error),
            },
        };
        taken.map_err(|error| error.kind.to_string())
    }

    /// C10.1: a hash that is there must fit; a file of plain facts has none. Gives the number of a
    /// line whose body is withheld.
    fn seal(&mut self, line: &[u8]) -> Result<Option<u64>, String> {
        let sealed = match (Sealed::split(line), self.last_hash) {
            (Ok(sealed), _) => sealed,
            (Err(_), None) => return Ok(None),
            (Err(missing), Some(_)) => return Err(missing),
        };
        sealed.verify()?;
        if self.last_hash.is_some_and(|last| last != sealed.prev) {
            return Err("it does not name the line before it as its parent".to_owned());
        }
        self.last_hash = Some(sealed.hash);
        Ok(sealed.hidden().map(|(seq, _)| seq))
    }

    fn has_all(&self) -> bool {
        self.history.next_seq() > self.until
    }
}

/// The file itself, or the segments of a folder in their order.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, Failure> {
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LINE: &str = r#"{"seq":1,"at":"2026-10-01T00:00:00.000Z","fact":"measured","until":"2026-10-01T00:00:00.000Z"}"#;

    fn told(text: &str) -> Result<u64, Failure> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, text).unwrap();
        read(&[file.path().to_owned()]).map(|history| history.next_seq() - 1)
    }

    #[test]
    fn plain_facts_need_no_last_newline() {
        let second = LINE.replace("\"seq\":1", "\"seq\":2");
        assert_eq!(told(&format!("{LINE}\r\n\n{second}")).unwrap(), 2);
        assert_eq!(told("").unwrap(), 0);
    }

    #[test]
    fn a_line_without_an_end_is_refused_and_not_held() {
        let failure = told(&format!("{LINE}\n{}", "x".repeat(3 * LINE_BYTES_MAX))).unwrap_err();
        assert_eq!(failure.exit, Exit::Damaged);
        assert!(failure.message.contains("line 2: it is longer than 1048576 bytes"));
    }

    #[test]
    fn no_more_is_read_than_asked_for() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, format!("{LINE}\nno fact")).unwrap();
        let paths = [file.path().to_owned()];
        assert_eq!(read_until(&paths, Some(1)).unwrap().history.next_seq(), 2);
        assert!(read_until(&paths, None).is_err());
    }
}
