//! The head of a statement: the parties, from where it is measured, and the answer.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{Block, Mark, Row, Section, Table, Tone, is_provisional, plain};
use crate::document::{Document, ServiceSection};
use crate::lang::Lang;

/// Whether anything sets it apart from a closed month's first statement.
pub(super) fn mark(document: &Document, lang: Lang, zone: &TimeZone) -> Option<Mark> {
    if is_provisional(document) {
        let until = lang.instant(document.issued_at, zone);
        return Some(Mark {
            word: lang.of("PRELIMINÄR", "PROVISIONAL").to_owned(),
            sentence: lang.of(
                format!(
                    "Månaden är inte avslutad. Uppgifterna gäller fram till {until} och kan \
                     ändras. Rapporten är inte undertecknad."
                ),
                format!(
                    "The month is not closed. The figures reach to {until} and may change. This \
                     statement is not signed."
                ),
            ),
        });
    }
    let revision = document.revision;
    (revision > 0).then(|| Mark {
        word: lang.of(format!("RÄTTELSE {revision}"), format!("REVISION {revision}")),
        sentence: lang.of(
            "Rapporten ersätter en tidigare rapport för samma månad. Det som ändrats visas för \
             varje tjänst, med den tidigare uppgiften bredvid den nya."
                .to_owned(),
            "This statement replaces an earlier one for the same month. What has changed is shown \
             for each service, with the earlier figure beside the new one."
                .to_owned(),
        ),
    })
}

pub(super) fn section(document: &Document, lang: Lang, zone: &TimeZone) -> Section {
    let mut blocks = vec![parties(document, lang, zone)];
    if document.services.is_empty() {
        let nothing = lang
            .of("Ingen tjänst omfattas av rapporten.", "No service is covered by this statement.");
        blocks.push(Block::Text(nothing.to_owned()));
    }
    if document.services.len() > 1 {
        blocks.push(answer(document, lang));
        blocks.push(overview(document, lang));
    }
    Section { heading: None, blocks }
}

fn parties(document: &Document, lang: Lang, zone: &TimeZone) -> Block {
    let not_given = || lang.of("ej angiven", "not given").to_owned();
    let party = |name: &Option<String>| name.as_deref().map_or_else(not_given, plain);
    let vantage = &document.vantage;
    let network = vantage.network.as_deref().map(plain);
    let issued = lang.second(document.issued_at, zone);
    let mut facts = vec![
        (lang.of("Leverantör", "Provider"), party(&document.provider)),
        (lang.of("Kund", "Customer"), party(&document.customer)),
        (lang.of("Månad", "Month"), month(document, lang, zone)),
        (
            lang.of("Mätpunkt", "Measurement point"),
            lang.of(
                "kunden kan logga in i tjänsten; hela dygnet, alla dagar",
                "the customer can log in to the service; around the clock, every day",
            )
            .to_owned(),
        ),
        (
            lang.of("Mäts från", "Measured from"),
            match network {
                Some(network) => format!("{} ({network})", plain(&vantage.agent)),
                None => plain(&vantage.agent),
            },
        ),
        (lang.of("Vittnen", "Witnesses"), witnesses(document, lang)),
    ];
    if !is_provisional(document) {
        facts.push((lang.of("Fastställd", "Issued"), issued));
    }
    Block::facts(facts)
}

/// `oktober 2026 (2026-10-01 – 2026-10-31, Europe/Stockholm)`.
fn month(document: &Document, lang: Lang, zone: &TimeZone) -> String {
    let month = document.month;
    let last = month.bounds(zone).until.plus_ms(-1);
    let last = zone.to_datetime(last.timestamp()).date();
    let zones: BTreeMap<&str, ()> =
        document.services.iter().map(|service| (&*service.terms.timezone, ())).collect();
    let zones: Vec<String> = zones.into_keys().map(plain).collect();
    let zones = if zones.is_empty() { "UTC".to_owned() } else { zones.join(", ") };
    format!("{} ({} – {last}, {zones})", lang.month(month), month.first_day())
}

