//! The alerts of C8.2, by the names of `deploy/prometheus/upptid.rules.yml`, and the stretches of
//! time in which each holds, out of the facts alone.

mod course;
mod login;
mod loss;

use serde::{Deserialize, Serialize};

use crate::contracts::Contracts;
use crate::history::History;
use crate::instant::Instant;

use course::Course;

/// What can be wrong (C8.2, C9.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Alert {
    /// Nobody has read `/metrics` for some time: Prometheus tells nobody anything.
    NotScraped,
    /// Facts wait in memory and are lost if the agent ends.
    JournalWriteFailing,
    /// A line of the journal fails its hash, or lines are missing (C10.1).
    JournalDamaged,
    /// The wall clock is kept by no time source.
    ClockNotSynchronised,
    /// The configuration that was read last was refused.
    ConfigRefused,
    /// Nobody can log in: an incident goes on (C3.2, C9.1).
    LoginDown,
    /// Three outages began within an hour.
    LoginFlapping,
    /// All of the response time has run (C9.4).
    SupportClockRun,
    /// 80 % of it has run.
    SupportClockNearlyRun,
    /// Half of it has run.
    SupportClockHalfRun,
    /// The month's budget is burned (C8.1).
    BudgetBurned,
    /// 75 % of it is burned.
    BudgetThreeQuartersBurned,
    /// Half of it is burned.
    BudgetHalfBurned,
    /// The budget burns too fast within a window.
    BudgetBurnsFast,
    /// It will be burned before the month ends, at the month's pace.
    BudgetWillBurn,
    /// Less than 30 minutes to the next price level.
    NextPriceLevelNear,
    /// More than 5 minutes of a day are unmeasured (C6.5).
    Unmeasured,
    /// The probe's account is refused (C3.5).
    ProbeAccountRefused,
    /// A planned stop is about to begin, or has begun, and excludes nothing (C4.2, C4.3).
    PlannedStopWithoutValidNotice,
    /// A price reduction that nobody has claimed lapses soon (C7.4).
    ClaimDeadlineNear,
}

/// Whom an alert is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Is planned.
    Info,
    /// Is read in the morning.
    Warning,
    /// Wakes somebody.
    Critical,
}

impl Severity {
    /// Every one, the mildest first.
    pub const ALL: [Severity; 3] = [Severity::Info, Severity::Warning, Severity::Critical];

    /// The name in rules, configuration and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// Alerts that replace each other: what holds of them is the latest, and the earlier ones are not
/// over but worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Ladder {
    Budget,
    SupportClock,
    Alone(Alert),
}

impl Alert {
    /// Every alert, what concerns all services first, and the worst.
    pub const ALL: [Alert; 20] = [
        Alert::NotScraped,
        Alert::JournalWriteFailing,
        Alert::JournalDamaged,
        Alert::ClockNotSynchronised,
        Alert::ConfigRefused,
        Alert::LoginDown,
        Alert::LoginFlapping,
        Alert::SupportClockRun,
        Alert::SupportClockNearlyRun,
        Alert::SupportClockHalfRun,
        Alert::BudgetBurned,
        Alert::BudgetThreeQuartersBurned,
        Alert::BudgetHalfBurned,
        Alert::BudgetBurnsFast,
        Alert::BudgetWillBurn,
        Alert::NextPriceLevelNear,
        Alert::Unmeasured,
        Alert::ProbeAccountRefused,
        Alert::PlannedStopWithoutValidNotice,
        Alert::ClaimDeadlineNear,
    ];

