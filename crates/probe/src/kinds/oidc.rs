//! A login by OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1;
//! RFC 7636), through the provider's own login form.
//!
//! The provider's configuration says where its endpoints are. Its authorization page leads to its
//! login form, which is filled in as in [`form`]; a page that asks for consent after it is agreed
//! to. The provider then sends the user back to the application with a code. There this browser
//! stops: the application is not asked for anything. The code is exchanged for an ID token, whose
//! claims are the proof. They came from the provider itself over TLS, so that its signature need
//! not be checked (Core, 3.1.3.7, 6).
//!
//! A code that the provider refuses a moment after it gave it is the provider's failure, and no
//! fault of the account.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::{AccountCause, DownCause, Outcome, UnableCause};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::html::consent;
use crate::html::submission::{self, Press};
use crate::kinds::json::{self, ACCEPT_JSON};
use crate::kinds::token_endpoint::{self, AskingClient, Token};
use crate::kinds::{SignedIn, form};
use crate::random::random_hex;
use crate::session::{Ask, Session, is_good};
use crate::settings::{Credentials, Oidc};

/// Pages that may ask something between the login form and the application.
pub const CONSENTS_MAX: usize = 3;
/// How far the provider's clock may be from this one.
pub const CLOCK_SKEW_S: i64 = 300;

/// Where the provider's endpoints are.
struct Endpoints {
    authorization: Url,
    token: Url,
    end_session: Option<Url>,
}

/// The random numbers of one attempt.
struct Numbers {
    state: String,
    nonce: String,
    verifier: String,
}

/// Signs in at the provider, and takes the ID token for the application.
pub async fn sign_in(
    session: &mut Session<'_>,
    oidc: &Oidc,
    account: &Credentials,
) -> Result<SignedIn, Failure> {
    let endpoints = discover(session, oidc).await?;
    let numbers = Numbers {
        state: random_hex()?,
        nonce: random_hex()?,
        // RFC 7636, 4.1: 43 characters at least.
        verifier: random_hex()? + &random_hex()?,
    };
    let code = authorize(session, oidc, account, &endpoints, &numbers).await?;
    session.hide(&code);
    let token = exchange(session, oidc, &endpoints, &code, &numbers).await?;
    let (id_token, claims) = id_token(&token)?;
    check_claims(oidc, &claims, &numbers, session.now.ms() / 1000)
        .map_err(|wrong| Failure::down(DownCause::NoProof, wrong))?;
    let credential = token.credential()?;
    let answer = match &oidc.then {
        None => Arc::clone(&token.answer),
        Some(url) => json::check(session, url, Some(credential.clone())).await?,
    };
    let saw = match session.login.proof.is_empty() {
        true => "the provider gave an ID token for the user".to_owned(),
        false => json::proven(session, &answer, true)?,
    };
    let log_out = endpoints.end_session.as_ref().map(|url| end_session(url, oidc, &id_token));
    Ok(SignedIn { answer, saw, credential: Some(credential), log_out })
}

/// Reads the provider's configuration (OpenID Connect Discovery 1.0, 4.3).
async fn discover(session: &mut Session<'_>, oidc: &Oidc) -> Result<Endpoints, Failure> {
    let ask = Ask { accept: ACCEPT_JSON, ..Ask::page("discover", oidc.configuration.clone()) };
    let answer = session.follow(ask).await?;
    if !is_good(answer.status) {
        return Err(crate::verdict::error_status(&answer));
    }
    let Some(Value::Object(fields)) = answer.json() else {
        return Err(Failure::down(DownCause::HttpProtocol, "the configuration is no JSON object"));
    };
    let named = fields.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if named != oidc.issuer {
        let detail = format!("the issuer calls itself {named:?}, not {:?}", oidc.issuer);
        return Err(Failure::unable(UnableCause::NeedsRecipe, detail));
    }
    let endpoint = |name: &str| -> Option<Url> { fields.get(name)?.as_str()?.parse().ok() };
    let needed = |name: &str| {
        endpoint(name).ok_or_else(|| {
            Failure::down(DownCause::HttpProtocol, format!("the configuration has no {name}"))
        })
    };
    Ok(Endpoints {
        authorization: needed("authorization_endpoint")?,
        token: needed("token_endpoint")?,
        end_session: endpoint("end_session_endpoint"),
    })
}

/// Goes through the provider's pages, and comes back with a code.
async fn authorize(
    session: &mut Session<'_>,
    oidc: &Oidc,
    account: &Credentials,
    endpoints: &Endpoints,
    numbers: &Numbers,
) -> Result<String, Failure> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&numbers.verifier));
    let mut url = endpoints.authorization.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &oidc.client.id)
        .append_pair("redirect_uri", oidc.redirect_uri.as_str())
        .append_pair("scope", &oidc.scope)
        .append_pair("state", &numbers.state)
        .append_pair("nonce", &numbers.nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    session.stop_at(oidc.redirect_uri.clone());
    let first = session.follow(Ask::page("page", url)).await?;
    let first = form::settle(session, first).await?;
    if session.stopped_at().is_none() {
        let mut changed = Vec::new();
        let entered = form::enter_from(session, &oidc.form, account, &mut changed, first).await?;
        session.trace.notes.extend(changed);
        agree(session, entered.after).await?;
    }
    match session.stopped_at() {
        Some(back) => code(oidc, back, numbers),
        None => {
            let detail = "the provider did not lead back to the application";
            Err(Failure::down(DownCause::NoProof, detail))
        }
    }
}

