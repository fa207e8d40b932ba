//! Verifies a journal from its files alone: offline, beside a running agent, on a copy.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use contract::{Fact, parse_line};

use crate::disk::{DiskFile, RealDisk};
use crate::health::Damage;
use crate::journal::line::{FORMAT, Hash, LINE_BYTES_MAX, Sealed};
use crate::journal::opening::{first_line, segments};
use crate::journal::reader::{End, Reading, Tip, read_segment};
use crate::journal::segment::SegmentName;

/// What a journal's files hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyReport {
    /// Each segment, in order; never empty.
    pub segments: Vec<SegmentReport>,
    /// The last line that verified: a journal that ends with it is the one in which a statement
    /// names it, and none was cut off. None where no line verified.
    pub last: Option<Tip>,
}

/// What one segment holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SegmentReport {
    /// Its file's name.
    pub file: String,
    /// Lines that verified, up to the first that did not.
    pub lines: u64,
    /// Of which bodies are withheld: only an export has such lines.
    pub hidden_lines: u64,
    /// The first of them.
    pub first_seq: Option<u64>,
    /// The last of them.
    pub last_seq: Option<u64>,
    /// Where nothing stands before the first line: the hash that it follows, taken on trust.
    pub follows: Option<Hash>,
    /// Bytes of a last line that is being written, or was torn: it was never acknowledged.
    pub torn_bytes: u64,
    /// Where it does not follow the segment before, and its first line that does not verify.
    pub damage: Vec<Damage>,
}

