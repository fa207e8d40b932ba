//! One pass over a page: its forms, links, title, and what it does by itself.

use std::fmt;

use encoding_rs::Encoding;

use super::form::{Field, Form};
use super::marks;

/// Bytes of a page that are looked at; what follows is not seen.
pub const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Forms that are kept of a page.
pub const FORMS_MAX: usize = 100;
/// Fields that are kept of a form.
pub const FIELDS_PER_FORM_MAX: usize = 500;
/// Addresses of scripts that are kept of a page.
pub const SCRIPTS_MAX: usize = 50;
/// Links that are kept of a page.
pub const LINKS_MAX: usize = 2_000;

/// What a page holds. Its `Debug` leaves out the tokens in it.
#[derive(Clone)]
pub struct Page {
    /// `<title>`, white space folded.
    pub title: Option<String>,
    /// The first `<base href>`, as written.
    pub base: Option<String>,
    /// The characters that the page is written in, and that its forms are sent in.
    pub encoding: &'static Encoding,
    /// Its forms, in the order of the page.
    pub forms: Vec<Form>,
    /// Fields outside of every form: only a script can send them.
    pub loose_fields: Vec<Field>,
    /// Its links, in the order of the page; none if it was read without them.
    pub links: Vec<Link>,
    /// The addresses of its scripts as written; none if it was read without links.
    pub scripts: Vec<String>,
    /// Tokens in `<meta>` that scripts copy: `(name, content)`, such as `csrf-token`.
    pub csrf: Vec<(String, String)>,
    /// `<meta http-equiv=refresh>`
    pub refresh: Option<Refresh>,
    /// The form (an index of `forms`) that a script submits as soon as the page is read.
    pub submits_itself: Option<usize>,
    /// A challenge that only a person or a browser can pass.
    pub bot_wall: Option<BotWall>,
    /// A bound was reached: something on the page was not seen.
    pub incomplete: bool,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("title", &self.title)
            .field("forms", &self.forms)
            .field("loose_fields", &self.loose_fields)
            .field("links", &self.links.len())
            .field("submits_itself", &self.submits_itself)
            .field("bot_wall", &self.bot_wall)
            .field("incomplete", &self.incomplete)
            .finish_non_exhaustive()
    }
}

/// A link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// `href` as written, its entities decoded.
    pub href: String,
    /// What a person reads: its text, or else its `aria-label`, `title` or a picture's `alt`.
    pub text: String,
    /// `data-method` or `data-turbo-method` (Rails, Laravel, Yii): a script sends the link as a form
    /// with this method.
    pub method: Option<String>,
}

/// A page that asks to be left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refresh {
    /// Seconds to wait first.
    pub after_s: u32,
    /// Where to, as written; none is the page itself.
    pub url: Option<String>,
}

/// Whose challenge stands on the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BotWall {
    /// Google reCAPTCHA.
    Recaptcha,
    /// hCaptcha.
    Hcaptcha,
    /// Cloudflare Turnstile.
    Turnstile,
    /// A Cloudflare challenge page, in place of the page itself.
    CloudflareChallenge,
    /// A field that is called so.
    Captcha,
}

impl Page {
    /// Reads a page. `content_type` is the answer's header, for its `charset`. Never fails: what
    /// is not HTML is a page without forms.
    pub fn parse(body: &[u8], content_type: Option<&str>) -> Page {
        let (html, encoding) = super::charset::decode(body, content_type);
        Page::parse_str(&html, encoding)
    }

    /// Reads a page but for its links, which takes a part of the time.
    pub fn parse_without_links(body: &[u8], content_type: Option<&str>) -> Page {
        let (html, encoding) = super::charset::decode(body, content_type);
        super::reader::read(&html, encoding, false)
    }

    /// Reads a page that is decoded already.
    pub fn parse_str(html: &str, encoding: &'static Encoding) -> Page {
        super::reader::read(html, encoding, true)
    }

    /// A page with nothing on it.
    pub fn empty(encoding: &'static Encoding) -> Page {
        Page {
            title: None,
            base: None,
            encoding,
            forms: Vec::new(),
            loose_fields: Vec::new(),
            links: Vec::new(),
            scripts: Vec::new(),
            csrf: Vec::new(),
            refresh: None,
            submits_itself: None,
            bot_wall: None,
            incomplete: false,
        }
    }
}

/// Whether a form can be on the page at all: a scan for `<form`, far cheaper than reading it.
pub fn may_have_form(html: &[u8]) -> bool {
    let is_form =
        |at: usize| html[at + 1..].get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"form"));
    marks::has(html, &marks::FORM) || memchr::memchr_iter(b'<', html).any(is_form)
}
