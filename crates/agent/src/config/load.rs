//! The only road from the files to the program's [`Config`].

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use contract::Terms;
use toml::Spanned;
use toml::de::DeTable;

use super::problem::{Problem, Problems, Source};
use super::program::{
    Admin, Agent, Config, Contact, Handshake, Lang, Log, LogFormat, LogLevel, Provider, Service,
    Target, Web, Witness,
};
use super::secret::Places;
use super::service::{DEFAULT_TERMS, service};
use super::source::{self, included};
use super::table::{Notes, Table, Value};
use super::terms::terms;
use super::value::{
    self, Wrong, duration_ms_within, host_and_port, mail, name, one_of, socket_address, suggestion,
    text,
};

/// Most services of one agent.
const SERVICES_MAX: usize = 10_000;
/// Most contacts, in all.
const CONTACTS_MAX: usize = 10_000;
/// Most witnesses.
const WITNESSES_MAX: usize = 16;
/// What only the main file may say.
const MAIN_KEYS: [&str; 7] = ["include", "agent", "web", "admin", "log", "witness", "provider"];

/// What a configuration came to.
pub(super) struct Loaded {
    /// The configuration; with errors among the problems it lacks what they speak of.
    pub(super) config: Config,
    /// Everything noticed, warnings too.
    pub(super) problems: Problems,
    /// Every key that was asked for, with the tables it stands in.
    pub(super) asked: BTreeSet<String>,
}

/// Reads the files and all that they name. Fails when there is nothing to go on with: a file
/// that cannot be read, or is no TOML.
pub(super) fn load(path: &Path, credentials: Option<&Path>) -> Result<Loaded, Problems> {
    let notes = Notes::default();
    let fail = |problem| Problems::new(vec![problem], BTreeSet::new());
    let main = source::read(path, 1).map_err(fail)?;
    let (main_table, mut broken) = parse(&main);
    let main_table = Table::root(&notes, &main, &main_table);
    let folder = path.parent().unwrap_or(Path::new(""));

    let mut sources = Vec::new();
    for (order, (file, pattern)) in (2..).zip(include(&main_table, folder)) {
        match source::read(&file, order) {
            Ok(source) => sources.push(source),
            Err(problem) => broken.push(pattern.problem(problem.one_line())),
        }
    }
    let mut parsed = Vec::new();
    for source in &sources {
        let (table, problems) = parse(source);
        broken.extend(problems);
        parsed.push((source, table));
    }
    let root = |(source, table)| Table::root(&notes, source, table);
    let included = parsed.iter().map(|(source, table)| root((*source, table))).collect();
    let files = Files { main: main_table, included };
    let config = read(files, &Places::new(credentials, folder));

    let asked = notes.asked();
    if broken.is_empty() {
        return Ok(Loaded { config, problems: notes.into_problems(), asked });
    }
    // What follows from a file that is not whole would only confuse.
    Err(notes.into_problems().instead(broken))
}

/// The files' outermost tables.
struct Files<'a> {
    main: Table<'a>,
    included: Vec<Table<'a>>,
}

impl<'a> Files<'a> {
    fn all(&self) -> impl Iterator<Item = &Table<'a>> {
        std::iter::once(&self.main).chain(&self.included)
    }
}

/// A file's tables, and what is no TOML in it.
fn parse(source: &Arc<Source>) -> (Spanned<DeTable<'_>>, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let problem = |error: &toml::de::Error| {
        let end = source.text.len();
        Problem::at(source, error.span().unwrap_or(end..end), error.message())
    };
    (table, errors.iter().map(problem).collect())
}

/// The files to include, each with the pattern that names it.
fn include<'a>(main: &Table<'a>, folder: &Path) -> Vec<(PathBuf, Rc<Value<'a>>)> {
    let mut files = Vec::new();
    for pattern in main.list("include").into_iter().map(Rc::new) {
        let Some(found) = pattern.text(|text| included(folder, text)) else { continue };
        if found.is_empty() {
            let problem = pattern.problem("no file matches");
            main.note(problem.help("the path is relative to this file's folder").warning());
        }
        files.extend(found.into_iter().map(|file| (file, pattern.clone())));
    }
    files
}

fn read(files: Files<'_>, places: &Places<'_>) -> Config {
    let main = &files.main;
    let terms = all_terms(&files);
    let services = services(&files, &terms, places);
    let contacts = contacts(&files, &services);
    let config = Config {
        agent: agent(main, places.folder),
        web: web(main),
        admin: admin(main, places.folder),
        log: log(main),
        witness: witness(main),
        provider: provider(main),
        terms,
        services,
        contacts,
        warnings: Problems::default(),
    };
    main.value("include");
    for included in &files.included {
        for key in MAIN_KEYS {
            if included.has(key) {
                let problem = included.problem_with_key(key, "only the main file may say this");
                included.note(problem.help("an included file has services, contacts and terms"));
                included.allow(key);
            }
        }
    }
    files.main.end();
    files.included.into_iter().for_each(Table::end);
    config
}

fn agent(main: &Table<'_>, folder: &Path) -> Agent {
    let table = main.section("agent");
    let state_dir = table.text("state_dir", value::path).unwrap_or("/var/lib/upptid".into());
    let bounds = 1..=100_000;
    let agent = Agent {
        name: table.text("name", name).unwrap_or_else(host_name),
        state_dir: folder.join(state_dir),
        max_concurrent: table.count("max_concurrent", bounds.clone()).unwrap_or(1024),
        max_concurrent_per_host: table.count("max_concurrent_per_host", bounds).unwrap_or(64),
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

fn web(main: &Table<'_>) -> Web {
    let table = main.section("web");
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 10925));
    let web = Web {
        listen: table.text("listen", socket_address).unwrap_or(default),
        allow_reload: table.flag("allow_reload").unwrap_or(false),
    };
    if !web.listen.ip().is_loopback() {
        let problem = table.problem("listen", "other machines can read this page");
        table.note(problem.help("put a proxy that asks who it is before it").warning());
    }
    table.end();
    web
}

