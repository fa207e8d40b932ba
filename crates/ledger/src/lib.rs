//! Facts that last: the journal, and the sled store built from it.
