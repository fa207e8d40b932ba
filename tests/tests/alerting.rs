//! What `deploy/` ships for Prometheus and Alertmanager, at work: a real outage becomes the right
//! alert at the right receiver and resolves, and a planned stop silences what it explains (C8.2).

use std::path::Path;
use std::time::{Duration, Instant as Moment};

use end_to_end::{
    Agent, Alertmanager, Announcement, Kind, Prometheus, Scene, ask, now, shipped, until,
};
use login_service::Fault;
use serde_json::json;

/// Terms of which a few lost seconds burn the month's budget, and others that need no notice.
const TERMS: &str = "[terms.standard]\ntarget = \"99.9999\"\n\n\
                     [terms.short]\ntarget = \"99.9999\"\nnotice = \"0s\"\n\n";

/// The agent, what watches it, and who is told.
struct Watched {
    scene: Scene,
    agent: Agent,
    alertmanager: Alertmanager,
    prometheus: [Prometheus; 2],
}

impl Watched {
    /// Services by their names and terms, all up, watched by two Prometheus servers.
    fn start(services: &[(&str, &str)]) -> Option<Self> {
        let alertmanager = Alertmanager::start()?;
        let mut scene = Scene::new();
        let mut configured = String::new();
        for (name, terms) in services {
            scene.start(name);
            let terms = format!("terms = \"{terms}\"\n\n[service.login]");
            let measured = scene.measured(name, Kind::Form);
            configured += &measured.replace("[service.login]", &terms);
        }
        scene.configure(TERMS, &configured);
        let agent = Agent::start(&scene);
        for (name, _) in services {
            agent.wait_for_state(name, "up");
        }
        let agents = [agent.web().expect("it listens")];
        let start = |replica| Prometheus::start(&agents, Some(&alertmanager), replica);
        let prometheus = [start("a")?, start("b")?];
        for one in &prometheus {
            one.wait_for(&format!("count(upptid_login_up == 1) == {}", services.len()));
        }
        Some(Watched { scene, agent, alertmanager, prometheus })
    }

    /// Breaks a service, and waits until that is confirmed.
    fn break_down(&self, service: &str) {
        self.scene.inject(service, Fault::Status(503));
        self.agent.wait_for_state(service, "down");
    }

    /// Mends it, and waits until customers can log in again.
    fn mend(&self, service: &str) {
        self.scene.heal(service);
        self.agent.wait_for_state(service, "up");
    }

    /// Announces a stop that begins at once and lasts an hour; gives its id once it goes on.
    fn stop(&self, service: &str) -> String {
        let from = now().plus_ms(1_000);
        let announcement = Announcement {
            service: service.to_owned(),
            from,
            until: from.plus_ms(3_600_000),
            reason: "another disk".to_owned(),
        };
        let announced = ask(&self.scene.socket(), &announcement.request()).expect("an answer");
        self.alertmanager.wait_for("UpptidPlannedStopRunning", service, false);
        announced["stops"][0]["id"].as_str().unwrap_or_else(|| panic!("{announced}")).to_owned()
    }

    fn was_paged(&self, service: &str) -> bool {
        self.alertmanager.told("pager").iter().any(|told| told.label("service") == service)
    }
}

#[test]
fn c8_2_an_outage_pages_once_with_what_it_costs_and_resolves() {
    let Some(watched) = Watched::start(&[("portal", "standard"), ("intranet", "standard")]) else {
        return;
    };
    let alertmanager = &watched.alertmanager;
    until("the alert that always fires", || {
        alertmanager.told("dead-man").iter().any(|it| it.is("UpptidWatchdog")).then_some(())
    });
    assert!(alertmanager.told("pager").is_empty(), "nothing is wrong yet");

    watched.break_down("portal");
    let told = alertmanager.wait_until_told("pager", "UpptidLoginDown", "portal", true);
    let instance = watched.agent.web().unwrap().to_string();
    let labels = json!({
        "alertname": "UpptidLoginDown", "severity": "critical", "service": "portal",
        "job": "upptid", "instance": instance,
    });
    assert_eq!(told.0["labels"], labels, "no replica's label is left");
    let annotations = &told.0["annotations"];
    assert_eq!(annotations["summary"], "Customers cannot log in to portal");
    assert!(annotations["description"].as_str().unwrap().contains("(http_status)"), "{told:?}");
    // What it costs is read in the morning (C8.1).
    alertmanager.wait_for_mail("UpptidBudgetBurned", "portal");

    watched.mend("portal");
    alertmanager.wait_until_told("pager", "UpptidLoginDown", "portal", false);
    let firing = alertmanager.posts_to("pager").into_iter().flatten().filter(|it| it.is_firing());
    assert_eq!(firing.count(), 1, "two Prometheus servers, one page");
    assert!(!watched.was_paged("intranet"));

    // One that comes and goes pages as such, however short each outage is.
    for _ in 0..2 {
        watched.break_down("portal");
        watched.mend("portal");
    }
    alertmanager.wait_until_told("pager", "UpptidLoginFlapping", "portal", true);
    for one in &watched.prometheus {
        let flapping = "ALERTS{alertname=\"UpptidLoginFlapping\",service=\"intranet\"}";
        assert!(one.query(flapping).is_empty());
    }
}

