//! The budget and its alerts (C8).

use contract::Terms;
use contract::budget::{is_claim_deadline_near, is_unmeasured_long};

use crate::MINUTE_MS;
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

fn promising(target_percent: &str) -> Terms {
    Terms { target: target_percent.parse().unwrap(), ..Terms::default() }
}

#[test]
fn c8_1_where_the_budget_is_nothing_all_of_it_is_burned_by_the_first_loss() {
    let kept = Facts::always_up().figure_under("2026-12", promising("100"), None);
    assert_eq!((kept.budget_ms, kept.burned_ratio()), (0, 0.0));
    assert!(!kept.is_burned(50) && !kept.is_next_level_near());
    let facts = Facts::always_up().down("2026-12-05 10:00", "2026-12-05 10:00:00.001");
    let broken = facts.figure_under("2026-12", promising("100"), None);
    assert_eq!(broken.burned_ratio(), f64::INFINITY);
    assert!(broken.is_burned(100));
}

#[test]
fn c8_2_a_pace_is_reached_to_the_millisecond() {
    use contract::budget::BURN_WINDOWS;
    let [_, day, three_days] = BURN_WINDOWS;
    // Three thousandths of a day, and one of three days.
    let burning = |until: &str| {
        let facts = Facts::always_up().down("2026-12-05 10:00", until);
        let figure = facts.figure_as_of("2026-12", "2026-12-05 11:00");
        [day, three_days].map(|window| figure.is_burning(window, at("2026-12-05 11:00")))
    };
    assert_eq!(burning("2026-12-05 10:04:19.200"), [true, true]);
    assert_eq!(burning("2026-12-05 10:04:19.199"), [false, false]);
}

#[test]
fn c8_2_a_window_reaches_back_as_far_as_its_name_says() {
    use contract::budget::BURN_WINDOWS;
    // Five minutes of the hour are enough for any of them, two for none.
    let facts = Facts::always_up().down("2026-12-05 10:00", "2026-12-05 11:00");
    for (window, hours) in BURN_WINDOWS.into_iter().zip([6, 24, 72]) {
        let end = at("2026-12-05 11:00").plus_ms(hours * 60 * MINUTE_MS);
        let figure = facts.figure("2026-12");
        assert!(figure.is_burning(window, end.plus_ms(-5 * MINUTE_MS)), "{}", window.name);
        assert!(!figure.is_burning(window, end.plus_ms(-2 * MINUTE_MS)), "{}", window.name);
    }
}

#[test]
fn c8_2_the_budget_will_burn_if_the_months_pace_burns_it() {
    // A thousandth of ten days: exactly the budget's pace.
    let facts = Facts::always_up().down("2026-12-05 10:00", "2026-12-05 10:14:24");
    assert!(!facts.figure_as_of("2026-12", "2026-12-10 23:00").will_burn());
    assert!(facts.figure_as_of("2026-12", "2026-12-10 22:59:59.999").will_burn());
    assert!(!facts.figure_as_of("2026-12", "2026-12-25").will_burn());
}

#[test]
fn c8_2_the_next_level_is_near_in_the_last_half_hour_before_it() {
    // F may grow to 44 min 38.4 s.
    let near = |until: &str| {
        Facts::always_up().down("2026-12-05 10:00", until).figure("2026-12").is_next_level_near()
    };
    assert!(!near("2026-12-05 10:14:38.401"));
    assert!(near("2026-12-05 10:14:38.402"));
    // Less than half an hour from the start, but nothing is lost.
    let strict = Facts::always_up().figure_under("2026-12", promising("99.99"), None);
    assert!(strict.left_ms[0] < 30 * MINUTE_MS && !strict.is_next_level_near());
}

#[test]
fn c8_2_more_than_five_unmeasured_minutes_of_a_day_are_too_many() {
    let five_minutes_ms = 5 * MINUTE_MS;
    assert!(!is_unmeasured_long(0) && !is_unmeasured_long(five_minutes_ms));
    assert!(is_unmeasured_long(five_minutes_ms + 1));
}
