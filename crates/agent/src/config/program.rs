//! The program's configuration: parsed, resolved and bounded. `load` is the only road to it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use contract::{Instant, Money, Terms};
use exporter::WebConfig;
use notices::settings::{Mail, Webhook};
use probe::settings::Login;

use super::alerts::Alerts;
use super::problem::Problems;
use super::secret::SecretPlace;

/// Everything the program is told. Paths are absolute or relative to the working directory.
#[derive(Clone, Debug)]
pub struct Config {
    /// This vantage point.
    pub agent: Agent,
    /// The page and `/metrics`.
    pub web: Web,
    /// Where operators' commands come in.
    pub admin: Admin,
    /// How the log is written.
    pub log: Log,
    /// Other hosts that tell a dead service from a dead network (C3.3).
    pub witness: Witness,
    /// Every set of terms by name, also those no service uses.
    pub terms: BTreeMap<String, Arc<Terms>>,
    /// What is measured, in the order of the files. Names are unique.
    pub services: Vec<Arc<Service>>,
    /// The customers' system contacts (C4.8). Ids are unique.
    pub contacts: Vec<Contact>,
    /// Who answers for the services.
    pub provider: Provider,
    /// The server that takes mail; none: nobody is mailed.
    pub mail: Option<Mail>,
    /// Where its password was read.
    pub mail_password: Option<SecretPlace>,
    /// Where the journal is copied to each day (C10.4).
    pub backup: Backup,
    /// Programs that are told. Names are unique.
    pub webhooks: Vec<Webhook>,
    /// Alerts that the agent tells itself; none: it leaves them to Prometheus (C8.2).
    pub alerts: Option<Alerts>,
    /// What is allowed but should be known. Never errors.
    pub warnings: Problems,
}

/// This vantage point and its bounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    /// Names this vantage point in the journal, on the page and in statements.
    pub name: String,
    /// The network it measures from, in words, for statements.
    pub network: Option<String>,
    /// Journal, store and lock.
    pub state_dir: PathBuf,
    /// Attempts under way at once, in all.
    pub max_concurrent: u32,
    /// Attempts under way at once to one host.
    pub max_concurrent_per_host: u32,
    /// How often it is kept that all is measured: what a crash makes unmeasured.
    pub heartbeat_ms: i64,
}

/// Copies of the journal (C10.4).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Backup {
    /// The folders; empty: none is made.
    pub to: Vec<PathBuf>,
    /// At what time of the day, in ms since midnight UTC.
    pub at_ms: i64,
}

/// The page and `/metrics`.
#[derive(Clone, Debug)]
pub struct Web {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Whether POST `/-/reload` reads the configuration again.
    pub allow_reload: bool,
    /// Who may read, and over what (C10.2).
    pub access: WebConfig,
}

/// Where operators' commands come in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admin {
    /// A Unix socket.
    pub socket: PathBuf,
}

/// How the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Log {
    /// Text for people, JSON for collectors.
    pub format: LogFormat,
    /// The least severe line that is written.
    pub level: LogLevel,
}

/// The log's form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The least severe line that is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// What needs a look.
    Warn,
    /// State changes and decisions.
    Info,
    /// Each attempt.
    Debug,
    /// Everything.
    Trace,
}

/// Hosts that are asked when a login fails in a network phase (C3.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// How many must answer; 0 only when there are no targets.
    pub need: usize,
    /// Whom to ask; empty: network failures count as downtime, and statements say so.
    pub targets: Vec<Target>,
    /// How long each may take to answer.
    pub timeout_ms: i64,
}

/// One witness.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Unique among the witnesses.
    pub name: String,
    /// A name or an address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it answers by a TLS handshake, or by accepting a connection.
    pub how: Handshake,
}

/// What counts as a witness's answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handshake {
    /// A connection is accepted.
    Tcp,
    /// A TLS handshake is finished, whatever the certificate.
    Tls,
}

/// One measured service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Unique; `[A-Za-z0-9._-]`, at most 64.
    pub name: String,
    /// Whose service it is.
    pub customer: Option<String>,
    /// The terms' name in the configuration.
    pub terms_name: String,
    /// The terms, in force from a month's start.
    pub terms: Arc<Terms>,
    /// The monthly fee of this part of the service (C7).
    pub monthly_fee: Option<Money>,
    /// When the service entered the contract (C2.4); none: it has always been there.
    pub began: Option<Instant>,
    /// When it left the contract (C2.4); none: it is still there.
    pub ended: Option<Instant>,
    /// From one attempt's start to the next one's.
    pub interval_ms: i64,
    /// The same while the service is down.
    pub down_interval_ms: i64,
    /// Shown with the service in `/metrics` (`upptid_service_info`).
    pub labels: BTreeMap<String, String>,
    /// The host that is asked first: starts and attempts under way are bounded per host.
    pub host: String,
    /// How one signs in. One login; with family `each` two, over IPv4 and then over IPv6, each to be
    /// attempted on its own: the service is up when both are.
    pub logins: Vec<Arc<Login>>,
    /// Where the login's secrets were read, with what each is: `password`, `second password`,
    /// `client key`.
    pub secrets: Vec<(&'static str, SecretPlace)>,
}

impl Service {
    /// Holds what its logins have in common with those of `other` together with them.
    pub(super) fn share_with(&mut self, other: &Service) {
        let Some(other) = other.logins.first() else { return };
        for login in self.logins.iter_mut().filter_map(Arc::get_mut) {
            login.share_with(other);
        }
    }

    /// What the watch is told of this service; `witness` is the configuration's.
    pub fn watch_settings(&self, witness: &Witness) -> watch::Settings {
        let limits = self.logins.iter().map(|login| login.limits.total.as_millis());
        watch::Settings {
            interval_ms: self.interval_ms,
            down_interval_ms: self.down_interval_ms,
            attempt_limit_ms: limits.max().and_then(|ms| ms.try_into().ok()).unwrap_or(i64::MAX),
            second_account: self.logins.iter().any(|login| login.second_account.is_some()),
            witnesses_needed: u32::try_from(witness.need).unwrap_or(u32::MAX),
        }
    }
}

/// A customer's system contact (C4.8, C10.5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// What the journal calls this contact.
    pub id: String,
    /// The mail address; it stays here, where it can be corrected and erased.
    pub mail: String,
    /// The language of messages.
    pub lang: Lang,
    /// Services this contact is told about.
    pub services: Vec<String>,
}

/// A language that messages and pages come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    /// Svenska.
    Sv,
    /// English.
    En,
}

/// Who answers for the services.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provider {
    /// The provider's name in statements.
    pub name: Option<String>,
    /// The label of statements and exports (C10.5).
    pub classification: String,
    /// Where fault reports go (C9.5).
    pub fault_report_mail: Option<String>,
    /// The language of fault reports.
    pub lang: Lang,
}
