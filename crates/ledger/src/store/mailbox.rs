//! What the store has not taken in yet: bounded by the number of services, not by time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use contract::{Fact, History, Instant, Line};

use crate::AttemptSummary;
use crate::journal::reader::Tip;
use crate::store::attempts::{Attempts, Bucket};

/// Between the writer, which posts what is acknowledged, and the store's thread.
#[derive(Default)]
pub(crate) struct Mailbox {
    mail: Mutex<Mail>,
    attempts: Mutex<Attempts>,
    posted: Condvar,
    kept: Mutex<Kept>,
}

/// What has become of the heartbeats.
#[derive(Default)]
struct Kept {
    /// The latest one that the store has kept.
    until: Option<Instant>,
    /// Whether it could not keep the last one.
    fails: bool,
}

/// What changed since the last heartbeat.
#[derive(Default)]
pub(crate) struct Mail {
    /// Services whose figures may have changed.
    pub(crate) services: BTreeSet<String>,
    /// Whether all of them may have.
    pub(crate) all: bool,
    /// Services of which a line is about the past, and the first instant it is about.
    pub(crate) past: BTreeMap<String, Instant>,
    /// Nothing is written before a heartbeat: all of the store is as of one.
    pub(crate) beat: Option<Beat>,
    pub(crate) abandoned: bool,
}

/// A heartbeat whose earlier facts are all acknowledged.
#[derive(Clone, Copy)]
pub(crate) struct Beat {
    pub(crate) at: Instant,
    pub(crate) tip: Tip,
    pub(crate) closed: bool,
}

impl Mailbox {
    /// Notes whom acknowledged lines are about.
    pub(crate) fn applied(&self, history: &History, lines: &[Line]) {
        let mut mail = lock(&self.mail);
        lines.iter().for_each(|line| mail.note(history, line));
    }

    /// Lets the store take in what was noted.
    pub(crate) fn heartbeat(&self, at: Instant, tip: Tip, closed: bool) {
        lock(&self.mail).beat = Some(Beat { at, tip, closed });
        self.posted.notify_one();
    }

    /// The store has kept the heartbeat `at`: it is found again after a crash.
    pub(crate) fn keep(&self, at: Instant) {
        let mut kept = lock(&self.kept);
        *kept = Kept { until: kept.until.max(Some(at)), fails: false };
    }

    /// The store could not keep a heartbeat.
    pub(crate) fn fail(&self) {
        lock(&self.kept).fails = true;
    }

    /// Whether the store keeps no heartbeats, as of the last one.
    pub(crate) fn fails(&self) -> bool {
        lock(&self.kept).fails
    }

    /// The latest heartbeat that would be found again after a crash.
    pub(crate) fn kept_until(&self) -> Option<Instant> {
        lock(&self.kept).until
    }

    /// Lets the store's thread end.
    pub(crate) fn abandon(&self) {
        lock(&self.mail).abandoned = true;
        self.posted.notify_one();
    }

    /// Waits for a heartbeat and gives all that was noted; none once abandoned.
    pub(crate) fn take(&self) -> Option<Mail> {
        let mut mail = lock(&self.mail);
        loop {
            if mail.abandoned {
                return None;
            }
            if mail.beat.is_some() {
                return Some(std::mem::take(&mut *mail));
            }
            mail = self.posted.wait(mail).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether the store's thread has to end.
    pub(crate) fn is_abandoned(&self) -> bool {
        lock(&self.mail).abandoned
    }

    /// Keeps an attempt for charts.
    pub(crate) fn attempt(&self, service: &str, attempt: AttemptSummary) {
        lock(&self.attempts).add(service, attempt);
    }

    /// The attempts of a service that are not in the store yet.
    pub(crate) fn attempts_of(&self, service: &str) -> Vec<AttemptSummary> {
        lock(&self.attempts).of(service)
    }

    /// Full buckets of attempts, and at the end the open ones.
    pub(crate) fn take_attempts(&self, at_the_end: bool) -> Vec<(String, Bucket)> {
        lock(&self.attempts).take(at_the_end)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mail {
    /// Puts `earlier` mail, which could not be taken in, back before this.
    pub(crate) fn after(mut self, earlier: Mail) -> Mail {
        self.all |= earlier.all;
        self.services.extend(earlier.services);
        for (service, from) in earlier.past {
            self.note_past(&service, from);
        }
        self
    }

    /// Notes whom a line is about.
    pub(crate) fn note(&mut self, history: &History, line: &Line) {
        match &line.fact {
            Fact::State { service, .. }
            | Fact::IncidentAcknowledged { service, .. }
            | Fact::ServiceSet { service, .. } => {
                self.services.insert(service.clone());
            }
            Fact::StopAnnounced { services, .. } => self.services.extend(services.iter().cloned()),
            Fact::StopCancelled { id, .. } => {
                if let Some(stop) = history.stop(id) {
                    self.services.extend(stop.services.iter().cloned());
                }
            }
            Fact::AdjustmentClaimed { id, .. } | Fact::AdjustmentDecided { id, .. } => {
                if let Some(adjustment) = history.adjustment(id) {
                    self.services.insert(adjustment.service.clone());
                    self.note_past(&adjustment.service, adjustment.interval.from);
                }
            }
            Fact::ServiceBegan { service, from } | Fact::ServiceEnded { service, from } => {
                self.services.insert(service.clone());
                self.note_past(service, *from);
            }
            Fact::MeasuringStopped { .. } | Fact::TermsSet { .. } => self.all = true,
            Fact::Measured { .. }
            | Fact::MeasuringPaused { .. }
            | Fact::MeasuringResumed { .. }
            | Fact::ProviderSet(_)
            | Fact::VantageSet(_)
            | Fact::SigningKeySet { .. }
            | Fact::MonthClosed(_)
            | Fact::StatementSigned(_)
            | Fact::ClaimSubmitted { .. }
            | Fact::ClaimSettled { .. }
            | Fact::IncidentNotifiable { .. }
            | Fact::IncidentReported { .. }
            | Fact::NoticeDelivered { .. }
            | Fact::SegmentOpened { .. }
            | Fact::CarriedOver { .. }
            | Fact::ChainDamaged { .. } => {}
        }
    }

    fn note_past(&mut self, service: &str, from: Instant) {
        let earliest = self.past.entry(service.to_owned()).or_insert(from);
        *earliest = from.min(*earliest);
    }
}