fn admin(main: &Table<'_>, folder: &Path) -> Admin {
    let table = main.section("admin");
    let socket = table.text("socket", socket_path).unwrap_or("/run/upptid/admin.sock".into());
    table.end();
    Admin { socket: folder.join(socket) }
}

/// A path short enough for a Unix socket (`sun_path` in unix(7)).
fn socket_path(text: &str) -> Result<PathBuf, Wrong> {
    if text.len() > 107 {
        return Err(Wrong::new("this path is too long for a socket", "107 bytes at most"));
    }
    value::path(text)
}

fn log(main: &Table<'_>) -> Log {
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

fn witness(main: &Table<'_>) -> Witness {
    let table = main.section("witness");
    let list = table.list("targets");
    let targets: Vec<Target> = list.iter().take(WITNESSES_MAX).filter_map(target).collect();
    if list.len() > WITNESSES_MAX {
        table.note(table.problem("targets", format!("more than {WITNESSES_MAX} witnesses")));
    }
    let mut names = BTreeMap::new();
    for (target, value) in targets.iter().zip(&list) {
        if names.insert(&target.name, ()).is_some() {
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
    // More than half of them, so that one alone decides nothing where there are several.
    let need = need.map_or(targets.len().div_ceil(2), |need| need as usize);
    Witness { need, targets, timeout_ms }
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

fn provider(main: &Table<'_>) -> Provider {
    let table = main.section("provider");
    let provider = Provider {
        name: table.text("name", text),
        fault_report_mail: table.text("fault_report_mail", mail),
    };
    table.end();
    provider
}

/// Terms of all files. Those of the contract itself are there unless others have their name.
fn all_terms(files: &Files<'_>) -> BTreeMap<String, Arc<Terms>> {
    let mut all = BTreeMap::new();
    for file in files.all() {
        let table = file.section("terms");
        for (key, value) in table.entries() {
            if let Err(wrong) = name(key) {
                let problem = table.problem_with_key(key, "terms of this name cannot be used");
                table.note(problem.help(wrong.help.unwrap_or_default()));
            }
            let Some(entry) = value.table() else { continue };
            if all.insert(key.to_owned(), Arc::new(terms(entry))).is_some() {
                let problem = table.problem_with_key(key, "there are terms of this name already");
                table.note(problem.help("give each set of terms its own name"));
            }
        }
    }
    all.entry(DEFAULT_TERMS.to_owned()).or_default();
    all
}

fn services(
    files: &Files<'_>,
    terms: &BTreeMap<String, Arc<Terms>>,
    places: &Places<'_>,
) -> Vec<Service> {
    let mut services = Vec::new();
    let mut begins = HashMap::new();
    let mut found = 0;
    for file in files.all() {
        for value in file.list("service") {
            found += 1;
            let Some(table) = value.table() else { continue };
            if let Some(name) = table.peek("name") {
                match begins.entry(name) {
                    Entry::Occupied(first) => {
                        let first: &Problem = first.get();
                        let problem = table.problem("name", "another service has this name");
                        table.note(problem.help(format!("the first one is at {}", first.place())));
                    }
                    Entry::Vacant(free) => {
                        free.insert(table.problem("name", "first"));
                    }
                }
            }
            services.extend(service(table, terms, places));
        }
    }
    if found == 0 && !files.all().any(|file| file.has("service")) {
        let problem = files.main.problem_with_file("there is nothing to measure");
        files.main.note(problem.help("add a [[service]] with a name, and its [service.login]"));
    }
    if found > SERVICES_MAX {
        let problem = files.main.problem("service", format!("more than {SERVICES_MAX} services"));
        files.main.note(problem.help("share them among several agents"));
    }
    services
}

fn contacts(files: &Files<'_>, services: &[Service]) -> Vec<Contact> {
    let names: HashSet<&str> = services.iter().map(|service| service.name.as_str()).collect();
    let mut contacts = Vec::new();
    let mut ids = HashSet::new();
    for file in files.all() {
        for value in file.list("contact") {
            let Some(table) = value.table() else { continue };
            let contact = contact(&table, &names);
            if let Some(contact) = &contact
                && !ids.insert(contact.id.clone())
            {
                let problem = table.problem("id", "another contact has this id");
                table.note(problem.help("give each its own"));
            }
            contacts.extend(contact);
            table.end();
        }
    }
    if contacts.len() > CONTACTS_MAX {
        files
            .main
            .note(files.main.problem("contact", format!("more than {CONTACTS_MAX} contacts")));
    }
    contacts
}

fn contact(table: &Table<'_>, names: &HashSet<&str>) -> Option<Contact> {
    let id = table.text("id", name);
    let address = table.text("mail", mail);
    if !table.has("id") || !table.has("mail") {
        let problem = table.problem("id", "a contact has an id and a mail address");
        table.note(problem.help(r#"write id = "anna" and mail = "anna@customer.example""#));
    }
    let langs = [("sv", Lang::Sv), ("en", Lang::En)];
    let lang = table.text("lang", one_of(&langs)).unwrap_or(Lang::Sv);
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
