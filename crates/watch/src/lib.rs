//! What an attempt means: a state machine that performs no I/O, and when the next attempt is due.
