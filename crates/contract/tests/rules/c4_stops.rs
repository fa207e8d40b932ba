//! Planned stops (C4).

use contract::{
    DownClass, Figure, Interval, ProposedStop, ResolvedTerms, StopVerdict, Terms,
    judge_announcement, judge_recorded,
};

use crate::facts::{Facts, at};
use crate::{HOUR_MS, MINUTE_MS};

fn verdicts(figure: &Figure) -> Vec<(&str, StopVerdict)> {
    figure.stops.iter().map(|stop| (stop.id.as_str(), stop.verdict)).collect()
}

#[test]
fn c4_2_notice_is_exactly_72_hours() {
    let announced = |at: &str| {
        let facts = Facts::always_up()
            .stop("S1", at, "2026-11-10 20:00", "2026-11-10 22:00")
            .down("2026-11-10 20:00", "2026-11-10 20:30");
        facts.figure("2026-11")
    };
    let in_time = announced("2026-11-07 20:00");
    assert_eq!(verdicts(&in_time), [("S1", StopVerdict::Valid)]);
    assert_eq!((in_time.planned_ms, in_time.lost_ms), (30 * MINUTE_MS, 0));
    let late = announced("2026-11-07 20:00:00.001");
    assert_eq!(verdicts(&late), [("S1", StopVerdict::Late)]);
    assert_eq!((late.planned_ms, late.lost_ms), (0, 30 * MINUTE_MS));
}

#[test]
fn c4_3_the_allowance_goes_by_announcement_and_local_month() {
    // The first announced is the last in time; the last of the local October is in UTC, too, and
    // 23:30 UTC on 31 October is in the local November.
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-25", "2026-10-25 01:00")
        .stop("S2", "2026-10-01", "2026-10-10", "2026-10-10 01:00")
        .stop("S3", "2026-10-01", "2026-10-31 23:30", "2026-10-31 23:50");
    let (surplus, valid) = (StopVerdict::Surplus, StopVerdict::Valid);
    assert_eq!(verdicts(&facts.figure("2026-10")), [("S2", surplus), ("S1", valid)]);
    assert_eq!(verdicts(&facts.figure("2026-11")), [("S3", valid)]);
    let two = Terms { planned_stops_per_month: 2, ..Terms::default() };
    let figure = facts.figure_under("2026-10", two, None);
    assert_eq!(verdicts(&figure), [("S2", valid), ("S1", valid)]);
    let none = Terms { planned_stops_per_month: 0, ..Terms::default() };
    let figure = facts.figure_under("2026-10", none, None);
    assert_eq!(verdicts(&figure), [("S2", surplus), ("S1", surplus)]);
}

#[test]
fn c4_3_a_late_stop_does_not_use_the_allowance() {
    let facts = Facts::always_up().stop("S1", "2026-10-01", "2026-10-03", "2026-10-03 01:00").stop(
        "S2",
        "2026-10-01",
        "2026-10-10",
        "2026-10-10 01:00",
    );
    let figure = facts.figure("2026-10");
    assert_eq!(verdicts(&figure), [("S1", StopVerdict::Late), ("S2", StopVerdict::Valid)]);
}

#[test]
fn c4_4_a_stop_otherwise_agreed_needs_notice_and_no_allowance() {
    let facts = Facts::always_up()
        .stop_agreed("S1", "2026-10-01", "2026-10-08", "2026-10-08 01:00", Some("mail of 1 May"))
        .stop("S2", "2026-10-01", "2026-10-10", "2026-10-10 01:00")
        .stop_agreed("S3", "2026-10-01", "2026-10-03", "2026-10-03 01:00", Some("mail of 1 May"))
        .down("2026-10-08", "2026-10-08 00:30");
    let figure = facts.figure("2026-10");
    assert_eq!(
        verdicts(&figure),
        [("S3", StopVerdict::Late), ("S1", StopVerdict::Agreed), ("S2", StopVerdict::Valid)]
    );
    assert_eq!(figure.planned_ms, 30 * MINUTE_MS);
}

#[test]
fn c4_5_office_hours_are_flagged() {
    // In Stockholm, 08-17 is 06-15 UTC in summer. 2026-10-05 is a Monday.
    for (from, until, in_office_hours) in [
        ("2026-10-05 04:00", "2026-10-05 06:00", false),
        ("2026-10-05 04:00", "2026-10-05 06:00:00.001", true),
        ("2026-10-05 14:59:59.999", "2026-10-05 16:00", true),
        ("2026-10-05 15:00", "2026-10-05 16:00", false),
        ("2026-10-10 06:00", "2026-10-11 15:00", false),
        ("2026-10-04 15:00", "2026-10-07", true),
        // 30 October 2026 is the day before All Saints' Day: office hours still last until 17.
        ("2026-10-30 14:00", "2026-10-30 15:00", true),
    ] {
        let facts = Facts::always_up().stop("S1", "2026-09-01", from, until);
        let figure = facts.figure("2026-10");
        assert_eq!(figure.stops[0].in_office_hours, in_office_hours, "{from}");
        assert_eq!(figure.stops[0].verdict, StopVerdict::Valid);
    }
}

