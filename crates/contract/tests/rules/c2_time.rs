//! Time (C2).

use crate::facts::{Facts, at};
use crate::{HOUR_MS, MINUTE_MS};

#[test]
fn c2_1_downtime_over_midnight_of_the_first_belongs_to_both_months() {
    // Midnight in Stockholm is 22:00 UTC in summer and 23:00 UTC in winter.
    let facts = Facts::always_up()
        .down("2026-09-30 21:50", "2026-09-30 22:20")
        .down("2026-10-31 22:50", "2026-10-31 23:20");
    assert_eq!(facts.figure("2026-09").lost_ms, 10 * MINUTE_MS);
    assert_eq!(facts.figure("2026-10").lost_ms, 30 * MINUTE_MS);
    assert_eq!(facts.figure("2026-11").lost_ms, 20 * MINUTE_MS);
}

#[test]
fn c2_2_p_is_the_whole_month_while_it_runs() {
    let figure = Facts::always_up().figure_as_of("2026-10", "2026-10-02");
    assert_eq!(figure.period_ms, 44_700 * MINUTE_MS);
    assert_eq!(figure.elapsed_ms, 26 * HOUR_MS);
    assert!(!figure.complete);
}

#[test]
fn c2_3_intervals_are_half_open() {
    let facts = Facts::always_up().down("2026-10-05", "2026-10-05 00:00:00.001");
    assert_eq!(facts.figure("2026-10").lost_ms, 1);
    // A state that is replaced from its own first instant on never held.
    let facts = Facts::always_up().down("2026-10-05", "2026-10-05");
    let figure = facts.figure("2026-10");
    assert_eq!((figure.lost_ms, figure.incidents.len()), (0, 0));
}

#[test]
fn c2_4_time_outside_the_contract_is_a_class_of_its_own() {
    let facts = Facts::always_up()
        .began("2026-10-10 22:00")
        .ended("2026-10-20 22:00")
        .down("2026-10-05", "2026-10-06")
        .down("2026-10-10 21:00", "2026-10-10 23:00");
    let figure = facts.figure("2026-10");
    assert_eq!(figure.not_in_service_ms, figure.period_ms - 240 * HOUR_MS);
    assert_eq!(figure.lost_ms, HOUR_MS);
    assert_eq!(figure.incidents[0].opened, at("2026-10-10 22:00"));
    assert_eq!(figure.availability_lower_bound_percent, figure.availability_percent);
    // Without a beginning it has been there until its end.
    let figure = Facts::always_up().ended("2026-10-20 22:00").figure("2026-10");
    assert_eq!(figure.up_ms, 20 * 24 * HOUR_MS);
}
