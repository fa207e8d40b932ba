//! The landing page: every service now, its running month, outages, stops.

use std::cmp::Reverse;

use contract::{Evidence, Figure, ServiceState};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::layout::Frame;
use super::view::{Sort, View, Wanted};
use super::words::Language;
use super::{bars, display, health, listing, moment, wall};
use crate::counters::Counted;
use crate::records::ROWS_MAX;
use crate::snapshot::{Class, Outage, Service, Snapshot, Stop};

/// Outages on the page.
const OUTAGES_SHOWN_MAX: usize = 15;
/// Announced stops on the page.
const STOPS_SHOWN_MAX: usize = 15;
/// Bytes of a filter.
const FILTER_BYTES_MAX: u32 = 100;
/// How often the page asks for itself again.
const REFRESH_S: u32 = 15;

/// The landing page.
pub fn overview(snapshot: &Snapshot, counted: &Counted, view: &View) -> String {
    let language = view.language;
    let title = language.of("Can customers log in?", "Kan kunderna logga in?");
    let zone = snapshot.services.first().map_or(TimeZone::UTC, |service| service.zone.clone());
    let main = html! {
        h1 { (title) }
        (health::box_of(snapshot, counted, language))
        (counts(snapshot, view))
        @if view.wall {
            (wall::wall(snapshot, &shown(snapshot, view), view))
        } @else {
            (services(snapshot, view))
            (outages(snapshot, view))
            (stops(snapshot, view))
        }
        footer {
            p {
                (language.of("As of ", "Per ")) (display::instant(snapshot.at, &zone))
                " (" (zone.iana_name().unwrap_or("UTC")) "). "
                (language.of(
                    "Months are running: every figure is provisional.",
                    "Månaderna pågår: alla siffror är preliminära.",
                ))
            }
            p {
                @if view.wall {
                    a href=(view.list_link(view.sort, 1)) {
                        (language.of("As a list", "Som lista"))
                    }
                } @else {
                    a href=(View { wall: true, page: 1, ..view.clone() }
                        .same_page("/", view.chosen, false)) {
                        (language.of("For a screen on the wall", "För en skärm på väggen"))
                    }
                }
                " · "
                a href="/metrics" { "/metrics" } " · "
                a href="/api/v1/services" { "/api/v1/services" } " · "
                a href="/api/v1/openapi.json" { "OpenAPI" }
            }
        }
    };
    Frame { title, path: "/", refresh_s: Some(REFRESH_S) }.page(view, main)
}

/// How many services are in each state, as links that show only those.
fn counts(snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let count = |word| snapshot.services.iter().filter(|s| s.state_name() == word).count();
    let states = [
        (Wanted::Up, language.of("up", "uppe")),
        (Wanted::Down, language.of("down", "nere")),
        (Wanted::Suspected, language.of("suspected", "misstänkta")),
        (Wanted::Unmeasured, language.of("unmeasured", "omätta")),
    ];
    html! {
        ul.counts {
            @for (state, name) in states {
                @let (word, count) = (state.as_str(), count(state.as_str()));
                li class=[(count > 0).then_some(word)] {
                    a href=(view.link("/", &[("state", word)])) {
                        strong { (count) } " " (name)
                    }
                }
            }
        }
    }
}

/// The services that are asked for, in the order that is asked for.
fn shown<'a>(snapshot: &'a Snapshot, view: &View) -> Vec<&'a Service> {
    let asked = |service: &&Service| view.shows(service);
    let mut shown: Vec<&Service> = snapshot.services.iter().filter(asked).collect();
    // The services come by name, and stay so where they are alike.
    match view.sort {
        Sort::Name => {}
        Sort::Urgency => shown.sort_by_cached_key(|service| urgency(service)),
        Sort::Availability => shown.sort_by_key(|service| {
            let percent = |figure: &Figure| {
                (figure.availability_percent, figure.availability_lower_bound_percent)
            };
            service.figure.as_deref().map(percent)
        }),
        Sort::Budget => shown.sort_by_key(|service| Reverse(burned(service))),
        Sort::Lost => {
            let lost = |service: &Service| service.figure.as_ref().map(|it| it.counted_ms);
            shown.sort_by_key(|service| Reverse(lost(service)));
        }
        Sort::Level => {
            let level = |service: &Service| service.figure.as_ref().map(|figure| figure.level);
            shown.sort_by_key(|service| Reverse(level(service)));
        }
        Sort::Stop => shown.sort_by_key(|service| {
            let next = service.next_stop.as_ref().map(|stop| stop.from);
            (next.is_none(), next)
        }),
    }
    shown
}

