//! A login by form, as a person with a browser does it.
//!
//! GET the page, choose its login form, fill it in, send it as a browser would, follow where that
//! leads. Then the verdict, in this order:
//!
//! | what came back | verdict |
//! |---|---|
//! | a status of 500 and above, whatever it says | down, `http_status` (C3.4) |
//! | a configured status; 423; 429 | account: as configured; locked; bot wall |
//! | the form again or a status from 400, with words of refusal | account, as the words say |
//! | the same, with a challenge that was not there before | account, bot wall |
//! | 401 | account, rejected; down, `http_status`, if it speaks of trouble of the service |
//! | another status from 400, without the form | down, `http_status` |
//! | the form again, and no word why | down, `login_form_again` |
//! | a form for a one-time code | unable, `needs_recipe` |
//! | every proof; without a configured one: a way to log out, or `lets_pass` | up |
//! | no proof, with words of refusal | account, as the words say |
//! | no proof | down, `no_proof` |
//!
//! Words count only where the login page did not have them. A service whose session store is
//! broken sends the form again and says nothing, or 403 for a token that it has forgotten: that is
//! not the account's fault, and a customer is shut out, so it is `down`. A service that refuses a
//! password says so to people, and that is what is read here.
//!
//! The first page must have the form: a page without it is a failure and never "already in",
//! since services answer 200 without a form while their database is down. Only a page that is
//! empty but for its script is not judged: the script may draw the form.

use std::sync::Arc;

use bytes::Bytes;
use contract::{AccountCause, DownCause, UnableCause};
use http::{HeaderValue, Method};
use secrecy::ExposeSecret;
use url::Url;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::html::login_form::{self, Found, LoginForm, Wanted};
use crate::html::submission::{self, Press, Submission};
use crate::html::{logout, self_submit};
use crate::kinds::SignedIn;
use crate::proof::{Lack, Seen};
use crate::session::{Ask, Session, is_good};
use crate::settings::{Credentials, Form};
use crate::verdict;

/// Pages that are left by themselves (a script submits their form, or they refresh to another
/// address) in a row.
pub const PAGES_LEFT_MAX: usize = 5;
/// Bytes of readable text on a page that is nothing without its script.
pub const SHELL_TEXT_BYTES_MAX: usize = 200;
/// A refresh that waits longer is a page that stays.
pub const REFRESH_WAIT_S_MAX: u32 = 3;

/// Signs in by form.
pub async fn sign_in(
    session: &mut Session<'_>,
    form: &Form,
    account: &Credentials,
) -> Result<SignedIn, Failure> {
    let first = session.follow(Ask::page("page", form.url.clone())).await?;
    let mut before = settle(session, first).await?;
    let mut login = choose(session, form, &before)?;
    if login.password_field.is_none() {
        // The password is asked for on the page after.
        let after = send(session, form, account, &before, &login).await?;
        let next = choose(session, form, &after);
        (before, login) = match next {
            Ok(next) if next.password_field.is_some() => (after, next),
            _ => return Err(refused_user(session, &before, &after, next.err())),
        };
    }
    let cookies_before = session.jar.clone();
    let after = send(session, form, account, &before, &login).await?;
    decide(session, &before, &login, &after)?;
    let cookie_before =
        |name: &str| cookies_before.value(&after.url, name, session.now).map(str::to_owned);
    let saw = match session.login.proof.is_empty() && logout::find(after.page()).is_none() {
        true => lets_pass(session, form, &before, &after).await?,
        false => prove(session, &before, &after, &cookie_before)?,
    };
    Ok(SignedIn { answer: after, saw, credential: None })
}

/// Chooses the login form of a page.
fn choose(session: &Session<'_>, form: &Form, answer: &Answer) -> Result<LoginForm, Failure> {
    let status = answer.status.as_u16();
    if let Some(failure) = verdict::by_status(answer, &session.login.refusals) {
        return Err(failure);
    }
    let wanted = Wanted {
        form: form.form.as_deref(),
        user_field: form.user_field.as_deref(),
        password_field: form.password_field.as_deref(),
    };
    let found = match answer.may_have_form() || answer.contains(b"<input") {
        true => login_form::find(answer.form_page(), wanted),
        false => Found::None,
    };
    // Some services show their login page with the status of what is behind it.
    let is_page = is_good(answer.status) || matches!(status, 401 | 403);
    match found {
        Found::Password(login) | Found::IdentifierFirst(login) if is_page => Ok(login),
        Found::NotSubmittable(why) if is_page => {
            Err(Failure::unable(UnableCause::NeedsRecipe, why.phrase()))
        }
        _ => Err(without_form(session, answer)),
    }
}

