//! Everything that `/metrics`, the pages and the API show, for one instant: plain data.
//!
//! **Invariant:** nothing that reads a snapshot asks anything else, a clock included, so that the
//! three never disagree. Names are shared (`Arc<str>`): a snapshot of 5,000 services costs a few
//! reference counts each.

use std::sync::Arc;
use std::time::Duration;

use contract::fact::Ground;
use contract::outcome::AccountCause;
use contract::stops::StopVerdict;
use contract::{
    Evidence, Figure, Instant, Month, Outcome, Phase, ServiceState, Terms, UnmeasuredCause,
};

use crate::months::{Moment, ServiceMonth};
use crate::records::Records;

/// Outages that a snapshot holds at most, newest first; the API and the pages show no more.
pub const OUTAGES_MAX: usize = 100;
/// Announced stops that a snapshot holds at most, the next one first.
pub const STOPS_MAX: usize = 100;
/// Steps of one attempt that a snapshot holds at most.
pub const STEPS_MAX: usize = 32;

/// Where the pages get what they show.
pub trait Source: Records {
    /// Everything at this instant. Called once per request, off the async threads; it may take
    /// milliseconds and should hold no lock for longer.
    fn snapshot(&self) -> Snapshot;

    /// A month of `service`; without one the running month. Called for that service's pages alone;
    /// `None` for a month that has not begun, and if nothing is known of the service.
    fn month(&self, service: &str, month: Option<Month>) -> Option<ServiceMonth>;

    /// What `service` was at `at`, and all that is known of it; `None` where nothing is decided.
    fn moment(&self, service: &str, at: Instant) -> Option<Moment>;

    /// Whether measuring has begun; the error says what is still awaited. Must return at once.
    fn ready(&self) -> Result<(), String>;

    /// Reads the configuration again and waits for the result, whose error is shown to the caller.
    /// Only called where [`crate::Options::reload_over_http`] allows it, off the async threads.
    fn reload(&self) -> Result<(), String>;
}

/// One instant.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The instant, by the wall clock.
    pub at: Instant,
    /// The program that measures.
    pub agent: Agent,
    /// Every measured service, sorted by name.
    pub services: Vec<Service>,
    /// Every configured witness (C3.3).
    pub witnesses: Vec<Witness>,
    /// Outages, newest first, at most [`OUTAGES_MAX`].
    pub outages: Vec<Outage>,
    /// Announced stops that are not over, the next one first, at most [`STOPS_MAX`].
    pub stops: Vec<Arc<Stop>>,
    /// Whether facts last.
    pub ledger: Ledger,
}

impl Snapshot {
    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        let place = self.services.binary_search_by(|service| (*service.name).cmp(name)).ok()?;
        self.services.get(place)
    }
}

/// The program that measures.
#[derive(Clone, Debug)]
pub struct Agent {
    /// This vantage point's name in the configuration.
    pub name: Arc<str>,
    /// The program's version.
    pub version: Arc<str>,
    /// When it started.
    pub started: Instant,
    /// How long it has run, by the clock that no step moves.
    pub uptime: Duration,
    /// Whether the kernel calls the clock synchronised; `None` where that cannot be known.
    pub clock_synchronised: Option<bool>,
    /// The last reading of the configuration.
    pub config: Config,
    /// Folders that the journal is copied to each day (C10.4).
    pub backup_places: usize,
}

/// The last reading of the configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// When the configuration in force was read.
    pub in_force_since: Instant,
    /// When a reading was last tried.
    pub tried: Instant,
    /// Why that reading was refused; `None` if it is in force.
    pub error: Option<Arc<str>>,
}

/// One measured service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name: the label `service`.
    pub name: Arc<str>,
    /// The customer, if named.
    pub customer: Option<Arc<str>>,
    /// Labels from the configuration: names that Prometheus accepts, each once, sorted.
    pub labels: Arc<[(Arc<str>, Arc<str>)]>,
    /// Time between two attempts.
    pub interval: Duration,
    /// The time zone of its months, in which pages show its times.
    pub zone: jiff::tz::TimeZone,
    /// The live state, decided or not (C3.8, C3.9); a suspicion is `unmeasured` by `suspected`.
    pub state: ServiceState,
    /// When that state began.
    pub since: Instant,
    /// The terms in force.
    pub terms: Arc<Terms>,
    /// The running month's figure; `None` while it cannot be given.
    pub figure: Option<Arc<Figure>>,
    /// The last finished attempt.
    pub attempt: Option<Arc<Attempt>>,
    /// The next announced stop that is not over.
    pub next_stop: Option<Arc<Stop>>,
    /// Why the probe's account is refused, and since when (C3.5).
    pub account_trouble: Option<(AccountCause, Instant)>,
    /// When the first open claim for a closed month lapses (C7.5).
    pub claim_lapses: Option<Instant>,
    /// How much of the time to start troubleshooting has run, in percent, of the open incident that
    /// nobody has acknowledged (C9.4).
    pub support_clock_percent: Option<i64>,
}

