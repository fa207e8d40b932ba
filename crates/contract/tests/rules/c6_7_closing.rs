//! When a month is closed, and when a closed one is revised (C6.7).

use contract::{
    DueClose, History, Instant, Month, due_closes, due_revisions, revisions_to_look_up,
    services_by_customer, services_of,
};
use serde_json::{Value, json};

use crate::facts::{Facts, at};

/// Facts about services of customers, beside those of `portal`.
trait Office: Sized {
    fn note(self, fact: Value) -> Self;
    fn terms(self, name: &str, timezone: &str, counts: &str) -> Self;
    fn set(self, service: &str, month: &str, customer: Option<&str>, terms: &str) -> Self;
    fn signed(self, customer: Option<&str>, month: &str, revision: u32) -> Self;
    fn closed(self, service: &str, month: &str) -> Self;
}

impl Office for Facts {
    fn note(self, fact: Value) -> Self {
        self.add("2026-01-01", fact)
    }

    fn terms(self, name: &str, timezone: &str, counts: &str) -> Self {
        let terms = contract::Terms { timezone: timezone.into(), ..Default::default() };
        let mut terms = serde_json::to_value(terms).unwrap();
        terms["counts"] = counts.into();
        self.note(json!({"fact": "terms_set", "name": name, "month": "2026-01", "terms": terms}))
    }

    fn set(self, service: &str, month: &str, customer: Option<&str>, terms: &str) -> Self {
        self.note(json!({"fact": "service_set", "service": service, "month": month,
                         "customer": customer, "terms": terms}))
    }

    /// Made from all lines before it.
    fn signed(self, customer: Option<&str>, month: &str, revision: u32) -> Self {
        let used = self.lines.len();
        self.note(json!({"fact": "statement_signed", "customer": customer, "month": month,
                         "revision": revision, "issued_at": "2026-01-01T00:00:00.000Z",
                         "used_seq": used, "used_hash": "", "sha256": "", "public_key": "",
                         "signature": ""}))
    }

    fn closed(self, service: &str, month: &str) -> Self {
        let figure =
            contract::ClosedFigure::new(&Facts::always_up().figure("2026-10"), "standard", "");
        self.note(json!({"fact": "month_closed", "service": service, "month": month,
                         "revision": 0, "used_seq": 1, "used_hash": "", "figure": figure}))
    }
}

/// `portal` is Exempel's, from October 2026 on.
fn portal() -> Facts {
    Facts::default().terms("standard", "Europe/Stockholm", "accepted").set(
        "portal",
        "2026-10",
        Some("Exempel"),
        "standard",
    )
}

fn due(history: &History, decided: impl Fn(&str) -> Option<Instant>) -> Vec<String> {
    due_closes(history, decided).iter().map(told).collect()
}

/// What is due where all is decided until `until`.
fn due_at(facts: &Facts, until: &str) -> Vec<String> {
    due(&facts.history(), |_| Some(at(until)))
}

fn revisions(facts: &Facts) -> Vec<String> {
    due_revisions(&facts.history()).iter().map(told).collect()
}

/// `2026-10 Exempel: mail portal`, with the revision if it is one.
fn told(due: &DueClose) -> String {
    let customer = due.customer.as_deref().unwrap_or("-");
    let revision = match due.revision {
        0 => String::new(),
        revision => format!(" r{revision}"),
    };
    format!("{}{revision} {customer}: {}", due.month, due.services.join(" "))
}

#[test]
fn c6_7_a_month_is_due_once_all_is_decided_up_to_its_local_end() {
    // Both changes of the clocks, a year's end, and a leap day.
    for (month, end) in [
        ("2026-03", "2026-03-31 22:00"),
        ("2026-09", "2026-09-30 22:00"),
        ("2026-10", "2026-10-31 23:00"),
        ("2026-12", "2026-12-31 23:00"),
        ("2028-02", "2028-02-29 23:00"),
    ] {
        let before = month.parse::<Month>().unwrap().prev().to_string();
        let facts = Facts::default()
            .terms("standard", "Europe/Stockholm", "accepted")
            .set("portal", "2026-01", Some("Exempel"), "standard")
            .signed(Some("Exempel"), &before, 0);
        let history = facts.history();
        let decided = |until: Instant| due(&history, |_| Some(until));
        assert_eq!(decided(at(end).plus_ms(-1)), [""; 0], "{month}");
        assert_eq!(decided(at(end)), [format!("{month} Exempel: portal")]);
        assert_eq!(due(&history, |_| None), [""; 0]);
    }
}

