//! The terms in force, once for all services that share them.

use contract::Terms;
use contract::terms::Boundary;
use jiff::civil::Date;

use super::{Block, Section, plain};
use crate::document::{Document, ServiceSection};
use crate::lang::Lang;

pub(super) fn sections(document: &Document, lang: Lang) -> Vec<Section> {
    let mut shown: Vec<&ServiceSection> = Vec::new();
    for service in &document.services {
        let is_same = |other: &&ServiceSection| {
            other.figure.terms == service.figure.terms
                && other.figure.terms_sha256 == service.figure.terms_sha256
        };
        if !shown.iter().any(is_same) {
            shown.push(service);
        }
    }
    let is_only_one = shown.len() == 1;
    shown.into_iter().map(|service| section(document, service, is_only_one, lang)).collect()
}

fn section(
    document: &Document,
    service: &ServiceSection,
    is_only_one: bool,
    lang: Lang,
) -> Section {
    let (name, hash) = (&service.figure.terms, &service.figure.terms_sha256);
    let mut facts = Vec::new();
    if !is_only_one {
        let same = document.services.iter().filter(|other| other.figure.terms_sha256 == *hash);
        let names: Vec<String> = same.map(|service| plain(&service.service)).collect();
        facts.push((lang.of("Gäller", "Apply to"), names.join(", ")));
    }
    facts.extend(promise(&service.terms, lang));
    facts.extend(rules(&service.terms, lang));
    facts.push((lang.of("Villkorens SHA-256", "SHA-256 of the terms"), plain(hash)));
    Section {
        heading: Some(format!("{}: {}", lang.of("Villkor", "Terms"), plain(name))),
        blocks: vec![Block::facts(facts)],
    }
}

/// C6, C7: the target, and what a missed one costs.
fn promise(terms: &Terms, lang: Lang) -> Vec<(&'static str, String)> {
    let target = lang.percent_of_terms(terms.target);
    let zone = plain(&terms.timezone);
    vec![
        (
            lang.of("Mål", "Target"),
            lang.of(
                format!("{target} av kalendermånadens alla minuter"),
                format!("{target} of all minutes of the calendar month"),
            ),
        ),
        (lang.of("Prisreduktion", "Price reduction"), levels(terms, lang)),
        (
            lang.of("Månad", "Month"),
            lang.of(
                format!("kalendermånad i tidszonen {zone}"),
                format!("calendar month in the time zone {zone}"),
            ),
        ),
        (
            lang.of("Stilleståndets minuter", "Minutes of downtime"),
            lang.minute_rule(terms.minute_rule).to_owned(),
        ),
    ]
}

/// C7.2: `under 99,9 %: 10 %; 99,0 % eller lägre: 20 %; …`.
fn levels(terms: &Terms, lang: Lang) -> String {
    let target = lang.percent_of_terms(terms.target);
    let first = format!("under {target}");
    let edges = terms.edges.iter().map(|edge| {
        let edge = lang.percent_of_terms(*edge);
        match terms.boundary {
            Boundary::Customer => lang.of(format!("{edge} eller lägre"), format!("{edge} or less")),
            Boundary::Provider => format!("under {edge}"),
        }
    });
    let levels: Vec<String> = std::iter::once(first)
        .chain(edges)
        .zip(&terms.reductions)
        .map(|(edge, reduction)| format!("{edge}: {}", lang.percent_of_terms(*reduction)))
        .collect();
    lang.of(
        format!("{} av månadsavgiften", levels.join("; ")),
        format!("{} of the monthly fee", levels.join("; ")),
    )
}

/// C4, C5, C9: planned stops, adjustments and the support clock.
fn rules(terms: &Terms, lang: Lang) -> Vec<(&'static str, String)> {
    let (stops, notice) = (terms.planned_stops_per_month, lang.length(terms.notice_ms));
    let four_eyes = if terms.four_eyes {
        lang.of(
            "; beslutas av någon annan än den som anmält",
            "; decided by another than the claimant",
        )
    } else {
        ""
    };
    vec![
        (
            lang.of("Planerade driftstopp", "Planned stops"),
            lang.of(
                format!("högst {stops} per månad, aviserade minst {notice} i förväg"),
                format!("at most {stops} a month, announced at least {notice} ahead"),
            ),
        ),
        (
            lang.of("Justeringar", "Adjustments"),
            format!("{}{four_eyes}", lang.counts(terms.counts)),
        ),
        (
            lang.of("Servicenivå", "Service level"),
            lang.service_level(terms.service_level).to_owned(),
        ),
        (lang.of("Röda dagar", "Red days"), red_days(terms, lang)),
    ]
}

/// C9.3.
fn red_days(terms: &Terms, lang: Lang) -> String {
    let dates = |dates: &[Date]| dates.iter().map(Date::to_string).collect::<Vec<_>>().join(", ");
    let mut text = lang
        .of("söndagar och allmänna helgdagar", "Sundays and Swedish public holidays")
        .to_owned();
    if terms.eves_closed {
        text += lang.of(
            ", samt midsommar-, jul- och nyårsafton",
            ", and the eves of Midsummer, Christmas and New Year",
        );
    }
    if !terms.extra_red_days.is_empty() {
        text += lang.of("; dessutom ", "; also ");
        text += &dates(&terms.extra_red_days);
    }
    if !terms.removed_red_days.is_empty() {
        text += lang.of("; dock inte ", "; but not ");
        text += &dates(&terms.removed_red_days);
    }
    text
}
