//! Tells people and programs what is due: looks at the facts, sends letters, records what was
//! delivered (C4.8, C9.5). It has a thread of its own and never keeps measuring waiting.
//!
//! A letter is on record once its server has accepted it. A crash between the two sends it again,
//! with the same id; nothing else has to be kept.

mod alerting;
mod enclosing;
mod settings;
mod ways;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant as RealInstant};

use contract::contracts::Contracts;
use contract::notices::{DUE_MAX, Direct, DueNotice, alerts_due, due};
use contract::{Fact, History, Instant};
use exporter::{Counters, DirectAlerts};
use ledger::Ledger;
use notices::{Desk, Letter, matters};
use tokio::sync::watch::{Receiver, Sender as Watch, channel};
use tokio::task::{JoinHandle, JoinSet};

use crate::board::Board;
use crate::clock::Clock;
use crate::config::Config;

use alerting::{Alerting, Signs, Standing};
use settings::Settings;
use ways::{Batch, Prepared, Way};

/// How often it is looked whether there are new facts.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// How often all is looked through though there are none: incidents end by the passing of time.
const LOOK_MS_MAX: i64 = 5_000;
/// How many times longer than a look the rest after it is at least.
const LOOK_REST: u32 = 20;
/// Letters that a channel takes in one go; in between, their order is looked at anew.
const BATCH_MAX: usize = 20;
/// How long letters under way may take to be accepted and recorded at the end.
const STOP_TIME_MAX: Duration = Duration::from_secs(5);

/// What the notifier works with.
#[derive(Clone)]
pub struct Tools {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where facts come from, and deliveries go.
    pub ledger: Ledger,
    /// What is not decided yet.
    pub board: Arc<Board>,
    /// What is counted.
    pub counters: Arc<Counters>,
    /// Where the journal and the statements are.
    pub state_dir: PathBuf,
}

impl Tools {
    /// Hands deliveries to the ledger; the handle ends when they last. While the disk fails that
    /// may take long: then `under_way` is held.
    fn record(&self, under_way: &UnderWay, items: &[DueNotice]) -> JoinHandle<()> {
        let now = self.clock.now().wall;
        let (ticket, under_way) = (self.ledger.record(delivered(items, now)), under_way.clone());
        tokio::spawn(async move {
            if let Err(error) = ticket.await {
                // It stays known as sent, and is recorded again; a crash sends it again.
                tracing::error!(%error, "a delivery is not on record yet");
            }
            drop(under_way);
        })
    }
}

/// Held by each recording that is not answered yet, and by the notifier itself.
type UnderWay = Arc<()>;

/// A running notifier.
pub struct Notifier {
    settings: Watch<Arc<Settings>>,
    /// Told to end by being dropped.
    running: Watch<()>,
    thread: thread::JoinHandle<()>,
}

impl Notifier {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(tools: Tools, config: &Config) -> std::io::Result<Self> {
        let (settings, changes) = channel(Arc::new(Settings::of(config)));
        let (running, ended) = channel(());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("notices".to_owned()).spawn(move || {
            runtime.block_on(Telling::new(tools, changes, ended).run());
            // A name that is looked up in vain keeps nobody waiting.
            runtime.shutdown_background();
        })?;
        Ok(Notifier { settings, running, thread })
    }

    /// Takes over another configuration.
    pub fn configure(&self, config: &Config) {
        // The thread may have ended.
        let _ = self.settings.send(Arc::new(Settings::of(config)));
    }

    /// Ends it: what is under way may be accepted and recorded, nothing more is begun.
    pub async fn stop(self) {
        drop(self.running);
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::error!("the notifier did not end well");
        }
    }
}

/// The thread's state.
struct Telling {
    tools: Tools,
    changes: Receiver<Arc<Settings>>,
    ended: Receiver<()>,
    settings: Arc<Settings>,
    desk: Desk,
    contracts: Contracts,
    /// Ways that are free, by channel.
    free: BTreeMap<String, Way>,
    /// Channels whose way is with a task.
    busy: BTreeSet<String>,
    tasks: JoinSet<Batch>,
    /// How often the settings changed: a way of older ones is not used again.
    generation: u64,
    looked: Looked,
    under_way: UnderWay,
    /// What the agent's own alerts stand at; none before it was first looked.
    alerting: Option<Alerting>,
    standing: Standing,
}

/// Up to when states are decided, and on the disk (C3.9).
struct Decided {
    until: Option<Instant>,
    /// Every measured service, and from where on it is open, if it is.
    measured: BTreeMap<Arc<str>, Option<Instant>>,
}

