//! Closes months: composes each customer's statement, signs it, records it and writes its files
//! (C6.7, C10.1).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract::{
    DueClose, Fact, Instant, Month, MonthClose, SignedStatement, due_closes, due_revisions,
    revisions_to_look_up,
};
use exporter::Counters;
use ledger::Ledger;
use statement::document::Document;
use statement::{Lang, Signature, SigningKey, json, sha256};
use tokio::sync::watch;

use crate::board::Board;
use crate::clock::Clock;
use crate::config::{self, Contact};
use crate::signing_key;
use crate::statement_files::MonthFolder;
use crate::statement_source::StatementSource;

/// How often it is seen whether anything may be due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long it waits after the first failure; twice as long after each further one.
const PAUSE_MIN: Duration = Duration::from_secs(60);
/// The longest that it waits.
const PAUSE_MAX: Duration = Duration::from_secs(3600);
const MINUTE_MS: i64 = 60_000;

/// What closing works with.
#[derive(Clone)]
pub struct Closing {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// What is recorded.
    pub ledger: Ledger,
    /// What is not decided yet.
    pub board: Arc<Board>,
    /// What is counted.
    pub counters: Arc<Counters>,
    /// The state folder.
    pub state_dir: PathBuf,
    /// Whose languages the files are in.
    pub contacts: watch::Receiver<Vec<Contact>>,
    /// Set when the agent ends: what is not begun is left for the next start.
    pub ending: Arc<AtomicBool>,
}

/// Why something that is due was not done.
type Trouble = String;

