//! What is asked and answered on the admin socket.

use contract::ReportStage;
use contract::fact::{AdjustmentKind, Decision, Ground};
use serde::{Deserialize, Serialize};

use super::explaining::ExplainView;
use super::status::StatusView;
use super::views::{
    AdjustmentView, EventView, IncidentReport, IncidentView, NotifiableView, PauseView,
    ReductionClaimView, StopView,
};

/// What a person asks of the agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How everything is now.
    Status {
        /// Only these services; all of them if none is named.
        #[serde(default)]
        services: Vec<String>,
    },
    /// Why a minute of a service is classed as it is.
    Explain {
        /// The service.
        service: String,
        /// An instant in the minute: RFC 3339, or local time in the service's time zone; otherwise
        /// the last instant that is decided.
        #[serde(default)]
        at: Option<String>,
    },
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
    StopList {
        /// Only this service's.
        #[serde(default)]
        service: Option<String>,
    },
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
    /// All that is known of an incident.
    IncidentReport {
        /// The service.
        service: String,
        /// When the incident opened, exactly; otherwise the latest.
        #[serde(default)]
        opened: Option<String>,
    },
    /// Mark an incident as notifiable under the cyber security act (C10.6).
    IncidentNotifiable {
        /// The service.
        service: String,
        /// When the incident opened, exactly; otherwise the latest.
        #[serde(default)]
        opened: Option<String>,
        /// When it was detected; otherwise when its downtime was first on record.
        #[serde(default)]
        detected: Option<String>,
    },
    /// Something was handed in to the authority about a notifiable incident (C10.6).
    IncidentReported {
        /// The service.
        service: String,
        /// When the incident opened, exactly; otherwise the latest that is marked and of which
        /// this was not handed in.
        #[serde(default)]
        opened: Option<String>,
        /// What was handed in.
        stage: ReportStage,
        /// The authority's reference.
        #[serde(default)]
        reference: Option<String>,
    },
    /// List the months that give a reduction, and how their claims stand (C7.5).
    ClaimList {
        /// Only this service's.
        #[serde(default)]
        service: Option<String>,
    },
    /// The customer has claimed the reduction of a month (C7.4).
    ClaimSubmit {
        /// The service.
        service: String,
        /// The local month, `2026-10`.
        month: String,
        /// What the customer's letter or case is called.
        #[serde(default)]
        reference: Option<String>,
    },
    /// The claim for a month is settled (C7.5).
    ClaimSettle {
        /// The service.
        service: String,
        /// The local month, `2026-10`.
        month: String,
        /// What was credited, like `1250.00 SEK`; otherwise the reduction.
        #[serde(default)]
        amount: Option<String>,
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
    /// How everything is.
    Status {
        /// All of it.
        #[serde(flatten)]
        status: StatusView,
    },
    /// A minute, and why it is classed so.
    Explained {
        /// The minute.
        explained: Box<ExplainView>,
    },
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
        /// Earlier ones that are notifiable and wait for a report.
        notifiable_before: Vec<NotifiableView>,
    },
    /// All that is known of an incident.
    IncidentReport {
        /// The report.
        report: Box<IncidentReport>,
    },
    /// A notifiable incident: marked, or reported on.
    Notifiable {
        /// What is due of it.
        notifiable: NotifiableView,
    },
    /// One claim of a reduction: submitted or settled.
    ReductionClaim {
        /// The claim.
        claim: ReductionClaimView,
    },
    /// Several claims of reductions, by service and month.
    ReductionClaims {
        /// The claims.
        claims: Vec<ReductionClaimView>,
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
