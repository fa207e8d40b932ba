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
    /// Announce the events of a calendar as planned stops: all of them, or none (C4.1).
    StopImport(Import),
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
    /// The first instant after the window, written likewise; or its length, as `PT2H`.
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

/// The events of a calendar, to be announced as planned stops.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// The services that stop, in each of them.
    pub services: Vec<String>,
    /// The events, in the order in which they use the allowance (C4.3).
    pub events: Vec<PlannedEvent>,
    /// The reference of an agreement, if otherwise agreed (C4.4).
    #[serde(default)]
    pub agreed: Option<String>,
    /// Only say what the verdicts would be.
    #[serde(default)]
    pub dry_run: bool,
}

/// An event of a calendar. Its window is written as in an [`Announcement`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedEvent {
    /// What tells it from every other event: it is announced once.
    pub uid: String,
    /// The window's first instant.
    pub from: String,
    /// The first instant after the window, or its length.
    pub until: String,
    /// Why.
    pub reason: String,
}

/// What the agent answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// One stop, cancelled.
    Stop {
        /// The stop.
        stop: StopView,
    },
    /// What was announced, or how it would be judged: a stop for each customer, whose lines in the
    /// journal concern nobody else.
    Announced {
        /// The stops.
        stops: Vec<StopView>,
        /// Whether they are on record; not so for a dry run.
        recorded: bool,
    },
    /// What came of each event of a calendar, in the order in which they were given.
    Imported {
        /// The events.
        events: Vec<EventView>,
        /// Whether they are on record: not so for a dry run, nor if any of them is refused.
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
    /// The time zone of the first of them.
    pub timezone: String,
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
    /// The UID of the calendar's event that it was imported from.
    pub event: Option<String>,
    /// When it was cancelled, and by whom.
    pub cancelled: Option<CancellationView>,
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
    /// The verdict in one sentence, with local time and UTC.
    pub reason: String,
    /// Whether the service's contacts were told (C4.8): `no_contact`, `delivered`, `pending` while
    /// there is time, or `not_delivered`; none for a stop that is not announced.
    pub notice: Option<String>,
}

/// A stop was cancelled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CancellationView {
    /// When.
    pub at: Instant,
    /// Who cancelled it.
    pub by: String,
}

/// What came of an event of a calendar.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventView {
    /// The event.
    pub uid: String,
    /// The stop that it makes for each customer; none if it is refused.
    pub stops: Vec<StopView>,
    /// Why it is refused, if it is.
    pub refused: Option<String>,
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
