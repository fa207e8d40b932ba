//! All that is known of an incident, for whoever has to explain it.

use contract::contracts::Contracts;
use contract::{DownClass, History, Incident, Instant, Interval, Outage, Reach, month_figure};
use ledger::AttemptSummary;

use super::incidents::{Incidents, of_service};
use super::protocol::Reply;
use super::requests::{Refusal, Requests, known_service};
use super::views::{AttemptView, IncidentReport, NoticeView, OutageView};

/// Attempts are shown from this long before an incident until this long after it.
const AROUND_MS: i64 = 5 * 60_000;
/// The first and the last attempts are shown, this many of each.
const ATTEMPTS_MAX: usize = 50;

impl Requests {
    pub(super) fn report_incident(
        &self,
        service: &str,
        opened: Option<&str>,
    ) -> Result<Reply, Refusal> {
        let now = self.clock.now().wall;
        let attempts = self.ledger.attempts(service);
        self.ledger.read(|history| {
            known_service(history, service)?;
            let mut contracts = Contracts::default();
            let found = of_service(history, &mut contracts, service, now);
            let incident = match opened {
                None => found.latest()?,
                Some(text) => found.opened(text)?,
            };
            let contract = contracts.running(history, service, incident.opened);
            let report = IncidentReport {
                incident: found.view(history, incident),
                clock_percent: incident.clock_percent(contract.terms.support(), now),
                vantage: history.vantage().cloned(),
                outages: outages(history, &mut contracts, &found, incident),
                attempts: around(incident.span(now), &attempts),
                notices: notices(history, service, incident.span(now)),
            };
            Ok(Reply::IncidentReport { report: Box::new(report) })
        })
    }
}

/// Its downtime in the running month and the one before. Where it goes on over the months' border,
/// it is in two parts.
fn outages(
    history: &History,
    contracts: &mut Contracts,
    found: &Incidents,
    incident: &Incident,
) -> Vec<OutageView> {
    let (service, now, month) = (&found.service, found.now, found.terms.month());
    let span = incident.span(now);
    let mut views = Vec::new();
    for month in [month.prev(), month] {
        let contract = contracts.of(history, service, month);
        let contract = contract.as_service_contract();
        let figure = month_figure(history, service, &contract, Reach::running(now));
        let of_incident = figure.outages.iter().filter(|outage| {
            outage.class != DownClass::Planned
                && Interval::new(outage.from, outage.until).overlaps(span)
        });
        views.extend(of_incident.map(|outage| view(history, service, outage)));
    }
    views
}

fn view(history: &History, service: &str, outage: &Outage) -> OutageView {
    // C5.2: what was measured is no evidence of what a customer reported.
    let was_measured = *outage.cause != *"fault_report";
    let evidence = history.state_at(service, outage.from).evidence.filter(|_| was_measured);
    OutageView {
        from: outage.from,
        until: outage.until,
        cause: outage.cause.to_string(),
        class: outage.class.as_str().to_owned(),
        ground: match outage.class {
            DownClass::Excluded(ground) => Some(ground),
            DownClass::Planned | DownClass::Lost => None,
        },
        responsible: outage.class.responsible(),
        evidence: evidence.cloned(),
    }
}

fn around(span: Interval, attempts: &[AttemptSummary]) -> Vec<AttemptView> {
    let shown = Interval::new(span.from.plus_ms(-AROUND_MS), span.until.plus_ms(AROUND_MS));
    let within: Vec<_> = attempts.iter().filter(|attempt| shown.contains(attempt.at)).collect();
    let last = within.len().saturating_sub(ATTEMPTS_MAX);
    let is_shown = |&(place, _): &(usize, _)| place < ATTEMPTS_MAX || place >= last;
    let shown = within.into_iter().enumerate().filter(is_shown);
    shown.map(|(_, attempt)| AttemptView::from(attempt)).collect()
}

/// The notices about the incident, by the opening that they name.
fn notices(history: &History, service: &str, span: Interval) -> Vec<NoticeView> {
    let is_about = |about: &str| about.parse::<Instant>().is_ok_and(|opened| span.contains(opened));
    let made = history.deliveries(service).iter().filter(|made| is_about(&made.about));
    made.map(|made| NoticeView {
        at: made.at,
        notice: made.notice,
        contact: made.contact.clone(),
        channel: made.channel.clone(),
    })
    .collect()
}