/// Agrees to what the provider asks after the login.
async fn agree(session: &mut Session<'_>, mut page: Arc<Answer>) -> Result<(), Failure> {
    for _ in 0..CONSENTS_MAX {
        if session.stopped_at().is_some() {
            return Ok(());
        }
        let shown = page.page();
        let Some((form, button)) = consent::find(shown) else { return Ok(()) };
        let press = button.map_or(Press::Default, Press::Button);
        let submission = submission::submit(shown, &page.url, form, &[], press)
            .map_err(|e| Failure::unable(UnableCause::NeedsRecipe, e.to_string()))?;
        let answer = session.follow(form::ask("sign_in", submission, &page.url)).await?;
        page = form::settle(session, answer).await?;
    }
    Ok(())
}

/// The code that the application was given (RFC 6749, 4.1.2; RFC 9207).
fn code(oidc: &Oidc, back: &Url, numbers: &Numbers) -> Result<String, Failure> {
    let value = |name: &str| {
        back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if value("state").as_deref() != Some(&numbers.state) {
        return Err(Failure::down(DownCause::NoProof, "the provider gave back another state"));
    }
    if value("iss").is_some_and(|issuer| issuer != oidc.issuer) {
        return Err(Failure::down(DownCause::NoProof, "the code is another issuer's"));
    }
    if let Some(error) = value("error") {
        let detail = format!("the provider says \"{error}\"");
        return Err(match error.as_str() {
            "access_denied" => Failure::account(AccountCause::Rejected, detail),
            "server_error" | "temporarily_unavailable" => {
                Failure::down(DownCause::HttpStatus, detail)
            }
            _ => Failure::unable(UnableCause::NeedsRecipe, detail),
        });
    }
    value("code")
        .filter(|code| !code.is_empty())
        .ok_or_else(|| Failure::down(DownCause::NoToken, "the provider led back without a code"))
}

/// Exchanges the code for tokens (Core, 3.1.3).
async fn exchange(
    session: &mut Session<'_>,
    oidc: &Oidc,
    endpoints: &Endpoints,
    code: &str,
    numbers: &Numbers,
) -> Result<Token, Failure> {
    let parameters = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", oidc.redirect_uri.as_str()),
        ("code_verifier", &numbers.verifier),
    ];
    let client = Some(AskingClient::from(&oidc.client));
    let token = token_endpoint::ask(session, &endpoints.token, client, &parameters).await;
    token.map_err(|failure| match failure.outcome {
        // The user had just been let in: it is not the account that is refused here.
        Outcome::Account(AccountCause::Rejected) if failure.detail.contains("invalid_grant") => {
            Failure { outcome: Outcome::Down(DownCause::NoToken), ..failure }
        }
        _ => failure,
    })
}

/// The ID token, and its claims.
fn id_token(token: &Token) -> Result<(String, Map<String, Value>), Failure> {
    let fields = token.answer.json();
    let text = fields.as_ref().and_then(|fields| fields["id_token"].as_str());
    let Some(text) = text else {
        return Err(Failure::down(DownCause::NoToken, "the answer has no id_token"));
    };
    let claims = text
        .split('.')
        .nth(1)
        .and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok())
        .and_then(|claims| serde_json::from_slice(&claims).ok());
    match claims {
        Some(claims) => Ok((text.to_owned(), claims)),
        None => Err(Failure::down(DownCause::NoToken, "the id_token is no JSON web token")),
    }
}

/// Core, 3.1.3.7, and the configured claims. The error is a fragment.
fn check_claims(
    oidc: &Oidc,
    claims: &Map<String, Value>,
    numbers: &Numbers,
    now_s: i64,
) -> Result<(), String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.get(name).and_then(Value::as_f64).map(|time| time as i64);
    let wrong = |name: &str| Err(format!("the ID token's {name} is not the expected one"));
    if text("iss") != Some(&oidc.issuer) {
        return wrong("iss");
    }
    let audience: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let client = oidc.client.id.as_str();
    if !audience.contains(&client) || audience.len() > 1 && text("azp") != Some(client) {
        return wrong("aud");
    }
    if text("nonce") != Some(&numbers.nonce) {
        return wrong("nonce");
    }
    if text("sub").is_none_or(str::is_empty) {
        return Err("the ID token names no user".to_owned());
    }
    match (time("exp"), time("iat")) {
        (Some(exp), _) if exp + CLOCK_SKEW_S <= now_s => {
            return Err("the ID token has expired".to_owned());
        }
        (Some(_), Some(iat)) if iat - CLOCK_SKEW_S > now_s => {
            return Err("the ID token is from the future".to_owned());
        }
        (Some(_), Some(_)) => {}
        _ => return Err("the ID token does not say how long it holds".to_owned()),
    }
    match oidc.claims.iter().find(|(name, value)| claims.get(name) != Some(value)) {
        Some((name, _)) => wrong(name),
        None => Ok(()),
    }
}

/// Ends the provider's session (OpenID Connect RP-Initiated Logout 1.0, 2), as a browser is sent
/// there. The provider may ask whether one is sure.
fn end_session(url: &Url, oidc: &Oidc, id_token: &str) -> Ask {
    let mut url = url.clone();
    url.query_pairs_mut()
        .append_pair("id_token_hint", id_token)
        .append_pair("client_id", &oidc.client.id);
    Ask::page("log_out", url)
}
