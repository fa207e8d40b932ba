//! What an attempt means (C3), and when the next attempt is due: no I/O, no clock, no randomness.
//!
//! The caller reads the clocks, makes the attempts, asks the witnesses and keeps the facts; this
//! crate decides. The same inputs give the same facts, byte for byte.
//!
//! - [`Watch`], one for each service: outcomes go in, [`Action`]s come out.
//! - [`Grid`], one for all services: which attempts start now, and when to wake up next.
//! - [`Clocks`]: did the machine sleep, was its clock stepped?
//! - [`WitnessRounds`]: one round of questions for all failures within two seconds.
//! - [`Deadlines`]: which results have been held for too long, without looking at them all.

mod accounts;
mod actions;
mod clocks;
mod deadlines;
mod grid;
mod grid_host;
mod service;
mod suspicion;
mod witness_rounds;

pub use accounts::{Account, RETRY_REFUSED_MS_MAX};
pub use actions::{Action, Actions, When};
pub use clocks::{Clocks, Discontinuity, JUMP_MS, Now};
pub use deadlines::Deadlines;
pub use grid::{
    Counts, FIRST_STARTS_PER_TICK, Grid, LATE_TICKS, Limits, Plan, Slot, Start, TICK_MS,
};
pub use grid::{phase_ms, stable_hash};
pub use service::{Attempted, DOWN_INTERVAL_MS, Live, SLACK_MS, Settings, Watch};
pub use suspicion::Witnesses;
pub use witness_rounds::{Asked, WITNESS_WINDOW_MS, WitnessRound, WitnessRounds};
