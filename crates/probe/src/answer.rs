//! An answer to one request, read no further than somebody asks.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::OnceLock;

use bytes::Bytes;
use contract::AccountCause;
use http::header::{CONTENT_TYPE, HeaderMap};
use http::{HeaderName, StatusCode};
use url::Url;

use crate::html::marks::{self, Mark};
use crate::html::{Page, charset, page, text};
use crate::settings::Refusals;

/// An answer. What is read of it is read once.
pub struct Answer {
    /// The address that it came from, after redirects.
    pub url: Url,
    /// The host's address.
    pub address: Option<SocketAddr>,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, unpacked.
    pub body: Bytes,
    may_have_form: OnceLock<bool>,
    page: OnceLock<Page>,
    form_page: OnceLock<Page>,
    readable: OnceLock<String>,
}

impl Answer {
    /// An answer of which nothing is read yet.
    pub fn new(
        url: Url,
        address: Option<SocketAddr>,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        Answer {
            url,
            address,
            status,
            headers,
            body,
            may_have_form: OnceLock::new(),
            page: OnceLock::new(),
            form_page: OnceLock::new(),
            readable: OnceLock::new(),
        }
    }

    /// A header, if it is there and text.
    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Its forms, links and title.
    pub fn page(&self) -> &Page {
        self.page.get_or_init(|| Page::parse(&self.body, self.header(CONTENT_TYPE)))
    }

    /// The same but for the links, which may be missing: all that a form and a title need.
    pub fn form_page(&self) -> &Page {
        // Once read it stays the same one: places in it are kept.
        self.form_page.get().or_else(|| self.page.get()).unwrap_or_else(|| {
            let read = || Page::parse_without_links(&self.body, self.header(CONTENT_TYPE));
            self.form_page.get_or_init(read)
        })
    }

    /// Its text as it was sent, decoded.
    pub fn source(&self) -> Cow<'_, str> {
        charset::decode(&self.body, self.header(CONTENT_TYPE)).0
    }

    /// What a person reads of it.
    pub fn readable(&self) -> &str {
        self.readable.get_or_init(|| text::readable(&self.source()))
    }

    /// What its scripts may show, one text per line.
    pub fn said_by_scripts(&self) -> String {
        text::said_by_scripts(&self.source())
    }

    /// Whether a form can be in it: if not, it need not be parsed to know that.
    pub fn may_have_form(&self) -> bool {
        *self.may_have_form.get_or_init(|| page::may_have_form(&self.body))
    }

    /// Whether the mark stands in it.
    pub fn has(&self, mark: &Mark) -> bool {
        marks::has(&self.body, mark)
    }

    /// Whether these bytes stand in it.
    pub fn contains(&self, bytes: &[u8]) -> bool {
        memchr::memmem::find(&self.body, bytes).is_some()
    }

    /// Its body as JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Which configured sign of a refusal its status is (C3.5).
    pub fn configured_status(&self, refusals: &Refusals) -> Option<AccountCause> {
        let status = self.status.as_u16();
        [
            (AccountCause::Rejected, &refusals.rejected),
            (AccountCause::Locked, &refusals.locked),
            (AccountCause::BotWall, &refusals.bot_wall),
        ]
        .into_iter()
        .find(|(_, sign)| sign.statuses.contains(&status))
        .map(|(cause, _)| cause)
    }
}
