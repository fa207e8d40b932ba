//! Who has still to be told of what (C4.8, C9.5).

use std::collections::{BTreeMap, BTreeSet};

use contract::contracts::Contracts;
use contract::notices::{DueNotice, NOTICE_AGE_MS_MAX, Reachable, due};
use contract::{Instant, NoticeKind, ResolvedTerms, StopNotice, Terms, stop_notice};
use serde_json::json;

use crate::facts::{Facts, at};
use crate::{HOUR_MS, MINUTE_MS};

/// Anna and Bo are mailed about the portal, the provider too, and one webhook gets everything.
fn everybody() -> Reachable {
    let services = BTreeSet::from(["portal".to_owned()]);
    let contact = |id: &str| (id.to_owned(), services.clone());
    Reachable {
        contacts: BTreeMap::from([contact("anna"), contact("bo")]),
        provider: true,
        webhooks: BTreeMap::from([("ops".to_owned(), NoticeKind::ALL.into())]),
        on_call: BTreeSet::new(),
    }
}

/// By mail alone.
fn by_mail() -> Reachable {
    Reachable { webhooks: BTreeMap::new(), ..everybody() }
}

fn due_at(facts: &Facts, reachable: &Reachable, now: &str) -> Vec<DueNotice> {
    let (history, now) = (facts.history(), at(now));
    due(&history, &mut Contracts::default(), reachable, |_| Some(now), now)
}

/// `stop_announced S1 anna`, a line each.
fn told(due: &[DueNotice]) -> Vec<String> {
    let line = |it: &DueNotice| format!("{} {} {}", it.notice.as_str(), it.about, it.contact);
    due.iter().map(line).collect()
}

trait Telling {
    fn contacts(self, at: &str, month: &str, contacts: &[&str]) -> Self;
    fn delivered(self, at: &str, it: &DueNotice) -> Self;
}

impl Telling for Facts {
    fn contacts(self, at: &str, month: &str, contacts: &[&str]) -> Self {
        let fact = json!({"fact": "service_set", "service": "portal", "month": month,
                          "terms": "standard", "contacts": contacts});
        self.add(at, fact)
    }

    fn delivered(self, at: &str, it: &DueNotice) -> Self {
        let fact = json!({"fact": "notice_delivered", "notice": it.notice, "service": it.service,
                          "about": it.about, "contact": it.contact, "channel": it.channel});
        self.add(at, fact)
    }
}

#[test]
fn c4_8_each_contact_is_told_of_a_stop_and_of_its_cancellation_once() {
    let facts = Facts::always_up().contacts("2026-10-01", "2026-10", &["anna", "bo"]).stop(
        "S1",
        "2026-11-02",
        "2026-11-10 20:00",
        "2026-11-10 22:00",
    );
    let announced = due_at(&facts, &by_mail(), "2026-11-02");
    assert_eq!(told(&announced), ["stop_announced S1 anna", "stop_announced S1 bo"]);
    // Delivered to one, it stays due to the other: nothing but the facts is asked.
    let facts = facts.delivered("2026-11-02 00:01", &announced[0]);
    let left = due_at(&facts, &by_mail(), "2026-11-02 00:02");
    assert_eq!(told(&left), ["stop_announced S1 bo"]);
    let facts = facts.delivered("2026-11-02 00:03", &left[0]).cancel("S1", "2026-11-03");
    let cancelled = due_at(&facts, &by_mail(), "2026-11-03");
    assert_eq!(told(&cancelled), ["stop_cancelled S1 anna", "stop_cancelled S1 bo"]);
    let facts = cancelled.iter().fold(facts, |facts, it| facts.delivered("2026-11-03", it));
    assert_eq!(due_at(&facts, &by_mail(), "2026-11-03"), []);
}

#[test]
fn c4_8_who_becomes_a_contact_later_is_not_told() {
    let facts = Facts::always_up()
        .contacts("2026-10-01", "2026-10", &["anna"])
        .stop("S1", "2026-11-02", "2026-12-10 20:00", "2026-12-10 22:00")
        .contacts("2026-11-03", "2026-12", &["anna", "bo"])
        .stop("S2", "2026-11-04", "2026-12-11 20:00", "2026-12-11 22:00");
    assert_eq!(
        told(&due_at(&facts, &by_mail(), "2026-11-05")),
        ["stop_announced S1 anna", "stop_announced S2 anna", "stop_announced S2 bo"]
    );
}

