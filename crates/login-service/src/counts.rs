//! What the service has served so far.

/// Counters since the service started, read as one snapshot. All but `sessions_open` only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// TCP connections accepted.
    pub connections: u64,
    /// Full TLS handshakes finished.
    pub handshakes_full: u64,
    /// Resumed TLS handshakes finished: a probe that verifies each time makes none.
    pub handshakes_resumed: u64,
    /// TLS handshakes that the client or the service gave up.
    pub handshakes_failed: u64,
    /// Login pages answered with their form.
    pub login_pages: u64,
    /// Logins accepted: by form, by `/basic` and by `/api/token`.
    pub logins_ok: u64,
    /// Logins refused for the name, the password or a lock.
    pub logins_refused: u64,
    /// One-time codes refused: wrong, or used before.
    pub codes_refused: u64,
    /// Login posts refused for another reason: token, fields, Referer or Origin.
    pub logins_malformed: u64,
    /// Home pages (`/home`, `/api/me`) answered to a session.
    pub homes: u64,
    /// Sessions ended by a log-out.
    pub logouts: u64,
    /// Sessions that were logged in and not yet logged out.
    pub sessions_open: u64,
}
