//! The month's figure (C6).

use contract::terms::MinuteRule;
use contract::{Percent, Terms};

use crate::facts::{Facts, at};
use crate::{HOUR_MS, MINUTE_MS};

#[test]
fn c6_1_planned_comes_before_excluded_and_the_first_claim_before_the_second() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-10 10:00", "2026-10-10 10:20")
        .down("2026-10-10 10:00", "2026-10-10 11:00")
        .exclude("A1", "dos_attack", "2026-10-10 10:30", "2026-10-10 10:40")
        .exclude("A2", "network", "2026-10-10 10:10", "2026-10-10 10:50");
    let figure = serde_json::to_value(facts.figure("2026-10")).unwrap();
    assert_eq!(figure["planned_ms"], 20 * MINUTE_MS);
    assert_eq!(
        figure["excluded_by_ground_ms"],
        serde_json::json!({"dos_attack": 10 * MINUTE_MS, "network": 20 * MINUTE_MS})
    );
    assert_eq!(figure["lost_ms"], 10 * MINUTE_MS);
}

pub fn under(rule: MinuteRule) -> Terms {
    Terms { minute_rule: rule, ..Terms::default() }
}

#[test]
fn c6_2_started_minutes_count_whole_and_once() {
    let counted = |facts: &Facts, rule| facts.figure_under("2026-10", under(rule), None).counted_ms;
    let facts = Facts::always_up()
        .down("2026-10-10 10:00:59.999", "2026-10-10 10:01:00.001")
        .down("2026-10-10 10:01:30", "2026-10-10 10:01:31");
    assert_eq!(counted(&facts, MinuteRule::Exact), 1_002);
    assert_eq!(counted(&facts, MinuteRule::Started), 2 * MINUTE_MS);
    assert_eq!(counted(&facts, MinuteRule::Whole), 0);
}

#[test]
fn c6_2_whole_minutes_are_lost_from_end_to_end() {
    let counted =
        |facts: &Facts| facts.figure_under("2026-10", under(MinuteRule::Whole), None).counted_ms;
    let facts = Facts::always_up().down("2026-10-10 10:00:00.001", "2026-10-10 10:03");
    assert_eq!(counted(&facts), 2 * MINUTE_MS);
    // Two causes, one loss.
    let two = facts.down("2026-10-10 10:01:30", "2026-10-10 10:03");
    assert_eq!(counted(&two), 2 * MINUTE_MS);
    // The part that is excluded does not count towards its minute.
    let excluded = two.exclude("A1", "network", "2026-10-10 10:02:59", "2026-10-10 10:03");
    assert_eq!(counted(&excluded), MINUTE_MS);
}

#[test]
fn c6_2_a_minute_lost_across_the_months_end_counts_in_its_own_month() {
    let facts = Facts::always_up().down("2026-10-31 22:59:30", "2026-10-31 23:00:30");
    for (rule, ms) in [(MinuteRule::Started, MINUTE_MS), (MinuteRule::Whole, 0)] {
        for month in ["2026-10", "2026-11"] {
            assert_eq!(facts.figure_under(month, under(rule), None).counted_ms, ms);
        }
    }
}

#[test]
fn c6_2_a_minute_that_runs_is_started_and_not_whole() {
    let facts = Facts::always_up().down("2026-10-10 10:00", "2026-10-10 10:02");
    let counted =
        |rule| facts.figure_under("2026-10", under(rule), Some("2026-10-10 10:01:20")).counted_ms;
    assert_eq!(counted(MinuteRule::Exact), 80_000);
    assert_eq!(counted(MinuteRule::Started), 2 * MINUTE_MS);
    assert_eq!(counted(MinuteRule::Whole), MINUTE_MS);
}

#[test]
fn c6_2_a_month_that_begins_within_a_utc_minute_counts_its_part() {
    // Monrovia was 44 min 30 s behind until 1972: its months began at 00:44:30 UTC.
    let facts = Facts::default()
        .up("1971-01-01")
        .down("1971-02-01 00:44", "1971-02-01 00:45")
        .measured("1971-12-01");
    for rule in [MinuteRule::Exact, MinuteRule::Started, MinuteRule::Whole] {
        let terms = || Terms { timezone: "Africa/Monrovia".into(), ..under(rule) };
        for month in ["1971-01", "1971-02"] {
            assert_eq!(facts.figure_under(month, terms(), None).counted_ms, 30_000, "{rule:?}");
        }
    }
}

#[test]
fn c6_3_t_is_the_part_of_the_whole_month_that_was_not_lost() {
    // 432 of 43 200 minutes are one percent, also while the month goes on.
    let facts = Facts::always_up().down("2026-11-10 10:00", "2026-11-10 17:12");
    for figure in [facts.figure("2026-11"), facts.figure_as_of("2026-11", "2026-11-11")] {
        assert_eq!((figure.period_ms, figure.counted_ms), (43_200 * MINUTE_MS, 432 * MINUTE_MS));
        assert_eq!(figure.availability_percent.to_string(), "99.0000");
    }
}

