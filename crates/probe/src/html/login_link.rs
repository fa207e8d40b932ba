//! Which link of a public page leads to the login.
//!
//! | what is seen | points |
//! |---|---|
//! | the link says "log in" | 40 |
//! | its address is called a login | 30 |
//! | it says "my account" | 25 |
//! | it says or is called something else: register, forgot, search | -60 |
//! | it says through whom: "log in with …" | -20 |
//!
//! The best link that reaches `SCORE_MIN` is the one; of equals the first.

use super::page::{Link, Page};
use super::vocabulary::{
    ENTRY_LABELS, LOGIN_LABELS, LOGIN_NAMES, LOGOUT_NAMES, OTHER_LABELS, OTHER_NAMES, REMINDERS,
    THROUGH,
};
use super::words::{has_part, says};

/// The least score of a link that leads to a login.
const SCORE_MIN: i32 = 25;
/// Characters of a link's text: longer texts are headlines.
const LABEL_CHARS_MAX: usize = 50;

/// Finds the link: an index of the page's `links`.
pub fn find(page: &Page) -> Option<usize> {
    let scored = page.links.iter().map(score).enumerate();
    let best = scored.rev().max_by_key(|(_, score)| *score)?;
    (best.1 >= SCORE_MIN).then_some(best.0)
}

fn score(link: &Link) -> i32 {
    let href = link.href.trim();
    let scheme = href.split(['/', '?', '#']).next().unwrap_or_default();
    let leads = !href.is_empty()
        && !href.starts_with('#')
        && (!scheme.contains(':') || matches!(scheme, "https:" | "http:"));
    if !leads || link.method.is_some() {
        return 0;
    }
    let mut score = 0;
    let text = link.text.to_lowercase();
    if text.chars().count() <= LABEL_CHARS_MAX {
        score += match () {
            () if says(&text, LOGIN_LABELS).is_some() => 40,
            () if says(&text, ENTRY_LABELS).is_some() => 25,
            () => 0,
        };
    }
    let called = |names: &[&str]| parts(href).any(|part| has_part(part, names));
    if called(LOGIN_NAMES) {
        score += 30;
    }
    if called(OTHER_NAMES) || called(LOGOUT_NAMES) {
        score -= 60;
    }
    if says(&text, OTHER_LABELS).is_some() || says(&text, REMINDERS).is_some() {
        score -= 60;
    }
    if says(&text, THROUGH).is_some() {
        score -= 20;
    }
    score
}

/// The parts of an address that call it something: its path's, and its parameters' but for those
/// that name where to go afterwards.
fn parts(href: &str) -> impl Iterator<Item = &str> {
    let href = href.split('#').next().unwrap_or_default();
    let (path, query) = href.split_once('?').unwrap_or((href, ""));
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let host = usize::from(path.len() < href.len() && href.contains("://"));
    let segments = path.split(['/', ';']).skip(host);
    let values = query.split(['&', ';']).filter_map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, parameter));
        (!super::logout::names_afterwards(name)).then_some(value)
    });
    segments.chain(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Option<String> {
        let page = Page::parse(html.as_bytes(), None);
        find(&page).map(|at| page.links[at].href.clone())
    }

    #[test]
    fn a_person_who_wants_to_log_in_takes_this_link() {
        for (html, href) in [
            ("<a href=/>Home</a><a href=/x>Log in</a>", "/x"),
            ("<a href=/om>Om oss</a><a href='/konto'>Logga in</a>", "/konto"),
            ("<a href='/doku.php?id=start&amp;do=login'>x</a>", "/doku.php?id=start&do=login"),
            ("<a href=/register>Register</a><a href='/user/login'>Enter</a>", "/user/login"),
            ("<a href='/mina-sidor'>Mina sidor</a><a href=/k>Kontakt</a>", "/mina-sidor"),
            (
                "<a href=/auth/google>Log in with Google</a><a href=/session/new>Sign in</a>",
                "/session/new",
            ),
            ("<a href='https://id.example/login'>Sign in</a>", "https://id.example/login"),
        ] {
            assert_eq!(found(html).as_deref(), Some(href), "{html}");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_no_way_in() {
        for html in [
            "<a href=/register?next=/login>Register</a>",
            "<a href='#login'>Log in</a>",
            "<a href='javascript:login()'>Log in</a>",
            "<a href='mailto:login@portal.example'>Mail</a>",
            "<a href='/forgot'>Forgot your login?</a>",
            "<a href='/logout'>Log out</a>",
            "<a href='https://login.example/news'>News</a>",
            "<a href='/news/1'>Why it takes so many people so long to log in to our new service</a>",
        ] {
            assert_eq!(found(html), None, "{html}");
        }
    }
}
