//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use contract::fact::Ground;

/// Says, with proof, how many minutes in a calendar month a customer could not log in.
#[derive(Parser)]
#[command(version, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 up or done, 1 down or a check failed, 2 usage or \
    configuration,\n3 could not be measured, 4 the agent cannot be reached,\n5 the ledger or a \
    statement is damaged.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Show everything at work: a login service, its outages, the agent and its page
    Demo(DemoArgs),
    /// Measure, until told to stop
    Run(ConfigArg),
    /// Check a configuration, and say what it would measure
    Check(CheckArgs),
    /// Make one login now, and show each phase of it
    Try(Box<TryArgs>),
    /// Planned stops: announce, import from a calendar, cancel, list
    #[command(subcommand)]
    Stop(StopCommand),
    /// Adjustments of a month's figure: claim, decide, list
    #[command(subcommand)]
    Adjust(AdjustCommand),
    /// Incidents: list, acknowledge, report, and what is due to the authority (NIS2)
    #[command(subcommand)]
    Incident(IncidentCommand),
    /// Claims of price reductions: list, submit, settle
    #[command(subcommand)]
    Claim(ClaimCommand),
    /// Measure a service no more, until it is resumed
    Pause(PauseArgs),
    /// Measure a paused service again
    Resume(ResumeArgs),
    /// Compute a month from recorded facts, without an agent
    Replay(ReplayArgs),
    /// Make a customer's statement of a month, from the journal alone
    Statement(StatementArgs),
    /// Write the journal for a customer, other customers' lines as hashes; works while the agent runs
    Export(ExportArgs),
    /// Back the journal up to folders, each read back; works while the agent runs
    Backup(BackupArgs),
    /// Restore a backup to an empty state folder
    Restore(RestoreArgs),
    /// Check a journal, an export or a statement, offline; works while the agent runs
    Verify(VerifyArgs),
}

/// Where the configuration is.
#[derive(Args)]
pub struct ConfigArg {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "/etc/upptid/upptid.toml")]
    pub config: PathBuf,
}

/// `upptid demo`
#[derive(Args)]
pub struct DemoArgs {
    /// End by itself after this many seconds
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
    /// Where the page and /metrics are
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:10925")]
    pub listen: std::net::SocketAddr,
}

/// `upptid check`
#[derive(Args)]
pub struct CheckArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArg,
    /// Where the credentials are that the configuration names, outside of systemd
    #[arg(long, value_name = "FOLDER")]
    pub credentials: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `upptid try`
