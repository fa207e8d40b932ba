//! Both figures side by side, where a revision replaces an earlier one (C6.7).

use contract::Money;
use jiff::tz::TimeZone;

use super::{Row, Table};
use crate::document::ServiceSection;
use crate::lang::Lang;

pub(super) fn table(service: &ServiceSection, lang: Lang, zone: &TimeZone) -> Option<Table> {
    let previous = service.previous.as_ref()?;
    let (before, now) = (&previous.figure, &service.figure);
    let earlier = match previous.revision {
        0 => lang.of("Tidigare", "Earlier").to_owned(),
        revision => {
            lang.of(format!("Tidigare (rättelse {revision})"), format!("Earlier ({revision})"))
        }
    };
    let mut table = Table::new(
        lang.of("Rättelse av tidigare uppgifter", "Revision of earlier figures"),
        &[
            (lang.of("Uppgift", "Figure"), false, 34),
            (&earlier, true, 22),
            (lang.of("Nu", "Now"), true, 22),
            (lang.of("Ändring", "Change"), true, 22),
        ],
    );
    let mut add = |name: &str, before: String, now: String, change: String| {
        table.rows.push(Row::new([name.to_owned(), before, now, change]));
    };
    let changed = |is_same: bool| match is_same {
        true => lang.of("oförändrad", "unchanged").to_owned(),
        false => lang.of("ändrad", "changed").to_owned(),
    };
    for (name, before, now) in [
        (
            lang.of("Tillgänglighet (T)", "Availability (T)"),
            before.availability_percent,
            now.availability_percent,
        ),
        (
            lang.of("Undre gräns för T", "Lower bound of T"),
            before.availability_lower_bound_percent,
            now.availability_lower_bound_percent,
        ),
    ] {
        let change = match now.e4 - before.e4 {
            0 => changed(true),
            e4 => lang.percentage_points(e4),
        };
        add(name, lang.percent(before), lang.percent(now), change);
    }
    for (name, before_ms, now_ms, always) in [
        (lang.of("Stillestånd (F)", "Downtime (F)"), before.counted_ms, now.counted_ms, true),
        (
            lang.of("I planerat driftstopp", "In planned stops"),
            before.planned_ms,
            now.planned_ms,
            false,
        ),
        (lang.of("Undantaget", "Excluded"), before.excluded_ms, now.excluded_ms, false),
        (lang.of("Omätt", "Unmeasured"), before.unmeasured_ms, now.unmeasured_ms, false),
    ] {
        if always || before_ms != now_ms {
            let change = match now_ms.saturating_sub(before_ms) {
                0 => changed(true),
                ms => lang.difference(ms),
            };
            add(name, lang.minutes(before_ms), lang.minutes(now_ms), change);
        }
    }
    let level = |level: usize| match level {
        0 => lang.of("ingen", "none").to_owned(),
        level => level.to_string(),
    };
    let is_same = before.level == now.level;
    add(lang.of("Nivå", "Level"), level(before.level), level(now.level), changed(is_same));
    let money = |money: &Option<Money>| {
        money.as_ref().map_or_else(|| "–".to_owned(), |money| lang.money(money))
    };
    let change = reduction_change(&before.reduction, &now.reduction, lang)
        .unwrap_or_else(|| changed(before.reduction == now.reduction));
    let name = lang.of("Prisreduktion", "Price reduction");
    add(name, money(&before.reduction), money(&now.reduction), change);
    let closed = lang.second(previous.closed_at, zone);
    if let Some(last) = table.rows.last_mut() {
        last.notes.push(lang.of(
            format!("De tidigare uppgifterna fastställdes {closed}."),
            format!("The earlier figures were recorded {closed}."),
        ));
    }
    Some(table)
}

/// By how much the reduction has changed; none if it has not, or not in one currency.
fn reduction_change(before: &Option<Money>, now: &Option<Money>, lang: Lang) -> Option<String> {
    let (before, now) = (before.as_ref()?, now.as_ref()?);
    if before == now || before.currency() != now.currency() {
        return None;
    }
    let change = now.amount().checked_sub(before.amount())?;
    let sign = if change.is_sign_positive() { "+" } else { "" };
    Some(format!("{sign}{}", lang.amount(change, now.currency())))
}
