//! One snapshot as Prometheus metrics, as pages and as JSON, behind a bounded HTTP listener.
//!
//! [`snapshot`] is the data; [`metrics`], [`page`] and [`api`] are pure functions of it;
//! [`counters`] counts what the agent does; [`listener`] puts them behind a socket.

pub mod api;
pub mod counters;
pub mod listener;
pub mod metrics;
pub mod page;
mod routes;
pub mod snapshot;

pub use counters::Counters;
pub use listener::{Options, serve};
pub use snapshot::{Snapshot, Source};