/// Why a journal cannot be verified.
#[derive(Debug)]
pub enum VerifyError {
    /// The folder holds no segment.
    NoSegment {
        /// The folder.
        dir: PathBuf,
        /// A journal that it holds.
        journal: Option<PathBuf>,
    },
    /// A newer program wrote the journal.
    NewerFormat {
        /// The segment.
        file: String,
        /// Its format.
        format: u32,
    },
    /// A file or folder cannot be read.
    Io {
        /// Which.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Verifies the segment or the folder of segments at `path` (C10.1): each line's JSON, number,
/// predecessor and hash, the segments' order, months and format. Only reads, line by line.
///
/// A folder has to hold the journal from line 1 on; where one segment begins is taken on trust.
///
/// # Errors
/// What cannot be read as a journal at all; damage is no error, but in the report.
pub fn verify(path: &Path) -> Result<VerifyReport, VerifyError> {
    verify_with_progress(path, &mut |_, _| {})
}

/// The same; `progress` is told the bytes verified and those there are.
///
/// # Errors
/// As for [`verify`].
pub fn verify_with_progress(
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport, VerifyError> {
    let failed = |source| VerifyError::Io { path: path.to_owned(), source };
    let about = path.metadata().map_err(failed)?;
    let report = VerifyReport { segments: Vec::new(), last: None };
    let mut verifying =
        Verifying { report, cut_short: false, done: 0, bytes: about.len(), progress };
    if !about.is_dir() {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        verifying.segment(
            path,
            SegmentName::parse(name),
            Place { is_first: false, is_last: true },
        )?;
        return Ok(verifying.report);
    }
    let names = segments(&RealDisk, path).map_err(failed)?;
    if names.is_empty() {
        let journal = path.join("journal");
        let journal = journal.is_dir().then_some(journal);
        return Err(VerifyError::NoSegment { dir: path.to_owned(), journal });
    }
    let sizes = names.iter().map(|name| path.join(name.to_string()).metadata());
    verifying.bytes = sizes.map(|about| about.map_or(0, |about| about.len())).sum();
    for (index, name) in names.iter().enumerate() {
        let place = Place { is_first: index == 0, is_last: index + 1 == names.len() };
        verifying.segment(&path.join(name.to_string()), Some(*name), place)?;
    }
    Ok(verifying.report)
}

/// The segments in the folder `dir`, in the order in which they were written.
///
/// # Errors
/// When the folder cannot be read.
pub fn segment_files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let names = segments(&RealDisk, dir)?;
    Ok(names.into_iter().map(|name| dir.join(name.to_string())).collect())
}

impl VerifyReport {
    /// What is damaged, oldest first.
    pub fn damage(&self) -> impl Iterator<Item = &Damage> {
        self.segments.iter().flat_map(|segment| &segment.damage)
    }

    /// Lines that verified.
    pub fn lines(&self) -> u64 {
        self.segments.iter().map(|segment| segment.lines).sum()
    }
}

struct Verifying<'a> {
    report: VerifyReport,
    /// The latest segment has lines that do not verify: what follows them is not known.
    cut_short: bool,
    /// Bytes verified, of all that there are.
    done: u64,
    bytes: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

/// Where a segment stands in its journal.
#[derive(Clone, Copy)]
struct Place {
    /// The journal has to begin with it.
    is_first: bool,
    /// It may be written to.
    is_last: bool,
}

impl Verifying<'_> {
    fn segment(
        &mut self,
        path: &Path,
        name: Option<SegmentName>,
        place: Place,
    ) -> Result<(), VerifyError> {
        let failed = |source| VerifyError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let mut segment = SegmentReport {
            file: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            lines: 0,
            hidden_lines: 0,
            first_seq: None,
            last_seq: None,
            follows: None,
            torn_bytes: 0,
            damage: Vec::new(),
        };
        let first = first_line(&file).map_err(failed)?;
        let expected = self.expected(first, place, &mut segment);
        let mut newer_format = None;
        let (done, bytes, progress) = (&mut self.done, self.bytes, &mut self.progress);
        let reading = read_segment(&file, expected, |text, tip| {
            *done += text.len() as u64 + 1;
            progress(*done, bytes);
            let is_first_line = segment.first_seq.is_none();
            let content = content(text)?;
            if let (true, Content::Shown(fact)) = (is_first_line, &content) {
                newer_format = opens(fact, name)?;
            }
            segment.first_seq.get_or_insert(tip.seq);
            segment.hidden_lines += u64::from(matches!(content, Content::Hidden));
            Ok(())
        })
        .map_err(failed)?;
        if let Some(format) = newer_format {
            return Err(VerifyError::NewerFormat { file: segment.file, format });
        }
        segment.lines = reading.lines;
        if reading.lines > 0 {
            segment.last_seq = reading.tip.map(|tip| tip.seq);
            self.report.last = reading.tip;
        }
        self.end(&file, &reading, place, &mut segment).map_err(failed)?;
        self.report.segments.push(segment);
        Ok(())
    }

    /// What the first line has to follow; where it does not, that is told once and the lines are
    /// verified from it on.
    fn expected(
        &self,
        first: Option<(u64, Hash)>,
        place: Place,
        segment: &mut SegmentReport,
    ) -> Option<Tip> {
        let is_alone = self.report.segments.is_empty() && !place.is_first;
        let before = self.report.last.unwrap_or(Tip::START);
        // A first line that does not verify by itself is told as such.
        let Some((seq, prev)) = first else { return Some(before).filter(|_| !is_alone) };
        let next = before.seq.saturating_add(1);
        if seq == next && prev == before.hash {
            return Some(before);
        }
        segment.follows = Some(prev);
        let is_expected = (is_alone || self.cut_short) && seq > next;
        if !is_expected {
            segment.damage.push(Damage {
                file: segment.file.clone(),
                line: 1,
                byte: 0,
                last_good_seq: before.seq,
                found: not_following(seq, prev, before),
                lost: None,
            });
        }
        None
    }

    /// Tells how a segment ends.
    fn end(
        &mut self,
        file: &File,
        reading: &Reading,
        place: Place,
        segment: &mut SegmentReport,
    ) -> io::Result<()> {
        self.cut_short = false;
        let found = match &reading.end {
            End::Damaged { found } => found.clone(),
            End::Whole if reading.lines > 0 => return Ok(()),
            End::Whole => "the segment is empty".to_owned(),
            End::Torn { .. } if reading.lines == 0 => "no newline ends it".to_owned(),
            End::Torn { .. } if !place.is_last => {
                "no newline ends it, and a newer segment follows".to_owned()
            }
            End::Torn { bytes } if may_be_unwritten(file, reading.bytes)? => {
                segment.torn_bytes = *bytes;
                return Ok(());
            }
            End::Torn { .. } => "another byte stands where its newline has to be".to_owned(),
        };
        self.cut_short = true;
        segment.damage.push(Damage {
            file: segment.file.clone(),
            line: reading.lines + 1,
            byte: reading.bytes,
            last_good_seq: self.report.last.map_or(0, |tip| tip.seq),
            found,
            lost: None,
        });
        Ok(())
    }
}

/// What a line that verified says.
enum Content {
    Shown(Box<Fact>),
    Hidden,
}

fn content(text: &[u8]) -> Result<Content, String> {
    let sealed = Sealed::split(text)?;
    if let Some((seq, _)) = sealed.hidden() {
        // The hash covers the body alone: the rest has to be as it is always written.
        return match sealed.hide(seq).as_bytes() == text {
            true => Ok(Content::Hidden),
            false => Err("it is not written as a hidden line is".to_owned()),
        };
    }
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let line = parse_line(text, 0).map_err(|error| error.kind.to_string())?;
    Ok(Content::Shown(Box::new(line.fact)))
}

/// Checks a segment's first fact; gives its format if it is newer than this program's.
fn opens(fact: &Fact, name: Option<SegmentName>) -> Result<Option<u32>, String> {
    let Fact::SegmentOpened { format, month, .. } = fact else {
        return Err("a segment has to begin with segment_opened".to_owned());
    };
    if *format > FORMAT {
        return Ok(Some(*format));
    }
    match name {
        Some(name) if name.month.to_string() != *month => {
            Err(format!("it opens the segment of {month}, not of {}", name.month))
        }
        _ => Ok(None),
    }
}

/// Why line `seq`, which follows `prev`, does not come after `before`.
fn not_following(seq: u64, prev: Hash, before: Tip) -> String {
    let next = before.seq.saturating_add(1);
    match seq {
        _ if seq == next => {
            format!("it follows a line with hash {prev}, not the one before it ({})", before.hash)
        }
        _ if seq < next => format!("it is line {seq} where {next} has to come"),
        _ if seq - 1 == next => format!("line {next} has to come before it and is missing"),
        _ => format!("lines {next} to {} have to come before it and are missing", seq - 1),
    }
}

/// Whether what follows the last newline, at `from`, may be a line that is not yet, or was never,
/// written to its end: one that stands there whole is followed by nothing, a newline or NULs.
fn may_be_unwritten(file: &File, from: u64) -> io::Result<bool> {
    let mut tail = vec![0; LINE_BYTES_MAX + 1];
    let mut len = 0;
    while len < tail.len() {
        match DiskFile::read_at(file, &mut tail[len..], from + len as u64)? {
            0 => break,
            read => len += read,
        }
    }
    let tail = &tail[..len];
    let ends = (1..len).filter(|at| tail[at - 1..=*at] == *b"\"}").map(|at| at + 1);
    let is_whole = |end: &usize| Sealed::split(&tail[..*end]).is_ok_and(|it| it.verify().is_ok());
    let whole = ends.into_iter().find(is_whole);
    Ok(whole.is_none_or(|end| matches!(tail.get(end), None | Some(b'\n' | 0))))
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyError::NoSegment { dir, journal } => {
                write!(f, "{} holds no segment (2026-10.jsonl)", dir.display())?;
                match journal {
                    Some(journal) => write!(f, "; did you mean {}?", journal.display()),
                    None => Ok(()),
                }
            }
            VerifyError::NewerFormat { file, format } => write!(
                f,
                "{file} has format {format}, and this program reads up to {FORMAT}; use the \
                 program that wrote it"
            ),
            VerifyError::Io { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for VerifyError {}
