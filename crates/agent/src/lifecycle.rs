//! What the service manager and the terminal ask of the process: signals in, notifications out.

use std::io;
use std::time::Duration;

use sd_notify::NotifyState;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::sync::mpsc;

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// Read the configuration again (SIGHUP).
    Reload,
    /// Drain and end (SIGTERM, SIGINT). A second one ends the process at once.
    Stop,
}

/// Turns SIGHUP, SIGTERM and SIGINT into messages for as long as the receiver lives.
pub fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    // The second SIGTERM or SIGINT finds the flag set and ends the process the default way.
    let stopping = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register_conditional_default(signal, stopping.clone())?;
        signal_hook::flag::register(signal, stopping.clone())?;
    }
    let mut pending = signal_hook::iterator::Signals::new([SIGHUP, SIGTERM, SIGINT])?;
    let (sender, receiver) = mpsc::channel(4);
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in pending.forever() {
            let asked = if signal == SIGHUP { Signal::Reload } else { Signal::Stop };
            if sender.blocking_send(asked).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

/// Tells the service manager; says nothing where there is none.
pub struct ServiceManager {
    watchdog: Option<Duration>,
    told_mono_ms: i64,
    last_status: String,
}

/// How often the manager is told of the state at least.
const TELL_MS: i64 = 2_000;

impl ServiceManager {
    /// Reads from the environment whether a manager listens and how often it wants a sign of life.
    pub fn from_environment() -> Self {
        Self {
            watchdog: sd_notify::watchdog_enabled(),
            told_mono_ms: i64::MIN,
            last_status: String::new(),
        }
    }

    /// The agent measures.
    pub fn ready(&self) {
        self.send(&[NotifyState::Ready]);
    }

    /// The configuration is read again; `ready` follows.
    pub fn reloading(&self) {
        let mut states = vec![NotifyState::Reloading];
        states.extend(NotifyState::monotonic_usec_now().ok());
        self.send(&states);
    }

    /// The agent drains.
    pub fn stopping(&self) {
        self.send(&[NotifyState::Stopping]);
    }

    /// One line for `systemctl status`; sent only when it changes.
    pub fn status(&mut self, status: String) {
        if status != self.last_status {
            self.send(&[NotifyState::Status(&status)]);
            self.last_status = status;
        }
    }

    /// Whether it is time to tell the manager how things are: at least three times in the time in
    /// which it wants a sign of life.
    pub fn is_due(&mut self, now_mono_ms: i64) -> bool {
        let third_ms = self
            .watchdog
            .map_or(TELL_MS, |watchdog| i64::try_from(watchdog.as_millis() / 3).unwrap_or(TELL_MS));
        let due = now_mono_ms.saturating_sub(self.told_mono_ms) >= third_ms.min(TELL_MS);
        if due {
            self.told_mono_ms = now_mono_ms;
        }
        due
    }

    /// The scheduler and the ledger are alive.
    pub fn alive(&self) {
        if self.watchdog.is_some() {
            self.send(&[NotifyState::Watchdog]);
        }
    }

    fn send(&self, states: &[NotifyState<'_>]) {
        if let Err(error) = sd_notify::notify(states) {
            tracing::warn!(%error, "failed to notify the service manager");
        }
    }
}
