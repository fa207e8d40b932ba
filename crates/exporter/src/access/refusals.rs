//! Refused logins in the log: each with its peer and user at first, then their number.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Refusals that are told in [`WINDOW`], one by one.
const TOLD_MAX: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Characters of a user's name that are shown.
const USER_SHOWN_MAX: usize = 64;

/// Refused logins of the last minute.
#[derive(Default)]
pub(super) struct Refusals(Mutex<Option<(Instant, u32)>>);

impl Refusals {
    /// Tells of a login that was refused, at a bounded rate. The password is not known here.
    pub(super) fn tell(&self, peer: Option<SocketAddr>, user: &str) {
        let (told, untold) = self.count(Instant::now());
        if untold > 0 {
            tracing::warn!(untold, "further logins to the pages were refused");
        }
        if told <= TOLD_MAX {
            let peer = peer.map(|peer| peer.ip().to_string()).unwrap_or_default();
            let user: String = user.chars().take(USER_SHOWN_MAX).collect();
            // In Debug form, so that no character of it can forge a line.
            tracing::warn!(peer, ?user, "a login to the pages was refused");
        }
    }

    /// How many there are in this window, and how many of the last one were not told.
    fn count(&self, now: Instant) -> (u32, u32) {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *window {
            Some((began, count)) if now.saturating_duration_since(*began) < WINDOW => {
                *count = count.saturating_add(1);
                (*count, 0)
            }
            ended => {
                let untold = ended.map_or(0, |(_, count)| count.saturating_sub(TOLD_MAX));
                *ended = Some((now, 1));
                (1, untold)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_minute_are_told_and_the_rest_are_counted() {
        let (refusals, began) = (Refusals::default(), Instant::now());
        for n in 1..=TOLD_MAX + 5 {
            assert_eq!(refusals.count(began), (n, 0));
        }
        assert_eq!(refusals.count(began + WINDOW), (1, 5));
        assert_eq!(refusals.count(began + WINDOW * 3), (1, 0));
    }
}
