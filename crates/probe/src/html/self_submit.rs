//! A form that a script submits as soon as the page is read: how SAML and OpenID providers hand
//! a login over by POST.
//!
//! The script is not run. A call of `submit` counts when nothing around it waits for a person:
//! it stands in `<body onload>`, at the top of a script, or inside of blocks and functions that run
//! when the page is read. What is given a function (`form.submit(function …)`) is no call: it waits
//! for a person to submit. The form must not ask a person for anything, and must not be a log-out.
//!
//! Scripts in files of their own are not read. A form that carries a message of SAML, WS-Federation
//! or OpenID Connect is there to be handed on, whatever sends it.

use super::form::{Field, FieldKind, Form, Method};
use super::marks;
use super::vocabulary::LOGOUT_NAMES;
use super::words::has_part;

/// Between the scripts of a page.
pub const SCRIPT_END: &str = "\u{1}";

/// Calls that are looked at, of each kind.
const CALLS_MAX: usize = 10;
/// Bytes before a block that say what it waits for.
const OPENER_BYTES: usize = 120;
/// What runs when the page is read.
const AT_ONCE: &[&str] = &[
    "onload",
    "'load'",
    "\"load\"",
    "domcontentloaded",
    "ready(",
    "$(function",
    "settimeout",
    "(function()",
    "(function ()",
    "(()=>",
    "(() =>",
    "try",
];

/// Hidden fields with a message that the browser hands on by POST: SAML 2.0 bindings, 3.5;
/// WS-Federation 1.2, 13.2; OAuth 2.0 Form Post Response Mode.
const HANDED_ON: [&str; 4] = ["SAMLResponse", "SAMLRequest", "wresult", "id_token"];

/// Whether a page can submit a form by itself at all: if not, it need not be read to know that.
pub fn may_happen(html: &[u8]) -> bool {
    let may_be_handed_on = [&marks::SAML_RE, &marks::WRESULT, &marks::ID_TOKEN];
    is_possible(html)
        || has_onload(html)
        || may_be_handed_on.into_iter().any(|mark| marks::has(html, mark))
}

/// Whether an attribute `onload` is written anywhere, in whatever case.
fn has_onload(html: &[u8]) -> bool {
    let is_its_value = |at: usize| {
        let name = html[..at].trim_ascii_end().last_chunk::<6>();
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"onload"))
    };
    memchr::memchr_iter(b'=', html).any(is_its_value)
}

/// Whether the page's scripts need to be read for it.
pub fn is_possible(html: &[u8]) -> bool {
    marks::has(html, &marks::SUBMIT) || marks::has(html, &marks::SUBMIT_CALL)
}

/// The form that is submitted at once, if there is one.
pub fn find(onload: &str, scripts: &str, forms: &[Form]) -> Option<usize> {
    let handed_on = forms.iter().position(|form| asks_nothing(form) && hands_on(form));
    if handed_on.is_some() || onload.is_empty() && scripts.is_empty() {
        return handed_on;
    }
    let call = if call_in(onload).is_some() {
        onload
    } else {
        let called = called_on_load(onload, scripts);
        scripts.split(SCRIPT_END).find(|script| runs_at_once(script, &called))?
    };
    let mut silent = forms.iter().enumerate().filter(|(_, form)| asks_nothing(form));
    let first = silent.clone().next();
    silent.find(|(_, form)| is_mentioned(form, call)).or(first).map(|(at, _)| at)
}

/// How the functions begin that are called when the page has been read: by the attribute
/// `onload="go()"`, by `window.onload = go`, or by `addEventListener('load', go)`.
fn called_on_load(onload: &str, scripts: &str) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let in_attribute = onload.split('(').map(|call| {
        let name = call.trim_end();
        &name[name.trim_end_matches(is_name).len()..]
    });
    let in_scripts =
        ["onload", "'load',", "\"load\",", "'DOMContentLoaded',", "\"DOMContentLoaded\","]
            .into_iter()
            .flat_map(|mark| scripts.split(mark).skip(1).take(CALLS_MAX))
            .map(|rest| {
                let rest = rest.trim_start_matches([' ', '=']);
                &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())]
            });
    in_attribute
        .take(CALLS_MAX)
        .chain(in_scripts)
        .filter(|name| !name.is_empty() && *name != "function")
        .map(|name| format!("function {}(", name.to_ascii_lowercase()))
        .collect()
}

/// Where a script calls `submit`.
fn call_in(script: &str) -> Option<usize> {
    let bare = [".submit(", "[\"submit\"](", "['submit']("];
    let bare = bare.iter().filter_map(|call| {
        let mut at = script.match_indices(call);
        at.find(|(at, call)| script[at + call.len()..].trim_start().starts_with(')'))
    });
    let others = [".requestSubmit(", "submit.call("].iter();
    let others = others.filter_map(|call| script.match_indices(call).next());
    bare.chain(others).map(|(at, _)| at).min()
}

/// Whether the first call of `submit` in a script waits for nothing.
fn runs_at_once(script: &str, called: &[String]) -> bool {
    let Some(call) = call_in(script) else { return false };
    let mut open: Vec<bool> = Vec::new();
    for (at, c) in script[..call].char_indices() {
        match c {
            '{' => {
                let start = script.floor_char_boundary(at.saturating_sub(OPENER_BYTES));
                let before = &script[start..at];
                let after_last = before.rfind(['{', '}', ';']).map_or(before, |end| &before[end..]);
                let opener = after_last.to_ascii_lowercase();
                let opener = opener.replace(" (", "(");
                open.push(
                    AT_ONCE.iter().any(|mark| opener.contains(mark))
                        || called.iter().any(|function| opener.contains(function)),
                );
            }
            '}' => drop(open.pop()),
            _ => {}
        }
    }
    open.iter().all(|at_once| *at_once)
}

