//! Incidents and the support clock (C9).

use contract::terms::ServiceLevel;
use contract::{ResolvedTerms, Response, Terms};

use crate::MINUTE_MS;
use crate::facts::{Facts, at};

#[test]
fn c9_1_intervals_less_than_ten_minutes_apart_are_one_incident() {
    let facts = Facts::always_up()
        .down("2026-10-05 10:00", "2026-10-05 10:05")
        .down("2026-10-05 10:14:59.999", "2026-10-05 10:20")
        .down("2026-10-05 10:30", "2026-10-05 10:31");
    let figure = facts.figure("2026-10");
    let spans: Vec<_> =
        figure.incidents.iter().map(|incident| (incident.opened, incident.closed)).collect();
    assert_eq!(
        spans,
        [
            (at("2026-10-05 10:00"), Some(at("2026-10-05 10:20"))),
            (at("2026-10-05 10:30"), Some(at("2026-10-05 10:31"))),
        ]
    );
    assert_eq!(figure.incidents[0].lost_ms, 10 * MINUTE_MS + 1);
}

#[test]
fn c9_1_planned_downtime_opens_nothing_and_excluded_downtime_does() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-10 10:00", "2026-10-10 11:00")
        .down("2026-10-10 10:00", "2026-10-10 11:00")
        .down("2026-10-12 10:00", "2026-10-12 11:00")
        .exclude("A1", "dos_attack", "2026-10-12 10:00", "2026-10-12 11:00");
    let figure = facts.figure("2026-10");
    assert_eq!(figure.incidents.len(), 1);
    assert_eq!(figure.incidents[0].opened, at("2026-10-12 10:00"));
    assert_eq!(figure.incidents[0].lost_ms, 0);
}

#[test]
fn c9_1_an_incident_is_listed_in_every_month_that_it_touches() {
    let facts = Facts::always_up()
        .down("2026-09-30 10:00", "2026-09-30 21:55")
        .down("2026-09-30 22:04", "2026-11-02")
        .acknowledge("2026-09-30 10:00", "2026-09-30 10:30");
    let figures = ["2026-09", "2026-10", "2026-11"].map(|month| facts.figure(month));
    for figure in &figures {
        let [incident] = &figure.incidents[..] else { panic!("{:?}", figure.incidents) };
        assert_eq!(incident.opened, at("2026-09-30 10:00"));
        assert_eq!(incident.closed, Some(at("2026-11-02")));
        assert_eq!(incident.lost_ms, figure.lost_ms);
        assert_eq!(incident.response, Response::Met);
    }
    assert_eq!(figures[1].lost_ms, figures[1].period_ms - 4 * MINUTE_MS);
}

#[test]
fn c9_1_an_incident_that_customers_reported_keeps_its_opening_over_a_months_end() {
    // The second report lies in the first, and what was measured changes after it.
    let facts = Facts::always_up()
        .unmeasured("2026-10-31 20:00", "paused")
        .up("2026-10-31 21:00")
        .include("A1", "2026-10-31 20:00", "2026-11-01 02:00")
        .include("A2", "2026-10-31 20:10", "2026-10-31 20:20");
    for month in ["2026-10", "2026-11"] {
        let incidents = facts.figure(month).incidents;
        let spans: Vec<_> = incidents.iter().map(|it| (it.opened, it.closed)).collect();
        assert_eq!(spans, [(at("2026-10-31 20:00"), Some(at("2026-11-01 02:00")))], "{month}");
    }
}

#[test]
fn c9_1_an_incident_is_open_while_its_downtime_goes_on() {
    let facts = Facts::always_up().down("2026-10-05 10:00", "2026-10-05 12:00");
    let closed = |as_of| facts.figure_as_of("2026-10", as_of).incidents[0].closed;
    assert_eq!(closed("2026-10-05 11:00"), None);
    assert_eq!(closed("2026-10-05 12:00"), Some(at("2026-10-05 12:00")));
    assert_eq!(closed("2026-11-20"), Some(at("2026-10-05 12:00")));
    // What is unmeasured is not down.
    let facts = Facts::default()
        .up("2026-10-01")
        .down("2026-10-05 10:00", "2026-11-20")
        .measuring_stopped("2026-11-20", "agent_off");
    let lines = [&facts.lines[..2], &[]].concat();
    let stopped = Facts { lines }.measuring_stopped("2026-10-05 12:00", "agent_off");
    assert_eq!(stopped.figure("2026-10").incidents[0].closed, Some(at("2026-10-05 12:00")));
}

