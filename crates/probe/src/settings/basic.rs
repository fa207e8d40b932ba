//! A login by HTTP Basic authentication.

use url::Url;

/// A login by HTTP Basic authentication.
#[derive(Clone, Debug)]
pub struct Basic {
    /// The page that asks for the password.
    pub url: Url,
}
