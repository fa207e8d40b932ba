//! Whether a login form is still the one that was learned.
//!
//! A form is known by where it is sent, by the names of its hidden fields and by its default
//! button. Their values are not compared: tokens are others each time. What differs is of two
//! weights:
//!
//! | what differs | weight |
//! |---|---|
//! | where it is sent | the form is another one: nothing is sent |
//! | a hidden field more or less, the button | the form is sent as it stands, as a browser does |

use url::Url;

use super::form::{FieldKind, Form};
use super::page::Page;
use super::submission;
use crate::settings::LearnedForm;

/// In a list of hidden fields: further ones, called anew each time.
pub const FURTHER: &str = "*";
/// Hidden fields that are kept of a form.
pub const HIDDEN_MAX: usize = 32;

/// How a form differs from the learned one. Fragments for people.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Difference {
    /// It is sent elsewhere.
    pub elsewhere: Option<String>,
    /// Its parts are others.
    pub parts: Vec<String>,
}

/// What is kept of a form of the page at `page_url`, for a login that begins on the host of
/// `login_url`.
pub fn learn(page: &Page, page_url: &Url, form: &Form, login_url: &Url) -> LearnedForm {
    LearnedForm {
        action: action(page, page_url, form, login_url),
        hidden: hidden(form),
        more_hidden: false,
        button: form.default_button().and_then(|button| button.name.clone()),
    }
}

/// What two readings of the same form have in common: what a page makes anew each time is left
/// out.
pub fn common(one: &LearnedForm, other: &LearnedForm) -> LearnedForm {
    let hidden: Vec<String> =
        one.hidden.iter().filter(|name| other.hidden.contains(name)).cloned().collect();
    LearnedForm {
        action: one.action.clone().filter(|action| other.action.as_ref() == Some(action)),
        more_hidden: hidden.len() < one.hidden.len().max(other.hidden.len()),
        hidden,
        button: one.button.clone().filter(|button| other.button.as_ref() == Some(button)),
    }
}

/// How `now` differs from what was learned; none when it does not.
pub fn difference(learned: &LearnedForm, now: &LearnedForm) -> Option<Difference> {
    let mut found = Difference::default();
    if let Some(action) = &learned.action
        && now.action.as_ref() != Some(action)
    {
        let to = now.action.as_deref().unwrap_or("no address");
        found.elsewhere = Some(format!("it is sent to {to}, and was to {action}"));
    }
    let quoted = |names: Vec<&String>| {
        let names: Vec<String> = names.iter().take(5).map(|name| format!("{name:?}")).collect();
        names.join(", ")
    };
    let gone: Vec<_> = learned.hidden.iter().filter(|name| !now.hidden.contains(name)).collect();
    if !gone.is_empty() {
        found.parts.push(format!("the hidden field {} is gone", quoted(gone)));
    }
    let new: Vec<_> = now.hidden.iter().filter(|name| !learned.hidden.contains(name)).collect();
    if !new.is_empty() && !learned.more_hidden {
        found.parts.push(format!("the hidden field {} is new", quoted(new)));
    }
    if let Some(button) = &learned.button
        && now.button.as_ref() != Some(button)
    {
        found.parts.push(format!("its button is not {button:?} any more"));
    }
    (found != Difference::default()).then_some(found)
}

/// Where a form is sent: the path on the login's own host, or the address of another host; without
/// the query and without what an application writes into the path for each session.
fn action(page: &Page, page_url: &Url, form: &Form, login_url: &Url) -> Option<String> {
    let url = submission::target(page, page_url, form)?;
    let path = url.path().split(';').next().unwrap_or_default();
    Some(match url.origin() == login_url.origin() {
        true => path.to_owned(),
        false => format!("{}{path}", url.origin().ascii_serialization()),
    })
}

fn hidden(form: &Form) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for field in form.of_kind(FieldKind::Hidden) {
        if let Some(name) = &field.name
            && !names.contains(name)
            && names.len() < HIDDEN_MAX
        {
            names.push(name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(html: &str) -> LearnedForm {
        let page = Page::parse(html.as_bytes(), None);
        let at = "https://portal.example/in/login".parse().unwrap();
        learn(&page, &at, &page.forms[0], &at)
    }

    const FORM: &str = "<form method=post action='/check;jsessionid=1?x=2'><input name=u>
        <input type=hidden name=csrf value=1><input type=hidden name=next>
        <input type=password name=p><button name=go>Log in</button></form>";

    #[test]
    fn a_form_is_known_by_where_it_goes_its_hidden_fields_and_its_button() {
        let before = learned(FORM);
        assert_eq!(before.action.as_deref(), Some("/check"));
        assert_eq!(before.hidden, ["csrf", "next"]);
        assert_eq!(before.button.as_deref(), Some("go"));
        let again = FORM.replace("value=1", "value=77").replace("jsessionid=1", "jsessionid=9");
        assert_eq!(difference(&before, &learned(&again)), None);

        let elsewhere = learned(&FORM.replace("'/check", "'https://evil.example/check"));
        let difference_of = |html: &str| difference(&before, &learned(html)).unwrap();
        assert_eq!(elsewhere.action.as_deref(), Some("https://evil.example/check"));
        assert!(difference(&before, &elsewhere).unwrap().elsewhere.is_some());
        for (from, to, said) in [
            ("name=csrf", "name=token", "the hidden field \"csrf\" is gone"),
            ("name=go", "name=do", "its button is not \"go\" any more"),
            ("<input name=u>", "<input name=u><input type=hidden name=t2>", "\"t2\" is new"),
        ] {
            let found = difference_of(&FORM.replace(from, to));
            assert_eq!(found.elsewhere, None, "{to}");
            assert!(found.parts.iter().any(|part| part.contains(said)), "{found:?}");
        }
    }

    #[test]
    fn what_is_called_anew_each_time_is_left_out() {
        let (one, other) = (FORM, FORM.replace("name=csrf", "name=a81f"));
        let kept = common(&learned(one), &learned(&other));
        assert_eq!(
            (kept.hidden.as_slice(), kept.more_hidden),
            (["next".to_owned()].as_slice(), true)
        );
        assert_eq!(difference(&kept, &learned(&FORM.replace("name=csrf", "name=77c2"))), None);
        assert!(difference(&kept, &learned(&FORM.replace("name=next", "name=to"))).is_some());
        let moving = common(&learned(one), &learned(&FORM.replace("/check", "/check/2")));
        assert_eq!(moving.action, None);
        assert_eq!(difference(&moving, &learned(&FORM.replace("/check", "/check/3"))), None);
    }
}
