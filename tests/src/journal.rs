//! The journal's lines, verified as `docs/ledger-format.md` says: not by the code that wrote them.

use std::fs;
use std::path::{Path, PathBuf};

use contract::Instant;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A journal's segments in their order, each verified against the one before.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// Every line.
    pub lines: Vec<Line>,
    /// Bytes after the last newline of the newest segment: a line that was never finished.
    pub torn_bytes: usize,
}

/// One line, as JSON.
#[derive(Clone, Debug)]
pub struct Line(pub Value);

impl Line {
    /// What is recorded.
    pub fn fact(&self) -> &str {
        self.text("fact")
    }

    /// A field that is a text.
    pub fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// A field that is an instant.
    pub fn instant(&self, field: &str) -> Instant {
        self.text(field).parse().unwrap_or_else(|error| panic!("{field}: {error} in {}", self.0))
    }

    /// Its number.
    pub fn seq(&self) -> u64 {
        self.0["seq"].as_u64().expect("every line has a number")
    }
}

impl Journal {
    /// Reads and verifies the journal of a state folder.
    ///
    /// # Panics
    /// Where a number or a hash does not follow from the line before.
    pub fn read(state: &Path) -> Self {
        let mut journal = Journal::default();
        let mut prev = "0".repeat(64);
        for path in segments(state) {
            let text = fs::read_to_string(&path).unwrap();
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            journal.torn_bytes = text.len() - whole;
            for line in text[..whole].lines() {
                let (body, hash) = open(line, &prev);
                let line = Line(serde_json::from_str(line).unwrap());
                assert_eq!(hash, line.text("hash"), "{}: {body}", path.display());
                assert_eq!(line.seq(), journal.lines.len() as u64 + 1, "{}", path.display());
                prev = hash;
                journal.lines.push(line);
            }
        }
        journal
    }

    /// The lines of one kind.
    pub fn facts<'a>(&'a self, fact: &'a str) -> impl DoubleEndedIterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.fact() == fact)
    }
}

/// The segments of a state folder, oldest first.
pub fn segments(state: &Path) -> Vec<PathBuf> {
    let folder = fs::read_dir(state.join("journal")).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    // `2026-10.jsonl` comes before `2026-10.2.jsonl`.
    paths.sort_by_key(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (month, part) = name.split_once('.').unwrap_or((&name, "1"));
        (month.to_owned(), part.parse::<u32>().unwrap_or(0))
    });
    paths
}

/// The body of a line, and the hash that it must have after `prev`.
fn open(line: &str, prev: &str) -> (String, String) {
    let seal = format!(",\"prev\":\"{prev}\",\"hash\":\"");
    let at = line.find(&seal).unwrap_or_else(|| panic!("does not follow {prev}: {line}"));
    let body = format!("{}}}", &line[..at]);
    let joined = format!("{prev}{}", hex(&Sha256::digest(&body)));
    (body, hex(&Sha256::digest(joined)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
