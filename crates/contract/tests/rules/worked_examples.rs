//! The worked examples of `docs/contract.md`, each with its F, T, level and reduction.

use contract::Figure;

use crate::facts::Facts;

fn assert_row(figure: &Figure, f_ms: i64, t: &str, level: usize, reduction: &str) {
    assert_eq!(figure.counted_ms, f_ms);
    assert_eq!(figure.availability_percent.to_string(), t);
    assert_eq!(figure.level, level);
    assert_eq!(figure.reduction.as_ref().unwrap().to_string(), reduction);
}

#[test]
fn c7_an_outage_of_44_min_42_s_in_october_keeps_the_promise() {
    let facts = Facts::always_up().down("2026-10-05 10:00", "2026-10-05 10:44:42");
    let figure = facts.figure("2026-10");
    assert_eq!(figure.period_ms, 44_700 * 60_000);
    assert_row(&figure, 2_682_000, "99.9000", 0, "0.00 SEK");
    assert_eq!(figure.claim_deadline, None);
}

#[test]
fn c7_one_millisecond_more_does_not() {
    let facts = Facts::always_up().down("2026-10-05 10:00", "2026-10-05 10:44:42.001");
    let figure = facts.figure("2026-10");
    assert_row(&figure, 2_682_001, "99.8999", 1, "1250.00 SEK");
    assert_eq!(figure.claim_deadline.unwrap().to_string(), "2026-12-05");
}

#[test]
fn c7_2_exactly_99_in_march_is_the_customers() {
    let facts = Facts::always_up().down("2026-03-10 01:00", "2026-03-10 08:25:48");
    let figure = facts.figure("2026-03");
    assert_eq!(figure.period_ms, 44_580 * 60_000);
    assert_row(&figure, 445_800 * 60, "99.0000", 2, "2500.00 SEK");
}

#[test]
fn c4_2_a_stop_announced_71_hours_59_minutes_ahead_excludes_nothing() {
    let facts = Facts::always_up()
        .stop("S1", "2026-11-07 00:01", "2026-11-10", "2026-11-10 02:00")
        .down("2026-11-10 00:30", "2026-11-10 01:30");
    assert_row(&facts.figure("2026-11"), 60 * 60_000, "99.8611", 1, "1250.00 SEK");
}

#[test]
fn c4_3_of_two_stops_announced_in_time_the_first_counts() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-20", "2026-11-03 20:00", "2026-11-03 22:00")
        .stop("S2", "2026-10-21", "2026-11-20 20:00", "2026-11-20 22:00")
        .down("2026-11-03 20:30", "2026-11-03 21:00")
        .down("2026-11-20 20:30", "2026-11-20 21:00");
    let figure = facts.figure("2026-11");
    assert_row(&figure, 30 * 60_000, "99.9305", 0, "0.00 SEK");
    assert_eq!(figure.planned_ms, 30 * 60_000);
}

#[test]
fn c5_1_an_accepted_attack_is_excluded_and_absence_lowers_the_bound() {
    let facts = Facts::always_up()
        .down("2026-11-10 10:00", "2026-11-10 10:50")
        .exclude("A1", "dos_attack", "2026-11-10 10:10", "2026-11-10 10:20")
        .unmeasured("2026-11-12 10:00", "agent_off")
        .up("2026-11-12 12:00");
    let figure = facts.figure("2026-11");
    assert_row(&figure, 40 * 60_000, "99.9074", 0, "0.00 SEK");
    assert_eq!(figure.availability_lower_bound_percent.to_string(), "99.6296");
}
