//! Cutting secrets out of text that people will see (C10.3).
//!
//! A page or a header may repeat a secret in many spellings: `%C3%A5`, `&aring;`, `\u00e5`, or one
//! inside of the other. So the text is looked at through decoders, each of which remembers where
//! its characters came from, and what was the secret in any view is cut out of the original.
//! Beyond the known secrets everything goes that looks like one: credentials, cookies, tokens.

mod suspects;
mod view;

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use url::{Position, Url};

use crate::html::text;

use suspects::{assignments_in, tokens_in};
use view::View;

/// Characters of an answer that evidence keeps.
pub const EXCERPT_CHARS_MAX: usize = 300;
/// What stands in a secret's place.
pub const CUT: &str = "[cut]";

/// Bytes of a text that are looked at; the rest is left away.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Bytes that one character of a secret can be written in: `%26%23x1F600%3B` and the like.
const BYTES_PER_CHAR_MAX: usize = 24;

/// Cuts out the secrets of one attempt, in every form in which a page or header may repeat them.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Bytes to look for, one after the other, the longest first; none is empty. In one piece, since
    /// each of thousands of accounts has some.
    needles: Box<[u8]>,
    /// Where each of them ends.
    ends: Box<[usize]>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} needles)", self.ends.len())
    }
}

impl Redactor {
    /// Cuts out `secrets` (password, token, code, client secret). `user` is the account's name,
    /// which stays readable, but not inside a Basic credential.
    pub fn new(user: &str, secrets: &[&str]) -> Self {
        let mut redactor = Redactor::default();
        redactor.cut_out(user, secrets);
        redactor
    }

    /// Cuts out these as well, from now on: a token that the service gave.
    pub fn cut_out(&mut self, user: &str, secrets: &[&str]) {
        let mut needles: Vec<Vec<u8>> = self.needles().map(<[u8]>::to_vec).collect();
        for secret in secrets {
            needles.push(secret.as_bytes().to_vec());
            // As a page shows it: white space folded.
            needles.push(text::fold(secret).into_bytes());
            let (latin, _, lost) = encoding_rs::WINDOWS_1252.encode(secret);
            if !lost {
                needles.push(latin.into_owned());
            }
            for credential in
                [secret.to_string(), format!("{user}:{secret}"), format!("\0{user}\0{secret}")]
            {
                needles.push(STANDARD_NO_PAD.encode(&credential).into_bytes());
                needles.push(URL_SAFE_NO_PAD.encode(&credential).into_bytes());
            }
            needles.push(STANDARD_NO_PAD.encode(format!("{user}\0{user}\0{secret}")).into_bytes());
        }
        needles.retain(|needle| !needle.is_empty());
        needles.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        needles.dedup();
        let mut end = 0;
        let ends = needles.iter().map(|needle| {
            end += needle.len();
            end
        });
        self.ends = ends.collect();
        self.needles = needles.concat().into();
    }

