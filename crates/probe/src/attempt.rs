//! What one login attempt gives: its outcome, its steps with their phases, and its evidence.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use contract::{Evidence, Outcome, Phase};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::certificate::Chain;
use crate::exchange::Exchange;

/// One login attempt. It serialises to the JSON of `upptid try --json`, without `service`.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What it ended in.
    pub outcome: Outcome,
    /// The phase in which it failed, if it was one.
    pub phase: Option<Phase>,
    /// The verdict in one plain sentence.
    pub message: String,
    /// How long it took, the log-out included.
    pub duration: Duration,
    /// Its requests in order, each with its phases.
    pub steps: Vec<Step>,
    /// The first TLS connection to the login's host, or the one that failed.
    pub tls: Option<TlsReport>,
    /// What a human can look at later.
    pub evidence: Evidence,
    /// What did not change the verdict and should be known: a log-out that failed.
    pub notes: Vec<String>,
    /// Requests sent.
    pub requests: u32,
    /// Bytes of bodies received, before decompression.
    pub bytes_received: u64,
    /// The requests and answers themselves, if somebody asked for them.
    pub exchanges: Option<Vec<Exchange>>,
}

/// One request of an attempt, with the connection that it needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `page`, `sign_in`, `code`, `redirect`, `check` or `log_out`; of a recipe `step_1` and on;
    /// where HTTP is not spoken also `greeting`, `offers` and `start_tls`.
    pub name: &'static str,
    /// What was asked for, secrets cut out.
    pub url: String,
    /// The address that it was asked at, once known.
    pub address: Option<SocketAddr>,
    /// The answer's status, once known: HTTP's, an SMTP reply's code, an LDAP result's.
    pub status: Option<u16>,
    /// How long each phase took; a step on an open connection has only the last two.
    pub phases: Phases,
}

/// How long the phases of a step took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases([Option<Duration>; Phase::ALL.len()]);

impl Phases {
    /// How long the phase took; none if it did not happen.
    pub fn get(&self, phase: Phase) -> Option<Duration> {
        self.0[phase as usize]
    }

    /// Sets a phase.
    pub fn set(&mut self, phase: Phase, took: Duration) {
        self.0[phase as usize] = Some(took);
    }

    /// The phases that happened, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, Duration)> {
        Phase::ALL.into_iter().filter_map(|phase| Some((phase, self.get(phase)?)))
    }
}

/// What was seen of a TLS handshake, also when it failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TlsReport {
    /// `TLS 1.3` or `TLS 1.2`, when the handshake was finished.
    pub version: Option<&'static str>,
    /// The cipher suite, when the handshake was finished: `TLS13_AES_256_GCM_SHA384`.
    pub cipher: Option<&'static str>,
    /// `http/1.1` or `h2`, when agreed on.
    pub protocol: Option<String>,
    /// The certificates that the service showed.
    pub chain: Option<Arc<Chain>>,
    /// What is wrong with them.
    pub fault: Option<String>,
}

impl Serialize for Attempt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Attempt", 12)?;
        out.serialize_field("outcome", self.outcome.as_str())?;
        out.serialize_field("phase", &self.phase)?;
        out.serialize_field("cause", &self.outcome.cause())?;
        out.serialize_field("message", &self.message)?;
        out.serialize_field("duration_ms", &ms(self.duration))?;
        out.serialize_field("steps", &self.steps)?;
        out.serialize_field("tls", &self.tls)?;
        out.serialize_field("evidence", &self.evidence)?;
        out.serialize_field("notes", &self.notes)?;
        out.serialize_field("requests", &self.requests)?;
        out.serialize_field("bytes_received", &self.bytes_received)?;
        if let Some(exchanges) = &self.exchanges {
            out.serialize_field("exchanges", exchanges)?;
        }
        out.end()
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Step", 5)?;
        out.serialize_field("name", self.name)?;
        out.serialize_field("url", &self.url)?;
        out.serialize_field("address", &self.address)?;
        out.serialize_field("status", &self.status)?;
        out.serialize_field("phases_ms", &self.phases)?;
        out.end()
    }
}

impl Serialize for Phases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(phase, took)| (phase.as_str(), ms(took))))
    }
}

impl Serialize for TlsReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let chain = self.chain.as_deref();
        let mut out = serializer.serialize_struct("TlsReport", 6)?;
        out.serialize_field("version", &self.version)?;
        out.serialize_field("cipher", &self.cipher)?;
        out.serialize_field("protocol", &self.protocol)?;
        out.serialize_field("not_after", &chain.and_then(Chain::earliest_not_after))?;
        out.serialize_field("chain", &chain.map(Chain::certificates).unwrap_or_default())?;
        out.serialize_field("fault", &self.fault)?;
        out.end()
    }
}

/// Milliseconds to the microsecond, for people and charts.
fn ms(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
