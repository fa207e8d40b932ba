//! What only a logged-in user sees.
//!
//! What was there before signing in proves nothing, so a text, link or form that the login page
//! shows as well is no proof, nor is a cookie that signing in did not set.

use std::fmt;

use serde_json::Value;

use crate::answer::Answer;
use crate::html::{Form, text};
use crate::settings::Proof;

/// What was known before signing in, and after.
pub struct Seen<'a> {
    /// The page that anybody sees; none when there was no page.
    pub before: Option<&'a Answer>,
    /// The answer to look for the proof in.
    pub after: &'a Answer,
    /// The value of a cookie before signing in.
    pub cookie_before: &'a dyn Fn(&str) -> Option<String>,
    /// The value of a cookie now.
    pub cookie_after: &'a dyn Fn(&str) -> Option<String>,
}

/// Why a proof does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lack {
    /// It is not there.
    Missing,
    /// It was there before signing in.
    NotNew,
}

impl Seen<'_> {
    /// The first proof that does not hold.
    pub fn lacks<'p>(&self, proofs: &'p [Proof]) -> Option<(&'p Proof, Lack)> {
        proofs.iter().find_map(|proof| Some((proof, self.lack(proof)?)))
    }

    fn lack(&self, proof: &Proof) -> Option<Lack> {
        let holds = match proof {
            Proof::Text(words) => return self.lack_of_text(words),
            Proof::Link(part) => return self.lack_on_page(|page| has_link(page, part)),
            Proof::Form(part) => return self.lack_on_page(|page| has_form(page, part)),
            Proof::Cookie(name) => match ((self.cookie_before)(name), (self.cookie_after)(name)) {
                (_, None) => false,
                (before, after) if before == after => return Some(Lack::NotNew),
                _ => true,
            },
            Proof::Path(wanted) => match wanted.strip_suffix('*') {
                Some(beginning) => self.after.url.path().starts_with(beginning),
                None => self.after.url.path() == wanted,
            },
            Proof::Json { pointer, equals } => {
                let json = self.after.json();
                let found = json.as_ref().and_then(|json| json.pointer(pointer));
                match equals {
                    Some(wanted) => found.is_some_and(|found| is_same(found, wanted)),
                    None => found.is_some_and(|found| !found.is_null()),
                }
            }
        };
        (!holds).then_some(Lack::Missing)
    }

    /// The words as they were sent, or else as a person reads them.
    fn lack_of_text(&self, words: &str) -> Option<Lack> {
        let bytes = words.as_bytes();
        let not_new = if self.after.contains(bytes) {
            self.before.is_some_and(|before| before.contains(bytes))
        } else {
            let words = text::fold(words);
            if !self.after.readable().contains(&words) {
                return Some(Lack::Missing);
            }
            self.before.is_some_and(|before| before.readable().contains(&words))
        };
        not_new.then_some(Lack::NotNew)
    }

    fn lack_on_page(&self, has: impl Fn(&Answer) -> bool) -> Option<Lack> {
        match (has(self.after), self.before.is_some_and(&has)) {
            (false, _) => Some(Lack::Missing),
            (true, true) => Some(Lack::NotNew),
            (true, false) => None,
        }
    }
}

/// Whether the page has a link whose address or text contains this.
fn has_link(answer: &Answer, part: &str) -> bool {
    let links = &answer.page().links;
    links.iter().any(|link| link.href.contains(part) || link.text.contains(part))
}

fn has_form(answer: &Answer, part: &str) -> bool {
    let is_it = |form: &Form| {
        form.action.as_ref().is_some_and(|action| action.contains(part))
            || form.field(part).is_some()
    };
    answer.may_have_form() && answer.form_page().forms.iter().any(is_it)
}

/// Equal, also when the configuration gives a number or a truth as text.
fn is_same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Number(found), Value::String(wanted)) => found.to_string() == *wanted,
        (Value::Bool(found), Value::String(wanted)) => wanted.parse() == Ok(*found),
        _ => found == wanted,
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Proof::Text(words) => write!(f, "the text \"{words}\""),
            Proof::Link(part) => write!(f, "a link \"{part}\""),
            Proof::Form(part) => write!(f, "a form \"{part}\""),
            Proof::Path(path) => write!(f, "the path {path}"),
            Proof::Cookie(name) => write!(f, "the cookie {name}"),
            Proof::Json { pointer, .. } => write!(f, "the JSON value {pointer}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};
    use serde_json::json;

    use super::*;

    fn answer(body: &str) -> Answer {
        let url = "https://portal.example/start/page".parse().unwrap();
        let body = Bytes::copy_from_slice(body.as_bytes());
        Answer::new(url, None, StatusCode::OK, HeaderMap::new(), body)
    }

    fn lack(before: &str, after: &str, proof: Proof) -> Option<Lack> {
        let (before, after) = (answer(before), answer(after));
        let seen = Seen {
            before: Some(&before),
            after: &after,
            cookie_before: &|name| (name == "old").then(|| "1".to_owned()),
            cookie_after: &|name| matches!(name, "old" | "new").then(|| "1".to_owned()),
        };
        seen.lacks(&[proof]).map(|(_, lack)| lack)
    }

    #[test]
    fn c1_1_a_proof_is_what_only_a_logged_in_user_sees() {
        let text = || Proof::Text("Logga ut".to_owned());
        assert_eq!(lack("<p>Hej", "<p>Logga ut", text()), None);
        assert_eq!(lack("<p>Hej", "<p>Hej", text()), Some(Lack::Missing));
        assert_eq!(lack("<p>Logga ut", "<p>Logga ut", text()), Some(Lack::NotNew));

        let path = |path: &str| lack("", "", Proof::Path(path.to_owned()));
        assert_eq!(path("/start/page"), None);
        assert_eq!(path("/start/*"), None);
        assert_eq!(path("/start"), Some(Lack::Missing));

        let cookie = |name: &str| lack("", "", Proof::Cookie(name.to_owned()));
        assert_eq!(cookie("new"), None);
        assert_eq!(cookie("old"), Some(Lack::NotNew));
        assert_eq!(cookie("none"), Some(Lack::Missing));
    }

    #[test]
    fn a_json_value_is_there_or_equal() {
        let value = |pointer: &str, equals: Option<Value>| {
            let proof = Proof::Json { pointer: pointer.to_owned(), equals };
            lack("", r#"{"user":{"name":"probe","id":7,"team":null}}"#, proof)
        };
        assert_eq!(value("/user/name", None), None);
        assert_eq!(value("/user/name", Some(json!("probe"))), None);
        assert_eq!(value("/user/id", Some(json!(7))), None);
        assert_eq!(value("/user/id", Some(json!("7"))), None);
        assert_eq!(value("/user/name", Some(json!("other"))), Some(Lack::Missing));
        assert_eq!(value("/user/team", None), Some(Lack::Missing));
        assert_eq!(value("/none", None), Some(Lack::Missing));
    }
}
