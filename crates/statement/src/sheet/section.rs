//! One service: the answer, the key figures, where the month's time went, and what happened.

use contract::ClosedFigure;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::{Block, KeyFigure, Row, Section, Table, Tone, events, is_provisional, plain, revision};
use crate::document::{Document, ServiceSection};
use crate::lang::Lang;

pub(super) fn section(
    document: &Document,
    service: &ServiceSection,
    lang: Lang,
    zone: &TimeZone,
) -> Section {
    let provisional = is_provisional(document);
    let mut blocks = vec![verdict(service, provisional, lang), key_figures(service, lang)];
    blocks.extend(damage(service, lang, zone));
    blocks.extend(revision::table(service, lang, zone).map(Block::Table));
    blocks.push(Block::Table(time(service, lang)));
    blocks.extend(reduction(service, provisional, lang));
    blocks.extend(events::blocks(service, lang, zone));
    Section { heading: Some(plain(&service.service)), blocks }
}

/// The promise and whether it is kept, in sentences.
fn verdict(service: &ServiceSection, provisional: bool, lang: Lang) -> Block {
    let figure = &service.figure;
    let t = lang.percent(figure.availability_percent);
    let target = lang.percent_of_terms(service.terms.target);
    let so_far = if provisional { lang.of(" hittills", " so far") } else { "" };
    if figure.level == 0 {
        let sentence = lang.of(
            format!("Tillgängligheten var{so_far} {t}. Målet på {target} är uppfyllt."),
            format!("Availability{so_far} was {t}. The target of {target} is met."),
        );
        return Block::Verdict(Tone::Kept, sentence + &bound_in_doubt(service, lang));
    }
    let level = figure.level;
    let percent = lang.percent_of_terms(figure.reduction_percent);
    let money = figure.reduction.as_ref().map(|reduction| format!(", {}", lang.money(reduction)));
    let money = money.unwrap_or_default();
    let is = if provisional {
        lang.of("preliminär prisreduktion", "provisional price reduction of")
    } else {
        lang.of("prisreduktion", "price reduction of")
    };
    let sentence = lang.of(
        format!(
            "Tillgängligheten var{so_far} {t}. Målet på {target} är inte uppfyllt: nivå {level}, \
             {is} {percent} av månadsavgiften{money}."
        ),
        format!(
            "Availability{so_far} was {t}. The target of {target} is not met: level {level}, \
             {is} {percent} of the monthly fee{money}."
        ),
    );
    Block::Verdict(Tone::Missed, sentence)
}

/// C10.1: where the ledger was found damaged, facts may be missing, and the reader is told.
fn damage(service: &ServiceSection, lang: Lang, zone: &TimeZone) -> Option<Block> {
    let spans = service.ledger_damage.iter();
    let spans: Vec<String> =
        spans.map(|damage| lang.span(damage.from, damage.until, zone)).collect();
    (!spans.is_empty()).then(|| {
        let spans = lang.list(&spans);
        let text = lang.of(
            format!(
                "Observera: liggaren har skadats, och det som antecknades {spans} kan saknas i \
                 uppgifterna."
            ),
            format!(
                "Note: the ledger was damaged, and what was recorded {spans} may be missing from \
                 the figures."
            ),
        );
        Block::Verdict(Tone::Missed, text)
    })
}

/// C6.5: a target that is met only if unmeasured time was not lost is said to be.
fn bound_in_doubt(service: &ServiceSection, lang: Lang) -> String {
    let bound = service.figure.availability_lower_bound_percent;
    if Decimal::new(bound.e4, 4) >= service.terms.target {
        return String::new();
    }
    let bound = lang.percent(bound);
    lang.of(
        format!(" Den undre gränsen, med all omätt tid som stillestånd, är {bound}."),
        format!(" The lower bound, with all unmeasured time as downtime, is {bound}."),
    )
}

