//! Reads facts back from a journal's files: beside a running agent, offline, on a copy.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use contract::{Fact, History, Month, parse_line};

use crate::disk::RealDisk;
use crate::journal::line::FORMAT;
use crate::journal::opening::{first_line, segments};
use crate::journal::reader::{Tip, read_segment};
use crate::journal::segment::SegmentName;

/// Why facts cannot be read.
#[derive(Debug)]
pub enum ReadError {
    /// The folder holds no segment.
    NoSegment {
        /// The folder.
        dir: PathBuf,
    },
    /// The journal does not hold the line up to which it is to be read.
    NoSuchLine {
        /// The line asked for.
        seq: u64,
        /// The last one that verified.
        last_seq: u64,
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

/// What the journal in the folder `dir` says of the time from `month` on: its lines from the
/// segment on that was in use when the UTC month began, up to line `seq`, or up to the last one
/// that verifies. Gives the last line read, too.
///
/// The same lines give the same history, whatever the journal holds after them. A line that does
/// not verify is passed over with the rest of its segment, as the agent does.
///
/// # Errors
/// What keeps the line `seq` from being reached.
pub fn read_until(dir: &Path, month: Month, seq: Option<u64>) -> Result<(History, Tip), ReadError> {
    read_until_with_progress(dir, month, seq, &mut |_, _| {})
}

/// What the journal says of one service: as [`read_until`] up to its last line, and much faster
/// where there are many services. What other services were, and how their months were closed, is
/// passed over.
///
/// # Errors
/// As for [`read_until`].
pub fn read_of(dir: &Path, month: Month, service: &str) -> Result<History, ReadError> {
    read(dir, month, None, Some(service), &mut |_, _| {}).map(|(history, _)| history)
}

/// As [`read_until`]; `progress` is told the bytes read and those there are.
///
/// # Errors
/// As for [`read_until`].
pub fn read_until_with_progress(
    dir: &Path,
    month: Month,
    seq: Option<u64>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(History, Tip), ReadError> {
    read(dir, month, seq, None, progress)
}

fn read(
    dir: &Path,
    month: Month,
    seq: Option<u64>,
    service: Option<&str>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(History, Tip), ReadError> {
    let failed = |source| ReadError::Io { path: dir.to_owned(), source };
    let names = segments(&RealDisk, dir).map_err(failed)?;
    let first = first_to_read(&names, month);
    let Some(first) = first else { return Err(ReadError::NoSegment { dir: dir.to_owned() }) };
    let sizes = names[first..].iter().map(|name| dir.join(name.to_string()).metadata());
    let mut reader = Reader {
        history: History::new(),
        tip: None,
        until: seq.unwrap_or(u64::MAX),
        service,
        newer_format: None,
        done: 0,
        bytes: sizes.map(|about| about.map_or(0, |about| about.len())).sum(),
        progress,
    };
    for name in &names[first..] {
        let path = dir.join(name.to_string());
        let failed = |source| ReadError::Io { path: path.clone(), source };
        reader.segment(&File::open(&path).map_err(failed)?).map_err(failed)?;
        if let Some(format) = reader.newer_format {
            return Err(ReadError::NewerFormat { file: name.to_string(), format });
        }
        if reader.has_all() {
            break;
        }
    }
    let tip = reader.tip.unwrap_or(Tip::START);
    match seq {
        Some(seq) if seq != tip.seq => Err(ReadError::NoSuchLine { seq, last_seq: tip.seq }),
        _ => Ok((reader.history, tip)),
    }
}

/// The first part of the last month that had begun with `month`; of the first one if none had.
fn first_to_read(names: &[SegmentName], month: Month) -> Option<usize> {
    let begun = names.partition_point(|name| name.month <= month);
    let in_use = names.get(begun.saturating_sub(1))?.month;
    Some(names.partition_point(|name| name.month < in_use))
}

struct Reader<'a> {
    history: History,
    /// The last line read; none before the first.
    tip: Option<Tip>,
    /// The last line to read.
    until: u64,
    /// The service that it is read for; all of them without one.
    service: Option<&'a str>,
    newer_format: Option<u32>,
    /// Bytes read, of all that there are.
    done: u64,
    bytes: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

impl Reader<'_> {
    fn segment(&mut self, file: &File) -> io::Result<()> {
        let follows = first_line(file)?;
        if let (Some(tip), Some((seq, prev))) = (self.tip, follows)
            && (prev != tip.hash || seq != tip.seq + 1)
        {
            // Lines are lost before it. It carries over what was in force; the time before it is
            // not known.
            self.history = History::new();
            self.tip = None;
        }
        let expected = self.tip;
        let (history, last) = (&mut self.history, &mut self.tip);
        let (until, service, newer_format) = (self.until, self.service, &mut self.newer_format);
        let (done, all, progress) = (&mut self.done, self.bytes, &mut self.progress);
        read_segment(file, expected, |bytes, tip| {
            if tip.seq > until {
                return Err("it is not asked for".to_owned());
            }
            let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
            if service.is_some_and(|service| is_of_another(text, service)) {
                history.pass_over(tip.seq).map_err(|error| error.kind.to_string())?;
            } else {
                let line = parse_line(text, 0).map_err(|error| error.kind.to_string())?;
                if let Fact::SegmentOpened { format, .. } = line.fact
                    && format > FORMAT
                {
                    *newer_format = Some(format);
                }
                history.apply(&line).map_err(|error| error.kind.to_string())?;
            }
            *last = Some(tip);
            *done += bytes.len() as u64 + 1;
            progress(*done, all);
            Ok(())
        })?;
        Ok(())
    }

    fn has_all(&self) -> bool {
        self.tip.is_some_and(|tip| tip.seq >= self.until)
    }
}

/// Whether a line is about the state or a closed month of another service than this one. Nearly all
/// lines of a long journal are: that is seen without reading their JSON. A quotation mark within a
/// string is escaped, so that the keys searched for are keys; what does not fit is read.
fn is_of_another(text: &str, service: &str) -> bool {
    const FACT: &str = r#""fact":""#;
    let Some((_, mut fact)) = text.split_once(FACT) else { return false };
    if let Some(carried) = fact.strip_prefix(r#"carried_over","line":{"#) {
        let Some((_, inner)) = carried.split_once(FACT) else { return false };
        fact = inner;
    }
    let of_one = ["state", "month_closed"].iter().find_map(|kind| fact.strip_prefix(kind));
    let named = of_one.and_then(|rest| rest.strip_prefix(r#"","service":""#));
    let name = named.and_then(|rest| rest.split_once('"')).map(|(name, _)| name);
    name.is_some_and(|name| name != service && !name.contains('\\'))
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NoSegment { dir } => {
                write!(f, "{} holds no segment (2026-10.jsonl)", dir.display())
            }
            ReadError::NoSuchLine { seq, last_seq } => write!(
                f,
                "the journal ends with line {last_seq}, and line {seq} is asked for; restore the \
                 segment from a backup"
            ),
            ReadError::NewerFormat { file, format } => write!(
                f,
                "{file} has format {format}, and this program reads up to {FORMAT}; use the \
                 program that wrote it"
            ),
            ReadError::Io { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for ReadError {}
