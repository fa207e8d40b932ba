//! A login by steps: requests that are written down one by one, for everything that the other kinds
//! of login do not know.

use http::{HeaderName, Method};
use regex_lite::{Regex, RegexBuilder};
use secrecy::SecretString;
use url::Url;

use super::template::{JsonTemplate, Template};
use crate::html::select::Selector;

/// Steps of a recipe, and of its log-out.
pub const STEPS_MAX: usize = 16;
/// Headers, fields, values taken and expectations of one step, each.
pub const PARTS_MAX: usize = 32;
/// Characters of a regular expression, and bytes that it may take once it is compiled.
pub const PATTERN_CHARS_MAX: usize = 1000;
const PATTERN_BYTES_MAX: usize = 256 * 1024;

/// A login by steps.
///
/// Values are `{user}`, `{password}`, `{totp}`, the recipe's own secrets by name, and what earlier
/// steps took from their answers.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Where the attempt begins: the address that paths are joined to.
    pub url: Url,
    /// Further hosts that the recipe may send secrets to.
    pub hosts: Vec<String>,
    /// Further secrets, by name.
    pub secrets: Vec<(String, SecretString)>,
    /// The steps, in order.
    pub steps: Vec<RecipeStep>,
    /// What ends the session, in order: run once a secret was sent, also when a later step failed.
    pub log_out: Vec<RecipeStep>,
}

/// One step: a request, what its answer must be, and what is taken from it.
#[derive(Clone, Debug)]
pub struct RecipeStep {
    /// What people call it.
    pub name: String,
    /// What is sent.
    pub request: Request,
    /// Statuses that the answer may have; empty: any below 400.
    pub statuses: Vec<u16>,
    /// What the answer must have: all of it.
    pub expect: Vec<Expect>,
    /// What is taken from it.
    pub take: Vec<Take>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to: an address, a path, or one variable that holds either. Values in it are written
    /// with `%`.
    pub url: Template,
    /// Headers. They go to the first address's origin only.
    pub headers: Vec<(HeaderName, Template)>,
    /// The body.
    pub body: Body,
    /// Whether redirects are followed.
    pub follow: bool,
}

/// The body of a [`Request`].
#[derive(Clone, Debug)]
pub enum Body {
    /// None.
    Empty,
    /// A form's fields.
    Form(Vec<(String, Template)>),
    /// JSON.
    Json(JsonTemplate),
    /// A text; its type is among the headers, or `text/plain`.
    Text(Template),
}

/// Something that an answer must be or have.
#[derive(Clone, Debug)]
pub enum Expect {
    /// These words stand on the page, and did not before anything secret was sent.
    Text(Template),
    /// These words do not stand there.
    NoText(Template),
    /// There is such an element.
    Select(Selector),
    /// The answer is JSON and holds a value there.
    Json {
        /// A JSON pointer.
        pointer: String,
        /// The value that it must be; none: any but `null`.
        equals: Option<JsonTemplate>,
    },
    /// There is such a header.
    Header {
        /// Its name.
        name: HeaderName,
        /// The value that it must be; none: any.
        equals: Option<Template>,
    },
    /// A cookie of this name is set.
    Cookie(String),
    /// The page's path is this; with a final `*`, begins so.
    Path(String),
}

/// A value that is taken from an answer.
#[derive(Clone, Debug)]
pub struct Take {
    /// What later steps call it.
    pub name: String,
    /// Where it stands.
    pub from: Source,
    /// The part of it that is meant: the first group, or all that fits.
    pub pattern: Option<Pattern>,
    /// It is no secret, and may be shown.
    pub show: bool,
}

/// Where a value stands in an answer.
#[derive(Clone, Debug)]
pub enum Source {
    /// In an element: its attribute, or its text.
    Select(Selector, Option<String>),
    /// In JSON, at this pointer: a string, a number or a truth.
    Json(String),
    /// In a header.
    Header(HeaderName),
    /// In a cookie, its `%41` decoded: that is how scripts read it.
    Cookie(String),
    /// Anywhere in the body.
    Body,
}

/// A regular expression whose size and time are bounded.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles it. The error is a fragment that quotes nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > PATTERN_CHARS_MAX {
            return Err(format!("it is longer than {PATTERN_CHARS_MAX} characters"));
        }
        let compiled = RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).build();
        compiled.map(Pattern).map_err(|error| error.to_string())
    }

    /// The first group of the first place that fits, or all of it.
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        let found = self.0.captures(text)?;
        found.get(1).or_else(|| found.get(0)).map(|part| part.as_str())
    }
}

impl Request {
    /// The variables in it.
    pub fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.url.variables().collect();
        names.extend(self.headers.iter().flat_map(|(_, value)| value.variables()));
        match &self.body {
            Body::Empty => {}
            Body::Form(fields) => {
                names.extend(fields.iter().flat_map(|(_, value)| value.variables()));
            }
            Body::Json(json) => names.extend(json.variables()),
            Body::Text(text) => names.extend(text.variables()),
        }
        names
    }
}

impl Recipe {
    /// Whether a variable of this name holds a secret that was configured.
    pub fn is_secret(&self, name: &str) -> bool {
        matches!(name, "password" | "totp") || self.secrets.iter().any(|(known, _)| known == name)
    }

    /// Whether a request bears a secret that was configured.
    pub fn bears_secret(&self, request: &Request) -> bool {
        request.variables().iter().any(|name| self.is_secret(name))
    }

    /// Whether secrets may be sent to this address: over TLS (C1.5), to the login's own host or one
    /// of the recipe's.
    pub fn may_send_to(&self, url: &Url) -> bool {
        let host = url.host_str();
        url.scheme() == "https"
            && (host == self.url.host_str()
                || self.hosts.iter().any(|known| Some(known.as_str()) == host))
    }
}

impl Expect {
    /// Whether only its being there can prove anything: that words are missing proves nothing.
    pub fn is_positive(&self) -> bool {
        !matches!(self, Expect::NoText(_))
    }
}
