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
//! | the same, where a one-time code was sent too, with words about a code that is wrong | account, rejected |
//! | 401 | account, rejected; down, `http_status`, if it speaks of trouble of the service |
//! | another status from 400, without the form | down, `http_status` |
//! | the form again, and no word why | down, `login_form_again` |
//! | a form for a one-time code, and the account has no secret for codes | unable, `needs_recipe` |
//! | the same, with a secret | the code is sent, and judged in [`code_page`] |
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
//!
//! A form that was learned, or of which the configuration names a part, is compared with the page
//! each time ([`learned`]). What differs is told, and is no outage:
//!
//! | what differs | verdict |
//! |---|---|
//! | the page has a login form, and not the one that is named | unable, `form_changed`; nothing is sent |
//! | the form is sent elsewhere | unable, `form_changed`; nothing is sent |
//! | its hidden fields or its button, and signing in goes well | up, with a note |
//! | the same, and the form comes again, or a status from 400 without a reason, or no proof | unable, `form_changed` |
//! | the same, and any other failure (a status from 500, words of refusal, silence) | as without a difference |

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use contract::{AccountCause, DownCause, Outcome, UnableCause};
use http::{HeaderValue, Method};
use secrecy::ExposeSecret;
use url::Url;

use crate::answer::Answer;
use crate::cookies::Jar;
use crate::failure::Failure;
use crate::html::login_form::{self, Found, LoginForm, Wanted};
use crate::html::submission::{self, Press, Submission, Unsubmittable};
use crate::html::{csrf, learned, logout, marks, refusal, self_submit};
use crate::kinds::{SignedIn, code_page};
use crate::proof::{Lack, Seen};
use crate::session::{Ask, Session, is_good, is_same_origin};
use crate::settings::{Credentials, Form, Proof};
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
    let mut changed = Vec::new();
    let result = enter_and_prove(session, form, account, &mut changed).await;
    if changed.is_empty() {
        return result;
    }
    let changed = format!("the login form is not the one that was learned: {}", changed.join("; "));
    let may_be_why = |failure: &Failure| match failure.outcome {
        Outcome::Down(DownCause::LoginFormAgain | DownCause::NoProof) => true,
        Outcome::Down(DownCause::HttpStatus) => {
            session.last.as_ref().is_some_and(|answer| !answer.status.is_server_error())
        }
        _ => false,
    };
    match result {
        Err(failure) if may_be_why(&failure) => {
            let detail = format!("{changed}; {}", failure.message());
            Err(Failure::unable(UnableCause::FormChanged, detail))
        }
        other => {
            session.trace.notes.push(changed);
            other
        }
    }
}

async fn enter_and_prove(
    session: &mut Session<'_>,
    form: &Form,
    account: &Credentials,
    changed: &mut Vec<String>,
) -> Result<SignedIn, Failure> {
    let entered = enter(session, form, account, changed).await?;
    let (before, after) = (&entered.sent.page, &entered.after);
    let saw = match session.login.proof.is_empty() && logout::find(after.page()).is_none() {
        true => lets_pass(session, form, before, after).await?,
        false => proved(session, &entered, &session.login.proof)?,
    };
    Ok(SignedIn { answer: entered.after, saw, credential: None, log_out: None })
}

/// A form that was sent and not refused. Whether it led in is for the proof to say.
pub struct Entered {
    /// The page before, where the user's name is asked for on a page of its own.
    pub first: Option<Sent>,
    /// The page that asked for the password.
    pub sent: Sent,
    /// The page that came of it.
    pub after: Arc<Answer>,
    /// The cookies from before the password was sent.
    cookies_before: Jar,
}

/// A page with the login form that was sent from it.
pub struct Sent {
    /// The page.
    pub page: Arc<Answer>,
    /// Its form.
    pub login: LoginForm,
}

impl Entered {
    /// The first proof that does not hold, and why.
    pub fn lack<'p>(
        &self,
        session: &Session<'_>,
        proofs: &'p [Proof],
    ) -> Option<(&'p Proof, Lack)> {
        let url = &self.after.url;
        let cookie_before =
            |name: &str| self.cookies_before.value(url, name, session.now).map(str::to_owned);
        let cookie_after = |name: &str| session.cookie(url, name).map(str::to_owned);
        let seen = Seen {
            before: Some(&self.sent.page),
            after: &self.after,
            cookie_before: &cookie_before,
            cookie_after: &cookie_after,
        };
        seen.lacks(proofs)
    }
}

/// Opens the page, fills in its login form and sends it: up to the verdict on what came back, but
/// for the proof. How the form differs from the learned one goes to `changed`.
pub async fn enter(
    session: &mut Session<'_>,
    form: &Form,
    account: &Credentials,
    changed: &mut Vec<String>,
) -> Result<Entered, Failure> {
    let first = session.follow(Ask::page("page", form.url.clone())).await?;
    let first = settle(session, first).await?;
    enter_from(session, form, account, changed, first).await
}

