//! Whether alerts are told directly, and what holds of the agent itself (C8.2). No clock, no I/O.
//!
//! What is told of services follows from the facts. What is wrong with the agent does not: it is
//! watched here, and after a restart taken up again from what is on record as told.

use std::collections::{BTreeMap, BTreeSet};

use contract::alerts::Episode;
use contract::{Alert, Delivery, Instant, NoticeKind};
use watch::Now;

use crate::config::AlertsWhen;

/// How long what was wrong with the agent has to be right again to be over.
const OVER_AFTER_MS: i64 = 600_000;
/// How long the clock may be without a time source before it is an alert, as in Prometheus' rules.
const CLOCK_FOR_MS: i64 = 300_000;

/// What the agent shows of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Signs {
    /// Answers on `/metrics` that were read so far.
    pub metrics_read: u64,
    /// Writes to the journal that failed so far.
    pub write_failures: u64,
    /// Whether the journal cannot be written now.
    pub unwritable: bool,
    /// Whether damage was found in the journal.
    pub damaged: bool,
    /// Whether the clock is known to be kept by no time source.
    pub unsynchronised: bool,
    /// Whether the configuration that was read last was refused.
    pub refused: bool,
}

/// Watches the agent.
#[derive(Debug)]
pub struct Alerting {
    before: Signs,
    /// When `/metrics` was last read, or the start.
    read: Now,
    /// Since when nobody has read it, once that has been long; it stays until it is over.
    gone_since: Option<Instant>,
    /// When it was read again since.
    back_mono_ms: Option<i64>,
    trouble: BTreeMap<Alert, Trouble>,
}

/// One thing that can be wrong with the agent.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    is_wrong: bool,
    /// Since when it has been so.
    turned: Now,
    /// Since when it is an alert.
    holds_since: Option<Instant>,
}

/// What there is to tell directly.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// What holds at or after this instant is told directly; none: Prometheus tells it.
    pub from: Option<Instant>,
    /// What holds of the agent.
    pub own: Vec<Episode>,
    /// What does not hold of it now, and may not be over.
    pub in_doubt: BTreeSet<Alert>,
}

impl Alerting {
    /// Begins at the start of the agent. `told` is what is on record about it: if nobody read
    /// `/metrics` before, that is so until somebody does.
    pub fn new(signs: Signs, told: &[Delivery], now: Now) -> Self {
        let about = |kind| told.iter().filter(move |made| made.notice == kind);
        let is_over =
            |about_it: &str| about(NoticeKind::AlertResolved).any(|made| made.about == about_it);
        let gone = about(NoticeKind::Alert).rev().find_map(|made| {
            let (alert, since) = Alert::of(&made.about)?;
            (alert == Alert::NotScraped).then_some((since, is_over(&made.about)))
        });
        let gone_since = gone.filter(|(_, is_over)| !is_over).map(|(since, _)| since);
        let right = Trouble { is_wrong: false, turned: now, holds_since: None };
        let alerts = [
            Alert::JournalWriteFailing,
            Alert::JournalDamaged,
            Alert::ClockNotSynchronised,
            Alert::ConfigRefused,
        ];
        Alerting {
            before: signs,
            read: now,
            gone_since,
            back_mono_ms: None,
            trouble: alerts.into_iter().map(|alert| (alert, right)).collect(),
        }
    }

