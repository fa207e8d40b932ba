//! The sections beside services and terms: who measures, where it listens, whom it asks and tells.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use contract::parties::CLASSIFICATION;
use exporter::WebConfig;

use super::notices::{contact_id, mail_address};
use super::problem::Problem;
use super::program::{
    Admin, Agent, Backup, Contact, Handshake, Lang, Log, LogFormat, LogLevel, Provider, Target,
    Web, Witness,
};
use super::secret::Places;
use super::source;
use super::table::{Table, Value};
use super::value::{
    self, Wrong, duration_ms_within, host_and_port, name, one_of, socket_address, suggestion, text,
    time_of_day,
};

/// Most witnesses.
const WITNESSES_MAX: usize = 16;
/// How often it is kept that all is measured, if nothing is said.
const HEARTBEAT_MS: i64 = 10_000;
/// Shortest time between heartbeats.
const HEARTBEAT_MS_MIN: i64 = 1_000;
/// Longest time between heartbeats.
const HEARTBEAT_MS_MAX: i64 = 60_000;
/// When backups are made if nothing is said: 03:10.
const BACKUP_AT_MS: i64 = (3 * 60 + 10) * 60_000;
/// Most folders that are backed up to.
const BACKUPS_MAX: usize = 8;
/// Longest path of a Unix socket, in bytes (unix(7), `sun_path`).
const SOCKET_PATH_LENGTH_MAX: usize = 107;
/// The languages of letters.
const LANGS: [(&str, Lang); 2] = [("sv", Lang::Sv), ("en", Lang::En)];

/// Reads `[agent]`.
pub(super) fn agent(main: &Table<'_>, folder: &Path) -> Agent {
    let table = main.section("agent");
    let state_dir = table.text("state_dir", value::path).unwrap_or("/var/lib/upptid".into());
    let bounds = 1..=100_000;
    let agent = Agent {
        name: table.text("name", name).unwrap_or_else(host_name),
        network: table.text("network", text),
        state_dir: folder.join(state_dir),
        max_concurrent: table.count("max_concurrent", bounds.clone()).unwrap_or(1024),
        max_concurrent_per_host: table.count("max_concurrent_per_host", bounds).unwrap_or(64),
        heartbeat_ms: table
            .text("heartbeat", duration_ms_within(HEARTBEAT_MS_MIN, HEARTBEAT_MS_MAX))
            .unwrap_or(HEARTBEAT_MS),
    };
    table.end();
    agent
}

/// The machine's own name, made fit for ours.
fn host_name() -> String {
    let file = Path::new("/proc/sys/kernel/hostname");
    let bytes = source::read_bounded(file, 256).unwrap_or_default();
    name(String::from_utf8_lossy(&bytes).trim()).unwrap_or("upptid".to_owned())
}

/// Reads `[web]`, and the web configuration that it names.
pub(super) fn web(main: &Table<'_>, places: &Places<'_>) -> Web {
    let table = main.section("web");
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 10925));
    let file = table.text("config_file", value::path);
    let web = Web {
        listen: table.text("listen", socket_address).unwrap_or(default),
        allow_reload: table.flag("allow_reload").unwrap_or(false),
        access: match file.filter(|_| places.logins) {
            Some(file) => web_config(&table, &places.folder.join(file)),
            None => WebConfig::default(),
        },
    };
    // C10.2: whoever reaches the port could read every customer's figures.
    let allow_unprotected = table.flag("allow_unprotected").unwrap_or(false);
    if places.logins && !web.listen.ip().is_loopback() && !web.access.is_protected() {
        let problem = if allow_unprotected {
            let message = "other machines can read the page without TLS, or without a password";
            table.problem("listen", message).warning()
        } else {
            let message = "the page would be open to other machines without TLS and a password";
            table.problem("listen", message)
        };
        let help = "name a web configuration with TLS and users in config_file, or listen on \
                    127.0.0.1; behind a proxy that protects it, set allow_unprotected = true";
        table.note(problem.help(help));
    }
    table.end();
    web
}

