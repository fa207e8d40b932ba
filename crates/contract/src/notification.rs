//! Incidents notifiable under the cyber security act (NIS2): what is due, and when (C10.6).

use jiff::ToSpan;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::instant::Instant;

const HOUR_MS: i64 = 3_600_000;

/// An incident that an operator has marked as notifiable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notifiable {
    /// The line that marks it.
    pub seq: u64,
    /// When it was marked.
    pub at: Instant,
    /// When the incident opened.
    pub opened: Instant,
    /// When it was detected: the deadlines count from here.
    pub detected: Instant,
    /// The system account that marked it.
    pub by: String,
    /// What was handed in to the authority, in the order in which it was recorded.
    pub reports: Vec<Reported>,
}

/// Something was handed in to the authority.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reported {
    /// The line that records it.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// What was handed in.
    pub stage: ReportStage,
    /// The authority's reference.
    pub reference: Option<String>,
    /// The system account that recorded it.
    pub by: String,
}

/// What has to be handed in, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportStage {
    /// Within 24 hours of detection.
    EarlyWarning,
    /// Within 72 hours of detection.
    Notification,
    /// Within a month of the notification's deadline.
    Final,
}

impl ReportStage {
    /// Every stage.
    pub const ALL: [ReportStage; 3] =
        [ReportStage::EarlyWarning, ReportStage::Notification, ReportStage::Final];

    /// The name in facts, JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            ReportStage::EarlyWarning => "early_warning",
            ReportStage::Notification => "notification",
            ReportStage::Final => "final",
        }
    }

    /// Until when it has to be handed in. The month is a calendar month in `zone`.
    pub fn deadline(self, detected: Instant, zone: &TimeZone) -> Instant {
        match self {
            ReportStage::EarlyWarning => detected.plus_ms(24 * HOUR_MS),
            ReportStage::Notification => detected.plus_ms(72 * HOUR_MS),
            ReportStage::Final => {
                let notified = detected.plus_ms(72 * HOUR_MS);
                let local = zone.to_datetime(notified.timestamp());
                let due = local.checked_add(1.month()).ok();
                due.and_then(|due| zone.to_timestamp(due).ok()).map_or(Instant::MAX, Instant::from)
            }
        }
    }
}

impl Notifiable {
    /// When `stage` was first recorded as handed in.
    pub fn reported(&self, stage: ReportStage) -> Option<&Reported> {
        self.reports.iter().find(|made| made.stage == stage)
    }
}
