//! A full disk is an alert: the agent measures on, says so, and loses nothing that it acknowledged.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use contract::Instant;
use end_to_end::{
    Agent, Announcement, Figures, Finished, Journal, Kind, Line, Metrics, Scene, now, program,
    segments, until, upptid,
};
use login_service::Fault;

/// Bytes of the small disk: room enough for a store.
const DISK_BYTES: u64 = 16 << 20;
/// Ups and downs that fit on a disk's last page, and far more.
const ROUNDS_MAX: usize = 20;

/// What can run out of room, and get it back.
enum Disk {
    /// A file system of its own, in memory.
    Mounted(PathBuf),
    /// The kernel refuses to let this process's files grow.
    Limited,
}

impl Disk {
    /// A small file system on `folder`, where the kernel lets us have one; else a limit.
    fn mounted(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={DISK_BYTES}"), "upptid-e2e"]).arg(folder);
        match mount.stderr(Stdio::null()).status() {
            Ok(status) if status.success() => Disk::Mounted(folder.to_owned()),
            _ => Disk::Limited,
        }
    }

    /// The agent, so that a limit gives it errors and not a signal.
    fn agent(&self, scene: &Scene) -> Agent {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(program());
        Agent::start_by(command, scene)
    }

    fn fill(&self, agent: &Agent, state: &Path) {
        match self {
            Disk::Mounted(folder) => {
                let mut filler = File::create(folder.join("filler")).unwrap();
                let zeros = [0; 4096];
                while filler.write_all(&zeros).is_ok() {}
            }
            Disk::Limited => {
                let newest = segments(state).pop().expect("there is a journal");
                // In the middle of a line to come.
                limit(agent, &(fs::metadata(newest).unwrap().len() + 100).to_string());
            }
        }
    }

    fn make_room(&self, agent: &Agent) {
        match self {
            Disk::Mounted(folder) => fs::remove_file(folder.join("filler")).unwrap(),
            Disk::Limited => limit(agent, "unlimited"),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Disk::Mounted(folder) = self {
            let _ = Command::new("umount").arg("--lazy").arg(folder).status();
        }
    }
}

fn limit(agent: &Agent, bytes: &str) {
    let mut prlimit = Command::new("prlimit");
    prlimit.args(["--pid", &agent.pid().to_string(), &format!("--fsize={bytes}:unlimited")]);
    assert!(prlimit.status().expect("there is a prlimit command").success());
}

#[test]
fn a_full_disk_is_an_alert_and_loses_nothing() {
    let scene = Scene::of_one("portal", Kind::Form);
    let disk = Disk::mounted(&scene.path("disk"));
    loses_nothing(&scene, disk);
}

#[test]
fn files_that_may_not_grow_are_an_alert_and_lose_nothing() {
    let scene = Scene::of_one("portal", Kind::Form);
    loses_nothing(&scene, Disk::Limited);
}

#[test]
fn c3_9_what_was_published_while_the_disk_was_full_stands_after_a_kill() {
    let scene = Scene::of_one("portal", Kind::Form);
    let disk = Disk::mounted(&scene.path("disk"));
    let state = scene.path("disk").join("state");
    scene.configure_with(&state, "", &scene.measured("portal", Kind::Form));
    let agent = disk.agent(&scene);
    agent.wait_for_state("portal", "up");
    scene.inject("portal", Fault::Status(503));
    agent.wait_for_state("portal", "down");
    agent.wait_for("downtime to be counted", |metrics| lost(metrics) > 0);
    disk.fill(&agent, &state);
    let full_from = now();
    // Nothing new happens: no fact has to be written, and time goes by.
    until("three heartbeats' time", || (now() > full_from.plus_ms(3_500)).then_some(()));
    let published = agent.metrics();
    disk.make_room(&agent);
    agent.kill();

    let agent = disk.agent(&scene);
    let metrics = agent.wait_for_state("portal", "down");
    assert!(lost(&metrics) >= lost(&published), "{} {}", lost(&metrics), lost(&published));
}

fn lost(metrics: &Metrics) -> i64 {
    Figures::scraped(metrics, "portal").map_or(0, |figures| figures.lost)
}

fn loses_nothing(scene: &Scene, disk: Disk) {
    let state = scene.path("disk").join("state");
    scene.configure_with(&state, "", &scene.measured("portal", Kind::Form));
    let agent = disk.agent(scene);
    agent.wait_for_state("portal", "up");
    let acknowledged = announce(scene, "before");
    assert_eq!(acknowledged.code, Some(0), "{acknowledged:?}");

    disk.fill(&agent, &state);
    // One may be on its way when the last room is taken.
    let socket = scene.socket();
    let in_flight = thread::spawn(move || announce_at(&socket, "in flight"));
    fill_the_last_page(scene, &agent);

    // A person is told at once, and clearly, that nothing was recorded.
    let refused = announce(scene, "refused");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("refused:"), "{refused:?}");
    assert!(refused.stderr.contains("cannot be written"), "{refused:?}");