/// The web configuration in the file `path`, and what is to be said of it.
fn web_config(table: &Table<'_>, path: &Path) -> WebConfig {
    let (config, remarks) = WebConfig::read(path);
    for remark in remarks {
        let problem = match remark.line {
            0 => Problem::with_file(path, remark.message),
            line => Problem::in_named_file(path, line, remark.column, remark.message),
        };
        let problem = if remark.is_warning { problem.warning() } else { problem };
        table.note(match remark.help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }
    config
}

/// Reads `[backup]`. Two physically separate places are wanted (C10.4).
pub(super) fn backup(main: &Table<'_>, folder: &Path) -> Backup {
    let table = main.section("backup");
    let to: Vec<PathBuf> = table.texts("to", value::path).unwrap_or_default();
    let at_ms = table.text("at", time_of_day).unwrap_or(BACKUP_AT_MS);
    if to.len() == 1 {
        let problem =
            table.problem("to", "there is one backup only: two places are wanted (C10.4)");
        table.note(problem.help("add a folder on another device").warning());
    }
    if to.len() > BACKUPS_MAX {
        table.note(table.problem("to", format!("more than {BACKUPS_MAX} backups")));
    }
    table.end();
    Backup { to: to.into_iter().map(|to| folder.join(to)).collect(), at_ms }
}

/// Reads `[admin]`.
pub(super) fn admin(main: &Table<'_>, folder: &Path) -> Admin {
    let table = main.section("admin");
    let socket = table.text("socket", socket_path).unwrap_or("/run/upptid/admin.sock".into());
    table.end();
    Admin { socket: folder.join(socket) }
}

/// A path short enough for a Unix socket.
fn socket_path(text: &str) -> Result<PathBuf, Wrong> {
    if text.len() > SOCKET_PATH_LENGTH_MAX {
        let most = format!("{SOCKET_PATH_LENGTH_MAX} bytes at most");
        return Err(Wrong::new("this path is too long for a socket", most));
    }
    value::path(text)
}

/// Reads `[log]`.
pub(super) fn log(main: &Table<'_>) -> Log {
    let table = main.section("log");
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let levels = [
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];
    let log = Log {
        format: table.text("format", one_of(&formats)).unwrap_or(LogFormat::Text),
        level: table.text("level", one_of(&levels)).unwrap_or(LogLevel::Info),
    };
    table.end();
    log
}

/// Reads `[witness]`.
pub(super) fn witness(main: &Table<'_>) -> Witness {
    let table = main.section("witness");
    let list = table.list("targets");
    let read = |value| Some((target(value)?, value));
    let targets: Vec<(Target, &Value<'_>)> =
        list.iter().take(WITNESSES_MAX).filter_map(read).collect();
    if list.len() > WITNESSES_MAX {
        table.note(table.problem("targets", format!("more than {WITNESSES_MAX} witnesses")));
    }
    let mut names = HashSet::new();
    for (target, value) in &targets {
        if !names.insert(&target.name) {
            let problem = value.problem("another witness has this name");
            table.note(problem.help("give each its own"));
        }
    }
    let timeout_ms = table.text("timeout", duration_ms_within(100, 60_000)).unwrap_or(3000);
    let need = table.count("need", 0..=WITNESSES_MAX as u32);
    if let Some(need) = need
        && need as usize > list.len()
    {
        let problem = table.problem("need", "more witnesses must answer than there are");
        table.note(problem.help("add targets, or lower need"));
    }
    if need == Some(0) && !list.is_empty() {
        let message = "no witness has to answer: network failures will count as downtime (C3.3)";
        table.note(table.problem("need", message).help("write need = 1 or more").warning());
    }
    if list.is_empty() {
        let message = "no witness is configured: network failures will count as downtime (C3.3)";
        let help = "add [witness] with targets that answer when this machine's network works";
        table.note(main.problem_with_file(message).help(help).warning());
    }
    table.end();
    // Half of them: one that is out of order itself decides nothing.
    let need = need.map_or(targets.len().div_ceil(2), |need| need as usize);
    Witness { need, targets: targets.into_iter().map(|(target, _)| target).collect(), timeout_ms }
}

fn target(value: &Value<'_>) -> Option<Target> {
    let table = value.table()?;
    let name = table.text("name", name);
    let tcp = table.text("tcp", host_and_port).map(|at| (at, Handshake::Tcp));
    let tls = table.text("tls", host_and_port).map(|at| (at, Handshake::Tls));
    if !table.has("name") || table.has("tcp") == table.has("tls") {
        let problem = value.problem("a witness is a name, and a tcp or tls address");
        let help = r#"write it like { name = "gateway", tcp = "192.0.2.1:443" }"#;
        table.note(problem.help(help));
    }
    table.end();
    let ((host, port), how) = tcp.or(tls)?;
    Some(Target { name: name?, host, port, how })
}

/// Reads `[provider]`.
pub(super) fn provider(main: &Table<'_>) -> Provider {
    let table = main.section("provider");
    let provider = Provider {
        name: table.text("name", text),
        classification: table.text("classification", text).unwrap_or(CLASSIFICATION.to_owned()),
        fault_report_mail: table.text("fault_report_mail", mail_address),
        lang: table.text("lang", one_of(&LANGS)).unwrap_or(Lang::Sv),
    };
    table.end();
    provider
}

/// Reads one `[[contact]]`; `names` are the services there are.
pub(super) fn contact(table: &Table<'_>, names: &HashSet<&str>) -> Option<Contact> {
    let id = table.text("id", contact_id);
    let address = table.text("mail", mail_address);
    if !table.has("id") || !table.has("mail") {
        let problem = table.problem("id", "a contact has an id and a mail address");
        table.note(problem.help(r#"write id = "anna" and mail = "anna@customer.example""#));
    }
    let lang = table.text("lang", one_of(&LANGS)).unwrap_or(Lang::Sv);
    let known = |text: &str| match names.get(text) {
        Some(name) => Ok((*name).to_owned()),
        None => {
            let names: Vec<&str> = names.iter().copied().collect();
            Err(Wrong::new("there is no service of this name", suggestion(text, &names)))
        }
    };
    let services = table.texts("services", known).unwrap_or_default();
    Some(Contact { id: id?, mail: address?, lang, services })
}
