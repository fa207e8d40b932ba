//! One login attempt, every phase timed, every outcome typed.
