//! One-time codes (RFC 6238): each is used once, whoever uses it.
//!
//! Services take a code once and then refuse it, so two logins with one secret must never send the
//! same one: [`Codes`] is shared by all that have that secret, and who comes second is given the
//! code of the next time step, and waits for it. The wait is the probe's own, so it must never make
//! a login look down: one that does not fit into the attempt's time is not begun, and the attempt is
//! `unable`.
//!
//! Another process may have used a code a moment ago: the agent before its restart, or `upptid try`
//! beside it. So no code of the time step in which [`Codes`] was made is given out.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use contract::{Instant, UnableCause};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use crate::clock::Clock;
use crate::failure::Failure;
use crate::session::Session;
use crate::settings::{Totp, TotpHash};

/// The part of a time step at its end in which its code is not begun with: it would be stale when a
/// strict service looks at it. A fifteenth is 2 s of 30.
const LAST_PART: i64 = 15;
/// How far ahead a code can have been given out: no attempt waits longer. What is further ahead was
/// given out before the clock was set back.
const AHEAD_MS_MAX: i64 = 3_600_000;

/// The codes of one secret, each given out once.
#[derive(Debug)]
pub struct Codes {
    totp: Totp,
    /// The latest time step whose code was given out.
    given: Mutex<i64>,
}

/// A time step whose code is nobody else's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    step: i64,
    /// How long until the step begins.
    pub wait: Duration,
}

impl Codes {
    /// Codes from the time step after that of `now` on.
    pub fn new(totp: Totp, now: Instant) -> Self {
        let given = Mutex::new(now.ms().div_euclid(totp.period_ms));
        Codes { totp, given }
    }

    /// Takes the next time step, unless it begins later than after `wait_max`.
    pub fn take(&self, now: Instant, wait_max: Duration) -> Option<Turn> {
        let period_ms = self.totp.period_ms;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let step_at = |ms: i64| now.ms().saturating_add(ms).div_euclid(period_ms);
        if *given > step_at(AHEAD_MS_MAX) {
            *given = step_at(0);
        }
        let step = step_at(period_ms / LAST_PART).max(*given + 1);
        let wait_ms = (step * period_ms - now.ms()).max(0);
        let wait = Duration::from_millis(wait_ms.unsigned_abs());
        (wait <= wait_max).then(|| {
            *given = step;
            Turn { step, wait }
        })
    }

    /// The code of a time step that was taken.
    pub fn code(&self, turn: Turn) -> SecretString {
        code(&self.totp, turn.step).into()
    }

    /// Whether a time step that was taken is over.
    pub fn is_over(&self, turn: Turn, now: Instant) -> bool {
        now.ms().div_euclid(self.totp.period_ms) > turn.step
    }
}

impl Session<'_> {
    /// A code that nobody has used, once its time has come; none if the account has no secret for
    /// codes. From here on it is cut out of what is shown.
    pub async fn one_time_code(&mut self) -> Result<Option<SecretString>, Failure> {
        let Some(codes) = self.codes else { return Ok(None) };
        loop {
            let wait_max = self.trace.clock.may_wait();
            let turn = codes.take(Clock::wall(), wait_max).ok_or_else(|| {
                let allowed = self.login.limits.total.as_millis();
                let detail = format!("{allowed} ms are allowed for the attempt");
                Failure::unable(UnableCause::OneTimeCode, detail)
            })?;
            self.trace.clock.wait(turn.wait).await;
            // The machine may have slept as well.
            if !codes.is_over(turn, Clock::wall()) {
                let code = codes.code(turn);
                self.hide(code.expose_secret());
                return Ok(Some(code));
            }
        }
    }
}

