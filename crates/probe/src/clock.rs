//! The time of one attempt: each phase measured and bounded, and the whole of it.

use std::future::Future;
use std::time::{Duration, SystemTime};

use contract::{DownCause, Phase, UnableCause};
use tokio::time::{Instant, timeout_at};

use crate::attempt::Phases;
use crate::failure::Failure;
use crate::settings::Limits;

/// The time of one attempt.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    limits: Limits,
    /// How long it has waited for its own sake.
    waited: Duration,
}

impl Clock {
    /// Starts now.
    #[allow(clippy::disallowed_methods, reason = "how long is measured here and nowhere else")]
    pub fn start(limits: Limits) -> Self {
        Clock { started: Instant::now(), limits, waited: Duration::ZERO }
    }

    /// What time it is on the wall: only for the expiry of cookies and for one-time codes.
    #[allow(clippy::disallowed_methods, reason = "the one place in this crate that asks the date")]
    pub fn wall() -> contract::Instant {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let ms = since_epoch.unwrap_or_default().as_millis();
        contract::Instant::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))
    }

    /// How long the attempt has taken.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long the attempt may wait for its own sake, so that there is still time for a request
    /// that a silent service does not answer.
    pub fn may_wait(&self) -> Duration {
        self.limits.total.saturating_sub(self.elapsed() + self.limits.processing)
    }

    /// Waits for the attempt's own sake. A limit that is passed because of it is not the service's
    /// doing.
    pub async fn wait(&mut self, wait: Duration) {
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
            self.waited += wait;
        }
    }

    /// Does a phase's work within its limit and the attempt's, and notes how long it took.
    pub async fn phase<T>(
        &self,
        phase: Phase,
        phases: &mut Phases,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let before = self.elapsed();
        let (limit, cause) = self.limit(phase);
        let phase_ends = before.saturating_add(limit);
        let ends = phase_ends.min(self.limits.total);
        // Too far away to be an instant: then the limit is none.
        let result = match self.started.checked_add(ends) {
            Some(at) => timeout_at(at, work).await,
            None => Ok(work.await),
        };
        phases.set(phase, self.elapsed().saturating_sub(before));
        match result {
            Ok(done) => done.map_err(|failure| failure.in_phase(phase)),
            Err(_) if phase_ends <= self.limits.total => {
                Err(Failure::down(cause, format!("waited {} ms", limit.as_millis())))
            }
            Err(_) => Err(self.overtime()),
        }
        .map_err(|failure| failure.in_phase(phase))
    }

    /// The attempt's time is over.
    fn overtime(&self) -> Failure {
        let allowed = format!("{} ms were allowed", self.limits.total.as_millis());
        if self.waited.is_zero() {
            return Failure::down(DownCause::AttemptTimeout, allowed);
        }
        let waited = format!("{allowed}, of which {} ms were waited", self.waited.as_millis());
        Failure::unable(UnableCause::OneTimeCode, waited)
    }

    fn limit(&self, phase: Phase) -> (Duration, DownCause) {
        match phase {
            Phase::Resolve => (self.limits.resolve, DownCause::NameTimeout),
            Phase::Connect => (self.limits.connect, DownCause::ConnectTimeout),
            Phase::Tls => (self.limits.tls, DownCause::TlsTimeout),
            Phase::Processing => (self.limits.processing, DownCause::Silence),
            Phase::Transfer => (self.limits.transfer, DownCause::TransferTimeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use contract::Outcome;

    use super::*;

    async fn waits_for_ever(limits: Limits, phase: Phase) -> (Outcome, Phases) {
        let mut phases = Phases::default();
        let clock = Clock::start(limits);
        let failure = clock.phase::<()>(phase, &mut phases, pending()).await.unwrap_err();
        assert_eq!(failure.phase, Some(phase));
        (failure.outcome, phases)
    }

    #[tokio::test]
    async fn the_probes_own_wait_never_makes_a_login_look_down() {
        let short = Duration::from_millis(2);
        let waits = |limits: Limits| async move {
            let mut clock = Clock::start(limits);
            clock.wait(short).await;
            let mut phases = Phases::default();
            clock.phase::<()>(Phase::Processing, &mut phases, pending()).await.unwrap_err().outcome
        };
        let hurried = Limits { total: 2 * short, ..Limits::default() };
        assert_eq!(waits(hurried).await, Outcome::Unable(UnableCause::OneTimeCode));
        // A service that is silent is still found to be so.
        let patient = Limits { processing: short, ..Limits::default() };
        assert_eq!(waits(patient).await, Outcome::Down(DownCause::Silence));
        // Time for that is kept.
        let clock = Clock::start(Limits { total: Duration::from_secs(15), ..Limits::default() });
        assert_eq!(clock.may_wait(), Duration::ZERO);
    }

    #[tokio::test]
    async fn every_phase_has_its_own_limit_and_the_attempt_has_one() {
        let short = Duration::from_millis(2);
        let limits = Limits {
            resolve: short,
            connect: short,
            tls: short,
            processing: short,
            transfer: short,
            ..Limits::default()
        };
        for (phase, cause) in [
            (Phase::Resolve, DownCause::NameTimeout),
            (Phase::Connect, DownCause::ConnectTimeout),
            (Phase::Tls, DownCause::TlsTimeout),
            (Phase::Processing, DownCause::Silence),
            (Phase::Transfer, DownCause::TransferTimeout),
        ] {
            let (outcome, phases) = waits_for_ever(limits, phase).await;
            assert_eq!(outcome, Outcome::Down(cause));
            assert!(phases.get(phase).unwrap() >= short);
        }
        let hurried = Limits { total: short, ..Limits::default() };
        let (outcome, _) = waits_for_ever(hurried, Phase::Processing).await;
        assert_eq!(outcome, Outcome::Down(DownCause::AttemptTimeout));
    }
}
