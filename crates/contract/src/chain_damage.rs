//! Where the journal itself was found damaged: what the months touched were computed from may lack
//! lines, and whoever shows them has to say so (C10.1).

use crate::fact::{Fact, Line};
use crate::history::History;
use crate::instant::{Instant, Interval};

/// A place where lines of the journal do not count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainDamage {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// The last line before it that verified.
    pub last_good_seq: u64,
    /// From when that line was recorded to when the first one was that counts again: what was
    /// recorded in between may be lost.
    pub lost: Interval,
    /// What was found, and where.
    pub found: String,
}

impl ChainDamage {
    pub(crate) fn recorded(line: &Line) -> Option<ChainDamage> {
        let Fact::ChainDamaged { last_good_seq, found, from, until } = &line.fact else {
            return None;
        };
        let lost = Interval::new(from.unwrap_or(line.at), until.unwrap_or(line.at));
        let (seq, at, found) = (line.seq, line.at, found.clone());
        Some(ChainDamage { seq, at, last_good_seq: *last_good_seq, lost, found })
    }

    pub(crate) fn line(&self) -> Line {
        let fact = Fact::ChainDamaged {
            last_good_seq: self.last_good_seq,
            found: self.found.clone(),
            from: Some(self.lost.from),
            until: Some(self.lost.until),
        };
        Line { seq: self.seq, at: self.at, fact }
    }
}

impl History {
    /// Every damage on record, in the order in which it was recorded.
    pub fn chain_damage(&self) -> &[ChainDamage] {
        &self.chain_damage
    }

    /// The damage that touches `interval`, a month's bounds for instance.
    pub fn chain_damage_in(&self, interval: Interval) -> impl Iterator<Item = &ChainDamage> {
        let touches =
            move |lost: Interval| lost.from < interval.until && interval.from <= lost.until;
        self.chain_damage.iter().filter(move |damage| touches(damage.lost))
    }
}
