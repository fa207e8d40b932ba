//! Pages that mean harm: whatever a server answers, reading it ends, stays within its bounds and
//! gives away nothing.
//!
//! The sizes are such that a step that took quadratic time would never end.

use std::path::Path;

use probe::html::login_form::{self, Found, Wanted};
use probe::html::page::{FIELDS_PER_FORM_MAX, FORMS_MAX, LINKS_MAX, may_have_form};
use probe::html::submission::{Press, submit};
use probe::html::{Page, charset, logout, refusal, self_submit, text};
use probe::redact::Redactor;
use proptest::prelude::*;
use url::Url;

const PASSWORD: &str = "hem&ligt \"å1";

/// Does everything with a page that a login attempt may do with it.
fn use_page(body: &[u8], content_type: Option<&str>) -> Page {
    let (html, encoding) = charset::decode(body, content_type);
    let page = Page::parse_str(&html, encoding);
    assert!(page.forms.len() <= FORMS_MAX && page.links.len() <= LINKS_MAX);
    assert!(page.forms.iter().all(|form| form.fields.len() <= FIELDS_PER_FORM_MAX));
    assert!(page.forms.is_empty() || may_have_form(html.as_bytes()));
    assert!(page.submits_itself.is_none_or(|at| at < page.forms.len()));

    let formal = Page::parse_without_links(body, content_type);
    assert!(formal.links.is_empty());
    assert_eq!((&formal.forms, &formal.title), (&page.forms, &page.title));
    assert_eq!(formal.submits_itself, page.submits_itself);
    assert!(page.submits_itself.is_none() || self_submit::may_happen(html.as_bytes()));

    let read = text::readable(&html);
    assert!(read.len() <= text::TEXT_BYTES_MAX);
    refusal::find(None, &read);
    assert!(text::said_by_scripts(&html).len() <= text::TEXT_BYTES_MAX);
    logout::find(&page);
    if let Some(code) = login_form::find_code(&page) {
        assert!(page.forms[code.form].field(&code.code_field).is_some());
    }
    let found = login_form::find(&page, Wanted::default());
    if let Found::Password(login) | Found::IdentifierFirst(login) = &found {
        assert!(login_form::same_login_form(login, &page));
        sign_in(&page, login);
    }
    let redactor = Redactor::new("probe", &[PASSWORD]);
    assert!(!redactor.excerpt(&html).contains(PASSWORD));
    page
}

/// Fills in the login: the password goes where the form says, and into no `Debug`.
fn sign_in(page: &Page, login: &login_form::LoginForm) {
    let mut fill = Vec::new();
    fill.extend(login.user_field.as_deref().map(|name| (name, "probe")));
    fill.extend(login.password_field.as_deref().map(|name| (name, PASSWORD)));
    let at = Url::parse("https://portal.example/login").unwrap();
    let Ok(sent) = submit(page, &at, &page.forms[login.form], &fill, Press::Default) else {
        return;
    };
    assert!(!format!("{sent:?} {page:?} {login:?}").contains(PASSWORD));
    assert!(login.password_field.is_none() || sent.post, "a password in an address");
    assert!(matches!(sent.url.scheme(), "http" | "https"));
}

