//! The store: what the journal says, kept ready for queries, in sled. It can be lost at any moment.
//!
//! All of it is as of the last heartbeat: one update and one flush each time, off the hot path.

pub(crate) mod attempts;
mod database;
mod dump;
mod figures;
mod keys;
mod mailbox;
pub(crate) mod rebuild;
pub(crate) mod worker;

pub use self::attempts::StoredAttempt;
pub use self::dump::{StoreDump, StoreError, StoredMonth, read};
pub use self::keys::{Heartbeat, StoredFigure, StoredInterval, StoredState};
pub(crate) use self::mailbox::Mailbox;
