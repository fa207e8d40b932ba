//! What a statement says, before it is shown in any form. Its JSON is what is signed (C10.1).

use std::collections::BTreeMap;

use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::{
    ClaimState, ClosedFigure, Evidence, Instant, Money, Month, ReportStage, Response, Side,
    StopNotice, StopVerdict, Terms, UnmeasuredCause, Vantage,
};
use serde::{Deserialize, Serialize};

/// The version of this shape.
pub const FORMAT: u32 = 1;

/// One customer's month.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`FORMAT`].
    pub format: u32,
    /// The local month.
    pub month: Month,
    /// Whether the month is closed.
    pub status: Status,
    /// 0 for the close; a correction after it makes 1, 2, … (C6.7).
    pub revision: u32,
    /// When it was made; of a provisional one, up to when everything is decided.
    pub issued_at: Instant,
    /// The label (C10.5).
    pub classification: String,
    /// Who promises, if it is configured.
    pub provider: Option<String>,
    /// To whom; none for the services that name no customer.
    pub customer: Option<String>,
    /// From where it is measured.
    pub vantage: Vantage,
    /// The last line of the ledger that it was made from.
    pub ledger: LedgerPosition,
    /// The sum of the reductions, per currency (C7.3).
    pub reductions: Vec<Money>,
    /// The customer's services, by name.
    pub services: Vec<ServiceSection>,
}

/// Whether a statement's month is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Closed by a fact, and signed.
    Closed,
    /// The month goes on, or is not closed yet: figures may change.
    Provisional,
}

/// A line of the ledger.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerPosition {
    /// Its number.
    pub seq: u64,
    /// Its hash, in hex; empty where the facts carry none.
    pub hash: String,
}

/// One service in the month.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSection {
    /// The service.
    pub service: String,
    /// The month's first instant.
    pub from: Instant,
    /// The first instant after the month.
    pub until: Instant,
    /// Whether the whole month has elapsed.
    pub complete: bool,
    /// The elapsed part of P.
    pub elapsed_ms: i64,
    /// The budget (C8.1).
    pub budget_ms: i64,
    /// The figure, as the month's close records it.
    pub figure: ClosedFigure,
    /// The terms in force; their name and hash stand in `figure`.
    pub terms: Terms,
    /// Excluded time by ground (C5.1); grounds without time are left out.
    pub excluded_by_ground_ms: BTreeMap<Ground, i64>,
    /// Unmeasured time by cause (C6.5).
    pub unmeasured_by_cause_ms: BTreeMap<UnmeasuredCause, i64>,
    /// Lost, planned and excluded time by the side that answers for it (C5.5).
    pub responsible_ms: BTreeMap<Side, i64>,
    /// Downtime, in order of time; adjacent pieces of one cause and class are one.
    pub outages: Vec<OutageEntry>,
    /// Planned stops whose announced window touches the month, in order of time (C4).
    pub stops: Vec<StopEntry>,
    /// Adjustments that touch the month, in the order in which they were claimed (C5).
    pub adjustments: Vec<AdjustmentEntry>,
    /// Incidents that touch the month, in order of time (C9).
    pub incidents: Vec<IncidentEntry>,
    /// The state of the claim, if there is a reduction (C7.5).
    pub claim: Option<ClaimState>,
    /// The figure that this revision replaces, if there is one (C6.7).
    pub previous: Option<PreviousFigure>,
    /// Where the ledger was found damaged, if that touches the month: figures may lack facts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ledger_damage: Vec<DamageEntry>,
}

/// Downtime of one cause and one class.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutageEntry {
    /// First instant down.
    pub from: Instant,
    /// First instant after; of an outage that goes on, the end of what is decided.
    pub until: Instant,
    /// Its length within the month.
    pub ms: i64,
    /// Why: a name from [`contract::DownCause`], or `fault_report` (C5.2).
    pub cause: String,
    /// `lost`, `planned` or `excluded` (C6.1).
    pub class: OutageClass,
    /// The ground, if it is excluded.
    pub ground: Option<Ground>,
    /// The side that answers for it (C5.5).
    pub responsible: Side,
    /// What was seen.
    pub evidence: Option<Evidence>,
}

/// What became of downtime (C6.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutageClass {
    /// It counts.
    Lost,
    /// Inside a valid planned window (C4.7).
    Planned,
    /// Taken out by an adjustment that counts (C5.1).
    Excluded,
}

impl OutageClass {
    /// The name in JSON and CSV.
    pub fn as_str(self) -> &'static str {
        match self {
            OutageClass::Lost => "lost",
            OutageClass::Planned => "planned",
            OutageClass::Excluded => "excluded",
        }
    }
}

/// A planned stop and its verdict (C4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopEntry {
    /// The stop.
    pub id: String,
    /// The announced window's first instant.
    pub from: Instant,
    /// The first instant after the window, as it was announced.
    pub until: Instant,
    /// When it was announced (C4.1).
    pub announced_at: Instant,
    /// When it was cancelled, if it was (C4.6).
    pub cancelled_at: Option<Instant>,
    /// Why, in the announcer's words.
    pub reason: String,
    /// The reference of an agreement (C4.4).
    pub agreed: Option<String>,
    /// Whether it counts, or why not.
    pub verdict: StopVerdict,
    /// Whether it overlaps office hours (C4.5).
    pub in_office_hours: bool,
    /// Whether the contacts were told in time (C4.8).
    pub notice: StopNotice,
}

/// An adjustment and its decision (C5).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentEntry {
    /// The adjustment.
    pub id: String,
    /// Exclude or include.
    pub kind: AdjustmentKind,
    /// First instant claimed.
    pub from: Instant,
    /// First instant after.
    pub until: Instant,
    /// The ground.
    pub ground: Ground,
    /// What shows it.
    pub evidence: String,
    /// When it was claimed.
    pub claimed_at: Instant,
    /// The decision that stands, if one was made.
    pub decision: Option<Decision>,
    /// When that was made.
    pub decided_at: Option<Instant>,
    /// Whether it bears on the figure (C5.3).
    pub counts: bool,
}

/// An incident and its support clock (C9).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentEntry {
    /// Its first instant of downtime.
    pub opened: Instant,
    /// The end of its last downtime; none while that goes on.
    pub closed: Option<Instant>,
    /// Its lost time in this month.
    pub lost_ms: i64,
    /// Until when troubleshooting has to start (C9.2).
    pub response_deadline: Instant,
    /// When somebody acknowledged that it has started (C9.4).
    pub acknowledged: Option<Instant>,
    /// Whether that was in time.
    pub response: Response,
    /// What is due to the authority, if it is marked as notifiable (C10.6).
    pub notifiable: Vec<ReportEntry>,
}

/// A report that is due to the authority (C10.6).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportEntry {
    /// Which.
    pub stage: ReportStage,
    /// Until when.
    pub deadline: Instant,
    /// When it was recorded as handed in.
    pub reported_at: Option<Instant>,
}

/// The figure that a revision replaces (C6.7).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviousFigure {
    /// Its revision.
    pub revision: u32,
    /// When it was recorded.
    pub closed_at: Instant,
    /// The figure.
    pub figure: ClosedFigure,
}

/// What was recorded in this time may be lost (C10.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DamageEntry {
    /// When the last good line was recorded.
    pub from: Instant,
    /// When the first line was recorded that counts again.
    pub until: Instant,
}