#[test]
fn c4_7_a_planned_stop_silences_the_login_of_its_service_and_nothing_else() {
    let services = [("portal", "standard"), ("wiki", "short"), ("intranet", "standard")];
    let Some(watched) = Watched::start(&services) else { return };
    let alertmanager = &watched.alertmanager;
    // One is announced far too late, and counts for nothing (C4.2); one is valid.
    let late = watched.stop("portal");
    watched.stop("wiki");
    for (service, _) in services {
        watched.break_down(service);
    }

    // The service without a stop pages; those with one are down, and page nobody.
    alertmanager.wait_until_told("pager", "UpptidLoginDown", "intranet", true);
    alertmanager.wait_for("UpptidLoginDown", "portal", true);
    alertmanager.wait_for("UpptidLoginDown", "wiki", true);
    // A stop that does not count explains the outage, and not what is lost by it.
    alertmanager.wait_for_mail("UpptidPlannedStopWithoutValidNotice", "portal");
    alertmanager.wait_for_mail("UpptidBudgetBurned", "portal");
    assert!(!watched.was_paged("portal") && !watched.was_paged("wiki"));
    assert!(alertmanager.alert("UpptidBudgetBurned", "wiki").is_none(), "its downtime is planned");
    let told = alertmanager.told("pager");
    assert!(!told.iter().any(|it| it.is("UpptidPlannedStopRunning")), "{told:?}");

    // C4.6, C4.7: what overruns the window is downtime, and pages.
    let cancelled = ask(&watched.scene.socket(), &json!({"request": "stop_cancel", "id": late}));
    assert!(cancelled.is_some());
    alertmanager.wait_until_told("pager", "UpptidLoginDown", "portal", true);
    assert!(!watched.was_paged("wiki"), "another service's stop goes on");
}

#[test]
fn c8_2_a_silent_agent_pages_after_two_minutes() {
    let Some(alertmanager) = Alertmanager::start() else { return };
    let scene = Scene::of_one("portal", Kind::Form);
    let agent = Agent::start(&scene);
    let agents = [agent.web().expect("it listens")];
    let Some(prometheus) = Prometheus::start(&agents, Some(&alertmanager), "a") else { return };
    prometheus.wait_for("up == 1");
    agent.kill();
    prometheus.wait_for("up == 0");
    let silent = Moment::now();
    prometheus.wait_for("ALERTS{alertname=\"UpptidAgentSilent\",alertstate=\"pending\"}");
    // Half of what the rule waits for, then the rest of it within one patience.
    let half = Duration::from_secs(70);
    while silent.elapsed() < half {
        assert!(alertmanager.told("pager").is_empty(), "a missed scrape pages nobody");
        std::thread::sleep(Duration::from_secs(1));
    }
    let told = alertmanager.wait_until_told("pager", "UpptidAgentSilent", "", true);
    assert_eq!(told.label("instance"), agents[0].to_string());
}

/// The shipped alerts by their names, each with the link to what to do.
fn alerts() -> Vec<(String, String)> {
    let rules = shipped("prometheus/upptid.rules.yml");
    let mut alerts: Vec<(String, String)> = Vec::new();
    for line in rules.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("- alert: ") {
            alerts.push((name.to_owned(), String::new()));
        } else if let Some(link) = line.strip_prefix("runbook_url: ") {
            alerts.last_mut().expect("a link stands in an alert").1 = link.to_owned();
        }
    }
    // Rules of one name may share the annotations of the first.
    alerts.dedup_by(|next, first| next.0 == first.0);
    alerts
}

#[test]
fn c8_2_each_alert_says_what_to_do() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let runbook = std::fs::read_to_string(root.join("docs/operate.md")).unwrap();
    let headings = runbook.lines().filter_map(|line| line.strip_prefix('#'));
    let anchors: Vec<String> = headings
        .map(|heading| heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .collect();
    let alerts = alerts();
    assert!(alerts.len() > 20, "{alerts:?}");
    for (name, link) in alerts {
        let anchor = name.to_lowercase();
        assert!(link.ends_with(&format!("docs/operate.md#{anchor}")), "{name}: {link}");
        assert!(anchors.contains(&anchor), "docs/operate.md has no heading for {name}");
    }
}

#[test]
fn each_alert_is_tested() {
    let tests = shipped("prometheus/upptid.rules.test.yml");
    for (name, _) in alerts() {
        // Steps of one kind are tested together.
        let kinds = ["UpptidBudget", "UpptidSupportClock"];
        let is_of_kind = kinds.iter().any(|kind| name.starts_with(kind));
        let written = [format!("alertname: {name}"), format!("alertname=\"{name}\"")];
        let is_tested = is_of_kind || written.iter().any(|words| tests.contains(words));
        assert!(is_tested, "{name} has no test");
    }
}