    /// The name, as Prometheus' rules have it.
    pub fn name(self) -> &'static str {
        match self {
            Alert::NotScraped => "UpptidNotScraped",
            Alert::JournalWriteFailing => "UpptidJournalWriteFailing",
            Alert::JournalDamaged => "UpptidJournalDamaged",
            Alert::ClockNotSynchronised => "UpptidClockNotSynchronised",
            Alert::ConfigRefused => "UpptidConfigRefused",
            Alert::LoginDown => "UpptidLoginDown",
            Alert::LoginFlapping => "UpptidLoginFlapping",
            Alert::SupportClockRun => "UpptidSupportClockRun",
            Alert::SupportClockNearlyRun => "UpptidSupportClockNearlyRun",
            Alert::SupportClockHalfRun => "UpptidSupportClockHalfRun",
            Alert::BudgetBurned => "UpptidBudgetBurned",
            Alert::BudgetThreeQuartersBurned => "UpptidBudgetThreeQuartersBurned",
            Alert::BudgetHalfBurned => "UpptidBudgetHalfBurned",
            Alert::BudgetBurnsFast => "UpptidBudgetBurnsFast",
            Alert::BudgetWillBurn => "UpptidBudgetWillBurn",
            Alert::NextPriceLevelNear => "UpptidNextPriceLevelNear",
            Alert::Unmeasured => "UpptidUnmeasured",
            Alert::ProbeAccountRefused => "UpptidProbeAccountRefused",
            Alert::PlannedStopWithoutValidNotice => "UpptidPlannedStopWithoutValidNotice",
            Alert::ClaimDeadlineNear => "UpptidClaimDeadlineNear",
        }
    }

    /// The alert of this name.
    pub fn named(name: &str) -> Option<Alert> {
        Alert::ALL.into_iter().find(|alert| alert.name() == name)
    }

    /// Whom it is for, as Prometheus' rules have it.
    pub fn severity(self) -> Severity {
        match self {
            Alert::JournalWriteFailing
            | Alert::JournalDamaged
            | Alert::LoginDown
            | Alert::LoginFlapping
            | Alert::SupportClockRun
            | Alert::SupportClockNearlyRun => Severity::Critical,
            Alert::NotScraped
            | Alert::ClockNotSynchronised
            | Alert::ConfigRefused
            | Alert::BudgetBurned
            | Alert::BudgetThreeQuartersBurned
            | Alert::BudgetBurnsFast
            | Alert::NextPriceLevelNear
            | Alert::Unmeasured
            | Alert::ProbeAccountRefused
            | Alert::PlannedStopWithoutValidNotice
            | Alert::ClaimDeadlineNear => Severity::Warning,
            Alert::SupportClockHalfRun | Alert::BudgetHalfBurned | Alert::BudgetWillBurn => {
                Severity::Info
            }
        }
    }

    /// Whether an announced stop explains it, valid or not, as Alertmanager's inhibitions have it:
    /// while one goes on, it is news to nobody.
    pub fn is_explained_by_a_stop(self) -> bool {
        matches!(self, Alert::LoginDown | Alert::LoginFlapping | Alert::ProbeAccountRefused)
    }

    pub(crate) fn ladder(self) -> Ladder {
        match self {
            Alert::BudgetBurned | Alert::BudgetThreeQuartersBurned | Alert::BudgetHalfBurned => {
                Ladder::Budget
            }
            Alert::SupportClockRun | Alert::SupportClockNearlyRun | Alert::SupportClockHalfRun => {
                Ladder::SupportClock
            }
            alone => Ladder::Alone(alone),
        }
    }

    /// What a notice of it is about: its name, and since when it holds.
    pub fn about(self, since: Instant) -> String {
        format!("{}@{since}", self.name())
    }

    /// The alert that a notice is about, and since when it holds; none if it is about neither.
    pub fn of(about: &str) -> Option<(Alert, Instant)> {
        let (name, since) = about.split_once('@')?;
        Some((Alert::named(name)?, since.parse().ok()?))
    }
}

/// A stretch of time in which an alert holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Episode {
    /// Its first instant. The same facts and any later ones that do not correct them give the same.
    pub since: Instant,
    /// What holds.
    pub alert: Alert,
    /// How it ended; none while it goes on.
    pub end: Option<End>,
}

/// How an episode ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum End {
    /// It holds no more from this instant on.
    Over(Instant),
    /// From this instant on something worse holds.
    Worse(Instant),
}

impl End {
    /// The first instant after the episode.
    pub fn at(self) -> Instant {
        let (End::Over(at) | End::Worse(at)) = self;
        at
    }
}

/// What holds of `service` at `decided`, and what held in the day before, in order of time.
/// `decided` says up to when its states are decided (C3.9).
pub fn episodes(
    history: &History,
    contracts: &mut Contracts,
    service: &str,
    decided: Instant,
) -> Vec<Episode> {
    let Some(mut course) = Course::new(history, contracts, service, decided) else {
        return Vec::new();
    };
    course.login();
    course.losses();
    course.stops();
    course.claims();
    course.finish()
}
