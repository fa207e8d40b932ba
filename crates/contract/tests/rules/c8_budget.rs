//! The budget and its alerts (C8).

use contract::budget::is_claim_deadline_near;

use crate::facts::{Facts, at};

#[test]
fn c8_1_the_budget_is_44_64_minutes_in_a_month_of_31_days() {
    let facts = Facts::always_up().down("2026-12-05 10:00", "2026-12-05 10:22:19.200");
    let figure = facts.figure("2026-12");
    assert_eq!(figure.budget_ms, 2_678_400);
    assert_eq!(figure.counted_ms * 2, figure.budget_ms);
    assert!((figure.burned_ratio() - 0.5).abs() < 1e-9);
    assert!(figure.is_burned(50) && !figure.is_burned(51));
    assert_eq!(figure.left_ms[0], 1_339_200 + 1);
}

#[test]
fn c8_2_the_conditions_of_the_budgets_alerts() {
    use contract::budget::BURN_WINDOWS;
    let [six_hours, day, three_days] = BURN_WINDOWS;
    // 2 min 59.999 s are below the floor, whatever the pace.
    let little = Facts::always_up().down("2026-12-05 10:00", "2026-12-05 10:02:59.999");
    let now = at("2026-12-05 11:00");
    let figure = little.figure_as_of("2026-12", "2026-12-05 11:00");
    assert!(![six_hours, day, three_days].iter().any(|window| figure.is_burning(*window, now)));
    assert!(!figure.will_burn() && !figure.is_next_level_near());
    let more = Facts::always_up().down("2026-12-05 10:00", "2026-12-05 10:16");
    let figure = more.figure_as_of("2026-12", "2026-12-05 11:00");
    assert!([six_hours, day, three_days].iter().all(|window| figure.is_burning(*window, now)));
    assert!(figure.will_burn() && figure.is_next_level_near());
    let later = at("2026-12-07 11:00");
    let figure = more.figure_as_of("2026-12", "2026-12-07 11:00");
    assert!(!figure.is_burning(six_hours, later) && !figure.is_burning(day, later));
    assert!(figure.is_burning(three_days, later));
    assert!(!more.figure("2026-12").will_burn());
}

#[test]
fn c8_2_a_claims_deadline_and_a_stop_without_notice_are_near() {
    let facts = Facts::always_up().down("2026-10-05 10:00", "2026-10-05 12:00").stop(
        "S1",
        "2026-10-09",
        "2026-10-10",
        "2026-10-10 01:00",
    );
    let figure = facts.figure("2026-10");
    // A claim that can be made until 5 December lapses when that day ends in Stockholm.
    let lapses = at("2026-12-05 23:00");
    let near = |now: &str| is_claim_deadline_near(lapses, at(now));
    assert!(!near("2026-11-21 22:59:59.999") && near("2026-11-21 23:00") && near("2026-12-05"));
    assert!(!near("2026-12-05 23:00:00.001"));
    let about_to_start = |now: &str| figure.stops_without_valid_notice(at(now)).collect::<Vec<_>>();
    assert_eq!(about_to_start("2026-10-09 12:00"), ["S1"]);
    assert!(about_to_start("2026-10-08 12:00").is_empty());
}
