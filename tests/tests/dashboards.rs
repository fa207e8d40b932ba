//! The dashboards of `deploy/grafana`: each query is evaluated by a real Prometheus that scraped a
//! real agent, and gives the figure that the API gives.

use std::collections::BTreeSet;
use std::fs;

use contract::{Month, ResolvedTerms, Terms};
use end_to_end::{
    Agent, Announcement, Kind, Prometheus, Scene, Told, ask, now, program_at, shipped, until,
};
use login_service::Fault;
use serde_json::Value;

const DASHBOARDS: [&str; 3] = ["upptid-fleet", "upptid-service", "upptid-agent"];
const CUSTOMER: &str = "Exempelbolaget AB";

/// What Grafana puts in the place of its variables; the longest names first.
const VARIABLES: [(&str, &str); 5] = [
    ("$__rate_interval", "20s"),
    ("$__range", "600s"),
    ("$datasource", "prometheus"),
    ("$customer", "Exempelbolaget AB|another"),
    ("$service", "portal"),
];

fn dashboard(name: &str) -> Value {
    serde_json::from_str(&shipped(&format!("grafana/dashboards/{name}.json"))).unwrap()
}

/// Each panel's title, with its queries.
fn panels(dashboard: &Value) -> Vec<(String, Vec<Value>)> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let panels = panels.filter(|panel| panel["type"] != "row");
    let read = |panel: &Value| {
        let targets = panel["targets"].as_array().unwrap().clone();
        (panel["title"].as_str().unwrap().to_owned(), targets)
    };
    panels.map(read).collect()
}

fn expression(target: &Value) -> &str {
    target["expr"].as_str().unwrap()
}

/// An agent with all that a dashboard shows: a month that was closed with a price reduction, an
/// announced stop, outages, a certificate, notices that went and one that did not, a backup.
struct Eventful {
    scene: Scene,
    agent: Agent,
    prometheus: Prometheus,
    _told: Told,
}

impl Eventful {
    fn start() -> Option<Self> {
        let mut scene = Scene::new();
        let told = Told::start();
        scene.start("portal");
        scene.start("gateway");
        let named = format!("customer = \"{CUSTOMER}\"\n\n[service.login]");
        let portal = scene.measured("portal", Kind::Form).replace("[service.login]", &named);
        let sections = format!(
            "[terms.standard]\ntarget = \"99.9999\"\nnotice = \"0s\"\n\n[backup]\nto = [\"backup\"]\n\n{}{}",
            scene.witnesses(&["gateway"]),
            told.sections(&scene, &["portal"]),
        );
        scene.configure(&sections, &portal);
        lose_the_last_month(&scene)?;

        let agent = Agent::start(&scene);
        let prometheus = Prometheus::start(&[agent.web()?], None, "a")?;
        agent.wait_for_state("portal", "up");
        let from = now().plus_ms(3_600_000);
        let announcement = Announcement {
            service: "portal".to_owned(),
            from,
            until: from.plus_ms(3_600_000),
            reason: "another disk".to_owned(),
        };
        ask(&scene.socket(), &announcement.request()).expect("an answer");
        // One outage is over, another goes on and waits for somebody to start on it.
        told.webhook.answer(500);
        scene.inject("portal", Fault::Refuse);
        agent.wait_for_state("portal", "down");
        agent.wait_for("a notice that did not go", |it| {
            it.get("upptid_notice_failures_total{channel=\"ops\",reason=\"way\"}").is_some()
        });
        told.webhook.answer(204);
        scene.heal("portal");
        prometheus.wait_for("upptid_login_up == 1");
        scene.inject("portal", Fault::Status(503));
        agent.wait_for_state("portal", "down");
        agent.wait_for("notices delivered", |it| {
            it.get("upptid_notices_delivered_total{channel=\"ops\"}").is_some()
        });
        agent.wait_for("a backup", |it| it.value("upptid_backup_success_timestamp_seconds") > 0.0);
        agent.wait_for("a verified journal", |it| {
            it.get("upptid_journal_verified_timestamp_seconds").is_some()
        });
        agent.wait_for("two outages", |it| it.of("portal", "upptid_month_outages") == Some(2.0));
        prometheus.wait_for("upptid_month_outages == 2 and upptid_month_price_level == 1");
        prometheus.wait_for("service:upptid_month_lost_seconds:increase3d > 0");
        prometheus.wait_for("ALERTS{alertname=\"UpptidLoginDown\",alertstate=\"firing\"}");
        Some(Eventful { scene, agent, prometheus, _told: told })
    }

