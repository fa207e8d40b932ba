//! Cutting secrets out of text that people will see (C10.3).
//!
//! A page or a header may repeat a secret in many spellings: `%C3%A5`, `&aring;`, `\u00e5`, or one
//! inside of the other. So the text is looked at through decoders, each of which remembers where
//! its characters came from, and what was the secret in any view is cut out of the original.
//! Beyond the known secrets everything goes that looks like one: credentials, cookies, tokens.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use url::{Position, Url};

use crate::html::text;

/// Characters of an answer that evidence keeps.
pub const EXCERPT_CHARS_MAX: usize = 300;
/// What stands in a secret's place.
pub const CUT: &str = "[cut]";

/// Bytes of a text that are looked at; the rest is left away.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Letters and digits in a row that can be a token.
const TOKEN_CHARS_MIN: usize = 20;
/// Bytes that one character of a secret can be written in: `%26%23x1F600%3B` and the like.
const BYTES_PER_CHAR_MAX: usize = 24;
/// Names whose values are cut, in JSON, in addresses and in cookies.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "lösenord",
    "pwd",
    "secret",
    "token",
    "csrf",
    "xsrf",
    "session",
    "sessionid",
    "sessid",
    "sid",
    "jsessionid",
    "api_key",
    "apikey",
    "assertion",
    "samlresponse",
    "samlrequest",
    "relaystate",
    "ticket",
    "otp",
    "code",
    "state",
    "nonce",
    "signature",
    "sig",
];
/// Headers whose values are cut whole.
const SECRET_HEADERS: &[&str] = &["authorization", "proxy-authorization", "set-cookie", "cookie"];

/// Cuts out the secrets of one attempt, in every form in which a page or header may repeat them.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Bytes to look for, the longest first; none is empty.
    needles: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} needles)", self.needles.len())
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
        let needles = &mut self.needles;
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
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        needles.dedup();
        needles.shrink_to_fit();
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
        let longest = self.needles.first().map_or(0, Vec::len).saturating_mul(BYTES_PER_CHAR_MAX);
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
            for needle in &self.needles {
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
            for needle in &self.needles {
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
        let holds = |text: &str| {
            self.needles.iter().any(|n| memchr::memmem::find(text.as_bytes(), n).is_some())
        };
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

/// A text as a decoder gives it: its bytes, and from where to where each stood in the original.
struct View {
    bytes: Vec<u8>,
    spans: Vec<(usize, usize)>,
}

impl View {
    fn of(text: &str) -> View {
        View {
            bytes: text.as_bytes().to_vec(),
            spans: (0..text.len()).map(|at| (at, at + 1)).collect(),
        }
    }

    /// `%41`
    fn percent(&self) -> Option<View> {
        self.decode(b"%", |rest| Some((vec![hex(rest.get(1..3)?)?], 3)))
    }

    /// `%41` and `+`
    fn form(&self) -> Option<View> {
        memchr::memchr(b'+', &self.bytes)?;
        self.decode(b"%+", |rest| match rest[0] {
            b'+' => Some((vec![b' '], 1)),
            _ => Some((vec![hex(rest.get(1..3)?)?], 3)),
        })
    }

    /// `&amp;`
    fn html(&self) -> Option<View> {
        self.decode(b"&", |rest| {
            let rest = &rest[..rest.len().min(40)];
            let end = memchr::memchr(b';', rest)? + 1;
            let entity = std::str::from_utf8(&rest[..end]).ok()?;
            let decoded = htmlize::unescape(entity);
            (decoded != entity).then(|| (decoded.into_owned().into_bytes(), end))
        })
    }

    /// `\u0041`, `\x41`, `\"`
    fn escapes(&self) -> Option<View> {
        self.decode(b"\\", |rest| match rest.get(1)? {
            b'u' => {
                let unit = hex4(rest.get(2..6)?)?;
                let low = rest.get(6..12).filter(|low| low.starts_with(b"\\u"));
                let low = low.and_then(|low| hex4(&low[2..]));
                match (char::decode_utf16([unit]).next()?, low) {
                    (Ok(c), _) => Some((c.to_string().into_bytes(), 6)),
                    (Err(_), Some(low)) => {
                        let c = char::decode_utf16([unit, low]).next()?.ok()?;
                        Some((c.to_string().into_bytes(), 12))
                    }
                    _ => None,
                }
            }
            b'x' => Some((vec![hex(rest.get(2..4)?)?], 4)),
            b'n' | b'r' | b't' | b'b' | b'f' => Some((vec![b' '], 2)),
            other => Some((vec![*other], 2)),
        })
    }

    /// Decodes what begins with one of `marks`; none if there is nothing to decode. `one` gives
    /// the bytes that the start of the rest stands for, and how many bytes that is.
    fn decode(
        &self,
        marks: &[u8],
        one: impl Fn(&[u8]) -> Option<(Vec<u8>, usize)>,
    ) -> Option<View> {
        if !self.bytes.iter().any(|byte| marks.contains(byte)) {
            return None;
        }
        let mut view = View { bytes: Vec::new(), spans: Vec::new() };
        let mut at = 0;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            let decoded = if marks.contains(&rest[0]) { one(rest) } else { None };
            let (bytes, length) = decoded.unwrap_or_else(|| (vec![rest[0]], 1));
            let span = (self.spans[at].0, self.spans[at + length - 1].1);
            view.spans.extend(bytes.iter().map(|_| span));
            view.bytes.extend(bytes);
            at += length;
        }
        Some(view)
    }
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
}

fn hex4(digits: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([hex(&digits[..2])?, hex(&digits[2..])?]))
}

