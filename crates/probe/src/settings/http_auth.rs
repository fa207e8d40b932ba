//! A login by HTTP authentication.

use url::Url;

/// A login by HTTP Basic authentication.
#[derive(Clone, Debug)]
pub struct Basic {
    /// The page that asks for the password.
    pub url: Url,
}

/// A login by HTTP Digest authentication (RFC 7616).
#[derive(Clone, Debug)]
pub struct Digest {
    /// The page that asks for the password.
    pub url: Url,
}