#[test]
fn c6_7_nothing_is_due_twice_nor_before_the_first_record() {
    let facts = portal();
    assert_eq!(due_at(&facts, "2026-10-31 22:59"), [""; 0]);
    assert_eq!(due_at(&facts, "2026-10-31 23:00"), ["2026-10 Exempel: portal"]);
    let facts = facts.signed(Some("Exempel"), "2026-10", 0);
    assert_eq!(due_at(&facts, "2026-11-15"), [""; 0]);
    // A revision of an earlier month is no close of a later one.
    let facts = facts.signed(Some("Exempel"), "2026-11", 0).signed(Some("Exempel"), "2026-10", 1);
    assert_eq!(due_at(&facts, "2026-12-15"), [""; 0]);
    assert_eq!(due_at(&facts, "2027-01-15"), ["2026-12 Exempel: portal"]);
}

#[test]
fn c6_7_after_an_absence_every_month_is_due_in_order() {
    let facts = portal().set("mail", "2026-11", Some("Annan"), "standard").signed(
        Some("Exempel"),
        "2026-10",
        0,
    );
    assert_eq!(
        due_at(&facts, "2027-02-10"),
        [
            "2026-11 Annan: mail",
            "2026-11 Exempel: portal",
            "2026-12 Annan: mail",
            "2026-12 Exempel: portal",
            "2027-01 Annan: mail",
            "2027-01 Exempel: portal",
        ]
    );
    // One customer waits for its own services only, and no month overtakes another.
    let decided = |service: &str| match service {
        "portal" => Some(at("2026-12-10")),
        _ => Some(at("2027-01-20")),
    };
    assert_eq!(
        due(&facts.history(), decided),
        ["2026-11 Annan: mail", "2026-11 Exempel: portal", "2026-12 Annan: mail"]
    );
}

#[test]
fn c6_7_a_customers_month_ends_where_its_last_zone_does() {
    let facts = portal()
        .terms("tokyo", "Asia/Tokyo", "accepted")
        .terms("york", "America/New_York", "accepted")
        .set("east", "2026-10", Some("Exempel"), "tokyo")
        .set("west", "2026-10", Some("Exempel"), "york");
    // 1 November in New York begins at 04:00 UTC, hours before its clocks go back.
    assert_eq!(due_at(&facts, "2026-11-01 03:59"), [""; 0]);
    assert_eq!(due_at(&facts, "2026-11-01 04:00"), ["2026-10 Exempel: east portal west"]);
    // Each is looked at in its own zone.
    let decided = |service: &str| match service {
        "east" => Some(at("2026-10-31 15:00")),
        "portal" => Some(at("2026-10-31 23:00")),
        _ => Some(at("2026-11-01 04:00")),
    };
    assert_eq!(due(&facts.history(), decided), ["2026-10 Exempel: east portal west"]);
}

