//! What a request shows of who asks, beside cookies.

use std::sync::Arc;

use contract::DownCause;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Method};
use url::Url;

use crate::digest::Digest;
use crate::failure::Failure;

/// What a request shows of who asks. It bears secrets, so it cannot be printed.
#[derive(Clone)]
pub enum Credential {
    /// The same header with each request.
    Header(HeaderName, HeaderValue),
    /// An answer of its own for each request (RFC 7616).
    Digest(Arc<Digest>),
}

impl Credential {
    /// The header for one request. None if it cannot be written.
    pub fn header(&self, method: &Method, url: &Url) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Credential::Header(name, value) => Some((name.clone(), value.clone())),
            Credential::Digest(digest) => Some((AUTHORIZATION, digest.authorization(method, url)?)),
        }
    }

    /// `Authorization` with this value. None if it cannot be written.
    pub fn authorization(value: String) -> Option<Self> {
        Self::secret_header(AUTHORIZATION, value)
    }

    /// A token that the service gave, in the header in which it wants to see it.
    pub fn token(name: HeaderName, value: String) -> Result<Self, Failure> {
        Self::secret_header(name, value)
            .ok_or_else(|| Failure::down(DownCause::NoToken, "it cannot be written into a header"))
    }

    fn secret_header(name: HeaderName, value: String) -> Option<Self> {
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some(Credential::Header(name, value))
    }
}
