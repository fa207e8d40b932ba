//! The kinds of login. Each signs in and looks for the proof; what follows is the same for all.

pub mod ber;
pub mod code_page;
pub mod direct;
pub mod form;
pub mod http_auth;
pub mod imap;
pub mod json;
pub mod ldap;
pub mod line;
pub mod oauth;
pub mod oidc;
pub mod recipe;
pub mod sasl;
pub mod smtp;
pub mod ssh;
pub mod token_endpoint;

use std::sync::Arc;

use contract::UnableCause;

use crate::answer::Answer;
use crate::credential::Credential;
use crate::failure::Failure;
use crate::kinds::http_auth::Scheme;
use crate::session::{Ask, Session};
use crate::settings::{Credentials, Kind};

/// Signed in, every proof seen.
pub struct SignedIn {
    /// The answer with the proof.
    pub answer: Arc<Answer>,
    /// What was seen, as a fragment: `saw the text "Logga ut"`.
    pub saw: String,
    /// What has to be sent with each request of the session, beside cookies.
    pub credential: Option<Credential>,
    /// How this kind of login ends its session, if it has a way of its own.
    pub log_out: Option<Ask>,
}

/// Signs in as the login's kind says.
pub async fn sign_in(
    session: &mut Session<'_>,
    account: &Credentials,
) -> Result<SignedIn, Failure> {
    match &session.login.kind {
        Kind::Form(form) => form::sign_in(session, form, account).await,
        Kind::Basic(basic) => http_auth::sign_in(session, Scheme::Basic, &basic.url, account).await,
        Kind::Digest(digest) => {
            http_auth::sign_in(session, Scheme::Digest, &digest.url, account).await
        }
        Kind::Json(json) => json::sign_in(session, json, account).await,
        Kind::Recipe(recipe) => recipe::sign_in(session, recipe, account).await,
        Kind::OAuth(oauth) => oauth::sign_in(session, oauth, account).await,
        Kind::Oidc(oidc) => oidc::sign_in(session, oidc, account).await,
        Kind::Direct(_) => Err(Failure::unable(UnableCause::Internal, "this is no login of HTTP")),
    }
}