#[test]
fn c9_1_beyond_what_is_known_nothing_goes_on() {
    // Known until noon, and a fault report from then until two; nobody knows of more.
    let facts = Facts::default().up("2026-10-01").down("2026-10-05 10:00", "2026-10-05 12:00");
    let lines = facts.lines[..2].to_vec();
    let facts = Facts { lines }.measured("2026-10-05 12:00");
    let reported = facts.clone().include("A1", "2026-10-05 12:00", "2026-10-05 14:00");
    let closed = |facts: &Facts, as_of| facts.figure_as_of("2026-10", as_of).incidents[0].closed;
    assert_eq!(closed(&facts, "2026-10-05 12:00"), None);
    assert_eq!(closed(&facts, "2026-10-05 12:01"), Some(at("2026-10-05 12:00")));
    assert_eq!(closed(&reported, "2026-10-05 14:00"), Some(at("2026-10-05 14:00")));
    assert_eq!(closed(&reported, "2026-10-05 13:00"), None);
}

fn deadline(opened: &str, terms: Terms) -> String {
    let until = at(opened).plus_ms(MINUTE_MS).to_string().replace('T', " ");
    let facts = Facts::always_up().down(opened, until.trim_end_matches('Z'));
    let figure = facts.figure_under(&opened[..7], terms, None);
    figure.incidents[0].response_deadline.to_string().replace(":00.000Z", "")
}

#[test]
fn c9_2_standard_is_four_hours_of_weekdays() {
    for (opened, expected) in [
        // Monday 5 October 2026; 08-17 is 06-15 UTC.
        ("2026-10-05 06:00", "2026-10-05T10:00"),
        ("2026-10-05 03:00", "2026-10-05T10:00"),
        ("2026-10-05 11:00", "2026-10-05T15:00"),
        ("2026-10-05 11:01", "2026-10-06T06:01"),
        ("2026-10-05 15:00", "2026-10-06T10:00"),
        // Friday afternoon to Monday.
        ("2026-10-09 13:00", "2026-10-12T08:00"),
        ("2026-10-10 13:00", "2026-10-12T10:00"),
        // Over the end of summer time: 08 is 07 UTC on Monday 26 October.
        ("2026-10-23 14:00", "2026-10-26T10:00"),
        // 30 October closes at 12 (11 UTC), before All Saints' Day.
        ("2026-10-30 08:00", "2026-11-02T08:00"),
        ("2026-10-30 07:00", "2026-10-30T11:00"),
        // 23 December to after Christmas: the 24th is 08-12, the 25th to 27th are red.
        ("2026-12-23 15:00", "2026-12-24T10:00"),
        ("2026-12-24 10:00", "2026-12-28T10:00"),
        // 31 December 08-12, 5 January 08-12.
        ("2026-12-31 09:00", "2027-01-04T09:00"),
    ] {
        assert_eq!(deadline(opened, Terms::default()), expected, "{opened}");
    }
}

#[test]
fn c9_2_jour_is_one_hour_around_the_clock() {
    let jour = || Terms { service_level: ServiceLevel::Jour, ..Terms::default() };
    assert_eq!(deadline("2026-12-25 01:00", jour()), "2026-12-25T02:00");
    assert_eq!(deadline("2026-10-25 00:30", jour()), "2026-10-25T01:30");
}

#[test]
fn c9_3_closed_eves_have_no_support_and_shorten_the_day_before() {
    let closed = || Terms { eves_closed: true, ..Terms::default() };
    assert_eq!(deadline("2026-12-23 10:00", closed()), "2026-12-28T10:00");
    assert_eq!(deadline("2026-12-24 07:00", closed()), "2026-12-28T11:00");
}

#[test]
fn c9_4_an_acknowledgement_stays_with_the_incident_whose_opening_a_fault_report_moves() {
    let facts = Facts::always_up()
        .down("2026-10-05 06:00", "2026-10-05 12:00")
        .acknowledge("2026-10-05 06:00", "2026-10-05 06:30");
    let acknowledged = |facts: &Facts| {
        let incidents = facts.figure("2026-10").incidents;
        incidents.iter().map(|one| (one.opened, one.acknowledged)).collect::<Vec<_>>()
    };
    let started = Some(at("2026-10-05 06:30"));
    assert_eq!(acknowledged(&facts), [(at("2026-10-05 06:00"), started)]);
    // Nine minutes before it, and twelve.
    let moved = facts.clone().include("A1", "2026-10-05 05:00", "2026-10-05 05:51");
    assert_eq!(acknowledged(&moved), [(at("2026-10-05 05:00"), started)]);
    let other = facts.clone().include("A1", "2026-10-05 05:00", "2026-10-05 05:48");
    assert_eq!(
        acknowledged(&other),
        [(at("2026-10-05 05:00"), None), (at("2026-10-05 06:00"), started)]
    );
    // Of several, the first made; and none that names the end, a time before, or one within.
    let late = facts
        .acknowledge("2026-10-05 05:59:59.999", "2026-10-05 06:40")
        .acknowledge("2026-10-05 12:00", "2026-10-05 12:10")
        .down("2026-10-05 14:00", "2026-10-05 15:00")
        .acknowledge("2026-10-05 14:59:59.999", "2026-10-05 14:50")
        .acknowledge("2026-10-05 14:00", "2026-10-05 15:30");
    let last = (at("2026-10-05 14:00"), Some(at("2026-10-05 15:30")));
    assert_eq!(acknowledged(&late), [(at("2026-10-05 06:00"), started), last]);
}

