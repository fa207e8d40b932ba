//! One service: a month of it by class, day by day and stretch by stretch, its incidents, stops and
//! statements, and its last attempt.

use contract::{ClosedFigure, Figure, Terms};
use maud::{Markup, html};

use super::calendar::calendar;
use super::layout::Frame;
use super::view::{View, segment, service_path};
use super::words::Language;
use super::{bars, display, health, incidents, listing, overview, stretches, waterfall};
use crate::counters::Counted;
use crate::months::ServiceMonth;
use crate::records::ROWS_MAX;
use crate::snapshot::{Class, Service, Snapshot, Stretch};

/// How often the page asks for itself again.
const REFRESH_S: u32 = 15;

/// The page of one service. `month` is the one that the view asks for, as
/// [`crate::Source::month`] gives it; none while nothing is known.
pub fn service(
    snapshot: &Snapshot,
    counted: &Counted,
    service: &Service,
    month: Option<&ServiceMonth>,
    view: &View,
) -> String {
    let language = view.language;
    let is_running = month.is_none_or(|month| month.figure.month == month.running);
    let main = html! {
        (listing::trail(&[], view))
        h1 { (service.name) }
        @if let Some(customer) = &service.customer { p.customer { (customer) } }
        (health::box_of(snapshot, counted, language))
        @if is_running { (live(service, month, language)) }
        @match month {
            Some(month) => (sections(service, month, view)),
            None => p { (language.of("There is no figure yet.", "Det finns ingen siffra ännu.")) },
        }
        @if is_running { (last_attempt(service, language)) }
        (footer(snapshot, service, view))
    };
    let path = service_path(&service.name);
    let refresh_s = is_running.then_some(REFRESH_S);
    Frame { title: &service.name, path: &path, refresh_s }.page(view, main)
}

/// What it is now.
fn live(service: &Service, month: Option<&ServiceMonth>, language: Language) -> Markup {
    let pause = month.and_then(|month| month.people.pause.as_ref());
    html! {
        p.now { (overview::state(service, language)) }
        @if let Some(pause) = pause {
            p.warnings {
                (language.of("Measuring is paused since ", "Mätningen är pausad sedan "))
                (listing::act(&pause.act, &service.zone, language)) ": " (pause.reason)
            }
        }
    }
}

fn sections(service: &Service, month: &ServiceMonth, view: &View) -> Markup {
    let language = view.language;
    let figure = &month.figure;
    html! {
        section {
            h2 {
                (language.of("Month: ", "Månad: ")) (language.month(figure.month))
                @if !figure.complete {
                    " " span.sub {
                        (language.of("provisional: it is running", "preliminärt: den pågår"))
                    }
                }
            }
            (months(&service.name, month, view))
            (headline(&service.name, month, view))
            (closed(&service.name, month, view))
            h3 { (language.of("Its days", "Dagarna")) }
            (calendar(&service.name, month, view))
            h3 { (language.of("Minutes by class", "Minuter per klass")) }
            (classes(&service.name, figure, view))
            h3 { (language.of("Distance to each edge", "Avstånd till varje gräns")) }
            (edges(&month.terms, figure, language))
        }
        (minutes(&service.name, month, view))
        (incidents::incidents(&service.name, month, view))
        (stops(service, figure, view))
    }
}

/// The way to the months before and after.
fn months(name: &str, month: &ServiceMonth, view: &View) -> Markup {
    let language = view.language;
    let shown = month.figure.month;
    html! {
        nav.pager aria-label=(language.of("Months", "Månader")) {
            @if !month.is_first() {
                a rel="prev" href=(view.month_link(name, shown.prev())) {
                    "← " (language.month(shown.prev()))
                }
            }
            @if shown < month.running {
                a rel="next" href=(view.month_link(name, shown.next())) {
                    (language.month(shown.next())) " →"
                }
            }
            a href=(view.link("/statements", &[("service", name)])) {
                (language.of("Statements", "Rapporter"))
            }
        }
    }
}

