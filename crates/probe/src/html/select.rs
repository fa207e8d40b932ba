//! Finds an element by a selector: `form#login input[name=csrf_token]`.
//!
//! A small part of CSS, enough to take a value from a page: a name, `#id`, `.class`, `[attribute]`,
//! `[attribute=value]` (also `^=`, `$=`, `*=`, and values in quotes), several of them on one element,
//! and a blank for "somewhere inside of". One pass over the page, with bounded memory.

use std::borrow::Cow;
use std::fmt;

use super::tags::{Tag, Token, Tokens};
use super::text::{fold, unescaped, unescaped_attribute};

/// Characters of a selector.
pub const SELECTOR_CHARS_MAX: usize = 500;
/// Bytes of what is found.
const VALUE_BYTES_MAX: usize = 16 * 1024;
/// Elements that are open at once. Further ones are taken for empty.
const OPEN_MAX: usize = 256;
const KNOWN: &str = "it is made of names, #id, .class, [attribute=value] and blanks only";

/// Which element is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selector {
    /// As it was written.
    written: String,
    /// What an element, and those around it, must be: the innermost last. Never empty.
    elements: Vec<Element>,
}

/// What one element must be: all of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Element {
    /// In lower case.
    name: Option<String>,
    conditions: Vec<Condition>,
}

/// What an attribute must be.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Condition {
    /// In lower case.
    attribute: String,
    test: Test,
    value: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Test {
    Is,
    IsThere,
    Begins,
    Ends,
    Contains,
    /// One of its words.
    HasWord,
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Selector {
    /// Reads a selector. The error is a fragment that says what is wrong, and quotes nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > SELECTOR_CHARS_MAX {
            return Err(format!("longer than {SELECTOR_CHARS_MAX} characters"));
        }
        let mut rest = text.trim();
        let mut elements = Vec::new();
        while !rest.is_empty() {
            let (element, after) = element(rest)?;
            elements.push(element);
            let next = after.trim_start();
            if next.len() == after.len() && !next.is_empty() {
                return Err(KNOWN.to_owned());
            }
            rest = next;
        }
        match elements.is_empty() {
            true => Err("it is empty".to_owned()),
            false => Ok(Selector { written: text.trim().to_owned(), elements }),
        }
    }

    /// The attribute of the first such element that has it, its entities decoded; without an
    /// attribute the first such element's text, white space folded.
    pub fn find(&self, html: &str, attribute: Option<&str>) -> Option<String> {
        let mut open: Vec<(Cow<'_, str>, usize)> = Vec::new();
        let mut taken: Option<(usize, String)> = None;
        for token in Tokens::of(html) {
            match token {
                Token::Start(tag) => {
                    let known = open.last().map_or(0, |(_, known)| *known);
                    let fits = self.elements[known].fits(&tag);
                    if fits && known + 1 == self.elements.len() && taken.is_none() {
                        match attribute {
                            Some(name) => {
                                if let Some(value) = attribute_of(&tag, name) {
                                    return Some(within(value));
                                }
                            }
                            None if !tag.has_content => return Some(String::new()),
                            None => taken = Some((open.len(), String::new())),
                        }
                    }
                    // The innermost part stays wanted: one element inside of another may have it.
                    let known = (known + usize::from(fits)).min(self.elements.len() - 1);
                    if tag.has_content && open.len() < OPEN_MAX {
                        open.push((tag.name, known));
                    }
                }
                Token::End(name) => {
                    if let Some(at) = open.iter().rposition(|(known, _)| *known == name) {
                        open.truncate(at);
                    }
                    if taken.as_ref().is_some_and(|(depth, _)| open.len() <= *depth) {
                        break;
                    }
                }
                Token::Text(text) => {
                    if let Some((_, taken)) = &mut taken {
                        if taken.len() + text.len() > VALUE_BYTES_MAX {
                            break;
                        }
                        taken.push_str(text);
                    }
                }
            }
        }
        taken.map(|(_, text)| fold(&unescaped(&text)))
    }

    /// Whether there is such an element.
    pub fn is_in(&self, html: &str) -> bool {
        self.find(html, None).is_some()
    }
}

impl Element {
    fn fits(&self, tag: &Tag<'_>) -> bool {
        self.name.as_ref().is_none_or(|name| *name == tag.name)
            && self.conditions.iter().all(|condition| condition.fits(tag))
    }
}

impl Condition {
    fn fits(&self, tag: &Tag<'_>) -> bool {
        let Some(value) = attribute_of(tag, &self.attribute) else { return false };
        let wanted = self.value.as_str();
        match self.test {
            Test::Is => value == wanted,
            Test::IsThere => true,
            Test::Begins => value.starts_with(wanted),
            Test::Ends => value.ends_with(wanted),
            Test::Contains => value.contains(wanted),
            Test::HasWord => value.split_ascii_whitespace().any(|word| word == wanted),
        }
    }
}

fn attribute_of(tag: &Tag<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let (_, value) = attributes.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(unescaped_attribute(value).into_owned())
}

fn within(mut value: String) -> String {
    value.truncate(value.floor_char_boundary(VALUE_BYTES_MAX));
    value
}

