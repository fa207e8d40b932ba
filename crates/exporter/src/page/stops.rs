//! Planned stops: announced and past, with what each is worth for each service (C4).

use contract::{Instant, StopNotice};
use maud::{Markup, html};

use super::listing::{self, Listing};
use super::view::View;
use super::words::Language;
use crate::feed;
use crate::records::{Listed, Stop, StopService};
use crate::snapshot::Snapshot;

/// Services named in one stop's entry.
const SERVICES_SHOWN_MAX: usize = 50;

/// The page of planned stops.
pub fn stops(snapshot: &Snapshot, stops: &Listed<Stop>, view: &View) -> String {
    let language = view.language;
    let (over, announced): (Vec<&Stop>, Vec<&Stop>) =
        stops.rows.iter().partition(|stop| stop.is_over(snapshot.at));
    let sections = [
        (language.of("Announced", "Aviserade"), announced),
        (language.of("Past and cancelled", "Tidigare och inställda"), over),
    ];
    let title = language.of("Planned stops", "Planerade driftstopp");
    let listing = Listing {
        title,
        path: "/stops",
        about: about(view),
        total: stops.total,
        none: language.of("None is announced.", "Inget är aviserat."),
    };
    listing.page(
        snapshot.at,
        view,
        html! {
            @for (title, stops) in sections {
                @if !stops.is_empty() {
                    section {
                        h2 { (title) }
                        (listing::table(title, &heads(language), html! {
                            @for stop in stops { (row(stop, snapshot, view)) }
                        }))
                    }
                }
            }
        },
    )
}

fn about(view: &View) -> Markup {
    let language = view.language;
    let service = view.service.as_deref().unwrap_or_default();
    let link = view.link_in(Some(language), "/stops.ics", &[("service", service)]);
    let days = feed::KEPT_MS / 86_400_000;
    html! {
        (language.of(
            "Downtime in a stop that was announced in good time is planned. Subscribe to them as a ",
            "Stillestånd i ett driftstopp som aviserats i tid är planerat. Prenumerera på dem som ",
        ))
        a href=(link) { (language.of("calendar", "kalender")) } " (iCalendar"
        (language.of(
            format!("; what is over stays in it for {days} days)."),
            format!("; det som är över finns kvar i {days} dagar)."),
        ))
    }
}

fn heads(language: Language) -> [&'static str; 4] {
    [
        language.of("Window", "Tid"),
        language.of("Reason", "Anledning"),
        language.of("Service and verdict", "Tjänst och bedömning"),
        language.of("Announced", "Aviserat"),
    ]
}

fn row(stop: &Stop, snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let zone = &stop.timezone;
    let [_, _, verdicts, announced] = heads(language);
    let more = stop.services.len().saturating_sub(SERVICES_SHOWN_MAX);
    html! {
        tr id=(stop.id) {
            th scope="row" {
                (listing::window(stop.from, stop.until, zone))
                span.sub { (stop.id) ", " (zone.iana_name().unwrap_or("UTC")) }
            }
            td.words {
                (stop.reason)
                @if let Some(agreed) = &stop.agreed {
                    span.sub { (language.of("Agreed: ", "Avtalat: ")) (agreed) }
                }
                @if let Some(cancelled) = &stop.cancelled {
                    span.sub {
                        (language.of("Cancelled ", "Inställt "))
                        (listing::act(cancelled, zone, language))
                    }
                }
            }
            td.words data-label=(verdicts) {
                ul.plain {
                    @for it in stop.services.iter().take(SERVICES_SHOWN_MAX) {
                        li { (service(it, stop, snapshot, view)) }
                    }
                    @if more > 0 {
                        li { (language.of("and ", "och ")) (more) (language.of(" more", " till")) }
                    }
                }
            }
            td data-label=(announced) { (listing::act(&stop.announced, zone, language)) }
        }
    }
}

fn service(it: &StopService, stop: &Stop, snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let verdict = language.verdict(it.verdict);
    html! {
        (listing::service(snapshot, &it.service, view)) ": "
        @if it.verdict.counts() || stop.withdrawn { (verdict) } @else { strong { (verdict) } }
        @if it.in_office_hours {
            span.sub { (language.of("overlaps office hours", "går in på kontorstid")) }
        }
        @if !stop.withdrawn { span.sub { (notice(it, snapshot.at, language)) } }
    }
}

/// C4.8: whether the contacts were told, or still can be in time.
fn notice(it: &StopService, now: Instant, language: Language) -> Markup {
    html! {
        @match it.notice {
            StopNotice::NoContact => {
                (language.of("no contact to tell", "ingen systemansvarig att meddela"))
            }
            StopNotice::Delivered => {
                (language.of("contacts told in time", "systemansvariga meddelade i tid"))
            }
            StopNotice::NotDelivered if now <= it.notice_due => {
                (language.of("contacts still to be told", "systemansvariga ännu inte meddelade"))
            }
            StopNotice::NotDelivered => strong {
                (language.of("contacts not told in time", "systemansvariga inte meddelade i tid"))
            },
        }
    }
}
