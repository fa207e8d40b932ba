//! What a segment has to repeat from those before it, and what a history may forget.

use crate::fact::Line;
use crate::history::History;
use crate::instant::Instant;

impl History {
    /// The lines that still bear on anything at or after `at`, in the order of their `seq`, as
    /// they first stood. A journal's segment that begins with them, each as a `carried_over`, can
    /// be computed without the older ones.
    pub fn carry_over(&self, at: Instant) -> Vec<Line> {
        let _ = at;
        Vec::new()
    }

    /// Drops what bears only on the time before `at`. Stops and adjustments, which people make,
    /// are kept.
    pub fn forget_before(&mut self, at: Instant) {
        let _ = at;
    }

    /// Drops the evidence of states that began before `at` and are no longer in force.
    pub fn forget_evidence_before(&mut self, at: Instant) {
        let _ = at;
    }
}
