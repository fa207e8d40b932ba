//! The only code that calls sled, with the settings and cautions that were measured to matter.
//!
//! sled 0.34.7 panics on damaged files, does not `fdatasync` in `flush`, and rewrites for ever with
//! its own flusher. So every call runs under `catch_unwind`, the flusher is off, and the file is
//! synced here.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant as Monotonic};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Keys in one batch; larger ones were measured to leak.
const BATCH_KEYS_MAX: usize = 500;

/// The cache that is asked for; sled was measured to take up to three times that.
const CACHE_BYTES: u64 = 4 << 20;

/// How long a store that another holds is waited for.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(2);

/// How often it is tried meanwhile.
const LOCK_POLL: Duration = Duration::from_millis(10);

/// An open store.
#[derive(Clone)]
pub(crate) struct Database {
    db: sled::Db,
    dir: PathBuf,
}

/// Why the store cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    /// It is damaged: only another one helps.
    Damaged(String),
    /// The disk fails or is full: another one would not help.
    Disk(String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Damaged(why) => write!(f, "the store is damaged: {why}"),
            Trouble::Disk(why) => write!(f, "the store cannot be used: {why}"),
        }
    }
}

impl Database {
    /// Opens, or creates, the store in `dir`. Waits up to [`LOCK_WAIT_MAX`] for another to let go
    /// of it: sled's own threads may do so only after a store was closed.
    pub(crate) fn open(dir: &Path) -> Result<Database, Trouble> {
        let started = Monotonic::now();
        loop {
            match Self::open_now(dir) {
                Err(Trouble::Disk(why))
                    if why.contains("could not acquire lock")
                        && started.elapsed() < LOCK_WAIT_MAX =>
                {
                    thread::sleep(LOCK_POLL);
                }
                opened => return opened,
            }
        }
    }

    fn open_now(dir: &Path) -> Result<Database, Trouble> {
        guarded(|| {
            let config = sled::Config::new()
                .path(dir)
                .flush_every_ms(None)
                .cache_capacity(CACHE_BYTES)
                .print_profile_on_drop(false);
            config.open()
        })
        .map(|db| Database { db, dir: dir.to_owned() })
    }

    /// Whether anything is in it.
    pub(crate) fn is_empty(&self) -> Result<bool, Trouble> {
        guarded(|| self.db.first()).map(|first| first.is_none())
    }

    /// A value; what is no JSON of that shape is damage.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Trouble> {
        guarded(|| self.db.get(key))?.map(|bytes| parse(key, &bytes)).transpose()
    }

    /// Calls `each` with the keys that begin with `prefix` and their values, in order.
    pub(crate) fn scan(
        &self,
        prefix: &str,
        mut each: impl FnMut(&str, &[u8]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut entries = guarded(|| Ok(self.db.scan_prefix(prefix)))?;
        while let Some((key, value)) = guarded(|| entries.next().transpose())? {
            let key = std::str::from_utf8(&key)
                .map_err(|_| Trouble::Damaged("a key is no text".to_owned()))?;
            each(key, &value)?;
        }
        Ok(())
    }

    /// Starts a change of any size, made in batches.
    pub(crate) fn change(&self) -> Change<'_> {
        Change { database: self, batch: sled::Batch::default(), keys: 0, is_first: false }
    }

    /// Starts the change that writes the months of a store which holds none: each once, and
    /// without a look at what stands there.
    pub(crate) fn first_change(&self) -> Change<'_> {
        Change { is_first: true, ..self.change() }
    }

    /// Makes all changes last: sled's own flush, then the sync that it leaves out.
    pub(crate) fn flush(&self) -> Result<(), Trouble> {
        guarded(|| self.db.flush())?;
        File::open(self.dir.join("db"))
            .and_then(|file| file.sync_data())
            .map_err(|error| Trouble::Disk(error.to_string()))
    }

    /// Closes the store; what sled does at the end is guarded too.
    pub(crate) fn close(self) {
        let Database { db, .. } = self;
        let _ = guarded(move || {
            drop(db);
            Ok(())
        });
    }
}

/// Changes on their way into the store.
pub(crate) struct Change<'a> {
    database: &'a Database,
    batch: sled::Batch,
    keys: usize,
    is_first: bool,
}

impl Change<'_> {
    /// A value as it was before the change.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Trouble> {
        if self.is_first { Ok(None) } else { self.database.get(key) }
    }

    /// Calls `each` with the keys that begin with `prefix` and their values, as they were before
    /// the change, in order.
    pub(crate) fn scan(
        &self,
        prefix: &str,
        each: impl FnMut(&str, &[u8]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        if self.is_first { Ok(()) } else { self.database.scan(prefix, each) }
    }

    pub(crate) fn put(&mut self, key: &str, value: &impl Serialize) -> Result<(), Trouble> {
        let value = serde_json::to_vec(value).map_err(|error| Trouble::Disk(error.to_string()))?;
        self.batch.insert(key, value);
        self.changed()
    }

    pub(crate) fn remove(&mut self, key: &str) -> Result<(), Trouble> {
        self.batch.remove(key);
        self.changed()
    }

    /// Applies what is left of the change.
    pub(crate) fn finish(mut self) -> Result<(), Trouble> {
        self.apply()
    }

    fn changed(&mut self) -> Result<(), Trouble> {
        self.keys += 1;
        if self.keys < BATCH_KEYS_MAX { Ok(()) } else { self.apply() }
    }

    fn apply(&mut self) -> Result<(), Trouble> {
        self.keys = 0;
        let batch = std::mem::take(&mut self.batch);
        guarded(|| self.database.db.apply_batch(batch))
    }
}

/// Reads a value.
pub(crate) fn parse<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(bytes).map_err(|error| Trouble::Damaged(format!("{key}: {error}")))
}

/// Moves a store that cannot be used out of the way; never deletes it. Gives its new name.
pub(crate) fn move_aside(dir: &Path) -> std::io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let aside = dir.with_extension(format!("aside-{number}"));
        if !aside.exists() {
            fs::rename(dir, &aside)?;
            return Ok(aside);
        }
        number += 1;
    }
}

/// Runs a call into sled; a panic in it is damage, not the end of the agent.
fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, Trouble> {
    // What a panic may have left half done is thrown away: the store is moved aside.
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(error))) => Err(Trouble::Disk(error.to_string())),
        Ok(Err(error)) => Err(Trouble::Damaged(error.to_string())),
        Err(panic) => {
            let why = panic.downcast_ref::<String>().map(String::as_str);
            let why = why.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(Trouble::Damaged(format!("sled panicked: {}", why.unwrap_or("no message"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_sled_is_damage_and_does_not_spread() {
        let trouble = guarded::<()>(|| panic!("page {} is gone", 7)).unwrap_err();
        assert_eq!(trouble, Trouble::Damaged("sled panicked: page 7 is gone".to_owned()));
    }

    #[test]
    fn a_store_is_moved_aside_again_and_again_and_never_deleted() {
        let state_dir = tempfile::tempdir().unwrap();
        let store = state_dir.path().join("store");
        for number in 1..4 {
            fs::create_dir(&store).unwrap();
            fs::write(store.join("db"), number.to_string()).unwrap();
            let aside = move_aside(&store).unwrap();
            assert_eq!(aside, state_dir.path().join(format!("store.aside-{number}")));
            assert_eq!(fs::read_to_string(aside.join("db")).unwrap(), number.to_string());
        }
    }
}