fn saved() -> Vec<Vec<u8>> {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages");
    let mut paths: Vec<_> =
        std::fs::read_dir(pages).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

const LOGIN: &str = "<form method=post><input name=user><input type=password name=pw></form>";

#[test]
fn repeated_beginnings_take_linear_time() {
    for unit in [
        "<",
        "</",
        "<!--",
        "<![CDATA[",
        "<a",
        "<a href='",
        "<a href=x>",
        "<a b=\"",
        "<div>",
        "</div>",
        "<b></i>",
        "<form>",
        "<form action=",
        "<select>",
        "<option>",
        "<option selected>",
        "<select name=s><option>x",
        "<input name=a>",
        "<input form=x>",
        "<label>",
        "<label for=x>",
        "<label for=x>y</label>",
        "<button>",
        "<textarea>",
        "<title>",
        "<script>",
        "<script>{",
        "<style>",
        "<template>",
        "<fieldset disabled>",
        "<svg>",
        "<math><mi>",
        "<table><tr><td>",
        "<p>",
        "<body onload=x>",
        "<base href=x>",
        "<meta name=csrf content=x>",
        "<meta charset=x",
        "&",
        "&amp",
        "&#",
        "&#x1F600;",
        "&lt;",
        "\0",
        "\u{fffd}",
        "\"",
        "'",
        "=",
        " ",
        "\n",
        "%41",
        "\\u0041",
        "{",
        "}",
        "document.forms[0].submit();",
        "password ",
        "token=",
        "wrong password\n",
        "h-captcha",
        "<img alt=x>",
        "<noscript><p>",
    ] {
        let body = unit.repeat(100_000 / unit.len());
        use_page(format!("{LOGIN}{body}").as_bytes(), None);
        let part = &body[..body.floor_char_boundary(25_000)];
        use_page(format!("<body onload=\"{part}\"><script>x.submit(){part}").as_bytes(), None);
        use_page(format!("<a href=x>{part}</a><form id='{part}'>").as_bytes(), None);
    }
}

#[test]
fn depth_does_not_hide_a_form() {
    let deep = "<div>".repeat(100_000);
    let page = use_page(format!("{deep}{LOGIN}").as_bytes(), None);
    assert!(matches!(login_form::find(&page, Wanted::default()), Found::Password(_)));
    let crossed = format!("{deep}{}{LOGIN}", "</p></div>".repeat(100_000));
    let page = use_page(crossed.as_bytes(), None);
    assert!(matches!(login_form::find(&page, Wanted::default()), Found::Password(_)));
}

#[test]
fn what_goes_beyond_a_bound_is_said() {
    let page = use_page(LOGIN.repeat(FORMS_MAX + 1).as_bytes(), None);
    assert_eq!((page.forms.len(), page.incomplete), (FORMS_MAX, true));
    let fields = "<input name=a>".repeat(FIELDS_PER_FORM_MAX + 1);
    let page = use_page(format!("<form>{fields}").as_bytes(), None);
    assert_eq!((page.forms[0].fields.len(), page.incomplete), (FIELDS_PER_FORM_MAX, true));
    let page = use_page("<a href=x>".repeat(LINKS_MAX + 1).as_bytes(), None);
    assert_eq!((page.links.len(), page.incomplete), (LINKS_MAX, true));
    let large = format!("{LOGIN}{}{LOGIN}", " ".repeat(4 * 1024 * 1024));
    let page = use_page(large.as_bytes(), None);
    assert_eq!((page.forms.len(), page.incomplete), (1, true));
    assert!(!use_page(LOGIN.as_bytes(), None).incomplete);
}

#[test]
fn one_value_of_a_megabyte_is_read() {
    let value = "x".repeat(1_000_000);
    let html = format!(
        "<form method=post><input type=hidden name=state value='{value}'><input name=user>\
         <input type=password name=pw></form>"
    );
    let page = use_page(html.as_bytes(), None);
    assert_eq!(page.forms[0].fields[0].value.len(), value.len());
}

/// One way to spoil a page.
#[derive(Clone, Debug)]
enum Mutation {
    Flip { at: usize, bits: u8 },
    Cut { at: usize, length: usize },
    Repeat { at: usize, length: usize, times: usize },
    Insert { at: usize, what: &'static [u8] },
    Swap { at: usize, with: usize, length: usize },
    End { at: usize },
}

const INSERTED: &[&[u8]] = &[
    b"<form>",
    b"</form>",
    b"<input type=password>",
    b"<input type=password name=x>",
    b"'",
    b"\"",
    b">",
    b"<",
    b"<!--",
    b"-->",
    b"<script>",
    b"</script>",
    b"<template>",
    b"<textarea>",
    b"<select>",
    b"<option>",
    b"<fieldset disabled>",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"&",
    b"&#0;",
    b"&#x110000;",
    b"<base href='javascript:1'>",
    b"<base href='//x'>",
    b" form=f",
    b" formaction=x formmethod=get",
    b" method=dialog",
    b" disabled",
    b" name",
    b"<meta charset=utf-7>",
    b"<meta charset=shift_jis>",
    b"<noscript>",
    b"<svg><title>",
    b"</table>",
    b"<body onload='f.submit()'>",
    b" onsubmit='return false'",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = 0usize..4096;
    prop_oneof![
        (at.clone(), 1u8..).prop_map(|(at, bits)| Mutation::Flip { at, bits }),
        (at.clone(), 1usize..64).prop_map(|(at, length)| Mutation::Cut { at, length }),
        (at.clone(), 1usize..200, 1usize..40).prop_map(|(at, length, times)| Mutation::Repeat {
            at,
            length,
            times
        }),
        (at.clone(), prop::sample::select(INSERTED))
            .prop_map(|(at, what)| Mutation::Insert { at, what }),
        (at.clone(), at.clone(), 1usize..64).prop_map(|(at, with, length)| Mutation::Swap {
            at,
            with,
            length
        }),
        at.prop_map(|at| Mutation::End { at }),
    ]
}

impl Mutation {
    fn apply(&self, page: &mut Vec<u8>) {
        if page.is_empty() {
            return;
        }
        let size = page.len();
        let part = |at: usize, length: usize| at % size..(at % size + length).min(size);
        match *self {
            Mutation::Flip { at, bits } => page[at % size] ^= bits,
            Mutation::Cut { at, length } => drop(page.drain(part(at, length))),
            Mutation::Repeat { at, length, times } => {
                let repeated = page[part(at, length)].repeat(times);
                page.splice(at % size..at % size, repeated);
            }
            Mutation::Insert { at, what } => drop(page.splice(at % size..at % size, what.to_vec())),
            Mutation::Swap { at, with, length } => {
                let taken = page[part(with, length)].to_vec();
                page.splice(part(at, length), taken);
            }
            Mutation::End { at } => page.truncate(at % size),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn spoiled_pages_are_read(
        page in prop::sample::select(saved()),
        mutations in prop::collection::vec(mutation(), 1..8),
        content_type in prop::option::of(prop::sample::select(vec![
            "text/html", "text/html; charset=utf-8", "text/html; charset=utf-16", "text/html; charset=",
            "text/html; charset=iso-2022-jp", "image/png", ";;;charset", "",
        ])),
    ) {
        let mut page = page;
        for mutation in &mutations {
            mutation.apply(&mut page);
        }
        use_page(&page, content_type);
    }

    #[test]
    fn any_bytes_are_read(body in prop::collection::vec(any::<u8>(), 0..2_000)) {
        use_page(&body, None);
    }

    #[test]
    fn any_soup_of_tags_is_read(tags in prop::collection::vec(prop::sample::select(INSERTED), 0..60)) {
        use_page(&tags.concat(), None);
    }
}
