//! What can prove a login, chosen from what was seen on the page behind it.
//!
//! Candidates in this order; each must be new after signing in, must be missing for a client
//! without the session, and must be there again at a second login:
//!
//! | candidate | why |
//! |---|---|
//! | a form or link that logs out, by its address; else by its words | never wrong where there is one |
//! | a text with the user's name | says who is in |
//! | a link that only members see | the same for every member |
//! | another text | |
//! | the landing page's path | only beside a text: error pages have paths too |
//!
//! No text with a number, a date or a greeting of the day is taken, nor one that speaks of a
//! failure, nor what looks like a token.

use crate::answer::Answer;
use crate::html::{logout, refusal, text, vocabulary, words};
use crate::settings::{Logout, Proof};

/// Candidates that are kept of a page.
pub const CANDIDATES_MAX: usize = 200;
/// Characters of a text that proves.
const TEXT_CHARS_MIN: usize = 3;
const TEXT_CHARS_MAX: usize = 60;
/// Letters in it.
const LETTERS_MIN: usize = 3;

/// Something that may prove a login.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// The proof.
    pub proof: Proof,
    /// What it is, as a fragment for people.
    pub what: &'static str,
    /// Its kind: the smaller the better.
    pub rank: Rank,
}

/// Kinds of proofs, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rank {
    /// A way to log out.
    WayOut,
    /// A text with the user's name.
    User,
    /// A link.
    Link,
    /// A text.
    Text,
    /// The path.
    Path,
}

/// Everything that may prove the login, the best first. What the login page shows too is left out
/// by whoever compares them.
pub fn candidates(before: &Answer, after: &Answer, user: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut add = |rank, what, proof| {
        if found.len() < CANDIDATES_MAX {
            found.push(Candidate { proof, what, rank });
        }
    };
    if let Some((proof, what)) = way_out(after) {
        add(Rank::WayOut, what, proof);
    }
    let lines = || after.readable().lines().filter(|line| is_lasting(line, user));
    for line in lines().filter(|line| names(line, user)) {
        add(Rank::User, "a text with the user's name", Proof::Text(line.to_owned()));
    }
    let is_old = |text: &str| before.page().links.iter().any(|link| link.text == text);
    for link in &after.page().links {
        if is_lasting(&link.text, user) && !names(&link.text, user) && !is_old(&link.text) {
            add(Rank::Link, "a link that only members see", Proof::Link(link.text.clone()));
        }
    }
    for line in lines().filter(|line| !names(line, user)) {
        add(Rank::Text, "a text that only members see", Proof::Text(line.to_owned()));
    }
    let path = after.url.path();
    if path != before.url.path() && !path.contains(|c: char| c.is_numeric()) {
        let path = path.to_owned();
        add(Rank::Path, "the path that the login leads to", Proof::Path(path));
    }
    found.sort_by_key(|candidate| candidate.rank);
    found
}

/// Of the candidates that held, those that are written down: a way out by itself, or the best text
/// and the path.
pub fn choose(held: Vec<Candidate>) -> Vec<Candidate> {
    let best = held.iter().find(|candidate| candidate.rank != Rank::Path).cloned();
    match best {
        Some(best) if best.rank == Rank::WayOut => vec![best],
        Some(best) => {
            let path = held.into_iter().find(|candidate| candidate.rank == Rank::Path);
            [best].into_iter().chain(path).collect()
        }
        None => Vec::new(),
    }
}

/// The way out as a proof.
fn way_out(after: &Answer) -> Option<(Proof, &'static str)> {
    let page = after.page();
    let by_words = |text: &str| logout::label(text).map(str::to_owned);
    match logout::find(page)? {
        logout::Logout::Form { form, button } => {
            let form = &page.forms[form];
            if let Some(part) = form.action.as_deref().and_then(logout::telling_part) {
                return Some((Proof::Form(part.to_owned()), "the form that logs out"));
            }
            let pressed = match button {
                Some(at) => form.fields.get(at),
                None => form.default_button(),
            };
            let pressed = pressed?;
            let words = by_words(&pressed.label).or_else(|| by_words(&pressed.value))?;
            Some((Proof::Text(words), "the button that logs out"))
        }
        logout::Logout::Link(at) => {
            let link = &page.links[at];
            let part = logout::telling_part(&link.href).map(str::to_owned);
            Some((Proof::Link(part.or_else(|| by_words(&link.text))?), "the link that logs out"))
        }
        logout::Logout::Scripted => {
            let words = logout::scripted_label(page)?.to_owned();
            Some((Proof::Text(words), "the words that log out"))
        }
    }
}

