//! One-time codes (RFC 6238), each taken once.

use std::time::SystemTime;

use ring::hmac;

/// What an account's one-time codes are made from: HMAC-SHA-1, six digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Codes {
    /// The secret.
    pub key: Vec<u8>,
    /// How long a code holds. A test takes a short one, so as not to wait for the next.
    pub period_ms: u128,
}

impl Codes {
    /// The time step of a right code: this one or, as the RFC recommends, the one before.
    #[expect(clippy::disallowed_methods, reason = "a service has a clock of its own")]
    pub(crate) fn step_of(&self, code: &str) -> Option<u128> {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = since_epoch.unwrap_or_default().as_millis() / self.period_ms.max(1);
        [now, now.saturating_sub(1)].into_iter().find(|step| self.code(*step) == code)
    }

    fn code(&self, step: u128) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.key);
        let tag = hmac::sign(&key, &(step as u64).to_be_bytes());
        let from = usize::from(tag.as_ref()[19] & 0x0f);
        let number = tag.as_ref()[from..from + 4].iter().fold(0_u32, |n, b| n << 8 | u32::from(*b));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }
}
