//! Submission by a script, at once.
