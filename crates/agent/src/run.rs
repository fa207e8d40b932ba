//! From a configuration to a measuring agent, and back to nothing.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract::{Fact, Instant, UnmeasuredCause};
use exporter::snapshot::Source;
use exporter::{Access, Counters};
use ledger::{Ledger, OpenOptions, OpenReport};
use tokio::net::UnixListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::admin::{self, Requests, Sight};
use crate::backups::Backups;
use crate::board::Board;
use crate::clock::Clock;
use crate::closing::Closing;
use crate::config::{Backup, Config, Contact, Problems};
use crate::contract_facts::contract_facts;
use crate::engine::{Engine, Tools};
use crate::lifecycle::{ServiceManager, Signal};
use crate::notifier::{self, Notifier};
use crate::source::{Observatory, ReloadAsked};

/// How long ago the ledger's last answer may be for the watchdog to be pinged.
const ALIVE_MS_MAX: i64 = 10_000;
/// Reloads that wait for their turn.
const RELOADS_MAX: usize = 4;
/// How long measuring waits for the first facts to last.
const FIRST_FACTS_MAX: Duration = Duration::from_secs(1);
/// How long pages may take to finish at the end.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// What the agent needs from outside.
pub struct Deps {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// The program's version.
    pub version: &'static str,
    /// Reads the configuration again.
    pub reload: Box<dyn Fn() -> Result<Config, Problems> + Send>,
    /// What signals ask for. The agent ends when it is closed, too.
    pub signals: mpsc::Receiver<Signal>,
    /// Told once, when measuring has begun.
    pub started: Option<oneshot::Sender<Running>>,
}

/// Where a measuring agent is.
#[derive(Clone, Debug)]
pub struct Running {
    /// Where the page and `/metrics` are, with the port that was taken.
    pub web: SocketAddr,
}

/// Why the agent does not run.
#[derive(Debug)]
pub enum RunError {
    /// The configuration cannot be used here.
    Configuration(String),
    /// The ledger cannot be opened.
    Ledger(ledger::OpenError),
    /// An address or socket cannot be taken, or the runtime refused.
    Unusable(String),
}

/// Measures until a signal says stop. Runs on a single-threaded runtime: starting attempts in
/// groups on one thread costs half of what spreading them does.
///
/// # Errors
/// Only before measuring has begun.
pub async fn run(config: Config, deps: Deps) -> Result<(), RunError> {
    let web = bind_web(config.web.listen)?;
    let (ledger, report) = open_ledger(&config, &deps)?;
    let socket = admin::bind(&config.admin.socket).map_err(|error| {
        let place = config.admin.socket.display();
        RunError::Unusable(format!("cannot listen on the admin socket {place}: {error}"))
    })?;
    let counters = Arc::new(Counters::new());
    let board = Arc::new(Board::default());
    let tools = Tools {
        clock: deps.clock.clone(),
        ledger: ledger.clone(),
        board: board.clone(),
        counters: counters.clone(),
    };
    let mut engine = Engine::new(tools, &config, report.last_known);
    record_start(&ledger, &config, deps.clock.now().wall, &report).await;
    engine.configure(&config, report.last_known).map_err(RunError::Configuration)?;
    board.configured(&config, deps.clock.now().wall);

    let tools = notifier::Tools {
        clock: deps.clock.clone(),
        ledger: ledger.clone(),
        board: board.clone(),
        counters: counters.clone(),
        state_dir: config.agent.state_dir.clone(),
    };
    let notifier = Notifier::start(tools, &config)
        .map_err(|error| RunError::Unusable(format!("cannot start the notifier: {error}")))?;

    let mut agent = Agent {
        access: Access::new(config.web.access.clone(), &counters),
        engine,
        ledger,
        board,
        counters,
        contacts: watch::Sender::new(config.contacts.clone()),
        backup: watch::Sender::new(config.backup.clone()),
        notifier,
        config,
        manager: ServiceManager::from_environment(),
        reloads: mpsc::channel(RELOADS_MAX),
        ping: None,
        answered_mono_ms: deps.clock.now().mono_ms,
        deps,
    };
    let servers = agent.serve(web, socket)?;
    agent.measure().await;
    agent.end(servers).await;
    Ok(())
}

/// A measuring agent.
struct Agent {
    engine: Engine,
    ledger: Ledger,
    board: Arc<Board>,
    counters: Arc<Counters>,
    /// Who may read the pages.
    access: Access,
    /// Whom statements are written for.
    contacts: watch::Sender<Vec<Contact>>,
    /// Where the journal is copied to.
    backup: watch::Sender<Backup>,
    notifier: Notifier,
    config: Config,
    manager: ServiceManager,
    /// Reloads that are asked for over HTTP.
    reloads: (mpsc::Sender<ReloadAsked>, mpsc::Receiver<ReloadAsked>),
    /// A round trip to the ledger's writer, and when the one before was answered.
    ping: Option<JoinHandle<()>>,
    answered_mono_ms: i64,
    deps: Deps,
}