    let full = measures_on_and_says_so(scene, &agent);
    let in_flight = in_flight.join().unwrap();

    disk.make_room(&agent);
    let metrics = agent.wait_for("the journal to be written", |metrics| {
        metrics.value("upptid_journal_writable") == 1.0
            && metrics.value("upptid_journal_queued_facts") == 0.0
            && metrics.value("upptid_store_lag_lines") == 0.0
            && metrics.decided_until("portal") > Some(full.until)
    });
    let scraped = Figures::scraped(&metrics, "portal").unwrap();
    assert_eq!(agent.terminate().code, Some(0));

    let journal = Journal::read(&state);
    assert_eq!(journal.torn_bytes, 0);
    let of_then = |line: &&Line| line.instant("at") >= full.from;
    let states: Vec<&Line> = journal.facts("state").filter(of_then).collect();
    let names: Vec<&str> = states.iter().map(|line| line.text("state")).collect();
    assert!(names.contains(&"down") && names.contains(&"up"), "{names:?}");
    for line in states {
        assert!(line.instant("at") < full.until, "recorded as of when it happened: {line:?}");
    }
    for published in [&full.metrics, &metrics] {
        let decided = published.decided_until("portal").unwrap();
        let replayed = Figures::replayed(scene, &state.join("journal"), "portal", decided);
        assert_eq!(Figures::scraped(published, "portal"), Some(replayed), "C3.9");
    }
    let store = ledger::store::read(&state.join("store")).expect("the store is whole again");
    let (_, month) = store.months.iter().next().expect("there is a month");
    assert_eq!(month.figure.lost_ms, scraped.lost);

    let stops: Vec<&str> =
        journal.facts("stop_announced").map(|line| line.text("reason")).collect();
    let unclear = in_flight.stderr.contains("it may be recorded later");
    assert!(in_flight.code == Some(0) || unclear || in_flight.stderr.contains("refused:"));
    let without: Vec<&str> = stops.iter().copied().filter(|stop| *stop != "in flight").collect();
    assert_eq!(without, ["before"], "what was refused is not on record");
    if !unclear {
        assert_eq!(stops.contains(&"in flight"), in_flight.code == Some(0), "{in_flight:?}");
    }
}

fn announce(scene: &Scene, reason: &str) -> Finished {
    announce_at(&scene.socket(), reason)
}

fn announce_at(socket: &Path, reason: &str) -> Finished {
    let from = now().plus_ms(90 * 86_400_000);
    let stop = Announcement {
        service: "portal".to_owned(),
        from,
        until: from.plus_ms(60_000),
        reason: reason.to_owned(),
    };
    upptid(stop.arguments(socket))
}

/// The room that is left in the journal's last page is taken by the portal's ups and downs.
fn fill_the_last_page(scene: &Scene, agent: &Agent) {
    let is_full = || agent.metrics().value("upptid_journal_writable") == 0.0;
    for _ in 0..ROUNDS_MAX {
        if is_full() {
            scene.heal("portal");
            agent.wait_for_state("portal", "up");
            return;
        }
        scene.inject("portal", Fault::Status(503));
        agent.wait_for_state("portal", "down");
        scene.heal("portal");
        agent.wait_for_state("portal", "up");
    }
    panic!("the disk does not fill");
}

/// While the disk was full.
struct Full {
    from: Instant,
    until: Instant,
    /// What was scraped then.
    metrics: Metrics,
}

/// The agent measures on, and says so wherever people look.
fn measures_on_and_says_so(scene: &Scene, agent: &Agent) -> Full {
    let from = now();
    let lost_before = lost(&agent.metrics());
    scene.inject("portal", Fault::Status(503));
    let metrics = agent.wait_for_state("portal", "down");
    assert_eq!(metrics.value("upptid_journal_writable"), 0.0);
    assert!(metrics.value("upptid_journal_write_failures_total") > 0.0);
    assert!(metrics.value("upptid_journal_queued_facts") > 0.0);
    assert_eq!(lost(&metrics), lost_before, "what is not on disk does not count");
    agent.wait_for_log("the journal cannot be written");
    let (_, page) = agent.get("/");
    assert!(page.contains("cannot be written") || page.contains("kan inte skrivas"), "{page}");
    for path in ["/-/ready", "/-/healthy"] {
        assert_eq!(agent.get(path).0, 200, "a full disk is no reason to be killed");
    }
    scene.heal("portal");
    let metrics = agent.wait_for_state("portal", "up");
    assert_eq!(metrics.value("upptid_journal_writable"), 0.0);
    Full { from, until: now(), metrics }
}
