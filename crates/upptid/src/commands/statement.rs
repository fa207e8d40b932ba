//! `upptid statement`: a customer's month out of the journal's files alone, also while the agent
//! runs; byte for byte the same each time (C6.7, C10.1).

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use contract::{History, Month, SignedStatement, Statement};
use ledger::ReadError;
use serde_json::Value;
use statement::document::LedgerPosition;
use statement::{Asked, Document, Lang, Signature, compose, csv, customers_of, file_name, html};
use statement::{json, pdf, sha256, slugs};

use super::state::journal_dir;
use crate::cli::statement::{StatementArgs, StatementFormat};
use crate::exit::{Exit, Failure};
use crate::facts;
use crate::progress::Progress;
use crate::terminal;

/// Makes one statement, makes all of a month, or lists those that are signed.
pub fn run(args: &StatementArgs) -> Result<Exit, Failure> {
    let source = Source::of(args)?;
    let month = args.month.as_deref().map(str::parse::<Month>).transpose();
    let month = month.map_err(Failure::usage)?;
    if args.list {
        let (history, _) = source.read(month.unwrap_or(Month::MIN), None)?;
        match args.json {
            true => terminal::write_line(listed(&history, month))?,
            false => terminal::write(&list(&history, month))?,
        };
        return Ok(Exit::Done);
    }
    let month = month.ok_or_else(|| Failure::usage("which month? give --month 2026-10"))?;
    let (history, tip) = source.read(month, None)?;
    let mut desk = Desk { source, history, tip, month, revision: args.revision, past: None };
    let customers = desk.customers();
    if args.all {
        let out = args.out.as_deref().unwrap_or(Path::new("."));
        return desk.make_all(&customers, args, out);
    }
    if args.json && args.format != StatementFormat::Json {
        return Err(Failure::usage("--json asks for one form, and --format for another"));
    }
    let customer = pick(&customers, args.customer.as_deref(), month)?;
    let made = desk.make(customer.as_deref())?;
    let bytes = made.render(args.format, args.lang.into());
    match &args.out {
        Some(path) => write_file(path, &bytes)?,
        None if args.format == StatementFormat::Pdf && io::stdout().is_terminal() => {
            return Err(Failure::usage("a PDF is no text for a terminal: give --out FILE.pdf"));
        }
        None => io::stdout().write_all(&bytes).map_err(Failure::usage)?,
    }
    Ok(Exit::Done)
}

/// Where the facts are.
enum Source {
    /// A journal's folder.
    Journal(PathBuf),
    /// Files of facts, or exports.
    Facts(Vec<PathBuf>),
}

impl Source {
    fn of(args: &StatementArgs) -> Result<Self, Failure> {
        if !args.facts.is_empty() {
            return Ok(Source::Facts(args.facts.clone()));
        }
        journal_dir(&args.state).map(Source::Journal)
    }

    /// What the facts say of `month`, up to line `seq` or to their end, and where that is.
    fn read(&self, month: Month, seq: Option<u64>) -> Result<(History, LedgerPosition), Failure> {
        let (history, tip) = match self {
            Source::Facts(paths) => {
                let read = facts::read_until(paths, seq)?;
                (read.history, read.tip)
            }
            Source::Journal(dir) => {
                let mut progress = Progress::new("reading the journal");
                let read =
                    ledger::read_until_with_progress(dir, month.prev(), seq, &mut |done, all| {
                        progress.show(done, all);
                    });
                drop(progress);
                let (history, tip) = read.map_err(|error| self.unreadable(error))?;
                (history, Some(tip))
            }
        };
        let hash = tip.map_or_else(String::new, |tip| tip.hash.to_string());
        let position = LedgerPosition { seq: history.next_seq() - 1, hash };
        match seq {
            Some(seq) if seq != position.seq => Err(Failure::new(
                Exit::Damaged,
                format!("the facts end with line {}, and line {seq} is needed", position.seq),
            )),
            _ => Ok((history, position)),
        }
    }

    fn unreadable(&self, error: ReadError) -> Failure {
        let hint = match (&error, self) {
            (ReadError::NoSegment { .. } | ReadError::Io { .. }, Source::Journal(_)) => {
                "; say where the journal is with --state-dir, --config or --facts"
            }
            _ => "",
        };
        let exit = match error {
            ReadError::NoSuchLine { .. } => Exit::Damaged,
            _ => Exit::Usage,
        };
        Failure::new(exit, format!("{error}{hint}"))
    }

