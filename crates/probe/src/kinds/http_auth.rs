//! A login by HTTP authentication: Basic (RFC 7617) or Digest (RFC 7616).
//!
//! As a browser does it: ask first without the password, and be refused with 401 and a challenge.
//! A page that answers anyone proves nothing, and is `no_proof`. Then ask with the password:
//! 401 again, or 403, is the account's refusal (C3.5). A Digest answer that came too late for its
//! nonce is given once more, as the service then says.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::{DownCause, UnableCause};
use http::StatusCode;
use secrecy::ExposeSecret;
use url::Url;

use crate::answer::Answer;
use crate::challenge::{Challenge, challenges};
use crate::credential::Credential;
use crate::digest::Digest;
use crate::failure::Failure;
use crate::kinds::SignedIn;
use crate::kinds::form::saw;
use crate::proof::{Lack, Seen};
use crate::random::random_hex;
use crate::session::{Ask, Session, is_good};
use crate::settings::Credentials;
use crate::verdict;

/// How the password is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// As it is.
    Basic,
    /// Hashed, with numbers of both sides.
    Digest,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scheme::Basic => "Basic",
            Scheme::Digest => "Digest",
        })
    }
}

/// Signs in by HTTP authentication.
pub async fn sign_in(
    session: &mut Session<'_>,
    scheme: Scheme,
    url: &Url,
    account: &Credentials,
) -> Result<SignedIn, Failure> {
    let before = session.follow(Ask::page("page", url.clone())).await?;
    let offered = challenged(session, scheme, &before)?;
    let jar_before = session.jar.clone();
    let mut credential = credential(scheme, &offered, account)?;
    let mut after = ask_with(session, &before.url, &credential).await?;
    if let Some(fresh) = stale(scheme, &after) {
        credential = self::credential(scheme, &fresh, account)?;
        after = ask_with(session, &before.url, &credential).await?;
    }
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
    Ok(SignedIn { answer: after, saw, credential: Some(credential), log_out: None })
}

async fn ask_with(
    session: &mut Session<'_>,
    url: &Url,
    credential: &Credential,
) -> Result<Arc<Answer>, Failure> {
    let credential = Some(credential.clone());
    session.follow(Ask { credential, ..Ask::page("sign_in", url.clone()) }).await
}

/// The page must refuse who has no password, and offer the scheme.
fn challenged(
    session: &Session<'_>,
    scheme: Scheme,
    answer: &Answer,
) -> Result<Vec<Challenge>, Failure> {
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
    let offered = challenges(&answer.headers);
    if offered.iter().any(|challenge| challenge.is(&scheme.to_string())) {
        return Ok(offered);
    }
    let offers: Vec<&str> = offered.iter().map(|challenge| challenge.scheme.as_str()).collect();
    let detail = match offers.is_empty() {
        true => format!("the page answered 401 and does not offer {scheme} authentication"),
        false => format!("the page answered 401 and offers {}, not {scheme}", offers.join(", ")),
    };
    Err(Failure::unable(UnableCause::NeedsRecipe, detail))
}

/// The challenges of an answer that says that only its nonce was too old.
fn stale(scheme: Scheme, answer: &Answer) -> Option<Vec<Challenge>> {
    if scheme != Scheme::Digest || answer.status != StatusCode::UNAUTHORIZED {
        return None;
    }
    let offered = challenges(&answer.headers);
    let is_stale = offered.iter().any(|challenge| {
        challenge.is("Digest")
            && challenge.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
    });
    is_stale.then_some(offered)
}

fn credential(
    scheme: Scheme,
    offered: &[Challenge],
    account: &Credentials,
) -> Result<Credential, Failure> {
    match scheme {
        Scheme::Basic => {
            let pair = format!("{}:{}", account.user, account.password.expose_secret());
            Credential::authorization(format!("Basic {}", STANDARD.encode(pair))).ok_or_else(|| {
                Failure::unable(UnableCause::Credential, "it cannot be written into a header")
            })
        }
        Scheme::Digest => {
            let digest = Digest::new(offered, account, random_hex()?).ok_or_else(|| {
                let detail = "the service's Digest challenge has no algorithm that is known here";
                Failure::unable(UnableCause::NeedsRecipe, detail)
            })?;
            Ok(Credential::Digest(Arc::new(digest)))
        }
    }
}
