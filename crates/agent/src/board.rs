//! What the engine shows the rest of the program: the live states, not yet decided ones included.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::{AccountCause, Instant, ServiceState};
use exporter::snapshot::Attempt;

use crate::config::{Config, Service};
use crate::witnesses::Testimony;

/// Shared by the engine, which writes, and the snapshot, which reads. Locked for moments.
#[derive(Default)]
pub struct Board(Mutex<Live>);

/// Everything live.
#[derive(Default)]
pub struct Live {
    /// Each measured service, by name.
    pub services: BTreeMap<Arc<str>, LiveService>,
    /// The witnesses' last answers.
    pub testimony: Option<(Instant, Testimony)>,
    /// The witnesses there are.
    pub witnesses: Vec<Arc<str>>,
    /// This vantage point's name.
    pub agent: Arc<str>,
    /// When the configuration in force was read, and when one was last read.
    pub config_read: Option<(Instant, Instant)>,
    /// Why the last configuration was refused.
    pub config_error: Option<Arc<str>>,
    /// Folders that the journal is copied to each day.
    pub backup_places: usize,
    /// Whether every service has been attempted, or will be in its turn.
    pub measuring: bool,
}

/// One service, live.
pub struct LiveService {
    /// The customer, if named.
    pub customer: Option<Arc<str>>,
    /// Labels from the configuration.
    pub labels: Arc<[(Arc<str>, Arc<str>)]>,
    /// Time between two attempts.
    pub interval: Duration,
    /// The live state (C3.9).
    pub state: ServiceState,
    /// Since when.
    pub since: Instant,
    /// What comes from here on is not decided yet; none if nothing is open (C3.9).
    pub undecided_from: Option<Instant>,
    /// The first instants of states that are decided and wait for the disk.
    waiting: Vec<Instant>,
    /// The last finished attempt.
    pub attempt: Option<Arc<Attempt>>,
    /// Why the probe's account is refused, and since when.
    pub account_trouble: Option<(AccountCause, Instant)>,
}

impl LiveService {
    /// A service of which nothing is known yet.
    pub fn new(service: &Service, now: Instant) -> Self {
        LiveService {
            customer: service.customer.as_deref().map(Arc::from),
            labels: labels(service),
            interval: Duration::from_millis(service.interval_ms.unsigned_abs()),
            state: ServiceState::Unmeasured { cause: contract::UnmeasuredCause::NoRecord },
            since: now,
            undecided_from: None,
            waiting: Vec::new(),
            attempt: None,
            account_trouble: None,
        }
    }

    /// Figures reach no further than this: what comes from here on is not decided, or its state is
    /// not on the disk, yet (C3.9). None if nothing is open.
    pub fn open_from(&self) -> Option<Instant> {
        self.waiting.iter().copied().chain(self.undecided_from).min()
    }

    /// Takes over what the configuration says anew.
    pub fn reconfigure(&mut self, service: &Service) {
        self.customer = service.customer.as_deref().map(Arc::from);
        self.labels = labels(service);
        self.interval = Duration::from_millis(service.interval_ms.unsigned_abs());
    }
}

/// A state on its way to the disk: until this is dropped, the service's figure does not pass its
/// first instant.
pub struct Waiting {
    board: Arc<Board>,
    service: String,
    from: Instant,
}

impl Waiting {
    /// Begins to wait. There are as many as facts may wait in the ledger.
    pub fn new(board: &Arc<Board>, service: &str, from: Instant) -> Self {
        if let Some(live) = board.lock().services.get_mut(service) {
            live.waiting.push(from);
        }
        Self { board: board.clone(), service: service.to_owned(), from }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // A service that was taken out of the configuration is not shown any more.
        let mut board = self.board.lock();
        let Some(live) = board.services.get_mut(self.service.as_str()) else { return };
        if let Some(place) = live.waiting.iter().position(|from| *from == self.from) {
            live.waiting.remove(place);
        }
    }
}

impl Board {
    /// The live states, for a moment.
    pub fn lock(&self) -> MutexGuard<'_, Live> {
        // A panic while it was held can have left one service's entry old, never broken.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A configuration has been read and is in force.
    pub fn configured(&self, config: &Config, now: Instant) {
        let mut live = self.lock();
        live.agent = config.agent.name.as_str().into();
        live.witnesses =
            config.witness.targets.iter().map(|target| target.name.as_str().into()).collect();
        live.backup_places = config.backup.to.len();
        live.config_read = Some((now, now));
        live.config_error = None;
    }

    /// A configuration was refused; the one before stays in force.
    pub fn refused(&self, error: &str, now: Instant) {
        let mut live = self.lock();
        let in_force_since = live.config_read.map_or(now, |(since, _)| since);
        live.config_read = Some((in_force_since, now));
        live.config_error = Some(error.into());
    }
}

fn labels(service: &Service) -> Arc<[(Arc<str>, Arc<str>)]> {
    if service.labels.is_empty() {
        // All that have none share one.
        return Arc::default();
    }
    let shared = |(name, value): (&String, &String)| (name.as_str().into(), value.as_str().into());
    service.labels.iter().map(shared).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> LiveService {
        LiveService {
            customer: None,
            labels: Arc::default(),
            interval: Duration::ZERO,
            state: ServiceState::Up,
            since: Instant::from_ms(0),
            undecided_from: None,
            waiting: Vec::new(),
            attempt: None,
            account_trouble: None,
        }
    }

    #[test]
    fn c3_9_a_figure_passes_no_state_that_waits_for_the_disk() {
        let board = Arc::new(Board::default());
        board.lock().services.insert("portal".into(), live());
        let open_from = || board.lock().services["portal"].open_from().map(Instant::ms);
        assert_eq!(open_from(), None);
        let first = Waiting::new(&board, "portal", Instant::from_ms(5));
        let second = Waiting::new(&board, "portal", Instant::from_ms(7));
        board.lock().services.get_mut("portal").unwrap().undecided_from = Some(Instant::from_ms(6));
        assert_eq!(open_from(), Some(5));
        drop(first);
        assert_eq!(open_from(), Some(6), "a suspicion is open, too");
        board.lock().services.get_mut("portal").unwrap().undecided_from = None;
        assert_eq!(open_from(), Some(7));
        drop(second);
        assert_eq!(open_from(), None);
        // A service that is gone is not waited for.
        let gone = Waiting::new(&board, "portal", Instant::from_ms(8));
        board.lock().services.clear();
        drop(gone);
    }
}
