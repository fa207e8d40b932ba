//! What answers on the admin socket show: stops, adjustments, incidents, claims, each as recorded and
//! as it counts.

use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::{
    ClaimState, Evidence, Instant, Money, Month, NoticeKind, Pause, ReportStage, Side, Vantage,
};
use jiff::civil::Date;
use ledger::AttemptSummary;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

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
    /// What is due to the authority, if it is marked as notifiable (C10.6).
    pub notifiable: Option<NotifiableView>,
}

/// An incident that is marked as notifiable, and what is due of it (C10.6).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NotifiableView {
    /// The service.
    pub service: String,
    /// The service's time zone.
    pub timezone: String,
    /// When the incident opened, as it was marked.
    pub opened: Instant,
    /// When it was detected: the deadlines count from here.
    pub detected: Instant,
    /// Who marked it.
    pub by: String,
    /// What is due, in this order.
    pub stages: Vec<StageView>,
}

/// What is due to the authority.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StageView {
    /// Which.
    pub stage: ReportStage,
    /// Until when.
    pub deadline: Instant,
    /// When it was recorded as handed in, and by whom.
    pub reported: Option<ReportedView>,
}

/// Something was handed in to the authority.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReportedView {
    /// When it was recorded.
    pub at: Instant,
    /// Who recorded it.
    pub by: String,
    /// The authority's reference.
    pub reference: Option<String>,
}

/// All that is known of an incident.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IncidentReport {
    /// The incident, and its support clock.
    pub incident: IncidentView,
    /// How much of the time to start troubleshooting has run, in percent (C9.4).
    pub clock_percent: i64,
    /// From where it is measured, and which witnesses are asked (C3.3).
    pub vantage: Option<Vantage>,
    /// Its downtime, in order of time.
    pub outages: Vec<OutageView>,
    /// Attempts from shortly before it until shortly after, as far as they are still kept.
    pub attempts: Vec<AttemptView>,
    /// The notices about it that were delivered (C9.5).
    pub notices: Vec<NoticeView>,
}

/// Downtime of one cause and one class.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OutageView {
    /// First instant down.
    pub from: Instant,
    /// First instant after, or up to when it is known.
    pub until: Instant,
    /// Why.
    pub cause: String,
    /// `lost`, `planned` or `excluded` (C6.1).
    pub class: String,
    /// The ground, if it is excluded.
    pub ground: Option<Ground>,
    /// The side that answers for it (C5.5).
    pub responsible: Side,
    /// What was seen, if it is still held.
    pub evidence: Option<Evidence>,
}

/// One attempt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttemptView {
    /// When it started.
    pub at: Instant,
    /// `up`, `down`, `account` or `unable`.
    pub outcome: String,
    /// Why, if it is not `up`.
    pub cause: Option<String>,
    /// How long it took.
    pub duration_ms: u32,
}

/// A notice that was delivered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NoticeView {
    /// When that was recorded.
    pub at: Instant,
    /// What it said.
    pub notice: NoticeKind,
    /// To whom, by id.
    pub contact: String,
    /// By which channel.
    pub channel: String,
}

/// What a month gives, and how its claim stands (C7.5).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReductionClaimView {
    /// The service.
    pub service: String,
    /// The customer, if named.
    pub customer: Option<String>,
    /// The local month.
    pub month: Month,
    /// The service's time zone, in which the deadline's day ends.
    pub timezone: String,
    /// The price level.
    pub level: usize,
    /// The reduction of the monthly fee, in percent.
    pub reduction_percent: Decimal,
    /// The reduction in money, if a fee is set.
    pub reduction: Option<Money>,
    /// The last day on which it can be claimed (C7.4).
    pub deadline: Option<Date>,
    /// `open`, `submitted`, `settled` or `lapsed`.
    pub state: ClaimState,
    /// Whether the month is not closed: the reduction may change (C7.3).
    pub provisional: bool,
    /// When and by whom the claim was recorded, and what it is called.
    pub submitted: Option<SubmittedView>,
    /// When and by whom it was settled.
    pub settled: Option<SettledView>,
}

/// The customer has claimed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmittedView {
    /// When it was recorded.
    pub at: Instant,
    /// Who recorded it.
    pub by: String,
    /// What the customer's letter or case is called.
    pub reference: Option<String>,
}

/// A claim is settled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SettledView {
    /// When it was recorded.
    pub at: Instant,
    /// Who recorded it.
    pub by: String,
    /// What was credited.
    pub amount: Money,
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

impl From<&Pause> for PauseView {
    fn from(pause: &Pause) -> Self {
        PauseView { by: pause.by.clone(), at: pause.at, reason: pause.reason.clone() }
    }
}

impl From<&AttemptSummary> for AttemptView {
    fn from(attempt: &AttemptSummary) -> Self {
        AttemptView {
            at: attempt.at,
            outcome: attempt.outcome.as_str().to_owned(),
            cause: attempt.outcome.cause().map(str::to_owned),
            duration_ms: attempt.duration_ms,
        }
    }
}
