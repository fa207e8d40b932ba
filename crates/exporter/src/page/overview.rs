//! The landing page: every service now, its running month, outages, stops, the agent.

use contract::{Evidence, Figure, ServiceState};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::view::View;
use super::words::Language;
use super::{bars, display, health, layout};
use crate::snapshot::{Outage, Service, Snapshot, Stop};

/// Services on one page of the list.
const ROWS_MAX: usize = 100;
/// Outages on the page.
const OUTAGES_SHOWN_MAX: usize = 15;
/// How often the page asks for itself again.
const REFRESH_S: u32 = 15;

/// The landing page.
pub fn overview(snapshot: &Snapshot, view: &View) -> String {
    let language = view.language;
    let title = language.of("Can customers log in?", "Kan kunderna logga in?");
    let zone = snapshot.services.first().map_or(TimeZone::UTC, |service| service.zone.clone());
    let main = html! {
        h1 { (title) }
        (warnings(snapshot, language))
        (counts(snapshot, view))
        (services(snapshot, view))
        (outages(snapshot, view))
        (stops(snapshot, view))
        section {
            h2 { (language.of("The agent itself", "Agenten själv")) }
            (health::agent(snapshot, &zone, language))
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
                a href="/metrics" { "/metrics" } " · "
                a href="/api/v1/services" { "/api/v1/services" }
            }
        }
    };
    layout::frame(title, view, "/", Some(REFRESH_S), main)
}

pub fn warnings(snapshot: &Snapshot, language: Language) -> Markup {
    let warnings = health::warnings(snapshot, language);
    html! {
        @if !warnings.is_empty() {
            ul.warnings role="alert" { @for warning in warnings { li { (warning) } } }
        }
    }
}

/// How many services are in each state, as links that show only those.
fn counts(snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let count = |word| snapshot.services.iter().filter(|s| s.state_name() == word).count();
    let names = [
        ("up", language.of("up", "uppe")),
        ("down", language.of("down", "nere")),
        ("suspected", language.of("suspected", "misstänkta")),
        ("unmeasured", language.of("unmeasured", "omätta")),
    ];
    html! {
        ul.counts {
            @for (word, name) in names {
                @let count = count(word);
                li class=[(count > 0).then_some(word)] {
                    a href=(view.link("/", &[("q", &format!("is:{word}"))])) {
                        strong { (count) } " " (name)
                    }
                }
            }
        }
    }
}

