//! A login by a token of OAuth 2.0, as programs do it: with a user's password (RFC 6749, 4.3), or
//! as a client in its own right (4.4).
//!
//! The token is proof that the authorization server works. With `then` it is shown to a service,
//! which must take it: a token that is refused a moment after it was given is the service's
//! failure. Then it is revoked, where an address for that is known (RFC 7009).

use std::sync::Arc;

use secrecy::ExposeSecret;

use crate::failure::Failure;
use crate::kinds::SignedIn;
use crate::kinds::json;
use crate::kinds::token_endpoint::{self, AskingClient};
use crate::session::Session;
use crate::settings::{Credentials, Grant, OAuth};

/// Signs in by a token.
pub async fn sign_in(
    session: &mut Session<'_>,
    oauth: &OAuth,
    account: &Credentials,
) -> Result<SignedIn, Failure> {
    let (client, mut parameters) = asking(oauth, account);
    parameters.extend(oauth.scope.as_deref().map(|scope| ("scope", scope)));
    parameters.extend(oauth.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let token = token_endpoint::ask(session, &oauth.token_url, client, &parameters).await?;
    let credential = token.credential()?;
    let answer = match &oauth.then {
        None => Arc::clone(&token.answer),
        Some(url) => json::check(session, url, Some(credential.clone())).await?,
    };
    let saw = json::proven(session, &answer, true)?;
    let log_out = match &oauth.revoke {
        None => None,
        Some(url) => Some(token_endpoint::revocation(url, client, &token)?),
    };
    Ok(SignedIn { answer, saw, credential: Some(credential), log_out })
}

/// Who asks, and what for.
fn asking<'a>(
    oauth: &'a OAuth,
    account: &'a Credentials,
) -> (Option<AskingClient<'a>>, Vec<(&'a str, &'a str)>) {
    let (user, password) = (account.user.as_str(), account.password.expose_secret());
    match oauth.grant {
        Grant::Password => {
            let parameters =
                vec![("grant_type", "password"), ("username", user), ("password", password)];
            (oauth.client.as_ref().map(AskingClient::from), parameters)
        }
        Grant::ClientCredentials(auth) => {
            let client = AskingClient { id: user, secret: Some(password), auth };
            (Some(client), vec![("grant_type", "client_credentials")])
        }
    }
}
