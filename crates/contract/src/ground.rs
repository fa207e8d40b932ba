//! The words of an adjustment: its kind, its ground and its decision (C5.1-C5.3).

use serde::{Deserialize, Serialize};

/// Whether an adjustment takes time out of the lost or puts it in (C5.1, C5.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentKind {
    /// Downtime in the interval is not the provider's (C5.1).
    Exclude,
    /// The interval was downtime, whatever was measured (C5.2).
    Include,
}

/// The ground of an adjustment: a closed list (C5.1, C5.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The customer's equipment.
    CustomerEquipment,
    /// Virus or attack through a device that the provider does not manage.
    CustomerSecurity,
    /// A third party; never the provider's own subcontractor.
    ThirdParty,
    /// The internet between.
    Network,
    /// A denial-of-service attack.
    DosAttack,
    /// Force majeure.
    ForceMajeure,
    /// Lawful blocking, or at the customer's request.
    Suspension,
    /// The probe itself was wrong.
    ProbeFault,
    /// A customer's fault report (include only).
    FaultReport,
}

impl Ground {
    /// Every ground.
    pub const ALL: [Ground; 9] = [
        Ground::CustomerEquipment,
        Ground::CustomerSecurity,
        Ground::ThirdParty,
        Ground::Network,
        Ground::DosAttack,
        Ground::ForceMajeure,
        Ground::Suspension,
        Ground::ProbeFault,
        Ground::FaultReport,
    ];

    /// The name in facts and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Ground::CustomerEquipment => "customer_equipment",
            Ground::CustomerSecurity => "customer_security",
            Ground::ThirdParty => "third_party",
            Ground::Network => "network",
            Ground::DosAttack => "dos_attack",
            Ground::ForceMajeure => "force_majeure",
            Ground::Suspension => "suspension",
            Ground::ProbeFault => "probe_fault",
            Ground::FaultReport => "fault_report",
        }
    }
}

/// What was decided of an adjustment (C5.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It counts.
    Accepted,
    /// It does not.
    Rejected,
}
