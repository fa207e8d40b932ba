//! What is asked and answered on the admin socket.

use contract::Instant;
use serde::{Deserialize, Serialize};

/// What a person asks of the agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Announce a planned stop (C4.1).
    StopAnnounce(Announcement),
    /// Cancel a planned stop (C4.6).
    StopCancel {
        /// The stop, e.g. `S1`.
        id: String,
    },
    /// List the planned stops that are not over, and this month's.
    StopList,
}

/// A planned stop as a person announces it. When it was announced is the agent's to say (C4.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// The services that stop.
    pub services: Vec<String>,
    /// The window's first instant: RFC 3339, or local time in the services' time zone.
    pub from: String,
    /// The first instant after the window, written likewise.
    pub until: String,
    /// Why.
    pub reason: String,
    /// The reference of an agreement, if otherwise agreed (C4.4).
    #[serde(default)]
    pub agreed: Option<String>,
    /// Only say what the verdict would be.
    #[serde(default)]
    pub dry_run: bool,
}

/// What the agent answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// One stop: announced, cancelled, or how it would be judged.
    Stop {
        /// The stop.
        stop: StopView,
        /// Whether it is on record; not so for a dry run.
        recorded: bool,
    },
    /// Several stops, in the order of their windows.
    Stops {
        /// The stops.
        stops: Vec<StopView>,
    },
    /// Nothing was recorded, and why.
    Refused {
        /// A fragment that fits "refused: …" and says what to do.
        error: String,
    },
}

/// A planned stop with its verdict for each service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StopView {
    /// The stop's id; none for a dry run.
    pub id: Option<String>,
    /// The services that stop.
    pub services: Vec<String>,
    /// The window's first instant.
    pub from: Instant,
    /// The first instant after the window, as it now is.
    pub until: Instant,
    /// Why.
    pub reason: String,
    /// Who announced it.
    pub by: String,
    /// When it was announced.
    pub announced_at: Instant,
    /// The reference of an agreement.
    pub agreed: Option<String>,
    /// The verdict for each service, in the order of `services`.
    pub verdicts: Vec<StopVerdict>,
}

/// How a stop is judged for one service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StopVerdict {
    /// The service.
    pub service: String,
    /// `valid`, `agreed`, `late`, `surplus` or `cancelled`.
    pub verdict: String,
    /// Whether the window overlaps office hours (C4.5).
    pub in_office_hours: bool,
    /// The verdict in one sentence.
    pub reason: String,
}