    /// Takes notice of `signs`, and says what is to be told. Call it each second or so.
    pub fn observe(&mut self, when: AlertsWhen, signs: Signs, now: Now) -> Standing {
        let before = std::mem::replace(&mut self.before, signs);
        let mut standing = Standing::default();
        match when {
            AlertsWhen::Always => {
                (self.gone_since, self.back_mono_ms) = (None, None);
                standing.from = Some(Instant::MIN);
            }
            AlertsWhen::NotScraped { after_ms } => {
                self.observe_reads(before.metrics_read != signs.metrics_read, after_ms, now);
                standing.from = self.gone_since.filter(|_| self.back_mono_ms.is_none());
                standing.own.extend(self.gone_since.map(|since| open(Alert::NotScraped, since)));
            }
        }
        let fails = signs.unwritable || before.write_failures != signs.write_failures;
        for (alert, is_wrong, for_ms) in [
            (Alert::JournalWriteFailing, fails, 0),
            (Alert::JournalDamaged, signs.damaged, 0),
            (Alert::ClockNotSynchronised, signs.unsynchronised, CLOCK_FOR_MS),
            (Alert::ConfigRefused, signs.refused, 0),
        ] {
            let Some(trouble) = self.trouble.get_mut(&alert) else { continue };
            trouble.observe(is_wrong, for_ms, now);
            match trouble.holds_since {
                Some(since) => standing.own.push(open(alert, since)),
                None if is_wrong || now.mono_ms - trouble.turned.mono_ms < OVER_AFTER_MS => {
                    standing.in_doubt.insert(alert);
                }
                None => {}
            }
        }
        standing
    }

    /// Prometheus is gone when nobody has read for so long, and back when it has read for as long
    /// again. In between nothing new is told, neither of services nor that it is gone.
    fn observe_reads(&mut self, was_read: bool, after_ms: i64, now: Now) {
        if was_read {
            self.read = now;
            if self.gone_since.is_some() {
                self.back_mono_ms.get_or_insert(now.mono_ms);
            }
        }
        if now.mono_ms - self.read.mono_ms >= after_ms {
            self.gone_since.get_or_insert(self.read.wall);
            self.back_mono_ms = None;
        }
        if self.back_mono_ms.is_some_and(|back_ms| now.mono_ms - back_ms >= after_ms) {
            (self.gone_since, self.back_mono_ms) = (None, None);
        }
    }
}

impl Trouble {
    fn observe(&mut self, is_wrong: bool, for_ms: i64, now: Now) {
        if is_wrong != self.is_wrong {
            (self.is_wrong, self.turned) = (is_wrong, now);
        }
        let so_for_ms = now.mono_ms - self.turned.mono_ms;
        match is_wrong {
            true if so_for_ms >= for_ms => {
                self.holds_since.get_or_insert(self.turned.wall);
            }
            false if so_for_ms >= OVER_AFTER_MS => self.holds_since = None,
            _ => {}
        }
    }
}

