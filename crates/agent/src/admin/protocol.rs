//! What is asked and answered on the admin socket.

use contract::Instant;
use contract::fact::{AdjustmentKind, Decision, Ground};
use serde::{Deserialize, Serialize};

/// What a person asks of the agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Announce a planned stop (C4.1).
    StopAnnounce(Announcement),
    /// Cancel a planned stop (C4.6).
    StopCancel {
        /// The stop, e.g. `S1`.
        id: String,
    },
    /// List the planned stops that are not over, and this month's.
    StopList,
    /// Claim an adjustment (C5.1, C5.2).
    AdjustClaim(Claim),
    /// Decide an adjustment (C5.3).
    AdjustDecide {
        /// The adjustment, e.g. `A1`.
        id: String,
        /// `accepted` or `rejected`.
        decision: Decision,
    },
    /// List the adjustments.
    AdjustList {
        /// Only this service's.
        #[serde(default)]
        service: Option<String>,
    },
    /// List the incidents of the running month and the one before.
    IncidentList {
        /// Only this service's.
        #[serde(default)]
        service: Option<String>,
    },
    /// Acknowledge that troubleshooting of an incident has started (C9.4).
    IncidentAck {
        /// The service.
        service: String,
        /// When the incident opened, exactly; otherwise the open one, or the latest that nobody
        /// has acknowledged.
        #[serde(default)]
        opened: Option<String>,
    },
    /// Measure a service no more (C3.6).
    Pause {
        /// The service.
        service: String,
        /// Why.
        reason: String,
    },
    /// Measure a service again.
    Resume {
        /// The service.
        service: String,
    },
}

/// An adjustment as a person claims it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The service.
    pub service: String,
    /// Exclude or include.
    pub kind: AdjustmentKind,
    /// First instant claimed: RFC 3339, or local time in the service's time zone.
    pub from: String,
    /// First instant after, written likewise.
    pub until: String,
    /// The ground.
    pub ground: Ground,
    /// What shows it.
    pub evidence: String,
}

/// A planned stop as a person announces it. When it was announced is the agent's to say (C4.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// The services that stop.
    pub services: Vec<String>,
    /// The window's first instant: RFC 3339, or local time in the services' time zone.
    pub from: String,
    /// The first instant after the window, written likewise.
    pub until: String,
    /// Why.
    pub reason: String,
    /// The reference of an agreement, if otherwise agreed (C4.4).
    #[serde(default)]
    pub agreed: Option<String>,
    /// Only say what the verdict would be.
    #[serde(default)]
    pub dry_run: bool,
}

/// What the agent answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// One stop: announced, cancelled, or how it would be judged.
    Stop {
        /// The stop.
        stop: StopView,
        /// Whether it is on record; not so for a dry run.
        recorded: bool,
    },
    /// Several stops, in the order of their windows.
    Stops {
        /// The stops.
        stops: Vec<StopView>,
    },
    /// One adjustment: claimed or decided.
    Adjustment {
        /// The adjustment.
        adjustment: AdjustmentView,
    },
    /// Several adjustments, in the order in which they were claimed.
    Adjustments {
        /// The adjustments.
        adjustments: Vec<AdjustmentView>,
    },
    /// One incident, acknowledged.
    Incident {
        /// The incident.
        incident: IncidentView,
    },
    /// Several incidents, in order of time.
    Incidents {
        /// The incidents.
        incidents: Vec<IncidentView>,
    },
    /// Whether a service is measured now.
    Measuring {
        /// The service.
        service: String,
        /// Who paused it, if it is not.
        paused: Option<PauseView>,
    },
    /// Nothing was recorded, and why.
    Refused {
        /// A fragment that fits "refused: …" and says what to do.
        error: String,
    },
}

/// A planned stop with its verdict for each service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StopView {
    /// The stop's id; none for a dry run.
    pub id: Option<String>,
    /// The services that stop.
    pub services: Vec<String>,
    /// The window's first instant.
    pub from: Instant,
    /// The first instant after the window, as it now is.
    pub until: Instant,
    /// Why.
    pub reason: String,
    /// Who announced it.
    pub by: String,
    /// When it was announced.
    pub announced_at: Instant,
    /// The reference of an agreement.
    pub agreed: Option<String>,
    /// The verdict for each service, in the order of `services`.
    pub verdicts: Vec<StopVerdict>,
}

/// How a stop is judged for one service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StopVerdict {
    /// The service.
    pub service: String,
    /// `valid`, `agreed`, `late`, `surplus` or `cancelled`.
    pub verdict: String,
    /// Whether the window overlaps office hours (C4.5).
    pub in_office_hours: bool,
    /// The verdict in one sentence.
    pub reason: String,
}

/// An adjustment, who claimed it and who decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AdjustmentView {
    /// The adjustment's id.
    pub id: String,
    /// Exclude or include.
    pub kind: AdjustmentKind,
    /// The service.
    pub service: String,
    /// The service's time zone.
    pub timezone: String,
    /// First instant claimed.
    pub from: Instant,
    /// First instant after.
    pub until: Instant,
    /// The ground.
    pub ground: Ground,
    /// What shows it.
    pub evidence: String,
    /// Who claimed it.
    pub by: String,
    /// When it was claimed.
    pub claimed_at: Instant,
    /// Every decision, in the order in which they were made; the last stands.
    pub decisions: Vec<DecisionView>,
    /// Whether it bears on the figure (C5.3).
    pub counts: bool,
}

/// A decision about an adjustment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DecisionView {
    /// When it was made.
    pub at: Instant,
    /// Accepted or rejected.
    pub decision: Decision,
    /// Who decided.
    pub by: String,
}

/// An incident and its support clock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IncidentView {
    /// The service.
    pub service: String,
    /// The service's time zone.
    pub timezone: String,
    /// Its first instant of downtime.
    pub opened: Instant,
    /// The end of its last downtime; none while that goes on.
    pub closed: Option<Instant>,
    /// Its lost time in the running month and the one before.
    pub lost_ms: i64,
    /// Until when troubleshooting has to start (C9.2).
    pub response_deadline: Instant,
    /// `met`, `breached` or `running` (C9.4).
    pub response: String,
    /// When somebody acknowledged that it has started.
    pub acknowledged: Option<Instant>,
    /// Who did.
    pub acknowledged_by: Option<String>,
}

/// Measuring is paused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PauseView {
    /// Who paused it.
    pub by: String,
    /// Since when.
    pub at: Instant,
    /// Why.
    pub reason: String,
}
