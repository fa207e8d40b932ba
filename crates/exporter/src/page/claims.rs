//! Price reductions: what each month gives, by when it has to be claimed, and what became of it
//! (C7.4, C7.5).

use contract::claims::ClaimState;
use contract::{Figure, Money, Month};
use maud::{Markup, html};

use super::display;
use super::listing::{self, Listing};
use super::view::{Sort, View};
use super::words::Language;
use crate::records::{Claim, Listed, ROWS_MAX};
use crate::snapshot::{Service, Snapshot};

/// The page of price reductions.
pub fn claims(snapshot: &Snapshot, claims: &Listed<Claim>, view: &View) -> String {
    let language = view.language;
    let running: Vec<(&Service, &Figure)> = running(snapshot, view);
    let title = language.of("Claims of price reductions", "Prisreduktioner");
    let listing = Listing {
        title,
        path: "/claims",
        about: html! {
            (language.of(
                "A reduction is claimed by the customer, within two months of the day on which the \
                 month's budget was used up.",
                "En prisreduktion begärs av kunden, inom två månader från den dag då månadens \
                 budget var förbrukad.",
            ))
        },
        total: claims.total.max(usize::from(!running.is_empty())),
        none: language.of("No month gives a reduction.", "Ingen månad ger prisreduktion."),
    };
    let closed = language.of("Closed months", "Avslutade månader");
    let provisional = language.of("Running months, provisional", "Pågående månader, preliminärt");
    let entries = html! {
        @if !running.is_empty() && view.page <= 1 {
            section {
                h2 { (provisional) }
                (listing::table(provisional, &heads(language)[..4], html! {
                    @for (service, figure) in running.iter().take(ROWS_MAX) {
                        (running_row(service, figure, snapshot, view))
                    }
                }))
                @if running.len() > ROWS_MAX {
                    p { a href=(View { filter: String::new(), state: None, ..view.clone() }
                        .list_link(Sort::Level, 1)) {
                        (language.of("All ", "Alla ")) (running.len())
                        (language.of(", by price level", ", efter prisnivå"))
                    } }
                }
            }
        }
        @if !claims.rows.is_empty() {
            section {
                h2 { (closed) }
                (listing::table(closed, &heads(language), html! {
                    @for claim in &claims.rows { (row(claim, snapshot, view)) }
                }))
            }
        }
    };
    listing.page(snapshot.at, view, entries)
}

/// Services whose running month has gone over its budget already.
fn running<'a>(snapshot: &'a Snapshot, view: &View) -> Vec<(&'a Service, &'a Figure)> {
    let of_view = |name: &str| view.service.as_deref().is_none_or(|wanted| wanted == name);
    let services = snapshot.services.iter().filter(|service| of_view(&service.name));
    let figures = services.filter_map(|service| Some((service, service.figure.as_deref()?)));
    figures.filter(|(_, figure)| figure.level > 0).collect()
}

fn heads(language: Language) -> [&'static str; 5] {
    [
        language.of("Month", "Månad"),
        language.of("Service", "Tjänst"),
        language.of("Reduction", "Prisreduktion"),
        language.of("Claim by", "Begärs senast"),
        language.of("State", "Läge"),
    ]
}

fn running_row(service: &Service, figure: &Figure, snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let [_, _, reduction, deadline, _] = heads(language);
    html! {
        tr {
            th scope="row" { (month(snapshot, &service.name, figure.month, view)) }
            td {
                (service_cell(snapshot, &service.name, service.customer.as_deref(), view))
            }
            td data-label=(reduction) {
                (display::reduction(figure, language))
                (level(figure.level, figure.reduction.as_ref(), language))
            }
            @match figure.claim_deadline {
                Some(date) => td data-label=(deadline) { (date) },
                None => td {},
            }
        }
    }
}

fn row(claim: &Claim, snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let [_, _, reduced, deadline, state_of] = heads(language);
    html! {
        tr {
            th scope="row" { (month(snapshot, &claim.service, claim.month, view)) }
            td {
                (service_cell(snapshot, &claim.service, claim.customer.as_deref(), view))
            }
            @match &claim.reduction {
                Some(reduction) => {
                    td data-label=(reduced) {
                        (display::decimal(&reduction.percent.normalize().to_string(), language))
                        "\u{a0}%"
                        (level(reduction.level, reduction.amount.as_ref(), language))
                        @if reduction.revision > 0 {
                            span.sub { (language.of("revision ", "rättelse ")) (reduction.revision) }
                        }
                    }
                    @match reduction.deadline {
                        Some(date) => td data-label=(deadline) { (date) },
                        None => td {},
                    }
                },
                None => {
                    td data-label=(reduced) { (language.of("none after a revision", "ingen efter rättelse")) }
                    td {}
                },
            }
            td.words data-label=(state_of) { (state(claim, language)) }
        }
    }
}

/// The month, which leads to its minutes.
fn month(snapshot: &Snapshot, service: &str, month: Month, view: &View) -> Markup {
    let to = view.month_link(service, month);
    listing::of_measured(snapshot, service, &to, html! { (month) })
}

fn service_cell(snapshot: &Snapshot, name: &str, customer: Option<&str>, view: &View) -> Markup {
    html! {
        (listing::service(snapshot, name, view))
        @if let Some(customer) = customer { span.sub { (customer) } }
    }
}

fn level(level: usize, amount: Option<&Money>, language: Language) -> Markup {
    html! {
        span.sub {
            (language.of("level ", "nivå ")) (level)
            @if let Some(amount) = amount { ", " (display::money(amount, language)) }
        }
    }
}

fn state(claim: &Claim, language: Language) -> Markup {
    let zone = &claim.timezone;
    html! {
        @match claim.state {
            ClaimState::Open => strong { (language.of("open", "kan begäras")) },
            ClaimState::Submitted => strong { (language.of("claimed", "begärd")) },
            ClaimState::Settled => (language.of("settled", "reglerad")),
            ClaimState::Lapsed => (language.of("lapsed", "inte begärd i tid")),
        }
        @if let Some(made) = &claim.submitted {
            span.sub {
                (language.of("Claimed ", "Begärd ")) (listing::act(&made.act, zone, language))
                @if let Some(reference) = &made.reference { ": " (reference) }
            }
        }
        @if let Some(made) = &claim.settled {
            span.sub {
                (language.of("Settled ", "Reglerad ")) (listing::act(&made.act, zone, language))
                ": " (display::money(&made.amount, language))
            }
        }
    }
}
