//! Copies the journal each day to the folders that are configured, each read back (C10.4).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use contract::Instant;
use exporter::Counters;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::Backup;

/// How often it is seen whether a backup is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a backup that failed waits for the next attempt.
const AGAIN_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// What backups are made with.
pub struct Backups {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// What is counted.
    pub counters: Arc<Counters>,
    /// The state folder.
    pub state_dir: PathBuf,
    /// Where to, and when.
    pub settings: watch::Receiver<Backup>,
}

impl Backups {
    /// Makes one at the start, and one each day at its time, until it is dropped; after a reload
    /// that changes where to, at once. One that is being made at the end of the program is cut
    /// short: what the folder held before is whole.
    pub async fn run(mut self) {
        let mut due = Instant::MIN;
        let mut made_to = Vec::new();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let settings = self.settings.borrow_and_update().clone();
            let now = self.clock.now().wall;
            // A clock that was set back puts nothing off by more than a day.
            let is_due = now >= due || due.since(now) > DAY_MS || settings.to != made_to;
            if settings.to.is_empty() || !is_due {
                continue;
            }
            due = next_at(now, settings.at_ms);
            made_to.clone_from(&settings.to);
            if !self.back_up(settings.to).await {
                due = due.min(now.plus_ms(AGAIN_MS));
            }
        }
    }

    /// Copies to each folder; whether all went well.
    async fn back_up(&self, to: Vec<PathBuf>) -> bool {
        let (state_dir, counters) = (self.state_dir.clone(), self.counters.clone());
        let work = move || {
            for shared in ledger::shared_devices(&state_dir, &to) {
                tracing::warn!("{shared}");
            }
            let mut all_made = true;
            for dest in &to {
                let is_made = copy(&state_dir, dest);
                counters.backed_up(is_made);
                all_made &= is_made;
            }
            all_made
        };
        let is_made = tokio::task::spawn_blocking(work).await.unwrap_or(false);
        if is_made {
            self.counters.all_backed_up(self.clock.now().wall);
        }
        is_made
    }
}

fn copy(state_dir: &Path, dest: &Path) -> bool {
    match ledger::backup(state_dir, dest, &mut |_, _| {}) {
        Ok(report) => {
            for damage in &report.damage {
                tracing::error!("the journal is damaged, and so is its backup: {damage}");
            }
            let (segments, bytes) = (report.segments, report.bytes_copied);
            tracing::info!(to = %dest.display(), segments, bytes, "backed up, and read back");
            report.damage.is_empty()
        }
        Err(error) => {
            tracing::error!(to = %dest.display(), %error, "no backup was made; it is tried again in an hour");
            false
        }
    }
}

/// The first instant after `now` that is `at_ms` into a UTC day.
fn next_at(now: Instant, at_ms: i64) -> Instant {
    let passed_ms = (now.ms() - at_ms).rem_euclid(DAY_MS);
    now.plus_ms(DAY_MS - passed_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c10_4_the_next_backup_is_today_or_tomorrow() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let at_ms = (3 * 60 + 10) * 60_000;
        for (now, next) in [
            ("2026-11-23T03:09:59.999Z", "2026-11-23T03:10:00.000Z"),
            ("2026-11-23T03:10:00.000Z", "2026-11-24T03:10:00.000Z"),
            ("2026-12-31T23:00:00.000Z", "2027-01-01T03:10:00.000Z"),
        ] {
            assert_eq!(next_at(at(now), at_ms), at(next));
        }
    }
}