fn key_figures(service: &ServiceSection, lang: Lang) -> Block {
    let figure = &service.figure;
    let key = |label: &str, value: String, note: String| KeyFigure {
        label: label.to_owned(),
        value,
        note,
    };
    let target = lang.percent_of_terms(service.terms.target);
    let share = |ms| lang.share(ms, figure.period_ms).unwrap_or_default();
    Block::Figures(vec![
        key(
            lang.of("Tillgänglighet (T)", "Availability (T)"),
            lang.percent(figure.availability_percent),
            format!("{} {target}", lang.of("mål", "target")),
        ),
        key(
            lang.of("Undre gräns för T", "Lower bound of T"),
            lang.percent(figure.availability_lower_bound_percent),
            format!("{} {}", lang.of("omätt", "unmeasured"), share(figure.unmeasured_ms)),
        ),
        key(
            lang.of("Stillestånd (F)", "Downtime (F)"),
            lang.minutes(figure.counted_ms),
            counted_note(figure, lang),
        ),
        key(
            lang.of("Månadens tid (P)", "The month (P)"),
            lang.minutes(figure.period_ms),
            "T = (P − F) · 100 / P".to_owned(),
        ),
        key(
            lang.of("Tillåtet stillestånd", "Allowed downtime"),
            lang.minutes(service.budget_ms),
            budget_note(service, lang),
        ),
        key(
            lang.of("Nivå", "Level"),
            match figure.level {
                0 => lang.of("ingen", "none").to_owned(),
                level => level.to_string(),
            },
            format!(
                "{} {}",
                lang.of("reduktion", "reduction"),
                lang.percent_of_terms(figure.reduction_percent)
            ),
        ),
        key(
            lang.of("Prisreduktion", "Price reduction"),
            figure.reduction.as_ref().map_or_else(|| "–".to_owned(), |it| lang.money(it)),
            fee_note(figure, lang),
        ),
        key(
            lang.of("Begärs senast", "Claim by"),
            figure.claim_deadline.map_or_else(|| "–".to_owned(), |date| date.to_string()),
            service.claim.map_or_else(String::new, |state| lang.claim_state(state).to_owned()),
        ),
    ])
}

/// F in hours where it is long, and what the minute rule made of the lost time (C6.2).
fn counted_note(figure: &ClosedFigure, lang: Lang) -> String {
    if figure.counted_ms != figure.lost_ms {
        let lost = lang.minutes(figure.lost_ms);
        return lang.of(format!("av uppmätta {lost}"), format!("of {lost} measured"));
    }
    if figure.counted_ms >= 3_600_000 { lang.length(figure.counted_ms) } else { String::new() }
}

/// C8.1: how much of the budget is used.
fn budget_note(service: &ServiceSection, lang: Lang) -> String {
    let counted_ms = service.figure.counted_ms;
    let used = lang.share(counted_ms, service.budget_ms).unwrap_or_else(|| "–".to_owned());
    let over_ms = counted_ms.saturating_sub(service.budget_ms);
    let over = match over_ms > 0 {
        true => format!("; {} {}", lang.minutes(over_ms), lang.of("över", "over")),
        false => String::new(),
    };
    format!("{} {used}{over}", lang.of("använt", "used"))
}

fn fee_note(figure: &ClosedFigure, lang: Lang) -> String {
    match &figure.monthly_fee {
        Some(fee) => {
            format!("{} {}", lang.of("månadsavgift", "monthly fee"), lang.money(fee))
        }
        None => lang.of("månadsavgift ej angiven", "no monthly fee given").to_owned(),
    }
}