fn headline(name: &str, month: &ServiceMonth, view: &View) -> Markup {
    let language = view.language;
    let figure = &month.figure;
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
                        a href=(view.minutes_link(name, figure.month, Some(Class::Lost))) {
                            (display::minutes(figure.counted_ms, language))
                        }
                        (language.of(" of ", " av "))
                        (display::minutes(figure.budget_ms, language)) " min"
                    }
                }
            }
            div {
                dt { (language.of("Price reduction", "Prisreduktion")) }
                dd { (reduction(name, figure, view)) }
            }
        }
    }
}

fn reduction(name: &str, figure: &Figure, view: &View) -> Markup {
    let language = view.language;
    html! {
        @if figure.level == 0 {
            @if figure.complete {
                (language.of("none", "ingen"))
            } @else {
                (language.of("none so far", "ingen hittills"))
            }
        } @else {
            (display::reduction(figure, language))
            span.sub {
                (language.of("level ", "nivå ")) (figure.level)
                @if let Some(reduction) = &figure.reduction {
                    ", " (display::money(reduction, language))
                }
                @if let Some(deadline) = figure.claim_deadline {
                    ", " a href=(view.link("/claims", &[("service", name)])) {
                        (language.of("to be claimed by ", "begärs senast ")) (deadline)
                    }
                }
            }
        }
    }
}

/// What the month was closed at; what stands now is above it (C6.7).
fn closed(name: &str, month: &ServiceMonth, view: &View) -> Markup {
    let language = view.language;
    let statements = view.link("/statements", &[("service", name)]);
    html! {
        @if !month.closes.is_empty() {
            h3 { (language.of("As it was closed", "Som den avslutades")) }
            ul.plain {
                @for close in month.closes.iter().rev() {
                    li {
                        a href=(statements) {
                            @match close.revision {
                                0 => (language.of("Close", "Avslut")),
                                n => { (language.of("Revision ", "Rättelse ")) (n) },
                            }
                        }
                        ", " (display::minute(close.at, &month.zone)) ": "
                        (closed_figure(&close.figure, language))
                    }
                }
            }
        }
    }
}

fn closed_figure(figure: &ClosedFigure, language: Language) -> Markup {
    html! {
        (display::percent(figure.availability_percent, language)) ", "
        (display::minutes(figure.counted_ms, language)) " min"
        @if figure.level > 0 { ", " (language.of("level ", "nivå ")) (figure.level) }
    }
}

fn classes(name: &str, figure: &Figure, view: &View) -> Markup {
    let language = view.language;
    let title = language.of("Minutes by class", "Minuter per klass");
    let line = |head: Markup, row: Option<&str>, ms: i64| {
        html! { tr class=[row] {
            th scope="row" { (head) }
            td.number { (display::minutes(ms, language)) }
            td { (display::exact(ms, language)) }
        } }
    };
    let row = |name: &str, ms| line(html! { (name) }, None, ms);
    let detail = |name: &str, ms| line(html! { (name) }, Some("detail"), ms);
    let class = |class: Class, ms: i64| {
        let to = view.minutes_link(name, figure.month, Some(class));
        line(html! { a href=(to) { (language.class(class)) } }, None, ms)
    };
    listing::scroll(
        title,
        html! {
            table {
                caption.hidden { (title) }
                thead { tr {
                    th scope="col" { (language.of("Class", "Klass")) }
                    th.number scope="col" { (language.of("Minutes", "Minuter")) }
                    th scope="col" { (language.of("Length", "Längd")) }
                } }
                tbody {
                    (line(
                        html! { a href="#days" { (language.of("Up", "Uppe")) } },
                        None,
                        figure.up_ms,
                    ))
                    (class(Class::Lost, figure.lost_ms))
                    (class(Class::Planned, figure.planned_ms))
                    (class(Class::Excluded, figure.excluded_ms))
                    @for (ground, ms) in figure.excluded_by_ground_ms.iter().filter(occurred) {
                        (detail(language.ground(ground), ms))
                    }
                    (class(Class::Unmeasured, figure.unmeasured_ms))
                    @for (cause, ms) in figure.unmeasured_by_cause_ms.iter().filter(occurred) {
                        (detail(language.unmeasured(cause), ms))
                    }
                    (class(Class::NotInService, figure.not_in_service_ms))
                }
                tfoot {
                    (row(language.of("Elapsed", "Förflutet"), figure.elapsed_ms))
                    (row(language.of("Whole month (P)", "Hela månaden (P)"), figure.period_ms))
                }
            }
        },
    )
}

