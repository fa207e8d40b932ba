//! What the agent counts about itself: counters and histograms in a registry of their own.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use contract::{Instant, Phase};
use prometheus::core::Collector;
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, TextEncoder,
};
use serde::Serialize;

use crate::snapshot::Attempt;

/// Upper bounds of a login's duration and its phases, in seconds: from a neighbour's connect to a
/// whole attempt's time limit.
const DURATION_BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Upper bounds of how late an attempt starts, in seconds: from one tick's noise to a missed turn.
const LAG_BUCKETS: &[f64] = &[0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// What the agent has done since it started. Cheap to touch from any thread.
#[derive(Debug)]
pub struct Counters {
    registry: Registry,
    attempts: IntCounterVec,
    duration: Histogram,
    phases: [Histogram; Phase::ALL.len()],
    in_flight: IntGauge,
    lag: Histogram,
    late: IntCounter,
    missed: IntCounter,
    facts: IntCounter,
    statement_failures: IntCounter,
    backups: IntCounterVec,
    backup_success: IntGauge,
    reloads: IntCounterVec,
    scrapes: IntCounter,
    requests: IntCounterVec,
    accept_failures: IntCounter,
    connections_refused: IntCounterVec,
    logins_refused: IntCounter,
    certificate_reads: IntCounterVec,
    certificate_expiry: IntGauge,
    notices_delivered: IntCounterVec,
    notice_failures: IntCounterVec,
    notices_waiting: IntGauge,
    letters_refused: IntGauge,
    direct_alerts_active: IntGauge,
    /// Whether they are wanted at all.
    direct_alerts_wanted: AtomicBool,
    /// Answers on `/metrics` that somebody took to the end.
    metrics_read: AtomicU64,
}

impl Counters {
    /// All at zero.
    pub fn new() -> Self {
        let registry = Registry::new();
        let phases = register(
            &registry,
            HistogramVec::new(
                histogram(
                    "upptid_probe_phase_duration_seconds",
                    "Time a finished attempt spent in each phase, over all services.",
                    DURATION_BUCKETS,
                ),
                &["phase"],
            ),
        );
        let attempts = counters(
            &registry,
            "upptid_attempts_total",
            "Finished login attempts, by outcome.",
            "outcome",
        );
        for outcome in ["up", "down", "account", "unable"] {
            attempts.with_label_values(&[outcome]);
        }
        let reloads = counters(
            &registry,
            "upptid_config_reloads_total",
            "Readings of the configuration after the start, by result.",
            "result",
        );
        for result in ["success", "failure"] {
            reloads.with_label_values(&[result]);
        }
        let backups = counters(
            &registry,
            "upptid_backups_total",
            "Copies of the journal to a folder, by result.",
            "result",
        );
        for result in ["success", "failure"] {
            backups.with_label_values(&[result]);
        }
        let connections_refused = counters(
            &registry,
            "upptid_http_connections_refused_total",
            "Connections that were closed before a request, by reason.",
            "reason",
        );
        for reason in ["handshake", "peer_limit"] {
            connections_refused.with_label_values(&[reason]);
        }
        let certificate_reads = counters(
            &registry,
            "upptid_http_certificate_reads_total",
            "Readings of the pages' certificate after its files changed, by result.",
            "result",
        );
        for result in ["success", "failure"] {
            certificate_reads.with_label_values(&[result]);
        }
        Counters {
            attempts,
            duration: register(
                &registry,
                Histogram::with_opts(histogram(
                    "upptid_probe_duration_seconds",
                    "Duration of a finished attempt, over all services.",
                    DURATION_BUCKETS,
                )),
            ),
            phases: Phase::ALL.map(|phase| phases.with_label_values(&[phase.as_str()])),
            in_flight: register(
                &registry,
                IntGauge::new("upptid_attempts_in_flight", "Login attempts under way."),
            ),
            lag: register(
                &registry,
                Histogram::with_opts(histogram(
                    "upptid_schedule_lag_seconds",
                    "How long after its due instant an attempt started.",
                    LAG_BUCKETS,
                )),
            ),
            late: counter(
                &registry,
                "upptid_attempts_late_total",
                "Attempts that started too late for their turn on the grid.",
            ),
            missed: counter(
                &registry,
                "upptid_attempts_missed_total",
                "Due attempts that were never made.",
            ),
            facts: counter(
                &registry,
                "upptid_facts_recorded_total",
                "Facts that are safely on disk in the journal.",
            ),
            statement_failures: counter(
                &registry,
                "upptid_statement_failures_total",
                "Times that statements of a month were due and could not be made.",
            ),
            backups,
            backup_success: register(
                &registry,
                IntGauge::new(
                    "upptid_backup_success_timestamp_seconds",
                    "When the journal was last copied to every folder; 0: not since the start.",
                ),
            ),
            reloads,
            scrapes: counter(&registry, "upptid_scrapes_total", "Answers given on /metrics."),
            requests: counters(
                &registry,
                "upptid_http_responses_total",
                "Answers given over HTTP, by status.",
                "code",
            ),
            accept_failures: counter(
                &registry,
                "upptid_http_accept_failures_total",
                "Connections that could not be accepted.",
            ),
            connections_refused,
            logins_refused: counter(
                &registry,
                "upptid_http_logins_refused_total",
                "Requests whose user or password was wrong.",
            ),
            certificate_reads,
            certificate_expiry: register(
                &registry,
                IntGauge::new(
                    "upptid_http_certificate_expiry_timestamp_seconds",
                    "When the certificate of the pages expires; 0: they are without TLS.",
                ),
            ),
            notices_delivered: counters(
                &registry,
                "upptid_notices_delivered_total",
                "Notices that a mail server or a webhook has accepted, by channel.",
                "channel",
            ),
            notice_failures: register(
                &registry,
                IntCounterVec::new(
                    Opts::new(
                        "upptid_notice_failures_total",
                        "Letters that did not go: the way was closed, they were put off, refused.",
                    ),
                    &["channel", "reason"],
                ),
            ),
            notices_waiting: register(
                &registry,
                IntGauge::new("upptid_notices_waiting", "Notices due and not delivered yet."),
            ),
            letters_refused: register(
                &registry,
                IntGauge::new(
                    "upptid_letters_refused",
                    "Letters due that a mail server or a webhook refuses for good.",
                ),
            ),
            direct_alerts_active: register(
                &registry,
                IntGauge::new(
                    "upptid_direct_alerts_active",
                    "Whether the agent tells alerts itself: always, or as nobody scrapes it.",
                ),
            ),
            direct_alerts_wanted: AtomicBool::new(false),
            metrics_read: AtomicU64::new(0),
            registry,
        }
    }

    /// An attempt has started, `lag` after it was due.
    pub fn attempt_started(&self, lag: Duration) {
        self.in_flight.inc();
        self.lag.observe(lag.as_secs_f64());
    }

    /// An attempt that was counted as started has ended.
    pub fn attempt_finished(&self, attempt: &Attempt) {
        self.in_flight.dec();
        self.attempts.with_label_values(&[attempt.outcome.as_str()]).inc();
        self.duration.observe(attempt.duration.as_secs_f64());
        for (histogram, duration) in self.phases.iter().zip(attempt.phases.each()) {
            if let Some(duration) = duration {
                histogram.observe(duration.as_secs_f64());
            }
        }
    }

    /// An attempt that was counted as started was given up without a result.
    pub fn attempt_abandoned(&self) {
        self.in_flight.dec();
    }

    /// An attempt started too late for its turn.
    pub fn attempt_late(&self) {
        self.late.inc();
    }

    /// `count` due attempts were never made.
    pub fn attempts_missed(&self, count: u64) {
        self.missed.inc_by(count);
    }

    /// `count` facts are on disk.
    pub fn facts_recorded(&self, count: u64) {
        self.facts.inc_by(count);
    }

    /// Statements of a month were due, and could not be made.
    pub fn statement_failed(&self) {
        self.statement_failures.inc();
    }

    /// The journal was copied to a folder, or was not.
    pub fn backed_up(&self, success: bool) {
        self.backups.with_label_values(&[if success { "success" } else { "failure" }]).inc();
    }

    /// The journal was copied to every folder at `now`.
    pub fn all_backed_up(&self, now: Instant) {
        self.backup_success.set(now.ms().div_euclid(1000));
    }

    /// The configuration was read again.
    pub fn config_reloaded(&self, success: bool) {
        self.reloads.with_label_values(&[if success { "success" } else { "failure" }]).inc();
    }

    /// `count` notices were accepted by `channel`.
    pub fn notices_delivered(&self, channel: &str, count: usize) {
        self.notices_delivered.with_label_values(&[channel]).inc_by(count as u64);
    }

    /// A letter did not go by `channel`: `way`, `later` or `refused`.
    pub fn notice_failed(&self, channel: &str, reason: &str) {
        self.notice_failures.with_label_values(&[channel, reason]).inc();
    }

    /// What is due now: notices that wait, and letters that are refused for good.
    pub fn notices_waiting(&self, notices: usize, refused: usize) {
        self.notices_waiting.set(i64::try_from(notices).unwrap_or(i64::MAX));
        self.letters_refused.set(i64::try_from(refused).unwrap_or(i64::MAX));
    }

    /// How direct alerts stand.
    pub fn direct_alerts(&self, now: DirectAlerts) {
        self.direct_alerts_wanted.store(now != DirectAlerts::Off, Ordering::Relaxed);
        self.direct_alerts_active.set(i64::from(now == DirectAlerts::Active));
    }

    /// How many answers on `/metrics` were taken to the end. Whoever counts on a Prometheus sees by
    /// it that there is one.
    pub fn metrics_read(&self) -> u64 {
        self.metrics_read.load(Ordering::Relaxed)
    }

    /// What they stand at, for the agent's own page.
    pub fn counted(&self) -> Counted {
        let success = self.backup_success.get();
        let whole = |gauge: &IntGauge| gauge.get().try_into().unwrap_or(0);
        Counted {
            attempts: ["up", "down", "account", "unable"]
                .map(|outcome| (outcome, self.attempts.with_label_values(&[outcome]).get())),
            in_flight: whole(&self.in_flight),
            lag_ms_p99: percentile_ms(&self.lag, 99),
            late: self.late.get(),
            missed: self.missed.get(),
            statement_failures: self.statement_failures.get(),
            backups: self.backups.with_label_values(&["success"]).get(),
            backup_failures: self.backups.with_label_values(&["failure"]).get(),
            backed_up: (success > 0).then(|| Instant::from_ms(success * 1000)),
            reloads: self.reloads.with_label_values(&["success"]).get(),
            reload_failures: self.reloads.with_label_values(&["failure"]).get(),
            notices_waiting: whole(&self.notices_waiting),
            letters_refused: whole(&self.letters_refused),
            direct_alerts: match self.direct_alerts_wanted.load(Ordering::Relaxed) {
                false => DirectAlerts::Off,
                true if self.direct_alerts_active.get() == 0 => DirectAlerts::Ready,
                true => DirectAlerts::Active,
            },
        }
    }

    /// Somebody who may has read all of `/metrics`.
    pub(crate) fn metrics_were_read(&self) {
        self.metrics_read.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn scraped(&self) {
        self.scrapes.inc();
    }

    pub(crate) fn answered(&self, status: u16) {
        self.requests.with_label_values(&[itoa::Buffer::new().format(status)]).inc();
    }

    pub(crate) fn accept_failed(&self) {
        self.accept_failures.inc();
    }

    /// A connection was closed before a request: `handshake` or `peer_limit`.
    pub(crate) fn connection_refused(&self, reason: &str) {
        self.connections_refused.with_label_values(&[reason]).inc();
    }

    /// A user or a password was wrong.
    pub(crate) fn login_refused(&self) {
        self.logins_refused.inc();
    }

    /// The pages' certificate was read again, because its files had changed.
    pub(crate) fn certificate_read(&self, success: bool) {
        self.certificate_reads
            .with_label_values(&[if success { "success" } else { "failure" }])
            .inc();
    }

    /// When the pages' certificate expires; none without TLS.
    pub(crate) fn certificate_expires(&self, at: Option<Instant>) {
        self.certificate_expiry.set(at.map_or(0, |at| at.ms().div_euclid(1000)));
    }

    /// Appends every family in the text format, sorted by name.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let families = self.registry.gather();
        TextEncoder::new().encode(&families, out).expect("a Vec takes every byte");
    }
}

/// What the counters stood at.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Counted {
    /// Finished attempts, by outcome.
    pub attempts: [(&'static str, u64); 4],
    /// Attempts under way.
    pub in_flight: u64,
    /// 99 of 100 attempts started no later than this after their due instant, in ms: a bucket's
    /// bound. None before the first, and beyond the last bucket.
    pub lag_ms_p99: Option<f64>,
    /// Attempts that started too late for their turn.
    pub late: u64,
    /// Due attempts that were never made.
    pub missed: u64,
    /// Times that statements were due and could not be made.
    pub statement_failures: u64,
    /// Copies of the journal to a folder.
    pub backups: u64,
    /// Copies that failed.
    pub backup_failures: u64,
    /// When the journal was last copied to every folder.
    pub backed_up: Option<Instant>,
    /// Readings of the configuration after the start.
    pub reloads: u64,
    /// Those that were refused.
    pub reload_failures: u64,
    /// Notices that are due and not delivered.
    pub notices_waiting: u64,
    /// Letters that are refused for good.
    pub letters_refused: u64,
    /// Whether the agent tells alerts itself.
    pub direct_alerts: DirectAlerts,
}

/// Whether the agent tells alerts itself (C8.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectAlerts {
    /// It never does.
    #[default]
    Off,
    /// It does once nobody scrapes it.
    Ready,
    /// It does.
    Active,
}

/// The bound of the bucket in which the histogram's percentile lies, in ms.
fn percentile_ms(histogram: &Histogram, percent: u64) -> Option<f64> {
    let families = histogram.collect();
    let metric = families.first()?.get_metric().first()?;
    let histogram = metric.get_histogram();
    let wanted = (histogram.get_sample_count() * percent).div_ceil(100);
    let buckets = histogram.get_bucket().iter();
    let mut reached = buckets.filter(|bucket| wanted > 0 && bucket.cumulative_count() >= wanted);
    reached.next().map(|bucket| bucket.upper_bound() * 1000.0)
}

impl Default for Counters {
    fn default() -> Self {
        Self::new()
    }
}

fn histogram(name: &str, help: &str, buckets: &[f64]) -> HistogramOpts {
    HistogramOpts::new(name, help).buckets(buckets.to_vec())
}

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    register(registry, IntCounter::new(name, help))
}

fn counters(registry: &Registry, name: &str, help: &str, label: &str) -> IntCounterVec {
    register(registry, IntCounterVec::new(Opts::new(name, help), &[label]))
}

/// Registers a metric whose name and labels are constants of this file.
fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: prometheus::Result<C>,
) -> C {
    let metric = metric.expect("names and labels are well-formed");
    registry.register(Box::new(metric.clone())).expect("every name is registered once");
    metric
}
