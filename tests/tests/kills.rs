//! `kill -9` at random moments: no fact is lost that the admin socket had acknowledged or
//! `/metrics` had counted.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use contract::{History, Instant, Month, ReplayService, ResolvedTerms, Terms};
use end_to_end::{
    Agent, Announcement, Figures, Journal, Kind, Metrics, PATIENCE, Random, Scene, ask,
    files_below, now, segments,
};
use login_service::{BackEnd, Fault};

/// Lives that end by a kill, in all.
const KILLS: u64 = 200;
/// Agents that live and die side by side, each with its own services and folder.
const LANES: u64 = 4;
/// How long most lives last at most: a start is part of it.
const SHORT_LIFE_MS: u64 = 600;
/// How long the others last: several heartbeats.
const LONG_LIFE_MS: u64 = 3_000;

const SERVICES: [(&str, Kind); 5] = [
    ("api", Kind::Json),
    ("intranet", Kind::Basic),
    ("mail", Kind::Form),
    ("portal", Kind::Form),
    ("wiki", Kind::Basic),
];

const FAULTS: [Fault; 6] = [
    Fault::None,
    Fault::None,
    Fault::BackEnd(BackEnd::Error500),
    Fault::Refuse,
    Fault::Status(503),
    Fault::Reset,
];

/// When a life ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// After this time.
    After(Duration),
    /// As soon as a scrape has shown that many heartbeats: what has just been published is what
    /// may not last yet.
    AtHeartbeat(u64),
}

impl End {
    fn random(random: &mut Random) -> Self {
        match random.below(8) {
            0..5 => End::After(Duration::from_millis(random.below(SHORT_LIFE_MS))),
            5 | 6 => End::After(Duration::from_millis(random.below(LONG_LIFE_MS))),
            _ => End::AtHeartbeat(1 + random.below(3)),
        }
    }
}

/// What an agent has told somebody while it lived.
#[derive(Clone, Debug, Default)]
struct Told {
    /// Reasons of the stops that it acknowledged.
    announced: Vec<String>,
    /// Ids of the stops whose cancellation it acknowledged.
    cancelled: Vec<String>,
    /// What was last scraped.
    metrics: Option<Metrics>,
}

/// What was seen in one lane.
#[derive(Debug, Default)]
struct Seen {
    scrapes: usize,
    announced: usize,
    written_only: usize,
    torn: usize,
    lost_ms: i64,
}

#[test]
fn killed_at_random_moments_no_acknowledged_fact_is_lost() {
    let mut random = Random::seeded();
    let lanes: Vec<_> = (0..LANES)
        .map(|lane| {
            let random = random.branch();
            thread::spawn(move || live_and_die(lane, random))
        })
        .collect();
    // All of them first: an agent whose lane is left alone would go on without end.
    let ended: Vec<_> = lanes.into_iter().map(|lane| lane.join()).collect();
    let seen: Vec<Seen> = ended
        .into_iter()
        .map(|lane| lane.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        .collect();
    let sum = |of: fn(&Seen) -> usize| seen.iter().map(of).sum::<usize>();
    println!(
        "{KILLS} kills: {} stops acknowledged, {} scrapes held to the end, {} ms lost counted; \
         {} kills between a write and its acknowledgement, {} torn lines",
        sum(|seen| seen.announced),
        sum(|seen| seen.scrapes),
        seen.iter().map(|seen| seen.lost_ms).sum::<i64>(),
        sum(|seen| seen.written_only),
        sum(|seen| seen.torn),
    );
    assert!(sum(|seen| seen.announced) > 0 && sum(|seen| seen.scrapes) > 0);
    assert!(seen.iter().any(|seen| seen.lost_ms > 0), "no downtime was ever counted");
}

fn live_and_die(lane: u64, mut random: Random) -> Seen {
    let scene = Arc::new(flapping_scene());
    let weather = Weather::begin(scene.clone(), random.branch());
    let (mut all, mut seen, mut published) = (Told::default(), Seen::default(), Vec::new());
    let mut gap_expected: Option<Gap> = None;
    for life in 0..KILLS / LANES {
        let end = End::random(&mut random);
        let context = format!("lane {lane}, life {life}, {end:?}");
        let told = one_life(&scene, end, &context, random.branch());
        let killed = now();

        let journal = Journal::read(&scene.state());
        if let Some(gap) = gap_expected.take() {
            gap_expected = gap.check(&journal, &context);
        }
        all.announced.extend(told.announced);
        all.cancelled.extend(told.cancelled);
        seen.written_only += usize::from(is_ahead(&journal, &all));
        seen.torn += usize::from(journal.torn_bytes > 0);
        assert_holds(&journal, &all, &context);
        if let Some(metrics) = told.metrics {
            let lines = metrics.value("upptid_journal_last_seq");
            assert!(journal.lines.len() as f64 >= lines, "{context}: {lines} lines were on disk");
            published.push((context.clone(), metrics));
        }
        if gap_expected.is_none() && !journal.lines.is_empty() {
            let latest = published.last().map(|(_, metrics)| decided_until(metrics));
            gap_expected = Some(Gap::after(&scene, &journal, latest.flatten(), killed));
        }
    }
    weather.end();

    let agent = Agent::start(&scene);
    for (name, _) in SERVICES {
        agent.wait_for_state(name, "up");
    }
    assert_eq!(agent.terminate().code, Some(0));
    let journal = Journal::read(&scene.state());
    if let Some(gap) = gap_expected {
        assert!(gap.check(&journal, &format!("lane {lane}, the end")).is_none());
    }
    assert_holds(&journal, &all, "the end");
    let history = history(&scene.state());
    for (context, metrics) in &published {
        assert_published_stands(&history, metrics, context);
    }
    seen.announced = all.announced.len();
    seen.scrapes = published.len();
    seen.lost_ms = lost_ms(&history);
    seen
}

fn flapping_scene() -> Scene {
    let mut scene = Scene::new();
    let mut services = String::new();
    for (name, kind) in SERVICES {
        scene.start(name);
        services += &scene.measured(name, kind);
    }
    scene.configure("", &services);
    scene
}

/// Faults that come and go by themselves.
struct Weather {
    over: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
    scene: Arc<Scene>,
}

impl Weather {
    fn begin(scene: Arc<Scene>, mut random: Random) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (scene, over) = (scene.clone(), over.clone());
            move || {
                while !over.load(Ordering::Relaxed) {
                    let (name, _) = random.one_of(&SERVICES);
                    scene.inject(name, random.one_of(&FAULTS));
                    thread::sleep(Duration::from_millis(random.below(400)));
                }
            }
        });
        Weather { over, thread, scene }
    }

    fn end(self) {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        for (name, _) in SERVICES {
            self.scene.heal(name);
        }
    }
}

