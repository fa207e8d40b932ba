//! The daemon: performs what the watch asks for. I/O and order, no rules.

pub mod admin;
mod board;
pub mod clock;
pub mod config;
mod contract_facts;
mod engine;
pub mod lifecycle;
mod measured;
mod run;
mod source;
pub mod wishes;
mod witnesses;

pub use run::{Deps, RunError, Running, run};
