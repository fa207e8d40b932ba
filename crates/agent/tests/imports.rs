//! Planned stops of several services, and out of a calendar, through the admin socket's answerer
//! (C4, C10.1).

#[expect(dead_code, reason = "shared with the tests of other requests, which use all of it")]
mod office;

use agent::admin::{Announcement, EventView, Import, Peer, PlannedEvent, Reply, Request, StopView};
use contract::notices::NoticeKind;
use contract::{Fact, History};

use office::{Office, at, office, operator};

fn event(uid: &str, from: &str, until: &str) -> PlannedEvent {
    PlannedEvent {
        uid: uid.to_owned(),
        from: from.to_owned(),
        until: until.to_owned(),
        reason: format!("work {uid}"),
    }
}

fn import(events: &[PlannedEvent]) -> Import {
    let services = vec!["portal".to_owned()];
    Import { services, events: events.to_vec(), agreed: None, dry_run: false }
}

async fn imported(office: &Office, import: Import) -> (Vec<EventView>, bool) {
    match office.requests.answer(&operator(), Request::StopImport(import)).await {
        Reply::Imported { events, recorded } => (events, recorded),
        other => panic!("{other:?}"),
    }
}

async fn listed(office: &Office) -> Vec<StopView> {
    match office.requests.answer(&operator(), Request::StopList { service: None }).await {
        Reply::Stops { stops } => stops,
        other => panic!("{other:?}"),
    }
}

fn verdicts(events: &[EventView]) -> Vec<&str> {
    events.iter().map(|event| event.stops[0].verdicts[0].verdict.as_str()).collect()
}

/// The services of `customer` from now on, with `contacts`.
async fn belongs(office: &Office, service: &str, customer: &str, contacts: &[&str]) {
    let fact = Fact::ServiceSet {
        service: service.to_owned(),
        month: "2026-11".to_owned(),
        customer: Some(customer.to_owned()),
        terms: "standard".to_owned(),
        monthly_fee: None,
        contacts: contacts.iter().map(|&id| id.to_owned()).collect(),
    };
    let now = at("2026-11-10T12:00:00Z");
    office.ledger.record(vec![(now, fact)]).await.unwrap();
}

fn count(office: &Office) -> usize {
    office.ledger.read(|history: &History| history.stops().len())
}

#[tokio::test]
async fn c10_1_a_stop_of_two_customers_is_a_line_for_each() {
    let office = office("2026-11-10T12:00:00Z").await;
    belongs(&office, "portal", "Exempelbolaget AB", &[]).await;
    belongs(&office, "mail", "Provbolaget AB", &[]).await;
    let announcement = Announcement {
        services: vec!["portal".to_owned(), "mail".to_owned()],
        from: "2026-11-20T22:00".to_owned(),
        until: "PT2H".to_owned(),
        reason: "new database".to_owned(),
        agreed: None,
        dry_run: false,
    };
    let reply = office.requests.answer(&operator(), Request::StopAnnounce(announcement)).await;
    let Reply::Announced { stops, recorded: true } = reply else { panic!("{reply:?}") };
    let told: Vec<_> = stops
        .iter()
        .map(|stop| (stop.id.as_deref().unwrap(), &*stop.services[0], &*stop.verdicts[0].verdict))
        .collect();
    assert_eq!(told, [("S1", "portal", "valid"), ("S2", "mail", "valid")]);
    assert_eq!(stops[1].until, at("2026-11-20T23:00:00Z"));
    let named = office.ledger.read(|history| {
        history.stops().iter().map(|stop| stop.services.clone()).collect::<Vec<_>>()
    });
    assert_eq!(named, [["portal"], ["mail"]]);
}

#[tokio::test]
async fn c4_3_a_calendars_events_use_the_allowance_in_their_order() {
    let office = office("2026-11-10T12:00:00Z").await;
    let events = [
        event("a", "2026-11-28T22:00:00", "2026-11-28T23:00:00"),
        event("b", "2026-11-20T21:00:00Z", "PT1H"),
        event("c", "2026-12-06T00:00:00", "P1D"),
        event("d", "2026-11-11T00:00:00Z", "PT1H"),
    ];
    let expected = ["valid", "surplus", "valid", "late"];
    let dry = Import { dry_run: true, ..import(&events) };
    let (told, recorded) = imported(&office, dry).await;
    assert_eq!((verdicts(&told), recorded, count(&office)), (expected.to_vec(), false, 0));
    assert!(told.iter().all(|event| event.stops[0].id.is_none()));

    let (told, recorded) = imported(&office, import(&events)).await;
    assert_eq!((verdicts(&told), recorded), (expected.to_vec(), true));
    let ids: Vec<_> = told.iter().filter_map(|event| event.stops[0].id.as_deref()).collect();
    assert_eq!(ids, ["S1", "S2", "S3", "S4"]);
    let listed = listed(&office).await;
    let by_window: Vec<_> = listed
        .iter()
        .map(|stop| (stop.event.as_deref().unwrap(), &*stop.verdicts[0].verdict))
        .collect();
    assert_eq!(by_window, [("d", "late"), ("b", "surplus"), ("a", "valid"), ("c", "valid")]);
    assert_eq!(listed[3].from, at("2026-12-05T23:00:00Z"));
    assert_eq!(listed[3].until, at("2026-12-06T23:00:00Z"));
}