    /// Refuses lines that do not verify, for what follows them in their file is left out. Those
    /// that the agent has gone on after, on the record, are told as a warning.
    fn check(&self, month: Month, history: &History) -> Result<(), Failure> {
        let Source::Journal(dir) = self else { return Ok(()) };
        let files = ledger::segment_files(dir).map_err(Failure::usage)?;
        let Err(failure) = facts::read(in_use(&files, month.prev())) else { return Ok(()) };
        if history.chain_damage().is_empty() {
            let remedy = "; restore the segment from a backup";
            return Err(Failure { message: failure.message + remedy, ..failure });
        }
        eprintln!("upptid: warning: {}; the rest of that file is left out", failure.message);
        Ok(())
    }
}

/// The segments from the one on that was in use when `month` began.
fn in_use(files: &[PathBuf], month: Month) -> &[PathBuf] {
    let month_of = |path: &PathBuf| path.file_name()?.to_str()?.get(..7)?.parse::<Month>().ok();
    let begun = files.iter().filter_map(month_of).filter(|of| *of <= month).max();
    let first = files.iter().position(|path| begun.is_none() || month_of(path) == begun);
    &files[first.unwrap_or_default()..]
}

/// What statements of a month are made from.
struct Desk {
    source: Source,
    /// All that is known.
    history: History,
    /// Its last line.
    tip: LedgerPosition,
    month: Month,
    /// The revision asked for; the latest if none is.
    revision: Option<u32>,
    /// What was known at an earlier line: that of a month's close is the same for most customers.
    past: Option<(History, LedgerPosition)>,
}

/// A statement, made.
struct Made {
    document: Document,
    bytes: String,
    signature: Option<Signature>,
}

impl Desk {
    /// Those of whom anything is known in the month, or for whom a statement is signed.
    fn customers(&self) -> Vec<Option<String>> {
        let signed = self.history.statements().iter().filter(|made| made.value.month == self.month);
        let signed = signed.map(|made| made.value.customer.clone());
        let customers: BTreeSet<_> =
            customers_of(&self.history, self.month).into_iter().chain(signed).collect();
        customers.into_iter().collect()
    }

    /// The signed statement of a customer, made anew; a provisional one if none is signed.
    fn make(&mut self, customer: Option<&str>) -> Result<Made, Failure> {
        let signed: Vec<&Statement> = self.history.statements_of(customer, self.month).collect();
        let wanted = |made: &&&Statement| self.revision.is_none_or(|it| made.value.revision == it);
        match (signed.iter().rfind(wanted), self.revision) {
            (Some(made), _) => {
                let made = made.value.clone();
                self.make_anew(&made)
            }
            (None, Some(revision)) => {
                Err(Failure::usage(no_such_revision(revision, self.month, &signed)))
            }
            (None, None) => self.make_provisional(customer),
        }
    }

    fn make_anew(&mut self, made: &SignedStatement) -> Result<Made, Failure> {
        let (history, position) = match self.past.take() {
            Some(past) if past.1.seq == made.used_seq => past,
            _ => self.source.read(self.month, Some(made.used_seq))?,
        };
        let (history, position) = self.past.insert((history, position));
        if !position.hash.is_empty() && position.hash != made.used_hash {
            return Err(Failure::new(
                Exit::Damaged,
                format!(
                    "line {} has the hash {}, and the statement was made from {}; restore the \
                     journal from a backup",
                    made.used_seq, position.hash, made.used_hash
                ),
            ));
        }
        let document =
            compose(history, &Asked::signed(made)).ok_or_else(|| another_version(made))?;
        let bytes = json::document_bytes(&document);
        if sha256(&bytes) != made.sha256 {
            return Err(another_version(made));
        }
        let (public_key, value) = (made.public_key.clone(), made.signature.clone());
        let signature = Signature { public_key, value };
        if !signature.fits(&bytes) {
            return Err(Failure::new(
                Exit::Damaged,
                "the signature that the facts record does not fit the statement",
            ));
        }
        Ok(Made { document, bytes, signature: Some(signature) })
    }

    fn make_provisional(&self, customer: Option<&str>) -> Result<Made, Failure> {
        self.source.check(self.month, &self.history)?;
        let position = self.tip.clone();
        let asked = Asked::provisional(&self.history, customer, self.month, position);
        let document = asked.and_then(|asked| compose(&self.history, &asked));
        let document = document.ok_or_else(|| Failure::usage(nothing_known(self.month)))?;
        let bytes = json::document_bytes(&document);
        Ok(Made { document, bytes, signature: None })
    }