#[test]
fn c4_8_a_stop_is_flagged_unless_all_contacts_were_told_in_good_time() {
    let facts = Facts::always_up()
        .contacts("2026-10-01", "2026-10", &["anna", "bo"])
        .stop("S1", "2026-11-02", "2026-11-10 20:00", "2026-11-10 22:00")
        .contacts("2026-11-03", "2026-11", &["anna", "bo", "cecilia"]);
    let due = due_at(&facts, &by_mail(), "2026-11-02");
    let terms = ResolvedTerms::new(Terms::default()).unwrap();
    let flag = |facts: &Facts| {
        let history = facts.history();
        stop_notice(&history, history.stop("S1").unwrap(), "portal", &terms)
    };
    assert_eq!(flag(&facts), StopNotice::NotDelivered);
    let facts = facts.delivered("2026-11-02 08:00", &due[0]);
    assert_eq!(flag(&facts), StopNotice::NotDelivered);
    let in_time = facts.clone().delivered("2026-11-07 20:00", &due[1]);
    assert_eq!(flag(&in_time), StopNotice::Delivered, "who came later need not be told");
    let late = facts.delivered("2026-11-07 20:00:00.001", &due[1]);
    assert_eq!(flag(&late), StopNotice::NotDelivered);
}

#[test]
fn c9_5_an_incident_is_reported_to_the_provider_and_told_to_the_contacts() {
    let facts = Facts::always_up()
        .contacts("2026-10-01", "2026-10", &["anna"])
        .down("2026-11-05 10:00", "2026-11-05 10:20");
    assert_eq!(due_at(&facts, &by_mail(), "2026-11-05 10:00"), [], "nothing is lost yet");
    let about = at("2026-11-05 10:00").to_string();
    let opened = due_at(&facts, &by_mail(), "2026-11-05 10:01");
    assert_eq!(
        told(&opened),
        [format!("fault_report {about} provider"), format!("incident_opened {about} anna")]
    );
    let facts = opened.iter().fold(facts, |facts, it| facts.delivered("2026-11-05 10:01", it));
    assert_eq!(due_at(&facts, &by_mail(), "2026-11-05 10:29:59.999"), [], "it may go on");
    assert_eq!(
        told(&due_at(&facts, &by_mail(), "2026-11-05 10:30")),
        [format!("incident_closed {about} anna"), format!("incident_closed {about} provider")]
    );
}

#[test]
fn c9_5_a_planned_stop_is_no_incident_and_what_is_undecided_is_not_told() {
    let facts = Facts::always_up()
        .contacts("2026-10-01", "2026-10", &["anna"])
        .stop("S1", "2026-10-01", "2026-11-10 10:00", "2026-11-10 11:00")
        .down("2026-11-10 10:00", "2026-11-10 11:00")
        .down("2026-11-12 10:00", "2026-11-12 11:00");
    assert_eq!(due_at(&facts, &by_mail(), "2026-11-11"), []);
    let (history, now) = (facts.history(), at("2026-11-12 10:30"));
    let due_if = |decided: Option<Instant>| {
        due(&history, &mut Contracts::default(), &by_mail(), |_| decided, now).len()
    };
    assert_eq!((due_if(None), due_if(Some(at("2026-11-12 10:00"))), due_if(Some(now))), (0, 0, 2));
}

#[test]
fn c9_5_an_incident_over_a_months_end_is_told_once_by_its_opening() {
    let facts = Facts::always_up()
        .contacts("2026-10-01", "2026-10", &["anna"])
        .down("2026-10-31 22:50", "2026-10-31 23:30");
    let due = due_at(&facts, &by_mail(), "2026-11-01");
    let about = at("2026-10-31 22:50").to_string();
    assert_eq!(due.len(), 4);
    assert!(due.iter().all(|it| it.about == about), "{due:?}");
}

