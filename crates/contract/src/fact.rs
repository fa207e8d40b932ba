//! Facts, and their form as lines of JSON (contract.md, "Facts, as lines of JSON").
//!
//! A reader ignores fields it does not know; an unknown `fact` is an error.

use serde::{Deserialize, Serialize};

use crate::closing::{MonthClose, SignedStatement};
use crate::instant::Instant;
use crate::money::Money;
use crate::month::Month;
use crate::notices::NoticeKind;
use crate::notification::ReportStage;
use crate::parties::{Provider, Vantage};
use crate::terms::Terms;

pub use crate::ground::{AdjustmentKind, Decision, Ground};
pub use crate::state::{Evidence, ServiceState, UnmeasuredCause};

/// One line: a fact, its number and when it was recorded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Counts from 1 without gaps.
    pub seq: u64,
    /// When the fact was recorded.
    pub at: Instant,
    /// What is recorded.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What can be recorded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// From `from` on `service` is in this state (C3.1).
    State {
        /// The measured service.
        service: String,
        /// When the state began; may lie before the line's `at` (C3.2).
        from: Instant,
        /// Which state, and its cause.
        #[serde(flatten)]
        state: ServiceState,
        /// What a human can look at later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<Box<Evidence>>,
    },
    /// The open states are known to hold until `until`.
    Measured {
        /// First instant not known.
        until: Instant,
    },
    /// From `from` on every service is unmeasured with this cause (C3.6).
    MeasuringStopped {
        /// First instant not measured.
        from: Instant,
        /// `agent_off`, `suspended` or `clock_step`.
        cause: UnmeasuredCause,
    },
    /// A planned stop is announced; the line's `at` is its `announced_at` (C4.1).
    StopAnnounced {
        /// Names the stop.
        id: String,
        /// The services that stop.
        services: Vec<String>,
        /// The window's first instant.
        from: Instant,
        /// The first instant after the window.
        until: Instant,
        /// Why, in the announcer's words.
        reason: String,
        /// The system account that announced it.
        by: String,
        /// The reference of an agreement, if otherwise agreed (C4.4).
        #[serde(default)]
        agreed: Option<String>,
        /// The UID of the calendar's event that it was imported from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<String>,
    },
    /// A planned stop is cancelled at the line's `at` (C4.6).
    StopCancelled {
        /// The stop.
        id: String,
        /// The system account that cancelled it.
        by: String,
    },
    /// An adjustment is claimed (C5.1, C5.2).
    AdjustmentClaimed {
        /// Names the adjustment.
        id: String,
        /// Exclude or include.
        kind: AdjustmentKind,
        /// The service.
        service: String,
        /// First instant claimed.
        from: Instant,
        /// First instant after.
        until: Instant,
        /// The ground, of the closed list.
        ground: Ground,
        /// What shows it.
        evidence: String,
        /// The system account that claims it.
        by: String,
    },
    /// An adjustment is decided; the latest decision stands (C5.3).
    AdjustmentDecided {
        /// The adjustment.
        id: String,
        /// Accepted or rejected.
        decision: Decision,
        /// The system account that decided.
        by: String,
    },
    /// Troubleshooting of an incident has started (C9.4).
    IncidentAcknowledged {
        /// The service.
        service: String,
        /// When the incident opened.
        opened: Instant,
        /// The system account that acknowledged.
        by: String,
    },
    /// Measuring of the service is paused by an operator (C3.6). Its `state` says so, too; this
    /// line says who did it, and that it holds over a restart.
    MeasuringPaused {
        /// The service.
        service: String,
        /// The system account that paused it.
        by: String,
        /// Why, in that person's words.
        reason: String,
    },
    /// Measuring of the service goes on (C3.6).
    MeasuringResumed {
        /// The service.
        service: String,
        /// The system account that resumed it.
        by: String,
    },
    /// The service enters the contract (C2.4).
    ServiceBegan {
        /// The service.
        service: String,
        /// Its first instant.
        from: Instant,
    },
    /// The service leaves the contract (C2.4).
    ServiceEnded {
        /// The service.
        service: String,
        /// The first instant after.
        from: Instant,
    },
    /// Terms, in force from a month's start on.
    TermsSet {
        /// The terms' name in the configuration.
        name: String,
        /// The first local month, `2026-10`, in which they hold.
        month: String,
        /// The terms.
        terms: Terms,
    },
    /// What a contract says of a service, from a month's start on.
    ServiceSet {
        /// The service.
        service: String,
        /// The first local month, `2026-10`, in which it holds.
        month: String,
        /// The customer, if named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<String>,
        /// The terms' name.
        terms: String,
        /// The monthly fee, if any is set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        monthly_fee: Option<Money>,
        /// Contacts, by id only (C10.5).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contacts: Vec<String>,
    },
    /// Who promises, and how documents are labelled.
    ProviderSet(Provider),
    /// From where it is measured.
    VantageSet(Vantage),
    /// The key that signs statements from here on (C10.1).
    SigningKeySet {
        /// The public half, Ed25519, in hex.
        public_key: String,
    },
    /// A service's month is closed, or revised after its close (C6.7).
    MonthClosed(Box<MonthClose>),
    /// The statement of a customer's month is made and signed (C10.1).
    StatementSigned(Box<SignedStatement>),
    /// The customer has claimed the reduction for a service's month (C7.5).
    ClaimSubmitted {
        /// The service.
        service: String,
        /// The local month.
        month: Month,
        /// The system account that records it.
        by: String,
        /// What the customer's letter or case is called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    /// The claim for a service's month is settled (C7.5).
    ClaimSettled {
        /// The service.
        service: String,
        /// The local month.
        month: Month,
        /// What was credited.
        amount: Money,
        /// The system account that records it.
        by: String,
    },
    /// An incident is notifiable under the cyber security act (C10.6).
    IncidentNotifiable {
        /// The service.
        service: String,
        /// When the incident opened.
        opened: Instant,
        /// When it was detected.
        detected: Instant,
        /// The system account that marks it.
        by: String,
    },
    /// A report about a notifiable incident was handed in to the authority (C10.6).
    IncidentReported {
        /// The service.
        service: String,
        /// When the incident opened.
        opened: Instant,
        /// What was handed in.
        stage: ReportStage,
        /// The authority's reference.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// The system account that records it.
        by: String,
    },
    /// A notice was delivered (C4.8, C9.5). Names people by their id only (C10.5).
    NoticeDelivered {
        /// What it said.
        notice: NoticeKind,
        /// The service that it is about; none if it is about the agent itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<String>,
        /// About what: a stop's id, an incident's opening, …
        about: String,
        /// To whom, by id; `provider` is the provider itself.
        contact: String,
        /// By which channel: `mail`, or a webhook's name.
        channel: String,
    },
    /// First line of a journal's segment.
    SegmentOpened {
        /// Version of the journal's format.
        format: u32,
        /// The segment's UTC month, `2026-10`.
        month: String,
        /// The vantage point's name.
        agent: String,
        /// The version of the program that writes.
        version: String,
    },
    /// An earlier line that still bears on what follows, repeated at a segment's start. A reader
    /// that has read that line passes over this one.
    CarriedOver {
        /// The line as it stood.
        line: Box<Line>,
    },
    /// The journal was found damaged: what was recorded from `from` to `until` may be lost.
    ChainDamaged {
        /// The last line that verified.
        last_good_seq: u64,
        /// What was found, and where.
        found: String,
        /// When the last good line was recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Instant>,
        /// When the first line was recorded that counts again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
}

impl Fact {
    /// Every name that `fact` can have.
    pub const NAMES: [&str; 27] = [
        "state",
        "measured",
        "measuring_stopped",
        "stop_announced",
        "stop_cancelled",
        "adjustment_claimed",
        "adjustment_decided",
        "incident_acknowledged",
        "measuring_paused",
        "measuring_resumed",
        "service_began",
        "service_ended",
        "terms_set",
        "service_set",
        "provider_set",
        "vantage_set",
        "signing_key_set",
        "month_closed",
        "statement_signed",
        "claim_submitted",
        "claim_settled",
        "incident_notifiable",
        "incident_reported",
        "notice_delivered",
        "segment_opened",
        "carried_over",
        "chain_damaged",
    ];
}
