//! A journal for one customer: every line in its place in the chain, those that name services of
//! others as hashes only (C10.1). From the files alone, also beside a running agent.

mod subject;

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use contract::{Instant, Line, parse_line};

use crate::disk::RealDisk;
use crate::export::subject::{Names, Subject};
use crate::health::Damage;
use crate::journal::line::Sealed;
use crate::journal::opening::{damage, first_line, segments};
use crate::journal::reader::{End, Tip, read_segment};
use crate::journal::segment::SegmentName;

/// For whom an export is made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExportFor {
    /// Customers: of each the services that are its own when a line is recorded. None: those that
    /// name no customer.
    pub customers: Vec<Option<String>>,
    /// Services, whosever they are.
    pub services: Vec<String>,
}

/// What an export shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportReport {
    /// Lines in all.
    pub lines: u64,
    /// Of which these are hidden.
    pub hidden_lines: u64,
    /// The services that it shows, in alphabetical order.
    pub services: Vec<String>,
    /// The last line.
    pub last: Tip,
    /// What is known of these services reaches to here.
    pub known_until: Option<Instant>,
    /// Planned stops that were announced for services of others too, and are therefore hidden.
    pub shared_stops: Vec<String>,
    /// Where lines of the journal do not verify, and it was gone on after the last good one.
    pub damage: Vec<Damage>,
}

