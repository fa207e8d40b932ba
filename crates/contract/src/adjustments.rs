//! Adjustments: claimed, decided, and what those that count cover (C5).

use std::collections::BTreeSet;

use crate::fact::{AdjustmentKind, Decision, Fact, Ground, Line};
use crate::instant::{Instant, Interval};
use crate::service_record::insert_sorted;
use crate::terms::Counts;

/// A claimed interval, and what was decided of it (C5.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Adjustment {
    /// Names the adjustment.
    pub id: String,
    /// The line of the claim; where exclusions overlap, the lowest wins (C6.1).
    pub seq: u64,
    /// When it was claimed.
    pub claimed_at: Instant,
    /// Exclude or include.
    pub kind: AdjustmentKind,
    /// The service.
    pub service: String,
    /// What is claimed.
    pub interval: Interval,
    /// The ground.
    pub ground: Ground,
    /// What shows it.
    pub evidence: String,
    /// The system account that claimed it.
    pub by: String,
    /// Every decision, in the order in which they were made; the last stands.
    pub decisions: Vec<Decided>,
}

/// A decision about an adjustment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// Accepted or rejected.
    pub decision: Decision,
    /// The system account that decided.
    pub by: String,
}

impl Adjustment {
    /// The adjustment that a line claims; none if the line is about something else.
    pub(crate) fn claimed(line: &Line) -> Option<Self> {
        let Fact::AdjustmentClaimed { id, kind, service, from, until, ground, evidence, by } =
            &line.fact
        else {
            return None;
        };
        Some(Adjustment {
            id: id.clone(),
            seq: line.seq,
            claimed_at: line.at,
            kind: *kind,
            service: service.clone(),
            interval: Interval::new(*from, *until),
            ground: *ground,
            evidence: evidence.clone(),
            by: by.clone(),
            decisions: Vec::new(),
        })
    }

    pub(crate) fn decide(&mut self, line: &Line) {
        if let Fact::AdjustmentDecided { decision, by, .. } = &line.fact {
            let (seq, at, decision) = (line.seq, line.at, *decision);
            let decided = Decided { seq, at, decision, by: by.clone() };
            insert_sorted(&mut self.decisions, decided, |decided| decided.seq);
        }
    }

    /// The decision that stands, if one was made (C5.3).
    pub fn standing(&self) -> Option<Decision> {
        self.decisions.last().map(|decided| decided.decision)
    }

    /// Whether it bears on the figure (C5.3). Who may decide is a right, checked when a decision
    /// is recorded (`four_eyes`); what is recorded counts.
    pub fn counts(&self, counts: Counts) -> bool {
        match self.standing() {
            Some(decision) => decision == Decision::Accepted,
            None => counts == Counts::Claimed,
        }
    }
}

/// Overlapping exclusions as pieces that do not overlap, in order of time; each with the ground of
/// the claim with the lowest `seq` (C6.1).
pub(crate) fn lowest_claims(claims: &[(u64, Interval, Ground)]) -> Vec<(Interval, Ground)> {
    if let [(_, interval, ground)] = claims {
        return vec![(*interval, *ground)];
    }
    // Every start and end, in order of time; those that are open, by `seq`.
    let mut edges: Vec<(Instant, bool, usize)> = Vec::with_capacity(claims.len() * 2);
    for (place, (_, interval, _)) in claims.iter().enumerate() {
        edges.push((interval.from, true, place));
        edges.push((interval.until, false, place));
    }
    edges.sort_unstable();
    let mut open: BTreeSet<(u64, usize)> = BTreeSet::new();
    let mut pieces: Vec<(Interval, Ground)> = Vec::new();
    let mut since = Instant::MIN;
    for (at, opens, place) in edges {
        if let Some(&(_, lowest)) = open.first() {
            push_piece(&mut pieces, Interval::new(since, at), claims[lowest].2);
        }
        let key = (claims[place].0, place);
        if opens {
            open.insert(key);
        } else {
            open.remove(&key);
        }
        since = at;
    }
    pieces
}

fn push_piece(pieces: &mut Vec<(Interval, Ground)>, piece: Interval, ground: Ground) {
    match pieces.last_mut() {
        _ if piece.is_empty() => {}
        Some((last, of)) if *of == ground && last.until == piece.from => last.until = piece.until,
        _ => pieces.push((piece, ground)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Instant {
        Instant::from_ms(ms)
    }

    #[test]
    fn c6_1_the_claim_with_the_lowest_seq_wins() {
        let claims = [
            (9, Interval::new(at(0), at(50)), Ground::Network),
            (4, Interval::new(at(10), at(20)), Ground::DosAttack),
            (6, Interval::new(at(15), at(30)), Ground::ThirdParty),
        ];
        let pieces: Vec<_> = lowest_claims(&claims)
            .into_iter()
            .map(|(interval, ground)| (interval.from.ms(), interval.until.ms(), ground))
            .collect();
        assert_eq!(
            pieces,
            [
                (0, 10, Ground::Network),
                (10, 20, Ground::DosAttack),
                (20, 30, Ground::ThirdParty),
                (30, 50, Ground::Network),
            ]
        );
    }
    #[test]
    fn c6_1_claims_from_one_instant_on_leave_no_empty_piece() {
        let claims = [
            (9, Interval::new(at(0), at(50)), Ground::Network),
            (4, Interval::new(at(0), at(20)), Ground::DosAttack),
        ];
        assert_eq!(
            lowest_claims(&claims),
            [
                (Interval::new(at(0), at(20)), Ground::DosAttack),
                (Interval::new(at(20), at(50)), Ground::Network),
            ]
        );
    }
}