/// Lets an agent live until `end`, and remembers what it told.
fn one_life(scene: &Arc<Scene>, end: End, context: &str, mut random: Random) -> Told {
    let agent = Arc::new(Agent::spawn(&scene.config()));
    let told = Arc::new(Mutex::new(Told::default()));
    let over = Arc::new(AtomicBool::new(false));
    let person = thread::spawn({
        let (scene, told, over) = (scene.clone(), told.clone(), over.clone());
        let context = context.to_owned();
        let random = random.branch();
        move || announce_and_cancel(&scene, &told, &over, &context, random)
    });
    let (heartbeat, heartbeats) = channel();
    let prometheus = thread::spawn({
        let (agent, told, over) = (agent.clone(), told.clone(), over.clone());
        move || {
            while !over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(random.below(30)));
                let Some((200, text)) = agent.try_get("/metrics") else { continue };
                let metrics = Metrics::read(&text);
                let seen = decided_until(&metrics);
                let before = told.lock().unwrap().metrics.replace(metrics);
                if seen > before.as_ref().and_then(decided_until) {
                    // Nobody may wait for it.
                    let _ = heartbeat.send(());
                }
            }
        }
    });
    let was_heard = match end {
        End::After(life) => {
            thread::sleep(life);
            true
        }
        End::AtHeartbeat(wanted) => (0..wanted).all(|_| heartbeats.recv_timeout(PATIENCE).is_ok()),
    };
    agent.kill_now();
    over.store(true, Ordering::Relaxed);
    person.join().unwrap();
    prometheus.join().unwrap();
    assert!(was_heard, "{context}: no heartbeat:\n{}", agent.log());
    Arc::into_inner(told).expect("nobody else tells").into_inner().unwrap()
}

/// Announces stops far ahead, so that no downtime falls in them, and cancels some.
fn announce_and_cancel(
    scene: &Scene,
    told: &Mutex<Told>,
    over: &AtomicBool,
    context: &str,
    mut random: Random,
) {
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let from = now().plus_ms(100 * 86_400_000);
        let stop = Announcement {
            service: random.one_of(&SERVICES).0.to_owned(),
            from,
            until: from.plus_ms(3_600_000),
            reason: format!("{context}, stop {number}"),
        };
        if let Some(answer) = ask(&scene.socket(), &stop.request())
            && answer["recorded"] == true
        {
            told.lock().unwrap().announced.push(stop.reason);
            let id = answer["stops"][0]["id"].as_str().expect("a recorded stop has an id");
            let id = id.to_owned();
            let cancel = serde_json::json!({ "request": "stop_cancel", "id": id });
            if random.below(3) == 0
                && ask(&scene.socket(), &cancel).is_some_and(|answer| answer["recorded"] == true)
            {
                told.lock().unwrap().cancelled.push(id);
            }
        }
        thread::sleep(Duration::from_millis(20 + random.below(200)));
    }
}