impl Service {
    /// The live state's name in metrics and JSON: `up`, `down`, `suspected` or `unmeasured`.
    pub fn state_name(&self) -> &'static str {
        match self.state {
            ServiceState::Up => "up",
            ServiceState::Down { .. } => "down",
            ServiceState::Unmeasured { cause: UnmeasuredCause::Suspected } => "suspected",
            ServiceState::Unmeasured { .. } => "unmeasured",
        }
    }

    /// The name of the cause of the live state; none while up.
    pub fn cause_name(&self) -> Option<&str> {
        match &self.state {
            ServiceState::Up => None,
            ServiceState::Down { cause } => Some(cause),
            ServiceState::Unmeasured { cause } => Some(cause.as_str()),
        }
    }
}

/// One finished login attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When it began.
    pub at: Instant,
    /// What it ended in.
    pub outcome: Outcome,
    /// How long it took in all.
    pub duration: Duration,
    /// The time spent in each phase over all steps: what every scrape asks for is here, at hand.
    pub phases: PhaseTimes,
    /// Its steps in order, at most [`STEPS_MAX`]; logging out included.
    pub steps: Vec<Step>,
    /// The earliest expiry in the certificate chain, if one was seen.
    pub certificate_expiry: Option<Instant>,
    /// What happened, in one sentence, without secrets.
    pub message: Arc<str>,
}

/// One request of an attempt, and what led to it.
#[derive(Clone, Debug)]
pub struct Step {
    /// What the step is for: `page`, `sign_in`, `redirect`, `check`, `log_out`, …
    pub name: &'static str,
    /// The URL, without secrets.
    pub url: Arc<str>,
    /// The address that was asked, once known.
    pub address: Option<Arc<str>>,
    /// The HTTP status, once known.
    pub status: Option<u16>,
    /// How long each phase took.
    pub phases: PhaseTimes,
}

/// How long each phase took, to the microsecond; more than an hour is as an hour. Kept small: there
/// are thousands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhaseTimes {
    /// In microseconds, in the order of [`Phase::ALL`]; [`PhaseTimes::NONE`] if it did not happen.
    us: [u32; Phase::ALL.len()],
}

impl PhaseTimes {
    const NONE: u32 = u32::MAX;
    /// An hour: no attempt may take that long.
    const LONGEST: u32 = 3_600_000_000;

    /// The phases of all `steps` together; one that did not happen in any of them did not happen.
    pub fn sum(steps: &[Step]) -> Self {
        let mut us = [Self::NONE; Phase::ALL.len()];
        for step in steps {
            for (sum, us) in us.iter_mut().zip(step.phases.us).filter(|(_, us)| *us != Self::NONE) {
                let before = if *sum == Self::NONE { 0 } else { *sum };
                *sum = before.saturating_add(us).min(Self::LONGEST);
            }
        }
        PhaseTimes { us }
    }

    /// Each phase in the order of [`Phase::ALL`]; `None` if it did not happen.
    pub fn each(self) -> [Option<Duration>; Phase::ALL.len()] {
        self.us.map(|us| (us != Self::NONE).then(|| Duration::from_micros(us.into())))
    }
}

impl From<[Option<Duration>; Phase::ALL.len()]> for PhaseTimes {
    fn from(each: [Option<Duration>; Phase::ALL.len()]) -> Self {
        let us = |duration: Duration| duration.as_micros().min(Self::LONGEST.into()) as u32;
        PhaseTimes { us: each.map(|duration| duration.map_or(Self::NONE, us)) }
    }
}

/// One stretch of downtime.
#[derive(Clone, Debug)]
pub struct Outage {
    /// The service.
    pub service: Arc<str>,
    /// Its first instant.
    pub from: Instant,
    /// The first instant after; `None` while it lasts.
    pub until: Option<Instant>,
    /// The cause's name, from [`contract::DownCause`] or another reader's word.
    pub cause: Arc<str>,
    /// What was seen.
    pub evidence: Option<Arc<Evidence>>,
}

