//! The daemon: performs what the watch asks for. I/O and order, no rules.

pub mod config;