    /// C6.7: one file for each customer, called as the agent calls them.
    fn make_all(
        mut self,
        customers: &[Option<String>],
        args: &StatementArgs,
        folder: &Path,
    ) -> Result<Exit, Failure> {
        if customers.is_empty() {
            return Err(Failure::usage(nothing_known(self.month)));
        }
        fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        let lang: Lang = args.lang.into();
        let mut written = Vec::new();
        for (customer, slug) in customers.iter().zip(slugs(customers)) {
            let made = self.make(customer.as_deref()).map_err(|failure| Failure {
                message: format!("{}: {}", name(customer.as_deref()), failure.message),
                ..failure
            })?;
            let shown = args.format.has_language().then_some(lang);
            let revision = made.document.revision;
            let path = folder.join(file_name(&slug, revision, shown, args.format.extension()));
            write_file(&path, &made.render(args.format, lang))?;
            match args.json {
                true => written.push(path),
                false => {
                    terminal::write_line(path.display())?;
                }
            }
        }
        if args.json {
            terminal::write_line(serde_json::json!({ "written": written }))?;
        }
        Ok(Exit::Done)
    }
}

impl Made {
    fn render(&self, format: StatementFormat, lang: Lang) -> Vec<u8> {
        let signed = json::file(&self.bytes, self.signature.as_ref());
        match format {
            StatementFormat::Json => signed.into_bytes(),
            StatementFormat::Csv => csv::render(&self.document).into_bytes(),
            StatementFormat::Html => html::render(&self.document, &signed, lang).into_bytes(),
            StatementFormat::Pdf => pdf::render(&self.document, &signed, lang),
        }
    }
}

/// The customer asked for, or the only one.
fn pick(
    customers: &[Option<String>],
    asked: Option<&str>,
    month: Month,
) -> Result<Option<String>, Failure> {
    let asked = asked.map(|name| Some(name.to_owned()).filter(|name| !name.is_empty()));
    let listed = || -> String {
        customers.iter().map(|it| format!("\n  --customer {}", name(it.as_deref()))).collect()
    };
    match (asked, customers) {
        (_, []) => Err(Failure::usage(nothing_known(month))),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Failure::usage(format!(
            "there are {} customers in {month}; name one, or take --all --out FOLDER:{}",
            customers.len(),
            listed()
        ))),
        (Some(asked), _) if customers.contains(&asked) => Ok(asked),
        (Some(asked), _) => Err(Failure::usage(format!(
            "nothing is known of a customer {} in {month}; there are:{}",
            name(asked.as_deref()),
            listed()
        ))),
    }
}

/// A customer's name as it is given on the command line.
fn name(customer: Option<&str>) -> String {
    match customer {
        Some(name) => format!("{name:?}"),
        None => "\"\" (services that name no customer)".to_owned(),
    }
}

/// The statements that are signed, of one month or of all.
fn signed(history: &History, month: Option<Month>) -> impl Iterator<Item = &Statement> {
    let asked = move |made: &&Statement| month.is_none_or(|month| made.value.month == month);
    history.statements().iter().filter(asked)
}

/// Each of them as JSON, as the journal records it.
fn listed(history: &History, month: Option<Month>) -> Value {
    let statements: Vec<&SignedStatement> =
        signed(history, month).map(|made| &*made.value).collect();
    serde_json::json!({ "statements": statements })
}

/// One line for each.
fn list(history: &History, month: Option<Month>) -> String {
    let mut text = String::new();
    for made in signed(history, month) {
        let SignedStatement { month, revision, issued_at, customer, public_key, .. } = &*made.value;
        let customer = name(customer.as_deref());
        text += &format!(
            "{month}  revision {revision}  {issued_at}  {customer}  key {}\n",
            public_key.escape_debug()
        );
    }
    if text.is_empty() {
        text += "no statement is signed yet; --month makes a provisional one\n";
    }
    text
}

fn nothing_known(month: Month) -> String {
    format!(
        "nothing is known of {month}; --list tells which months are closed, and --facts reads \
         other files"
    )
}

fn no_such_revision(revision: u32, month: Month, signed: &[&Statement]) -> String {
    let there: Vec<String> = signed.iter().map(|made| made.value.revision.to_string()).collect();
    match there.is_empty() {
        true => format!("{month} is not closed: leave out --revision for a provisional statement"),
        false => {
            format!("there is no revision {revision} of {month}; there are: {}", there.join(", "))
        }
    }
}

fn another_version(made: &SignedStatement) -> Failure {
    Failure::new(
        Exit::Down,
        format!(
            "this version makes other bytes than those signed on {} (SHA-256 {}); use the version \
             that made them, or the files in the state folder's statements/{}",
            made.issued_at, made.sha256, made.month
        ),
    )
}

/// Writes a file whole, or not at all.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let written = fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path));
    written.map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot write {}: {error}", path.display()))
}
