//! Reads at start what the running and the previous month need, and finds where to go on.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::{Fact, History, Instant, Interval, Line, parse_line};
use jiff::tz::TimeZone;

use crate::OpenError;
use crate::disk::{Disk, DiskFile};
use crate::health::Damage;
use crate::journal::line::{FORMAT, Hash, Sealed};
use crate::journal::reader::{End, Reading, Tip, read_segment};
use crate::journal::segment::{SegmentName, UNFINISHED_SUFFIX};
use crate::journal::writer::Segment;

/// Earlier UTC months that are read beside the newest segment's: with it they cover the running
/// and the previous local month of every time zone.
pub(crate) const EARLIER_MONTHS: usize = 2;

/// A journal, read as far as a start needs.
pub(crate) struct Opened {
    /// What the segments read say.
    pub(crate) history: History,
    /// The last line that verified.
    pub(crate) tip: Tip,
    /// The newest segment, if it can be continued.
    pub(crate) segment: Option<Segment>,
    /// Its name, also if it cannot.
    pub(crate) newest: Option<SegmentName>,
    /// Segments that were not read.
    pub(crate) older: Vec<SegmentName>,
    /// The first one that was.
    pub(crate) first_read: Option<SegmentName>,
    /// Segments in all.
    pub(crate) segments: usize,
    /// Bytes in all.
    pub(crate) bytes: u64,
    /// What is damaged, oldest first.
    pub(crate) damage: Vec<Damage>,
    /// Of which this has to be named in a new segment.
    pub(crate) unnamed_damage: Option<Damage>,
    /// Bytes of a torn tail that were cut off.
    pub(crate) torn_bytes: u64,
}

/// The journal's segments in `dir`, in order.
pub(crate) fn segments(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<SegmentName>> {
    let mut names: Vec<_> =
        disk.list(dir)?.iter().filter_map(|name| SegmentName::parse(name)).collect();
    names.sort_unstable();
    Ok(names)
}

/// Opens the journal in `dir`. `heartbeat`: a line that the store knows to have been acknowledged.
/// `on_line` sees each line that is read, in order.
pub(crate) fn open(
    disk: &Arc<dyn Disk>,
    dir: &Path,
    heartbeat: Option<Tip>,
    on_line: impl FnMut(&History, &Line, Tip),
) -> Result<Opened, OpenError> {
    let failed = |doing| move |source| OpenError::Io { doing, path: dir.to_owned(), source };
    disk.create_dir(dir).map_err(failed("create"))?;
    remove_unfinished(&**disk, dir);
    let names = segments(&**disk, dir).map_err(failed("list"))?;
    let mut opening = Opening {
        disk: &**disk,
        dir,
        heartbeat,
        on_line,
        fork: None,
        last_at: None,
        opened: Opened {
            history: History::new(),
            tip: Tip::START,
            segment: None,
            newest: names.last().copied(),
            older: Vec::new(),
            first_read: None,
            segments: names.len(),
            bytes: 0,
            damage: Vec::new(),
            unnamed_damage: None,
            torn_bytes: 0,
        },
    };
    let first = first_to_read(&names);
    opening.opened.older = names[..first].to_vec();
    opening.opened.first_read = names.get(first).copied();
    for name in &names[..first] {
        let file = opening.file(*name)?;
        opening.opened.bytes += file.len().map_err(failed("read"))?;
    }
    let mut last = None;
    for (index, name) in names.iter().enumerate().skip(first) {
        last = Some((*name, opening.read(*name, index == 0, index == first)?));
    }
    opening.finish(last)
}

/// The first segment of the earliest month that is read.
fn first_to_read(names: &[SegmentName]) -> usize {
    let Some(newest) = names.last() else { return 0 };
    let earliest = (0..EARLIER_MONTHS).fold(newest.month, |month, _| month.prev());
    // A month without a segment leaves no gap: the next one carries over what was in force.
    names.partition_point(|name| name.month < earliest)
}

/// What stands under an unfinished name was never acknowledged.
fn remove_unfinished(disk: &dyn Disk, dir: &Path) {
    for name in disk.list(dir).unwrap_or_default() {
        if name.ends_with(UNFINISHED_SUFFIX)
            && let Err(error) = disk.remove(&dir.join(&name))
        {
            tracing::warn!(name, %error, "an unfinished segment cannot be removed");
        }
    }
}

struct Opening<'a, F> {
    disk: &'a dyn Disk,
    dir: &'a Path,
    heartbeat: Option<Tip>,
    on_line: F,
    /// The line that stands where the heartbeat's should.
    fork: Option<Hash>,
    /// When the last line that verified was recorded.
    last_at: Option<Instant>,
    opened: Opened,
}

