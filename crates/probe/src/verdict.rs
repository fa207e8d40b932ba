//! What an answer says about the account and about the service (C3.4, C3.5).

use contract::{AccountCause, DownCause};
use http::StatusCode;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::html::{refusal, text};
use crate::session::Session;
use crate::settings::{Refusals, Sign};

/// A status that decides by itself: the service's own failure before all (C3.4), then the
/// configured ones, then those that HTTP reserves for it. 401 and 403 are not among them.
pub fn by_status(answer: &Answer, refusals: &Refusals) -> Option<Failure> {
    if answer.status.is_server_error() {
        return Some(error_status(answer));
    }
    let cause = answer.configured_status(refusals).or(match answer.status.as_u16() {
        423 => Some(AccountCause::Locked),
        429 => Some(AccountCause::BotWall),
        _ => None,
    })?;
    Some(Failure::account(cause, format!("answered {}", answer.status)))
}

/// The words with which the answer refuses the account, that were not on the page `before`: the
/// configured ones, then those known by heart.
pub fn by_words(session: &Session<'_>, before: Option<&Answer>, after: &Answer) -> Option<Failure> {
    by_configured_words(before, after, &session.login.refusals)
        .or_else(|| by_known_words(session.user, before.map(Answer::readable), after.readable()))
}

/// The same for a page that came again, whose script may have to show its message.
pub fn by_words_of_scripts(
    session: &Session<'_>,
    before: &Answer,
    after: &Answer,
) -> Option<Failure> {
    by_known_words(session.user, Some(&before.said_by_scripts()), &after.said_by_scripts())
}

/// An answer of 401 or 403 without words of refusal: HTTP's own refusal, unless the answer speaks of
/// trouble. A service whose mail server or directory is gone may answer so.
pub fn by_unauthorized(before: Option<&Answer>, after: &Answer) -> Failure {
    let shown = refusal::find_trouble(before.map(Answer::readable), after.readable());
    let trouble = shown.or_else(|| {
        let before = before.map(Answer::said_by_scripts);
        refusal::find_trouble(before.as_deref(), &after.said_by_scripts())
    });
    match trouble {
        Some(words) => {
            let detail = format!("{}, and the page says \"{words}\"", after.status);
            Failure::down(DownCause::HttpStatus, detail)
        }
        None => {
            // The same is said to an account that is let in, and may not read the page.
            let or_not_allowed = match after.status {
                StatusCode::FORBIDDEN => "; or this account may not read that address",
                _ => "",
            };
            let detail = format!("answered {}{or_not_allowed}", after.status);
            Failure::account(AccountCause::Rejected, detail)
        }
    }
}

fn by_known_words(user: &str, before: Option<&str>, after: &str) -> Option<Failure> {
    let found =
        refusal::find(before, after).or_else(|| refusal::find_denied_user(before, after, user))?;
    Some(Failure::account(found.cause, format!("the page says \"{}\"", found.words)))
}

/// Whether a page is likely to be an error's, whatever its status: it speaks of trouble, or is short
/// and says that something failed.
pub fn seems_broken(before: &Answer, after: &Answer) -> bool {
    refusal::find_trouble(Some(before.readable()), after.readable()).is_some()
        || text::is_short(after.readable()) && refusal::speaks_of_failure(after.readable())
}

/// A challenge that stands in place of the page, or was not there before.
pub fn by_challenge(before: Option<&Answer>, after: &Answer) -> Option<Failure> {
    let wall = after.form_page().bot_wall?;
    let is_new = before.is_none_or(|before| before.form_page().bot_wall.is_none());
    let detail = format!("the page has a challenge ({wall:?})");
    is_new.then(|| Failure::account(AccountCause::BotWall, detail))
}

/// The service answered with an error.
pub fn error_status(answer: &Answer) -> Failure {
    Failure::down(DownCause::HttpStatus, answer.status.to_string())
}

fn by_configured_words(
    before: Option<&Answer>,
    after: &Answer,
    refusals: &Refusals,
) -> Option<Failure> {
    let signs = [
        (AccountCause::Locked, &refusals.locked),
        (AccountCause::BotWall, &refusals.bot_wall),
        (AccountCause::Rejected, &refusals.rejected),
    ];
    if signs.iter().all(|(_, sign)| sign.texts.is_empty()) {
        return None;
    }
    let folded = |text: &str| text::fold(text).to_lowercase();
    let readable = |page: &Answer| page.readable().to_lowercase();
    let (now, then) = (readable(after), before.map(readable).unwrap_or_default());
    let is_new = |words: &String| {
        let words = folded(words);
        if !Sign::is_of_source(&words) {
            return now.contains(&words) && !then.contains(&words);
        }
        let has = |page: &Answer| folded(&page.source()).contains(&words);
        has(after) && !before.is_some_and(has)
    };
    signs.into_iter().find_map(|(cause, sign)| {
        let words = sign.texts.iter().find(|words| is_new(words))?;
        Some(Failure::account(cause, format!("the page says \"{words}\"")))
    })
}
