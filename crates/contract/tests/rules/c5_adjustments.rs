//! Adjustments (C5).

use contract::terms::Counts;
use contract::{Side, Terms};

use crate::facts::{Facts, at};
use crate::{HOUR_MS, MINUTE_MS};

#[test]
fn c5_1_an_exclusion_takes_out_downtime_and_nothing_else() {
    let facts = Facts::always_up().down("2026-10-10 10:00", "2026-10-10 11:00").exclude(
        "A1",
        "network",
        "2026-10-10 10:30",
        "2026-10-10 12:00",
    );
    let figure = facts.figure("2026-10");
    assert_eq!((figure.lost_ms, figure.excluded_ms), (30 * MINUTE_MS, 30 * MINUTE_MS));
    assert_eq!(figure.up_ms + HOUR_MS, figure.period_ms);
}

#[test]
fn c5_2_an_accepted_fault_report_is_down_whatever_was_measured() {
    let facts = Facts::always_up()
        .unmeasured("2026-10-10 10:00", "paused")
        .up("2026-10-10 10:30")
        .include("A1", "2026-10-10 10:00", "2026-10-10 11:00");
    let figure = facts.figure("2026-10");
    assert_eq!((figure.lost_ms, figure.unmeasured_ms), (HOUR_MS, 0));
    assert_eq!(&*figure.outages[0].cause, "fault_report");
    assert_eq!(figure.incidents[0].opened, at("2026-10-10 10:00"));
    // Also beyond what is recorded.
    let figure = Facts::default()
        .up("2026-10-01")
        .measured("2026-10-02")
        .include("A1", "2026-10-10 10:00", "2026-10-10 11:00")
        .figure("2026-10");
    assert_eq!(figure.lost_ms, HOUR_MS);
    assert_eq!(figure.incidents[0].closed, Some(at("2026-10-10 11:00")));
}

#[test]
fn c5_3_the_latest_decision_stands_and_only_accepted_ones_count() {
    let claimed = Facts::always_up().down("2026-10-10 10:00", "2026-10-10 11:00").claim(
        "A1",
        "exclude",
        "suspension",
        "2026-10-10 10:00",
        "2026-10-10 11:00",
    );
    let excluded = |facts: &Facts| facts.figure("2026-10").excluded_ms;
    assert_eq!(excluded(&claimed), 0);
    let accepted = claimed.clone().decide("A1", "accepted");
    assert_eq!(excluded(&accepted), HOUR_MS);
    let rejected = accepted.decide("A1", "rejected");
    assert_eq!(excluded(&rejected), 0);
    assert_eq!(excluded(&rejected.clone().decide("A1", "accepted")), HOUR_MS);
    let lenient = || Terms { counts: Counts::Claimed, ..Terms::default() };
    assert_eq!(claimed.figure_under("2026-10", lenient(), None).excluded_ms, HOUR_MS);
    assert_eq!(rejected.figure_under("2026-10", lenient(), None).excluded_ms, 0);
}

#[test]
fn c5_2_fault_reports_that_overlap_count_once_and_those_apart_each() {
    let facts = Facts::always_up()
        .include("A1", "2026-10-10 10:00", "2026-10-10 12:00")
        .include("A2", "2026-10-10 10:10", "2026-10-10 10:20")
        .include("A3", "2026-10-10 11:30", "2026-10-10 12:30")
        .include("A4", "2026-10-10 12:30", "2026-10-10 12:40")
        .include("A5", "2026-10-10 14:00", "2026-10-10 14:10");
    let figure = facts.figure("2026-10");
    assert_eq!(figure.lost_ms, (160 + 10) * MINUTE_MS);
    let spans: Vec<_> = figure.outages.iter().map(|outage| (outage.from, outage.until)).collect();
    assert_eq!(
        spans,
        [
            (at("2026-10-10 10:00"), at("2026-10-10 12:40")),
            (at("2026-10-10 14:00"), at("2026-10-10 14:10"))
        ]
    );
}

#[test]
fn c5_5_downtime_counts_for_the_side_that_answers_for_it() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-10 10:00", "2026-10-10 10:10")
        .down("2026-10-10 10:00", "2026-10-10 11:00")
        .exclude("A1", "suspension", "2026-10-10 10:20", "2026-10-10 10:21")
        .exclude("A2", "network", "2026-10-10 10:30", "2026-10-10 10:32")
        .exclude("A3", "force_majeure", "2026-10-10 10:40", "2026-10-10 10:44");
    let sides = facts.figure("2026-10").responsible_ms();
    let minutes = Side::ALL.map(|side| (side.as_str(), sides.get(side) / MINUTE_MS));
    assert_eq!(minutes, [("provider", 53), ("customer", 1), ("third_party", 2), ("nobody", 4)]);
}