#[test]
fn c4_6_cancelled_before_it_begins_it_was_never_announced() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-10", "2026-10-10 01:00")
        .stop("S2", "2026-10-01", "2026-10-20", "2026-10-20 01:00")
        .cancel("S1", "2026-10-09 23:59:59.999");
    let figure = facts.figure("2026-10");
    assert_eq!(verdicts(&figure), [("S1", StopVerdict::Cancelled), ("S2", StopVerdict::Valid)]);
}

#[test]
fn c4_6_cancelled_later_the_window_ends_there_and_keeps_its_place() {
    let cancelled = |at: &str| {
        let facts = Facts::always_up()
            .stop("S1", "2026-10-01", "2026-10-10", "2026-10-10 01:00")
            .stop("S2", "2026-10-01", "2026-10-20", "2026-10-20 01:00")
            .down("2026-10-10", "2026-10-10 02:00")
            .cancel("S1", at);
        let figure = facts.figure("2026-10");
        assert_eq!(verdicts(&figure), [("S1", StopVerdict::Valid), ("S2", StopVerdict::Surplus)]);
        figure.planned_ms
    };
    assert_eq!(cancelled("2026-10-10"), 0);
    assert_eq!(cancelled("2026-10-10 00:20"), 20 * MINUTE_MS);
    assert_eq!(cancelled("2026-10-10 03:00"), 60 * MINUTE_MS);
}

#[test]
fn c4_7_an_overrun_is_downtime() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-10 20:00", "2026-10-10 21:00")
        .down("2026-10-10 19:50", "2026-10-10 21:20");
    let figure = facts.figure("2026-10");
    assert_eq!((figure.planned_ms, figure.lost_ms), (60 * MINUTE_MS, 30 * MINUTE_MS));
    let classes: Vec<_> = figure.outages.iter().map(|outage| outage.class).collect();
    assert_eq!(classes, [DownClass::Lost, DownClass::Planned, DownClass::Lost]);
}

#[test]
fn c4_7_a_window_across_a_months_end_is_split_by_time_and_judged_once() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-31 22:00", "2026-11-01 01:00")
        .stop("S2", "2026-10-01", "2026-11-10", "2026-11-10 01:00")
        .down("2026-10-31 22:00", "2026-11-01 01:00");
    let (october, november) = (facts.figure("2026-10"), facts.figure("2026-11"));
    assert_eq!((october.planned_ms, november.planned_ms), (HOUR_MS, 2 * HOUR_MS));
    // It counts in its first month, so that November's allowance is free.
    assert_eq!(verdicts(&november), [("S1", StopVerdict::Valid), ("S2", StopVerdict::Valid)]);
}

#[test]
fn c4_the_verdict_is_told_before_it_is_announced() {
    let history = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-11-20 20:00", "2026-11-20 22:00")
        .history();
    let terms = ResolvedTerms::new(Terms::default()).unwrap();
    let judge = |from: &str, until: &str, agreed| {
        let proposed = ProposedStop { window: Interval::new(at(from), at(until)), agreed };
        let now = at("2026-11-02 12:00");
        judge_announcement(&history, "portal", &terms, &[], proposed, now)
    };
    let late = judge("2026-11-05 11:59", "2026-11-05 13:00", None);
    assert_eq!((late.verdict, late.in_office_hours), (StopVerdict::Late, true));
    assert_eq!(
        late.reason,
        "late: it starts at 2026-11-05 12:59 Europe/Stockholm (2026-11-05 11:59 UTC), and notice \
         was due by 2026-11-02 12:59 Europe/Stockholm (2026-11-02 11:59 UTC); it would exclude \
         nothing; it overlaps office hours (08-17)"
    );
    let surplus = judge("2026-11-25 20:00", "2026-11-25 22:00", None);
    assert_eq!(surplus.verdict, StopVerdict::Surplus);
    assert!(surplus.reason.contains("1 in 2026-11"), "{}", surplus.reason);
    assert!(surplus.reason.contains("\"S1\""), "{}", surplus.reason);
    let agreed = judge("2026-11-25 20:00", "2026-11-25 22:00", Some("mail of 1 May"));
    assert_eq!(agreed.verdict, StopVerdict::Agreed);
    let valid = judge("2026-12-05 20:00", "2026-12-05 22:00", None);
    assert_eq!((valid.verdict, valid.in_office_hours), (StopVerdict::Valid, false));
    let window = Interval::new(at("2026-11-02 11:00"), at("2026-11-02 13:00"));
    let proposed = ProposedStop { window, agreed: None };
    assert!(proposed.is_retroactive(at("2026-11-02 12:00")));
    assert!(!proposed.is_retroactive(at("2026-11-02 11:00")));
}