/// The same from the page that has the form.
pub async fn enter_from(
    session: &mut Session<'_>,
    form: &Form,
    account: &Credentials,
    changed: &mut Vec<String>,
    first: Arc<Answer>,
) -> Result<Entered, Failure> {
    let wanted = Wanted {
        form: form.form.as_deref(),
        user_field: form.user_field.as_deref(),
        password_field: form.password_field.as_deref(),
    };
    let login = choose(session, wanted, &first)?;
    compare(form, 0, &first, &login, changed)?;
    let (mut first, mut sent) = (None, Sent { page: first, login });
    if sent.login.password_field.is_none() {
        // The password is asked for on the page after.
        let page = send(session, form, account, &sent).await?;
        let wanted = Wanted { password_field: form.password_field.as_deref(), ..Wanted::default() };
        match choose(session, wanted, &page) {
            Ok(login) if login.password_field.is_some() => {
                compare(form, 1, &page, &login, changed)?;
                first = Some(std::mem::replace(&mut sent, Sent { page, login }));
            }
            next => return Err(refused_user(session, &sent.page, &page, next.err())),
        }
    }
    let cookies_before = session.jar.clone();
    let mut after = send(session, form, account, &sent).await?;
    if !shows_again(&sent.login, &after) {
        after = code_page::pass(session, after).await?;
    }
    decide(session, &sent.page, &sent.login, &after)?;
    Ok(Entered { first, sent, after, cookies_before })
}

/// Chooses the login form of a page.
pub fn choose(
    session: &Session<'_>,
    wanted: Wanted<'_>,
    answer: &Answer,
) -> Result<LoginForm, Failure> {
    let status = answer.status.as_u16();
    if let Some(failure) = verdict::by_status(answer, &session.login.refusals) {
        return Err(failure);
    }
    let found = match answer.may_have_form() || answer.has(&marks::INPUT) {
        true => login_form::find(answer.form_page(), wanted),
        false => Found::None,
    };
    // Some services show their login page with the status of what is behind it.
    let is_page = is_good(answer.status) || matches!(status, 401 | 403);
    match found {
        Found::Password(login) | Found::IdentifierFirst(login) if is_page => Ok(login),
        Found::NotSubmittable(why) if is_page => {
            let is_new = wanted.names_any();
            let cause = if is_new { UnableCause::FormChanged } else { UnableCause::NeedsRecipe };
            Err(Failure::unable(cause, why.phrase()))
        }
        _ => Err(is_page
            .then(|| another_form(wanted, answer))
            .flatten()
            .unwrap_or_else(|| without_form(session, answer))),
    }
}

/// The page has a login form, and it is not the one that is named.
fn another_form(wanted: Wanted<'_>, answer: &Answer) -> Option<Failure> {
    if !wanted.names_any() || !answer.may_have_form() {
        return None;
    }
    let detail = match login_form::find(answer.form_page(), Wanted::default()) {
        Found::None => return None,
        Found::NotSubmittable(why) => why.phrase().to_owned(),
        Found::Password(login) | Found::IdentifierFirst(login) => {
            let names = [login.user_field, login.password_field];
            let names: Vec<String> =
                names.into_iter().flatten().map(|name| format!("{name:?}")).collect();
            format!("its fields are {}", names.join(" and "))
        }
    };
    Some(Failure::unable(UnableCause::FormChanged, detail))
}

/// Compares the form of the first or second page with what was learned of it.
fn compare(
    form: &Form,
    page: usize,
    answer: &Answer,
    login: &LoginForm,
    changed: &mut Vec<String>,
) -> Result<(), Failure> {
    let Some(learned) = form.learned.get(page) else { return Ok(()) };
    let shown = answer.form_page();
    let now = learned::learn(shown, &answer.url, &shown.forms[login.form], &form.url);
    let Some(difference) = learned::difference(learned, &now) else { return Ok(()) };
    if let Some(elsewhere) = difference.elsewhere {
        return Err(Failure::unable(UnableCause::FormChanged, elsewhere));
    }
    changed.extend(difference.parts);
    Ok(())
}

