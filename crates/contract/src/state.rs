//! The state of a service, why it is not known, and what was seen (C3.1, C10.5).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The state of a service (C3.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ServiceState {
    /// A customer can log in.
    Up,
    /// A customer cannot log in.
    Down {
        /// A name from [`crate::DownCause`], or another reader's word.
        cause: String,
    },
    /// Not known.
    Unmeasured {
        /// Why not.
        cause: UnmeasuredCause,
    },
}

/// Why time is unmeasured: a closed list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmeasuredCause {
    /// Nothing is recorded.
    NoRecord,
    /// A failed login, not yet confirmed (C3.8).
    Suspected,
    /// The agent's own network could explain the failure (C3.3).
    OwnNetwork,
    /// The probe's account was refused (C3.5).
    ProbeAccount,
    /// The agent could not make the attempt.
    Unable,
    /// The attempt was late or missed (C3.7).
    Overdue,
    /// Paused by an operator (C3.6).
    Paused,
    /// The agent was not running.
    AgentOff,
    /// The machine slept.
    Suspended,
    /// The machine's clock was stepped.
    ClockStep,
}

impl UnmeasuredCause {
    /// Every cause.
    pub const ALL: [UnmeasuredCause; 10] = [
        UnmeasuredCause::NoRecord,
        UnmeasuredCause::Suspected,
        UnmeasuredCause::OwnNetwork,
        UnmeasuredCause::ProbeAccount,
        UnmeasuredCause::Unable,
        UnmeasuredCause::Overdue,
        UnmeasuredCause::Paused,
        UnmeasuredCause::AgentOff,
        UnmeasuredCause::Suspended,
        UnmeasuredCause::ClockStep,
    ];

    /// The name in facts, metrics and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            UnmeasuredCause::NoRecord => "no_record",
            UnmeasuredCause::Suspected => "suspected",
            UnmeasuredCause::OwnNetwork => "own_network",
            UnmeasuredCause::ProbeAccount => "probe_account",
            UnmeasuredCause::Unable => "unable",
            UnmeasuredCause::Overdue => "overdue",
            UnmeasuredCause::Paused => "paused",
            UnmeasuredCause::AgentOff => "agent_off",
            UnmeasuredCause::Suspended => "suspended",
            UnmeasuredCause::ClockStep => "clock_step",
        }
    }
}

/// What a human can look at later. No secret and no personal data beyond the probe account's name
/// (C10.3, C10.5).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// What happened, in one sentence.
    pub message: String,
    /// The URL that was asked, without its user part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The address it was asked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The page's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The first bytes of the answer, with the password and tokens cut out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// Witnesses that answered, of those asked: `2 of 3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnesses: Option<String>,
}

impl Evidence {
    /// What was seen beside the message: the name of each detail for people, and the detail as the
    /// service gave it.
    pub fn details(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        [
            ("url", self.url.as_deref().map(Cow::from)),
            ("address", self.address.as_deref().map(Cow::from)),
            ("status", self.status.map(|status| status.to_string().into())),
            ("title", self.title.as_deref().map(Cow::from)),
            ("answer", self.excerpt.as_deref().map(Cow::from)),
            ("witnesses", self.witnesses.as_deref().map(Cow::from)),
        ]
        .into_iter()
        .filter_map(|(name, detail)| Some((name, detail?)))
    }
}