#[test]
fn c6_4_percentages_are_cut_down() {
    // 7 of 43 200 minutes: 99.98379…
    let facts = Facts::always_up().down("2026-11-10 10:00", "2026-11-10 10:07");
    assert_eq!(facts.figure("2026-11").availability_percent.to_string(), "99.9837");
    let facts = Facts::always_up().down("2026-11-10 10:00", "2026-11-10 10:00:00.001");
    assert_eq!(facts.figure("2026-11").availability_percent.to_string(), "99.9999");
    assert_eq!(Facts::always_up().figure("2026-11").availability_percent.to_string(), "100.0000");
}

#[test]
fn c6_5_unmeasured_time_in_a_valid_window_or_exclusion_is_not_in_the_lower_bound() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-10 10:00", "2026-10-10 11:00")
        .stop("S2", "2026-10-01", "2026-10-11 10:00", "2026-10-11 11:00")
        .unmeasured("2026-10-10 10:30", "paused")
        .up("2026-10-10 11:30")
        .unmeasured("2026-10-11 10:00", "unable")
        .up("2026-10-11 11:00")
        .unmeasured("2026-10-12 10:00", "own_network")
        .up("2026-10-12 11:00")
        .exclude("A1", "network", "2026-10-12 10:00", "2026-10-12 10:45");
    let figure = facts.figure("2026-10");
    assert_eq!(figure.unmeasured_ms, 3 * HOUR_MS);
    assert_eq!(figure.counted_upper_ms, (30 + 60 + 15) * MINUTE_MS);
    assert_eq!(figure.counted_ms, 0);
}

#[test]
fn c6_5_time_still_to_come_is_neither() {
    let facts = Facts::default().up("2026-10-01").measured("2026-10-10");
    let figure = facts.figure_as_of("2026-10", "2026-10-10");
    assert_eq!((figure.unmeasured_ms, figure.counted_upper_ms), (2 * HOUR_MS, 2 * HOUR_MS));
    let figure = facts.figure_as_of("2026-10", "2026-09-10");
    assert_eq!((figure.elapsed_ms, figure.unmeasured_ms, figure.complete), (0, 0, false));
}

#[test]
fn c6_5_for_the_lower_bound_a_minute_may_be_lost_and_unmeasured() {
    let facts = Facts::always_up()
        .down("2026-10-10 10:00:00", "2026-10-10 10:00:30")
        .unmeasured("2026-10-10 10:00:30", "suspected")
        .up("2026-10-10 10:01");
    let figure = facts.figure_under("2026-10", under(MinuteRule::Whole), None);
    assert_eq!((figure.counted_ms, figure.counted_upper_ms), (0, MINUTE_MS));
}

#[test]
fn c6_4_a_percentage_is_read_as_it_is_printed_and_is_a_ratio_for_gauges() {
    let read = |text: &str| serde_json::from_value::<Percent>(text.into());
    for (text, e4) in [("99.8999", 998_999), ("100.0000", 1_000_000), ("0.0000", 0)] {
        assert_eq!(read(text).unwrap(), Percent { e4 });
        assert_eq!(Percent { e4 }.to_string(), text);
    }
    for wrong in ["1000.0000", "99.899", "99.89990", "-9.8999", "+9.8999", "99.+999", "99", ""] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    assert_eq!(Percent { e4: 250_000 }.ratio(), 0.25);
}

#[test]
fn c6_1_downtime_of_one_cause_and_class_without_a_gap_is_one_outage() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-10 10:20", "2026-10-10 10:30")
        .down("2026-10-10 10:00", "2026-10-10 10:10")
        .down("2026-10-10 10:10", "2026-10-10 10:40")
        .include("A1", "2026-10-10 10:40", "2026-10-10 10:50")
        .include("A2", "2026-10-10 11:00", "2026-10-10 11:10");
    let figure = facts.figure("2026-10");
    let outages: Vec<_> = figure
        .outages
        .iter()
        .map(|outage| (outage.from, outage.until, &*outage.cause, outage.class.as_str()))
        .collect();
    let on_that_day = |time: &str| at(&format!("2026-10-10 {time}"));
    let expected = [
        ("10:00", "10:20", "http_status", "lost"),
        ("10:20", "10:30", "http_status", "planned"),
        ("10:30", "10:40", "http_status", "lost"),
        ("10:40", "10:50", "fault_report", "lost"),
        ("11:00", "11:10", "fault_report", "lost"),
    ];
    let expected = expected
        .map(|(from, until, cause, class)| (on_that_day(from), on_that_day(until), cause, class));
    assert_eq!(outages, expected);
}
