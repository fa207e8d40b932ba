//! The daemon: performs what the watch asks for. I/O and order, no rules.

pub mod admin;
mod backups;
mod board;
pub mod clock;
mod closing;
pub mod config;
mod contract_facts;
mod engine;
pub mod lifecycle;
mod measured;
mod notifier;
mod run;
mod signing_key;
mod source;
mod statement_files;
mod statement_source;
pub mod wishes;
mod witnesses;

pub use board::Board;
pub use run::{Deps, RunError, Running, run};
pub use source::Observatory;