impl<F: FnMut(&History, &Line, Tip)> Opening<'_, F> {
    fn path(&self, name: SegmentName) -> PathBuf {
        self.dir.join(name.to_string())
    }

    fn file(&self, name: SegmentName) -> Result<Box<dyn DiskFile>, OpenError> {
        let failed = |source| OpenError::Io { doing: "open", path: self.path(name), source };
        self.disk.open(&self.path(name), false).map_err(failed)
    }

    fn read(
        &mut self,
        name: SegmentName,
        is_oldest: bool,
        is_first_read: bool,
    ) -> Result<Reading, OpenError> {
        let path = self.path(name);
        let file = self.file(name)?;
        let failed = |source| OpenError::Io { doing: "read", path: path.clone(), source };
        self.opened.bytes += file.len().map_err(failed)?;
        let expected = self.expected(&*file, name, is_oldest, is_first_read).map_err(failed)?;
        let (heartbeat, fork, last_at) = (self.heartbeat, &mut self.fork, &mut self.last_at);
        let mut earlier = Some(&mut self.opened.damage);
        let (history, on_line) = (&mut self.opened.history, &mut self.on_line);
        let mut newer_format = None;
        let reading = read_segment(&*file, expected, |bytes, tip| {
            let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
            let line = parse_line(text, 0).map_err(|error| error.kind.to_string())?;
            if let Fact::SegmentOpened { format, .. } = line.fact
                && format > FORMAT
            {
                newer_format = Some(format);
            }
            history.apply(&line).map_err(|error| error.kind.to_string())?;
            if heartbeat.is_some_and(|beat| beat.seq == tip.seq && beat.hash != tip.hash) {
                *fork = Some(tip.hash);
            }
            earlier.take().into_iter().flatten().for_each(|damage| damage.end(line.at));
            *last_at = Some(line.at);
            on_line(history, &line, tip);
            Ok(())
        })
        .map_err(failed)?;
        if let Some(format) = newer_format {
            return Err(OpenError::NewerFormat { file: name.to_string(), format });
        }
        if let Some(tip) = reading.tip {
            self.opened.tip = tip;
        }
        if let End::Damaged { found } = &reading.end {
            self.opened.damage.push(damage(name, &reading, found.clone(), self.last_at));
        }
        Ok(reading)
    }

    /// What the segment's first line has to follow. Where it does not follow what was read, an
    /// older segment has lost lines: the history starts anew from this one, which carries over
    /// what was in force, and the time before it is not known.
    fn expected(
        &mut self,
        file: &dyn DiskFile,
        name: SegmentName,
        is_oldest: bool,
        is_first_read: bool,
    ) -> io::Result<Option<Tip>> {
        let Some((seq, prev)) = first_line(file)? else {
            return Ok(Some(self.opened.tip));
        };
        if is_first_read {
            return Ok((is_oldest && seq == 1).then_some(Tip::START));
        }
        let tip = self.opened.tip;
        if prev == tip.hash && seq == tip.seq + 1 {
            return Ok(Some(tip));
        }
        let is_known = self.opened.damage.last().is_some_and(|it| it.last_good_seq == tip.seq);
        if !is_known {
            self.opened.damage.push(Damage {
                file: name.to_string(),
                line: 1,
                byte: 0,
                last_good_seq: tip.seq,
                found: format!("line {} has to come before it and is missing", seq.max(1) - 1),
                lost: Some(lost_since(name, self.last_at)),
            });
        }
        self.opened.history = History::new();
        Ok(None)
    }

    /// Decides whether the newest segment can be continued.
    fn finish(mut self, last: Option<(SegmentName, Reading)>) -> Result<Opened, OpenError> {
        let tip = self.opened.tip;
        let lost = match (self.heartbeat, self.fork) {
            (Some(beat), _) if beat.seq > tip.seq => Some(format!(
                "the journal ends here, but line {} (hash {}) was acknowledged",
                beat.seq, beat.hash
            )),
            (Some(beat), Some(found)) => Some(format!(
                "line {} was acknowledged with hash {}, and now has {found}",
                beat.seq, beat.hash
            )),
            _ => None,
        };
        let Some((name, reading)) = last else {
            if let Some(found) = lost {
                let file = "journal".to_owned();
                let lost = None;
                let damage = Damage { file, line: 1, byte: 0, last_good_seq: 0, found, lost };
                self.opened.damage.push(damage.clone());
                self.opened.unnamed_damage = Some(damage);
            }
            return Ok(self.opened);
        };
        let found = match (&reading.end, lost) {
            (End::Damaged { .. }, _) => self.opened.damage.last().cloned(),
            (_, Some(found)) => {
                let damage = damage(name, &reading, found, self.last_at);
                self.opened.damage.push(damage.clone());
                Some(damage)
            }
            _ => None,
        };
        if found.is_some() {
            self.opened.unnamed_damage = found;
            return Ok(self.opened);
        }
        if let End::Torn { bytes } = reading.end {
            self.opened.torn_bytes = bytes;
            self.cut(name, reading.bytes, bytes);
        }
        // A segment without a whole line was never acknowledged; it is begun again.
        if reading.lines > 0 {
            self.opened.segment =
                Some(Segment { name, bytes: reading.bytes, file: None, overhangs: false });
        }
        Ok(self.opened)
    }

    /// Cuts a torn tail off. If it fails, the writer does it before its first line.
    fn cut(&self, name: SegmentName, at: u64, bytes: u64) {
        tracing::warn!(%name, at, bytes, "a torn tail, never acknowledged, is cut off");
        let path = self.path(name);
        let cut = self.disk.open(&path, false).and_then(|mut file| {
            file.truncate(at)?;
            file.sync()
        });
        if let Err(error) = cut {
            tracing::error!(%name, %error, "the torn tail cannot be cut off yet");
        }
    }
}

/// The line after those that verified, the last of which was recorded at `last_at`.
pub(crate) fn damage(
    name: SegmentName,
    reading: &Reading,
    found: String,
    last_at: Option<Instant>,
) -> Damage {
    Damage {
        file: name.to_string(),
        line: reading.lines + 1,
        byte: reading.bytes,
        last_good_seq: reading.tip.map_or(0, |tip| tip.seq),
        found,
        lost: Some(lost_since(name, last_at)),
    }
}

/// What may be lost where a segment is damaged; it ends with the next line that counts.
pub(crate) fn lost_since(name: SegmentName, last_at: Option<Instant>) -> Interval {
    let from = last_at.unwrap_or_else(|| name.month.start(&TimeZone::UTC));
    Interval::new(from, Instant::MAX)
}

/// The number and the predecessor of a segment's first line, if it has a whole one.
pub(crate) fn first_line(file: &dyn DiskFile) -> io::Result<Option<(u64, Hash)>> {
    let mut first = None;
    read_segment(file, None, |bytes, _| {
        let sealed = Sealed::split(bytes)?;
        first = sealed.seq().map(|seq| (seq, sealed.prev));
        Err("one line is enough".to_owned())
    })?;
    Ok(first)
}
