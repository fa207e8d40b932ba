//! The metrics and pages of the sample, byte for byte. After an intended change run the tests with
//! `UPDATE_GOLDEN=1` and read the difference.

#[allow(dead_code, reason = "the other tests use the rest")]
mod sample;

use contract::ServiceState;
use exporter::page::{self, Language, View};
use exporter::{api, metrics};

use sample::golden::{assert_golden, body};

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
    let page = page::overview(&sample::snapshot(), &View::default());
    assert_golden("overview.en.html", &body(&page));
}

#[test]
fn a_service_page_in_swedish_is_as_it_was() {
    let snapshot = sample::snapshot();
    let portal = snapshot.service("portal").unwrap();
    let page = page::service(
        &snapshot,
        portal,
        Some(&sample::stretches()),
        Some(&sample::records::people()),
        &swedish(),
    );
    assert_golden("portal.sv.html", &body(&page));
}

#[test]
fn the_api_is_as_it_was() {
    let snapshot = sample::snapshot();
    let portal = snapshot.service("portal").unwrap();
    let json = api::service(
        &snapshot,
        portal,
        Some(&sample::stretches()),
        Some(&sample::records::people()),
    );
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_golden("portal.json", &serde_json::to_string_pretty(&value).unwrap());
    let all: serde_json::Value = serde_json::from_slice(&api::services(&snapshot)).unwrap();
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
    let page = page::overview(&snapshot, &View::default());
    assert!(!page.contains("state up"));
    // Without knowledge of the month no day is drawn.
    let intranet = snapshot.service("intranet").unwrap();
    let page = page::service(&snapshot, intranet, None, None, &View::default());
    assert!(!body(&page).contains("rect class=\"up\""));
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
    for page in [
        page::overview(&snapshot, &View::default()),
        page::overview(&snapshot, &view),
        page::service(&snapshot, service, Some(&sample::stretches()), None, &view),
        page::starting(hostile, &view),
    ] {
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
        page::overview(&snapshot, view)
            .matches("<th scope=\"row\"><a href=\"/service/service-")
            .count()
    };
    assert_eq!(rows(&View::default()), 100);
    let one = View { filter: "SERVICE-04321".to_owned(), ..View::default() };
    assert_eq!(rows(&one), 1);
    let none = View { filter: "is:up is:down".to_owned(), ..View::default() };
    assert_eq!(rows(&none), 0);
    let beyond = View { page: usize::MAX, ..View::default() };
    assert!(page::overview(&snapshot, &beyond).contains("Page 50 of 50"));
}

#[test]
fn both_languages_tell_the_same_figures() {
    let snapshot = sample::snapshot();
    let english = page::overview(&snapshot, &View::default());
    let swedish = page::overview(&snapshot, &swedish());
    assert!(english.contains("lang=\"en\"") && english.contains("52.000"), "{english}");
    assert!(swedish.contains("lang=\"sv\"") && swedish.contains("52,000"), "{swedish}");
}
