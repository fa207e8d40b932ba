//! The admin socket: the one way in which people change what is recorded (C10.2).
//!
//! A Unix socket that speaks one JSON document a line: a request in, a reply out. Who asks comes
//! from the kernel, never from the request.

mod adjustments;
mod announcing;
pub mod client;
mod incidents;
mod pauses;
mod protocol;
mod requests;
mod rights;
mod server;
mod stops;
mod when;

pub use protocol::{
    AdjustmentView, Announcement, CancellationView, Claim, DecisionView, EventView, Import,
    IncidentView, PauseView, PlannedEvent, Reply, Request, StopVerdict, StopView,
};
pub use requests::Requests;
pub use rights::{ADJUST_GROUP, OPERATE_GROUP, Peer};
pub use server::{bind, serve};
