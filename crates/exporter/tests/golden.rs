//! The metrics and pages of the sample, byte for byte. After an intended change run the tests with
//! `UPDATE_GOLDEN=1` and read the difference.

#[allow(dead_code, reason = "the other tests use the rest")]
mod sample;

use contract::ServiceState;
use exporter::page::{self, Language, View};
use exporter::{api, metrics};

use sample::golden::{assert_golden, body};
use sample::months;

fn metrics_of(snapshot: &exporter::Snapshot) -> String {
    let mut text = Vec::new();
    metrics::write(snapshot, &mut |part| text.extend(part));
    String::from_utf8(text).unwrap()
}

fn swedish() -> View {
    View { language: Language::Swedish, ..View::default() }
}

#[test]
fn metrics_are_as_they_were() {
    assert_golden("metrics.txt", &metrics_of(&sample::snapshot()));
}

#[test]
fn the_overview_is_as_it_was() {
    let page = page::overview(&sample::snapshot(), &sample::counted(), &View::default());
    assert_golden("overview.en.html", &body(&page));
}

#[test]
fn a_service_page_in_swedish_is_as_it_was() {
    let snapshot = sample::snapshot();
    let portal = snapshot.service("portal").unwrap();
    let page =
        page::service(&snapshot, &sample::counted(), portal, Some(&months::month()), &swedish());
    assert_golden("portal.sv.html", &body(&page));
}

#[test]
fn a_day_in_english_is_as_it_was() {
    let day = jiff::civil::date(2026, 11, 15);
    let page = page::day(&sample::snapshot(), "portal", &months::month(), day, &View::default());
    assert_golden("day.en.html", &body(&page.unwrap()));
    let tomorrow = jiff::civil::date(2026, 11, 23);
    let page =
        page::day(&sample::snapshot(), "portal", &months::month(), tomorrow, &View::default());
    assert_eq!(page, None, "it has not begun");
}

#[test]
fn an_outage_in_swedish_is_as_it_was() {
    let opened = months::month().figure.incidents[0].opened;
    let moment = months::moment(opened).unwrap();
    let page = page::moment(&sample::snapshot(), "portal", &moment, &swedish());
    assert_golden("outage.sv.html", &body(&page));
    assert!(page.contains("C3.4") && page.contains("C6.1"));
}

#[test]
fn the_agent_in_english_is_as_it_was() {
    let page = page::agent(&sample::snapshot(), &sample::counted(), &View::default());
    assert_golden("agent.en.html", &body(&page));
    let wrong = page.find("The configuration was refused").unwrap();
    assert!(wrong < page.find("Vantage point").unwrap(), "what is wrong comes first");
}

#[test]
fn a_wall_shows_what_needs_a_look_first() {
    let view = View { wall: true, ..View::default() };
    let page = page::overview(&sample::snapshot(), &sample::counted(), &view);
    assert_golden("wall.en.html", &body(&page));
    let place = |name: &str| page.find(&format!("/service/{name}\"")).unwrap();
    assert!(place("records") < place("mail") && place("mail") < place("intranet"));
    assert!(place("intranet") < place("portal"));
}

#[test]
fn the_api_is_as_it_was() {
    let snapshot = sample::snapshot();
    let portal = snapshot.service("portal").unwrap();
    let json = api::service(&snapshot, portal, Some(&months::month()));
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_golden("portal.json", &serde_json::to_string_pretty(&value).unwrap());
    let all: serde_json::Value =
        serde_json::from_slice(&api::services(&snapshot, &View::default())).unwrap();
    assert_eq!(all["services"][2]["figure"], value["figure"]);
}

#[test]
fn c6_6_the_classes_in_the_metrics_add_up_to_the_elapsed_time() {
    let text = metrics_of(&sample::snapshot());
    for service in ["portal", "records", "mail", "intranet"] {
        let ms = |family: &str| {
            let start = format!("upptid_month_{family}_seconds{{service=\"{service}\"}} ");
            let line = text.lines().find_map(|line| line.strip_prefix(&start)).unwrap();
            (line.parse::<f64>().unwrap() * 1000.0).round() as i64
        };
        let classes = ["up", "lost", "planned", "excluded", "unmeasured", "not_in_service"];
        assert_eq!(classes.map(ms).iter().sum::<i64>(), ms("elapsed"), "{service}");
    }
}