/// The code of a time step (RFC 6238, section 4; RFC 4226, section 5.3).
fn code(totp: &Totp, step: i64) -> String {
    let hash = match totp.hash {
        TotpHash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        TotpHash::Sha256 => hmac::HMAC_SHA256,
        TotpHash::Sha512 => hmac::HMAC_SHA512,
    };
    let key = hmac::Key::new(hash, totp.key.expose_secret());
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let from = usize::from(tag[tag.len() - 1] & 0x0f);
    let four = [tag[from] & 0x7f, tag[from + 1], tag[from + 2], tag[from + 3]];
    let number = u64::from(u32::from_be_bytes(four)) % 10_u64.pow(totp.digits);
    format!("{number:0width$}", width = totp.digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totp(hash: TotpHash, digits: u32) -> Totp {
        let length = match hash {
            TotpHash::Sha1 => 20,
            TotpHash::Sha256 => 32,
            TotpHash::Sha512 => 64,
        };
        let key: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
        Totp { key: key.into(), hash, digits, period_ms: 30_000 }
    }

    #[test]
    fn rfc_6238_appendix_b_test_vectors() {
        use TotpHash::{Sha1, Sha256, Sha512};
        for (at_s, sha1, sha256, sha512) in [
            (59_i64, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ] {
            let step = at_s / 30;
            for (hash, expected) in [(Sha1, sha1), (Sha256, sha256), (Sha512, sha512)] {
                assert_eq!(code(&totp(hash, 8), step), expected, "{hash:?} at {at_s}");
                assert_eq!(code(&totp(hash, 6), step), expected[2..], "{hash:?} at {at_s}");
            }
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(s: i64) -> Instant {
        Instant::from_ms(1_790_000_010_000 + s * 1000)
    }

    /// The time step and the seconds to wait for it.
    fn taken(codes: &Codes, at_s: i64) -> Option<(i64, u64)> {
        let turn = codes.take(at(at_s), MINUTE)?;
        Some((turn.step - at(0).ms() / 30_000, turn.wait.as_secs()))
    }

    #[test]
    fn no_code_is_given_out_twice_and_none_that_another_process_may_have_used() {
        let codes = Codes::new(totp(TotpHash::Sha1, 6), at(3));
        // Step 0 was under way when the process began.
        assert_eq!(taken(&codes, 5), Some((1, 25)));
        // Somebody else at the same time gets the one after.
        assert_eq!(taken(&codes, 5), Some((2, 55)));
        assert_eq!(taken(&codes, 65), Some((3, 25)));
        assert_eq!(taken(&codes, 200), Some((6, 0)));
        assert_eq!(taken(&codes, 201), Some((7, 9)));
    }

    #[test]
    fn a_code_about_to_end_is_not_begun_with() {
        let codes = Codes::new(totp(TotpHash::Sha1, 6), at(0));
        assert_eq!(taken(&codes, 57), Some((1, 0)));
        let codes = Codes::new(totp(TotpHash::Sha1, 6), at(0));
        assert_eq!(taken(&codes, 58), Some((2, 2)));
    }

    #[test]
    fn a_wait_that_does_not_fit_takes_nothing() {
        let codes = Codes::new(totp(TotpHash::Sha1, 6), at(0));
        assert_eq!(codes.take(at(1), Duration::from_secs(28)), None);
        assert_eq!(taken(&codes, 1), Some((1, 29)));
    }

    #[test]
    fn a_clock_set_back_gives_no_code_again() {
        let codes = Codes::new(totp(TotpHash::Sha1, 6), at(0));
        assert_eq!(taken(&codes, 40), Some((1, 0)));
        assert_eq!(taken(&codes, 10), Some((2, 50)));
        assert_eq!(codes.take(at(-3500), MINUTE), None);
        // Set back so far that codes would not be had for long.
        assert_eq!(taken(&codes, -7200), Some((-239, 30)));
    }

    #[test]
    fn a_turn_is_over_when_its_step_is() {
        let codes = Codes::new(totp(TotpHash::Sha1, 6), at(0));
        let turn = codes.take(at(30), MINUTE).unwrap();
        assert!(!codes.is_over(turn, at(59)));
        assert!(codes.is_over(turn, at(60)));
    }
}