/// Everything that was acknowledged is in the journal.
fn assert_holds(journal: &Journal, told: &Told, context: &str) {
    let reasons: Vec<&str> =
        journal.facts("stop_announced").map(|line| line.text("reason")).collect();
    for reason in &told.announced {
        assert!(reasons.contains(&reason.as_str()), "{context}: {reason:?} is lost");
    }
    let ids: Vec<&str> = journal.facts("stop_cancelled").map(|line| line.text("id")).collect();
    for id in &told.cancelled {
        assert!(ids.contains(&id.as_str()), "{context}: the cancellation of {id} is lost");
    }
}

/// Whether the journal's last stop was written and never acknowledged.
fn is_ahead(journal: &Journal, told: &Told) -> bool {
    let last = journal.facts("stop_announced").next_back();
    last.is_some_and(|line| !told.announced.iter().any(|reason| reason == line.text("reason")))
}

/// Where the next start has to say that measuring stopped (C3.6).
struct Gap {
    /// Lines of the journal when the agent was killed.
    lines: usize,
    /// The latest of what the journal's facts reach and of the last heartbeat in the store.
    from: Instant,
    killed: Instant,
}

impl Gap {
    fn after(
        scene: &Scene,
        journal: &Journal,
        published: Option<Instant>,
        killed: Instant,
    ) -> Self {
        let reached = journal.lines.iter().filter_map(|line| match line.fact() {
            "measured" => Some(line.instant("until")),
            "state" | "measuring_stopped" => Some(line.instant("from")),
            _ => None,
        });
        let reached = reached.max();
        // Reading a store may change it: a copy is read.
        let copy = scene.path("store-copy");
        for (path, bytes) in files_below(&scene.state().join("store")) {
            let to = copy.join(path.strip_prefix(scene.state().join("store")).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, bytes).unwrap();
        }
        let heartbeat =
            ledger::store::read(&copy).ok().and_then(|store| store.heartbeat).map(|beat| beat.at);
        // A first life may have left no store.
        let _ = fs::remove_dir_all(&copy);
        let from = reached.max(heartbeat).unwrap_or(Instant::MIN);
        assert!(
            published.is_none_or(|published| from >= published),
            "figures reached to {published:?}, and what is on disk to {from}"
        );
        Gap { lines: journal.lines.len(), from, killed }
    }

    /// Looks for the gap in what was written since; gives it back if nothing was.
    fn check(self, journal: &Journal, context: &str) -> Option<Self> {
        let newer = &journal.lines[self.lines..];
        let Some(off) = newer.iter().find(|line| line.fact() == "measuring_stopped") else {
            // Of a life that ended before anything was known there is no gap to tell.
            let measured = newer.iter().any(|line| line.fact() == "state");
            let known = self.from > Instant::MIN;
            assert!(!measured || !known, "{context}: no gap after {}", self.from);
            return (!measured).then_some(self);
        };
        assert_eq!(off.text("cause"), "agent_off", "{context}");
        if self.from > Instant::MIN {
            assert_eq!(off.instant("from"), self.from, "{context}: not the last heartbeat");
        }
        assert!(off.instant("from") <= self.killed, "{context}");
        None
    }
}

fn decided_until(metrics: &Metrics) -> Option<Instant> {
    SERVICES.iter().filter_map(|(name, _)| metrics.decided_until(name)).max()
}

fn history(state: &Path) -> History {
    let mut history = History::new();
    for segment in segments(state) {
        let text = fs::read_to_string(&segment).unwrap();
        history.read("journal", &text).unwrap();
    }
    history
}

/// What was once published is reclassified by nothing but a recorded decision (C3.9).
fn assert_published_stands(history: &History, metrics: &Metrics, context: &str) {
    for (name, _) in SERVICES {
        let (Some(scraped), Some(until)) =
            (Figures::scraped(metrics, name), metrics.decided_until(name))
        else {
            continue;
        };
        assert!(scraped.add_up(), "C6.6: {context}: {scraped:?}");
        let replayed = figures(history, name, Some(until));
        assert_eq!(replayed, scraped, "{context}: {name} up to {until}");
    }
}

fn figures(history: &History, service: &str, as_of: Option<Instant>) -> Figures {
    let terms = ResolvedTerms::new(Terms::default()).unwrap();
    let month = Month::of(as_of.unwrap_or_else(now), terms.zone());
    let services = [ReplayService { service, terms: &terms, monthly_fee: None }];
    let document = contract::replay(history, &services, month, as_of);
    Figures::of_json(&serde_json::to_value(&document.services[0]).unwrap())
}

fn lost_ms(history: &History) -> i64 {
    SERVICES.iter().map(|(name, _)| figures(history, name, None).lost).sum()
}