    fn needles(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.needles[start..end])
    }

    /// The text without secrets, tokens and control characters; at most 16 KiB of it.
    pub fn clean(&self, text: &str) -> String {
        let text = self.window(text, TEXT_BYTES_MAX);
        let mut spans = self.secrets_in(&text);
        spans.extend(assignments_in(&text));
        spans.extend(tokens_in(&text));
        self.cut(text, spans)
    }

    /// What a person may see of an answer: the first 300 characters of its readable text, without
    /// secrets and tokens, on one line. Field values and scripts are no readable text.
    pub fn excerpt(&self, body: &str) -> String {
        self.excerpt_of_text(&text::readable(body))
    }

    /// The same of an answer that is no page.
    pub fn excerpt_of_text(&self, text: &str) -> String {
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let cleaned = self.clean(&lines.join(" · "));
        match cleaned.char_indices().nth(EXCERPT_CHARS_MAX) {
            Some((end, _)) => format!("{}…", cleaned[..end].trim_end()),
            None => cleaned,
        }
    }

    /// A header's name as people may see it. HTTP's names come in small letters, so secrets are
    /// looked for in small letters too.
    pub fn header_name(&self, name: &str) -> String {
        let needles = self.needles.to_ascii_lowercase().into();
        let in_small_letters = Redactor { needles, ends: self.ends.clone() };
        in_small_letters.clean(&name.to_ascii_lowercase())
    }

    /// A header's value as people may see it. Of credentials the scheme is left, of cookies the
    /// names and attributes, of an address what [`Redactor::url`] leaves.
    pub fn header(&self, name: &str, value: &str) -> String {
        match name.to_ascii_lowercase().as_str() {
            "authorization" | "proxy-authorization" => {
                let (scheme, _) = value.trim().split_once(' ').unwrap_or_default();
                self.clean(format!("{scheme} {CUT}").trim())
            }
            "cookie" => {
                let names = value.split(';').map(|pair| pair.split('=').next().unwrap_or_default());
                let shown = names.map(|name| format!("{}={CUT}", self.clean(name.trim())));
                shown.collect::<Vec<_>>().join("; ")
            }
            "set-cookie" => {
                let (pair, attributes) = value.split_at(value.find(';').unwrap_or(value.len()));
                let name = pair.split('=').next().unwrap_or_default();
                format!("{}={CUT}{}", self.clean(name.trim()), self.clean(attributes))
            }
            "location" | "referer" | "content-location" => match Url::parse(value) {
                Ok(url) => self.url(&url),
                Err(_) => self.clean(value),
            },
            _ => self.clean(value),
        }
    }

    /// An address as people may see it: without user info and fragment; secrets, tokens and the
    /// values of parameters that bear such are cut.
    pub fn url(&self, url: &Url) -> String {
        let mut shown = Cow::Borrowed(url);
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            let shown = shown.to_mut();
            // Addresses without a host have neither.
            let _ = shown.set_username("");
            let _ = shown.set_password(None);
            shown.set_fragment(None);
        }
        let path = shown[..Position::BeforePath].len()..shown[..Position::AfterPath].len();
        let text = self.window(shown.as_str(), TEXT_BYTES_MAX);
        let mut spans = self.secrets_in(&text);
        spans.extend(assignments_in(&text));
        // Each part of a path is judged by itself: a port beside it is no token's digit.
        for part in parts(&text, path.start.min(text.len())..path.end.min(text.len())) {
            let tokens = tokens_in(&text[part.clone()]).into_iter();
            spans.extend(tokens.map(|(from, until)| (part.start + from, part.start + until)));
        }
        self.cut(text, spans)
    }

    /// As much of a text as fits, so that no secret is cut in two at its end.
    fn window<'t>(&self, text: &'t str, bytes_max: usize) -> Cow<'t, str> {
        let shown = |text: &'t str| -> Cow<'t, str> {
            if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
                return Cow::Borrowed(text);
            }
            text.chars().map(|c| if c.is_control() || is_bidi(c) { ' ' } else { c }).collect()
        };
        if text.len() <= bytes_max {
            return shown(text);
        }
        let longest =
            self.needles().next().map_or(0, <[u8]>::len).saturating_mul(BYTES_PER_CHAR_MAX);
        let end = bytes_max.saturating_sub(longest);
        // The window is searched to its end, and shown up to where no secret can begin unseen.
        let mut window = shown(&text[..text.floor_char_boundary(bytes_max)]).into_owned();
        let spans = self.secrets_in(&window);
        let end = spans.iter().filter(|(from, until)| *from < end && end < *until);
        let end = end.map(|(from, _)| *from).min().unwrap_or(bytes_max.saturating_sub(longest));
        window.truncate(window.floor_char_boundary(end));
        Cow::Owned(window)
    }

    /// Where the secrets stand, through every view.
    fn secrets_in(&self, text: &str) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        // Most texts have nothing to decode.
        if memchr::memchr3(b'%', b'&', b'\\', text.as_bytes()).is_none() && !text.contains('+') {
            // In a short text most of them cannot be.
            for needle in self.needles().filter(|needle| needle.len() <= text.len()) {
                let found = memchr::memmem::find_iter(text.as_bytes(), needle);
                spans.extend(found.map(|at| (at, at + needle.len())));
            }
            return spans;
        }
        let mut views = vec![View::of(text)];
        for depth in 0..2 {
            let from = if depth == 0 { 0 } else { 1 };
            for at in from..views.len() {
                for decode in [View::percent, View::form, View::html, View::escapes] {
                    if let Some(view) = decode(&views[at]) {
                        views.push(view);
                    }
                }
            }
        }
        for view in &views {
            for needle in self.needles() {
                for at in memchr::memmem::find_iter(&view.bytes, needle) {
                    spans.push((view.spans[at].0, view.spans[at + needle.len() - 1].1));
                }
            }
        }
        spans
    }

    /// The text with [`CUT`] in place of every span.
    fn cut(&self, text: Cow<'_, str>, mut spans: Vec<(usize, usize)>) -> String {
        if spans.is_empty() {
            return text.into_owned();
        }
        spans.sort_unstable();
        let holds =
            |text: &str| self.needles().any(|n| memchr::memmem::find(text.as_bytes(), n).is_some());
        let mark = if holds(CUT) { " " } else { CUT };
        let mut cleaned = String::with_capacity(text.len());
        let mut done = 0;
        for (from, until) in spans {
            let from = text.floor_char_boundary(from);
            let until = text.ceil_char_boundary(until);
            if from > done || (from == done && done == 0) {
                cleaned.push_str(&text[done..from]);
                cleaned.push_str(mark);
            }
            done = done.max(until);
        }
        cleaned.push_str(&text[done..]);
        // What is left over must not make up a secret by itself.
        if holds(&cleaned) { String::new() } else { cleaned }
    }
}

/// Characters that turn the direction of text around.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The parts of an address: each of its path, and what follows the path.
fn parts(text: &str, path: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut from = path.start;
    for (at, _) in text[path.clone()].match_indices('/') {
        parts.push(from..path.start + at);
        from = path.start + at + 1;
    }
    parts.extend([from..path.end, path.end..text.len()]);
    parts
}

#[cfg(test)]
mod tests;
