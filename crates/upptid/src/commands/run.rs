//! `upptid run`: measure, until told to stop.

use std::sync::Arc;

use agent::clock::SystemClock;
use agent::config::{Config, Log, LogFormat, LogLevel};
use agent::{Deps, RunError, lifecycle};
use tracing::level_filters::LevelFilter;

use super::{credentials_folder, load};
use crate::cli::place::ConfigArg;
use crate::exit::{Exit, Failure};
use crate::terminal;

/// Runs the agent.
pub fn run(args: &ConfigArg) -> Result<Exit, Failure> {
    let config = load(&args.config, None)?;
    start_log(config.log);
    let signals = lifecycle::signals()
        .map_err(|error| Failure::new(Exit::Unmeasured, format!("cannot take signals: {error}")))?;
    let path = args.config.clone();
    let deps = Deps {
        clock: Arc::new(SystemClock),
        version: env!("CARGO_PKG_VERSION"),
        reload: Box::new(move || Config::load(&path, credentials_folder().as_deref())),
        signals,
        started: None,
    };
    // As a task: what `block_on` polls itself is woken by a write to the kernel each time.
    let ended = runtime()?.block_on(async { tokio::spawn(agent::run(config, deps)).await });
    ended
        .map_err(|error| Failure::new(Exit::Unmeasured, format!("measuring broke off: {error}")))?
        .map_err(failure)?;
    Ok(Exit::Done)
}

/// The runtime that measures: one thread, and a few more for files, names and pages.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(8)
        .build()
        .map_err(|error| Failure::new(Exit::Unmeasured, format!("cannot start: {error}")))
}

/// How a run that did not begin ends the program.
pub fn failure(error: RunError) -> Failure {
    let exit = match &error {
        RunError::Configuration(_) | RunError::Unusable(_) => Exit::Usage,
        RunError::Ledger(ledger::OpenError::InUse { .. }) => Exit::Usage,
        RunError::Ledger(_) => Exit::Damaged,
    };
    Failure::new(exit, error)
}

fn start_log(log: Log) {
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // The dependencies' own chatter is not the operator's: only what they warn of is shown.
    let filter = tracing_subscriber::filter::Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(["agent", "exporter", "ledger", "probe", "upptid"].map(|own| (own, level)));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = lines.with_ansi(terminal::is_coloured(&std::io::stderr()));
    use tracing_subscriber::layer::{Layer, SubscriberExt};
    use tracing_subscriber::util::SubscriberInitExt;
    let layer = match log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_ansi(false).boxed(),
    };
    tracing_subscriber::registry().with(filter).with(layer).init();
}