fn services(snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let title = language.of("Services", "Tjänster");
    let shown = shown(snapshot, view);
    let page = view.page.clamp(1, shown.len().div_ceil(ROWS_MAX).max(1));
    let rows = shown.iter().skip((page - 1) * ROWS_MAX).take(ROWS_MAX);
    html! {
        section {
            h2 { (title) }
            (filter_form(view))
            @if shown.is_empty() {
                p { (language.of("No service matches.", "Ingen tjänst motsvarar sökningen.")) }
            } @else {
                (listing::scroll(title, html! {
                    table.services.stacked {
                        caption.hidden { (title) }
                        thead { tr {
                            (head(Sort::Name, language.of("Service", "Tjänst"), view))
                            (head(Sort::Urgency, language.of("Now", "Nu"), view))
                            (head(Sort::Availability,
                                language.of("Availability", "Tillgänglighet"), view))
                            (head(Sort::Budget,
                                language.of("Budget burned", "Förbrukad budget"), view))
                            (head(Sort::Lost, language.of("Lost min", "Förlorade min"), view))
                            (head(Sort::Level, language.of("Price level", "Prisnivå"), view))
                            (head(Sort::Stop, language.of("Next stop", "Nästa stopp"), view))
                        } }
                        tbody { @for service in rows { (row(service, view)) } }
                    }
                }))
                (listing::pager(
                    page,
                    shown.len(),
                    |page| view.list_link(view.sort, page),
                    language,
                ))
            }
        }
    }
}

/// A column's head: a link that sorts by it.
fn head(sort: Sort, name: &str, view: &View) -> Markup {
    let is_sorted = view.sort == sort;
    let is_number = matches!(sort, Sort::Lost | Sort::Level);
    let is_rising = matches!(sort, Sort::Name | Sort::Availability | Sort::Stop);
    let order = match sort {
        // It is an order of its own, neither rising nor falling.
        Sort::Urgency => "other",
        _ if is_rising => "ascending",
        _ => "descending",
    };
    html! {
        th.number[is_number] scope="col" aria-sort=[is_sorted.then_some(order)] {
            a href=(view.list_link(sort, 1)) { (name) }
            @if is_sorted { span.sorted aria-hidden="true" { @if is_rising { "▲" } @else { "▼" } } }
        }
    }
}

/// What needs a look first comes first: down, suspected, unmeasured; then the budget burned.
fn urgency(service: &Service) -> impl Ord + use<> {
    let state = match service.state_name() {
        "down" => 0,
        "suspected" => 1,
        "unmeasured" => 2,
        _ => 3,
    };
    (state, Reverse(burned(service)))
}

/// The burned part of the budget in millionths; nothing while there is no figure.
fn burned(service: &Service) -> Option<i128> {
    let figure = service.figure.as_ref()?;
    Some(i128::from(figure.counted_ms) * 1_000_000 / i128::from(figure.budget_ms.max(1)))
}

