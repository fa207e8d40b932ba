//! Damaged files: the store is built anew, a torn tail is cut off, a broken line is named.

use std::fs;
use std::path::{Path, PathBuf};

use end_to_end::{Agent, Figures, Journal, Kind, Scene, files_below, segments};
use login_service::Fault;

/// A stopped agent's state with an outage in it, and what was scraped last.
struct Recorded {
    scene: Scene,
    lost: i64,
}

/// What is done to a file. Places are sixteenths of what is used of it: sled's file ends in zeros.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// One bit here is turned over.
    Flip(usize),
    /// The file ends here.
    Truncate(usize),
    /// A sixteenth, from here on, is zeros.
    Zero(usize),
    /// The whole file is zeros.
    Blank,
    /// The file is gone.
    Remove,
}

impl Damage {
    /// Of the one file of the store that holds keys and values.
    fn all() -> Vec<Damage> {
        let mut all: Vec<Damage> = (0..16).map(Damage::Flip).collect();
        all.extend([0, 1, 4, 8, 15].map(Damage::Truncate));
        all.extend([0, 3, 7, 11, 15].map(Damage::Zero));
        all.extend([Damage::Blank, Damage::Remove]);
        all
    }

    fn apply(self, path: &Path) {
        let mut bytes = fs::read(path).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let place = |sixteenths: usize| used * sixteenths / 16;
        match self {
            Damage::Flip(at) => {
                if let Some(byte) = bytes.get_mut(place(at)) {
                    *byte ^= 0x10;
                }
            }
            Damage::Truncate(at) => bytes.truncate(place(at)),
            Damage::Zero(at) => bytes[place(at)..place(at + 1)].fill(0),
            Damage::Blank => bytes.fill(0),
            Damage::Remove => return fs::remove_file(path).unwrap(),
        }
        fs::write(path, bytes).unwrap();
    }
}

impl Recorded {
    fn new() -> Self {
        let scene = Scene::of_one("portal", Kind::Form);
        let agent = Agent::start(&scene);
        agent.wait_for_state("portal", "up");
        scene.inject("portal", Fault::Status(503));
        agent.wait_for_state("portal", "down");
        scene.heal("portal");
        agent.wait_for_state("portal", "up");
        assert_eq!(agent.terminate().code, Some(0));
        let states = Journal::read(&scene.state());
        let from = |state: &str| {
            let mut states = states.facts("state").filter(|line| line.text("state") == state);
            states.next_back().expect("it was recorded").instant("from")
        };
        let lost = from("up").since(from("down"));
        assert!(lost > 0);
        Recorded { scene, lost }
    }

    /// A copy of the state folder of its own, which the configuration then names.
    fn copy(&self, name: &str) -> PathBuf {
        let copy = self.scene.path(name);
        for (path, bytes) in files_below(&self.scene.state()) {
            let to = copy.join(path.strip_prefix(self.scene.state()).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, bytes).unwrap();
        }
        self.scene.configure_with(&copy, "", &self.scene.measured("portal", Kind::Form));
        copy
    }
}

#[test]
fn a_damaged_store_is_built_anew_and_says_the_same() {
    let recorded = Recorded::new();
    let (mut rebuilt, mut moved_aside) = (0, 0);
    for (number, damage) in Damage::all().into_iter().enumerate() {
        let state = recorded.copy(&format!("copy-{number}"));
        damage.apply(&state.join("store/db"));
        let agent = Agent::start(&recorded.scene);
        let metrics = agent.wait_for("the store is built", |metrics| {
            metrics.value("upptid_store_rebuilding") == 0.0
                && metrics.value("upptid_store_lag_lines") == 0.0
                && metrics.of("portal", "upptid_month_lost_seconds").is_some()
        });
        let scraped = Figures::scraped(&metrics, "portal").unwrap();
        assert_eq!(scraped.lost, recorded.lost, "{damage:?}");
        let rebuilds = metrics.value("upptid_store_rebuilds_total");
        let ended = agent.terminate();
        assert_eq!(ended.code, Some(0), "{damage:?}: {ended:?}");
        if rebuilds > 0.0 {
            rebuilt += 1;
            assert!(ended.stderr.contains("the store is built"), "{damage:?}: {}", ended.stderr);
        }
        moved_aside += usize::from(state.join("store.aside-1").exists());
        let store = ledger::store::read(&state.join("store")).unwrap();
        let (_, month) = store.months.iter().next().unwrap();
        assert_eq!(month.figure.lost_ms, recorded.lost, "{damage:?}");
        Journal::read(&state);
    }
    let all = Damage::all().len();
    println!(
        "of {all} damaged stores {rebuilt} were rebuilt, {moved_aside} after being moved aside"
    );
    assert!(rebuilt >= all / 4 && moved_aside >= 1, "{rebuilt} rebuilt, {moved_aside} moved aside");
}