#[test]
fn c6_7_a_service_is_on_the_statements_of_the_months_in_which_it_is_in_the_contract() {
    let presence = |facts: Facts, fact: &str, from: &str| {
        let from = at(from).to_string();
        facts.note(json!({"fact": fact, "service": "mail", "from": from}))
    };
    let facts = portal().set("mail", "2026-10", Some("Exempel"), "standard");
    // It enters in November and leaves with December's end, local time.
    let facts = presence(facts, "service_began", "2026-11-30 22:59");
    let facts = presence(facts, "service_ended", "2026-12-31 23:00");
    assert_eq!(
        due_at(&facts, "2027-02-10"),
        [
            "2026-10 Exempel: portal",
            "2026-11 Exempel: mail portal",
            "2026-12 Exempel: mail portal",
            "2027-01 Exempel: portal",
        ]
    );
    // What has left holds nothing back, and where nothing is left nothing is due.
    let decided = |service: &str| (service == "portal").then(|| at("2026-11-10"));
    assert_eq!(due(&facts.history(), decided), ["2026-10 Exempel: portal"]);
    let gone = Facts::default().terms("standard", "Europe/Stockholm", "accepted");
    let gone = gone.set("mail", "2026-10", Some("Exempel"), "standard");
    let gone = presence(gone, "service_ended", "2026-10-20");
    assert_eq!(due_at(&gone, "2027-02-10"), ["2026-10 Exempel: mail"]);
}

#[test]
fn c6_7_a_service_that_changes_hands_is_on_one_statement_a_month() {
    let facts = portal()
        .set("portal", "2026-12", Some("Annan"), "standard")
        .set("mail", "2026-11", None, "standard");
    assert_eq!(
        due_at(&facts, "2027-01-10"),
        [
            "2026-10 Exempel: portal",
            "2026-11 -: mail",
            "2026-11 Exempel: portal",
            "2026-12 -: mail",
            "2026-12 Annan: portal",
        ]
    );
}

#[test]
fn c6_7_a_close_whose_statement_a_crash_took_is_due_again() {
    let facts = portal().set("mail", "2026-10", Some("Exempel"), "standard");
    let facts = facts.closed("portal", "2026-10");
    assert_eq!(due_at(&facts, "2026-11-10"), ["2026-10 Exempel: mail portal"]);
    let facts = facts.closed("mail", "2026-10").closed("portal", "2026-10");
    assert_eq!(due_at(&facts, "2026-11-10"), ["2026-10 Exempel: mail portal"]);
    assert_eq!(due_at(&facts.signed(Some("Exempel"), "2026-10", 0), "2026-11-10"), [""; 0]);
}

#[test]
fn c6_7_c5_3_a_decision_after_the_close_makes_a_revision() {
    let claimed = |facts: Facts, id: &str, from: &str, until: &str| {
        facts.claim(id, "exclude", "network", from, until)
    };
    let facts = portal().set("mail", "2026-10", Some("Exempel"), "standard");
    let facts = claimed(facts, "A1", "2026-10-10", "2026-10-11");
    let facts = claimed(facts, "A2", "2026-10-31 22:00", "2026-10-31 23:01");
    let facts = facts.decide("A1", "accepted").signed(Some("Exempel"), "2026-10", 0);
    assert_eq!(revisions(&facts), [""; 0], "it was decided before");
    let again = facts.clone().decide("A1", "rejected");
    assert_eq!(revisions(&again), ["2026-10 r1 Exempel: portal"]);
    // It touches November as well, which nobody has closed.
    let other = facts.clone().decide("A2", "accepted");
    assert_eq!(revisions(&other), ["2026-10 r1 Exempel: portal"]);
    let revised = other.signed(Some("Exempel"), "2026-10", 1);
    assert_eq!(revisions(&revised), [""; 0]);
    let both = revised.signed(Some("Exempel"), "2026-11", 0).decide("A2", "rejected");
    assert_eq!(revisions(&both), ["2026-10 r2 Exempel: portal", "2026-11 r1 Exempel: portal"]);
    // A claim alone changes a figure only where claims count.
    let late = |counts: &str| {
        let facts = Facts::default().terms("standard", "Europe/Stockholm", counts);
        let facts = facts.set("portal", "2026-10", None, "standard").signed(None, "2026-10", 0);
        revisions(&claimed(facts, "A1", "2026-10-10", "2026-10-11"))
    };
    assert_eq!(late("accepted"), [""; 0]);
    assert_eq!(late("claimed"), ["2026-10 r1 -: portal"]);
    let known = Facts::default().terms("standard", "Europe/Stockholm", "claimed");
    let known = known.set("portal", "2026-10", None, "standard");
    let known = claimed(known, "A1", "2026-10-10", "2026-10-11").signed(None, "2026-10", 0);
    assert_eq!(revisions(&known), [""; 0], "it was claimed before");
}

