//! What a page's script copies into a login before it is sent, so that it is known to come from the
//! page: a token that stands in `<meta>` or in a cookie.
//!
//! | the form | the token | what is sent |
//! |---|---|---|
//! | has a field for it that is filled | | as it stands |
//! | has an empty one | in `<meta>`, else in a cookie | the field is filled with it |
//! | has none | in `<meta name=csrf-token>` | the header `X-CSRF-Token`; and a field, where `<meta name=csrf-param>` names one (Rails) |
//! | has none | in `<meta name=_csrf>` | the header that `<meta name=_csrf_header>` names (Spring) |
//! | has none | in a cookie of a known name | the header that belongs to it |
//!
//! A service that wants none of them reads none of them.

use http::{HeaderName, HeaderValue};

use super::form::{Field, FieldKind, Form};
use super::page::Page;
use super::vocabulary::TOKEN_NAMES;
use super::words::is_named;

/// Cookies that hold a token for scripts, and the header in which it comes back.
const COOKIES: [(&str, &str); 5] = [
    ("XSRF-TOKEN", "x-xsrf-token"),
    ("csrftoken", "x-csrftoken"),
    ("csrf_token", "x-csrf-token"),
    ("csrf-token", "x-csrf-token"),
    ("_csrf", "x-csrf-token"),
];

/// What is copied. Tokens of the session: never shown.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Copied {
    /// Values of fields of the form that are empty.
    pub fill: Vec<(String, String)>,
    /// A field that the form does not have.
    pub field: Option<(String, String)>,
    /// A header.
    pub header: Option<(HeaderName, HeaderValue)>,
}

/// What a script would copy into this form of the page. `cookie` gives a cookie's value.
pub fn copied(page: &Page, form: &Form, cookie: &dyn Fn(&str) -> Option<String>) -> Copied {
    let mut copied = Copied::default();
    let mut fields = form.of_kind(FieldKind::Hidden).filter(|field| is_token(field)).peekable();
    let meta = |name: &str| {
        let mut tokens = page.csrf.iter();
        tokens.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, content)| content)
    };
    let token = ["csrf-token", "_csrf", "csrf_token", "xsrf-token"].into_iter().find_map(meta);
    let token = token.filter(|token| !token.is_empty());
    let in_cookie = || COOKIES.iter().find_map(|(name, header)| Some((cookie(name)?, *header)));
    if fields.peek().is_some() {
        for field in fields.filter(|field| field.value.is_empty() && is_of_page(field)) {
            let known = token.cloned().or_else(|| in_cookie().map(|(token, _)| token));
            copied.fill.extend(field.name.clone().zip(known));
        }
        return copied;
    }
    let header = |name: &str, token: &str| {
        let mut value = HeaderValue::from_str(token).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
    };
    match token {
        Some(token) => {
            let named = meta("_csrf_header").map_or("x-csrf-token", String::as_str);
            copied.header = header(named, token);
            copied.field = meta("csrf-param").map(|name| (name.clone(), token.clone()));
        }
        None => copied.header = in_cookie().and_then(|(token, name)| header(name, &token)),
    }
    copied
}

/// The form with a field more.
pub fn with_field(form: &Form, (name, value): (String, String)) -> Form {
    let mut form = form.clone();
    form.fields.push(Field::hidden(name, value));
    form
}

/// Whether its name leaves no doubt that it is the page's token, and not one of a captcha or device.
fn is_of_page(field: &Field) -> bool {
    let name = field.name.as_deref().unwrap_or_default().to_ascii_lowercase();
    ["csrf", "xsrf", "authenticity", "requestverification"].iter().any(|word| name.contains(word))
}

fn is_token(field: &Field) -> bool {
    field.name.as_deref().is_some_and(|name| is_named(name, TOKEN_NAMES))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "<form method=post><input name=u><input type=password name=p>";

    fn seen(head: &str, field: &str, cookies: &[(&str, &str)]) -> Copied {
        let page = Page::parse(format!("{head}{FORM}{field}</form>").as_bytes(), None);
        let cookie = |name: &str| {
            let found = cookies.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        copied(&page, &page.forms[0], &cookie)
    }

    fn header(name: &'static str, value: &'static str) -> Option<(HeaderName, HeaderValue)> {
        Some((HeaderName::from_static(name), HeaderValue::from_static(value)))
    }

    #[test]
    fn a_form_with_its_token_is_sent_as_it_stands() {
        let meta = "<meta name=csrf-token content=a1>";
        for name in ["csrf", "_csrf_token", "authenticity_token", "csrfmiddlewaretoken", "sectok"] {
            let field = format!("<input type=hidden name={name} value=b2>");
            assert!(seen(meta, &field, &[("csrftoken", "c3")]) == Copied::default(), "{name}");
        }
        assert!(seen("", "", &[("session", "c3")]) == Copied::default());
    }

    #[test]
    fn an_empty_field_is_filled_from_meta_or_cookie() {
        let field = "<input type=hidden name=csrf_token>";
        let meta = "<meta name=csrf-token content=a1>";
        let filled = |value: &str| vec![("csrf_token".to_owned(), value.to_owned())];
        assert!(seen(meta, field, &[("csrftoken", "c3")]).fill == filled("a1"));
        assert!(seen("", field, &[("csrf_token", "c3")]).fill == filled("c3"));
        assert!(seen("", field, &[]) == Copied::default());
        let captcha = "<input type=hidden name=g_token>";
        assert!(seen(meta, captcha, &[]) == Copied::default());
    }

    #[test]
    fn a_token_without_a_field_goes_into_a_header() {
        let rails = "<meta name=csrf-param content=authenticity_token>
            <meta name=csrf-token content=a1>";
        let copied = seen(rails, "", &[]);
        assert!(copied.header == header("x-csrf-token", "a1"));
        assert!(copied.field == Some(("authenticity_token".to_owned(), "a1".to_owned())));
        let spring = "<meta name=_csrf content=a1><meta name=_csrf_header content=X-Own>";
        assert!(seen(spring, "", &[]).header == header("x-own", "a1"));
        assert!(seen("", "", &[("XSRF-TOKEN", "c3")]).header == header("x-xsrf-token", "c3"));
        let bad = "<meta name=_csrf content=a1><meta name=_csrf_header content='no header'>";
        assert!(seen(bad, "", &[]).header.is_none());
    }
}
