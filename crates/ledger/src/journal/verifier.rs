//! Verifies the segments that a start did not read, in the background.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use contract::{Instant, parse_line};
use jiff::tz::TimeZone;

use crate::Damage;
use crate::disk::Disk;
use crate::gauges::Gauges;
use crate::journal::line::{Hash, Sealed};
use crate::journal::opening::{damage, lost_since};
use crate::journal::reader::{End, Tip, read_segment};
use crate::journal::segment::SegmentName;

/// The older segments, and where the newer ones begin.
pub(crate) struct Verifier {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    /// Those to verify, in order.
    pub(crate) older: Vec<SegmentName>,
    /// The first of those that were read at start.
    pub(crate) next: Option<SegmentName>,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) abandoned: Arc<AtomicBool>,
}

impl Verifier {
    /// Reads every line; what is damaged is told in the gauges and the log.
    pub(crate) fn run(self) {
        let mut before = Before::default();
        for name in &self.older {
            if self.abandoned.load(Ordering::Relaxed) {
                return;
            }
            if let Err(error) = self.verify(*name, &mut before) {
                tracing::error!(%name, %error, "a segment cannot be verified");
                return;
            }
        }
        if let Some(next) = self.next
            && let Err(error) = self.check_joint(next, &mut before)
        {
            tracing::error!(%next, %error, "a segment cannot be verified");
            return;
        }
        before.damage.take().into_iter().for_each(|damage| self.report(damage));
        self.gauges.verified();
    }

    fn verify(&self, name: SegmentName, before: &mut Before) -> io::Result<()> {
        let file = self.disk.open(&self.dir.join(name.to_string()), false)?;
        let expected = self.check_joint(name, before)?;
        // The line before the one at hand: it tells when the last good one was recorded.
        let mut last = Vec::new();
        let reading = read_segment(&*file, expected, |line, _| {
            last.clear();
            last.extend_from_slice(line);
            match self.abandoned.load(Ordering::Relaxed) {
                true => Err("abandoned".to_owned()),
                false => Ok(()),
            }
        })?;
        before.at = recorded_at(&last).or(before.at);
        before.tip = reading.tip;
        match &reading.end {
            _ if self.abandoned.load(Ordering::Relaxed) => {}
            End::Damaged { found } => {
                let damage = damage(name, &reading, found.clone(), before.at);
                before.damage = Some(damage);
            }
            End::Whole | End::Torn { .. } => {
                self.gauges.update(|journal| journal.segments_verified += 1);
            }
        }
        Ok(())
    }

    /// What the segment's first line follows, if it follows what came before; told if not.
    fn check_joint(&self, name: SegmentName, before: &mut Before) -> io::Result<Option<Tip>> {
        let file = self.disk.open(&self.dir.join(name.to_string()), false)?;
        let mut first = Vec::new();
        read_segment(&*file, None, |line, _| {
            first = line.to_vec();
            Err("one line is enough".to_owned())
        })?;
        let Some((seq, prev)) = follows(&first) else { return Ok(before.tip) };
        let at = recorded_at(&first).unwrap_or_else(|| name.month.start(&TimeZone::UTC));
        let cut_short = before.damage.take();
        // Where lines are lost, the next segment cannot follow the last good one.
        let is_explained = cut_short.is_some();
        if let Some(mut damage) = cut_short {
            damage.end(at);
            self.report(damage);
        }
        match before.tip {
            Some(tip) if is_explained && seq > tip.seq.saturating_add(1) => Ok(None),
            None => Ok((seq == 1).then_some(Tip::START)),
            Some(tip) if prev == tip.hash => Ok(Some(tip)),
            Some(tip) => {
                let mut damage = Damage {
                    file: name.to_string(),
                    line: 1,
                    byte: 0,
                    last_good_seq: tip.seq,
                    found: format!("it does not follow line {}, the last one before it", tip.seq),
                    lost: Some(lost_since(name, before.at)),
                };
                damage.end(at);
                self.report(damage);
                Ok(None)
            }
        }
    }

    fn report(&self, damage: Damage) {
        tracing::error!(%damage, "the journal is damaged; restore this segment from a backup");
        self.gauges.damaged(damage);
    }
}

/// What was read before the segment at hand.
#[derive(Default)]
struct Before {
    tip: Option<Tip>,
    /// When its last line was recorded.
    at: Option<Instant>,
    /// How it ended, to be told once it is known where the lines count again.
    damage: Option<Damage>,
}

/// The number of a line and the hash that it follows.
fn follows(line: &[u8]) -> Option<(u64, Hash)> {
    let sealed = Sealed::split(line).ok()?;
    Some((sealed.seq()?, sealed.prev))
}

fn recorded_at(line: &[u8]) -> Option<Instant> {
    let line = parse_line(std::str::from_utf8(line).ok()?, 0).ok()?;
    Some(line.at)
}
