//! The facts that an explanation cites, each with the number of its line.

use serde::{Deserialize, Serialize};

use crate::chain_damage::ChainDamage;
use crate::fact::Evidence;
use crate::history::{History, State};
use crate::instant::Instant;
use crate::service_record::ServiceRecord;
use crate::timeline::{BaseFact, BaseStates, deciding_presence};

/// A line of the journal that an explanation rests on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CitedFact {
    /// The line's number.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// From when on it holds.
    pub from: Instant,
    /// What it says: `down (http_status)`.
    pub says: String,
}

impl CitedFact {
    pub(super) fn base(history: &History, fact: BaseFact<'_>) -> Self {
        match fact {
            BaseFact::State(change) => CitedFact {
                seq: change.seq,
                at: change.at,
                from: change.from,
                says: match history.state(change.state) {
                    State::Up => "up".to_owned(),
                    State::Down { cause } => format!("down ({cause})"),
                    State::Unmeasured { cause } => format!("unmeasured ({})", cause.as_str()),
                },
            },
            BaseFact::Stopped(stop) => CitedFact {
                seq: stop.seq,
                at: stop.at,
                from: stop.from,
                says: format!("measuring stopped ({})", stop.cause.as_str()),
            },
        }
    }

    /// The fact in force where `base` stands, and those that it replaced from its first instant on.
    pub(super) fn measured(history: &History, mut base: BaseStates<'_>) -> Vec<Self> {
        let Some(deciding) = base.latest() else { return Vec::new() };
        let begun = std::iter::from_fn(|| base.step_back());
        let same_start = begun.take_while(|fact| fact.from() == deciding.from());
        same_start.map(|fact| CitedFact::base(history, fact)).collect()
    }

    pub(super) fn presence(record: &ServiceRecord, instant: Instant) -> Option<Self> {
        deciding_presence(&record.presence, instant).map(|presence| CitedFact {
            seq: presence.seq,
            at: presence.at,
            from: presence.from,
            says: match presence.began {
                true => "the service begins".to_owned(),
                false => "the service ends".to_owned(),
            },
        })
    }

    pub(super) fn damage(damage: &ChainDamage) -> Self {
        CitedFact {
            seq: damage.seq,
            at: damage.at,
            from: damage.lost.from,
            says: format!("lines until {} may be lost: {}", damage.lost.until, damage.found),
        }
    }
}

pub(super) fn evidence(deciding: Option<BaseFact<'_>>) -> Option<&Evidence> {
    match deciding? {
        BaseFact::State(change) => change.evidence.as_deref(),
        BaseFact::Stopped(_) => None,
    }
}