/// How the session is ended, as a setting that says it explicitly; `Auto` where none can, and
/// `Never` where there is no way out.
pub fn log_out(after: &Answer) -> Logout {
    let page = after.page();
    let link_of = |part: &str| {
        let has =
            |link: &crate::html::page::Link| link.href.contains(part) || link.text.contains(part);
        page.links.iter().position(has)
    };
    let form_of = |part: &str| {
        let has = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(part));
        page.forms.iter().position(|form| has(&form.id) || has(&form.name) || has(&form.action))
    };
    match logout::find(page) {
        None | Some(logout::Logout::Scripted) => Logout::Never,
        // A button that is named is pressed by whoever looks for the way out each time.
        Some(logout::Logout::Form { form, button: None }) => {
            let shown = &page.forms[form];
            let part = shown.action.as_deref().and_then(logout::telling_part);
            let parts = part.into_iter().chain(shown.id.as_deref());
            let unique = parts.filter(|part| form_of(part) == Some(form)).map(str::to_owned).next();
            unique.map_or(Logout::Auto, Logout::Form)
        }
        Some(logout::Logout::Form { button: Some(_), .. }) => Logout::Auto,
        Some(logout::Logout::Link(at)) => {
            let link = &page.links[at];
            let parts =
                logout::telling_part(&link.href).into_iter().chain(logout::label(&link.text));
            let unique = parts.filter(|part| link_of(part) == Some(at)).map(str::to_owned).next();
            unique.map_or(Logout::Auto, Logout::Link)
        }
    }
}

/// Whether a text is likely to be there tomorrow.
fn is_lasting(text: &str, user: &str) -> bool {
    let chars = text.chars().count();
    let without_user = text.replace(user, "");
    let lower = without_user.to_lowercase();
    (TEXT_CHARS_MIN..=TEXT_CHARS_MAX).contains(&chars)
        && text.chars().filter(|c| c.is_alphabetic()).count() >= LETTERS_MIN
        && !without_user.contains(|c: char| c.is_numeric())
        && words::says(&lower, vocabulary::OF_THE_DAY).is_none()
        && words::says(&lower, vocabulary::TROUBLE).is_none()
        && !refusal::speaks_of_failure(&without_user)
        && text == text::fold(text)
}

fn names(text: &str, user: &str) -> bool {
    !user.is_empty() && text.to_lowercase().contains(&user.to_lowercase())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn answer(path: &str, html: &str) -> Answer {
        let url = format!("https://portal.example{path}").parse().unwrap();
        let body = Bytes::copy_from_slice(html.as_bytes());
        Answer::new(url, None, StatusCode::OK, HeaderMap::new(), body)
    }

    fn found(html: &str) -> Vec<Proof> {
        let before = answer("/login", "<a href=/help>Help</a><form><input type=password></form>");
        let after = answer("/home", html);
        candidates(&before, &after, "probe1").into_iter().map(|found| found.proof).collect()
    }

    fn text(text: &str) -> Proof {
        Proof::Text(text.to_owned())
    }

    #[test]
    fn a_way_out_goes_first_by_what_stays_the_same_of_it() {
        for (html, proof) in [
            ("<a href='/logout?sid=1'>x</a>", Proof::Link("/logout".to_owned())),
            ("<a href='/bye?t=1'>Log out (3 new)</a>", Proof::Link("Log out".to_owned())),
            (
                "<form method=post action='/out/logout?t=1'><button>x</button></form>",
                Proof::Form("/logout".to_owned()),
            ),
            ("<form method=post><button>Logga ut probe1</button></form>", text("Logga ut")),
            ("<a href='#'>Sign out</a>", text("Sign out")),
        ] {
            assert_eq!(found(html).first(), Some(&proof), "{html}");
        }
    }

    #[test]
    fn names_of_the_day_counters_and_tokens_are_no_proof() {
        let html = "<h1>Good morning, probe1</h1><p>Monday<p>3 unread<p>Signed in as probe1
            <p>Error: no disk<p>database status<a href=/o>My orders</a><a href=/help>Help</a>
            <p>ab<p>Welcome to the portal";
        assert_eq!(
            found(html),
            [
                text("Signed in as probe1"),
                Proof::Link("My orders".to_owned()),
                text("Welcome to the portal"),
                Proof::Path("/home".to_owned()),
            ]
        );
    }

    #[test]
    fn a_path_proves_nothing_by_itself() {
        let candidate = |rank, proof| Candidate { proof, what: "", rank };
        let path = || candidate(Rank::Path, Proof::Path("/home".to_owned()));
        let link = || candidate(Rank::Link, Proof::Link("My orders".to_owned()));
        let out = || candidate(Rank::WayOut, Proof::Link("/logout".to_owned()));
        assert_eq!(choose(vec![path()]), []);
        assert_eq!(choose(vec![link(), path()]), [link(), path()]);
        assert_eq!(choose(vec![out(), link(), path()]), [out()]);
    }

    #[test]
    fn the_way_out_is_written_so_that_it_is_found_again() {
        let way = |html: &str| log_out(&answer("/home", html));
        let link = |part: &str| Logout::Link(part.to_owned());
        let form = |part: &str| Logout::Form(part.to_owned());
        assert_eq!(way("<a href='/logout?t=1'>x</a>"), link("/logout"));
        let help = "<a href='/help?to=/logout'>Help</a>";
        let other = format!("{help}<a href='/logout'>Log out</a>");
        assert_eq!(way(&other), link("Log out"));
        let other = format!("{help}<a href='/logout'>Out</a>");
        assert_eq!(way(&other), Logout::Auto);
        assert_eq!(
            way("<form method=post action=/logout><button>x</button></form>"),
            form("/logout")
        );
        assert_eq!(way("<form method=post id=out><button>Log out</button></form>"), form("out"));
        assert_eq!(way("<form method=post><button>Log out</button></form>"), Logout::Auto);
        assert_eq!(way("<a href='#'>Log out</a>"), Logout::Never);
        assert_eq!(way("<p>Hello"), Logout::Never);
    }
}
