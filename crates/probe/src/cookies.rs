//! The cookies of one attempt (RFC 6265).

use std::fmt;

use contract::Instant;
use url::Url;

/// Cookies that one attempt keeps; further ones push out the oldest.
pub const COOKIES_MAX: usize = 200;
/// Bytes of a cookie's name, value and attributes; a larger one is refused.
pub const COOKIE_BYTES_MAX: usize = 8 * 1024;

/// The cookies of one attempt. Its `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Jar {
    cookies: Vec<Cookie>,
}

#[derive(Clone)]
struct Cookie {
    name: String,
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.cookies.iter().map(|cookie| &cookie.name)).finish()
    }
}

impl Jar {
    /// Keeps what a `Set-Cookie` header from `url` says, or does as it says: one that has expired
    /// deletes. What is not allowed (another site's domain, too large, no name) is left out.
    pub fn store(&mut self, url: &Url, set_cookie: &[u8], now: Instant) {
        let _ = (url, set_cookie, now);
    }

    /// The `Cookie` header for a request to `url`: longer paths first, then older cookies.
    pub fn header(&self, url: &Url, now: Instant) -> Option<String> {
        let _ = (url, now);
        None
    }

    /// Whether a cookie of that name would be sent to `url`.
    pub fn has(&self, url: &Url, name: &str, now: Instant) -> bool {
        let _ = (url, name, now);
        false
    }

    /// The value of a cookie that would be sent to `url` (CSRF tokens that scripts copy).
    pub fn value(&self, url: &Url, name: &str, now: Instant) -> Option<&str> {
        let _ = (url, name, now);
        None
    }
}