/// One element's part of a selector, and what follows it.
fn element(text: &str) -> Result<(Element, &str), String> {
    let (name, mut rest) = word(text);
    let mut element = Element {
        name: (!name.is_empty()).then(|| name.to_ascii_lowercase()),
        conditions: Vec::new(),
    };
    loop {
        let (attribute, test) = match rest.as_bytes().first() {
            Some(b'#') => ("id", Test::Is),
            Some(b'.') => ("class", Test::HasWord),
            Some(b'[') => {
                let (condition, after) = condition(&rest[1..])?;
                element.conditions.push(condition);
                rest = after;
                continue;
            }
            _ => break,
        };
        let (value, after) = word(&rest[1..]);
        if value.is_empty() {
            return Err(format!("a name is missing behind '{}'", &rest[..1]));
        }
        let (attribute, value) = (attribute.to_owned(), value.to_owned());
        element.conditions.push(Condition { attribute, test, value });
        rest = after;
    }
    match element.name.is_none() && element.conditions.is_empty() {
        true => Err(KNOWN.to_owned()),
        false => Ok((element, rest)),
    }
}

/// What stands behind `[`, and what follows its `]`.
fn condition(text: &str) -> Result<(Condition, &str), String> {
    let (attribute, rest) = word(text.trim_start());
    if attribute.is_empty() {
        return Err("an attribute's name is missing behind '['".to_owned());
    }
    let attribute = attribute.to_ascii_lowercase();
    let rest = rest.trim_start();
    let tests = [
        ("]", Test::IsThere),
        ("=", Test::Is),
        ("^=", Test::Begins),
        ("$=", Test::Ends),
        ("*=", Test::Contains),
        ("~=", Test::HasWord),
    ];
    let known = tests.iter().find_map(|(sign, test)| Some((*test, rest.strip_prefix(*sign)?)));
    let Some((test, rest)) = known else {
        return Err("'=' or ']' is missing behind an attribute's name".to_owned());
    };
    if test == Test::IsThere {
        return Ok((Condition { attribute, test, value: String::new() }, rest));
    }
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let closed = match quote {
        Some(quote) => rest[1..].split_once(quote),
        None => rest
            .find([']', ' '])
            .map(|end| rest.split_at(end))
            .filter(|(value, _)| !value.is_empty()),
    };
    let Some((value, rest)) = closed else { return Err("a value is not closed".to_owned()) };
    let rest = rest.trim_start().strip_prefix(']').ok_or("']' is missing behind a value")?;
    Ok((Condition { attribute, test, value: value.to_owned() }, rest))
}

/// The letters, digits, `-` and `_` at the start, and what follows.
fn word(text: &str) -> (&str, &str) {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGE: &str = r#"<html><head><meta name="csrf-token" content="a&amp;b">
        <script id="data" type="application/json">{"token": "x<y"}</script></head>
        <form id=search class="top box"><input name=q value=1></form>
        <div class='main'><FORM id="login" action="/in"><p>Hello <b>you</b> &amp; others<p>
        <input type=hidden name=csrf value=t0k><input name="user"><input name=none></FORM></div>
        <a href="/out?x=1">Out</a>"#;

    fn found(selector: &str, attribute: Option<&str>) -> Option<String> {
        Selector::parse(selector).unwrap().find(PAGE, attribute)
    }

    #[test]
    fn an_element_is_found_by_what_it_is_and_where() {
        for (selector, attribute, value) in [
            ("meta[name=csrf-token]", "content", Some("a&b")),
            ("form#login input[name=csrf]", "value", Some("t0k")),
            ("#login input[type='hidden']", "value", Some("t0k")),
            ("div.main form input", "value", Some("t0k")),
            ("form input", "value", Some("1")),
            ("input", "nothing", None),
            ("form.box", "id", Some("search")),
            ("form[class~=box]", "id", Some("search")),
            ("form.bo", "id", None),
            ("FORM[ACTION]", "id", Some("login")),
            ("a[href^=\"/out\"]", "href", Some("/out?x=1")),
            ("a[href$='x=1']", "href", Some("/out?x=1")),
            ("a[href*=ut]", "href", Some("/out?x=1")),
            ("form a", "href", None),
            ("#search input[name=csrf]", "value", None),
        ] {
            assert_eq!(found(selector, Some(attribute)).as_deref(), value, "{selector}");
        }
    }

    #[test]
    fn an_elements_text_is_what_a_person_reads_or_a_script_says() {
        assert_eq!(found("#login", None).as_deref(), Some("Hello you & others"));
        assert_eq!(found("script#data", None).as_deref(), Some(r#"{"token": "x<y"}"#));
        assert_eq!(found("a", None).as_deref(), Some("Out"));
        assert_eq!(found("input", None).as_deref(), Some(""));
        assert_eq!(found("b b", None), None);
    }

    #[test]
    fn a_mistake_is_told() {
        for (selector, part) in [
            ("", "empty"),
            ("form > input", "made of names"),
            ("a:hover", "made of names"),
            ("a, b", "made of names"),
            ("form#", "behind '#'"),
            ("[name", "'=' or ']'"),
            ("[=x]", "attribute's name"),
            ("[name=x", "not closed"),
            ("[name='x]", "not closed"),
            ("[name=x y]", "']' is missing"),
            ("!", "made of names"),
        ] {
            let error = Selector::parse(selector).unwrap_err();
            assert!(error.contains(part), "{selector}: {error}");
        }
        assert!(Selector::parse(&"a ".repeat(500)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_selector_or_a_mistake_and_any_page_can_be_searched(
            selector in "[a-z#.=\\[\\]'\" ^$*åÅ]{0,20}",
            page in "(<|>|/|a|b| |=|'|\"|id|class|&amp;|å){0,60}",
        ) {
            if let Ok(selector) = Selector::parse(&selector) {
                selector.find(&page, None);
                selector.find(&page, Some("id"));
            }
        }
    }
}
