//! The admin socket: the one way in which people change what is recorded (C10.2).
//!
//! A Unix socket that speaks one JSON document a line: a request in, a reply out. Who asks comes
//! from the kernel, never from the request.

mod adjustments;
mod announcing;
mod claims;
pub mod client;
mod explaining;
mod incident_report;
mod incidents;
mod notifiable;
mod pauses;
mod protocol;
mod requests;
mod rights;
mod server;
mod status;
mod stops;
mod views;
mod when;

pub use explaining::ExplainView;
pub use protocol::{Announcement, Claim, Import, PlannedEvent, Reply, Request};
pub use requests::Requests;
pub use rights::{ADJUST_GROUP, OPERATE_GROUP, Peer};
pub use server::{bind, serve};
pub use status::{MonthStatus, NextStop, OpenIncident, ServiceStatus, Sight, StatusView};
pub use views::{
    AdjustmentView, AttemptView, CancellationView, DecisionView, EventView, IncidentReport,
    IncidentView, NoticeView, NotifiableView, OutageView, PauseView, ReductionClaimView,
    ReportedView, SettledView, StageView, StopVerdict, StopView, SubmittedView,
};
pub use when::instant;
