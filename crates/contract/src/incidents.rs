//! Incidents: downtime as a fault report sees it, and the clock that it starts (C9.1, C9.4).

use serde::{Deserialize, Serialize};

use crate::fact::AdjustmentKind;
use crate::history::History;
use crate::instant::{Instant, Interval};
use crate::notification::Notifiable;
use crate::service_record::{Acknowledgement, Change, ServiceRecord, StoredState};
use crate::support::SupportHours;

/// Intervals of downtime less than this apart are one incident (C9.1).
pub const INCIDENT_GAP_MS: i64 = 10 * 60_000;

/// An incident, as the month that it touches shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Incident {
    /// Its first instant of downtime.
    pub opened: Instant,
    /// The end of its last downtime; none while that goes on.
    pub closed: Option<Instant>,
    /// Its lost time in this month.
    pub lost_ms: i64,
    /// Until when troubleshooting has to start (C9.2).
    pub response_deadline: Instant,
    /// When somebody acknowledged that it has started.
    pub acknowledged: Option<Instant>,
    /// Whether that was in time.
    pub response: Response,
}

/// How the support clock of an incident stands (C9.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// Acknowledged, or over, at or before the deadline.
    Met,
    /// Neither by the deadline.
    Breached,
    /// Before the deadline.
    Running,
}

impl Response {
    /// The name in JSON and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Response::Met => "met",
            Response::Breached => "breached",
            Response::Running => "running",
        }
    }
}

/// Downtime that belongs to one incident.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub interval: Interval,
    pub lost_ms: i64,
}

/// Joins downtime, given in order of time, into incidents.
#[derive(Debug, Default)]
pub(crate) struct Spans(pub Vec<Span>);

impl Spans {
    /// Adds downtime outside valid planned windows, of which `lost_ms` count for the month.
    pub fn add(&mut self, down: Interval, lost_ms: i64) {
        match self.0.last_mut() {
            Some(last) if down.from.since(last.interval.until) < INCIDENT_GAP_MS => {
                last.interval.until = down.until;
                last.lost_ms += lost_ms;
            }
            _ => self.0.push(Span { interval: down, lost_ms }),
        }
    }
}

/// The acknowledgement of an incident: the first made that names its opening (C9.4), or the first
/// instant at which it was measured down. So an acknowledgement stands where a fault report that is
/// accepted later moves the opening (C5.2).
fn acknowledgement(record: &ServiceRecord, incident: Interval) -> Option<&Acknowledgement> {
    let begun = record.changes.partition_point(|change| change.from < incident.from);
    let within = record.changes[begun..].iter().take_while(|it| it.from < incident.until);
    let is_down = |change: &&Change| matches!(change.state, StoredState::Down(_));
    let measured = within.filter(is_down).map(|change| change.from).next();
    let names = |opened| opened == incident.from || Some(opened) == measured;
    let all = &record.acknowledgements;
    let within = all[all.partition_point(|made| made.opened < incident.from)..].iter();
    let within = within.take_while(|made| made.opened < incident.until);
    within.filter(|made| names(made.opened)).min_by_key(|made| made.seq)
}

impl History {
    /// The acknowledgement of an incident of `service`, seen at `now` (C9.4).
    pub fn acknowledgement_of(
        &self,
        service: &str,
        incident: &Incident,
        now: Instant,
    ) -> Option<&Acknowledgement> {
        acknowledgement(self.record_of(service)?, incident.span(now))
    }

    /// The mark on an incident of `service`, seen at `now`, that makes it notifiable (C10.6): the
    /// first made of those whose `opened` lies in it.
    pub fn notifiable_of(
        &self,
        service: &str,
        incident: &Incident,
        now: Instant,
    ) -> Option<&Notifiable> {
        let span = incident.span(now);
        let within = self.notifiable(service).iter().filter(|made| span.contains(made.opened));
        within.min_by_key(|made| made.seq)
    }
}

impl History {
    /// When the downtime of an incident of `service`, seen at `now`, was first on record, as
    /// measured or as reported by a customer: the incident is detected (C10.6).
    pub fn detected_at(&self, service: &str, incident: &Incident, now: Instant) -> Option<Instant> {
        let record = self.record_of(service)?;
        let span = incident.span(now);
        let begun = record.changes.partition_point(|change| change.from <= span.from);
        let within = record.changes[begun.saturating_sub(1)..].iter();
        let measured = within
            .take_while(|change| change.from < span.until)
            .filter(|change| matches!(change.state, StoredState::Down(_)))
            .map(|change| change.at);
        let adjustments = record.adjustments.iter().map(|&at| &self.adjustments[at as usize]);
        let reported = adjustments
            .filter(|made| made.kind == AdjustmentKind::Include && made.interval.overlaps(span))
            .map(|made| made.claimed_at);
        measured.chain(reported).min()
    }
}

impl Incident {
    /// From its opening to its end; to `now`, while it goes on.
    pub fn span(&self, now: Instant) -> Interval {
        Interval::new(self.opened, self.closed.unwrap_or(now))
    }

    /// The incident of a span, seen at `now`.
    pub(crate) fn new(
        span: Span,
        is_open: bool,
        record: &ServiceRecord,
        support: &SupportHours,
        now: Instant,
    ) -> Self {
        let opened = span.interval.from;
        let closed = (!is_open).then_some(span.interval.until);
        let response_deadline = support.deadline(opened);
        let acknowledged = acknowledgement(record, span.interval).map(|made| made.at);
        let is_in_time = |at: Option<Instant>| at.is_some_and(|at| at <= response_deadline);
        let response = if is_in_time(acknowledged) || is_in_time(closed) {
            Response::Met
        } else if now < response_deadline {
            Response::Running
        } else {
            Response::Breached
        };
        Incident {
            opened,
            closed,
            lost_ms: span.lost_ms,
            response_deadline,
            acknowledged,
            response,
        }
    }
}
