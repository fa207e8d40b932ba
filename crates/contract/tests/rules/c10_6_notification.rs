//! Incidents notifiable under the cyber security act (C10.6).

use contract::{ReportStage, Terms};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::facts::{Facts, at};

impl Facts {
    fn mark(self, opened: &str, detected: &str) -> Self {
        let (opened, detected) = (at(opened).to_string(), at(detected).to_string());
        self.add(
            "2026-10-06",
            json!({"fact": "incident_notifiable", "service": "portal",
                                      "opened": opened, "detected": detected, "by": "anna"}),
        )
    }

    fn report(self, opened: &str, stage: &str, made: &str) -> Self {
        let opened = at(opened).to_string();
        self.add(
            made,
            json!({"fact": "incident_reported", "service": "portal", "opened": opened,
                              "stage": stage, "reference": "MCF 17", "by": "anna"}),
        )
    }
}

#[test]
fn c10_6_a_day_three_days_and_a_month_after_that_from_detection() {
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    let deadlines = |detected: &str| {
        ReportStage::ALL.map(|stage| stage.deadline(at(detected), &zone).to_string())
    };
    let instants = |texts: [&str; 3]| texts.map(|text| at(text).to_string());
    assert_eq!(
        deadlines("2026-10-05 10:00"),
        instants(["2026-10-06 10:00", "2026-10-08 10:00", "2026-11-08 11:00"]),
        "the same local time a month later, in winter"
    );
    // 24 and 72 hours are hours, also over the end of summer time.
    assert_eq!(
        deadlines("2026-10-24 10:00"),
        instants(["2026-10-25 10:00", "2026-10-27 10:00", "2026-11-27 10:00"])
    );
    // The last day of a shorter month.
    assert_eq!(
        deadlines("2027-01-28 10:00"),
        instants(["2027-01-29 10:00", "2027-01-31 10:00", "2027-02-28 10:00"])
    );
}

#[test]
fn c10_6_every_stage_has_a_name() {
    assert_eq!(
        ReportStage::ALL.map(ReportStage::as_str),
        ["early_warning", "notification", "final"]
    );
    for stage in ReportStage::ALL {
        assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
    }
}

#[test]
fn c10_6_a_mark_belongs_to_the_incident_in_which_its_opening_lies() {
    let facts = Facts::always_up()
        .down("2026-10-05 10:00", "2026-10-05 12:00")
        .down("2026-10-05 14:00", "2026-10-05 15:00")
        .mark("2026-10-05 10:00", "2026-10-05 10:01")
        .report("2026-10-05 10:00", "early_warning", "2026-10-06")
        .report("2026-10-05 10:00", "early_warning", "2026-10-07");
    let marked = |facts: &Facts| {
        let (history, now) = (facts.history(), at("2026-10-20"));
        let incidents =
            facts.figure_under("2026-10", Terms::default(), Some("2026-10-20")).incidents;
        let mark = |incident| history.notifiable_of("portal", incident, now).cloned();
        incidents.iter().map(|incident| (incident.opened, mark(incident))).collect::<Vec<_>>()
    };
    let told = marked(&facts);
    let mark = told[0].1.as_ref().unwrap();
    assert_eq!(mark.detected, at("2026-10-05 10:01"));
    // What is reported first stands.
    let reported = |stage| mark.reported(stage).map(|made| made.at);
    assert_eq!(reported(ReportStage::EarlyWarning), Some(at("2026-10-06")));
    assert_eq!(reported(ReportStage::Notification), None);
    assert_eq!(told[1].1, None);
    // A fault report that is accepted moves the opening.
    let moved = marked(&facts.include("A1", "2026-10-05 09:00", "2026-10-05 10:00"));
    assert_eq!(moved[0].0, at("2026-10-05 09:00"));
    assert_eq!(moved[0].1.as_ref(), Some(mark));
}

#[test]
fn c10_6_detected_is_when_the_downtime_was_first_on_record() {
    let down = json!({"fact": "state", "service": "portal", "from": at("2026-10-05 10:00").to_string(),
                      "state": "down", "cause": "http_status"});
    let facts = Facts::default().up("2026-01-01").add("2026-10-05 10:00:31", down);
    let facts = facts.up("2026-10-05 12:00").measured("2026-11-01");
    let detected = |facts: &Facts| {
        let incident = &facts.figure("2026-10").incidents[0];
        facts.history().detected_at("portal", incident, at("2026-11-01"))
    };
    assert_eq!(detected(&facts), Some(at("2026-10-05 10:00:31")));
    // Of one that only a customer reported, when the report was taken.
    let reported = Facts::always_up().include("A1", "2026-10-05 10:00", "2026-10-05 11:00");
    assert_eq!(detected(&reported), Some(at("2026-10-05 11:00")));
}

#[test]
fn c10_6_only_what_tells_of_the_incidents_own_downtime_detects_it() {
    let down = |from: &str| {
        json!({"fact": "state", "service": "portal", "from": at(from).to_string(),
               "state": "down", "cause": "http_status"})
    };
    // Not earlier downtime, not a report of another day, not an exclusion, and not what begins
    // where the incident ends.
    let facts = Facts::default()
        .up("2026-01-01")
        .claim("A1", "include", "fault_report", "2026-10-01", "2026-10-01 01:00")
        .down("2026-10-02 10:00", "2026-10-02 11:00")
        .claim("A2", "exclude", "network", "2026-10-05 11:00", "2026-10-05 11:10")
        .stop("S1", "2026-10-01", "2026-10-05 12:00", "2026-10-05 13:00")
        .add("2026-10-05 12:00:01", down("2026-10-05 12:00"))
        .add("2026-10-05 12:00:31", down("2026-10-05 10:00"))
        .up("2026-10-05 13:00")
        .measured("2026-11-01");
    let incidents = facts.figure("2026-10").incidents;
    let detected = incidents
        .iter()
        .map(|incident| facts.history().detected_at("portal", incident, at("2026-11-01")));
    let expected = [Some(at("2026-10-02 10:00")), Some(at("2026-10-05 12:00:31"))];
    assert_eq!(detected.collect::<Vec<_>>(), expected);
}