fn without_form(session: &Session<'_>, answer: &Answer) -> Failure {
    if let Some(wall) = verdict::by_challenge(None, answer) {
        return wall;
    }
    let words = verdict::by_words(session, None, answer);
    let is_wall =
        |failure: &Failure| failure.outcome == contract::Outcome::Account(AccountCause::BotWall);
    if let Some(wall) = words.filter(is_wall) {
        return wall;
    }
    if !is_good(answer.status) {
        return verdict::error_status(answer);
    }
    if is_shell(answer) {
        let detail = "the page is empty without its script, which alone draws the form";
        return Failure::unable(UnableCause::NeedsRecipe, detail);
    }
    Failure::down(DownCause::NoLoginForm, "")
}

/// Whether the page is nothing without its script: no words but its title, or a word on JavaScript.
fn is_shell(answer: &Answer) -> bool {
    if !answer.contains(b"<script") || answer.readable().len() > SHELL_TEXT_BYTES_MAX {
        return false;
    }
    let title = answer.form_page().title.as_deref();
    let mut words = answer.readable().lines().filter(|line| Some(*line) != title).peekable();
    words.peek().is_none() || words.any(|line| line.to_lowercase().contains("javascript"))
}

/// Fills the form in, sends it, and follows to the page that stays.
async fn send(
    session: &mut Session<'_>,
    form: &Form,
    account: &Credentials,
    page: &Answer,
    login: &LoginForm,
) -> Result<Arc<Answer>, Failure> {
    let mut fill: Vec<(&str, &str)> = Vec::with_capacity(2 + form.fields.len());
    if let Some(field) = &login.user_field {
        fill.push((field, &account.user));
    }
    if let Some(field) = &login.password_field {
        fill.push((field, account.password.expose_secret()));
    }
    fill.extend(form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let press = form.button.as_deref().map_or(Press::Default, Press::Named);
    let shown = page.form_page();
    let chosen = &shown.forms[login.form];
    let submission = submission::submit(shown, &page.url, chosen, &fill, press)
        .map_err(|e| Failure::unable(UnableCause::NeedsRecipe, e.to_string()))?;
    let answer = session.follow(ask("sign_in", submission, &page.url)).await?;
    settle(session, answer).await
}

/// A request that sends a form of the page at `from`.
pub fn ask(name: &'static str, submission: Submission, from: &Url) -> Ask {
    let content_type = submission.content_type.as_deref().map(HeaderValue::from_str);
    let content_type = content_type.and_then(Result::ok);
    Ask {
        method: if submission.post { Method::POST } else { Method::GET },
        body: content_type.map(|content_type| (content_type, Bytes::from(submission.body))),
        referer: Some(from.clone()),
        ..Ask::page(name, submission.url)
    }
}

/// Leaves the pages that leave by themselves.
async fn settle(
    session: &mut Session<'_>,
    mut answer: Arc<Answer>,
) -> Result<Arc<Answer>, Failure> {
    for _ in 0..PAGES_LEFT_MAX {
        let Some(next) = leaves(&answer) else { return Ok(answer) };
        answer = session.follow(next).await?;
    }
    Err(Failure::down(DownCause::TooManyRedirects, "pages that lead on by themselves"))
}

/// Where a page goes by itself.
fn leaves(answer: &Answer) -> Option<Ask> {
    let may_submit = answer.may_have_form() && self_submit::may_happen(&answer.body);
    let may_refresh = answer.contains(b"http-equiv") || answer.contains(b"HTTP-EQUIV");
    if !is_good(answer.status) || !(may_submit || may_refresh) {
        return None;
    }
    let page = answer.form_page();
    if let Some(form) = page.submits_itself.and_then(|at| page.forms.get(at)) {
        let submission = submission::submit(page, &answer.url, form, &[], Press::Nothing).ok()?;
        return Some(ask("redirect", submission, &answer.url));
    }
    let refresh = page.refresh.as_ref().filter(|refresh| refresh.after_s <= REFRESH_WAIT_S_MAX)?;
    let mut url = submission::resolve(page, &answer.url, refresh.url.as_deref()?)?;
    url.set_fragment(None);
    let is_other = url.as_str() != answer.url.as_str().split('#').next().unwrap_or_default();
    is_other.then(|| Ask { referer: Some(answer.url.clone()), ..Ask::page("redirect", url) })
}

/// The verdict on what came back, but for the proof: see the table above.
fn decide(
    session: &Session<'_>,
    before: &Answer,
    login: &LoginForm,
    after: &Answer,
) -> Result<(), Failure> {
    let refusals = &session.login.refusals;
    if let Some(failure) = verdict::by_status(after, refusals) {
        return Err(failure);
    }
    let again = shows_again(login, after);
    if again || !is_good(after.status) {
        let said = verdict::by_words(session, Some(before), after)
            .or_else(|| verdict::by_challenge(Some(before), after))
            .or_else(|| {
                again.then(|| verdict::by_words_of_scripts(session, before, after)).flatten()
            });
        return Err(said.unwrap_or_else(|| match (after.status.as_u16(), again) {
            (401, _) => verdict::by_unauthorized(Some(before), after),
            (_, true) => Failure::down(DownCause::LoginFormAgain, without_reason(after)),
            (_, false) => verdict::error_status(after),
        }));
    }
    if after.may_have_form() && login_form::find_code(after.page()).is_some() {
        let detail = "the service asks for a one-time code";
        return Err(Failure::unable(UnableCause::NeedsRecipe, detail));
    }
    Ok(())
}

fn without_reason(after: &Answer) -> String {
    match after.form_page().bot_wall {
        None => "the page does not say why".to_owned(),
        Some(wall) => format!(
            "the page does not say why, and has a challenge ({wall:?}) that no probe can pass"
        ),
    }
}

/// Whether the login's form is there again. A page that does not even contain its password
/// field's name need not be parsed to know.
fn shows_again(login: &LoginForm, after: &Answer) -> bool {
    let plain =
        |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    let field = login.password_field.as_deref().filter(plain);
    after.may_have_form()
        && field.is_none_or(|name| after.contains(name.as_bytes()))
        && login_form::same_login_form(login, after.page())
}

/// What was seen that only a logged-in user sees.
fn prove(
    session: &Session<'_>,
    before: &Answer,
    after: &Answer,
    cookie_before: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Failure> {
    let proofs = &session.login.proof;
    // A way out was never wrong, where there was one.
    if proofs.is_empty() {
        return Ok("saw a way to log out".to_owned());
    }
    let cookie_after = |name: &str| session.cookie(&after.url, name).map(str::to_owned);
    let seen = Seen { before: Some(before), after, cookie_before, cookie_after: &cookie_after };
    let lack = match seen.lacks(proofs) {
        None => return Ok(saw(proofs)),
        Some((proof, Lack::Missing)) => format!("{proof} is not there"),
        Some((proof, Lack::NotNew)) => format!("{proof} was there before signing in"),
    };
    Err(verdict::by_words(session, Some(before), after)
        .unwrap_or_else(|| Failure::down(DownCause::NoProof, lack)))
}

/// Where no proof is configured and the page shows no way out (its script may draw it), the login's
/// address is asked for once more: with a session it leads to where the login led by redirect, and
/// shows no form. A page that looks like an error's proves nothing.
async fn lets_pass(
    session: &mut Session<'_>,
    form: &Form,
    before: &Answer,
    after: &Arc<Answer>,
) -> Result<String, Failure> {
    let was_led = session.steps.last().is_some_and(|step| step.name == "redirect");
    if let Some(refused) = verdict::by_words(session, Some(before), after) {
        return Err(refused);
    }
    let is_broken = verdict::seems_broken(before, after);
    if was_led && !is_broken {
        let again = session.follow(Ask::page("check", form.url.clone())).await?;
        let again = settle(session, again).await?;
        session.last = Some(Arc::clone(after));
        let to_same =
            again.url.origin() == after.url.origin() && again.url.path() == after.url.path();
        let no_form = login_form::find(again.page(), Wanted::default()) == Found::None;
        if is_good(again.status) && to_same && no_form && !verdict::seems_broken(before, &again) {
            return Ok("the login's address leads past its form".to_owned());
        }
    }
    let lack = "no proof is configured, and there is no way to log out";
    Err(Failure::down(DownCause::NoProof, lack))
}

/// What was seen, as a fragment.
pub fn saw(proofs: &[crate::settings::Proof]) -> String {
    let all: Vec<String> = proofs.iter().map(ToString::to_string).collect();
    format!("saw {}", all.join(" and "))
}

/// The first of two pages took the user's name and did not lead to a password.
fn refused_user(
    session: &Session<'_>,
    before: &Answer,
    after: &Answer,
    failure: Option<Failure>,
) -> Failure {
    let words = || verdict::by_words(session, Some(before), after);
    match failure {
        Some(failure) if after.status.is_server_error() => failure,
        other => words().or(other).unwrap_or_else(|| {
            Failure::down(DownCause::LoginFormAgain, "it asks for the user's name again")
        }),
    }
}
