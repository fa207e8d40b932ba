//! A month's incidents: the support clock, who acknowledged them, and what is due to the authority
//! (C9, C10.6).

use contract::{Incident, ReportStage, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::view::View;
use super::words::Language;
use super::{display, listing};
use crate::months::ServiceMonth;
use crate::records::Notifiable;

/// Incidents on the page; the newest are shown.
const SHOWN_MAX: usize = 100;

/// The section of a service's page.
pub fn incidents(name: &str, month: &ServiceMonth, view: &View) -> Markup {
    let language = view.language;
    let incidents = &month.figure.incidents;
    let title = language.of("Incidents of the month", "Månadens incidenter");
    html! {
        section {
            h2 { (title) }
            @if incidents.is_empty() {
                p { (language.of("None has opened.", "Ingen har öppnats.")) }
            } @else {
                (listing::table(title, &heads(language), html! {
                    @for incident in incidents.iter().rev().take(SHOWN_MAX) {
                        (row(incident, name, month, view))
                    }
                }))
            }
        }
    }
}

fn heads(language: Language) -> [&'static str; 5] {
    [
        language.of("Opened", "Öppnad"),
        language.of("Closed", "Avslutad"),
        language.of("Start troubleshooting by", "Felsökning påbörjas senast"),
        language.of("Acknowledged", "Kvitterad"),
        language.of("Response", "Inställelse"),
    ]
}

fn row(incident: &Incident, name: &str, month: &ServiceMonth, view: &View) -> Markup {
    let (language, zone) = (view.language, &month.zone);
    let [_, closed, deadline, acknowledged, answer] = heads(language);
    let act = month.people.acknowledged(incident.opened);
    let notifiable = month.people.notifiable(incident.opened);
    html! {
        tr {
            th scope="row" {
                a href=(view.moment_link(name, incident.opened)) {
                    (display::instant(incident.opened, zone))
                }
                span.sub {
                    (display::length(incident.lost_ms, language))
                    (language.of(" lost", " förlorat"))
                }
            }
            td data-label=(closed) {
                @match incident.closed {
                    Some(closed) => (display::instant(closed, zone)),
                    None => (language.of("goes on", "pågår")),
                }
            }
            td data-label=(deadline) { (display::minute(incident.response_deadline, zone)) }
            td data-label=(acknowledged) {
                @match (act, incident.acknowledged) {
                    (Some(act), _) => (listing::act(act, zone, language)),
                    (None, Some(at)) => (display::minute(at, zone)),
                    (None, None) => (language.of("not yet", "inte än")),
                }
                @if let Some(notifiable) = notifiable {
                    (reports(notifiable, zone, language))
                }
            }
            td data-label=(answer) { (response(incident.response, language)) }
        }
    }
}

/// How the support clock stands.
pub fn response(response: Response, language: Language) -> Markup {
    html! {
        @match response {
            Response::Met => (language.of("in time", "i tid")),
            Response::Breached => strong { (language.of("too late", "för sent")) },
            Response::Running => (language.of("the clock runs", "klockan går")),
        }
    }
}

/// What is due to the authority, and by when.
pub fn reports(notifiable: &Notifiable, zone: &TimeZone, language: Language) -> Markup {
    html! {
        @for report in &notifiable.reports {
            span.sub {
                (stage(report.stage, language)) ": "
                @match report.reported_at {
                    Some(at) => {
                        (language.of("handed in ", "lämnad ")) (display::minute(at, zone))
                    },
                    None => {
                        (language.of("due by ", "senast "))
                        (display::minute(report.deadline, zone))
                    },
                }
            }
        }
    }
}

fn stage(stage: ReportStage, language: Language) -> &'static str {
    match stage {
        ReportStage::EarlyWarning => language.of("Early warning (NIS2)", "Tidig varning (NIS2)"),
        ReportStage::Notification => language.of("Notification (NIS2)", "Incidentanmälan (NIS2)"),
        ReportStage::Final => language.of("Final report (NIS2)", "Slutrapport (NIS2)"),
    }
}