#[tokio::test]
async fn c4_1_all_events_are_announced_or_none() {
    let office = office("2026-11-10T12:00:00Z").await;
    let events = [
        event("good", "2026-11-20T21:00:00Z", "PT1H"),
        event("past", "2026-11-10T11:00:00Z", "PT2H"),
        PlannedEvent { reason: String::new(), ..event("mute", "2026-12-20T21:00:00Z", "PT1H") },
        event("endless", "2026-12-20T21:00:00Z", "P32D"),
        event("odd", "2026-10-25T02:30", "PT1H"),
    ];
    let (told, recorded) = imported(&office, import(&events)).await;
    assert!(!recorded);
    assert_eq!(count(&office), 0);
    let whys: Vec<_> = told.iter().map(|event| event.refused.as_deref().unwrap_or("")).collect();
    for (why, expected) in whys.iter().zip([
        "",
        "claim an adjustment",
        "give a reason",
        "longer than 31 days",
        "add an offset",
    ]) {
        assert!(why.contains(expected) && why.is_empty() == expected.is_empty(), "{why}");
    }
    assert_eq!(told[0].stops[0].verdicts[0].verdict, "valid");
}

#[tokio::test]
async fn an_event_is_announced_once_for_a_service_until_it_is_cancelled() {
    let office = office("2026-11-10T12:00:00Z").await;
    let events = [event("a", "2026-11-20T21:00:00Z", "PT1H")];
    assert!(imported(&office, import(&events)).await.1);
    let moved = [event("a", "2026-11-21T21:00:00Z", "PT1H")];
    let (told, recorded) = imported(&office, import(&moved)).await;
    let why = told[0].refused.as_deref().unwrap();
    assert!(!recorded && why.contains("as S1") && why.contains("upptid stop cancel S1"), "{why}");
    // What our own feed calls it is the same event.
    let own = calendar::stop_uid("S1", at("2026-11-10T12:00:00Z"));
    let (told, _) = imported(&office, import(&[event(&own, "2026-11-20T21:00:00Z", "PT1H")])).await;
    assert!(told[0].refused.as_deref().unwrap().contains("as S1"));

    let other = Import { services: vec!["mail".to_owned()], ..import(&events) };
    assert!(imported(&office, other).await.1, "another service may stop in the same event");
    office.requests.answer(&operator(), Request::StopCancel { id: "S1".to_owned() }).await;
    let (told, recorded) = imported(&office, import(&moved)).await;
    assert!(recorded);
    assert_eq!(told[0].stops[0].id.as_deref(), Some("S3"));
}

#[tokio::test]
async fn c10_2_who_may_only_read_sees_verdicts_and_announces_nothing() {
    let office = office("2026-11-10T12:00:00Z").await;
    let reader = Peer { account: "bo".to_owned(), may_operate: false, may_adjust: true };
    let events = [event("a", "2026-11-20T21:00:00Z", "PT1H")];
    assert!(
        office
            .refusal(&reader, Request::StopImport(import(&events)))
            .await
            .contains("upptid-operate")
    );
    let dry = Import { dry_run: true, ..import(&events) };
    let reply = office.requests.answer(&reader, Request::StopImport(dry)).await;
    assert!(matches!(reply, Reply::Imported { recorded: false, .. }), "{reply:?}");
    assert_eq!(count(&office), 0);
}

#[tokio::test]
async fn an_import_is_bounded() {
    let office = office("2026-11-10T12:00:00Z").await;
    let services: Vec<String> = (0..1_000).map(|number| format!("s{number}")).collect();
    let events: Vec<PlannedEvent> =
        (0..3).map(|day| event(&format!("{day}"), "2026-11-20T21:00:00Z", "PT1H")).collect();
    let wide = Import { services, ..import(&events) };
    assert!(
        office.refusal(&operator(), Request::StopImport(wide)).await.contains("too many at once")
    );
    let long = [event(&"x".repeat(256), "2026-11-20T21:00:00Z", "PT1H")];
    let (told, _) = imported(&office, import(&long)).await;
    assert!(told[0].refused.as_deref().unwrap().contains("255 bytes"));
}

#[tokio::test]
async fn a_list_says_whether_the_contacts_were_told() {
    let office = office("2026-11-10T12:00:00Z").await;
    belongs(&office, "portal", "Exempelbolaget AB", &["anna"]).await;
    let events = [event("a", "2026-11-20T21:00:00Z", "PT1H")];
    let both = Import { services: vec!["portal".to_owned(), "mail".to_owned()], ..import(&events) };
    imported(&office, both).await;
    let notice = |stops: &[StopView], place: usize| stops[place].verdicts[0].notice.clone();
    let stops = listed(&office).await;
    assert_eq!(notice(&stops, 0).as_deref(), Some("pending"));
    assert_eq!(notice(&stops, 1).as_deref(), Some("no_contact"));
    office.is_now("2026-11-18T00:00:00Z");
    assert_eq!(notice(&listed(&office).await, 0).as_deref(), Some("not_delivered"));
    let delivered = Fact::NoticeDelivered {
        notice: NoticeKind::StopAnnounced,
        service: Some("portal".to_owned()),
        about: "S1".to_owned(),
        contact: "anna".to_owned(),
        channel: "mail".to_owned(),
    };
    office.ledger.record(vec![(at("2026-11-10T12:01:00Z"), delivered)]).await.unwrap();
    assert_eq!(notice(&listed(&office).await, 0).as_deref(), Some("delivered"));
}
