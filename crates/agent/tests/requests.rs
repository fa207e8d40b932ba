//! People's requests through the admin socket's answerer, over a real ledger and a clock of our
//! own (C4, C10.2).

#[expect(dead_code, reason = "shared with the tests of other requests, which use all of it")]
mod office;

use agent::admin::{Announcement, Peer, Reply, Request, StopView};

use office::{Office, office, operator};

fn announcement(from: &str, until: &str) -> Announcement {
    Announcement {
        services: vec!["portal".to_owned()],
        from: from.to_owned(),
        until: until.to_owned(),
        reason: "new database".to_owned(),
        agreed: None,
        dry_run: false,
    }
}

async fn announce(office: &Office, announcement: Announcement) -> Result<StopView, String> {
    match office.requests.answer(&operator(), Request::StopAnnounce(announcement)).await {
        Reply::Announced { mut stops, .. } => Ok(stops.remove(0)),
        Reply::Refused { error } => Err(error),
        other => Err(format!("{other:?}")),
    }
}

fn recorded_stops(office: &Office) -> usize {
    office.ledger.read(|history| history.stops().len())
}

#[tokio::test]
async fn c4_2_a_stop_announced_72_hours_ahead_is_valid_and_a_millisecond_later_it_is_late() {
    let office = office("2026-11-10T12:00:00Z").await;
    let in_time = announcement("2026-11-13T12:00:00Z", "2026-11-13T13:00:00Z");
    let stop = announce(&office, in_time).await.unwrap();
    assert_eq!(stop.id.as_deref(), Some("S1"));
    assert_eq!(stop.verdicts[0].verdict, "valid");
    assert_eq!(stop.by, "anna");
    assert_eq!(stop.announced_at, "2026-11-10T12:00:00Z".parse().unwrap());
    let late = announcement("2026-11-13T11:59:59.999Z", "2026-11-13T13:00:00Z");
    let stop = announce(&office, late).await.unwrap();
    assert_eq!((stop.id.as_deref(), &*stop.verdicts[0].verdict), (Some("S2"), "late"));
}

#[tokio::test]
async fn c4_1_nobody_announces_a_stop_afterwards() {
    let office = office("2026-11-10T12:00:00Z").await;
    let past = announcement("2026-11-10T11:59:00Z", "2026-11-10T13:00:00Z");
    let error = announce(&office, past).await.unwrap_err();
    assert!(error.contains("claim an adjustment"), "{error}");
    assert_eq!(recorded_stops(&office), 0);
}

#[tokio::test]
async fn c4_3_a_dry_run_tells_the_verdict_and_records_nothing() {
    let office = office("2026-11-10T12:00:00Z").await;
    let first = announcement("2026-11-20T21:00:00Z", "2026-11-20T22:00:00Z");
    announce(&office, first).await.unwrap();
    let second = announcement("2026-11-21T21:00:00Z", "2026-11-21T22:00:00Z");
    let dry = Announcement { dry_run: true, ..second };
    let stop = announce(&office, dry).await.unwrap();
    assert_eq!((stop.id, &*stop.verdicts[0].verdict), (None, "surplus"));
    assert_eq!(recorded_stops(&office), 1);
}

#[tokio::test]
async fn c4_6_a_cancelled_stop_gives_its_place_back_and_cannot_be_cancelled_twice() {
    let office = office("2026-11-10T12:00:00Z").await;
    let window = || announcement("2026-11-20T21:00:00Z", "2026-11-20T22:00:00Z");
    announce(&office, window()).await.unwrap();
    let cancel = || Request::StopCancel { id: "S1".to_owned() };
    let reply = office.requests.answer(&operator(), cancel()).await;
    assert!(matches!(&reply, Reply::Stop { stop, .. } if stop.verdicts[0].verdict == "cancelled"));
    assert_eq!(announce(&office, window()).await.unwrap().verdicts[0].verdict, "valid");
    let again = office.requests.answer(&operator(), cancel()).await;
    assert_eq!(again, Reply::Refused { error: "S1 is cancelled already".to_owned() });
}

#[tokio::test]
async fn c10_2_who_may_only_read_changes_nothing() {
    let office = office("2026-11-10T12:00:00Z").await;
    let reader = Peer { account: "bo".to_owned(), may_operate: false, may_adjust: true };
    let window = announcement("2026-11-20T21:00:00Z", "2026-11-20T22:00:00Z");
    let reply = office.requests.answer(&reader, Request::StopAnnounce(window)).await;
    let Reply::Refused { error } = reply else { panic!("{reply:?}") };
    assert!(error.contains("upptid-operate"), "{error}");
    assert_eq!(recorded_stops(&office), 0);
    let list = office.requests.answer(&reader, Request::StopList { service: None }).await;
    assert_eq!(list, Reply::Stops { stops: Vec::new() });
}

#[tokio::test]
async fn stops_are_listed_for_one_service_and_a_misspelt_one_is_told() {
    let office = office("2026-11-10T12:00:00Z").await;
    let window = announcement("2026-11-20T21:00:00Z", "2026-11-20T22:00:00Z");
    let stop = announce(&office, window).await.unwrap();
    let of = async |name: &str| {
        let wanted = Request::StopList { service: Some(name.to_owned()) };
        office.requests.answer(&operator(), wanted).await
    };
    let Reply::Stops { stops } = of(&stop.services[0]).await else { panic!() };
    assert_eq!(stops.len(), 1);
    let Reply::Refused { error } = of("nobody").await else { panic!() };
    assert!(error.contains("no service is called \"nobody\""), "{error}");
}

#[tokio::test]
async fn c2_1_local_time_is_taken_where_it_is_one_instant() {
    let office = office("2026-03-01T12:00:00Z").await;
    let local = announcement("2026-03-20T22:00", "2026-03-20T23:00");
    let stop = announce(&office, local).await.unwrap();
    assert_eq!(stop.from, "2026-03-20T21:00:00Z".parse().unwrap());
    for skipped_or_twice in ["2026-03-29T02:30", "2026-10-25T02:30"] {
        let window = announcement(skipped_or_twice, "2026-10-26T00:00");
        let error = announce(&office, window).await.unwrap_err();
        assert!(error.contains("add an offset"), "{error}");
    }
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_with_the_remedy() {
    let office = office("2026-11-10T12:00:00Z").await;
    let good = || announcement("2026-11-20T21:00:00Z", "2026-11-20T22:00:00Z");
    let nobody = Announcement { services: vec!["web".to_owned()], ..good() };
    let twice = Announcement { services: vec!["mail".to_owned(); 2], ..good() };
    let unreasoned = Announcement { reason: " ".to_owned(), ..good() };
    let unreferenced = Announcement { agreed: Some(String::new()), ..good() };
    let backwards = announcement("2026-11-20T22:00:00Z", "2026-11-20T22:00:00Z");
    let endless = announcement("2026-11-20T22:00:00Z", "2027-11-20T22:00:00Z");
    let garbage = announcement("tomorrow", "2026-11-20T22:00:00Z");
    let wrong = [
        (nobody, "no service is called \"web\""),
        (twice, "named twice"),
        (unreasoned, "give a reason"),
        (unreferenced, "reference"),
        (backwards, "not after from"),
        (endless, "longer than 31 days"),
        (garbage, "is no instant"),
    ];
    for (announcement, expected) in wrong {
        let error = announce(&office, announcement).await.unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(recorded_stops(&office), 0);
}