/// A stretch of a month in which a service was not up, as the contract classes it.
#[derive(Clone, PartialEq, Debug)]
pub struct Stretch {
    /// First instant.
    pub from: Instant,
    /// First instant after.
    pub until: Instant,
    /// What it counts as (C6.1, C6.6).
    pub class: Class,
    /// The cause's name: of the downtime, or why it is unmeasured.
    pub cause: Arc<str>,
    /// Why it is excluded, if it is (C5.1).
    pub ground: Option<Ground>,
}

/// What a stretch of time counts as, beside `up` (C6.6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Class {
    /// Downtime that counts.
    Lost,
    /// Downtime in a valid planned stop.
    Planned,
    /// Downtime that an accepted adjustment takes out.
    Excluded,
    /// Not known.
    Unmeasured,
    /// Outside the contract (C2.4).
    NotInService,
}

impl Class {
    /// Every class.
    pub const ALL: [Class; 5] =
        [Class::Lost, Class::Planned, Class::Excluded, Class::Unmeasured, Class::NotInService];

    /// The worst first: what several classes share is shown as the first of them.
    pub const WORST_FIRST: [Class; 5] =
        [Class::Lost, Class::Unmeasured, Class::Excluded, Class::Planned, Class::NotInService];

    /// The name in JSON and in the style sheet.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Lost => "lost",
            Class::Planned => "planned",
            Class::Excluded => "excluded",
            Class::Unmeasured => "unmeasured",
            Class::NotInService => "not_in_service",
        }
    }
}

/// An announced stop.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Names it.
    pub id: Arc<str>,
    /// The services that stop.
    pub services: Vec<Arc<str>>,
    /// The window's first instant.
    pub from: Instant,
    /// The first instant after.
    pub until: Instant,
    /// Why, in the announcer's words.
    pub reason: Arc<str>,
    /// When it was announced (C4.1).
    pub announced: Instant,
    /// Whether it counts, per service as in `services` (C4.2-C4.6).
    pub verdicts: Vec<StopVerdict>,
    /// Whether it overlaps office hours (C4.5).
    pub in_office_hours: bool,
}

impl Stop {
    /// Whether the stop counts for `service`; `None` if it does not concern it.
    pub fn verdict(&self, service: &str) -> Option<StopVerdict> {
        let index = self.services.iter().position(|name| &**name == service)?;
        self.verdicts.get(index).copied()
    }
}

/// A host that tells whether the agent's own network works (C3.3).
#[derive(Clone, Debug)]
pub struct Witness {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// Whether it answered when last asked; `None` if it has not been asked.
    pub answered: Option<bool>,
    /// When it was last asked.
    pub asked: Option<Instant>,
}

/// Whether facts last: the journal and the store built from it.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The number of the last line on disk.
    pub seq: u64,
    /// Facts that wait to be written.
    pub queued: usize,
    /// When the journal was last synchronised to disk.
    pub synced: Option<Instant>,
    /// Lines on disk that the store has not applied yet.
    pub store_lag: u64,
    /// The store's size on disk in bytes.
    pub store_bytes: u64,
    /// The journal's size on disk in bytes.
    pub journal_bytes: u64,
    /// Writes that failed since the start.
    pub write_failures: u64,
    /// Why writing fails now; `None` if it does not.
    pub write_error: Option<Arc<str>>,
    /// Times the store was rebuilt from the journal since the start.
    pub rebuilds: u64,
    /// Whether it is being rebuilt now, so that figures are incomplete.
    pub rebuilding: bool,
    /// Bytes of a torn tail that were cut off at the start.
    pub torn_bytes_cut: u64,
    /// Damage found in the journal, in words; `None` if none.
    pub damage: Option<Arc<str>>,
    /// When the whole chain was last verified.
    pub verified: Option<Instant>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_of_steps_add_up_and_what_never_happened_stays_absent() {
        let step = |ms: [Option<u64>; Phase::ALL.len()]| Step {
            name: "page",
            url: "https://portal.example/".into(),
            address: None,
            status: None,
            phases: ms.map(|ms| ms.map(Duration::from_millis)).into(),
        };
        let sum = |steps: &[Step]| {
            PhaseTimes::sum(steps).each().map(|each| each.map(|each| each.as_millis()))
        };
        let opened = step([Some(1), Some(2), None, Some(0), None]);
        let reused = step([None, Some(3), None, Some(4), None]);
        assert_eq!(sum(&[opened, reused.clone()]), [Some(1), Some(5), None, Some(4), None]);
        let endless = step([None, None, None, Some(u64::from(u32::MAX)), None]);
        assert_eq!(sum(&[endless, reused]), [None, Some(3), None, Some(3_600_000), None]);
        assert_eq!(sum(&[]), [None; Phase::ALL.len()]);
    }
}
