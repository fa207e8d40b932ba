//! Reads the store of a stopped agent whole: for other programs, and for tests.

use std::collections::BTreeMap;
use std::path::Path;

use contract::{Instant, Month};
use serde::Serialize;

use crate::store::attempts::StoredAttempt;
use crate::store::database::{Database, Trouble, parse};
use crate::store::keys::{self, Heartbeat, StoredFigure, StoredInterval, StoredState};

/// All that a store holds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct StoreDump {
    /// The heartbeat that all of it is as of.
    pub heartbeat: Option<Heartbeat>,
    /// The state of each service.
    pub states: BTreeMap<String, StoredState>,
    /// Every month of every service, by service and month.
    pub months: BTreeMap<(String, Month), StoredMonth>,
    /// The attempts of each service, as they stand in the ring.
    pub attempts: BTreeMap<String, Vec<StoredAttempt>>,
}

/// A service's month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StoredMonth {
    /// The time by class.
    pub figure: StoredFigure,
    /// All that is not up, by first instant.
    pub intervals: BTreeMap<Instant, StoredInterval>,
}

/// Why a store cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreError(String);

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; a running agent holds its store: stop it first", self.0)
    }
}

impl std::error::Error for StoreError {}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        StoreError(trouble.to_string())
    }
}

/// Reads the store in `dir`, the folder `store` of a state folder.
///
/// # Errors
/// No store there, a running agent, or damage; never a panic.
pub fn read(dir: &Path) -> Result<StoreDump, StoreError> {
    if !dir.join("db").exists() {
        return Err(StoreError(format!("there is no store in {}", dir.display())));
    }
    let database = Database::open(dir)?;
    let dump = scan(&database);
    database.close();
    Ok(dump?)
}

fn scan(database: &Database) -> Result<StoreDump, Trouble> {
    let mut dump = StoreDump { heartbeat: database.get(keys::HEARTBEAT)?, ..StoreDump::default() };
    database.scan("state/", |key, value| {
        if let Some(service) = key.strip_prefix("state/") {
            dump.states.insert(service.to_owned(), parse(key, value)?);
        }
        Ok(())
    })?;
    database.scan("month/", |key, value| {
        if let Some((month, service)) = keys::split_month(key) {
            let stored = StoredMonth { figure: parse(key, value)?, intervals: BTreeMap::new() };
            dump.months.insert((service.to_owned(), month), stored);
        }
        Ok(())
    })?;
    database.scan("interval/", |key, value| {
        if let Some((month, service, from)) = keys::split_interval(key)
            && let Some(stored) = dump.months.get_mut(&(service.to_owned(), month))
        {
            stored.intervals.insert(from, parse(key, value)?);
        }
        Ok(())
    })?;
    database.scan("attempts/", |key, value| {
        if let Some((_, service)) = key["attempts/".len()..].split_once('/') {
            let stored: Vec<StoredAttempt> = parse(key, value)?;
            dump.attempts.entry(service.to_owned()).or_default().extend(stored);
        }
        Ok(())
    })?;
    Ok(dump)
}
