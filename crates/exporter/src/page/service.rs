//! One service: its running month by class, day by day, its outages, stops and last attempt.

use contract::{DownClass, Figure, Outage};
use maud::{Markup, html};

use super::view::{View, segment, service_path};
use super::words::Language;
use super::{bars, days, display, incidents, layout, listing, overview, waterfall};
use crate::records::People;
use crate::snapshot::{Class, Service, Snapshot, Stretch};

/// Outages on the page; the newest are shown.
const OUTAGES_SHOWN_MAX: usize = 200;
/// How often the page asks for itself again.
const REFRESH_S: u32 = 15;

/// The page of one service. `stretches` is its running month as [`crate::Source::month`] gives it,
/// `people` what [`crate::Records::people`] does.
pub fn service(
    snapshot: &Snapshot,
    service: &Service,
    stretches: Option<&[Stretch]>,
    people: Option<&People>,
    view: &View,
) -> String {
    let language = view.language;
    let records = |path| view.link(path, &[("service", &service.name)]);
    let main = html! {
        nav.trail aria-label=(language.of("Trail", "Sökväg")) {
            a href=(view.link("/", &[])) { (language.of("All services", "Alla tjänster")) }
        }
        h1 { (service.name) }
        @if let Some(customer) = &service.customer { p.customer { (customer) } }
        (overview::warnings(snapshot, language))
        p.now { (overview::state(service, language)) }
        @if let Some(pause) = people.and_then(|people| people.pause.as_ref()) {
            p.warnings {
                (language.of("Measuring is paused since ", "Mätningen är pausad sedan "))
                (listing::act(&pause.act, &service.zone, language)) ": " (pause.reason)
            }
        }
        @match &service.figure {
            Some(figure) => (month(service, figure, stretches, people, language)),
            None => p { (language.of("There is no figure yet.", "Det finns ingen siffra ännu.")) },
        }
        section {
            h2 { (language.of("Last attempt", "Senaste försöket")) }
            @match &service.attempt {
                Some(attempt) => (waterfall::attempt(attempt, &service.zone, language)),
                None => p { (language.of("None is finished yet.", "Inget är klart ännu.")) },
            }
        }
        footer {
            p {
                (language.of("As of ", "Per ")) (display::instant(snapshot.at, &service.zone))
                " (" (service.zone.iana_name().unwrap_or("UTC")) ")."
            }
            p {
                a href=(records("/stops")) { (language.of("All its stops", "Alla dess driftstopp")) }
                " · "
                a href=(records("/adjustments")) { (language.of("Adjustments", "Justeringar")) }
                " · "
                a href=(records("/claims")) { (language.of("Claims", "Prisreduktioner")) }
                " · "
                a href=(records("/statements")) { (language.of("Statements", "Rapporter")) }
                " · "
                a href={ "/api/v1/services/" (segment(&service.name)) } { "JSON" }
            }
        }
    };
    layout::frame(&service.name, view, &service_path(&service.name), Some(REFRESH_S), main)
}

fn month(
    service: &Service,
    figure: &Figure,
    stretches: Option<&[Stretch]>,
    people: Option<&People>,
    language: Language,
) -> Markup {
    html! {
        section {
            h2 {
                (language.of("Month ", "Månad ")) (figure.month)
                @if !figure.complete {
                    " " span.sub {
                        (language.of("provisional: it is running", "preliminärt: den pågår"))
                    }
                }
            }
            (headline(figure, language))
            @if let Some(stretches) = stretches {
                h3 { (language.of("Minutes of each day", "Varje dags minuter")) }
                (days::days(service, figure, stretches, language))
            }
            h3 { (language.of("Minutes by class", "Minuter per klass")) }
            (classes(figure, language))
            h3 { (language.of("Distance to each edge", "Avstånd till varje gräns")) }
            (edges(service, figure, language))
        }
        (outages(service, figure, language))
        (incidents::incidents(service, figure, people, language))
        (stops(service, figure, language))
    }
}

fn headline(figure: &Figure, language: Language) -> Markup {
    html! {
        dl.headline {
            div {
                dt { (language.of("Availability", "Tillgänglighet")) }
                dd { (overview::availability(figure, language)) }
            }
            div {
                dt { (language.of("Budget burned", "Förbrukad budget")) }
                dd {
                    (bars::budget(figure, language))
                    span.sub {
                        (display::minutes(figure.counted_ms, language))
                        (language.of(" of ", " av "))
                        (display::minutes(figure.budget_ms, language)) " min"
                    }
                }
            }
            div {
                dt { (language.of("Price reduction", "Prisreduktion")) }
                dd {
                    @if figure.level == 0 {
                        (language.of("none", "ingen"))
                    } @else {
                        (display::reduction(figure, language))
                        span.sub {
                            (language.of("level ", "nivå ")) (figure.level)
                            @if let Some(reduction) = &figure.reduction {
                                ", " (display::money(reduction, language))
                            }
                            @if let Some(deadline) = figure.claim_deadline {
                                (language.of(", to be claimed by ", ", begärs senast ")) (deadline)
                            }
                        }
                    }
                }
            }
        }
    }
}