fn filter_form(view: &View) -> Markup {
    let language = view.language;
    let states = [
        (Wanted::NotUp, language.of("all but up", "alla utom uppe")),
        (Wanted::Down, language.of("down", "nere")),
        (Wanted::Suspected, language.of("suspected", "misstänkta")),
        (Wanted::Unmeasured, language.of("unmeasured", "omätta")),
        (Wanted::Up, language.of("up", "uppe")),
    ];
    let is_asked = !view.filter.is_empty() || view.state.is_some();
    html! {
        form.filter role="search" action="/" method="get" {
            label for="q" { (language.of("Show", "Visa")) }
            input #q type="search" name="q" value=(view.filter) maxlength=(FILTER_BYTES_MAX)
                placeholder=(language.of("name, customer, label", "namn, kund, etikett"));
            label for="state" { (language.of("that are", "som är")) }
            select #state name="state" {
                option value="" { (language.of("in any state", "i vilket läge som helst")) }
                @for (state, name) in states {
                    option value=(state.as_str()) selected[view.state == Some(state)] { (name) }
                }
            }
            @if view.sort != Sort::Urgency {
                input type="hidden" name="sort" value=(view.sort.as_str());
            }
            @if let Some(chosen) = view.chosen {
                input type="hidden" name="lang" value=(chosen.code());
            }
            button type="submit" { (language.of("Filter", "Filtrera")) }
            @if is_asked {
                a href=(view.link("/", &[])) { (language.of("Show all", "Visa alla")) }
            }
        }
    }
}

fn row(service: &Service, view: &View) -> Markup {
    let language = view.language;
    html! {
        tr {
            th scope="row" {
                a href=(view.service_link(&service.name)) { (service.name) }
                @if let Some(customer) = &service.customer { span.sub { (customer) } }
            }
            td { (state(service, language)) }
            @match &service.figure {
                Some(figure) => {
                    td data-label=(language.of("Availability", "Tillgänglighet")) {
                        (availability(figure, language))
                    }
                    td data-label="Budget" { (bars::budget(figure, language)) }
                    td.number data-label=(language.of("Lost min", "Förlorade min")) {
                        @let lost = display::minutes(figure.counted_ms, language);
                        @if figure.counted_ms > 0 {
                            a href=(view.minutes_link(
                                &service.name, figure.month, Some(Class::Lost))) { (lost) }
                        } @else {
                            (lost)
                        }
                    }
                    td.number data-label=(language.of("Price level", "Prisnivå")) {
                        (level(figure, language))
                    }
                },
                None => td colspan="4" { (language.of("no figure yet", "ingen siffra ännu")) },
            }
            @match &service.next_stop {
                Some(stop) => td data-label=(language.of("Next stop", "Nästa stopp")) {
                    (next_stop(stop, service, language))
                },
                None => td {},
            }
        }
    }
}

/// The live state: word, shape and colour, why, and since when.
pub fn state(service: &Service, language: Language) -> Markup {
    let word = service.state_name();
    html! {
        span class={ "state " (word) } { (language.state(&service.state)) }
        span.sub {
            @if let Some(cause) = language.state_cause(&service.state) { (cause) ", " }
            (language.of("since ", "sedan ")) (display::minute(service.since, &service.zone))
        }
        @if let Some((cause, _)) = service.account_trouble
            && !matches!(service.state, ServiceState::Up)
        {
            span.sub { (language.account(cause)) }
        }
    }
}

/// T so far, and the lower bound where unmeasured time makes a difference (C6.5).
pub fn availability(figure: &Figure, language: Language) -> Markup {
    let bound = figure.availability_lower_bound_percent;
    html! {
        (percent(figure, language))
        @if bound != figure.availability_percent {
            span.sub {
                (language.of("at least\u{a0}", "minst\u{a0}")) (display::percent(bound, language))
            }
        }
    }
}

/// T so far. Where nothing at all was measured there is none to show: T would be 100 % (C6.5).
pub fn percent(figure: &Figure, language: Language) -> String {
    let seen_ms = figure.up_ms + figure.lost_ms + figure.planned_ms + figure.excluded_ms;
    match (seen_ms, figure.unmeasured_ms) {
        (1.., _) => display::percent(figure.availability_percent, language),
        (_, 1..) => language.of("unmeasured", "omätt").to_owned(),
        (_, _) => language.of("outside the contract", "utanför avtalstiden").to_owned(),
    }
}

fn level(figure: &Figure, language: Language) -> Markup {
    html! {
        @if figure.level == 0 {
            "–"
        } @else {
            strong { (figure.level) }
            span.sub { "−" (display::reduction(figure, language)) }
        }
    }
}