#[test]
fn c9_5_nothing_old_is_told_and_nobody_who_cannot_be_reached() {
    let facts = Facts::always_up()
        .contacts("2026-10-01", "2026-10", &["anna", "erased"])
        .stop("S1", "2026-11-02", "2026-11-20 20:00", "2026-11-20 22:00")
        .down("2026-11-02", "2026-11-02 00:20");
    let last = at("2026-11-02").plus_ms(NOTICE_AGE_MS_MAX);
    let count = |now: Instant, reachable: &Reachable| {
        due(&facts.history(), &mut Contracts::default(), reachable, |_| Some(now), now).len()
    };
    assert_eq!(count(last, &by_mail()), 5);
    // The end is twenty minutes younger than the rest.
    assert_eq!(count(last.plus_ms(1), &by_mail()), 2);
    assert_eq!(count(last.plus_ms(HOUR_MS), &by_mail()), 0);
    assert_eq!(count(last, &Reachable::default()), 0);
    let nobody = Reachable { provider: false, ..by_mail() };
    assert_eq!(count(last, &nobody), 3);
}

#[test]
fn c9_5_a_webhook_is_given_its_kinds_whoever_the_contacts_are() {
    let facts = Facts::always_up()
        .stop("S1", "2026-11-05 09:00", "2026-11-20 20:00", "2026-11-20 22:00")
        .down("2026-11-05 10:00", "2026-11-05 10:20");
    let mut reachable = everybody();
    reachable.provider = false;
    let due = due_at(&facts, &reachable, "2026-11-05 10:40");
    let kinds: Vec<NoticeKind> = due.iter().map(|it| it.notice).collect();
    assert_eq!(
        kinds,
        [
            NoticeKind::StopAnnounced,
            NoticeKind::FaultReport,
            NoticeKind::IncidentOpened,
            NoticeKind::IncidentClosed
        ]
    );
    assert!(due.iter().all(|it| (&*it.contact, &*it.channel) == ("webhook", "ops")));
    let only = BTreeSet::from([NoticeKind::StopAnnounced]);
    reachable.webhooks.insert("ops".to_owned(), only);
    assert_eq!(due_at(&facts, &reachable, "2026-11-05 10:40").len(), 1);
}

#[test]
fn c10_1_the_contacts_of_a_customers_services_are_told_of_its_statement() {
    let figure = json!({"period_ms": 1, "up_ms": 1, "lost_ms": 0, "planned_ms": 0,
        "excluded_ms": 0, "unmeasured_ms": 0, "not_in_service_ms": 0, "counted_ms": 0,
        "availability_percent": "99.9000", "availability_lower_bound_percent": "99.9000",
        "level": 0, "reduction_percent": "0", "terms": "standard", "terms_sha256": ""});
    let facts = Facts::always_up()
        .contacts("2026-10-01", "2026-10", &["anna"])
        .add(
            "2026-11-01",
            json!({"fact": "month_closed", "service": "portal", "month": "2026-10",
                "revision": 0, "used_seq": 1, "used_hash": "", "figure": figure}),
        )
        .add(
            "2026-11-01",
            json!({"fact": "statement_signed", "month": "2026-10", "revision": 0,
                "issued_at": at("2026-11-01"), "used_seq": 1, "used_hash": "", "sha256": "",
                "public_key": "", "signature": ""}),
        );
    let due = due_at(&facts, &by_mail(), "2026-11-01 00:05");
    assert_eq!(told(&due), ["statement 2026-10/0 anna"]);
    let facts = facts.delivered("2026-11-01 00:05", &due[0]);
    assert_eq!(due_at(&facts, &by_mail(), "2026-11-01 00:06"), []);
}

/// Whatever is delivered and in which order, what is due is what was due minus that.
#[test]
fn c4_8_c9_5_due_is_what_happened_minus_what_was_delivered() {
    let facts = Facts::always_up()
        .contacts("2026-10-01", "2026-10", &["anna", "bo"])
        .stop("S1", "2026-11-05 09:00", "2026-11-20 20:00", "2026-11-20 22:00")
        .down("2026-11-05 10:00", "2026-11-05 10:20")
        .down("2026-11-05 11:00", "2026-11-05 11:20")
        .cancel("S1", "2026-11-05 12:00");
    let all = due_at(&facts, &everybody(), "2026-11-05 13:00");
    assert!(all.is_sorted());
    assert!(all.iter().all(|it| it.since.since(at("2026-11-05 09:00")) <= 180 * MINUTE_MS));
    for pick in 0..all.len() {
        let (mut left, mut facts) = (all.clone(), facts.clone());
        while !left.is_empty() {
            let it = left.remove(pick * 7 % left.len());
            facts = facts.delivered("2026-11-05 13:00", &it);
            assert_eq!(due_at(&facts, &everybody(), "2026-11-05 13:00"), left);
        }
    }
}