#[test]
fn c6_7_c9_4_an_acknowledgement_after_the_close_makes_a_revision_of_the_opening_month() {
    let facts =
        portal().signed(Some("Exempel"), "2026-10", 0).signed(Some("Exempel"), "2026-11", 0);
    let october = facts.clone().acknowledge("2026-10-31 22:59:59.999", "2026-12-01");
    assert_eq!(revisions(&october), ["2026-10 r1 Exempel: portal"]);
    let november = facts.acknowledge("2026-10-31 23:00", "2026-12-01");
    assert_eq!(revisions(&november), ["2026-11 r1 Exempel: portal"]);
    assert_eq!(revisions(&november.signed(Some("Exempel"), "2026-11", 1)), [""; 0]);
}

#[test]
fn c5_3_c6_7_a_decision_about_a_month_long_closed_is_looked_up_in_the_journal() {
    let facts = portal()
        .claim("A1", "exclude", "network", "2026-09-30 22:00", "2026-12-31 23:00")
        .claim("A2", "exclude", "network", "2027-01-10", "2027-02-10");
    // Of the statements, those of December and of January are still held.
    let facts = facts.signed(Some("Exempel"), "2026-12", 0).signed(Some("Exempel"), "2027-01", 0);
    let since = facts.lines.len() as u64;
    let looked_up = |facts: &Facts, since| -> Vec<String> {
        let months = revisions_to_look_up(&facts.history(), since);
        months.iter().map(Month::to_string).collect()
    };
    assert_eq!(looked_up(&facts, since), [""; 0]);
    let decided = facts.decide("A1", "accepted").decide("A2", "accepted");
    assert_eq!(looked_up(&decided, since), ["2026-10", "2026-11"]);
    assert_eq!(looked_up(&decided, since + 2), [""; 0], "it was looked at");
    assert_eq!(revisions(&decided), ["2026-12 r1 Exempel: portal", "2027-01 r1 Exempel: portal"]);
}

#[test]
fn c6_7_the_services_on_a_statement_are_the_customers_of_that_month_by_name() {
    let facts = portal()
        .set("mail", "2026-10", Some("Exempel"), "standard")
        .set("wiki", "2026-11", None, "standard")
        .set("mail", "2026-12", Some("Annan"), "standard");
    let history = facts.history();
    let (october, december): (Month, Month) =
        ("2026-10".parse().unwrap(), "2026-12".parse().unwrap());
    assert_eq!(services_of(&history, Some("Exempel"), october), ["mail", "portal"]);
    assert_eq!(services_of(&history, Some("Exempel"), december), ["portal"]);
    assert_eq!(services_of(&history, None, december), ["wiki"]);
    assert_eq!(services_of(&history, None, october), [""; 0]);
    let by_customer: Vec<_> = services_by_customer(&history, december).into_iter().collect();
    let expected =
        [(None, vec!["wiki"]), (Some("Annan"), vec!["mail"]), (Some("Exempel"), vec!["portal"])];
    assert_eq!(by_customer, expected);
    let by_customer: Vec<_> = services_by_customer(&history, october).into_iter().collect();
    assert_eq!(by_customer, [(Some("Exempel"), vec!["mail", "portal"])]);
}

#[test]
fn c5_3_c6_7_a_month_that_an_adjustment_ends_before_is_not_looked_up() {
    let facts = portal()
        .claim("A1", "exclude", "network", "2026-10-10", "2026-10-31 23:00")
        .signed(Some("Exempel"), "2026-12", 0);
    let since = facts.lines.len() as u64;
    let months = revisions_to_look_up(&facts.decide("A1", "accepted").history(), since);
    assert_eq!(months.iter().map(Month::to_string).collect::<Vec<_>>(), ["2026-10"]);
}