/// The values of names that bear secrets: `"token": "…"`, `sid=…`, `Authorization: …`.
fn assignments_in(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    // What stands between a name and its value; a plain address has none of these.
    if text.contains(['=', '%', '"', '\'', '\\', ']']) {
        let lower = text.to_ascii_lowercase();
        for name in SECRET_NAMES {
            for (at, _) in lower.match_indices(name) {
                spans.extend(value_after(text, at + name.len()));
            }
        }
    }
    for (colon, _) in text.match_indices(':') {
        let ends_in = |name: &&str| {
            let from = colon.checked_sub(name.len());
            from.is_some_and(|from| {
                text.as_bytes()[from..colon].eq_ignore_ascii_case(name.as_bytes())
            })
        };
        if SECRET_HEADERS.iter().any(ends_in) {
            let end = text[colon..].find(['\n', '<', '·']).map_or(text.len(), |end| colon + end);
            spans.push((colon + 1, end));
        }
    }
    spans
}

/// The value after a name, where `=` follows, or a colon after a quote.
fn value_after(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = &text[from..];
    // The name may go on: `access_token_v2`, `csrfmiddlewaretoken`.
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let quoted = rest.trim_start_matches(['"', '\'', '\\', ']']);
    let quote = quoted.len() < rest.len();
    let value = quoted.trim_start();
    let value = match value.as_bytes().first()? {
        b'=' => &value[1..],
        b':' if quote => &value[1..],
        _ if value.starts_with("%3D") || value.starts_with("%3d") => &value[3..],
        _ => return None,
    };
    let value = value.trim_start();
    let inner = value.trim_start_matches(['"', '\'', '\\']);
    let end = match inner.len() < value.len() {
        true => inner.find(['"', '\'', '\\']),
        false => inner.find(|c: char| c.is_whitespace() || "&;?,<>\"'}])".contains(c)),
    };
    let start = text.len() - inner.len();
    let end = end.map_or(text.len(), |end| start + end);
    (end > start).then_some((start, end))
}

/// Long runs that look like tokens: hexadecimal, base64, or letters and digits mixed.
fn tokens_in(text: &str) -> Vec<(usize, usize)> {
    let in_token = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+/=%".contains(&byte);
    let mut spans = Vec::new();
    let mut from = 0;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        if in_token(byte) {
            continue;
        }
        if is_token(&text.as_bytes()[from..at]) {
            spans.push((from, at));
        }
        from = at + 1;
    }
    spans
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

