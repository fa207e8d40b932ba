//! One snapshot as Prometheus metrics, as pages and as JSON, behind a bounded HTTP listener.
//!
//! [`snapshot`] is what is live, [`months`] what one service was, and [`records`] what people
//! recorded; [`metrics`], [`page`], [`api`] and [`feed`] are pure functions of them;
//! [`counters`] counts what the agent does; [`listener`] puts them behind a socket, and [`access`]
//! says who may read them.

pub mod access;
pub mod api;
pub mod counters;
pub mod feed;
pub mod listener;
pub mod metrics;
pub mod months;
pub mod page;
pub mod records;
mod routes;
pub mod snapshot;

pub use access::{Access, WebConfig};
pub use counters::{Counters, DirectAlerts};
pub use listener::{Options, serve};
pub use records::Records;
pub use snapshot::{Snapshot, Source};
