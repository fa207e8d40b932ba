//! One login attempt, every phase timed, every outcome typed.

pub mod cookies;
pub mod html;
pub mod redact;