/// Whether a member of a closed list has any time.
fn occurred<M>(&(_, ms): &(M, i64)) -> bool {
    ms > 0
}

fn edges(terms: &Terms, figure: &Figure, language: Language) -> Markup {
    let edges = std::iter::once(&terms.target).chain(&terms.edges);
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

/// Every stretch of the month that was not up, the newest first; of one class if it is asked for.
fn minutes(name: &str, month: &ServiceMonth, view: &View) -> Markup {
    let language = view.language;
    let wanted = |class: Class| view.class.is_none_or(|wanted| wanted == class);
    let all: Vec<&Stretch> = month.stretches.iter().rev().filter(|it| wanted(it.class)).collect();
    let page = view.page.clamp(1, all.len().div_ceil(ROWS_MAX).max(1));
    let shown: Vec<&Stretch> =
        all.iter().copied().skip((page - 1) * ROWS_MAX).take(ROWS_MAX).collect();
    let title = match view.class {
        None => language.of("What was not up", "Det som inte var uppe").to_owned(),
        Some(class) => {
            format!(
                "{}: {}",
                language.of("Minutes by class", "Minuter per klass"),
                language.class(class)
            )
        }
    };
    html! {
        section #minutes {
            h2 { (title) }
            @if view.class.is_some() {
                p {
                    a href=(view.minutes_link(name, month.figure.month, None)) {
                        (language.of("Show every class", "Visa alla klasser"))
                    }
                }
            }
            @if shown.is_empty() {
                p { (language.of("Nothing.", "Inget.")) }
            } @else {
                (stretches::table(name, &shown, month, view))
                (pager(name, month, view, page, all.len()))
            }
        }
    }
}

fn pager(name: &str, month: &ServiceMonth, view: &View, page: usize, total: usize) -> Markup {
    let class = view.class.map(Class::as_str).unwrap_or_default();
    let of_month = month.figure.month.to_string();
    let link = |page: usize| {
        let parameters = [("month", &*of_month), ("class", class), ("page", &*page.to_string())];
        format!("{}#minutes", view.link(&service_path(name), &parameters))
    };
    listing::pager(page, total, link, view.language)
}

fn stops(service: &Service, figure: &Figure, view: &View) -> Markup {
    let language = view.language;
    let of_service = view.link("/stops", &[("service", &service.name)]);
    html! {
        section {
            h2 { (language.of("Announced stops of the month", "Månadens aviserade driftstopp")) }
            @if figure.stops.is_empty() {
                p { (language.of("None is announced.", "Inget är aviserat.")) }
            } @else {
                ul.stops {
                    @for stop in &figure.stops {
                        li {
                            strong { (listing::window(stop.from, stop.until, &service.zone)) }
                            " " a href={ (of_service) "#" (stop.id) } { (stop.id) } " "
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

fn last_attempt(service: &Service, language: Language) -> Markup {
    html! {
        section {
            h2 { (language.of("Last attempt", "Senaste försöket")) }
            @match &service.attempt {
                Some(attempt) => (waterfall::attempt(attempt, &service.zone, language)),
                None => p { (language.of("None is finished yet.", "Inget är klart ännu.")) },
            }
        }
    }
}

fn footer(snapshot: &Snapshot, service: &Service, view: &View) -> Markup {
    let language = view.language;
    let records = |path| view.link(path, &[("service", &service.name)]);
    let month = view.month.map(|month| format!("?month={month}")).unwrap_or_default();
    html! {
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
                a href={ "/api/v1/services/" (segment(&service.name)) (month) } { "JSON" }
            }
        }
    }
}
