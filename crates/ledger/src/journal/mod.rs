//! The journal: append-only segments of hash-chained lines. It is the truth.

pub mod line;
pub(crate) mod opening;
pub(crate) mod queue;
pub(crate) mod reader;
pub(crate) mod segment;
pub(crate) mod verifier;
pub(crate) mod writer;
