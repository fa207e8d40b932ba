//! A snapshot in Prometheus' text format: a pure function, golden-tested byte for byte.
//!
//! Families are grouped, names are in base units, and a service that is gone is gone from the next
//! scrape. What the agent counts about itself is in [`crate::counters`].

mod agent;
mod process;
mod service;
mod text;

use self::text::Parts;
use crate::snapshot::Snapshot;

/// What the answer on `/metrics` says it is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Gives every family that follows from the snapshot to `send`, in parts that come one after the
/// other: the whole of a large fleet's need never be in memory at once.
pub fn write(snapshot: &Snapshot, send: &mut dyn FnMut(Vec<u8>)) {
    let mut parts = Parts::new(send);
    agent::write(snapshot, &mut parts);
    service::write(&snapshot.services, &mut parts);
    parts.end();
}

/// Gives the families about this process to `send`.
pub fn write_process(send: &mut dyn FnMut(Vec<u8>)) {
    let mut parts = Parts::new(send);
    process::write(&mut parts);
    parts.end();
}
