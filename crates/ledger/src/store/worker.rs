//! The store's thread: takes in what the journal acknowledged, as of each heartbeat.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant as Monotonic;

use contract::{History, Instant, Month};
use jiff::tz::TimeZone;

use crate::AttemptSummary;
use crate::health::StoreHealth;
use crate::journal::reader::Tip;
use crate::store::attempts::{SLOTS, StoredAttempt};
use crate::store::database::{Change, Database, Trouble, move_aside};
use crate::store::figures::{Figures, write_state};
use crate::store::keys::{self, Heartbeat, LineName, STORE_FORMAT};
use crate::store::mailbox::{Beat, Mail, Mailbox};
use crate::store::rebuild::{Journal, Rebuild};

/// Stores moved aside in one run at most; then the journal goes on alone until a restart.
const MOVED_ASIDE_MAX: u64 = 3;

/// The store as others see it.
#[derive(Default)]
pub(crate) struct StoreGauges(Mutex<State>);

#[derive(Default)]
struct State {
    health: StoreHealth,
    applied_seq: u64,
    last_flush: Option<Monotonic>,
    database: Option<Database>,
}

impl StoreGauges {
    pub(crate) fn health(&self, last_seq: u64) -> StoreHealth {
        let state = self.state();
        StoreHealth {
            usable: state.database.is_some(),
            lag_lines: last_seq.saturating_sub(state.applied_seq),
            last_flush_ago: state.last_flush.map(|last| last.elapsed()),
            ..state.health.clone()
        }
    }

