//! The format's rate limit: a bucket that gives one request per interval and holds a burst.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::web_config::RateLimit;

/// A bucket of requests that may pass.
pub(super) struct Bucket {
    limit: RateLimit,
    /// What it holds, and since when it is being filled further.
    held: Mutex<(u32, Instant)>,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(limit: RateLimit, now: Instant) -> Self {
        Bucket { limit, held: Mutex::new((limit.burst, now)) }
    }

    /// Takes one request out, if there is one.
    pub(super) fn take(&self, now: Instant) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, since) = *held;
        let passed = now.saturating_duration_since(since);
        let fresh = passed.as_nanos() / self.limit.interval.as_nanos();
        let missing = self.limit.burst - count;
        *held = match u32::try_from(fresh).ok().filter(|fresh| *fresh < missing) {
            Some(fresh) => (count + fresh, since + self.limit.interval * fresh),
            None => (self.limit.burst, now),
        };
        let has_one = held.0 > 0;
        held.0 -= u32::from(has_one);
        has_one
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_each_interval() {
        let began = Instant::now();
        let at = |ms| began + Duration::from_millis(ms);
        let limit = RateLimit { burst: 3, interval: Duration::from_millis(100) };
        let bucket = Bucket::new(limit, began);
        let passed = |ms| bucket.take(at(ms));
        assert_eq!([0, 0, 0, 0, 99].map(passed), [true, true, true, false, false]);
        assert_eq!([100, 100, 199, 200].map(passed), [true, false, false, true]);
        assert_eq!([9_999, 9_999, 9_999, 9_999].map(passed), [true, true, true, false]);
    }
}