fn without_form(session: &Session<'_>, answer: &Answer) -> Failure {
    if let Some(wall) = verdict::by_challenge(None, answer) {
        return wall;
    }
    let words = verdict::by_words(session, None, answer);
    let is_wall = |failure: &Failure| failure.outcome == Outcome::Account(AccountCause::BotWall);
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
    Sent { page, login }: &Sent,
) -> Result<Arc<Answer>, Failure> {
    let mut fill: Vec<(&str, &str)> = Vec::with_capacity(2 + form.fields.len());
    let shown = page.form_page();
    if let Some(field) = &login.user_field {
        let list = shown.forms[login.form].field(field).filter(|field| !field.users.is_empty());
        let user = match list {
            None => account.user.as_str(),
            Some(list) => list.user(&account.user).ok_or_else(|| {
                let detail = "the page's list of users does not have this one";
                Failure::account(AccountCause::Rejected, detail)
            })?,
        };
        fill.push((field, user));
    }
    if let Some(field) = &login.password_field {
        fill.push((field, account.password.expose_secret()));
    }
    let code = match &login.code_field {
        Some(_) => session.one_time_code().await?,
        None => None,
    };
    if let (Some(field), Some(code)) = (&login.code_field, &code) {
        fill.push((field, code.expose_secret()));
    }
    let mut chosen = Cow::Borrowed(&shown.forms[login.form]);
    let cookie = |name: &str| session.cookie(&page.url, name).map(str::to_owned);
    let copied = csrf::copied(shown, &chosen, &cookie);
    if let Some(field) = copied.field {
        chosen = Cow::Owned(csrf::with_field(&chosen, field));
    }
    fill.extend(copied.fill.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    fill.extend(form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let press = form.button.as_deref().map_or(Press::Default, Press::Named);
    let submission = submission::submit(shown, &page.url, &chosen, &fill, press)
        .map_err(|e| Failure::unable(cause_of(e), e.to_string()))?;
    let mut ask = ask("sign_in", submission, &page.url);
    // A script could not send it to another origin.
    ask.headers.extend(copied.header.filter(|_| is_same_origin(&ask.url, &page.url)));
    let answer = session.follow(ask).await?;
    settle(session, answer).await
}

/// A field that is configured and not there belongs to a form that was another one.
fn cause_of(error: Unsubmittable) -> UnableCause {
    match error {
        Unsubmittable::NoSuchField => UnableCause::FormChanged,
        Unsubmittable::BadAction | Unsubmittable::Dialog => UnableCause::NeedsRecipe,
    }
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
pub async fn settle(
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
    let may_refresh = answer.has(&marks::HTTP_EQUIV) || answer.contains(b"HTTP-EQUIV");
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
            })
            .or_else(|| refuses_code(session, login, before, after).then(code_page::refused));
        return Err(said.unwrap_or_else(|| match (after.status.as_u16(), again) {
            (401, _) => verdict::by_unauthorized(Some(before), after),
            (_, true) => Failure::down(DownCause::LoginFormAgain, without_reason(after)),
            (_, false) => verdict::error_status(after),
        }));
    }
    if after.may_have_form() && login_form::find_code(after.page()).is_some() {
        let detail = "the service asks for a one-time code: set the account's `totp`";
        return Err(Failure::unable(UnableCause::NeedsRecipe, detail));
    }
    Ok(())
}

/// Whether a code went with the password, and the answer says that it is wrong.
fn refuses_code(session: &Session<'_>, login: &LoginForm, before: &Answer, after: &Answer) -> bool {
    let had_code = session.codes.is_some() && login.code_field.is_some();
    had_code && refusal::refuses_code(Some(before.readable()), after.readable())
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

/// What was seen that only a logged-in user sees: all of `proofs`. Without any it is a way to log
/// out, which the caller has seen.
pub fn proved(
    session: &Session<'_>,
    entered: &Entered,
    proofs: &[Proof],
) -> Result<String, Failure> {
    let lack = match entered.lack(session, proofs) {
        // A way out was never wrong, where there was one.
        None if proofs.is_empty() => return Ok("saw a way to log out".to_owned()),
        None => return Ok(saw(proofs)),
        Some((proof, Lack::Missing)) => format!("{proof} is not there"),
        Some((proof, Lack::NotNew)) => format!("{proof} was there before signing in"),
    };
    Err(verdict::by_words(session, Some(&entered.sent.page), &entered.after)
        .unwrap_or_else(|| Failure::down(DownCause::NoProof, lack)))
}

/// Where no proof is configured and the page shows no way out (its script may draw it), the login's
/// address is asked for once more: with a session it shows no form, and leads to where the login led
/// by redirect. Where the form itself was answered with a page, only a login that was learned so is
/// proved, and by another page than that: an error's page is the same at both addresses. A page that
/// looks like an error's proves nothing.
pub async fn lets_pass(
    session: &mut Session<'_>,
    form: &Form,
    before: &Answer,
    after: &Arc<Answer>,
) -> Result<String, Failure> {
    let was_led = session.trace.steps.last().is_some_and(|step| step.name == "redirect");
    if let Some(refused) = verdict::by_words(session, Some(before), after) {
        return Err(refused);
    }
    let is_broken = verdict::seems_broken(before, after);
    if !is_broken && (was_led || !form.learned.is_empty()) {
        let again = session.follow(Ask::page("check", form.url.clone())).await?;
        let again = settle(session, again).await?;
        session.last = Some(Arc::clone(after));
        let fits = match was_led {
            true => is_same_origin(&again.url, &after.url) && again.url.path() == after.url.path(),
            false => says_other(&again, after),
        };
        let no_form = login_form::find(again.page(), Wanted::default()) == Found::None;
        if is_good(again.status) && fits && no_form && !verdict::seems_broken(before, &again) {
            return Ok("the login's address leads past its form".to_owned());
        }
    }
    let lack = "no proof is configured, and there is no way to log out";
    Err(Failure::down(DownCause::NoProof, lack))
}

/// Whether two pages say different things, numbers aside.
pub fn says_other(one: &Answer, other: &Answer) -> bool {
    let letters =
        |page: &Answer| page.readable().chars().filter(|c| c.is_alphabetic()).collect::<String>();
    letters(one) != letters(other)
}

/// What was seen, as a fragment.
pub fn saw(proofs: &[Proof]) -> String {
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