/// What listens beside the measuring.
struct Servers {
    web: JoinHandle<std::io::Result<()>>,
    stop_web: oneshot::Sender<()>,
    admin: JoinHandle<()>,
    closing: JoinHandle<()>,
    backups: JoinHandle<()>,
    /// Tells the closing of months to begin no further one.
    ending: Arc<AtomicBool>,
}

impl Agent {
    fn serve(&mut self, web: TcpListener, socket: UnixListener) -> Result<Servers, RunError> {
        let address = web.local_addr().map_err(|error| RunError::Unusable(error.to_string()))?;
        let source = Arc::new(Observatory::new(
            self.board.clone(),
            self.ledger.clone(),
            self.deps.clock.clone(),
            self.deps.version,
            &self.config.agent.state_dir,
            self.reloads.0.clone(),
        ));
        let options = exporter::Options {
            access: self.access.clone(),
            reload_over_http: self.config.web.allow_reload,
            ..exporter::Options::default()
        };
        let (stop_web, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            // Ends as well when the sender is gone.
            let _ = stopped.await;
        };
        let sight = {
            let source = source.clone();
            Sight::new(move || source.snapshot())
        };
        let counters = self.counters.clone();
        let web = tokio::spawn(exporter::serve(web, source, counters, options, shutdown));
        let (ledger, clock) = (self.ledger.clone(), self.deps.clock.clone());
        let requests = Requests::new(ledger, clock, self.engine.wishes(), sight);
        let admin = tokio::spawn(admin::serve(socket, Arc::new(requests)));
        let ending = Arc::new(AtomicBool::new(false));
        let closing = Closing {
            clock: self.deps.clock.clone(),
            ledger: self.ledger.clone(),
            board: self.board.clone(),
            counters: self.counters.clone(),
            state_dir: self.config.agent.state_dir.clone(),
            contacts: self.contacts.subscribe(),
            ending: ending.clone(),
        };
        let closing = tokio::spawn(closing.run());
        let backups = Backups {
            clock: self.deps.clock.clone(),
            counters: self.counters.clone(),
            state_dir: self.config.agent.state_dir.clone(),
            settings: self.backup.subscribe(),
        };
        let backups = tokio::spawn(backups.run());
        let services = self.config.services.len();
        tracing::info!(%address, services, "measuring");
        if let Some(started) = self.deps.started.take() {
            // Whoever asked may have gone.
            let _ = started.send(Running { web: address });
        }
        Ok(Servers { web, stop_web, admin, closing, backups, ending })
    }

    async fn measure(&mut self) {
        self.manager.ready();
        loop {
            tokio::select! {
                biased;
                signal = self.deps.signals.recv() => match signal {
                    // What came of it is in log, metric and page.
                    Some(Signal::Reload) => drop(self.reload()),
                    Some(Signal::Stop) | None => return,
                },
                Some(asked) = self.reloads.1.recv() => {
                    // Who asked may have gone.
                    let _ = asked.send(self.reload());
                }
                () = self.engine.turn() => {}
            }
            self.tell_the_manager();
        }
    }

    /// Reads the configuration again. A bad one changes nothing, and is shown.
    fn reload(&mut self) -> Result<(), String> {
        self.manager.reloading();
        let now = self.deps.clock.now().wall;
        let taken =
            (self.deps.reload)().map_err(|problems| problems.to_string()).and_then(|config| {
                self.engine.configure(&config, None)?;
                Ok(config)
            });
        self.counters.config_reloaded(taken.is_ok());
        match taken {
            Ok(config) => {
                let facts = self.ledger.read(|history| contract_facts(history, &config, now));
                drop(keep(&self.ledger, facts, now));
                self.board.configured(&config, now);
                self.contacts.send_replace(config.contacts.clone());
                self.backup.send_replace(config.backup.clone());
                self.notifier.configure(&config);
                self.access.replace(config.web.access.clone(), &self.counters);
                tell_what_needs_a_restart(&self.config, &config);
                tracing::info!(services = config.services.len(), "configuration read again");
                self.config = config;
                self.manager.ready();
                Ok(())
            }
            Err(error) => {
                tracing::error!("the configuration was refused; the one before stays:\n{error}");
                self.board.refused(&error, now);
                self.manager.ready();
                Err(error)
            }
        }
    }

