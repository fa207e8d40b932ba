//! The page after the password that asks for a one-time code.
//!
//! Without a secret for codes there is nothing to send: the caller says that a recipe is needed. With
//! one, the code is filled in and sent as a browser would. What comes back, in this order:
//!
//! | what came back | verdict |
//! |---|---|
//! | a status of 500 and above; a configured status; 423; 429 | as after a password |
//! | the code's form again or a status from 400, with words of refusal | account, as the words say |
//! | the form again, with words about a code that is wrong | account, rejected |
//! | the form again, with words of trouble of the service | down, `login_form_again` |
//! | the form again, and no word why | account, rejected |
//! | another status from 400 | as after a password |
//! | anything else | for the caller to judge, as what came after the password |
//!
//! A password form that comes again without a word is `down`; a code's is not. The password was
//! right once and does not go stale, but a code depends on the probe's own clock and secret, and a
//! login must never look down because of those (C3.5).

use std::sync::Arc;

use contract::{AccountCause, DownCause, UnableCause};
use secrecy::ExposeSecret;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::html::login_form::{self, CodeForm};
use crate::html::refusal;
use crate::html::submission::{self, Press};
use crate::kinds::form::{ask, settle};
use crate::session::{Session, is_good};
use crate::verdict;

/// Answers the page if it asks for a code and the account has a secret for codes; gives the page
/// that came of it, or the same one.
pub async fn pass(session: &mut Session<'_>, page: Arc<Answer>) -> Result<Arc<Answer>, Failure> {
    let Some(asked) = asked(&page).filter(|_| session.codes.is_some()) else { return Ok(page) };
    let Some(code) = session.one_time_code().await? else { return Ok(page) };
    let shown = page.page();
    let fill = [(asked.code_field.as_str(), code.expose_secret())];
    let chosen = &shown.forms[asked.form];
    let submission = submission::submit(shown, &page.url, chosen, &fill, Press::Default)
        .map_err(|e| Failure::unable(UnableCause::NeedsRecipe, e.to_string()))?;
    let answer = session.follow(ask("code", submission, &page.url)).await?;
    let after = settle(session, answer).await?;
    judge(session, &page, &after)?;
    Ok(after)
}

/// The form of a page that asks for a code.
fn asked(page: &Answer) -> Option<CodeForm> {
    if !is_good(page.status) || !page.may_have_form() {
        return None;
    }
    login_form::find_code(page.page())
}

fn judge(session: &Session<'_>, before: &Answer, after: &Answer) -> Result<(), Failure> {
    if let Some(failure) = verdict::by_status(after, &session.login.refusals) {
        return Err(failure);
    }
    let again = after.may_have_form() && login_form::find_code(after.page()).is_some();
    if !again && is_good(after.status) {
        return Ok(());
    }
    let said = verdict::by_words(session, Some(before), after)
        .or_else(|| verdict::by_challenge(Some(before), after));
    Err(said.unwrap_or_else(|| match (after.status.as_u16(), again) {
        (_, true) => form_again(before, after),
        (401, _) => verdict::by_unauthorized(Some(before), after),
        _ => verdict::error_status(after),
    }))
}

fn form_again(before: &Answer, after: &Answer) -> Failure {
    let (before, after) = (Some(before.readable()), after.readable());
    let trouble = refusal::find_trouble(before, after);
    match trouble.filter(|_| !refusal::refuses_code(before, after)) {
        Some(words) => {
            let detail =
                format!("the one-time code is asked for again, and the page says {words:?}");
            Failure::down(DownCause::LoginFormAgain, detail)
        }
        None => refused(),
    }
}

/// The code was refused, which stands or falls with what the probe has.
pub fn refused() -> Failure {
    let detail = "the one-time code was: check its secret, and this machine's clock";
    Failure::account(AccountCause::Rejected, detail)
}
