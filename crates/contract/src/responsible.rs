//! Which side answers for a minute that is lost, planned or excluded (C5.5).

use serde::{Deserialize, Serialize};

use crate::fact::Ground;
use crate::figure::Figure;
use crate::tally::{Member, Tally};
use crate::timeline::DownClass;

/// The side that answers for downtime.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Whoever made the promise.
    Provider,
    /// Whoever it was made to.
    Customer,
    /// Neither, but somebody.
    ThirdParty,
    /// Nobody.
    Nobody,
}

impl Side {
    /// Every side.
    pub const ALL: [Side; 4] = [Side::Provider, Side::Customer, Side::ThirdParty, Side::Nobody];

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Provider => "provider",
            Side::Customer => "customer",
            Side::ThirdParty => "third_party",
            Side::Nobody => "nobody",
        }
    }
}

impl Member for Side {
    const MEMBERS: &'static [Self] = &Self::ALL;

    fn index(self) -> usize {
        self as usize
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl Ground {
    /// The side that answers for downtime excluded on this ground (C5.5).
    pub fn responsible(self) -> Side {
        match self {
            Ground::CustomerEquipment | Ground::CustomerSecurity | Ground::Suspension => {
                Side::Customer
            }
            Ground::ThirdParty | Ground::Network | Ground::DosAttack => Side::ThirdParty,
            Ground::ForceMajeure | Ground::ProbeFault => Side::Nobody,
            Ground::FaultReport => Side::Provider,
        }
    }
}

impl DownClass {
    /// The side that answers for downtime of this class (C5.5).
    pub fn responsible(self) -> Side {
        match self {
            DownClass::Lost | DownClass::Planned => Side::Provider,
            DownClass::Excluded(ground) => ground.responsible(),
        }
    }
}

impl Figure {
    /// Lost, planned and excluded time by the side that answers for it (C5.5).
    pub fn responsible_ms(&self) -> Tally<Side, { Side::ALL.len() }> {
        let mut sides = Tally::new();
        sides.add(Side::Provider, self.lost_ms + self.planned_ms);
        for (ground, ms) in self.excluded_by_ground_ms.iter() {
            sides.add(ground.responsible(), ms);
        }
        sides
    }
}