#[test]
fn c6_5_nothing_unmeasured_is_up_in_the_metrics() {
    let text = metrics_of(&sample::snapshot());
    let up: Vec<&str> = text.lines().filter(|line| line.starts_with("upptid_login_up{")).collect();
    assert_eq!(
        up,
        [r#"upptid_login_up{service="portal"} 1"#, r#"upptid_login_up{service="records"} 0"#]
    );
}

#[test]
fn a_page_shows_good_only_what_is_measured_up() {
    let mut snapshot = sample::snapshot();
    snapshot.services.retain(|service| service.state != ServiceState::Up);
    let page = page::overview(&snapshot, &sample::counted(), &View::default());
    assert!(!page.contains("state up"));
    // Without knowledge of the month no day is drawn.
    let intranet = snapshot.service("intranet").unwrap();
    let page = page::service(&snapshot, &sample::counted(), intranet, None, &View::default());
    assert!(!body(&page).contains("class=\"up\""));
    // Nor is a month of which nothing is recorded.
    let mut unknown = months::month_before();
    unknown.stretches = vec![exporter::snapshot::Stretch {
        from: unknown.bounds.from,
        until: unknown.bounds.until,
        class: exporter::snapshot::Class::Unmeasured,
        cause: "no_record".into(),
        ground: None,
    }];
    let page =
        page::service(&snapshot, &sample::counted(), intranet, Some(&unknown), &View::default());
    assert!(!body(&page).contains("td class=\"up\""));
}

#[test]
fn c6_5_where_nothing_was_measured_no_availability_is_shown() {
    let mut snapshot = sample::snapshot();
    snapshot.services.truncate(1);
    let mut figure = months::month_before().figure;
    for (unmeasured_ms, not_in_service_ms, said) in
        [(figure.period_ms, 0, "unmeasured"), (0, figure.period_ms, "outside the contract")]
    {
        (figure.up_ms, figure.lost_ms, figure.planned_ms, figure.excluded_ms) = (0, 0, 0, 0);
        (figure.unmeasured_ms, figure.not_in_service_ms) = (unmeasured_ms, not_in_service_ms);
        snapshot.services[0].figure = Some(figure.clone().into());
        for wall in [false, true] {
            let view = View { wall, ..View::default() };
            let page = body(&page::overview(&snapshot, &sample::counted(), &view));
            assert!(page.contains(said) && !page.contains("100.0000"), "{page}");
        }
    }
}

#[test]
fn hostile_names_and_causes_stay_text() {
    let hostile = "x\"'><script>alert(1)</script>\\\n} 1";
    let mut snapshot = sample::snapshot();
    let service = &mut snapshot.services[0];
    service.name = hostile.into();
    service.customer = Some(hostile.into());
    service.labels = [(std::sync::Arc::from("team"), std::sync::Arc::from(hostile))].into();
    service.state = ServiceState::Down { cause: hostile.to_owned() };
    snapshot.outages[0].service = hostile.into();
    snapshot.outages[0].cause = hostile.into();
    snapshot.agent.name = hostile.into();
    snapshot.agent.config.error = Some(hostile.into());
    snapshot.ledger.damage = Some(hostile.into());
    snapshot.services.sort_by(|one, other| one.name.cmp(&other.name));
    let view = View { filter: hostile.to_owned(), ..View::default() };
    let service = snapshot.service(hostile).unwrap();
    let counted = sample::counted();
    let moment = months::moment(months::month().figure.incidents[0].opened).unwrap();
    let day = jiff::civil::date(2026, 11, 15);
    for page in [
        page::overview(&snapshot, &counted, &View::default()),
        page::overview(&snapshot, &counted, &view),
        page::overview(&snapshot, &counted, &View { wall: true, ..view.clone() }),
        page::service(&snapshot, &counted, service, Some(&months::month()), &view),
        page::moment(&snapshot, hostile, &moment, &view),
        page::day(&snapshot, hostile, &months::month(), day, &view).unwrap(),
        page::agent(&snapshot, &counted, &view),
        page::starting(hostile, &view),
    ] {
        let page = page.replace("<script src=\"/assets/refresh.js\" defer></script>", "");
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("<img"), "{page}");
        assert!(!page.contains("\"'>"), "{page}");
    }
    for line in metrics_of(&snapshot).lines() {
        assert!(
            line.starts_with("# ") || line.starts_with("upptid_") || line.starts_with("process_"),
            "{line}"
        );
        assert!(!line.contains("\"'>") || line.contains("\\\"'>"), "{line}");
    }
}

#[test]
fn five_thousand_services_are_filtered_and_paged() {
    let snapshot = sample::crowd(sample::snapshot(), 5_000);
    let rows = |view: &View| {
        page::overview(&snapshot, &sample::counted(), view)
            .matches("<th scope=\"row\"><a href=\"/service/service-")
            .count()
    };
    assert_eq!(rows(&View::default()), 100);
    let one = View { filter: "SERVICE-04321".to_owned(), ..View::default() };
    assert_eq!(rows(&one), 1);
    let none = View { filter: "is:up is:down".to_owned(), ..View::default() };
    assert_eq!(rows(&none), 0);
    let beyond = View { page: usize::MAX, ..View::default() };
    let page = page::overview(&snapshot, &sample::counted(), &beyond);
    assert!(page.contains("Page 50 of 50"));
    let down = View { state: Some(page::Wanted::Down), ..View::default() };
    let page = page::overview(&snapshot, &sample::counted(), &down);
    assert!(page.contains("state down") && !page.contains("state up"));
    assert!(page.contains("<option value=\"down\" selected>"));
    let by_name = View { sort: page::Sort::Name, page: 2, ..View::default() };
    let page = page::overview(&snapshot, &sample::counted(), &by_name);
    assert!(page.contains("aria-sort=\"ascending\""));
    assert!(page.contains("service-00100") && !page.contains("service-00099"));
}

#[test]
fn both_languages_tell_the_same_figures() {
    let snapshot = sample::snapshot();
    let english = page::overview(&snapshot, &sample::counted(), &View::default());
    let swedish = page::overview(&snapshot, &sample::counted(), &swedish());
    assert!(english.contains("lang=\"en\"") && english.contains("52.000"), "{english}");
    assert!(swedish.contains("lang=\"sv\"") && swedish.contains("52,000"), "{swedish}");
}
