//! Ends the session that a login began (a success leaves one behind each time). What goes wrong
//! here is noted, and changes no verdict.
//!
//! As a person does it: press what the page offers, go along where that leads to another origin
//! (the session there ends too), and confirm if a page asks whether one is sure.

use http::Method;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::html::csrf::{self, Copied};
use crate::html::page::Link;
use crate::html::submission::{self, Press};
use crate::html::{Form, form, logout, marks};
use crate::kinds::SignedIn;
use crate::kinds::form::ask;
use crate::session::{Ask, Session, is_good, is_same_origin};
use crate::settings::{Kind, Logout};

const NAME: &str = "log_out";
/// Requests that one log-out may need.
const REQUESTS_MAX: usize = 5;

/// Logs out as the settings say, unless the login's own steps have done so. The error is a note for
/// people.
pub async fn log_out(session: &mut Session<'_>, signed_in: &SignedIn) -> Result<(), String> {
    let login = session.login;
    if matches!(&login.kind, Kind::Recipe(recipe) if !recipe.log_out.is_empty()) {
        return Ok(());
    }
    log_out_by(session, &login.logout, signed_in).await
}

/// Logs out as `settings` say, whatever the login's are.
pub async fn log_out_by(
    session: &mut Session<'_>,
    settings: &Logout,
    signed_in: &SignedIn,
) -> Result<(), String> {
    let last = session.last.clone();
    let Some(request) = request(session, settings, signed_in)? else { return Ok(()) };
    let result = send(session, request).await;
    session.last = last;
    result
}

async fn send(session: &mut Session<'_>, mut request: Ask) -> Result<(), String> {
    let failed = |failure: Failure| format!("the log-out failed: {}", failure.message());
    for _ in 0..REQUESTS_MAX {
        let answer = session.send(&request).await.map_err(failed)?;
        if !is_good(answer.status) {
            return Err(format!("the log-out was answered with {}", answer.status));
        }
        request = match session.redirect(&answer).map_err(failed)? {
            Some(target) if is_same_origin(&target, &answer.url) => return Ok(()),
            Some(target) => Ask::page(NAME, target),
            None if request.method != Method::GET || !may_have_way_out(&answer) => return Ok(()),
            None => match logout::find(answer.page()) {
                Some(logout::Logout::Form { form, button }) => {
                    by_form(&answer, &answer.page().forms[form], button)?
                }
                Some(_) => {
                    return Err("the page after the log-out still has a way to log out".to_owned());
                }
                None => return Ok(()),
            },
        };
    }
    Err(format!("the log-out takes more than {REQUESTS_MAX} requests"))
}

fn request(
    session: &Session<'_>,
    settings: &Logout,
    signed_in: &SignedIn,
) -> Result<Option<Ask>, String> {
    let answer = &signed_in.answer;
    match settings {
        Logout::Never => Ok(None),
        Logout::Auto if signed_in.log_out.is_some() => Ok(signed_in.log_out.clone()),
        Logout::Auto if !may_have_way_out(answer) => Ok(None),
        Logout::Auto => match logout::find(answer.page()) {
            None => Ok(None),
            Some(logout::Logout::Link(at)) => by_link(session, answer, at).map(Some),
            Some(logout::Logout::Form { form, button }) => {
                by_form(answer, &answer.page().forms[form], button).map(Some)
            }
            Some(logout::Logout::Scripted) => {
                Err("only a script can log out: set `logout`, or \"never\"".to_owned())
            }
        },
        Logout::Link(part) => {
            let links = &answer.page().links;
            let wanted = links
                .iter()
                .position(|link| link.href.contains(part) || link.text.contains(part))
                .ok_or_else(|| format!("the page has no link \"{part}\" to log out by"))?;
            by_link(session, answer, wanted).map(Some)
        }
        Logout::Form(part) => {
            let has = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(part));
            let mut forms = answer.page().forms.iter();
            let wanted = forms
                .find(|form| has(&form.id) || has(&form.name) || has(&form.action))
                .ok_or_else(|| format!("the page has no form \"{part}\" to log out by"))?;
            by_form(answer, wanted, None).map(Some)
        }
        Logout::Request { method, url } => Ok(Some(Ask {
            method: method.clone(),
            credential: signed_in.credential.clone().filter(|_| is_same_origin(&answer.url, url)),
            ..Ask::page(NAME, url.clone())
        })),
    }
}

fn may_have_way_out(answer: &Answer) -> bool {
    answer.may_have_form() || answer.has(&marks::LINK) || answer.contains(b"<A ")
}

fn by_link(session: &Session<'_>, answer: &Answer, at: usize) -> Result<Ask, String> {
    let page = answer.page();
    let link = page.links.get(at).ok_or("the log-out link is gone")?;
    if let Some(method) = link.method.as_deref().filter(|method| *method != "get") {
        return by_scripted_link(session, answer, link, method);
    }
    let url = submission::resolve(page, &answer.url, &link.href)
        .ok_or("the log-out link is no address")?;
    Ok(Ask { referer: Some(answer.url.clone()), ..Ask::page(NAME, url) })
}

/// What a page's script sends in place of a link with another method than GET: a form, with the
/// page's token unless it goes to another origin.
fn by_scripted_link(
    session: &Session<'_>,
    answer: &Answer,
    link: &Link,
    method: &str,
) -> Result<Ask, String> {
    let page = answer.page();
    let action = Some(link.href.clone());
    let form = Form { action, method: form::Method::Post, ..Form::default() };
    let mut form = csrf::with_field(&form, ("_method".to_owned(), method.to_owned()));
    let cookie = |name: &str| session.cookie(&answer.url, name).map(str::to_owned);
    let is_own = submission::target(page, &answer.url, &form)
        .is_some_and(|target| is_same_origin(&target, &answer.url));
    let copied = if is_own { csrf::copied(page, &form, &cookie) } else { Copied::default() };
    if let Some(field) = copied.field {
        form = csrf::with_field(&form, field);
    }
    let mut ask = by_form(answer, &form, None)?;
    ask.headers.extend(copied.header);
    Ok(ask)
}

/// Presses a button of the form, an index of its `fields`; or its default button.
fn by_form(answer: &Answer, form: &Form, button: Option<usize>) -> Result<Ask, String> {
    let button = button.and_then(|at| form.fields.get(at));
    let press = button.map_or(Press::Default, Press::Button);
    let submission = submission::submit(answer.page(), &answer.url, form, &[], press)
        .map_err(|e| format!("cannot log out by the form: {e}"))?;
    Ok(ask(NAME, submission, &answer.url))
}
