//! `[terms.NAME]`: what a provider promised. Whatever is left out is as `docs/contract.md` has it.

use std::sync::Arc;

use contract::Terms;
use contract::terms::{Boundary, Counts, MinuteRule, ServiceLevel};

use super::table::Table;
use super::value::{date, duration_ms_within, one_of, percent, timezone};

/// Most price levels.
const LEVELS_MAX: usize = 16;
/// Longest notice: a year.
const NOTICE_MS_MAX: i64 = 366 * 24 * 3_600_000;

/// Reads one set of terms.
pub(super) fn terms(table: Table<'_>) -> Terms {
    let default = Terms::default();
    let boundaries = [("customer", Boundary::Customer), ("provider", Boundary::Provider)];
    let minute_rules = [
        ("exact", MinuteRule::Exact),
        ("started", MinuteRule::Started),
        ("whole", MinuteRule::Whole),
    ];
    let levels = [("standard", ServiceLevel::Standard), ("jour", ServiceLevel::Jour)];
    let counts = [("accepted", Counts::Accepted), ("claimed", Counts::Claimed)];
    let terms = Terms {
        timezone: table.text("timezone", timezone).map_or(default.timezone, Arc::from),
        target: table.text("target", percent).unwrap_or(default.target),
        edges: table.texts("edges", percent).unwrap_or(default.edges),
        reductions: table.texts("reductions", percent).unwrap_or(default.reductions),
        boundary: table.text("boundary", one_of(&boundaries)).unwrap_or(default.boundary),
        minute_rule: table
            .text("minute_rule", one_of(&minute_rules))
            .unwrap_or(default.minute_rule),
        notice_ms: table
            .text("notice", duration_ms_within(0, NOTICE_MS_MAX))
            .unwrap_or(default.notice_ms),
        planned_stops_per_month: table
            .count("planned_stops_per_month", 0..=31)
            .unwrap_or(default.planned_stops_per_month),
        service_level: table
            .text("service_level", one_of(&levels))
            .unwrap_or(default.service_level),
        counts: table.text("counts", one_of(&counts)).unwrap_or(default.counts),
        eves_closed: table.flag("eves_closed").unwrap_or(default.eves_closed),
        extra_red_days: table.texts("extra_red_days", date).unwrap_or_default(),
        removed_red_days: table.texts("removed_red_days", date).unwrap_or_default(),
        four_eyes: table.flag("four_eyes").unwrap_or(default.four_eyes),
    };
    check_levels(&table, &terms);
    table.end();
    terms
}

/// C7: the target lies above the first edge, edges fall, and there is one reduction more.
fn check_levels(table: &Table<'_>, terms: &Terms) {
    if terms.edges.len() >= LEVELS_MAX {
        let problem = table.problem("edges", "too many price levels");
        table.note(problem.help(format!("{LEVELS_MAX} at most, and one edge fewer")));
    }
    if !terms.edges.is_sorted_by(|higher, lower| higher > lower) {
        let problem = table.problem("edges", "each edge must be lower than the one before it");
        table.note(problem.help(r#"write them falling, as in ["99.0", "98.0", "97.0"]"#));
    }
    if terms.edges.first().is_some_and(|edge| *edge >= terms.target) {
        let key = if table.has("target") { "target" } else { "edges" };
        let problem = table.problem(key, "the target must be higher than the first edge");
        table.note(problem.help("level 1 lies between the target and the first edge (C7)"));
    }
    if terms.reductions.len() != terms.edges.len() + 1 {
        let key = if table.has("reductions") { "reductions" } else { "edges" };
        let edges = terms.edges.len();
        let message = format!("{edges} edges need {} reductions", edges + 1);
        let found = terms.reductions.len();
        table.note(table.problem(key, message).help(format!("there are {found}")));
    }
    if !terms.reductions.is_sorted() {
        let message = "a worse month must not be cheaper for the provider";
        let problem = table.problem("reductions", message);
        table.note(problem.help(r#"write them rising, as in ["10", "20", "40", "60"]"#));
    }
}