/// Whether it carries a message from one service to another.
fn hands_on(form: &Form) -> bool {
    let is_message = |field: &Field| {
        let name = field.name.as_deref();
        name.is_some_and(|name| HANDED_ON.contains(&name)) && !field.value.is_empty()
    };
    form.method == Method::Post && form.of_kind(FieldKind::Hidden).any(is_message)
}

/// Nothing that a person would type, and no log-out: a token that is handed on.
fn asks_nothing(form: &Form) -> bool {
    let called = [form.id.as_deref(), form.name.as_deref(), form.action.as_deref()];
    !form.fields.iter().any(|field| field.kind.is_typed())
        && form.fields.iter().any(|field| field.name.is_some())
        && !called.into_iter().flatten().any(|called| has_part(called, LOGOUT_NAMES))
}

fn is_mentioned(form: &Form, script: &str) -> bool {
    [&form.id, &form.name].into_iter().flatten().any(|called| script.contains(called.as_str()))
}

#[cfg(test)]
mod tests {
    use crate::html::Page;

    const FORM: &str = "<form id=f name=saml method=post action=https://sp.example/acs>
        <input type=hidden name=ticket value=x><input type=submit value=Continue></form>";

    fn found(html: &str) -> Option<usize> {
        Page::parse(html.as_bytes(), None).submits_itself
    }

    #[test]
    fn a_page_that_may_submit_is_known_without_reading_it() {
        for html in ["<body onload=go()>", "<BODY OnLoad = 'go()'>", "<script>f.submit()</script>"]
        {
            assert!(super::may_happen(html.as_bytes()), "{html}");
        }
        for html in ["", "=", "load=", "<body class=onloaded>", "<p>onload</p>"] {
            assert!(!super::may_happen(html.as_bytes()), "{html}");
        }
    }

    #[test]
    fn what_runs_when_the_page_is_read_submits() {
        for script in [
            "document.forms[0].submit();",
            "document.saml.submit()",
            "document.saml.submit( );",
            "$('#other').submit(function(){ tidy(); }); document.saml.submit();",
            "document.getElementById('f').submit()",
            "window.onload = function () { document.forms[0].submit(); }",
            "window.addEventListener('load', () => { document.saml.submit(); });",
            "document.addEventListener(\"DOMContentLoaded\", function(){ f.requestSubmit() })",
            "$(document).ready(function(){ $('form').submit(); });",
            "(function(){ try { document.forms[0].submit() } catch (e) {} })();",
            "HTMLFormElement.prototype.submit.call(document.saml)",
            "function other(){ return 1 } document.forms[0].submit();",
        ] {
            assert_eq!(found(&format!("{FORM}<script>{script}</script>")), Some(0), "{script}");
        }
        for (body, script) in [
            ("onload='document.forms[0].submit()'", ""),
            ("onload='go()'", "function go () { document.saml.submit(); }"),
            ("", "function go() { f.submit() } window.onload = go;"),
            ("", "function go() { f.submit() } window.addEventListener('load', go)"),
        ] {
            let html = format!("<body {body}>{FORM}<script>{script}</script>");
            assert_eq!(found(&html), Some(0), "{html}");
        }
        let html = format!("<body onload='other()'>{FORM}<script>function go() {{ f.submit() }}");
        assert_eq!(found(&html), None);
    }

    #[test]
    fn a_page_that_is_loaded_and_then_does_something_is_read_in_whatever_case_it_says_so() {
        for page in ["<body onload=go()>", "<body ONLOAD=go()>", "<body OnlOaD=go()>"] {
            assert!(super::may_happen(page.as_bytes()), "{page}");
        }
        assert!(!super::may_happen(b"load onloa <p>l"));
    }

    #[test]
    fn what_waits_for_a_person_does_not() {
        for script in [
            "function send() { document.forms[0].submit(); }",
            "b.onclick = function () { document.saml.submit(); }",
            "b.addEventListener('click', () => { document.saml.submit(); });",
            "var submit = 1;",
            "$('.columns').closest('form').submit(function(){ tidy(this); });",
            "$('#f').submit( check )",
            "$('form').submit(e => e.preventDefault());",
        ] {
            assert_eq!(found(&format!("{FORM}<script>{script}</script>")), None, "{script}");
        }
    }

    #[test]
    fn a_message_between_services_is_handed_on_whatever_script_does_it() {
        let page = |method: &str, name: &str, more: &str| {
            format!(
                "<script src=post.js></script><form action=/search><input name=q></form>
                <form method={method} action=https://sp.example/acs>
                <input type=hidden name={name} value=x>{more}<input type=submit></form>"
            )
        };
        for name in ["SAMLResponse", "SAMLRequest", "wresult", "id_token"] {
            assert!(super::may_happen(page("post", name, "").as_bytes()), "{name}");
            assert_eq!(found(&page("post", name, "")), Some(1), "{name}");
            assert_eq!(found(&page("get", name, "")), None, "{name}");
            assert_eq!(found(&page("post", name, "<input name=user>")), None, "{name}");
        }
        assert_eq!(found(&page("post", "token", "")), None);
    }

    #[test]
    fn a_form_that_asks_or_logs_out_is_never_the_one() {
        let script = "<script>document.forms[0].submit()</script>";
        assert_eq!(found(&format!("<form><input name=user></form>{script}")), None);
        let out = "<form id=logout-form><input type=hidden name=t></form>";
        assert_eq!(found(&format!("{out}{script}")), None);
        assert_eq!(found(&format!("{out}{FORM}{script}")), Some(1));
        assert_eq!(found(script), None);
    }
}
