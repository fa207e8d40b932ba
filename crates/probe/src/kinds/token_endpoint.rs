//! OAuth's token endpoint: a request for a token, and what its answer means (RFC 6749, 5).
//!
//! A refusal that names the account (`invalid_grant`, and `invalid_client` where the client is the
//! account) is the account's; a request that the server calls wrong is the configuration's; and
//! everything else that is no token is the service's failure.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use contract::{AccountCause, DownCause, UnableCause};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method};
use url::{Url, form_urlencoded};

use crate::answer::Answer;
use crate::credential::Credential;
use crate::failure::Failure;
use crate::kinds::json::{ACCEPT_JSON, TOKEN_BYTES_MAX};
use crate::session::{Ask, Session, is_good};
use crate::settings::{ClientAuth, OAuthClient};
use crate::verdict;

/// The client that asks for a token.
#[derive(Clone, Copy)]
pub struct AskingClient<'a> {
    /// `client_id`
    pub id: &'a str,
    /// `client_secret`; none for a public client.
    pub secret: Option<&'a str>,
    /// How it proves who it is.
    pub auth: ClientAuth,
}

impl<'a> From<&'a OAuthClient> for AskingClient<'a> {
    fn from(client: &'a OAuthClient) -> Self {
        AskingClient { id: &client.id, secret: client.secret(), auth: client.auth }
    }
}

/// A token, with all that came with it.
pub struct Token {
    /// `access_token`
    pub access: String,
    /// The whole answer.
    pub answer: Arc<Answer>,
}

impl Token {
    /// What a request shows of it (RFC 6750, 2.1).
    pub fn credential(&self) -> Result<Credential, Failure> {
        Credential::token(AUTHORIZATION, format!("Bearer {}", self.access))
    }
}

/// Asks for a token with these parameters.
pub async fn ask(
    session: &mut Session<'_>,
    url: &Url,
    client: Option<AskingClient<'_>>,
    parameters: &[(&str, &str)],
) -> Result<Token, Failure> {
    let answer = session.send(&request("sign_in", url, client, parameters)?).await?;
    check(session, &answer)?;
    let fields = answer.json();
    let access = fields.as_ref().and_then(|fields| fields["access_token"].as_str());
    let Some(access) = access.filter(|token| !token.is_empty()) else {
        return Err(Failure::down(DownCause::NoToken, "the answer has no access_token"));
    };
    let named = |name: &str| fields.as_ref().and_then(|fields| fields[name].as_str());
    let tokens = ["access_token", "refresh_token", "id_token"].into_iter().filter_map(named);
    for token in tokens.filter(|token| token.len() <= TOKEN_BYTES_MAX) {
        session.hide(token);
    }
    if access.len() > TOKEN_BYTES_MAX {
        return Err(Failure::down(DownCause::NoToken, format!("over {TOKEN_BYTES_MAX} bytes")));
    }
    let is_bearer = named("token_type").is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !is_bearer {
        let detail = "the token is of another type than Bearer";
        return Err(Failure::unable(UnableCause::NeedsRecipe, detail));
    }
    let access = access.to_owned();
    Ok(Token { access, answer })
}

/// A request to an endpoint at which a client proves who it is.
pub fn request(
    name: &'static str,
    url: &Url,
    client: Option<AskingClient<'_>>,
    parameters: &[(&str, &str)],
) -> Result<Ask, Failure> {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(parameters);
    let mut credential = None;
    if let Some(client) = client {
        match (client.auth, client.secret) {
            (ClientAuth::Basic, Some(secret)) => {
                // RFC 6749, 2.3.1: both are form-encoded first.
                let encoded = |text: &str| {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
                };
                let pair = STANDARD.encode(format!("{}:{}", encoded(client.id), encoded(secret)));
                credential = Credential::authorization(format!("Basic {pair}"));
            }
            (ClientAuth::Post, Some(secret)) => {
                body.append_pair("client_id", client.id).append_pair("client_secret", secret);
            }
            (_, None) => {
                body.append_pair("client_id", client.id);
            }
        }
    }
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    Ok(Ask {
        method: Method::POST,
        accept: ACCEPT_JSON,
        body: Some((form, Bytes::from(body.finish()))),
        credential,
        ..Ask::page(name, url.clone())
    })
}

/// A request that ends a token (RFC 7009).
pub fn revocation(
    url: &Url,
    client: Option<AskingClient<'_>>,
    token: &Token,
) -> Result<Ask, Failure> {
    request("log_out", url, client, &[("token", &token.access)])
}

/// What the endpoint's answer says, but for the token.
fn check(session: &Session<'_>, answer: &Answer) -> Result<(), Failure> {
    if let Some(failure) = verdict::by_status(answer, &session.login.refusals) {
        return Err(failure);
    }
    if is_good(answer.status) {
        return Ok(());
    }
    let fields = answer.json();
    let error = fields.as_ref().and_then(|fields| fields["error"].as_str()).unwrap_or_default();
    let description = fields.as_ref().and_then(|fields| fields["error_description"].as_str());
    let said = |text: &str| match description {
        Some(description) => format!("the service says \"{text}\": {description}"),
        None => format!("the service says \"{text}\""),
    };
    Err(match error {
        "invalid_grant" | "invalid_client" | "access_denied" => {
            verdict::by_words(session, None, answer)
                .unwrap_or_else(|| Failure::account(AccountCause::Rejected, said(error)))
        }
        "invalid_request"
        | "invalid_scope"
        | "unauthorized_client"
        | "unsupported_grant_type"
        | "invalid_target" => Failure::unable(UnableCause::NeedsRecipe, said(error)),
        _ => verdict::by_words(session, None, answer)
            .or_else(|| verdict::by_challenge(None, answer))
            .unwrap_or_else(|| match answer.status.as_u16() {
                401 => verdict::by_unauthorized(None, answer),
                _ => verdict::error_status(answer),
            }),
    })
}
