//! A login by a token of OAuth 2.0 (RFC 6749).

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// A login by a token of OAuth 2.0, as programs do it.
#[derive(Clone, Debug)]
pub struct OAuth {
    /// The token endpoint.
    pub token_url: Url,
    /// Who asks for the token.
    pub grant: Grant,
    /// The client that asks in the account's name, for [`Grant::Password`].
    pub client: Option<OAuthClient>,
    /// What the token is for.
    pub scope: Option<String>,
    /// Further parameters, by name: `audience`, `resource`.
    pub fields: Vec<(String, String)>,
    /// What only the token's bearer may ask for.
    pub then: Option<Url>,
    /// The revocation endpoint (RFC 7009), where the token is ended after the proof.
    pub revoke: Option<Url>,
}

/// Who asks for the token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grant {
    /// The account is a user, and a client asks in its name (RFC 6749, 4.3).
    Password,
    /// The account is a client itself (RFC 6749, 4.4), which proves who it is in this way.
    ClientCredentials(ClientAuth),
}

/// A client that is registered with the authorization server.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// `client_id`
    pub id: String,
    /// `client_secret`; none for a public client.
    pub secret: Option<SecretString>,
    /// How it proves who it is.
    pub auth: ClientAuth,
}

impl OAuthClient {
    /// The secret, to be cut out of what is shown.
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_ref().map(|secret| secret.expose_secret())
    }
}

/// How a client proves who it is (RFC 6749, 2.3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClientAuth {
    /// `client_secret_basic`: in the header `Authorization`.
    #[default]
    Basic,
    /// `client_secret_post`: among the parameters.
    Post,
}