fn is_token(run: &[u8]) -> bool {
    let run = run.trim_ascii();
    if run.len() < TOKEN_CHARS_MIN {
        return false;
    }
    // A path is judged by its parts, unless they look random themselves.
    if run.contains(&b'/') && run.split(|byte| *byte == b'/').all(is_word) {
        return false;
    }
    let count = |of: fn(&u8) -> bool| run.iter().filter(|byte| of(byte)).count();
    let digits = count(u8::is_ascii_digit);
    let rises = run.windows(2).filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    let letters = count(u8::is_ascii_alphabetic);
    (digits > 0 && letters > 0) || rises.count() * 5 >= run.len() || digits >= TOKEN_CHARS_MIN
}

/// Small letters, or a capital before them, with at most two digits at the end.
fn is_word(part: &[u8]) -> bool {
    let digits = part.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let letters = &part[..part.len() - digits];
    digits <= 2
        && letters.len() <= 30
        && letters.iter().skip(1).all(|byte| byte.is_ascii_lowercase() || b"-_".contains(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_stays_readable_and_its_tokens_do_not() {
        let redactor = Redactor::new("probe", &["hemligt"]);
        for (url, shown) in [
            ("https://a.example:33621/o/revoke_token/", "https://a.example:33621/o/revoke_token/"),
            (
                "https://a.example:8443/accounts/login/?next=/home",
                "https://a.example:8443/accounts/login/?next=/home",
            ),
            ("https://u:hemligt@a.example/x#y", "https://a.example/x"),
            ("https://a.example/reset/0a1b2c3d4e5f60718293/", "https://a.example/reset/[cut]/"),
            ("https://a.example/?q=0a1b2c3d/4e5f60718293=", "https://a.example/?[cut]"),
            ("https://a.example/hem%6Cigt/in", "https://a.example/[cut]/in"),
        ] {
            assert_eq!(redactor.url(&url.parse().unwrap()), shown);
        }
    }

    fn percent(text: &str, plus: bool) -> String {
        let byte = |b: u8| match b {
            b'a'..=b'z' | b'0'..=b'9' => char::from(b).to_string(),
            b' ' if plus => "+".to_owned(),
            _ => format!("%{b:02x}"),
        };
        text.bytes().map(byte).collect()
    }

    fn html(text: &str) -> String {
        let c = |c: char| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#039;".to_owned(),
            'å' => "&aring;".to_owned(),
            c if c.is_ascii_alphanumeric() => c.to_string(),
            c => format!("&#x{:X};", u32::from(c)),
        };
        text.chars().map(c).collect()
    }

    fn json(text: &str) -> String {
        let unit = |unit: u16| match unit {
            0x22 | 0x5c | 0x2f => format!("\\{}", char::from(unit as u8)),
            0x20..=0x7e => char::from(unit as u8).to_string(),
            _ => format!("\\u{unit:04x}"),
        };
        text.encode_utf16().map(unit).collect()
    }

    fn spellings(secret: &str) -> Vec<String> {
        let basic = format!("probe:{secret}");
        vec![
            secret.to_owned(),
            percent(secret, false),
            percent(secret, true),
            html(secret),
            json(secret),
            percent(&percent(secret, true), false),
            html(&percent(secret, false)),
            json(&html(secret)),
            html(&json(secret)),
            percent(&html(secret), true),
            STANDARD_NO_PAD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
            base64::engine::general_purpose::STANDARD.encode(&basic),
            percent(&base64::engine::general_purpose::STANDARD.encode(&basic), false),
            STANDARD_NO_PAD.encode(format!("\0probe\0{secret}")),
        ]
    }

    proptest! {
        #[test]
        fn c10_3_no_spelling_of_a_password_survives(
            secret in "[ -~åäöÅ€😀]{6,24}",
            before in "[^\\PC]{0,30}",
            after in "[^\\PC]{0,30}",
        ) {
            prop_assume!(text::fold(&secret) == secret);
            let redactor = Redactor::new("probe", &[&secret]);
            for spelled in spellings(&secret) {
                for cleaned in [
                    redactor.clean(&format!("{before}{spelled}{after}")),
                    redactor.header("x-echo", &format!("{before}{spelled}")),
                ] {
                    prop_assert!(!cleaned.contains(&spelled), "{spelled:?} in {cleaned:?}");
                    prop_assert!(!cleaned.contains(&secret), "{secret:?} in {cleaned:?}");
                }
            }
            let page = format!("<title>x</title><p>{} {}</p>", html(&before), html(&secret));
            prop_assert!(!redactor.excerpt(&page).contains(&secret));
        }

        #[test]
        fn any_text_and_any_secret_are_safe(text in any::<String>(), secret in any::<String>()) {
            let redactor = Redactor::new("u", &[&secret]);
            let cleaned = redactor.clean(&text);
            if !secret.is_empty() {
                prop_assert!(!cleaned.contains(&secret));
            }
            redactor.excerpt(&text);
            redactor.header("set-cookie", &text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn c10_3_a_password_at_the_edge_of_what_is_kept_is_cut(
            secret in "[a-z!&%å ]{8,40}", lead in 0usize..60,
        ) {
            prop_assume!(text::fold(&secret) == secret);
            let redactor = Redactor::new("probe", &[&secret]);
            for edge in [EXCERPT_CHARS_MAX, TEXT_BYTES_MAX] {
                for spelled in spellings(&secret) {
                    let filler = "- ".repeat(edge / 2);
                    let text = format!("{}{spelled}", &filler[..filler.len() - lead]);
                    let cleaned = redactor.clean(&text);
                    let prefix: String = spelled.chars().take(8).collect();
                    prop_assert!(!cleaned.contains(&prefix), "{prefix:?} of {spelled:?}");
                    prop_assert!(!redactor.excerpt(&text).contains(&secret));
                }
            }
        }
    }

    fn clean(text: &str) -> String {
        Redactor::new("probe", &["hemligt!"]).clean(text)
    }

    #[test]
    fn what_people_need_stays() {
        for text in [
            "Invalid login for probe",
            "Inloggningsuppgifterna stämmer inte",
            "FATAL: could not open /usr/share/php/auth/login2/index",
            "Wrong password: try again",
            "InvalidArgumentException in LoginController",
            "https://portal.example/login?next=%2Fhome&lang=sv",
        ] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn what_looks_like_a_secret_goes() {
        for (text, expected) in [
            ("session 5f4dcc3b5aa765d61d83 gone", "session [cut] gone"),
            ("{\"access_token\": \"abc\", \"x\": 1}", "{\"access_token\": \"[cut]\", \"x\": 1}"),
            ("?code=ab&x=1", "?code=[cut]&x=1"),
            ("Authorization: Basic cHJvYmU6eA==", "Authorization:[cut]"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x", "[cut].[cut].x"),
            ("a hemligt! b", "a [cut] b"),
            ("a\u{1b}[31mb\u{202e}c", "a [31mb c"),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn headers_and_addresses_lose_what_they_bear() {
        let redactor = Redactor::new("probe", &["hemligt!"]);
        assert_eq!(redactor.header("Authorization", "Bearer abc"), "Bearer [cut]");
        assert_eq!(redactor.header("Cookie", "a=1; b=2"), "a=[cut]; b=[cut]");
        assert_eq!(
            redactor.header("Set-Cookie", "sid=1; Path=/; HttpOnly"),
            "sid=[cut]; Path=/; HttpOnly"
        );
        let url = "https://probe:hemligt!@a.example/in;jsessionid=12?code=x&lang=sv#id_token=y";
        assert_eq!(
            redactor.url(&url.parse().unwrap()),
            "https://a.example/in;jsessionid=[cut]?code=[cut]&lang=sv"
        );
        assert!(!format!("{redactor:?}").contains("hemligt"));
    }

    #[test]
    fn an_excerpt_is_short_and_readable() {
        let page =
            "<title>Fel</title><script>var t='x'</script><h1>500</h1><p>Database&nbsp;gone</p>
            <input type=hidden name=csrf value=abc><textarea>abc</textarea>";
        assert_eq!(Redactor::default().excerpt(page), "Fel · 500 · Database gone");
        let long = Redactor::default().excerpt(&"word ".repeat(1000));
        assert!(long.chars().count() <= EXCERPT_CHARS_MAX + 1 && long.ends_with('…'));
    }
}
