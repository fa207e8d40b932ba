//! A snapshot in Prometheus' text format: a pure function, golden-tested byte for byte.
//!
//! Families are grouped, names are in base units, and a service that is gone is gone from the next
//! scrape. What the agent counts about itself is in [`crate::counters`].

mod agent;
mod process;
mod service;
mod text;

pub use process::write as write_process;

use crate::snapshot::Snapshot;

/// What the answer on `/metrics` says it is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Every family that follows from the snapshot, in parts that are written one after the other:
/// the whole of a large fleet's need never be in memory at once.
pub fn parts(snapshot: &Snapshot) -> impl Iterator<Item = Vec<u8>> {
    let mut first = Vec::new();
    agent::write(snapshot, &mut first);
    std::iter::once(first).chain(service::parts(&snapshot.services))
}