/// Why a journal cannot be exported.
#[derive(Debug)]
pub enum ExportError {
    /// The folder holds no segment.
    NoSegment {
        /// The folder.
        dir: PathBuf,
    },
    /// Nothing in the journal is for these.
    Nobody {
        /// The customer or service that nothing names.
        asked: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Lines are missing or do not verify; what follows them would not either.
    Damaged(Damage),
    /// A file or folder cannot be read.
    Read {
        /// Which.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The export cannot be written.
    Write(io::Error),
}

/// Writes the journal in the folder `dir` to `out`, for `whom`. `progress` is told the bytes read
/// and those there are.
///
/// # Errors
/// What keeps the whole journal from being exported; `out` is then to be thrown away.
pub fn export(
    dir: &Path,
    whom: &ExportFor,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ExportReport, ExportError> {
    let read = |source| ExportError::Read { path: dir.to_owned(), source };
    let names = segments(&RealDisk, dir).map_err(read)?;
    if names.is_empty() {
        return Err(ExportError::NoSegment { dir: dir.to_owned() });
    }
    let lengths = names.iter().map(|name| dir.join(name.to_string()).metadata());
    let bytes: u64 = lengths.map(|data| data.map_or(0, |data| data.len())).sum();
    let mut reading = Reading { dir, names: &names, done: 0, bytes: 2 * bytes, progress };
    // A setting can come after the lines of its service, and bears on the months before it too.
    let mut known = Names::default();
    let noted = reading.all(u64::MAX, |_, _, line| {
        known.note(&line);
        Ok(())
    })?;
    known.check(whom)?;
    let mut exporting = Exporting { known: &known, whom, out, hidden: 0, known_until: None };
    let until = noted.tip.seq;
    let end = reading.all(until, |bytes, sealed, line| exporting.line(bytes, sealed, &line))?;
    exporting.out.flush().map_err(ExportError::Write)?;
    Ok(ExportReport {
        lines: end.lines,
        hidden_lines: exporting.hidden,
        services: known.shown_services(whom),
        last: end.tip,
        known_until: exporting.known_until,
        shared_stops: known.shared_stops(whom),
        damage: end.damage,
    })
}

/// The segments, read one after the other.
struct Reading<'a> {
    dir: &'a Path,
    names: &'a [SegmentName],
    done: u64,
    bytes: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

/// How far the lines verify.
struct Reached {
    tip: Tip,
    lines: u64,
    damage: Vec<Damage>,
}

impl Reading<'_> {
    /// Gives each line up to `until` that verifies to `each`, in order and without a gap.
    fn all(
        &mut self,
        until: u64,
        mut each: impl FnMut(&[u8], Sealed<'_>, Line) -> Result<(), ExportError>,
    ) -> Result<Reached, ExportError> {
        let mut reached = Reached { tip: Tip::START, lines: 0, damage: Vec::new() };
        let mut cut_short = None;
        for (place, name) in self.names.iter().enumerate() {
            let path = self.dir.join(name.to_string());
            let read = |source| ExportError::Read { path: path.clone(), source };
            let file = File::open(&path).map_err(read)?;
            let expected = match first_line(&file).map_err(read)? {
                // What stands before the oldest segment is taken on trust.
                Some((seq, _)) if place == 0 && seq != 1 => None,
                Some((seq, prev)) if place > 0 && !follows(reached.tip, seq, prev) => {
                    let missing = format!("line {} has to come before it", seq.saturating_sub(1));
                    let here = lost_before(*name, reached.tip, missing);
                    return Err(ExportError::Damaged(cut_short.unwrap_or(here)));
                }
                _ => Some(reached.tip),
            };
            reached.damage.extend(cut_short.take());
            let mut failed = None;
            let reading = read_segment(&file, expected, |bytes, tip| {
                if tip.seq > until {
                    return Err("it is not asked for".to_owned());
                }
                let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
                let line = parse_line(text, 0).map_err(|error| error.kind.to_string())?;
                let sealed = Sealed::split(bytes)?;
                reached.tip = tip;
                reached.lines += 1;
                each(bytes, sealed, line).map_err(|error| {
                    failed = Some(error);
                    String::new()
                })
            })
            .map_err(read)?;
            if let Some(error) = failed {
                return Err(error);
            }
            self.done += reading.bytes;
            (self.progress)(self.done, self.bytes);
            if let End::Damaged { found } = &reading.end
                && reached.tip.seq < until
            {
                cut_short = Some(damage(*name, &reading, found.clone(), None));
            }
        }
        match cut_short {
            Some(damage) => Err(ExportError::Damaged(damage)),
            None => Ok(reached),
        }
    }
}

fn follows(tip: Tip, seq: u64, prev: crate::journal::line::Hash) -> bool {
    seq == tip.seq + 1 && prev == tip.hash
}

fn lost_before(name: SegmentName, tip: Tip, found: String) -> Damage {
    let (file, last_good_seq) = (name.to_string(), tip.seq);
    Damage { file, line: 1, byte: 0, last_good_seq, found, lost: None }
}

struct Exporting<'a> {
    known: &'a Names,
    whom: &'a ExportFor,
    out: &'a mut dyn Write,
    hidden: u64,
    known_until: Option<Instant>,
}

impl Exporting<'_> {
    fn line(&mut self, bytes: &[u8], sealed: Sealed<'_>, line: &Line) -> Result<(), ExportError> {
        let written = match self.known.is_shown(line, self.whom) {
            true => {
                self.known_until = self.known_until.max(Subject::known_until(&line.fact));
                self.out.write_all(bytes)
            }
            false => {
                self.hidden += 1;
                self.out.write_all(sealed.hide(line.seq).as_bytes())
            }
        };
        written.and_then(|()| self.out.write_all(b"\n")).map_err(ExportError::Write)
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExportError::NoSegment { dir } => write!(
                f,
                "{} holds no segment (2026-10.jsonl); say where the journal is with --state-dir \
                 or --config",
                dir.display()
            ),
            ExportError::Nobody { asked, known } => {
                write!(f, "the journal names no {asked}; it names {}", known.join(", "))
            }
            ExportError::Damaged(damage) => {
                write!(f, "the journal is damaged: {damage}; restore the segment from a backup")
            }
            ExportError::Read { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
            ExportError::Write(source) => write!(f, "cannot write the export: {source}"),
        }
    }
}

impl std::error::Error for ExportError {}