#[test]
fn c4_8_only_the_stops_own_announcement_to_its_own_contacts_counts() {
    let facts = Facts::always_up()
        .contacts("2026-10-01", "2026-10", &["anna"])
        .contacts("2026-10-02", "2026-10", &["bo"])
        .stop("S1", "2026-11-02", "2026-11-10 20:00", "2026-11-10 22:00")
        .stop("S2", "2026-11-02", "2026-11-20 20:00", "2026-11-20 22:00");
    let due = due_at(&facts, &by_mail(), "2026-11-02");
    assert_eq!(told(&due), ["stop_announced S1 bo", "stop_announced S2 bo"]);
    let terms = ResolvedTerms::new(Terms::default()).unwrap();
    let flag = |facts: &Facts| {
        let history = facts.history();
        stop_notice(&history, history.stop("S1").unwrap(), "portal", &terms)
    };
    let cancelled = DueNotice { notice: NoticeKind::StopCancelled, ..due[0].clone() };
    let other_contact = DueNotice { contact: "anna".to_owned(), ..due[0].clone() };
    for other in [&due[1], &cancelled, &other_contact] {
        let told = facts.clone().delivered("2026-11-02", other);
        assert_eq!(flag(&told), StopNotice::NotDelivered, "{other:?}");
    }
    assert_eq!(flag(&facts.delivered("2026-11-02", &due[0])), StopNotice::Delivered);
    let nobody =
        Facts::always_up().stop("S1", "2026-11-02", "2026-11-10 20:00", "2026-11-10 22:00");
    assert_eq!(flag(&nobody), StopNotice::NoContact);
}

#[test]
fn c9_5_an_incident_is_told_to_those_who_were_contacts_when_it_opened() {
    // One that only a customer reported.
    let facts = Facts::always_up()
        .contacts("2026-10-01", "2026-10", &["cecilia"])
        .contacts("2026-10-02", "2026-10", &["anna"])
        .contacts("2026-11-05 11:00", "2026-10", &["bo"])
        .include("A1", "2026-11-05 10:00", "2026-11-05 10:20");
    let due = due_at(&facts, &by_mail(), "2026-11-06");
    let contacts: Vec<_> = due.iter().map(|it| (it.notice, &*it.contact)).collect();
    assert_eq!(
        contacts,
        [
            (NoticeKind::FaultReport, "provider"),
            (NoticeKind::IncidentOpened, "anna"),
            (NoticeKind::IncidentClosed, "anna"),
            (NoticeKind::IncidentClosed, "provider"),
        ]
    );
}

#[test]
fn c10_1_a_statement_is_told_about_the_customers_services_that_it_closed() {
    let figure = contract::ClosedFigure::new(&Facts::always_up().figure("2026-10"), "standard", "");
    let set = |customer: Option<&str>, contact: &str| {
        json!({"fact": "service_set", "service": "portal", "month": "2026-10",
               "terms": "standard", "customer": customer, "contacts": [contact]})
    };
    let closed = |month: &str, revision: u32| {
        json!({"fact": "month_closed", "service": "portal", "month": month,
               "revision": revision, "used_seq": 1, "used_hash": "", "figure": figure})
    };
    let signed = |month: &str, customer: Option<&str>| {
        json!({"fact": "statement_signed", "customer": customer, "month": month, "revision": 0,
               "issued_at": at("2026-12-01"), "used_seq": 1, "used_hash": "", "sha256": "",
               "public_key": "", "signature": ""})
    };
    let facts = Facts::always_up()
        .add("2026-10-01", set(Some("Exempel"), "cecilia"))
        .add("2026-10-02", set(Some("Exempel"), "anna"))
        .add("2026-12-01", closed("2026-10", 0))
        .add("2026-12-01", closed("2026-11", 1))
        .add("2026-12-01", signed("2026-10", Some("Exempel")))
        // Another customer's, one of a month that is not closed, and one before its revision.
        .add("2026-12-01", signed("2026-10", Some("Annan")))
        .add("2026-12-01", signed("2026-09", Some("Exempel")))
        .add("2026-12-01", signed("2026-11", Some("Exempel")))
        .add("2026-12-02", set(Some("Exempel"), "bo"));
    let due = due_at(&facts, &by_mail(), "2026-12-03");
    assert_eq!(told(&due), ["statement 2026-10/0 anna"]);
}
