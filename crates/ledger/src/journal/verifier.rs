//! Verifies the segments that a start did not read, in the background.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::disk::Disk;
use crate::gauges::Gauges;
use crate::journal::opening::{damage, first_line};
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
        let mut expected = None;
        for name in &self.older {
            if self.abandoned.load(Ordering::Relaxed) {
                return;
            }
            match self.verify(*name, expected) {
                Ok(tip) => expected = tip,
                Err(error) => {
                    tracing::error!(%name, %error, "a segment cannot be verified");
                    return;
                }
            }
        }
        if let (Some(next), Some(tip)) = (self.next, expected)
            && let Err(error) = self.check_joint(next, tip)
        {
            tracing::error!(%next, %error, "a segment cannot be verified");
            return;
        }
        self.gauges.verified();
    }

    fn verify(&self, name: SegmentName, expected: Option<Tip>) -> std::io::Result<Option<Tip>> {
        let file = self.disk.open(&self.dir.join(name.to_string()), false)?;
        let expected = match (expected, first_line(&*file)?) {
            (Some(tip), Some(_)) => {
                let joins = self.check_joint(name, tip)?;
                joins.then_some(tip)
            }
            (None, Some((1, _))) => Some(Tip::START),
            _ => None,
        };
        let reading =
            read_segment(&*file, expected, |_, _| match self.abandoned.load(Ordering::Relaxed) {
                true => Err("abandoned".to_owned()),
                false => Ok(()),
            })?;
        match &reading.end {
            _ if self.abandoned.load(Ordering::Relaxed) => {}
            End::Damaged { found } => self.report(damage(name, &reading, found.clone())),
            End::Whole | End::Torn { .. } => {
                self.gauges.update(|journal| journal.segments_verified += 1);
            }
        }
        Ok(reading.tip)
    }

    /// Whether the segment's first line follows `tip`; told if not.
    fn check_joint(&self, name: SegmentName, tip: Tip) -> std::io::Result<bool> {
        let file = self.disk.open(&self.dir.join(name.to_string()), false)?;
        let joins = first_line(&*file)?.is_none_or(|(_, prev)| prev == tip.hash);
        if !joins {
            self.report(crate::Damage {
                file: name.to_string(),
                line: 1,
                byte: 0,
                last_good_seq: tip.seq,
                found: format!("it does not follow line {}, the last one before it", tip.seq),
            });
        }
        Ok(joins)
    }

    fn report(&self, damage: crate::Damage) {
        tracing::error!(%damage, "the journal is damaged; restore this segment from a backup");
        self.gauges.update(|journal| {
            // Oldest first; what the start found is newer.
            let older = journal.damage.iter().filter(|known| known.file <= damage.file).count();
            journal.damage.insert(older, damage);
        });
    }
}