    /// The API's figures, and the instant of a later scrape that gave the same: both reach as far.
    fn same_figures(&self) -> (Value, f64) {
        let begun_s = now().ms() as f64 / 1000.0;
        until("a scrape that reaches as far as the API", || {
            let api = self.service();
            let elapsed_s = api["figure"]["elapsed_ms"].as_i64()? as f64 / 1000.0;
            let scraped = self.prometheus.samples("upptid_month_elapsed_seconds");
            let (at_s, _) = scraped.into_iter().rfind(|(_, value)| *value == elapsed_s)?;
            (at_s > begun_s).then_some((api, at_s))
        })
    }

    fn service(&self) -> Value {
        serde_json::from_str(&self.agent.get("/api/v1/services/portal").1).unwrap()
    }

    /// What Prometheus is asked when the dashboards' variables are chosen.
    fn chosen(&self, expression: &str) -> String {
        let instance = self.agent.web().unwrap().to_string();
        let text = expression.replace("$instance", &instance);
        VARIABLES.iter().fold(text, |text, (name, value)| text.replace(name, value))
    }
}

/// Loses some seconds of the last month, which burns its budget: the service's certificate, made
/// today, is not valid then.
fn lose_the_last_month(scene: &Scene) -> Option<()> {
    let zone = ResolvedTerms::new(Terms::default()).expect("they are valid");
    let month = Month::of(now(), zone.zone()).prev();
    let then = month.start(zone.zone()).plus_ms(10 * 86_400_000).to_string().replace('T', " ");
    let agent = Agent::start_by(program_at(then.split('.').next()?)?, scene);
    agent.wait_for("a burned budget", |it| {
        it.of("portal", "upptid_month_budget_burned_ratio").is_some_and(|burned| burned > 1.0)
    });
    assert_eq!(agent.terminate().code, Some(0));
    Some(())
}

/// The only value of a panel, or of its query with this legend.
fn shown(eventful: &Eventful, panel: &str, legend: &str, at_s: f64) -> f64 {
    let service = dashboard("upptid-service");
    let panels = panels(&service);
    let (_, targets) = panels.iter().find(|(title, _)| title == panel).expect(panel);
    let is_it = |target: &&Value| legend.is_empty() || target["legendFormat"] == legend;
    let target = targets.iter().find(is_it).expect(legend);
    let query = eventful.chosen(expression(target));
    match eventful.prometheus.query_at(&query, at_s).as_slice() {
        [(_, value)] => *value,
        several => panic!("{panel}: {query} gives {several:?}"),
    }
}

