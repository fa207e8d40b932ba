//! A login by a call that answers JSON, as a page's script does it.
//!
//! The account is posted; the answer may hold a token, which a second call then shows. Refusals
//! of the account (C3.5) are read from the first answer: 401 and 403, and 400 or 422 whose words
//! say so (an unexplained 400 is a service that does not understand what it understood before).
//! A token that is refused a moment after it was given is the service's failure.

use std::sync::Arc;

use bytes::Bytes;
use contract::{AccountCause, DownCause};
use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::answer::Answer;
use crate::credential::Credential;
use crate::failure::Failure;
use crate::kinds::SignedIn;
use crate::kinds::form::saw;
use crate::proof::{Lack, Seen};
use crate::session::{Ask, Session, is_good};
use crate::settings::{Credentials, Json, JsonBody};
use crate::verdict;

/// Bytes of a token.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// What a call accepts whose answer is JSON.
pub const ACCEPT_JSON: HeaderValue = HeaderValue::from_static("application/json, */*;q=0.5");
/// What OAuth's token endpoint and others answer with, as a JSON value.
const REFUSED_CODES: &[&str] = &["invalid_grant", "invalid_credentials", "access_denied"];

/// Signs in by a call that answers JSON.
pub async fn sign_in(
    session: &mut Session<'_>,
    json: &Json,
    account: &Credentials,
) -> Result<SignedIn, Failure> {
    let code = match &json.code_field {
        Some(_) => session.one_time_code().await?,
        None => None,
    };
    let ask = Ask {
        method: Method::POST,
        accept: ACCEPT_JSON,
        body: Some(body(json, account, code.as_ref())),
        ..Ask::page("sign_in", json.url.clone())
    };
    let first = session.follow(ask).await?;
    check_sign_in(session, &first)?;
    let credential = match &json.token {
        None => None,
        Some(pointer) => Some(token(session, json, pointer, &first)?),
    };
    let answer = match &json.then {
        None => first,
        Some(url) => check(session, url, credential.clone()).await?,
    };
    let saw = proven(session, &answer, credential.is_some())?;
    Ok(SignedIn { answer, saw, credential, log_out: None })
}

fn body(json: &Json, account: &Credentials, code: Option<&SecretString>) -> (HeaderValue, Bytes) {
    let password = account.password.expose_secret();
    let code = json.code_field.as_ref().zip(code.map(|code| code.expose_secret()));
    match json.body {
        JsonBody::Json => {
            let mut fields: Map<String, Value> = json.fields.iter().cloned().collect();
            fields.insert(json.user_field.clone(), account.user.as_str().into());
            fields.insert(json.password_field.clone(), password.into());
            fields.extend(code.map(|(field, code)| (field.clone(), code.into())));
            let text = Value::Object(fields).to_string();
            (HeaderValue::from_static("application/json"), text.into())
        }
        JsonBody::Form => {
            let mut fields = form_urlencoded::Serializer::new(String::new());
            fields.append_pair(&json.user_field, &account.user);
            fields.append_pair(&json.password_field, password);
            fields.extend_pairs(code);
            for (name, value) in &json.fields {
                match value {
                    Value::String(text) => fields.append_pair(name, text),
                    other => fields.append_pair(name, &other.to_string()),
                };
            }
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            (form, fields.finish().into())
        }
    }
}

/// What the answer to the account says, but for its token.
fn check_sign_in(session: &Session<'_>, answer: &Answer) -> Result<(), Failure> {
    let refusals = &session.login.refusals;
    if let Some(failure) = verdict::by_status(answer, refusals) {
        return Err(failure);
    }
    if is_good(answer.status) {
        return Ok(());
    }
    let said =
        verdict::by_words(session, None, answer).or_else(|| verdict::by_challenge(None, answer));
    Err(said.unwrap_or_else(|| match answer.status.as_u16() {
        401 | 403 => verdict::by_unauthorized(None, answer),
        400 | 422 if has_refused_code(answer) => {
            Failure::account(AccountCause::Rejected, format!("answered {}", answer.status))
        }
        _ => verdict::error_status(answer),
    }))
}

/// Whether the answer names a refusal by its code.
pub fn has_refused_code(answer: &Answer) -> bool {
    let Some(Value::Object(fields)) = answer.json() else { return false };
    ["error", "code", "error_code"].iter().any(|name| {
        let code = fields.get(*name).and_then(Value::as_str);
        code.is_some_and(|code| REFUSED_CODES.contains(&code.to_ascii_lowercase().as_str()))
    })
}

/// Takes the token, as the header that shows it. From here on it is a secret too.
fn token(
    session: &mut Session<'_>,
    json: &Json,
    pointer: &str,
    answer: &Answer,
) -> Result<Credential, Failure> {
    let parsed = answer.json();
    let token = parsed.as_ref().and_then(|parsed| parsed.pointer(pointer)).and_then(Value::as_str);
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        let no_token = || Failure::down(DownCause::NoToken, format!("nothing at {pointer}"));
        let refused = verdict::by_words(session, None, answer);
        return Err(refused.unwrap_or_else(no_token));
    };
    session.hide(token);
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Failure::down(DownCause::NoToken, format!("over {TOKEN_BYTES_MAX} bytes")));
    }
    Credential::token(json.token_header.clone(), format!("{}{token}", json.token_prefix))
}

/// The configured proofs, in the last answer; without one a token is proof enough.
pub fn proven(session: &Session<'_>, answer: &Answer, has_token: bool) -> Result<String, Failure> {
    let cookie_after = |name: &str| session.cookie(&answer.url, name).map(str::to_owned);
    let seen =
        Seen { before: None, after: answer, cookie_before: &|_| None, cookie_after: &cookie_after };
    let lack = match seen.lacks(&session.login.proof) {
        None if !session.login.proof.is_empty() => return Ok(saw(&session.login.proof)),
        None if has_token => return Ok("the token was given".to_owned()),
        None => "no proof and no token is configured".to_owned(),
        Some((proof, Lack::Missing | Lack::NotNew)) => format!("{proof} is not there"),
    };
    Err(Failure::down(DownCause::NoProof, lack))
}

/// Asks for what only a logged-in user may have.
pub async fn check(
    session: &mut Session<'_>,
    url: &url::Url,
    credential: Option<Credential>,
) -> Result<Arc<Answer>, Failure> {
    let ask = Ask { accept: ACCEPT_JSON, credential, ..Ask::page("check", url.clone()) };
    let answer = session.follow(ask).await?;
    let limited = answer.status.as_u16() == 429;
    match is_good(answer.status) {
        true => Ok(answer),
        false if limited => Err(Failure::account(AccountCause::BotWall, "answered 429")),
        false => Err(verdict::error_status(&answer)),
    }
}

/// A JSON login needs its address and a place for its token that HTTP can carry.
pub fn check_settings(json: &Json) -> Result<(), String> {
    match &json.token {
        Some(pointer) if !pointer.is_empty() && !pointer.starts_with('/') => {
            Err(format!("{pointer:?} is no JSON pointer: write it like \"/access_token\""))
        }
        _ => HeaderValue::from_str(&json.token_prefix)
            .map(drop)
            .map_err(|_| "the token's prefix cannot stand in a header".to_owned()),
    }
}
