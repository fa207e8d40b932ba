//! A login by OpenID Connect.

use serde_json::Value;
use url::Url;

use super::{Form, OAuthClient};

/// A login by OpenID Connect: the authorization code flow with PKCE, through the provider's own
/// login form, as an application's user does it.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// The issuer as it names itself, to the letter.
    pub issuer: String,
    /// The issuer's configuration: [`Oidc::discovery`] of its name.
    pub configuration: Url,
    /// The application that the user signs in to.
    pub client: OAuthClient,
    /// Where the provider sends the user back to. Nothing is asked for there: what matters is the
    /// code that it is given.
    pub redirect_uri: Url,
    /// What is asked for, with `openid` among it.
    pub scope: String,
    /// Claims that the ID token must have, by name.
    pub claims: Vec<(String, Value)>,
    /// The provider's login form; its url is not used.
    pub form: Form,
    /// What only the access token's bearer may ask for.
    pub then: Option<Url>,
}

impl Oidc {
    /// Where the configuration of an issuer is (OpenID Connect Discovery 1.0, 4).
    pub fn discovery(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
    }
}