fn open(alert: Alert, since: Instant) -> Episode {
    Episode { since, alert, end: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;
    const AFTER: AlertsWhen = AlertsWhen::NotScraped { after_ms: 5 * MINUTE_MS };

    fn at(minute: i64) -> Now {
        let ms = minute * MINUTE_MS;
        Now { wall: Instant::from_ms(ms), mono_ms: ms, boot_ms: ms }
    }

    fn told(notice: NoticeKind, about: String) -> Delivery {
        Delivery {
            seq: 1,
            at: Instant::from_ms(0),
            notice,
            about,
            contact: "oncall".to_owned(),
            channel: "mail".to_owned(),
        }
    }

    /// Whether alerts are told directly in each minute, where `/metrics` is read in those named.
    fn active(alerting: &mut Alerting, minutes: std::ops::Range<i64>, read: &[i64]) -> String {
        let mut signs = alerting.before;
        let minute = |minute| {
            signs.metrics_read += u64::from(read.contains(&minute));
            let standing = alerting.observe(AFTER, signs, at(minute));
            match (standing.from, standing.own.is_empty()) {
                (Some(_), _) => 'x',
                (None, false) => '~',
                (None, true) => '.',
            }
        };
        minutes.map(minute).collect()
    }

    #[test]
    fn c8_2_prometheus_has_the_whole_time_from_the_start_on() {
        let mut alerting = Alerting::new(Signs::default(), &[], at(0));
        assert_eq!(active(&mut alerting, 0..8, &[]), ".....xxx");
        let standing = alerting.observe(AFTER, alerting.before, at(9));
        assert_eq!(standing.from, Some(at(0).wall));
        assert_eq!(standing.own, [open(Alert::NotScraped, at(0).wall)]);
    }

    #[test]
    fn c8_2_one_read_ends_direct_alerts_and_five_quiet_minutes_end_the_alert_about_it() {
        let mut alerting = Alerting::new(Signs::default(), &[], at(0));
        let read = [1, 8, 10, 12, 14];
        assert_eq!(active(&mut alerting, 0..15, &read), "......xx~~~~~..");
        // Who reads too seldom is told of once, not each time.
        let read: Vec<i64> = (20..60).step_by(6).collect();
        let seen = active(&mut alerting, 15..40, &read);
        assert_eq!(seen, "....x~~~~~x~~~~~x~~~~~x~~");
        assert_eq!(alerting.gone_since, Some(at(14).wall));
    }

    #[test]
    fn c8_2_after_a_restart_prometheus_is_gone_if_that_is_on_record() {
        let about = Alert::NotScraped.about(at(-30).wall);
        let alert = told(NoticeKind::Alert, about.clone());
        let mut alerting = Alerting::new(Signs::default(), std::slice::from_ref(&alert), at(0));
        assert_eq!(active(&mut alerting, 0..3, &[]), "xxx");
        let standing = alerting.observe(AFTER, alerting.before, at(3));
        assert_eq!(standing.own[0].alert.about(standing.own[0].since), about);
        let over = [alert, told(NoticeKind::AlertResolved, about)];
        let mut alerting = Alerting::new(Signs::default(), &over, at(0));
        assert_eq!(active(&mut alerting, 0..7, &[]), ".....xx");
    }

    #[test]
    fn c8_2_a_machine_that_slept_has_missed_no_scrape() {
        let mut alerting = Alerting::new(Signs::default(), &[], at(0));
        let awake = Now { wall: at(600).wall, mono_ms: MINUTE_MS, boot_ms: 600 * MINUTE_MS };
        assert_eq!(alerting.observe(AFTER, Signs::default(), awake).from, None);
    }

    #[test]
    fn c8_2_alerts_are_always_direct_where_there_is_no_prometheus() {
        let mut alerting = Alerting::new(Signs::default(), &[], at(0));
        let standing = alerting.observe(AlertsWhen::Always, Signs::default(), at(0));
        assert_eq!((standing.from, standing.own), (Some(Instant::MIN), vec![]));
    }

    #[test]
    fn c8_2_what_is_wrong_with_the_agent_holds_until_it_was_right_for_ten_minutes() {
        let mut alerting = Alerting::new(Signs::default(), &[], at(0));
        let mut at_minute = |minute, signs| {
            let standing = alerting.observe(AlertsWhen::Always, signs, at(minute));
            let own = standing.own.iter().map(|it| (it.alert, it.since.ms() / MINUTE_MS));
            (own.collect::<Vec<_>>(), standing.in_doubt)
        };
        let right = Signs::default();
        let off = Signs { unsynchronised: true, ..right };
        let clock = Alert::ClockNotSynchronised;
        assert!(at_minute(1, right).1.contains(&clock), "it may have been so before the start");
        assert!(at_minute(11, right).1.is_empty());
        assert_eq!(at_minute(12, off), (vec![], BTreeSet::from([clock])));
        assert_eq!(at_minute(17, off).0, [(clock, 12)]);
        assert_eq!(at_minute(18, right).0, [(clock, 12)]);
        assert_eq!(at_minute(20, off).0, [(clock, 12)], "it is the same trouble");
        assert_eq!(at_minute(21, right).0, [(clock, 12)]);
        assert_eq!(at_minute(31, right).0, []);
        // A write that failed between two looks.
        let failed = Signs { write_failures: 1, ..right };
        assert_eq!(at_minute(32, failed).0, [(Alert::JournalWriteFailing, 32)]);
        assert_eq!(at_minute(33, failed).0, [(Alert::JournalWriteFailing, 32)]);
        assert_eq!(at_minute(43, failed).0, []);
    }
}