#[test]
fn every_other_file_of_the_store_may_be_damaged_too() {
    let recorded = Recorded::new();
    let store = recorded.scene.state().join("store");
    let names: Vec<PathBuf> = files_below(&store)
        .into_iter()
        .map(|(path, _)| path.strip_prefix(&store).unwrap().to_owned())
        .filter(|name| name != Path::new("db"))
        .collect();
    assert!(!names.is_empty(), "sled has a configuration of its own");
    for damage in [Damage::Flip(1), Damage::Truncate(1), Damage::Blank, Damage::Remove] {
        let state = recorded.copy(&format!("copy-{damage:?}"));
        for name in &names {
            damage.apply(&state.join("store").join(name));
        }
        let agent = Agent::start(&recorded.scene);
        let metrics = agent.wait_for("the store is built", |metrics| {
            metrics.value("upptid_store_rebuilding") == 0.0
                && metrics.of("portal", "upptid_month_lost_seconds").is_some()
        });
        assert_eq!(Figures::scraped(&metrics, "portal").unwrap().lost, recorded.lost, "{damage:?}");
        assert_eq!(agent.terminate().code, Some(0));
        let store = ledger::store::read(&state.join("store")).unwrap();
        let (_, month) = store.months.iter().next().unwrap();
        assert_eq!(month.figure.lost_ms, recorded.lost, "{damage:?}");
    }
}

#[test]
fn a_torn_tail_of_the_journal_is_cut_off_and_said() {
    let recorded = Recorded::new();
    let state = recorded.scene.state();
    let segment = segments(&state).pop().unwrap();
    let whole = fs::read(&segment).unwrap();
    let torn = b"{\"seq\":99,\"at\":\"2026-10-01T12:00:00.000Z\",\"fact\":\"sta\0\0\0\0";
    fs::write(&segment, [&whole, torn.as_slice()].concat()).unwrap();
    let agent = Agent::start(&recorded.scene);
    let metrics = agent.wait_for_state("portal", "up");
    assert_eq!(metrics.value("upptid_journal_torn_tail_bytes"), torn.len() as f64);
    assert_eq!(metrics.value("upptid_journal_damaged"), 0.0, "it was never acknowledged");
    agent.wait_for_log("torn");
    assert_eq!(agent.terminate().code, Some(0));
    assert!(fs::read(&segment).unwrap().starts_with(&whole), "nothing else was cut off");
    Journal::read(&state);
}

#[test]
fn a_broken_line_is_named_and_the_journal_goes_on_in_a_new_segment() {
    let recorded = Recorded::new();
    let state = recorded.scene.state();
    let segment = segments(&state).pop().unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    // The third line still is JSON; only its hash tells.
    let text = String::from_utf8(bytes.clone()).unwrap();
    let line: usize = text.lines().take(2).map(|line| line.len() + 1).sum();
    let at = line + text[line..].find("\"at\":\"2").unwrap() + "\"at\":\"202".len();
    bytes[at] ^= 1;
    fs::write(&segment, &bytes).unwrap();

    let agent = Agent::start(&recorded.scene);
    let metrics = agent.wait_for_state("portal", "up");
    assert_eq!(metrics.value("upptid_journal_damaged"), 1.0);
    let name = segment.file_name().unwrap().to_string_lossy().into_owned();
    agent.wait_for_log("the journal is damaged");
    let (_, page) = agent.get("/");
    for place in [agent.log(), page] {
        assert!(place.contains(&name) && place.contains("line 3"), "not named: {place}");
    }
    assert_eq!(agent.get("/-/ready").0, 200, "it measures all the same");
    assert_eq!(agent.terminate().code, Some(0));

    assert_eq!(fs::read(&segment).unwrap(), bytes, "what is damaged is never repaired");
    let newest = segments(&state).pop().unwrap();
    assert_ne!(newest, segment);
    let text = fs::read_to_string(newest).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["fact"], "segment_opened");
    assert_eq!(lines[1]["fact"], "chain_damaged");
    assert_eq!(lines[1]["last_good_seq"], 2);
    assert!(lines.iter().any(|line| line["fact"] == "state" && line["state"] == "up"));
}