    /// The watchdog is pinged by what it watches: a finished turn of the engine, and a ledger
    /// whose writer answers. A full disk is an alert, not a reason to be killed.
    fn tell_the_manager(&mut self) {
        if !self.manager.is_due(self.deps.clock.now().mono_ms) {
            return;
        }
        if self.ledger_answers() {
            self.manager.alive();
        }
        let (up, all) = self.engine.up_of();
        let trouble = self
            .ledger
            .health()
            .journal
            .unwritable
            .map_or(String::new(), |why| format!("; the journal cannot be written: {why}"));
        self.manager.status(format!("{up} of {all} services up{trouble}"));
    }

    /// Whether the ledger's writer has answered a round trip lately, with success or with its
    /// trouble. One is always under way.
    fn ledger_answers(&mut self) -> bool {
        let now_ms = self.deps.clock.now().mono_ms;
        if self.ping.as_ref().is_none_or(JoinHandle::is_finished) {
            self.answered_mono_ms = now_ms;
            let ping = self.ledger.ping();
            self.ping = Some(tokio::spawn(async move {
                // An error is an answer, too.
                let _ = ping.await;
            }));
        }
        now_ms - self.answered_mono_ms <= ALIVE_MS_MAX
    }

    async fn end(self, servers: Servers) {
        self.manager.stopping();
        tracing::info!("stopping");
        servers.admin.abort();
        servers.ending.store(true, Ordering::Relaxed);
        servers.closing.abort();
        servers.backups.abort();
        drop(servers.stop_web);
        if tokio::time::timeout(DRAIN_MAX, servers.web).await.is_err() {
            tracing::warn!("pages were cut off at the end");
        }
        self.notifier.stop().await;
        // Other agents look for it; one that is gone is no trouble.
        let _ = std::fs::remove_file(&self.config.admin.socket);
        let (ledger, now) = (self.ledger.clone(), self.deps.clock.now().wall);
        match tokio::task::spawn_blocking(move || ledger.close(now)).await {
            Ok(Ok(())) => tracing::info!("stopped"),
            Ok(Err(error)) => tracing::error!(%error, "the last facts were not written"),
            Err(error) => tracing::error!(%error, "the ledger was not closed"),
        }
    }
}

fn bind_web(listen: SocketAddr) -> Result<TcpListener, RunError> {
    TcpListener::bind(listen).map_err(|error| {
        RunError::Unusable(format!(
            "cannot listen on {listen}: {error}; choose another [web] listen, or stop what has it"
        ))
    })
}

fn open_ledger(config: &Config, deps: &Deps) -> Result<(Ledger, OpenReport), RunError> {
    let options = OpenOptions {
        dir: config.agent.state_dir.clone(),
        agent: config.agent.name.clone(),
        version: deps.version.to_owned(),
        now: deps.clock.now().wall,
    };
    let (ledger, report) = Ledger::open(options).map_err(RunError::Ledger)?;
    if report.torn_bytes > 0 {
        tracing::warn!(bytes = report.torn_bytes, "a torn end of the journal was cut off");
    }
    for damage in &report.damage {
        tracing::error!("the journal is damaged: {damage}");
    }
    if let Some(why) = &report.store_rebuild {
        tracing::warn!(why, "the store is built anew from the journal");
    }
    Ok((ledger, report))
}

/// C3.6: since the last sign of life nothing was measured. Then what the configuration says of
/// contracts.
async fn record_start(ledger: &Ledger, config: &Config, now: Instant, report: &OpenReport) {
    let mut facts = Vec::new();
    if let Some(from) = report.last_known {
        facts.push(Fact::MeasuringStopped { from, cause: UnmeasuredCause::AgentOff });
    }
    facts.extend(ledger.read(|history| contract_facts(history, config, now)));
    // Figures and verdicts are given under the terms in force: they should be there first. But a
    // disk that does not answer keeps nobody from measuring.
    let _ = tokio::time::timeout(FIRST_FACTS_MAX, keep(ledger, facts, now)).await;
}

/// Hands facts to the ledger; the handle ends when they last.
fn keep(ledger: &Ledger, facts: Vec<Fact>, now: Instant) -> JoinHandle<()> {
    let ticket = ledger.record(facts.into_iter().map(|fact| (now, fact)).collect());
    tokio::spawn(async move {
        if let Err(error) = ticket.await {
            tracing::error!(%error, "what the configuration says was not recorded");
        }
    })
}

/// What is taken at the start only.
fn tell_what_needs_a_restart(before: &Config, after: &Config) {
    let kept = [
        ("[web] listen", before.web.listen == after.web.listen),
        ("[admin] socket", before.admin.socket == after.admin.socket),
        ("[agent] state_dir", before.agent.state_dir == after.agent.state_dir),
        ("[agent] name", before.agent.name == after.agent.name),
        ("[log]", before.log == after.log),
    ];
    for (key, _) in kept.iter().filter(|(_, same)| !same) {
        tracing::warn!(key, "takes effect at the next start");
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Configuration(message) | RunError::Unusable(message) => f.write_str(message),
            RunError::Ledger(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for RunError {}
