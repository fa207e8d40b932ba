//! Recent attempts for charts: a day of five-minute buckets per service, written once each.

use std::collections::BTreeMap;

use contract::{AccountCause, DownCause, Instant, Outcome, UnableCause};
use serde::{Deserialize, Serialize};

use crate::AttemptSummary;

/// Length of a bucket.
const BUCKET_MS: i64 = 300_000;

/// Buckets per service: a day.
pub(crate) const SLOTS: u32 = 288;

/// Attempts that one bucket keeps; more are not drawn.
pub(crate) const BUCKET_ATTEMPTS_MAX: usize = 64;

/// Buckets that may wait for the store; more are dropped.
const WAITING_MAX: usize = 32_768;

/// The attempts that are not in the store yet.
#[derive(Default)]
pub(crate) struct Attempts {
    open: BTreeMap<String, Bucket>,
    /// Full buckets for the store.
    waiting: Vec<(String, Bucket)>,
}

/// One bucket of a service.
#[derive(Clone, Default, PartialEq, Debug)]
pub(crate) struct Bucket {
    number: i64,
    attempts: Vec<AttemptSummary>,
}

impl Attempts {
    pub(crate) fn add(&mut self, service: &str, attempt: AttemptSummary) {
        let number = attempt.at.ms().div_euclid(BUCKET_MS);
        let Some(bucket) = self.open.get_mut(service) else {
            let bucket = Bucket { number, attempts: vec![attempt] };
            self.open.insert(service.to_owned(), bucket);
            return;
        };
        if bucket.number != number {
            let full = std::mem::replace(bucket, Bucket { number, attempts: Vec::new() });
            if self.waiting.len() < WAITING_MAX {
                self.waiting.push((service.to_owned(), full));
            }
        }
        if bucket.attempts.len() < BUCKET_ATTEMPTS_MAX {
            bucket.attempts.push(attempt);
        }
    }

    /// Takes the full buckets, and at the end the open ones too.
    pub(crate) fn take(&mut self, at_the_end: bool) -> Vec<(String, Bucket)> {
        let mut taken = std::mem::take(&mut self.waiting);
        if at_the_end {
            taken.extend(std::mem::take(&mut self.open));
        }
        taken
    }

    /// What is held of a service, oldest first.
    pub(crate) fn of(&self, service: &str) -> Vec<AttemptSummary> {
        let waiting = self.waiting.iter().filter(|(name, _)| name == service);
        let buckets = waiting.map(|(_, bucket)| bucket).chain(self.open.get(service));
        buckets.flat_map(|bucket| bucket.attempts.iter().cloned()).collect()
    }
}

impl Bucket {
    /// Where in the ring it stands.
    pub(crate) fn slot(&self) -> u32 {
        self.number.rem_euclid(i64::from(SLOTS)) as u32
    }

    pub(crate) fn stored(&self) -> Vec<StoredAttempt> {
        let attempts = self.attempts.iter();
        attempts
            .map(|attempt| {
                let cause = attempt.outcome.cause().map(str::to_owned);
                let outcome = attempt.outcome.as_str().to_owned();
                StoredAttempt(attempt.at.ms(), outcome, cause, attempt.duration_ms)
            })
            .collect()
    }
}

/// An attempt in the store: `[at in ms, outcome, cause, duration in ms]`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredAttempt(
    /// When it started, in ms since 1970.
    pub i64,
    /// `up`, `down`, `account` or `unable`.
    pub String,
    /// The cause; none when up.
    pub Option<String>,
    /// How long it took, in ms.
    pub u32,
);

impl StoredAttempt {
    /// The attempt; none if its words are another version's.
    pub(crate) fn summary(&self) -> Option<AttemptSummary> {
        let StoredAttempt(at_ms, outcome, cause, duration_ms) = self;
        let cause = || cause.as_deref();
        let outcome = match outcome.as_str() {
            "up" => Outcome::Up,
            "down" => Outcome::Down(cause()?.parse::<DownCause>().ok()?),
            "account" => Outcome::Account(cause()?.parse::<AccountCause>().ok()?),
            "unable" => Outcome::Unable(cause()?.parse::<UnableCause>().ok()?),
            _ => return None,
        };
        let at = Instant::from_ms(*at_ms);
        Some(AttemptSummary { at, outcome, duration_ms: *duration_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_bounded_goes_to_the_store_once_and_reads_back() {
        let mut attempts = Attempts::default();
        let attempt = |ms| AttemptSummary {
            at: Instant::from_ms(ms),
            outcome: Outcome::Down(DownCause::ConnectTimeout),
            duration_ms: 7,
        };
        for ms in 0..1000 {
            attempts.add("portal", attempt(ms));
        }
        assert!(attempts.take(false).is_empty());
        attempts.add("portal", attempt(BUCKET_MS));
        assert_eq!(attempts.of("portal").len(), BUCKET_ATTEMPTS_MAX + 1);
        let full = attempts.take(false);
        assert_eq!((full.len(), full[0].1.slot()), (1, 0));
        let stored = full[0].1.stored();
        assert_eq!(stored.len(), BUCKET_ATTEMPTS_MAX);
        assert_eq!(stored[3].summary(), Some(attempt(3)));
        assert_eq!(attempts.take(true)[0].1.slot(), 1);
    }
}