impl Closing {
    /// Closes what is due, at the start and then each minute of what is decided, until it is
    /// dropped.
    pub async fn run(self) {
        let mut seen = None;
        let mut looked_up = 0;
        let mut pause = PAUSE_MIN;
        loop {
            let decided = self.ledger.decided_until();
            let minute = decided.map(|until| until.ms().div_euclid(MINUTE_MS));
            let Some(decided) = decided.filter(|_| minute != seen) else {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            };
            let (closing, is_first) = (self.clone(), seen.is_none());
            let work =
                tokio::task::spawn_blocking(move || closing.work(decided, is_first, looked_up));
            match work.await {
                Ok(Ok(last_seq)) => (seen, looked_up, pause) = (minute, last_seq, PAUSE_MIN),
                Ok(Err(trouble)) => {
                    self.counters.statement_failed();
                    tracing::error!("statements that are due were not made: {trouble}");
                    seen = None;
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Err(error) => {
                    tracing::error!(%error, "no month is closed any more; this is a fault of the program");
                    return;
                }
            }
        }
    }

    /// All that is due: `decided` is the instant up to which it is, for a service of which nothing
    /// is open. The first time also what an earlier run has left undone. Decisions up to line
    /// `looked_up` were looked at; gives up to which they are now.
    fn work(&self, decided: Instant, is_first: bool, looked_up: u64) -> Result<u64, Trouble> {
        let last_seq = self.ledger.health().journal.last_seq;
        let (closes, revisions) = self.due(decided);
        let long_closed = self.ledger.read(|history| revisions_to_look_up(history, looked_up));
        let is_due = !(closes.is_empty() && revisions.is_empty() && long_closed.is_empty());
        if is_first || is_due {
            let key = self.key()?;
            if !closes.is_empty() {
                // So that the journal alone says that the months are decided.
                self.record(vec![Fact::Measured { until: decided }])?;
            }
            self.make(&key, closes)?;
            self.make(&key, revisions)?;
            self.revise_long_closed(&key, long_closed)?;
        }
        if is_first {
            self.write_missing_files()?;
        }
        Ok(last_seq)
    }

    /// The months to close, and those to revise.
    fn due(&self, decided: Instant) -> (Vec<DueClose>, Vec<DueClose>) {
        // After `decided` was read: what is decided meanwhile is not passed (C3.9).
        let open_from: HashMap<Arc<str>, Instant> = {
            let live = self.board.lock();
            let open = live.services.iter().map(|(name, one)| (name, one.open_from()));
            open.filter_map(|(name, from)| Some((name.clone(), from?))).collect()
        };
        let decided =
            |service: &str| Some(open_from.get(service).map_or(decided, |from| decided.min(*from)));
        self.ledger.read(|history| (due_closes(history, decided), due_revisions(history)))
    }

    /// The key that signs, which is on record (C10.1).
    fn key(&self) -> Result<SigningKey, Trouble> {
        let key = signing_key::read_or_make(&self.state_dir).map_err(|error| error.to_string())?;
        let public_key = key.public_key();
        let before = self.ledger.read(|history| history.signing_key().map(str::to_owned));
        if before.as_ref() != Some(&public_key) {
            if let Some(before) = before {
                tracing::warn!(
                    before,
                    public_key,
                    "statements are signed with another key from here on: the one before was lost \
                     or replaced"
                );
            }
            self.record(vec![Fact::SigningKeySet { public_key }])?;
        }
        Ok(key)
    }

    /// Makes the statements of one month after the other: a customer's later month never comes
    /// before an earlier one that failed.
    fn make(&self, key: &SigningKey, due: Vec<DueClose>) -> Result<(), Trouble> {
        let mut by_month: BTreeMap<Month, Vec<DueClose>> = BTreeMap::new();
        due.into_iter().for_each(|due| by_month.entry(due.month).or_default().push(due));
        for (month, due) in by_month {
            self.make_month(key, &self.read(month, None)?, due)?;
        }
        Ok(())
    }

    /// C5.3: a month of whose statement nothing is held any more is revised like any other. Whether
    /// it has to be, the journal says.
    fn revise_long_closed(&self, key: &SigningKey, months: BTreeSet<Month>) -> Result<(), Trouble> {
        for month in months {
            let source = self.read(month, None)?;
            let mut due = due_revisions(&source.history);
            due.retain(|due| due.month == month);
            self.make_month(key, &source, due)?;
        }
        Ok(())
    }

    /// Makes what is due of one month. One customer's trouble is not another's.
    fn make_month(
        &self,
        key: &SigningKey,
        source: &StatementSource,
        due: Vec<DueClose>,
    ) -> Result<(), Trouble> {
        let mut trouble = None;
        for due in due {
            if self.ending.load(Ordering::Relaxed) {
                return Ok(());
            }
            if let Err(failed) = self.make_one(key, source, &due) {
                let customer = due.customer.as_deref().unwrap_or("services without a customer");
                trouble = Some(format!("{}, {customer}: {failed}", due.month));
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    /// Composes, signs and records; then writes the files.
    fn make_one(
        &self,
        key: &SigningKey,
        source: &StatementSource,
        due: &DueClose,
    ) -> Result<(), Trouble> {
        let mut made = SignedStatement {
            customer: due.customer.clone(),
            month: due.month,
            revision: due.revision,
            issued_at: self.clock.now().wall,
            used_seq: source.tip.seq,
            used_hash: source.tip.hash.to_string(),
            sha256: String::new(),
            public_key: String::new(),
            signature: String::new(),
        };
        let document = source.compose(&made)?;
        let bytes = json::document_bytes(&document);
        let Signature { public_key, value } = key.sign(&bytes);
        (made.sha256, made.public_key, made.signature) = (sha256(&bytes), public_key, value);
        let concerned = document.services.iter().filter(|it| due.services.contains(&it.service));
        let mut facts: Vec<Fact> = concerned
            .map(|section| MonthClose {
                service: section.service.clone(),
                month: due.month,
                revision: due.revision,
                used_seq: made.used_seq,
                used_hash: made.used_hash.clone(),
                figure: section.figure.clone(),
            })
            .map(|close| Fact::MonthClosed(Box::new(close)))
            .collect();
        // Last: where a crash takes it, the month is closed again (C6.7).
        facts.push(Fact::StatementSigned(Box::new(made.clone())));
        self.record(facts)?;
        tracing::info!(
            month = %made.month,
            revision = made.revision,
            customer = made.customer,
            "month closed, its statement signed"
        );
        self.write_files(source, &made, &document, &bytes)
    }

    /// The files of each customer's last statement, where they are missing: a crash came before
    /// them, or the disk was full.
    fn write_missing_files(&self) -> Result<(), Trouble> {
        // The statements are by month and revision: the last of each customer stays.
        let last: BTreeMap<Option<String>, SignedStatement> = self.ledger.read(|history| {
            let signed = history.statements().iter().map(|made| &*made.value);
            signed.map(|made| (made.customer.clone(), made.clone())).collect()
        });
        let months: BTreeSet<Month> = last.values().map(|made| made.month).collect();
        let folder =
            |month| self.ledger.read(|history| MonthFolder::new(&self.state_dir, history, month));
        let folders: BTreeMap<Month, MonthFolder> =
            months.into_iter().map(|month| (month, folder(month))).collect();
        let mut missing: BTreeMap<(Month, u64), Vec<SignedStatement>> = BTreeMap::new();
        for made in last.into_values() {
            if !folders[&made.month].files(&made).exist() {
                missing.entry((made.month, made.used_seq)).or_default().push(made);
            }
        }
        for ((month, used_seq), signed) in missing {
            let source = self.read(month, Some(used_seq))?;
            for made in signed {
                let (document, bytes) = source.compose_again(&made)?;
                self.write_files(&source, &made, &document, &bytes)?;
            }
        }
        Ok(())
    }

    /// What the journal says up to a line; up to the last one that lasts, if none is named.
    fn read(&self, month: Month, seq: Option<u64>) -> Result<StatementSource, Trouble> {
        let seq = seq.unwrap_or_else(|| self.ledger.health().journal.last_seq);
        StatementSource::read(&self.state_dir, month, seq)
    }

    fn write_files(
        &self,
        source: &StatementSource,
        made: &SignedStatement,
        document: &Document,
        bytes: &str,
    ) -> Result<(), Trouble> {
        source.folder.files(made).write(document, bytes, made, &self.langs(document))
    }

    /// The languages of those who are told about the services; both, if nobody is.
    fn langs(&self, document: &Document) -> Vec<Lang> {
        let is_on_it = |name: &String| document.services.iter().any(|it| it.service == *name);
        let contacts = self.contacts.borrow();
        let speaks = |lang: &Lang| {
            let told = contacts.iter().filter(|contact| contact.services.iter().any(is_on_it));
            told.map(|contact| contact.lang).any(|of| statement_lang(of) == *lang)
        };
        let spoken: Vec<Lang> = Lang::ALL.into_iter().filter(speaks).collect();
        if spoken.is_empty() { Lang::ALL.to_vec() } else { spoken }
    }

    /// Records, and waits until it lasts.
    fn record(&self, facts: Vec<Fact>) -> Result<(), Trouble> {
        let now = self.clock.now().wall;
        let ticket = self.ledger.record(facts.into_iter().map(|fact| (now, fact)).collect());
        ticket.wait().map(|_| ()).map_err(|error| error.to_string())
    }
}

fn statement_lang(lang: config::Lang) -> Lang {
    match lang {
        config::Lang::Sv => Lang::Sv,
        config::Lang::En => Lang::En,
    }
}
