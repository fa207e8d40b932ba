//! A login by HTTP Basic authentication.
//!
//! As a browser does it: ask first without the password, and be refused with 401 and a challenge.
//! A page that answers anyone proves nothing, and is `no_proof`. Then ask with the password:
//! 401 again, or 403, is the account's refusal (C3.5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::{DownCause, UnableCause};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use secrecy::ExposeSecret;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::kinds::SignedIn;
use crate::kinds::form::saw;
use crate::proof::{Lack, Seen};
use crate::session::{Ask, Session, is_good};
use crate::settings::{Basic, Credentials};
use crate::verdict;

/// Signs in by HTTP Basic authentication.
pub async fn sign_in(
    session: &mut Session<'_>,
    basic: &Basic,
    account: &Credentials,
) -> Result<SignedIn, Failure> {
    let before = session.follow(Ask::page("page", basic.url.clone())).await?;
    check_challenge(session, &before)?;
    let jar_before = session.jar.clone();
    let header = (AUTHORIZATION, credential(account)?);
    let url = before.url.clone();
    let ask = Ask { credential: Some(header.clone()), ..Ask::page("sign_in", url) };
    let after = session.follow(ask).await?;
    if let Some(failure) = verdict::by_status(&after, &session.login.refusals) {
        return Err(failure);
    }
    if matches!(after.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Err(verdict::by_words(session, Some(&before), &after)
            .unwrap_or_else(|| verdict::by_unauthorized(Some(&before), &after)));
    }
    if !is_good(after.status) {
        return Err(verdict::error_status(&after));
    }
    let saw = {
        let now = session.now;
        let cookie_before = |name: &str| jar_before.value(&after.url, name, now).map(str::to_owned);
        let cookie_after = |name: &str| session.cookie(&after.url, name).map(str::to_owned);
        let seen = Seen {
            before: Some(&before),
            after: &after,
            cookie_before: &cookie_before,
            cookie_after: &cookie_after,
        };
        match seen.lacks(&session.login.proof) {
            Some((proof, Lack::Missing)) => Err(format!("{proof} is not there")),
            Some((proof, Lack::NotNew)) => Err(format!("{proof} was there before signing in")),
            None if session.login.proof.is_empty() => {
                Ok("the page is refused without the password and given with it".to_owned())
            }
            None => Ok(saw(&session.login.proof)),
        }
        .map_err(|lack| Failure::down(DownCause::NoProof, lack))?
    };
    Ok(SignedIn { answer: after, saw, credential: Some(header) })
}

/// The page must refuse who has no password, and offer Basic.
fn check_challenge(session: &Session<'_>, answer: &Answer) -> Result<(), Failure> {
    if answer.status != StatusCode::UNAUTHORIZED {
        if let Some(failure) = verdict::by_status(answer, &session.login.refusals) {
            return Err(failure);
        }
        if !is_good(answer.status) {
            return Err(verdict::by_challenge(None, answer)
                .unwrap_or_else(|| verdict::error_status(answer)));
        }
        let detail = format!("the page answered {} without a password", answer.status);
        return Err(Failure::down(DownCause::NoProof, detail));
    }
    let mut challenges = answer.headers.get_all(WWW_AUTHENTICATE).iter();
    let offers = |value: &HeaderValue| {
        let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        value.split(',').any(|part| {
            let part = part.trim_start();
            part == "basic" || part.starts_with("basic ")
        })
    };
    if challenges.any(offers) {
        return Ok(());
    }
    let detail = "the page answered 401 and does not offer Basic authentication";
    Err(Failure::unable(UnableCause::NeedsRecipe, detail))
}

fn credential(account: &Credentials) -> Result<HeaderValue, Failure> {
    let pair = format!("{}:{}", account.user, account.password.expose_secret());
    let value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)));
    let mut value = value.map_err(|_| {
        Failure::unable(UnableCause::Credential, "it cannot be written into a header")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
