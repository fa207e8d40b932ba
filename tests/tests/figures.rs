//! A login is measured, lost minutes are kept, and everybody who asks is told the same.

use contract::Instant;
use end_to_end::{
    Agent, Announcement, Figures, Journal, Kind, Metrics, Scene, example, now, upptid,
};
use login_service::{BackEnd, Fault};
use serde_json::Value;

/// Lets `service` be down, as seen by two heartbeats at least, and up again; gives a scrape in
/// which the whole outage is decided.
fn whole_outage(scene: &Scene, agent: &Agent, service: &str, fault: Fault) -> Metrics {
    let decided = |metrics: &Metrics| metrics.decided_until(service);
    agent.wait_for_state(service, "up");
    scene.inject(service, fault);
    let down = agent.wait_for_state(service, "down");
    let seen = decided(&down);
    agent.wait_for("the outage to be counted", |metrics| decided(metrics) > seen);
    scene.heal(service);
    let up = agent.wait_for_state(service, "up");
    let since = up.ms_of(service, "upptid_service_state_since_timestamp_seconds").unwrap();
    agent.wait_for("the outage's end to be decided", |metrics| {
        decided(metrics).is_some_and(|until| until > Instant::from_ms(since))
    })
}

/// The figures that the store of a stopped agent holds, as another program reads it.
fn stored(scene: &Scene, service: &str) -> (Figures, Instant) {
    let printed = example("ledger", "store_minutes", &[&scene.state().join("store")]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let mut lines = printed.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines.find(|line| line["service"] == service).expect("the service is in the store");
    (Figures::of_json(&line), line["as_of"].as_str().unwrap().parse().unwrap())
}

#[test]
fn the_store_of_a_stopped_agent_and_a_replay_say_what_metrics_said() {
    let mut scene = Scene::of_one("portal", Kind::Form);
    scene.start("intranet");
    let services = scene.measured("portal", Kind::Form) + &scene.measured("intranet", Kind::Basic);
    scene.configure("", &services);
    let agent = Agent::start(&scene);
    // The page answers 200 all along: only a login shows it (C1.1).
    let metrics = whole_outage(&scene, &agent, "portal", Fault::BackEnd(BackEnd::Error500));
    agent.wait_for_state("intranet", "up");
    assert_eq!(agent.terminate().code, Some(0));

    let journal = scene.state().join("journal");
    for service in ["portal", "intranet"] {
        let scraped = Figures::scraped(&metrics, service).expect("the service was measured");
        assert!(scraped.add_up(), "C6.6: {scraped:?}");
        assert_eq!(scraped.lost > 0, service == "portal", "{scraped:?}");

        // The store reaches to the end; since the scrape, `portal` was up all the time.
        let (stored, as_of) = stored(&scene, service);
        assert!(stored.add_up(), "C6.6: {stored:?}");
        if service == "portal" {
            let later = stored.elapsed - scraped.elapsed;
            let expected = Figures { elapsed: stored.elapsed, up: scraped.up + later, ..scraped };
            assert_eq!(stored, expected);
        }
        assert_eq!(Figures::replayed(&scene, &journal, service, as_of), stored);
        let decided = metrics.decided_until(service).unwrap();
        assert_eq!(Figures::replayed(&scene, &journal, service, decided), scraped);
    }
}

#[test]
fn c3_2_downtime_is_confirmed_and_reaches_from_the_first_failure_to_the_first_success() {
    let scene = Scene::of_one("portal", Kind::Form);
    let agent = Agent::start(&scene);
    let before = now();
    let metrics = whole_outage(&scene, &agent, "portal", Fault::Status(503));
    assert_eq!(agent.terminate().code, Some(0));

    let journal = Journal::read(&scene.state());
    // The suspicion is on record, too; its decision replaced it from the same instant (C3.8).
    let states: Vec<(&str, Instant)> = journal
        .facts("state")
        .filter(|line| line.text("cause") != "suspected")
        .map(|line| (line.text("state"), line.instant("from")))
        .collect();
    let names: Vec<&str> = states.iter().map(|(state, _)| *state).collect();
    assert_eq!(names, ["up", "down", "up"], "one fault is one outage");
    let lost = states[2].1.since(states[1].1);
    assert_eq!(Figures::scraped(&metrics, "portal").unwrap().lost, lost);
    assert!(states[1].1 > before.plus_ms(-1000), "it begins at the first failed attempt");
    let down = journal.facts("state").find(|line| line.text("state") == "down").unwrap();
    assert_eq!(down.text("cause"), "http_status");
    assert!(down.instant("at") > down.instant("from"), "it is recorded once confirmed");
    assert_eq!(down.0["evidence"]["status"], 503);
}

#[test]
fn c4_7_downtime_in_a_stop_announced_in_time_is_planned_and_its_overrun_is_lost() {
    let mut scene = Scene::of_one("portal", Kind::Form);
    scene.start("intranet");
    let services = scene.measured("portal", Kind::Form) + &scene.measured("intranet", Kind::Form);
    scene.configure("[terms.standard]\nnotice = \"2s\"\n", &services);
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");
    agent.wait_for_state("intranet", "up");

    let announce = |service: &str, in_ms: i64, for_ms: i64| {
        let from = now().plus_ms(in_ms);
        let announcement = Announcement {
            service: service.to_owned(),
            from,
            until: from.plus_ms(for_ms),
            reason: "new database version".to_owned(),
        };
        (upptid(announcement.arguments(&scene.socket())), announcement)
    };
    // Announced afterwards: refused, with the remedy (C4.1).
    let (retroactive, _) = announce("portal", -1000, 60_000);
    assert_eq!(retroactive.code, Some(1), "{retroactive:?}");
    assert!(retroactive.stderr.contains("claim an adjustment"), "{retroactive:?}");
    // Announced too late: recorded, and worth nothing (C4.2, C4.7).
    let (late, late_stop) = announce("intranet", 1_000, 3_600_000);
    let verdict = |answer: &Value| answer["stops"][0]["verdicts"][0]["verdict"].clone();
    assert_eq!(verdict(&late.json()), "late", "{late:?}");
    let (valid, stop) = announce("portal", 4_000, 6_000);
    assert_eq!(verdict(&valid.json()), "valid", "{valid:?}");
    assert_eq!(valid.json()["stops"][0]["id"], "S2");
    let series = "upptid_planned_stop_valid";
    let shown = agent.metrics();
    assert_eq!((shown.of("portal", series), shown.of("intranet", series)), (Some(1.), Some(0.)));

    // Down within both windows; the portal's is over before the service is back.
    agent.wait_for("the window", |metrics| {
        metrics.decided_until("portal").is_some_and(|until| until > stop.from)
    });
    scene.inject("portal", Fault::Refuse);
    scene.inject("intranet", Fault::Refuse);
    agent.wait_for("the overrun", |metrics| {
        let until = metrics.decided_until("portal");
        metrics.state("portal").as_deref() == Some("down")
            && until.is_some_and(|until| until > stop.until.plus_ms(500))
    });
    scene.heal("portal");
    scene.heal("intranet");
    agent.wait_for_state("portal", "up");
    agent.wait_for_state("intranet", "up");
    assert_eq!(agent.terminate().code, Some(0));

    let journal = Journal::read(&scene.state());
    let down_of = |service: &str| {
        let mut states = journal.facts("state").filter(|line| line.text("service") == service);
        let down = states.find(|line| line.text("state") == "down").unwrap().instant("from");
        (down, states.find(|line| line.text("state") == "up").unwrap().instant("from"))
    };
    let (from, until) = down_of("portal");
    let (figures, as_of) = stored(&scene, "portal");
    assert!(from > stop.from && until > stop.until, "it began inside and ended outside");
    assert_eq!((figures.planned, figures.lost), (stop.until.since(from), until.since(stop.until)));
    assert!(figures.add_up(), "C6.6: {figures:?}");
    let replayed = Figures::replayed(&scene, &scene.state().join("journal"), "portal", as_of);
    assert_eq!(replayed, figures);

    let (from, until) = down_of("intranet");
    let (figures, _) = stored(&scene, "intranet");
    assert!(from > late_stop.from && until < late_stop.until);
    assert_eq!(
        (figures.planned, figures.lost),
        (0, until.since(from)),
        "C4.7: late excludes nothing"
    );

    // Who did it is on record (C10.2), and when is the agent's to say (C4.1).
    let announced: Vec<_> = journal.facts("stop_announced").collect();
    assert_eq!(announced.len(), 2, "what was refused is not on record");
    assert!(announced.iter().all(|line| !line.text("by").is_empty()));
    let told = &valid.json()["stops"][0]["announced_at"];
    assert_eq!(announced[1].text("at"), told);
}

#[test]
fn c4_6_a_stop_cancelled_before_it_began_excludes_nothing() {
    let scene = Scene::of_one("portal", Kind::Form);
    let agent = Agent::start(&scene);
    let from = now().plus_ms(100 * 3_600_000);
    let until = from.plus_ms(3_600_000);
    let reason = "a new \"roof\"; råd & dåd".to_owned();
    let stop = Announcement { service: "portal".to_owned(), from, until, reason };
    let announced = upptid(stop.arguments(&scene.socket()));
    assert_eq!(announced.json()["stops"][0]["reason"], *stop.reason);
    let socket = scene.socket().display().to_string();
    let cancel = ["stop", "cancel", "S1", "--socket", &socket];
    let cancelled = upptid(cancel);
    assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
    assert!(cancelled.stdout.contains("cancelled"), "{cancelled:?}");
    let again = upptid(cancel);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("cancelled already"), "{again:?}");
    let listed = upptid(["stop", "list", "--socket", &socket, "--json"]);
    assert_eq!(listed.json()["stops"][0]["verdicts"][0]["verdict"], "cancelled");
    assert_eq!(agent.terminate().code, Some(0));
    // Nobody answers any more: another exit code (the agent cannot be reached).
    assert_eq!(upptid(["stop", "list", "--socket", &socket]).code, Some(4));
}