impl Decided {
    /// Up to when a service's states are.
    fn of(&self, service: &str) -> Option<Instant> {
        let open = self.measured.get(service).copied().flatten();
        self.until.map(|until| open.map_or(until, |from| until.min(from)))
    }

    /// The same, of a service that is measured; none otherwise.
    fn of_measured(&self, service: &str) -> Option<Instant> {
        self.measured.get(service).and_then(|_| self.of(service))
    }
}

/// The last time that everything was looked through.
struct Looked {
    /// The next line's number then.
    next_seq: u64,
    mono_ms: i64,
    /// When it has rested enough. That is the machine's time, whatever time the agent is told.
    rested_at: RealInstant,
}

impl Looked {
    /// Whether to look again. Looking takes a small share of the time, however much there is.
    fn is_old(&self, next_seq: u64, waiting: usize, mono_ms: i64) -> bool {
        let ago_ms = mono_ms - self.mono_ms;
        let is_wanted = next_seq != self.next_seq || waiting > 0 || ago_ms >= LOOK_MS_MAX;
        is_wanted && RealInstant::now() >= self.rested_at
    }
}

impl Telling {
    fn new(tools: Tools, mut changes: Receiver<Arc<Settings>>, ended: Receiver<()>) -> Self {
        let settings = changes.borrow_and_update().clone();
        let desk = Desk::new(settings.pace());
        Telling {
            tools,
            changes,
            ended,
            desk,
            contracts: Contracts::default(),
            free: ways::open(&settings),
            settings,
            busy: BTreeSet::new(),
            tasks: JoinSet::new(),
            generation: 0,
            looked: Looked { next_seq: 0, mono_ms: 0, rested_at: RealInstant::now() },
            under_way: UnderWay::default(),
            alerting: None,
            standing: Standing::default(),
        }
    }

    async fn run(mut self) {
        loop {
            let is_silent = self.settings.is_silent() && self.tasks.is_empty();
            tokio::select! {
                biased;
                _ = self.ended.changed() => break,
                changed = self.changes.changed() => match changed {
                    Ok(()) => self.configure(),
                    Err(_) => break,
                },
                Some(done) = self.tasks.join_next() => self.finished(done),
                () = tokio::time::sleep(LOOK_PAUSE), if !is_silent => {}
            }
            if !self.settings.is_silent() {
                self.watch_the_agent();
                self.look();
            }
        }
        let draining = async {
            while let Some(done) = self.tasks.join_next().await {
                self.finished(done);
            }
        };
        if tokio::time::timeout(STOP_TIME_MAX, draining).await.is_err() {
            tracing::warn!("a letter was under way at the end; it is sent again at the next start");
        }
    }

    fn configure(&mut self) {
        self.settings = self.changes.borrow_and_update().clone();
        self.desk.reconfigure(self.settings.pace());
        self.generation += 1;
        self.free = ways::open(&self.settings);
        self.looked.next_seq = 0;
    }

    /// Whether alerts are told directly, and what is wrong with the agent itself (C8.2).
    fn watch_the_agent(&mut self) {
        let (tools, now) = (&self.tools, self.tools.clock.now());
        let Some(alerts) = &self.settings.alerts else {
            tools.counters.direct_alerts(DirectAlerts::Off);
            return;
        };
        let journal = tools.ledger.health().journal;
        let signs = Signs {
            metrics_read: tools.counters.metrics_read(),
            write_failures: journal.write_failures,
            unwritable: journal.unwritable.is_some(),
            damaged: !journal.damage.is_empty(),
            unsynchronised: tools.clock.synchronised() == Some(false),
            refused: tools.board.lock().config_error.is_some(),
        };
        let alerting = self.alerting.get_or_insert_with(|| {
            let begin =
                |history: &History| Alerting::new(signs, history.deliveries_about_the_agent(), now);
            tools.ledger.read(begin)
        });
        let standing = alerting.observe(alerts.when, signs, now);
        let active = match standing.from {
            Some(_) => DirectAlerts::Active,
            None => DirectAlerts::Ready,
        };
        tools.counters.direct_alerts(active);
        if standing != self.standing {
            match (self.standing.from, standing.from) {
                (None, Some(_)) => tracing::warn!("alerts are told directly from now on"),
                (Some(_), None) => tracing::info!("alerts are left to Prometheus again"),
                _ => {}
            }
            self.standing = standing;
            self.looked.next_seq = 0;
        }
    }

