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

/// Appends every family that follows from the snapshot.
pub fn write(snapshot: &Snapshot, out: &mut Vec<u8>) {
    agent::write(snapshot, out);
    service::write(&snapshot.services, out);
}