#[test]
fn c4_3_stops_announced_together_use_the_allowance_in_their_order() {
    let history = Facts::always_up().history();
    let terms = ResolvedTerms::new(Terms::default()).unwrap();
    let stop = |day: &str| {
        let from = at(&format!("2026-11-{day} 20:00"));
        ProposedStop { window: Interval::new(from, from.plus_ms(HOUR_MS)), agreed: None }
    };
    let agreed = ProposedStop { agreed: Some("mail of 1 May"), ..stop("10") };
    let proposed = [agreed, stop("20"), stop("15")];
    let now = at("2026-11-02 12:00");
    let told = |place: usize| {
        let (earlier, stop) = (&proposed[..place], proposed[place]);
        judge_announcement(&history, "portal", &terms, earlier, stop, now)
    };
    let verdicts = [told(0).verdict, told(1).verdict, told(2).verdict];
    assert_eq!(verdicts, [StopVerdict::Agreed, StopVerdict::Valid, StopVerdict::Surplus]);
    let reason = told(2).reason;
    assert!(reason.contains("first by one before it"), "{reason}");
}

#[test]
fn c4_a_recorded_stop_is_judged_as_in_the_figure_with_the_reason() {
    let history = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-11-20 20:00", "2026-11-20 22:00")
        .stop("S2", "2026-10-02", "2026-11-10 10:00", "2026-11-10 11:00")
        .stop("S3", "2026-11-20", "2026-11-21 20:00", "2026-11-21 22:00")
        .history();
    let terms = ResolvedTerms::new(Terms::default()).unwrap();
    let told = |id: &str| judge_recorded(&history, "portal", &terms, history.stop(id).unwrap());
    assert_eq!((told("S1").verdict, told("S1").in_office_hours), (StopVerdict::Valid, false));
    let surplus = told("S2");
    assert_eq!((surplus.verdict, surplus.in_office_hours), (StopVerdict::Surplus, true));
    let reason = "used up, first by \"S1\"; it excludes nothing; it overlaps office hours (08-17)";
    assert!(surplus.reason.ends_with(reason), "{}", surplus.reason);
    assert_eq!(told("S3").verdict, StopVerdict::Late);
    assert!(told("S3").reason.ends_with("(2026-11-18 20:00 UTC); it excludes nothing"));
}

#[test]
fn c4_3_a_surplus_stop_is_told_who_has_the_place() {
    // Neither one of another month nor one announced late has it.
    let history = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-20 20:00", "2026-10-20 22:00")
        .stop("S2", "2026-11-01", "2026-11-02 20:00", "2026-11-02 22:00")
        .stop("S3", "2026-11-02", "2026-11-20 20:00", "2026-11-20 22:00")
        .stop("S4", "2026-11-02", "2026-11-10 20:00", "2026-11-10 22:00")
        .history();
    let reason = |id, planned_stops_per_month| {
        let terms = Terms { planned_stops_per_month, ..Terms::default() };
        let terms = ResolvedTerms::new(terms).unwrap();
        judge_recorded(&history, "portal", &terms, history.stop(id).unwrap()).reason
    };
    let reason_of_second = reason("S4", 1);
    assert!(reason_of_second.contains("used up, first by \"S3\";"), "{reason_of_second}");
    let reason = reason("S1", 0);
    assert!(reason.contains("(0 in 2026-10) are used up; it excludes nothing"), "{reason}");
}

#[test]
fn c4_6_a_window_as_it_stands_ends_where_it_was_cancelled_unless_that_was_before_it() {
    let until = |cancelled_at: &str| {
        let facts =
            Facts::always_up().stop("S1", "2026-10-01", "2026-10-10 20:00", "2026-10-10 22:00");
        let history = facts.cancel("S1", cancelled_at).history();
        history.stop("S1").unwrap().effective_window().until
    };
    assert_eq!(until("2026-10-09"), at("2026-10-10 22:00"));
    assert_eq!(until("2026-10-10 21:00"), at("2026-10-10 21:00"));
    assert_eq!(until("2026-10-10 23:00"), at("2026-10-10 22:00"));
}

#[test]
fn c4_every_verdict_has_a_name() {
    let named = [
        (StopVerdict::Valid, "valid"),
        (StopVerdict::Agreed, "agreed"),
        (StopVerdict::Late, "late"),
        (StopVerdict::Surplus, "surplus"),
        (StopVerdict::Cancelled, "cancelled"),
    ];
    for (verdict, name) in named {
        assert_eq!(verdict.as_str(), name);
        assert_eq!(serde_json::to_value(verdict).unwrap(), name);
    }
}