fn next_stop(stop: &Stop, service: &Service, language: Language) -> Markup {
    html! {
        (display::minute(stop.from, &service.zone))
        @if let Some(verdict) = stop.verdict(&service.name) {
            span.sub { (language.verdict(verdict)) }
        }
    }
}

fn outages(snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let title = language.of("Last outages", "Senaste stillestånd");
    let heads = [
        language.of("Service", "Tjänst"),
        language.of("From", "Från"),
        language.of("Length", "Längd"),
        language.of("Cause and evidence", "Orsak och bevis"),
    ];
    html! {
        section {
            h2 { (title) }
            @if snapshot.outages.is_empty() {
                p { (language.of("None is recorded.", "Inget är antecknat.")) }
            } @else {
                (listing::table(title, &heads, html! {
                    @for outage in snapshot.outages.iter().take(OUTAGES_SHOWN_MAX) {
                        (outage_row(outage, snapshot, view))
                    }
                }))
            }
        }
    }
}

fn outage_row(outage: &Outage, snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let zone = snapshot.service(&outage.service).map(|service| &service.zone);
    let until = outage.until.unwrap_or(snapshot.at);
    html! {
        tr {
            th scope="row" { a href=(view.service_link(&outage.service)) { (outage.service) } }
            td {
                a href=(view.moment_link(&outage.service, outage.from)) {
                    (display::instant(outage.from, zone.unwrap_or(&TimeZone::UTC)))
                }
            }
            td.length {
                (display::length(until.since(outage.from), language))
                @if outage.until.is_none() {
                    span.sub { (language.of("and goes on", "och pågår")) }
                }
            }
            td.cause data-label=(language.of("Cause", "Orsak")) {
                (language.cause(&outage.cause))
                @if let Some(seen) = &outage.evidence { (evidence(seen, language)) }
            }
        }
    }
}

/// What was seen, folded away.
fn evidence(evidence: &Evidence, language: Language) -> Markup {
    html! {
        details {
            summary { (evidence.message) }
            (moment::evidence_facts(evidence, language))
        }
    }
}

fn stops(snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    html! {
        section {
            h2 { (language.of("Announced stops", "Aviserade driftstopp")) }
            @if snapshot.stops.is_empty() {
                p { (language.of("None is announced.", "Inget är aviserat.")) }
            } @else {
                ul.stops {
                    @for stop in snapshot.stops.iter().take(STOPS_SHOWN_MAX) {
                        (stop_item(stop, snapshot, view))
                    }
                }
                @if snapshot.stops.len() > STOPS_SHOWN_MAX {
                    p { a href=(view.link("/stops", &[])) {
                        (language.of("All announced stops", "Alla aviserade driftstopp"))
                    } }
                }
            }
        }
    }
}

/// Services named in one stop's line.
const STOP_SERVICES_SHOWN_MAX: usize = 10;

fn stop_item(stop: &Stop, snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let first = stop.services.first().and_then(|name| snapshot.service(name));
    let zone = &first.map_or(TimeZone::UTC, |service| service.zone.clone());
    let more = stop.services.len().saturating_sub(STOP_SERVICES_SHOWN_MAX);
    html! {
        li {
            strong { (listing::window(stop.from, stop.until, zone)) }
            " " (stop.reason) " "
            span.sub {
                a href={ (view.link("/stops", &[])) "#" (stop.id) } { (stop.id) } ": "
                @for (name, verdict) in
                    stop.services.iter().zip(&stop.verdicts).take(STOP_SERVICES_SHOWN_MAX)
                {
                    (listing::service(snapshot, name, view))
                    " (" (language.verdict(*verdict)) ") "
                }
                @if more > 0 {
                    (language.of("and ", "och ")) (more) (language.of(" more ", " till "))
                }
                @if stop.in_office_hours {
                    (language.of("– overlaps office hours", "– går in på kontorstid"))
                }
            }
        }
    }
}