#[test]
fn c9_4_the_clock_is_met_breached_or_running() {
    // Opened Monday 08:00 local time: the deadline is 10:00 UTC.
    let down = Facts::always_up().down("2026-10-05 06:00", "2026-10-05 16:00");
    let response =
        |facts: &Facts, as_of| facts.figure_as_of("2026-10", as_of).incidents[0].response;
    assert_eq!(response(&down, "2026-10-05 09:59:59.999"), Response::Running);
    assert_eq!(response(&down, "2026-10-05 10:00"), Response::Breached);
    assert_eq!(response(&down, "2026-10-20"), Response::Breached);
    let acknowledged = |at| down.clone().acknowledge("2026-10-05 06:00", at);
    assert_eq!(response(&acknowledged("2026-10-05 10:00"), "2026-10-20"), Response::Met);
    assert_eq!(
        response(&acknowledged("2026-10-05 10:00:00.001"), "2026-10-20"),
        Response::Breached
    );
    let over = Facts::always_up().down("2026-10-05 06:00", "2026-10-05 10:00");
    assert_eq!(response(&over, "2026-10-20"), Response::Met);
    // The clock shows support time: 50, 80 and 100 %.
    let terms = ResolvedTerms::new(Terms::default()).unwrap();
    let month = contract::MonthTerms::new(&terms, "2026-10".parse().unwrap());
    let figure = down.figure_as_of("2026-10", "2026-10-05 09:12");
    let clock = |at_: &str| figure.incidents[0].clock_percent(month.support(), at(at_));
    assert_eq!((clock("2026-10-05 08:00"), clock("2026-10-05 09:12")), (50, 80));
    assert!(figure.incidents[0].is_clock_at(80, month.support(), at("2026-10-05 09:12")));
    assert!(!figure.incidents[0].is_clock_at(100, month.support(), at("2026-10-05 09:59")));
}

#[test]
fn c9_4_the_first_acknowledgement_that_names_the_opening_is_the_incidents_own() {
    let facts = Facts::always_up()
        .down("2026-10-05 10:00", "2026-10-05 12:00")
        .down("2026-10-05 12:05", "2026-10-05 12:10")
        .acknowledge("2026-10-05 12:00", "2026-10-05 11:00")
        .acknowledge("2026-10-05 10:00:00.001", "2026-10-05 11:10")
        .acknowledge("2026-10-05 12:05", "2026-10-05 11:20")
        .acknowledge("2026-10-05 10:00", "2026-10-05 11:40")
        .acknowledge("2026-10-05 10:00", "2026-10-05 11:50");
    let incident = &facts.figure("2026-10").incidents[0];
    assert_eq!(incident.acknowledged, Some(at("2026-10-05 11:40")));
    // Where a fault report moves the opening, either names it.
    let moved = facts.include("A1", "2026-10-05 09:30", "2026-10-05 10:30");
    let incident = &moved.figure("2026-10").incidents[0];
    assert_eq!(incident.opened, at("2026-10-05 09:30"));
    assert_eq!(incident.acknowledged, Some(at("2026-10-05 11:40")));
    let facts = moved.acknowledge("2026-10-05 09:30", "2026-10-05 12:00");
    let incident = &facts.figure("2026-10").incidents[0];
    let history = facts.history();
    let told = history.acknowledgement_of("portal", incident, at("2026-10-06")).unwrap();
    assert_eq!(Some(told.at), incident.acknowledged);
}

#[test]
fn c9_4_every_stand_of_the_clock_has_a_name() {
    let named =
        [(Response::Met, "met"), (Response::Breached, "breached"), (Response::Running, "running")];
    for (response, name) in named {
        assert_eq!(response.as_str(), name);
        assert_eq!(serde_json::to_value(response).unwrap(), name);
    }
}
