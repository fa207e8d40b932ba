//! The only road from the files to the program's [`Config`].

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use contract::Terms;
use toml::Spanned;
use toml::de::DeTable;

use super::alerts::{self, alerts};
use super::notices::{self, mail_server, webhooks};
use super::problem::{Problem, Problems, Source};
use super::program::{Config, Contact, Service};
use super::secret::Places;
use super::sections::{admin, agent, backup, contact, log, provider, web, witness};
use super::service::{DEFAULT_TERMS, service};
use super::source::{self, included};
use super::table::{Notes, Table, Value};
use super::terms::terms;
use super::value::name;

/// Most services of one agent.
const SERVICES_MAX: usize = 10_000;
/// Most contacts, in all.
const CONTACTS_MAX: usize = 10_000;
/// What only the main file may say.
const MAIN_KEYS: [&str; 11] = [
    "include", "agent", "web", "admin", "log", "witness", "provider", "backup", "mail", "webhook",
    "alerts",
];

/// What a configuration came to.
pub(super) struct Loaded {
    /// The configuration; with errors among the problems it lacks what they speak of.
    pub(super) config: Config,
    /// Everything noticed, warnings too.
    pub(super) problems: Problems,
    /// Every key that was asked for, with the tables it stands in.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests compare the reference with it"))]
    pub(super) asked: BTreeSet<String>,
}

/// Reads the files and all that they name. Fails when there is nothing to go on with: a file
/// that cannot be read, or is no TOML.
pub(super) fn load(path: &Path, credentials: Option<&Path>) -> Result<Loaded, Problems> {
    load_for(path, |folder| Places::new(credentials, folder))
}

/// Reads the files as [`load`] does, but for the logins and what they name.
pub(super) fn load_contracts(path: &Path) -> Result<Loaded, Problems> {
    load_for(path, Places::without_logins)
}

fn load_for<'a>(
    path: &'a Path,
    places: impl FnOnce(&'a Path) -> Places<'a>,
) -> Result<Loaded, Problems> {
    let notes = Notes::default();
    let fail = |problem| Problems::new(vec![problem], BTreeSet::new());
    let main = source::read(path, 1).map_err(fail)?;
    let (main_table, mut broken) = parse(&main.rest);
    let main_table = Table::root(&notes, &main.rest, &main_table);
    let folder = path.parent().unwrap_or(Path::new(""));

    let mut pieces = vec![main.services];
    let mut sources = Vec::new();
    for (order, (file, pattern)) in (2..).zip(include(&main_table, folder)) {
        match source::read(&file, order) {
            Ok(file) => {
                sources.push(file.rest);
                pieces.push(file.services);
            }
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
    let files = Files { notes: &notes, main: main_table, included };
    let config = read(files, pieces, &places(folder), &mut broken);

    let asked = notes.asked();
    if broken.is_empty() {
        return Ok(Loaded { config, problems: notes.into_problems(), asked });
    }
    // What follows from a file that is not whole would only confuse.
    Err(notes.into_problems().instead(broken))
}

/// The files' outermost tables.
struct Files<'a> {
    notes: &'a Notes,
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
        Problem::at(source, error.span().unwrap_or(end..end), error.message()).broken()
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

/// Reads everything. `pieces` are the files' services, one list a file; what is no TOML in them is
/// added to `broken`.
fn read(
    files: Files<'_>,
    pieces: Vec<Vec<Arc<Source>>>,
    places: &Places<'_>,
    broken: &mut Vec<Problem>,
) -> Config {
    let main = &files.main;
    let terms = all_terms(&files);
    let services = services(&files, pieces, broken, &terms, places);
    let contacts = contacts(&files, &services);
    let (mail, mail_password) = mail_server(main, places).unzip();
    let web = web(main, places);
    let config = Config {
        agent: agent(main, places.folder),
        alerts: alerts(main, &contacts, &web),
        web,
        admin: admin(main, places.folder),
        log: log(main),
        witness: witness(main),
        provider: provider(main),
        backup: backup(main, places.folder),
        mail,
        mail_password: mail_password.flatten(),
        webhooks: webhooks(main, places),
        terms,
        services,
        contacts,
        warnings: Problems::default(),
    };
    notices::warn_of_silence(main, &config, places);
    alerts::warn_of_silence(main, &config, places);
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
    pieces: Vec<Vec<Arc<Source>>>,
    broken: &mut Vec<Problem>,
    terms: &BTreeMap<String, Arc<Terms>>,
    places: &Places<'_>,
) -> Vec<Arc<Service>> {
    let mut reader = Services { read: Vec::new(), begins: HashMap::new(), found: 0, terms, places };
    for (file, pieces) in files.all().zip(pieces) {
        reader.take(file.list("service"));
        for piece in pieces {
            let (table, problems) = parse(&piece);
            broken.extend(problems);
            reader.take(Table::root(files.notes, &piece, &table).list("service"));
        }
    }
    if reader.found == 0 && !files.all().any(|file| file.has("service")) {
        let problem = files.main.problem_with_file("there is nothing to measure");
        files.main.note(problem.help("add a [[service]] with a name, and its [service.login]"));
    }
    if reader.found > SERVICES_MAX {
        let problem = files.main.problem_with_file(format!("more than {SERVICES_MAX} services"));
        files.main.note(problem.help("share them among several agents"));
    }
    reader.read.shrink_to_fit();
    reader.read
}

/// The services, as they are read.
struct Services<'a> {
    read: Vec<Arc<Service>>,
    /// Where each name was given first.
    begins: HashMap<String, String>,
    found: usize,
    terms: &'a BTreeMap<String, Arc<Terms>>,
    places: &'a Places<'a>,
}

impl Services<'_> {
    fn take(&mut self, list: Vec<Value<'_>>) {
        for value in list {
            self.found += 1;
            let Some(table) = value.table() else { continue };
            if let Some(name) = table.peek("name") {
                match self.begins.entry(name.to_owned()) {
                    Entry::Occupied(first) => {
                        let problem = table.problem("name", "another service has this name");
                        let first = format!("the first one is at {}", first.get());
                        table.note(problem.help(first));
                    }
                    Entry::Vacant(free) => {
                        free.insert(table.problem("name", "first").place());
                    }
                }
            }
            let Some(mut service) = service(table, self.terms, self.places) else { continue };
            if let Some(before) = self.read.last() {
                service.share_with(before);
            }
            self.read.push(Arc::new(service));
        }
    }
}