fn classes(figure: &Figure, language: Language) -> Markup {
    let line = |class: Option<&str>, name: &str, ms: i64| {
        html! { tr class=[class] {
            th scope="row" { (name) }
            td.number { (display::minutes(ms, language)) }
            td { (display::length(ms, language)) }
        } }
    };
    let row = |name, ms| line(None, name, ms);
    let detail = |name, ms| line(Some("detail"), name, ms);
    html! {
        div.scroll tabindex="0" role="region"
            aria-label=(language.of("Minutes by class", "Minuter per klass"))
        {
            table {
                thead { tr {
                    th scope="col" { (language.of("Class", "Klass")) }
                    th.number scope="col" { (language.of("Minutes", "Minuter")) }
                    th scope="col" { (language.of("Length", "Längd")) }
                } }
                tbody {
                    (row(language.of("Up", "Uppe"), figure.up_ms))
                    (row(language.class(Class::Lost), figure.lost_ms))
                    (row(language.class(Class::Planned), figure.planned_ms))
                    (row(language.class(Class::Excluded), figure.excluded_ms))
                    @for (ground, ms) in figure.excluded_by_ground_ms.iter().filter(occurred) {
                        (detail(language.ground(ground), ms))
                    }
                    (row(language.class(Class::Unmeasured), figure.unmeasured_ms))
                    @for (cause, ms) in figure.unmeasured_by_cause_ms.iter().filter(occurred) {
                        (detail(language.unmeasured(cause), ms))
                    }
                    (row(language.class(Class::NotInService), figure.not_in_service_ms))
                }
                tfoot {
                    (row(language.of("Elapsed", "Förflutet"), figure.elapsed_ms))
                    (row(language.of("Whole month (P)", "Hela månaden (P)"), figure.period_ms))
                }
            }
        }
    }
}

/// Whether a member of a closed list has any time.
fn occurred<M>(&(_, ms): &(M, i64)) -> bool {
    ms > 0
}

fn edges(service: &Service, figure: &Figure, language: Language) -> Markup {
    let edges = std::iter::once(&service.terms.target).chain(&service.terms.edges);
    html! {
        ul.edges {
            @for (edge, left_ms) in edges.zip(&figure.left_ms) {
                li {
                    strong { (display::decimal(&edge.to_string(), language)) " %" } " "
                    @if *left_ms > 0 {
                        (display::length(*left_ms, language)) (language.of(" left", " kvar"))
                    } @else {
                        (language.of("passed", "passerad"))
                    }
                }
            }
        }
    }
}

fn outages(service: &Service, figure: &Figure, language: Language) -> Markup {
    let title = language.of("Downtime this month", "Månadens stillestånd");
    html! {
        section {
            h2 { (title) }
            @if figure.outages.is_empty() {
                p { (language.of("None was confirmed.", "Inget har bekräftats.")) }
            } @else {
                div.scroll tabindex="0" role="region" aria-label=(title) {
                    table {
                        thead { tr {
                            th scope="col" { (language.of("From", "Från")) }
                            th scope="col" { (language.of("Until", "Till")) }
                            th scope="col" { (language.of("Length", "Längd")) }
                            th scope="col" { (language.of("Class", "Klass")) }
                            th scope="col" { (language.of("Cause", "Orsak")) }
                        } }
                        tbody {
                            @for outage in figure.outages.iter().rev().take(OUTAGES_SHOWN_MAX) {
                                (outage_row(outage, service, language))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn outage_row(outage: &Outage, service: &Service, language: Language) -> Markup {
    html! {
        tr {
            td { (display::instant(outage.from, &service.zone)) }
            td { (display::instant(outage.until, &service.zone)) }
            td.length { (display::length(outage.until.since(outage.from), language)) }
            td { (down_class(outage.class, language)) }
            td.cause { (language.cause(&outage.cause)) }
        }
    }
}

fn down_class(class: DownClass, language: Language) -> Markup {
    html! {
        @match class {
            DownClass::Lost => (language.class(Class::Lost)),
            DownClass::Planned => (language.class(Class::Planned)),
            DownClass::Excluded(ground) => {
                (language.class(Class::Excluded)) span.sub { (language.ground(ground)) }
            },
        }
    }
}

fn stops(service: &Service, figure: &Figure, language: Language) -> Markup {
    html! {
        section {
            h2 { (language.of("Announced stops this month", "Månadens aviserade driftstopp")) }
            @if figure.stops.is_empty() {
                p { (language.of("None is announced.", "Inget är aviserat.")) }
            } @else {
                ul.stops {
                    @for stop in &figure.stops {
                        li {
                            strong {
                                (display::minute(stop.from, &service.zone)) " – "
                                (display::minute(stop.until, &service.zone))
                            }
                            " " (stop.id) " "
                            span.sub {
                                (language.verdict(stop.verdict))
                                @if stop.in_office_hours {
                                    (language.of(
                                        ", overlaps office hours",
                                        ", går in på kontorstid",
                                    ))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
