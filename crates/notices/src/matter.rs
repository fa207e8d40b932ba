//! What the facts say of a letter's notices.

use contract::contracts::Contracts;
use contract::notices::{DueNotice, statement_of};
use contract::stops::judged_stops;
use contract::support::in_office_hours;
use contract::{
    ClosedFigure, Evidence, History, Instant, Interval, Month, NoticeKind, Reach, State,
    StopVerdict, month_figure,
};
use jiff::tz::TimeZone;

use crate::alert::{self, AlertSeen};

/// A notice with what it is about.
#[derive(Clone, Debug)]
pub struct Matter {
    /// The notice.
    pub due: DueNotice,
    /// The service's customer, if named.
    pub customer: Option<String>,
    /// The service's time zone.
    pub zone: TimeZone,
    /// What it is about; none if the facts do not say (any more).
    pub what: Option<What>,
}

/// What a notice is about.
#[derive(Clone, Debug)]
pub enum What {
    /// An incident (C9.1).
    Incident(Box<Incident>),
    /// A planned stop (C4).
    Stop(Box<Stop>),
    /// A service's month on a statement (C6.7).
    Statement(Box<Statement>),
    /// An alert (C8.2).
    Alert(Box<AlertSeen>),
}

/// An incident.
#[derive(Clone, Debug)]
pub struct Incident {
    /// Its first instant of downtime.
    pub opened: Instant,
    /// The end of its last downtime; none while that goes on.
    pub closed: Option<Instant>,
    /// Whether a login worked after that; otherwise nothing is known since.
    pub works_again: bool,
    /// Why, by the cause's name.
    pub cause: String,
    /// What was seen when it opened.
    pub evidence: Option<Evidence>,
    /// Until when troubleshooting has to start (C9.2).
    pub response_deadline: Instant,
}

/// A planned stop of one service.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Its id.
    pub id: String,
    /// The window as it was announced.
    pub window: Interval,
    /// Why, in the announcer's words.
    pub reason: String,
    /// The reference of an agreement (C4.4).
    pub agreed: Option<String>,
    /// When it was announced (C4.1).
    pub announced_at: Instant,
    /// When it was cancelled, if it was.
    pub cancelled_at: Option<Instant>,
    /// What it counts for (C4.2, C4.3).
    pub verdict: StopVerdict,
    /// Whether it overlaps office hours (C4.5).
    pub in_office_hours: bool,
}

/// A service's month on a statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The local month.
    pub month: Month,
    /// 0 for the close.
    pub revision: u32,
    /// The service's figure.
    pub figure: ClosedFigure,
}

/// What the facts say of these notices, in their order. `decided` is as for what is due.
pub fn matters(
    history: &History,
    contracts: &mut Contracts,
    items: &[DueNotice],
    decided: impl Fn(&str) -> Option<Instant>,
) -> Vec<Matter> {
    let matter = |due: &DueNotice| {
        // What is about the agent itself is told in the contract's own time zone.
        let service = due.service.as_deref().unwrap_or_default();
        let contract = contracts.running(history, service, due.since);
        let what = match due.notice {
            NoticeKind::FaultReport | NoticeKind::IncidentOpened | NoticeKind::IncidentClosed => {
                let decided = decided(service);
                decided.and_then(|decided| incident(history, contracts, due, service, decided))
            }
            NoticeKind::StopAnnounced | NoticeKind::StopCancelled => {
                stop(history, contracts, due, service)
            }
            NoticeKind::Statement => statement(history, due, service),
            NoticeKind::Alert | NoticeKind::AlertResolved => {
                let seen = alert::seen(history, contracts, due, decided(service));
                seen.map(|seen| What::Alert(Box::new(seen)))
            }
        };
        let zone = contract.terms.zone().clone();
        let customer = contract.customer.map(str::to_owned);
        Matter { due: due.clone(), customer, zone, what }
    };
    items.iter().map(matter).collect()
}

fn incident(
    history: &History,
    contracts: &mut Contracts,
    due: &DueNotice,
    service: &str,
    decided: Instant,
) -> Option<What> {
    let opened: Instant = due.about.parse().ok()?;
    // The month in which it ended, or goes on, sees all of it (C9.1).
    let seen_at = if due.notice == NoticeKind::IncidentClosed { due.since } else { opened };
    let contract = contracts.running(history, service, seen_at);
    let figure =
        month_figure(history, service, &contract.as_service_contract(), Reach::running(decided));
    let found = figure.incidents.iter().find(|incident| incident.opened == opened)?;
    let outage = figure.outages.iter().find(|outage| outage.from >= opened);
    let at_opening = history.state_at(service, opened);
    let cause = match at_opening.state {
        State::Down { cause } => cause.to_owned(),
        _ => outage.map_or_else(String::new, |outage| outage.cause.to_string()),
    };
    let state_after = found.closed.map(|closed| history.state_at(service, closed).state);
    Some(What::Incident(Box::new(Incident {
        opened,
        closed: found.closed,
        works_again: state_after == Some(State::Up),
        cause,
        evidence: at_opening.evidence.cloned(),
        response_deadline: found.response_deadline,
    })))
}

fn stop(
    history: &History,
    contracts: &mut Contracts,
    due: &DueNotice,
    service: &str,
) -> Option<What> {
    let stop = history.stop(&due.about)?;
    let terms = contracts.running(history, service, stop.window.from).terms;
    let judged = judged_stops(history, service, terms.resolved(), stop.window);
    let verdict = judged.iter().find(|judged| judged.stop.id == stop.id)?.verdict;
    Some(What::Stop(Box::new(Stop {
        id: stop.id.clone(),
        window: stop.window,
        reason: stop.reason.clone(),
        agreed: stop.agreed.clone(),
        announced_at: stop.announced_at,
        cancelled_at: stop.cancelled.as_ref().map(|cancelled| cancelled.at),
        verdict,
        in_office_hours: in_office_hours(terms.resolved(), stop.window),
    })))
}

fn statement(history: &History, due: &DueNotice, service: &str) -> Option<What> {
    let (month, revision) = statement_of(&due.about)?;
    let mut closes = history.closes(service).iter();
    // A revision closes again only the services that it concerns.
    let close =
        closes.rfind(|made| made.close.month == month && made.close.revision <= revision)?;
    let figure = close.close.figure.clone();
    Some(What::Statement(Box::new(Statement { month, revision, figure })))
}