fn contacts(files: &Files<'_>, services: &[Arc<Service>]) -> Vec<Contact> {
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

#[cfg(test)]
mod tests {
    use std::fs;

    use probe::settings::{Family, Kind, Limits};

    use super::*;

    /// Loads files of these names and contents, the first of which is the main one.
    fn load_files(files: &[(&str, &str)]) -> Loaded {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret"), "hunter2").unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        load(&folder.path().join(files[0].0), Some(folder.path())).unwrap()
    }

    /// A service with no more than it needs, and further keys of its login.
    fn service_named(name: &str, login: &str) -> String {
        format!(
            "[[service]]\nname = \"{name}\"\n[service.login]\nurl = \"https://{name}.example/\"\n\
             user = \"probe\"\npassword = {{ credential = \"secret\" }}\n{login}\n"
        )
    }

    #[test]
    fn a_service_needs_a_name_and_a_login_and_no_more() {
        let loaded = load_files(&[("upptid.toml", &service_named("portal", ""))]);
        assert!(!loaded.problems.any_error(), "{}", loaded.problems);
        let Config { web, admin, services, terms, .. } = loaded.config;
        assert_eq!(web.listen.to_string(), "127.0.0.1:10925");
        assert_eq!(admin.socket, Path::new("/run/upptid/admin.sock"));
        assert_eq!(*terms["standard"], Terms::default());
        let [portal] = &services[..] else { panic!("one service") };
        assert_eq!((portal.interval_ms, portal.down_interval_ms), (60_000, 15_000));
        assert_eq!(
            (portal.terms_name.as_str(), portal.host.as_str()),
            ("standard", "portal.example")
        );
        let [login] = &portal.logins[..] else { panic!("one login") };
        assert!(matches!(login.kind, Kind::Form(_)));
        assert_eq!(*login.limits, Limits::default());
    }

    #[test]
    fn a_fast_service_is_asked_no_slower_while_it_is_down() {
        let text = service_named("portal", "limits.total = \"2s\"")
            .replace("[service.login]", "interval = \"2s\"\n[service.login]");
        let loaded = load_files(&[("upptid.toml", &text)]);
        assert_eq!(loaded.config.services[0].down_interval_ms, 2000);
    }

    #[test]
    fn each_family_is_a_login_of_its_own() {
        let text = service_named("portal", "family = \"each\"");
        let loaded = load_files(&[("upptid.toml", &text)]);
        let logins = &loaded.config.services[0].logins;
        let families: Vec<Family> = logins.iter().map(|login| login.dial.family).collect();
        assert_eq!(families, [Family::V4, Family::V6]);
    }

    #[test]
    fn included_files_are_read_in_order_and_share_terms() {
        let b =
            service_named("b", "").replace("[service.login]", "terms = \"gold\"\n[service.login]");
        let loaded = load_files(&[
            ("upptid.toml", &format!("include = [\"d/*.toml\"]\n{}", service_named("main", ""))),
            ("d/b.toml", &b),
            ("d/a.toml", &format!("{}[terms.gold]\ntarget = \"99.99\"", service_named("a", ""))),
            ("d/.hidden.toml", "this is no TOML"),
            ("d/c.toml~", "this is no TOML"),
        ]);
        assert!(!loaded.problems.any_error(), "{}", loaded.problems);
        let names: Vec<&str> = loaded.config.services.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["main", "a", "b"]);
        assert_eq!(loaded.config.services[2].terms.target.to_string(), "99.99");
    }

    #[test]
    fn terms_that_pass_are_terms_that_the_contract_takes() {
        let text = service_named("portal", "")
            + "[terms.flat]\ntarget = \"99\"\nedges = []\nreductions = [\"5\"]\nnotice = \"0s\"\n";
        let loaded = load_files(&[("upptid.toml", &text)]);
        assert!(!loaded.problems.any_error(), "{}", loaded.problems);
        for terms in loaded.config.terms.values() {
            contract::ResolvedTerms::new(Terms::clone(terms)).unwrap();
        }
    }
}
