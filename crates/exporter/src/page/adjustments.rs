//! Adjustments: what is claimed, on which ground, who decided, and whether it counts (C5).

use contract::fact::{AdjustmentKind, Decision};
use maud::{Markup, html};

use super::display;
use super::listing::{self, Listing};
use super::view::View;
use super::words::Language;
use crate::records::{Adjustment, Listed};
use crate::snapshot::Snapshot;

/// The page of adjustments.
pub fn adjustments(snapshot: &Snapshot, made: &Listed<Adjustment>, view: &View) -> String {
    let language = view.language;
    let title = language.of("Adjustments", "Justeringar");
    let listing = Listing {
        title,
        path: "/adjustments",
        about: html! {
            (language.of(
                "What is claimed to be somebody else's downtime, or downtime that was not measured. \
                 Nothing is edited or removed; the latest decision stands.",
                "Stillestånd som påstås bero på någon annan, eller som inte mättes. Inget ändras \
                 eller tas bort; det senaste beslutet gäller.",
            ))
        },
        total: made.total,
        none: language.of("None is claimed.", "Ingen är begärd."),
    };
    let rows = html! { @for one in &made.rows { (row(one, snapshot, view)) } };
    let section = html! { section { (listing::table(title, &heads(language), rows)) } };
    listing.page(snapshot.at, view, section)
}

fn heads(language: Language) -> [&'static str; 6] {
    [
        language.of("Adjustment", "Justering"),
        language.of("Service", "Tjänst"),
        language.of("Time", "Tid"),
        language.of("Evidence", "Underlag"),
        language.of("Decisions", "Beslut"),
        language.of("Counts", "Räknas"),
    ]
}

fn row(one: &Adjustment, snapshot: &Snapshot, view: &View) -> Markup {
    let language = view.language;
    let zone = &one.timezone;
    let [_, service, time, evidence, decisions, counts] = heads(language);
    html! {
        tr id=(one.id) {
            th scope="row" {
                (one.id) " " (kind(one.kind, language))
                span.sub { (language.ground(one.ground)) }
            }
            td data-label=(service) { (listing::service(snapshot, &one.service, view)) }
            td data-label=(time) {
                (listing::of_measured(
                    snapshot,
                    &one.service,
                    &view.moment_link(&one.service, one.from),
                    listing::window(one.from, one.until, zone),
                ))
                span.sub { (display::length(one.until.since(one.from), language)) }
            }
            td.words data-label=(evidence) {
                (one.evidence)
                span.sub {
                    (language.of("Claimed ", "Begärd ")) (listing::act(&one.claimed, zone, language))
                }
            }
            td data-label=(decisions) {
                @if one.decisions.is_empty() {
                    (language.of("none yet", "inget än"))
                } @else {
                    ul.plain {
                        @for made in one.decisions.iter().rev() {
                            li {
                                (decision(made.decision, language))
                                span.sub { (listing::act(&made.act, zone, language)) }
                            }
                        }
                    }
                }
            }
            td data-label=(counts) {
                @if one.counts { strong { (yes(language)) } } @else { (no(language)) }
            }
        }
    }
}

fn kind(kind: AdjustmentKind, language: Language) -> &'static str {
    match kind {
        AdjustmentKind::Exclude => language.of("exclude", "undanta"),
        AdjustmentKind::Include => language.of("include", "lägg till"),
    }
}

fn decision(decision: Decision, language: Language) -> &'static str {
    match decision {
        Decision::Accepted => language.of("accepted", "godkänd"),
        Decision::Rejected => language.of("rejected", "avslagen"),
    }
}

fn yes(language: Language) -> &'static str {
    language.of("yes", "ja")
}

fn no(language: Language) -> &'static str {
    language.of("no", "nej")
}