    /// What is due by the facts, in the order in which it is to be sent.
    fn due(&mut self, decided: &Decided, now: Instant) -> Vec<DueNotice> {
        let (settings, contracts, desk) = (&self.settings, &mut self.contracts, &self.desk);
        let standing = &self.standing;
        self.tools.ledger.read(|history| {
            let of = |service: &str| decided.of(service);
            let mut due = due(history, contracts, &settings.reachable, of, now);
            // Before anything is decided nothing is known to be over.
            let Some(alerts) = settings.alerts.as_ref().filter(|_| decided.until.is_some()) else {
                return due;
            };
            let direct = Direct {
                from: standing.from,
                least: alerts.least,
                own: &standing.own,
                in_doubt: &standing.in_doubt,
                sent: desk.sent_lately(),
            };
            let of = |service: &str| decided.of_measured(service);
            due.extend(alerts_due(history, contracts, &settings.reachable, &direct, of, now));
            due.sort_unstable();
            due.truncate(DUE_MAX);
            due
        })
    }

    /// Looks what is due, and hands letters to the ways that are free.
    fn look(&mut self) {
        let (now, began) = (self.tools.clock.now(), RealInstant::now());
        let next_seq = self.tools.ledger.read(History::next_seq);
        if !self.looked.is_old(next_seq, self.desk.waiting().notices, now.mono_ms) {
            return;
        }
        let decided = self.decided();
        let due = self.due(&decided, now.wall);
        let unrecorded: Vec<DueNotice> = self.desk.unrecorded(&due).into_iter().cloned().collect();
        let ready = self.desk.ready(due, &self.busy, now.wall, now.mono_ms);
        let waiting = self.desk.waiting();
        self.tools.counters.notices_waiting(waiting.notices, waiting.refused);
        if !unrecorded.is_empty() && Arc::strong_count(&self.under_way) == 1 {
            // Its answer is in the facts, at a later look.
            drop(self.tools.record(&self.under_way, &unrecorded));
        }
        for (channel, mut letters) in ready {
            let Some(way) = self.free.remove(&channel) else { continue };
            letters.truncate(BATCH_MAX);
            let contracts = &mut self.contracts;
            let letters = self.tools.ledger.read(|history| {
                let nothing = BTreeSet::new();
                let prepared = |letter: Letter| {
                    let services = self.settings.reachable.contacts.get(letter.contact());
                    let services = services.unwrap_or(&nothing);
                    let statements =
                        enclosing::told(history, &letter, services, &self.tools.state_dir).into();
                    let of = |service: &str| decided.of(service);
                    let matters = matters(history, contracts, &letter.items, of);
                    Prepared { letter, matters, statements }
                };
                letters.into_iter().map(prepared).collect()
            });
            self.busy.insert(channel.clone());
            let batch = Batch { channel, generation: self.generation, way, tried: Vec::new() };
            let (tools, settings) = (self.tools.clone(), self.settings.clone());
            let (under_way, ended) = (self.under_way.clone(), self.ended.clone());
            self.tasks.spawn(batch.send(letters, tools, settings, under_way, ended));
        }
        let rested_at = RealInstant::now() + LOOK_REST * began.elapsed();
        self.looked = Looked { next_seq, mono_ms: now.mono_ms, rested_at };
    }

    fn decided(&self) -> Decided {
        // In this order: what is decided meanwhile is not passed.
        let until = self.tools.ledger.decided_until();
        let live = self.tools.board.lock();
        let measured = live.services.iter().map(|(name, it)| (name.clone(), it.open_from()));
        Decided { until, measured: measured.collect() }
    }

    fn finished(&mut self, done: Result<Batch, tokio::task::JoinError>) {
        let batch = match done {
            Ok(batch) => batch,
            Err(error) => {
                tracing::error!(%error, "sending ended badly; it is begun anew");
                // Its way is gone with it, and which it was is not known.
                self.busy.clear();
                self.free = ways::open(&self.settings);
                return;
            }
        };
        self.busy.remove(&batch.channel);
        if batch.generation == self.generation {
            self.free.insert(batch.channel, batch.way);
        }
        let mono_ms = self.tools.clock.now().mono_ms;
        for (letter, sent) in &batch.tried {
            match sent {
                Ok(()) => self.desk.sent(letter, mono_ms),
                Err(trouble) => self.desk.failed(letter, trouble, mono_ms),
            }
        }
        self.looked.next_seq = 0;
    }
}

/// What the journal is told of a delivery.
fn delivered(items: &[DueNotice], now: Instant) -> Vec<(Instant, Fact)> {
    let fact = |it: &DueNotice| Fact::NoticeDelivered {
        notice: it.notice,
        service: it.service.clone(),
        about: it.about.clone(),
        contact: it.contact.clone(),
        channel: it.channel.clone(),
    };
    items.iter().map(|it| (now, fact(it))).collect()
}

#[cfg(test)]
mod tests;