fn decimal(value: &Value) -> f64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn every_panel_shows_what_the_agent_says() {
    let Some(eventful) = Eventful::start() else { return };
    let (api, at_s) = eventful.same_figures();

    let mut seen = 0;
    let mut wrong = Vec::new();
    for name in DASHBOARDS {
        let dashboard = dashboard(name);
        for (title, targets) in panels(&dashboard) {
            for target in targets {
                let query = eventful.chosen(expression(&target));
                assert!(!query.contains('$'), "{name}, {title}: a variable is left in {query}");
                let values = eventful.prometheus.query_at(&query, at_s);
                if values.is_empty() || !values.iter().all(|(_, value)| value.is_finite()) {
                    wrong.push(format!("{name}, {title}: {query} gives {values:?}"));
                }
                seen += 1;
            }
        }
        for variable in dashboard["templating"]["list"].as_array().unwrap() {
            let Some(definition) = variable["definition"].as_str() else { continue };
            let inside =
                definition.strip_prefix("label_values(").and_then(|it| it.strip_suffix(')'));
            let (metric, label) = inside.and_then(|it| it.rsplit_once(", ")).expect(definition);
            let values = eventful.prometheus.query(&eventful.chosen(metric));
            assert!(values.iter().all(|(labels, _)| labels[label].is_string()), "{definition}");
            assert!(!values.is_empty(), "{definition} gives nothing to choose from");
        }
        for mark in dashboard["annotations"]["list"].as_array().unwrap() {
            // The announced stop does not go on yet.
            if mark["name"] != "Planned stop" {
                let query = eventful.chosen(expression(mark));
                assert!(!eventful.prometheus.query_at(&query, at_s).is_empty(), "{query}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 90, "{seen} queries");

    let figure = &api["figure"];
    let seconds =
        |name: &str| figure[name].as_i64().unwrap_or_else(|| panic!("{name}")) as f64 / 1000.0;
    let budget_s = seconds("period_ms") * (1.0 - decimal(&figure["target_percent"]) / 100.0);
    let left_s = budget_s - seconds("counted_ms");
    let burned = seconds("counted_ms") / budget_s;
    let percent = |name: &str| decimal(&figure[name]) / 100.0;
    for (panel, legend, expected) in [
        ("Availability", "", percent("availability_percent")),
        ("At least", "", percent("availability_lower_bound_percent")),
        ("Price level", "", figure["level"].as_f64().unwrap()),
        ("Reduction of the fee", "", percent("reduction_percent")),
        ("Budget left", "", left_s),
        ("Budget burned", "", burned),
        ("Budget over the month", "left", left_s),
        (
            "Burned at the month's end, at this pace",
            "",
            burned * seconds("period_ms") / seconds("elapsed_ms"),
        ),
        ("Outages", "", 2.0),
        ("Lost", "", seconds("lost_ms")),
        ("Unmeasured", "", seconds("unmeasured_ms")),
        ("Minutes by class", "lost", seconds("lost_ms")),
        ("Minutes by class", "planned", seconds("planned_ms")),
        ("Minutes by class", "excluded", seconds("excluded_ms")),
        ("Minutes by class", "unmeasured", seconds("unmeasured_ms")),
        ("Minutes by class", "not in service", seconds("not_in_service_ms")),
        ("State now", "", 3.0),
        ("Planned downtime", "", seconds("planned_ms")),
        ("It counts", "", 1.0),
    ] {
        let value = shown(&eventful, panel, legend, at_s);
        // The metrics are exact to the millisecond; budgets are a product of decimals.
        assert!((value - expected).abs() < 0.001, "{panel} {legend}: {value}, the API: {expected}");
    }
    assert_eq!(api["customer"], CUSTOMER);
    drop(eventful.scene);
}

#[test]
fn dashboards_follow_grafanas_conventions() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/grafana/dashboards");
    assert_eq!(fs::read_dir(folder).unwrap().count(), DASHBOARDS.len());
    for name in DASHBOARDS {
        let dashboard = dashboard(name);
        assert_eq!(dashboard["uid"], name);
        let text = dashboard.to_string();
        assert!(!text.contains("vector(0)"), "{name} shows good what is not known");
        for (title, targets) in panels(&dashboard) {
            assert!(!targets.is_empty(), "{name}, {title}");
            for target in targets {
                assert_eq!(target["datasource"]["uid"], "${datasource}", "{name}, {title}");
            }
        }
        // A panel lies in the grid, over no other one.
        let mut taken = BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(place("x") + place("w") <= 24, "{panel}");
            for x in place("x")..place("x") + place("w") {
                for y in place("y")..place("y") + place("h") {
                    assert!(taken.insert((x, y)), "{name}: {} lies over another", panel["title"]);
                }
            }
        }
        // A link to a dashboard leads to one of these.
        for link in text.split("/d/").skip(1) {
            let uid = link.split(['?', '"']).next().unwrap();
            assert!(DASHBOARDS.contains(&uid), "{name} leads to {uid}");
        }
    }
}