    /// A service's attempts that are in the store, oldest first.
    pub(crate) fn attempts(&self, service: &str) -> Vec<AttemptSummary> {
        let Some(database) = self.state().database.clone() else { return Vec::new() };
        let slots = 0..SLOTS;
        let stored = slots.filter_map(|slot| {
            database.get::<Vec<StoredAttempt>>(&keys::attempts(slot, service)).ok().flatten()
        });
        let mut attempts: Vec<_> =
            stored.flatten().filter_map(|attempt| attempt.summary()).collect();
        attempts.sort_by_key(|attempt| attempt.at);
        attempts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The store as it was found at start.
pub(crate) struct Found {
    database: Option<Database>,
    /// What it knows to have been acknowledged.
    pub(crate) heartbeat: Option<Heartbeat>,
    /// What it has taken in.
    pub(crate) applied: Option<Tip>,
    /// Why it has to be built anew; `missing` in a new ledger too.
    pub(crate) unfit: Option<String>,
    moved_aside: u64,
}

/// Opens the store in `dir`; one that cannot be used is moved aside.
pub(crate) fn find(dir: &Path) -> Found {
    let mut found =
        Found { database: None, heartbeat: None, applied: None, unfit: None, moved_aside: 0 };
    match Database::open(dir).and_then(|database| found.inspect(database)) {
        Ok(()) => {}
        Err(Trouble::Disk(why)) => found.unfit = Some(why),
        Err(Trouble::Damaged(why)) => {
            found.unfit = Some(why.clone());
            found.database = None;
            if set_aside(dir, &why) {
                found.moved_aside = 1;
                found.database = Database::open(dir).ok();
            }
        }
    }
    found
}

impl Found {
    fn inspect(&mut self, database: Database) -> Result<(), Trouble> {
        let result = self.inspect_keys(&database);
        match result {
            Ok(()) => self.database = Some(database),
            Err(_) => database.close(),
        }
        result
    }

    fn inspect_keys(&mut self, database: &Database) -> Result<(), Trouble> {
        if database.is_empty()? {
            self.unfit = Some("it is missing".to_owned());
            return Ok(());
        }
        match database.get::<u32>(keys::FORMAT)? {
            Some(STORE_FORMAT) => {}
            Some(other) => return Err(Trouble::Damaged(format!("its format is {other}"))),
            None => return Err(Trouble::Damaged("it has no format".to_owned())),
        }
        self.heartbeat = database.get(keys::HEARTBEAT)?;
        self.applied = database.get::<LineName>(keys::APPLIED)?.and_then(|line| line.tip());
        if database.get::<bool>(keys::BUILDING)?.is_some() {
            self.unfit = Some("it was not built to the end".to_owned());
        }
        Ok(())
    }
}

/// Moves the store aside, and says so; false if that fails too.
fn set_aside(dir: &Path, why: &str) -> bool {
    match move_aside(dir) {
        Ok(aside) => {
            tracing::error!(why, aside = %aside.display(), "the store was moved aside");
            true
        }
        Err(error) => {
            tracing::error!(why, %error, "the store cannot be moved aside; journal only");
            false
        }
    }
}

/// The store's thread.
pub(crate) struct Worker {
    dir: PathBuf,
    journal: Journal,
    history: Arc<RwLock<History>>,
    mailbox: Arc<Mailbox>,
    gauges: Arc<StoreGauges>,
    database: Option<Database>,
    figures: Figures,
    /// Why the store has to be built before it is used.
    unfit: Option<String>,
    /// Services whose figures change as time goes by.
    open: BTreeSet<String>,
    /// The heartbeat up to which the months are written.
    written_until: Option<Instant>,
    /// What could not be taken in.
    missed: Mail,
    moved_aside: u64,
}

impl Worker {
    /// `rebuild`: why the store that was found does not fit the journal.
    pub(crate) fn new(
        dir: PathBuf,
        journal: Journal,
        found: Found,
        rebuild: Option<String>,
        (history, mailbox, gauges): (Arc<RwLock<History>>, Arc<Mailbox>, Arc<StoreGauges>),
    ) -> Self {
        let written_until = found.heartbeat.as_ref().map(|beat| beat.at);
        let mut state = gauges.state();
        state.database.clone_from(&found.database);
        state.applied_seq = found.applied.map_or(0, |tip| tip.seq);
        state.health.as_of = written_until;
        state.health.rebuilding = rebuild.is_some();
        state.health.trouble.clone_from(&rebuild);
        drop(state);
        Worker {
            dir,
            journal,
            history,
            mailbox,
            gauges,
            database: found.database,
            figures: Figures::default(),
            unfit: rebuild,
            open: BTreeSet::new(),
            written_until,
            // After a start every service's state is looked at once.
            missed: Mail { all: true, ..Mail::default() },
            moved_aside: found.moved_aside,
        }
    }

    /// Serves until the ledger is closed or abandoned.
    pub(crate) fn run(mut self) {
        if self.unfit.is_some() {
            self.serve(|_, _| Ok(()));
        }
        while let Some(mut mail) = self.mailbox.take() {
            let Some(beat) = mail.beat.take() else { continue };
            mail = mail.after(std::mem::take(&mut self.missed));
            let taken_in = self.serve(|worker, database| worker.take_in(database, &mail, beat));
            if !taken_in {
                self.missed = mail;
            }
            if beat.closed {
                break;
            }
        }
        self.gauges.state().database = None;
        if let Some(database) = self.database.take() {
            database.close();
        }
    }

    /// Does something with the store, and what is needed before: open it, build it. After damage
    /// once more with a new one.
    fn serve(&mut self, work: impl Fn(&mut Self, &Database) -> Result<(), Trouble>) -> bool {
        loop {
            let done = self.ready().and_then(|database| work(self, &database));
            let Err(trouble) = done else {
                self.gauges.state().health.rebuilding = false;
                return true;
            };
            tracing::error!(%trouble, "the store cannot take in what the journal holds");
            self.mailbox.fail();
            let mut state = self.gauges.state();
            state.database = None;
            state.health.failures += 1;
            state.health.trouble = Some(trouble.to_string());
            drop(state);
            // After an error sled refuses all further work until it is opened again.
            if let Some(database) = self.database.take() {
                database.close();
            }
            self.missed.all = true;
            let Trouble::Damaged(why) = trouble else { return false };
            if self.moved_aside >= MOVED_ASIDE_MAX || !set_aside(&self.dir, &why) {
                return false;
            }
            self.moved_aside += 1;
            self.unfit = Some(why);
        }
    }

    /// An open, complete store.
    fn ready(&mut self) -> Result<Database, Trouble> {
        let database = match &self.database {
            Some(database) => database.clone(),
            None => Database::open(&self.dir)?,
        };
        self.database = Some(database.clone());
        if let Some(why) = self.unfit.clone() {
            self.build(database, &why)
        } else {
            self.gauges.state().database = Some(database.clone());
            Ok(database)
        }
    }

    /// Builds the store from the journal.
    fn build(&mut self, mut database: Database, why: &str) -> Result<Database, Trouble> {
        tracing::warn!(why, "the store is built from the journal");
        let mut state = self.gauges.state();
        state.health.rebuilding = true;
        state.database = None;
        drop(state);
        if !database.is_empty()? {
            self.database = None;
            database.close();
            if !set_aside(&self.dir, why) {
                return Err(Trouble::Disk("it cannot be moved aside".to_owned()));
            }
            database = Database::open(&self.dir)?;
            self.database = Some(database.clone());
        }
        let mut change = database.change();
        change.put(keys::FORMAT, &STORE_FORMAT)?;
        change.put(keys::BUILDING, &true)?;
        change.finish()?;
        self.written_until = self.rebuild(&database).all(true)?;
        let mut change = database.change();
        change.remove(keys::BUILDING)?;
        change.finish()?;
        database.flush()?;
        self.unfit = None;
        self.missed.all = true;
        let mut state = self.gauges.state();
        state.health.rebuilds += 1;
        state.database = Some(database.clone());
        Ok(database)
    }

    /// Brings the store to the heartbeat.
    fn take_in(&mut self, database: &Database, mail: &Mail, beat: Beat) -> Result<(), Trouble> {
        if self.fell_behind(beat.at) {
            tracing::warn!("months went by without the store; it is written again");
            self.written_until = self.rebuild(database).all(false)?;
        }
        let mut change = database.change();
        self.write_services(&mut change, mail, beat.at)?;
        for (service, bucket) in self.mailbox.take_attempts(beat.closed) {
            change.put(&keys::attempts(bucket.slot(), &service), &bucket.stored())?;
        }
        change.finish()?;
        let past = self.before_memory(mail, beat.at);
        self.rebuild(database).past(&past)?;
        let LineName { seq, hash } = LineName::of(beat.tip);
        let heartbeat = Heartbeat { at: beat.at, seq, hash, closed: beat.closed };
        let mut change = database.change();
        change.put(keys::FORMAT, &STORE_FORMAT)?;
        change.put(keys::APPLIED, &LineName::of(beat.tip))?;
        change.put(keys::HEARTBEAT, &heartbeat)?;
        change.finish()?;
        database.flush()?;
        self.written_until = Some(beat.at);
        self.mailbox.keep(beat.at);
        let mut state = self.gauges.state();
        state.applied_seq = beat.tip.seq;
        state.last_flush = Some(Monotonic::now());
        state.health.as_of = Some(beat.at);
        Ok(())
    }

    fn rebuild<'a>(&'a mut self, database: &'a Database) -> Rebuild<'a> {
        let Worker { journal, figures, mailbox, .. } = self;
        Rebuild { journal, database, figures, mailbox }
    }

    /// Whether months were not written that the history in memory no longer holds.
    fn fell_behind(&self, at: Instant) -> bool {
        let month = |instant| Month::of(instant, &TimeZone::UTC);
        self.written_until.is_some_and(|until| month(at) > month(until).next())
    }

    /// Writes the states and the months in memory of all services that may have changed.
    fn write_services(
        &mut self,
        change: &mut Change<'_>,
        mail: &Mail,
        at: Instant,
    ) -> Result<(), Trouble> {
        let history = self.history.clone();
        let names: Vec<String> = read(&history).services().map(str::to_owned).collect();
        for service in &names {
            // The lock is let go in between: the writer does not wait for the store.
            let history = read(&history);
            let running = self.figures.month_of(&history, service, at);
            let written = self
                .written_until
                .map(|until| self.figures.month_of(&history, service, until))
                .unwrap_or(running);
            let is_new_month = written != running;
            let has_changed = mail.all || mail.services.contains(service) || is_new_month;
            if !has_changed && !self.open.contains(service) {
                continue;
            }
            let mut month = if has_changed { running.prev().min(written) } else { running };
            while month <= running {
                let what = (service.as_str(), month);
                self.figures.write(change, &history, what, at)?;
                month = month.next();
            }
            if has_changed {
                match write_state(change, &history, service, at)? {
                    true => self.open.insert(service.clone()),
                    false => self.open.remove(service),
                };
            }
        }
        Ok(())
    }

    /// The decisions about months that the history in memory does not hold.
    fn before_memory(
        &mut self,
        mail: &Mail,
        at: Instant,
    ) -> std::collections::BTreeMap<String, Instant> {
        let history = self.history.clone();
        let history = read(&history);
        let past = mail.past.iter().filter(|(service, from)| {
            let kept = self.figures.month_of(&history, service, at).prev();
            self.figures.month_of(&history, service, **from) < kept
        });
        past.map(|(service, from)| (service.clone(), *from)).collect()
    }
}

fn read(history: &RwLock<History>) -> std::sync::RwLockReadGuard<'_, History> {
    history.read().unwrap_or_else(PoisonError::into_inner)
}