/// C6.6: where the elapsed time went, to the last millisecond.
fn time(service: &ServiceSection, lang: Lang) -> Table {
    let figure = &service.figure;
    let mut table = Table::new(
        lang.of("Månadens tid", "The month's time"),
        &[
            (lang.of("Slag", "Class"), false, 60),
            (lang.of("Tid", "Time"), true, 25),
            (lang.of("Andel av P", "Share of P"), true, 15),
        ],
    );
    let row = |name: &str, ms: i64| {
        let share = lang.share(ms, figure.period_ms).unwrap_or_default();
        Row::new([name.to_owned(), lang.minutes(ms), share])
    };
    let part = |name: &str, ms: i64| row(&format!("\u{a0}\u{a0}– {name}"), ms);
    let rows = &mut table.rows;
    rows.push(row(lang.of("Tillgänglig", "Available"), figure.up_ms));
    rows.push(row(lang.of("Stillestånd", "Downtime"), figure.lost_ms));
    if figure.planned_ms > 0 {
        let name = lang.of("Stillestånd i planerat driftstopp", "Downtime in planned stops");
        rows.push(row(name, figure.planned_ms));
    }
    if figure.excluded_ms > 0 {
        let name = lang.of("Undantaget stillestånd", "Excluded downtime");
        rows.push(row(name, figure.excluded_ms));
        let grounds = service.excluded_by_ground_ms.iter();
        rows.extend(grounds.map(|(ground, ms)| part(lang.ground(*ground), *ms)));
    }
    rows.push(row(lang.of("Omätt", "Unmeasured"), figure.unmeasured_ms));
    let causes = service.unmeasured_by_cause_ms.iter();
    rows.extend(causes.map(|(cause, ms)| part(lang.unmeasured_cause(*cause), *ms)));
    if figure.not_in_service_ms > 0 {
        let name = lang.of("Utanför avtalstiden", "Outside the time in the contract");
        rows.push(row(name, figure.not_in_service_ms));
    }
    table.totals.push(if service.complete {
        row(lang.of("Hela månaden (P)", "The whole month (P)"), figure.period_ms)
    } else {
        row(lang.of("Förfluten del av månaden", "Elapsed part of the month"), service.elapsed_ms)
    });
    if let Some(last) = table.totals.last_mut() {
        last.notes.extend(responsible(service, lang));
        last.notes.extend(unmeasured(service, lang).map(str::to_owned));
    }
    table
}

/// C5.5: who answers for time that is lost, planned or excluded.
fn responsible(service: &ServiceSection, lang: Lang) -> Option<String> {
    let sides = service.responsible_ms.iter().filter(|(_, ms)| **ms > 0);
    let sides: Vec<String> =
        sides.map(|(side, ms)| format!("{} {}", lang.side(*side), lang.minutes(*ms))).collect();
    (!sides.is_empty()).then(|| {
        let sides = lang.list(&sides);
        lang.of(
            format!("Ansvarig för stilleståndet: {sides}."),
            format!("Responsible for the downtime: {sides}."),
        )
    })
}

/// C6.5: what unmeasured time means for the figures.
fn unmeasured(service: &ServiceSection, lang: Lang) -> Option<&'static str> {
    (service.figure.unmeasured_ms > 0).then(|| {
        lang.of(
            "Omätt tid räknas inte som stillestånd i T. I den undre gränsen gör den det, utom i \
             giltiga planerade driftstopp och i undantagen tid.",
            "Unmeasured time is no downtime in T. In the lower bound it is, except in valid \
             planned stops and in excluded time.",
        )
    })
}

/// C7.4: how and until when the reduction is claimed.
fn reduction(service: &ServiceSection, provisional: bool, lang: Lang) -> Option<Block> {
    let deadline = service.figure.claim_deadline?;
    let mut text = lang.of(
        format!(
            "Prisreduktionen ges på kundens begäran. Begäran ska göras senast {deadline}, två \
             månader efter den dag då stilleståndet översteg det tillåtna."
        ),
        format!(
            "The price reduction is given when the customer claims it. The claim is due no later \
             than {deadline}, two months after the day on which downtime went over what is \
             allowed."
        ),
    );
    if provisional {
        text += lang.of(
            " Beloppet är preliminärt tills månaden är avslutad.",
            " The amount is provisional until the month is closed.",
        );
    }
    Some(Block::Text(text))
}
