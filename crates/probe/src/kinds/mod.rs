//! The kinds of login. Each signs in and looks for the proof; what follows is the same for all.

pub mod basic;
pub mod form;
pub mod json;

use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::session::Session;
use crate::settings::{Credentials, Kind};

/// Signed in, every proof seen.
pub struct SignedIn {
    /// The answer with the proof.
    pub answer: Arc<Answer>,
    /// What was seen, as a fragment: `saw the text "Logga ut"`.
    pub saw: String,
    /// What has to be sent with each request of the session, beside cookies.
    pub credential: Option<(HeaderName, HeaderValue)>,
}

/// Signs in as the login's kind says.
pub async fn sign_in(
    session: &mut Session<'_>,
    account: &Credentials,
) -> Result<SignedIn, Failure> {
    match &session.login.kind {
        Kind::Form(form) => form::sign_in(session, form, account).await,
        Kind::Basic(basic) => basic::sign_in(session, basic, account).await,
        Kind::Json(json) => json::sign_in(session, json, account).await,
    }
}
