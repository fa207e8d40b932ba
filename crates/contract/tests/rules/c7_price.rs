//! Price reduction (C7).

use contract::price::claim_deadline;
use contract::terms::{Boundary, MinuteRule, ServiceLevel};
use contract::{Figure, Terms};

use crate::MINUTE_MS;
use crate::c6_figure::under;
use crate::facts::{Facts, at};

#[test]
fn c7_1_one_table_for_both_service_levels() {
    let none = (0, "0.00 SEK".to_owned());
    for service_level in [ServiceLevel::Standard, ServiceLevel::Jour] {
        let priced = |minutes: i64| {
            let until = at("2026-11-10").plus_ms(minutes * MINUTE_MS).to_string();
            let facts = Facts::always_up().down("2026-11-10", &until[..23]);
            let terms = Terms { service_level, ..Terms::default() };
            let figure = facts.figure_under("2026-11", terms, None);
            (figure.level, figure.reduction.unwrap().to_string())
        };
        assert_eq!(priced(43), none);
        for (minutes, level, reduction) in [
            (44, 1, "1250.00 SEK"),
            (433, 2, "2500.00 SEK"),
            (865, 3, "5000.00 SEK"),
            (1_297, 4, "7500.00 SEK"),
        ] {
            assert_eq!(priced(minutes), (level, reduction.to_owned()), "{minutes} minutes");
        }
    }
}

#[test]
fn c7_1_how_far_each_level_is() {
    let left_ms = Facts::always_up().figure("2026-11").left_ms;
    let edges_ms = [432, 864, 1_296].map(|minutes| minutes * MINUTE_MS);
    assert_eq!(left_ms, [2_592_001, edges_ms[0], edges_ms[1], edges_ms[2]]);
}

#[test]
fn c7_2_exactly_on_an_edge_is_the_settings_to_decide() {
    // 43 200 minutes: 432 lost are 99 %, 864 are 98 %, 1 296 are 97 %.
    let level = |minutes: i64, ms: i64, boundary| {
        let until = at("2026-11-10").plus_ms(minutes * MINUTE_MS + ms).to_string();
        let facts = Facts::always_up().down("2026-11-10", &until[..23]);
        let terms = Terms { boundary, ..Terms::default() };
        facts.figure_under("2026-11", terms, None).level
    };
    for (minutes, level_below) in [(432, 1), (864, 2), (1_296, 3)] {
        for (boundary, exactly) in [(Boundary::Customer, 1), (Boundary::Provider, 0)] {
            assert_eq!(level(minutes, -1, boundary), level_below);
            assert_eq!(level(minutes, 0, boundary), level_below + exactly);
            assert_eq!(level(minutes, 1, boundary), level_below + 1);
        }
    }
}

#[test]
fn c7_2_an_edge_between_two_milliseconds_is_exact() {
    // T is 99.876543 at 3 200 005.44 ms of 43 200 minutes.
    for (until, level) in [("00:53:20.005", 1), ("00:53:20.006", 2)] {
        let facts = Facts::always_up().down("2026-11-10", &format!("2026-11-10 {until}"));
        let edges = vec!["99.876543".parse().unwrap()];
        let reductions = vec![10.into(), 20.into()];
        let terms = Terms { edges, reductions, ..Terms::default() };
        assert_eq!(facts.figure_under("2026-11", terms, None).level, level, "{until}");
    }
}

#[test]
fn c7_3_a_running_months_reduction_is_provisional() {
    let facts = Facts::always_up().down("2026-10-05 10:00", "2026-10-05 12:00");
    let figure = facts.figure_as_of("2026-10", "2026-10-06");
    assert_eq!(figure.reduction.as_ref().unwrap().to_string(), "1250.00 SEK");
    assert!(!figure.complete);
}

#[test]
fn c7_4_the_deadline_runs_from_where_f_goes_over_the_budget() {
    let deadline = |figure: Figure| figure.claim_deadline.map(|date| date.to_string());
    // The budget of October is 44 min 42 s. It is reached at the end of the first outage, on the
    // 5th, and goes on at the start of the second, on the 7th at 00:30 local time.
    let reached = Facts::always_up().down("2026-10-05 10:00", "2026-10-05 10:44:42");
    assert_eq!(deadline(reached.figure("2026-10")), None);
    let over = reached.down("2026-10-06 22:30", "2026-10-06 22:31");
    assert_eq!(deadline(over.figure("2026-10")).unwrap(), "2026-12-07");
    // Over midnight in Stockholm: the 6th before 22:00 UTC.
    let facts = Facts::always_up().down("2026-10-06 21:15:18", "2026-10-06 22:10");
    assert_eq!(deadline(facts.figure("2026-10")).unwrap(), "2026-12-07");
    let facts = Facts::always_up().down("2026-10-06 21:15:17.999", "2026-10-06 22:10");
    assert_eq!(deadline(facts.figure("2026-10")).unwrap(), "2026-12-06");
    // By whole minutes, the 45th takes it over, and that begins at 21:59 UTC.
    let facts = Facts::always_up().down("2026-10-06 21:15", "2026-10-06 22:10");
    let figure = facts.figure_under("2026-10", under(MinuteRule::Whole), None);
    assert_eq!(deadline(figure).unwrap(), "2026-12-06");
}

#[test]
fn c7_4_the_minute_at_a_months_edge_is_discovered_in_the_month() {
    // Months in Monrovia began at 00:44:30 UTC until 1972.
    let facts = Facts::default()
        .up("1971-01-01")
        .down("1971-02-01 00:44", "1971-02-01 00:45")
        .measured("1971-12-01");
    let timezone = "Africa/Monrovia".into();
    let terms = Terms { timezone, target: 100.into(), ..under(MinuteRule::Started) };
    let figure = facts.figure_under("1971-02", terms, None);
    assert_eq!(figure.claim_deadline.unwrap().to_string(), "1971-04-01");
}

#[test]
fn c7_4_the_deadline_is_clamped_to_the_months_last_day() {
    let zone = jiff::tz::TimeZone::get("Europe/Stockholm").unwrap();
    for (over, deadline) in [
        ("2026-12-31 12:00", "2027-02-28"),
        ("2026-12-30 23:00", "2027-02-28"),
        ("2027-12-30 12:00", "2028-02-29"),
        ("2026-08-31 12:00", "2026-10-31"),
    ] {
        assert_eq!(claim_deadline(at(over), &zone).to_string(), deadline);
    }
}