fn services(snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let mut shown: Vec<&Service> =
        snapshot.services.iter().filter(|service| view.shows(service)).collect();
    shown.sort_by_cached_key(|service| urgency(service));
    let pages = shown.len().div_ceil(ROWS_MAX).max(1);
    let page = view.page.clamp(1, pages);
    let rows = shown.iter().skip((page - 1) * ROWS_MAX).take(ROWS_MAX);
    html! {
        section {
            h2 { (language.of("Services", "Tjänster")) }
            (filter_form(view))
            @if shown.is_empty() {
                p { (language.of("No service matches.", "Ingen tjänst motsvarar sökningen.")) }
            } @else {
                div.scroll tabindex="0" role="region"
                    aria-label=(language.of("Services", "Tjänster"))
                {
                    table.services {
                        thead { tr {
                            th scope="col" { (language.of("Service", "Tjänst")) }
                            th scope="col" { (language.of("Now", "Nu")) }
                            th scope="col" { (language.of("Availability", "Tillgänglighet")) }
                            th scope="col" { (language.of("Budget burned", "Förbrukad budget")) }
                            th.number scope="col" { (language.of("Lost min", "Förlorade min")) }
                            th.number scope="col" { (language.of("Price level", "Prisnivå")) }
                            th scope="col" { (language.of("Next stop", "Nästa stopp")) }
                        } }
                        tbody { @for service in rows { (row(service, view)) } }
                    }
                }
                (pager(view, page, pages, shown.len()))
            }
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
    let burned = service.figure.as_ref().map_or(0, |figure| {
        i128::from(figure.counted_ms) * 1_000_000 / i128::from(figure.budget_ms.max(1))
    });
    (state, std::cmp::Reverse(burned), service.name.clone())
}

fn filter_form(view: &View) -> Markup {
    let language = view.language;
    html! {
        form.filter role="search" action="/" method="get" {
            label for="q" { (language.of("Show", "Visa")) }
            input #q type="search" name="q" value=(view.filter) maxlength="100"
                placeholder=(language.of("name, customer, is:down", "namn, kund, is:down"));
            @if let Some(chosen) = view.chosen {
                input type="hidden" name="lang" value=(chosen.code());
            }
            button { (language.of("Filter", "Filtrera")) }
            @if !view.filter.is_empty() {
                a href=(view.link("/", &[])) { (language.of("Show all", "Visa alla")) }
            }
        }
    }
}

fn pager(view: &View, page: usize, pages: usize, shown: usize) -> Markup {
    let language = view.language;
    let link = |page: usize| view.link("/", &[("q", &view.filter), ("page", &page.to_string())]);
    html! {
        @if pages > 1 {
            nav.pager aria-label=(language.of("Pages of the list", "Listans sidor")) {
                @if page > 1 {
                    a rel="prev" href=(link(page - 1)) { (language.of("Previous", "Föregående")) }
                }
                span {
                    (language.of("Page ", "Sida ")) (page) (language.of(" of ", " av ")) (pages)
                    " (" (shown) (language.of(" services)", " tjänster)"))
                }
                @if page < pages {
                    a rel="next" href=(link(page + 1)) { (language.of("Next", "Nästa")) }
                }
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
                        (display::minutes(figure.counted_ms, language))
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
        (display::percent(figure.availability_percent, language))
        @if bound != figure.availability_percent {
            span.sub { (language.of("at least ", "minst ")) (display::percent(bound, language)) }
        }
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
    html! {
        section {
            h2 { (language.of("Last outages", "Senaste stillestånd")) }
            @if snapshot.outages.is_empty() {
                p { (language.of("None is recorded.", "Inget är antecknat.")) }
            } @else {
                div.scroll tabindex="0" role="region"
                    aria-label=(language.of("Last outages", "Senaste stillestånd"))
                {
                    table {
                        thead { tr {
                            th scope="col" { (language.of("Service", "Tjänst")) }
                            th scope="col" { (language.of("From", "Från")) }
                            th scope="col" { (language.of("Length", "Längd")) }
                            th scope="col" {
                                (language.of("Cause and evidence", "Orsak och bevis"))
                            }
                        } }
                        tbody {
                            @for outage in snapshot.outages.iter().take(OUTAGES_SHOWN_MAX) {
                                (outage_row(outage, snapshot, view))
                            }
                        }
                    }
                }
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
            td { (display::instant(outage.from, zone.unwrap_or(&TimeZone::UTC))) }
            td.length {
                (display::length(until.since(outage.from), language))
                @if outage.until.is_none() {
                    span.sub { (language.of("and goes on", "och pågår")) }
                }
            }
            td.cause {
                (language.cause(&outage.cause))
                @if let Some(seen) = &outage.evidence { (evidence(seen, language)) }
            }
        }
    }
}

/// What was seen, folded away.
pub fn evidence(evidence: &Evidence, language: Language) -> Markup {
    let status = evidence.status.map(|status| status.to_string());
    let facts = [
        ("URL", evidence.url.as_ref()),
        (language.of("Address", "Adress"), evidence.address.as_ref()),
        ("Status", status.as_ref()),
        (language.of("Title", "Titel"), evidence.title.as_ref()),
        (language.of("Witnesses", "Vittnen"), evidence.witnesses.as_ref()),
    ];
    html! {
        details {
            summary { (evidence.message) }
            dl.facts {
                @for (name, value) in facts {
                    @if let Some(value) = value { div { dt { (name) } dd { (value) } } }
                }
            }
            @if let Some(excerpt) = &evidence.excerpt { pre { (excerpt) } }
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
                    @for stop in &snapshot.stops { (stop_item(stop, snapshot, view)) }
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
            strong { (display::minute(stop.from, zone)) " – " (display::minute(stop.until, zone)) }
            " " (stop.reason) " "
            span.sub {
                (stop.id) ": "
                @for (name, verdict) in
                    stop.services.iter().zip(&stop.verdicts).take(STOP_SERVICES_SHOWN_MAX)
                {
                    a href=(view.service_link(name)) { (name) }
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