#[derive(Args)]
pub struct TryArgs {
    /// The configuration [default: /etc/upptid/upptid.toml, unless --url is given]
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    pub config: Option<PathBuf>,
    /// The service of the configuration [default: all of them, one after the other]
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    pub service: Option<String>,
    /// Where the credentials are that the configuration names, outside of systemd
    #[arg(long, value_name = "FOLDER", conflicts_with = "url")]
    pub credentials: Option<PathBuf>,
    /// The login page's URL, in place of a configuration
    #[arg(long, requires = "user", requires = "password_file")]
    pub url: Option<String>,
    /// How one logs in there
    #[arg(long, value_enum, default_value_t = KindArg::Form, requires = "url")]
    pub kind: KindArg,
    /// The account
    #[arg(long, value_name = "NAME", requires = "url")]
    pub user: Option<String>,
    /// The file that holds the account's password
    #[arg(long, value_name = "FILE", requires = "url")]
    pub password_file: Option<PathBuf>,
    /// The private CA that signed the service's certificate
    #[arg(long, value_name = "FILE", requires = "url")]
    pub ca_file: Option<PathBuf>,
    /// Connect to this address, whatever the name says
    #[arg(long, value_name = "IP", requires = "url")]
    pub address: Option<String>,
    /// A text that only a logged-in user sees; may be repeated
    #[arg(long, value_name = "TEXT", requires = "url")]
    pub proof_text: Vec<String>,
    /// A link that only a logged-in user sees; may be repeated
    #[arg(long, value_name = "TEXT", requires = "url")]
    pub proof_link: Vec<String>,
    /// The path that only a logged-in user is led to
    #[arg(long, value_name = "PATH", requires = "url")]
    pub proof_path: Vec<String>,
    /// A cookie that only a logged-in user is given; may be repeated
    #[arg(long, value_name = "NAME", requires = "url")]
    pub proof_cookie: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// How one logs in, for `upptid try --url`.
#[derive(Clone, Copy, ValueEnum)]
pub enum KindArg {
    /// A form on a page
    Form,
    /// HTTP Basic
    Basic,
}

/// `upptid stop`
#[derive(Subcommand)]
pub enum StopCommand {
    /// Announce a planned stop; prints at once whether it will count
    Announce(AnnounceArgs),
    /// Announce the single events of a calendar (.ics): all of them, or none
    Import(ImportArgs),
    /// Cancel a planned stop
    Cancel {
        /// The stop, e.g. S1
        id: String,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// List the planned stops
    List {
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
}

/// `upptid stop announce`
#[derive(Args)]
pub struct AnnounceArgs {
    /// The service that stops; may be repeated
    #[arg(long = "service", value_name = "NAME", required = true)]
    pub services: Vec<String>,
    /// The window's start: 2026-12-06T22:00 in the service's time zone, or RFC 3339
    #[arg(long, value_name = "INSTANT")]
    pub from: String,
    /// The window's end, or its length: PT2H
    #[arg(long, value_name = "INSTANT")]
    pub until: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// The reference of an agreement with the customer, if this stop is otherwise agreed
    #[arg(long, value_name = "REFERENCE")]
    pub agreed: Option<String>,
    /// Say what the verdict would be, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}

/// `upptid stop import`
#[derive(Args)]
pub struct ImportArgs {
    /// The calendar: events in UTC, in a named zone, floating, or of whole days
    #[arg(value_name = "FILE.ics")]
    pub file: PathBuf,
    /// The service that stops; may be repeated
    #[arg(long = "service", value_name = "NAME", required = true)]
    pub services: Vec<String>,
    /// The reference of an agreement with the customer, if these stops are otherwise agreed
    #[arg(long, value_name = "REFERENCE")]
    pub agreed: Option<String>,
    /// Say what the verdicts would be, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}

/// `upptid adjust`
#[derive(Subcommand)]
pub enum AdjustCommand {
    /// Claim an adjustment; somebody else decides it
    Claim(ClaimArgs),
    /// Decide an adjustment; the latest decision stands
    #[command(group = ArgGroup::new("decision").required(true))]
    Decide {
        /// The adjustment, e.g. A1
        id: String,
        /// It counts
        #[arg(long, group = "decision")]
        accept: bool,
        /// It does not count
        #[arg(long, group = "decision")]
        reject: bool,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// List the adjustments
    List {
        /// Only this service's
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
}

/// `upptid adjust claim`
#[derive(Args)]
pub struct ClaimArgs {
    /// The service
    #[arg(long, value_name = "NAME")]
    pub service: String,
    /// Take downtime out of the lost time, or put in downtime that was reported
    #[arg(long, value_enum)]
    pub kind: AdjustmentKindArg,
    /// The first instant claimed: 2026-12-06T22:00 in the service's time zone, or RFC 3339
    #[arg(long, value_name = "INSTANT")]
    pub from: String,
    /// The first instant after
    #[arg(long, value_name = "INSTANT")]
    pub until: String,
    /// The ground; fault_report to include, the others to exclude
    #[arg(long, value_parser = PossibleValuesParser::new(Ground::ALL.map(Ground::as_str)))]
    pub ground: String,
    /// What shows it, without personal data
    #[arg(long, value_name = "TEXT")]
    pub evidence: String,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}

/// Whether an adjustment takes time out of the lost or puts it in.
#[derive(Clone, Copy, ValueEnum)]
pub enum AdjustmentKindArg {
    /// The downtime is not the provider's
    Exclude,
    /// It was downtime, whatever was measured
    Include,
}

/// `upptid incident`
#[derive(Subcommand)]
pub enum IncidentCommand {
    /// List the incidents of this month and the one before
    List {
        /// Only this service's
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Acknowledge that troubleshooting has started; it stops the support clock
    Ack {
        /// The service
        service: String,
        /// When the incident opened, as the list gives it [default: the open one, or the latest
        /// that nobody has acknowledged]
        #[arg(long, value_name = "INSTANT")]
        opened: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Print all that is known of an incident
    Report {
        /// The service
        service: String,
        /// When the incident opened, as the list gives it [default: the latest]
        #[arg(long, value_name = "INSTANT")]
        opened: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Mark an incident as notifiable under the cyber security act (NIS2)
    Notifiable {
        /// The service
        service: String,
        /// When the incident opened, as the list gives it [default: the latest]
        #[arg(long, value_name = "INSTANT")]
        opened: Option<String>,
        /// When it was detected [default: when its downtime was first on record]
        #[arg(long, value_name = "INSTANT")]
        detected: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Record what was handed in to the authority about a notifiable incident
    Reported {
        /// The service
        service: String,
        /// What was handed in
        #[arg(long, value_enum)]
        stage: StageArg,
        /// The authority's reference
        #[arg(long)]
        reference: Option<String>,
        /// When the incident opened, as the list gives it [default: the latest that waits for this]
        #[arg(long, value_name = "INSTANT")]
        opened: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
}

/// What is handed in to the authority about a notifiable incident.
#[derive(Clone, Copy, ValueEnum)]
pub enum StageArg {
    /// Within 24 hours of detection
    EarlyWarning,
    /// Within 72 hours of detection
    Notification,
    /// Within a month after that
    Final,
}

/// `upptid claim`
#[derive(Subcommand)]
pub enum ClaimCommand {
    /// List the months that give a reduction, and how their claims stand
    List {
        /// Only this service's
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Record that the customer has claimed the reduction of a month
    Submit {
        /// The service
        service: String,
        /// The local month, e.g. 2026-10
        #[arg(long)]
        month: String,
        /// What the customer's letter or case is called
        #[arg(long)]
        reference: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
    /// Record what was credited for a claim; nothing, if it was refused
    Settle {
        /// The service
        service: String,
        /// The local month, e.g. 2026-10
        #[arg(long)]
        month: String,
        /// What was credited, e.g. "1250.00 SEK" [default: the reduction]
        #[arg(long)]
        amount: Option<String>,
        /// How to reach the agent.
        #[command(flatten)]
        agent: AgentArg,
    },
}

/// `upptid pause`
#[derive(Args)]
pub struct PauseArgs {
    /// The service
    pub service: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}

/// `upptid resume`
#[derive(Args)]
pub struct ResumeArgs {
    /// The service
    pub service: String,
    /// How to reach the agent.
    #[command(flatten)]
    pub agent: AgentArg,
}

/// How to reach the agent.
#[derive(Args)]
pub struct AgentArg {
    /// The agent's admin socket
    #[arg(long, value_name = "SOCKET", default_value = "/run/upptid/admin.sock")]
    pub socket: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `upptid replay`
#[derive(Args)]
pub struct ReplayArgs {
    /// Facts as lines of JSON, or a folder of a journal's segments; may be repeated
    #[arg(long, value_name = "PATH", required = true)]
    pub facts: Vec<PathBuf>,
    /// The configuration that names the services and their terms
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The local month, e.g. 2026-10
    #[arg(long)]
    pub month: String,
    /// Only this service
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// How far the month has elapsed [default: all of it]
    #[arg(long, value_name = "INSTANT")]
    pub as_of: Option<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = ReplayFormat::Json)]
    pub format: ReplayFormat,
}

/// The form of a replay's answer.
#[derive(Clone, Copy, ValueEnum)]
pub enum ReplayFormat {
    /// One JSON document
    Json,
}

/// `upptid statement`
#[derive(Args)]
pub struct StatementArgs {
    /// The local month, e.g. 2026-10
    #[arg(long)]
    pub month: Option<String>,
    /// The customer; "" for the services that name none [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub customer: Option<String>,
    /// The form
    #[arg(long, value_enum, default_value_t = StatementFormat::Json)]
    pub format: StatementFormat,
    /// The language of HTML and PDF
    #[arg(long, value_enum, default_value_t = LangArg::Sv)]
    pub lang: LangArg,
    /// The revision; 0 is the close [default: the latest]
    #[arg(long, value_name = "N")]
    pub revision: Option<u32>,
    /// Where the agent's state is.
    #[command(flatten)]
    pub state: StateArg,
    /// Facts as lines of JSON, an export, or a folder of segments, in place of a state folder; may
    /// be repeated
    #[arg(long, value_name = "PATH", conflicts_with_all = ["state_dir", "config"])]
    pub facts: Vec<PathBuf>,
    /// Where to write it; with --all, the folder [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the statements of all customers
    #[arg(long, requires = "out", conflicts_with_all = ["customer", "revision"])]
    pub all: bool,
    /// List the statements that are signed, and make none
    #[arg(long, conflicts_with_all = ["customer", "revision", "all", "out"])]
    pub list: bool,
}

/// The form of a statement.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatementFormat {
    /// With the signature; what the other forms are made from
    Json,
    /// For a spreadsheet
    Csv,
    /// A page, which carries the JSON
    Html,
    /// A4, which carries the JSON
    Pdf,
}

impl StatementFormat {
    /// How the names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            StatementFormat::Json => "json",
            StatementFormat::Csv => "csv",
            StatementFormat::Html => "html",
            StatementFormat::Pdf => "pdf",
        }
    }

    /// Whether it is for people, in their language.
    pub fn has_language(self) -> bool {
        matches!(self, StatementFormat::Html | StatementFormat::Pdf)
    }
}

/// A language.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// Swedish
    Sv,
    /// English
    En,
}

impl From<LangArg> for statement::Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::Sv => statement::Lang::Sv,
            LangArg::En => statement::Lang::En,
        }
    }
}

/// Where the agent's state is.
#[derive(Args)]
pub struct StateArg {
    /// The agent's state folder [default: /var/lib/upptid]
    #[arg(long, value_name = "FOLDER", conflicts_with = "config")]
    pub state_dir: Option<PathBuf>,
    /// The configuration that names the state folder
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// `upptid export`
#[derive(Args)]
#[command(group = ArgGroup::new("whom").required(true).multiple(true))]
pub struct ExportArgs {
    /// The customer; "" for the services that name none; may be repeated
    #[arg(long = "customer", value_name = "NAME", group = "whom")]
    pub customers: Vec<String>,
    /// A service, whosever it is; may be repeated
    #[arg(long = "service", value_name = "NAME", group = "whom")]
    pub services: Vec<String>,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Where the agent's state is.
    #[command(flatten)]
    pub state: StateArg,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `upptid backup`
#[derive(Args)]
pub struct BackupArgs {
    /// The folder to back up to; may be repeated, for physically separate places. Without it, the
    /// configuration's
    #[arg(long, value_name = "FOLDER", required_unless_present = "config")]
    pub to: Vec<PathBuf>,
    /// Where the agent's state is.
    #[command(flatten)]
    pub state: StateArg,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `upptid restore`
#[derive(Args)]
pub struct RestoreArgs {
    /// The backup's folder
    #[arg(long, value_name = "FOLDER")]
    pub from: PathBuf,
    /// The state folder to restore to, which has to be empty or missing
    #[arg(long, value_name = "FOLDER")]
    pub state_dir: PathBuf,
}

/// `upptid verify`
#[derive(Args)]
pub struct VerifyArgs {
    /// A journal's folder, one segment, an export, or a statement (JSON, HTML, PDF, or CSV after
    /// one of these)
    #[arg(value_name = "PATH", default_value = "/var/lib/upptid/journal")]
    pub paths: Vec<PathBuf>,
    /// The provider's public key, which has to have signed the statements
    #[arg(long, value_name = "HEX")]
    pub key: Option<String>,
    /// The journal or export that the statements' figures have to follow from; may be repeated
    #[arg(long, value_name = "PATH")]
    pub facts: Vec<PathBuf>,
    /// Print JSON, a line for each path
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn c5_3_a_decision_is_one_of_two() {
        let decided = |words: &[&str]| {
            let line = ["upptid", "adjust", "decide", "A1"].iter().chain(words);
            match Cli::try_parse_from(line).ok()?.command {
                Command::Adjust(AdjustCommand::Decide { accept, reject, .. }) => {
                    Some((accept, reject))
                }
                _ => None,
            }
        };
        assert_eq!(decided(&["--accept"]), Some((true, false)));
        assert_eq!(decided(&["--reject"]), Some((false, true)));
        assert_eq!(decided(&[]), None);
        assert_eq!(decided(&["--accept", "--reject"]), None);
    }
}
