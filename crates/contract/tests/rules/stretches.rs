//! A month as stretches of time (C6.6).

use contract::{
    DownClass, MonthTerms, Reach, ResolvedTerms, ServiceContract, StretchClass, Terms,
    UnmeasuredCause, month_stretches,
};

use crate::facts::{Facts, at};

/// `10:00 10:20 Down(Lost) http_status`, of 10 October 2026.
fn stretches(facts: &Facts, as_of: &str) -> Vec<(String, String, StretchClass, String)> {
    let history = facts.history();
    let terms = ResolvedTerms::new(Terms::default()).unwrap();
    let terms = MonthTerms::new(&terms, "2026-10".parse().unwrap());
    let contract = ServiceContract { terms: &terms, monthly_fee: None };
    let reach = Reach::replay(&history, Some(at(as_of)));
    let time = |instant: contract::Instant| instant.to_string()[11..16].to_owned();
    let stretches = month_stretches(&history, "portal", &contract, reach).unwrap();
    let told = stretches.into_iter().map(|stretch| {
        let (from, until) = (time(stretch.interval.from), time(stretch.interval.until));
        (from, until, stretch.class, stretch.cause)
    });
    told.collect()
}

#[test]
fn c6_6_a_month_without_its_uptime_is_stretches_of_one_class_and_cause() {
    let facts = Facts::always_up()
        .stop("S1", "2026-10-01", "2026-10-10 10:20", "2026-10-10 10:30")
        .down("2026-10-10 10:00", "2026-10-10 10:10")
        .down("2026-10-10 10:10", "2026-10-10 10:40")
        .include("A1", "2026-10-10 10:40", "2026-10-10 10:50")
        .include("A2", "2026-10-10 11:00", "2026-10-10 11:10")
        .unmeasured("2026-10-10 12:00", "paused")
        .up("2026-10-10 12:30")
        .ended("2026-10-10 13:00");
    let (lost, planned) = (StretchClass::Down(DownClass::Lost), DownClass::Planned);
    let expected = [
        ("10:00", "10:20", lost, "http_status"),
        ("10:20", "10:30", StretchClass::Down(planned), "http_status"),
        ("10:30", "10:40", lost, "http_status"),
        ("10:40", "10:50", lost, "fault_report"),
        ("11:00", "11:10", lost, "fault_report"),
        ("12:00", "12:30", StretchClass::Unmeasured(UnmeasuredCause::Paused), "paused"),
        ("13:00", "14:00", StretchClass::NotInService, ""),
    ];
    let expected = expected.map(|(from, until, class, cause)| {
        (from.to_owned(), until.to_owned(), class, cause.to_owned())
    });
    assert_eq!(stretches(&facts, "2026-10-10 14:00"), expected);
}

#[test]
fn c6_6_of_a_service_that_nothing_names_there_are_none() {
    let (history, terms) = (Facts::always_up().history(), ResolvedTerms::new(Terms::default()));
    let terms = MonthTerms::new(&terms.unwrap(), "2026-10".parse().unwrap());
    let contract = ServiceContract { terms: &terms, monthly_fee: None };
    let reach = Reach::replay(&history, None);
    assert_eq!(month_stretches(&history, "mail", &contract, reach), None);
}
