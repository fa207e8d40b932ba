//! The contract as code: facts, timeline, months, planned stops, the month's figure.
//!
//! Pure: no I/O, no clock, no async, no logging. `now` is always an argument.
//! The rules are numbered in `docs/contract.md`; code and tests cite them (`C4.2`).

pub mod fact;
pub mod instant;
pub mod money;
pub mod outcome;
pub mod terms;

pub use fact::{Evidence, Fact, Line, ServiceState, UnmeasuredCause};
pub use instant::{Instant, Interval};
pub use money::Money;
pub use outcome::{AccountCause, DownCause, Outcome, Phase, UnableCause};
pub use terms::Terms;