#[test]
fn c3_3_without_witnesses_that_answer_a_network_failure_is_unmeasured() {
    let mut scene = Scene::of_one("portal", Kind::Form);
    scene.start("gateway");
    scene.start("anchor");
    scene
        .configure(&scene.witnesses(&["gateway", "anchor"]), &scene.measured("portal", Kind::Form));
    let agent = Agent::start(&scene);
    agent.wait_for_state("portal", "up");

    // This machine's network is gone: neither the service nor a witness answers.
    for name in ["gateway", "anchor", "portal"] {
        scene.inject(name, Fault::Refuse);
    }
    agent.wait_for("own_network", |metrics| metrics.unmeasured_ms("portal", "own_network") > 0);
    for name in ["gateway", "anchor", "portal"] {
        scene.heal(name);
    }
    let metrics = agent.wait_for_state("portal", "up");
    assert_eq!(Figures::scraped(&metrics, "portal").unwrap().lost, 0);
    assert_eq!(metrics.value("upptid_witness_answered{witness=\"gateway\"}"), 0.0);

    // The service alone is gone: downtime. One witness is enough.
    scene.inject("gateway", Fault::Refuse);
    let metrics = whole_outage(&scene, &agent, "portal", Fault::Refuse);
    assert!(Figures::scraped(&metrics, "portal").unwrap().lost > 0);
    assert_eq!(metrics.value("upptid_witness_answered{witness=\"anchor\"}"), 1.0);
    assert_eq!(agent.terminate().code, Some(0));
    let journal = Journal::read(&scene.state());
    let down = journal.facts("state").find(|line| line.text("state") == "down").unwrap();
    assert_eq!(down.text("cause"), "connect_refused");
    assert_eq!(down.0["evidence"]["witnesses"], "1 of 2");
}

#[test]
fn c3_5_a_refused_account_is_unmeasured_and_said_at_once() {
    let scene = Scene::of_one("portal", Kind::Form);
    scene.write_password("not the password");
    let agent = Agent::start(&scene);
    let metrics = agent.wait_for("the refusal", |metrics| {
        metrics.of("portal", "upptid_service_probe_account_refused") == Some(1.0)
    });
    assert_eq!(metrics.state("portal").as_deref(), Some("unmeasured"));
    let (_, page) = agent.get("/");
    assert!(page.contains("account is refused") || page.contains("Mätkontot nekas"), "{page}");
    let refused = scene.service("portal").counts().logins_refused;
    assert_eq!(agent.terminate().code, Some(0));
    assert_eq!(refused, 1, "a rejected password is not tried again at once");
    let journal = Journal::read(&scene.state());
    assert!(journal.facts("state").all(|line| line.text("state") != "down"));
}