/// C3.3: who is asked about the network, or that nobody is.
fn witnesses(document: &Document, lang: Lang) -> String {
    let vantage = &document.vantage;
    if vantage.witnesses.is_empty() {
        let none = lang.of(
            "Inget vittne har använts: även fel som kan ha legat i mätplatsens eget nät räknas \
             som stillestånd.",
            "No witness was used: failures that the vantage point's own network could explain \
             count as downtime too.",
        );
        return none.to_owned();
    }
    let names: Vec<String> = vantage.witnesses.iter().map(|name| plain(name)).collect();
    let (need, count) = (vantage.witnesses_needed, names.len());
    let names = names.join(", ");
    lang.of(
        format!("{names}; minst {need} av {count} ska svara för att ett nätfel ska räknas"),
        format!("{names}; at least {need} of {count} must answer for a network failure to count"),
    )
}

/// How many services kept the promise, and what all reductions come to.
fn answer(document: &Document, lang: Lang) -> Block {
    let count = document.services.len();
    let kept = document.services.iter().filter(|service| service.figure.level == 0).count();
    let reductions: Vec<String> =
        document.reductions.iter().map(|reduction| lang.money(reduction)).collect();
    let sum = if kept == count || reductions.is_empty() {
        String::new()
    } else {
        let sum = lang.list(&reductions);
        lang.of(
            format!(" Prisreduktionen är sammanlagt {sum}."),
            format!(" The price reductions come to {sum}."),
        )
    };
    let sentence = if kept == count {
        lang.of(
            format!("Alla {count} tjänster har nått den avtalade tillgängligheten."),
            format!("All {count} services reached the agreed availability."),
        )
    } else {
        lang.of(
            format!("{kept} av {count} tjänster har nått den avtalade tillgängligheten."),
            format!("{kept} of {count} services reached the agreed availability."),
        )
    };
    let tone = if kept == count { Tone::Kept } else { Tone::Missed };
    Block::Verdict(tone, sentence + &sum)
}

fn overview(document: &Document, lang: Lang) -> Block {
    let mut table = Table::new(
        lang.of("Översikt", "Overview"),
        &[
            (lang.of("Tjänst", "Service"), false, 26),
            (lang.of("Tillgänglighet", "Availability"), true, 15),
            (lang.of("Undre gräns", "Lower bound"), true, 14),
            (lang.of("Stillestånd", "Downtime"), true, 20),
            (lang.of("Mål", "Target"), true, 10),
            (lang.of("Nivå", "Level"), true, 7),
            (lang.of("Prisreduktion", "Reduction"), true, 16),
        ],
    );
    table.rows = document.services.iter().map(|service| overview_row(service, lang)).collect();
    table.totals = document
        .reductions
        .iter()
        .map(|reduction| {
            let mut cells = vec![String::new(); table.columns.len()];
            cells[0] = lang.of("Summa", "Total").to_owned();
            cells[6] = lang.money(reduction);
            Row { cells, notes: Vec::new() }
        })
        .collect();
    Block::Table(table)
}

fn overview_row(service: &ServiceSection, lang: Lang) -> Row {
    let figure = &service.figure;
    let reduction = match &figure.reduction {
        Some(reduction) if figure.level > 0 => lang.money(reduction),
        _ if figure.level > 0 => lang.percent_of_terms(figure.reduction_percent),
        _ => "–".to_owned(),
    };
    Row::new([
        plain(&service.service),
        lang.percent(figure.availability_percent),
        lang.percent(figure.availability_lower_bound_percent),
        lang.minutes(figure.counted_ms),
        lang.percent_of_terms(service.terms.target),
        if figure.level > 0 { figure.level.to_string() } else { "–".to_owned() },
        reduction,
    ])
}
