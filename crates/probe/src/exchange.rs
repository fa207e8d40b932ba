//! Requests and their answers, kept for a person who asks what an attempt said and heard.
//!
//! They are kept as they were until the attempt is over, since only then is every secret known, and
//! leave it cleaned of them (C10.3). An attempt that nobody asks about keeps none.

use std::borrow::Cow;

use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, Method};
use serde::Serialize;
use url::{Url, form_urlencoded};

use crate::answer::Answer;
use crate::redact::{CUT, Redactor};

/// Exchanges of one attempt that are kept.
const EXCHANGES_MAX: usize = 64;
/// Bytes of a body that are kept, and characters of it that are shown.
const BODY_BYTES_MAX: usize = 64 * 1024;
const BODY_CHARS_MAX: usize = 2000;
/// A shorter value of a cookie is no secret, and cutting it would spoil the text around it.
const COOKIE_BYTES_MIN: usize = 4;

/// One request and its answer, secrets cut out.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// The step: `page`, `sign_in`, `redirect` and so on.
    pub step: &'static str,
    /// What was sent.
    pub request: Message,
    /// What came back, if anything did.
    pub answer: Option<Message>,
}

/// One side of an exchange.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Message {
    /// `POST https://portal.example/login`, or `200 OK`; of what is not HTTP the first line.
    pub line: String,
    /// Names and values, in the order they were sent.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body; of what is not HTTP the further lines.
    pub body: String,
}

impl Message {
    fn of_words(words: &str) -> Self {
        let mut words = words.to_owned();
        words.truncate(words.floor_char_boundary(BODY_BYTES_MAX));
        let (line, rest) = words.split_once('\n').unwrap_or((&words, ""));
        let body = rest.trim_end().replace('\r', "");
        Message { line: line.trim_end().to_owned(), headers: Vec::new(), body }
    }
}

/// What an attempt keeps while it is under way. It bears secrets, so it cannot be printed.
pub struct Exchanges {
    user: String,
    all: Vec<Exchange>,
}

impl Exchanges {
    /// Nothing was sent yet; `user` signs in.
    pub fn new(user: &str) -> Self {
        Exchanges { user: user.to_owned(), all: Vec::new() }
    }

    /// Keeps a request.
    pub fn asked(
        &mut self,
        step: &'static str,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: &[u8],
    ) {
        if self.all.len() < EXCHANGES_MAX {
            let body = &body[..body.len().min(BODY_BYTES_MAX)];
            let body = String::from_utf8_lossy(body).into_owned();
            let line = format!("{method} {url}");
            let request = Message { line, headers: texts(headers), body };
            self.all.push(Exchange { step, request, answer: None });
        }
    }

    /// Keeps the answer to the latest request.
    pub fn answered(&mut self, answer: &Answer) {
        let Some(last) = self.all.last_mut() else { return };
        let mut body = answer.source().into_owned();
        body.truncate(body.floor_char_boundary(BODY_BYTES_MAX));
        let line = answer.status.to_string();
        last.answer = Some(Message { line, headers: texts(&answer.headers), body });
    }

    /// Keeps what was said to a service that does not speak HTTP: in words that people can read.
    pub fn said(&mut self, step: &'static str, words: &str) {
        if self.all.len() < EXCHANGES_MAX {
            let request = Message::of_words(words);
            self.all.push(Exchange { step, request, answer: None });
        }
    }

    /// Keeps what it answered.
    pub fn heard(&mut self, words: &str) {
        if let Some(last) = self.all.last_mut() {
            last.answer = Some(Message::of_words(words));
        }
    }

    /// All of them as people may see them: without the secrets that `redactor` knows, and without
    /// the values of cookies.
    pub fn cleaned(self, redactor: &Redactor) -> Vec<Exchange> {
        let mut redactor = redactor.clone();
        for exchange in &self.all {
            let answers = exchange.answer.iter().flat_map(|answer| &answer.headers);
            for (name, value) in exchange.request.headers.iter().chain(answers) {
                redactor.cut_out(&self.user, &cookie_values(name, value));
            }
        }
        let clean = |exchange: Exchange| Exchange {
            request: cleaned(&redactor, exchange.request),
            answer: exchange.answer.map(|answer| cleaned(&redactor, answer)),
            ..exchange
        };
        self.all.into_iter().map(clean).collect()
    }
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// The values of cookies in a header.
fn cookie_values<'h>(name: &str, value: &'h str) -> Vec<&'h str> {
    let pairs = match name {
        name if name == COOKIE => value,
        name if name == SET_COOKIE => value.split(';').next().unwrap_or_default(),
        _ => return Vec::new(),
    };
    let values = pairs.split(';').filter_map(|pair| Some(pair.split_once('=')?.1.trim()));
    values.filter(|value| value.len() >= COOKIE_BYTES_MIN).collect()
}

fn cleaned(redactor: &Redactor, message: Message) -> Message {
    let (method, address) = message.line.split_once(' ').unwrap_or((&message.line, ""));
    let line = match Url::parse(address) {
        Ok(url) => format!("{method} {}", redactor.url(&url)),
        Err(_) => redactor.clean(&message.line),
    };
    let mut body = match message.headers.as_slice() {
        [] => message.body.lines().map(|line| redactor.clean(line)).collect::<Vec<_>>().join("\n"),
        headers if is_form(headers) => cleaned_form(redactor, &message.body),
        _ => redactor.clean(&message.body),
    };
    let shown = |(name, value): (String, String)| {
        (redactor.header_name(&name), redactor.header(&name, &value))
    };
    let headers = message.headers.into_iter().map(shown).collect();
    if let Some((end, _)) = body.char_indices().nth(BODY_CHARS_MAX) {
        body.truncate(end);
        body.push('…');
    }
    Message { line, headers, body }
}

fn is_form(headers: &[(String, String)]) -> bool {
    let mut headers = headers.iter();
    headers.any(|(name, value)| {
        name == CONTENT_TYPE.as_str() && value.starts_with("application/x-www-form-urlencoded")
    })
}

/// A form's fields, decoded for people: each value is looked at by itself, and all names stay.
fn cleaned_form(redactor: &Redactor, body: &str) -> String {
    let field = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
        let example = format!("{name}=x");
        let value = match redactor.clean(&example) == example {
            true => redactor.clean(&value),
            false => CUT.to_owned(),
        };
        format!("{}={value}", redactor.clean(&name))
    };
    form_urlencoded::parse(body.as_bytes()).map(field).collect::<Vec<_>>().join("&")
}
