//! The one pass over a page that [`Page`] is made by.
//!
//! The page is cut into tags and text ([`super::tags`]); [`Reader`] is the state between them (the
//! text of `<noscript>` it leaves alone, as a browser with scripts does). Fields are kept in one
//! list in the order of the page and handed to their forms at the end, since a field may name a
//! form that comes later.

mod fields;

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::attributes::Attributes;
use super::form::Field;
use super::marks;
use super::page::{BotWall, LINKS_MAX, Link, PAGE_BYTES_MAX, Page, Refresh, SCRIPTS_MAX};
use super::self_submit;
use super::tags::{Tag, Token, Tokens};
use super::text::{fold, unescaped};

use fields::{OpenOption, OpenSelect, Owner};

/// Tokens of a page that stand in `<meta>`.
const CSRF_MAX: usize = 20;
/// Bytes of the text of a link, label, button or option.
const CAPTION_BYTES_MAX: usize = 1_000;
/// Bytes of the text of a text area.
const TEXTAREA_BYTES_MAX: usize = 64 * 1024;
/// Bytes of the scripts of a page that are looked at.
const SCRIPT_BYTES_MAX: usize = 128 * 1024;

/// Elements that are open at once, and different names of elements. Further ones are taken for
/// empty.
const OPEN_MAX: usize = 100_000;
const NAMES_MAX: usize = 200;

/// Reads a page, with its links or without.
pub fn read(html: &str, encoding: &'static Encoding, with_links: bool) -> Page {
    let seen = &html[..html.floor_char_boundary(PAGE_BYTES_MAX)];
    let mut open = OpenElements::default();
    let mut reader = Reader::new(encoding, with_links);
    reader.scripts = self_submit::is_possible(seen.as_bytes()).then(String::new);
    for token in Tokens::of(seen) {
        match token {
            Token::Start(tag) => {
                let at_end = reader.element(&tag);
                if tag.has_content {
                    open.push(tag.name, at_end);
                }
            }
            Token::End(name) => open.close(&name, &mut reader),
            Token::Text(text) => reader.text(text),
        }
    }
    let mut page = reader.finish(bot_wall(seen.as_bytes()));
    page.incomplete |= seen.len() < html.len();
    page
}

/// The elements that are open.
#[derive(Default)]
struct OpenElements<'h> {
    /// Their names, and how many of each are open.
    names: Vec<(Cow<'h, str>, usize)>,
    /// Places in `names`, the innermost element's last.
    stack: Vec<(usize, AtEnd<'h>)>,
}

impl<'h> OpenElements<'h> {
    fn push(&mut self, name: Cow<'h, str>, at_end: AtEnd<'h>) {
        let known = self.names.iter().position(|(known, _)| *known == name);
        let at = known.unwrap_or(self.names.len());
        if at == NAMES_MAX || self.stack.len() == OPEN_MAX {
            return;
        }
        if known.is_none() {
            self.names.push((name, 0));
        }
        self.names[at].1 += 1;
        self.stack.push((at, at_end));
    }

    /// Closes the innermost element of this name, and all inside of it.
    fn close(&mut self, name: &str, reader: &mut Reader<'h>) {
        let open = |(known, count): &(Cow<'_, str>, usize)| known == name && *count > 0;
        let Some(wanted) = self.names.iter().position(open) else { return };
        while let Some((at, at_end)) = self.stack.pop() {
            self.names[at].1 -= 1;
            if let Some(at_end) = at_end {
                at_end(reader, name);
            }
            if at == wanted {
                return;
            }
        }
    }
}

/// What has been read so far.
struct Reader<'h> {
    page: Page,
    fields: Vec<(Owner, Field)>,
    form: Option<usize>,
    /// The form's element was closed by the end of one around it, as browsers tolerate: fields
    /// that follow still belong to it, until another form begins.
    form_cut_off: bool,
    /// Open `<template>` elements: what is inside is not on the page.
    templates: usize,
    disabled_fieldsets: usize,
    title: Option<Text<'h>>,
    label: Option<(Option<String>, Vec<usize>, Text<'h>)>,
    labels: Vec<(String, String)>,
    button: Option<(usize, Text<'h>)>,
    link: Option<(usize, Text<'h>)>,
    select: Option<OpenSelect>,
    option: Option<OpenOption<'h>>,
    textarea: Option<(usize, Text<'h>)>,
    /// What the page's scripts say, if it matters.
    scripts: Option<String>,
    in_script: bool,
    onload: String,
    with_links: bool,
}

impl<'h> Reader<'h> {
    fn new(encoding: &'static Encoding, with_links: bool) -> Self {
        Reader {
            page: Page::empty(encoding),
            fields: Vec::new(),
            form: None,
            form_cut_off: false,
            templates: 0,
            disabled_fieldsets: 0,
            title: None,
            label: None,
            labels: Vec::new(),
            button: None,
            link: None,
            select: None,
            option: None,
            textarea: None,
            scripts: None,
            in_script: false,
            onload: String::new(),
            with_links,
        }
    }

    /// Takes a start tag in; gives what is done at the element's end.
    fn element(&mut self, tag: &Tag<'h>) -> AtEnd<'h> {
        let name = &*tag.name;
        if name == "script" {
            self.in_script = true;
            self.script(tag);
            return Some(|reader, _| reader.in_script = false);
        }
        if self.templates > 0 && name != "template" {
            return None;
        }
        match name {
            "form" => self.begin_form(Attributes::of(tag)),
            "input" => self.input(Attributes::of(tag)),
            "button" => self.begin_button(Attributes::of(tag)),
            "select" => self.begin_select(Attributes::of(tag)),
            "option" => self.begin_option(Attributes::of(tag)),
            "textarea" => self.begin_textarea(Attributes::of(tag)),
            "label" => self.begin_label(Attributes::of(tag)),
            "fieldset" if Attributes::of(tag).has("disabled") => {
                self.disabled_fieldsets += 1;
                Some(|reader, _| {
                    reader.disabled_fieldsets = reader.disabled_fieldsets.saturating_sub(1)
                })
            }
            "a" if self.with_links => self.begin_link(Attributes::of(tag)),
            "area" if self.with_links => {
                self.begin_link(Attributes::of(tag));
                self.end_link();
                None
            }
            "img" if self.link.is_some() || self.button.is_some() => {
                self.picture(Attributes::of(tag))
            }
            "base" => self.base(Attributes::of(tag)),
            "meta" => self.meta(Attributes::of(tag)),
            "title" if self.page.title.is_none() && self.title.is_none() => {
                self.title = Some(Text::default());
                Some(|reader, _| reader.end_title())
            }
            "body" => self.body(Attributes::of(tag)),
            "template" => {
                self.templates += 1;
                Some(|reader, _| reader.templates = reader.templates.saturating_sub(1))
            }
            _ => None,
        }
    }

    fn text(&mut self, raw: &'h str) {
        if let (Some(scripts), true) = (&mut self.scripts, self.in_script) {
            scripts.push_str(fitting(scripts, raw, SCRIPT_BYTES_MAX));
            scripts.push_str(fitting(scripts, self_submit::SCRIPT_END, SCRIPT_BYTES_MAX));
        }
        let captions = [
            self.title.as_mut(),
            self.label.as_mut().map(|(_, _, text)| text),
            self.button.as_mut().map(|(_, text)| text),
            self.link.as_mut().map(|(_, text)| text),
            self.option.as_mut().map(|option| &mut option.text),
        ];
        for text in captions.into_iter().flatten() {
            *text += fitting(text, raw, CAPTION_BYTES_MAX);
        }
        if let Some((_, text)) = &mut self.textarea {
            *text += fitting(text, raw, TEXTAREA_BYTES_MAX);
        }
    }

    fn finish(mut self, bot_wall: Option<BotWall>) -> Page {
        self.end_title();
        self.end_label();
        self.end_button();
        self.end_link();
        self.end_select();
        self.end_textarea();
        self.hand_out_labels();
        let captcha = self.fields.iter().any(|(_, field)| {
            field.name.as_deref().is_some_and(|name| name.to_ascii_lowercase().contains("captcha"))
        });
        self.page.bot_wall = bot_wall.or(captcha.then_some(BotWall::Captcha));
        self.hand_out_fields();
        let scripts = self.scripts.as_deref().unwrap_or_default();
        self.page.submits_itself = self_submit::find(&self.onload, scripts, &self.page.forms);
        self.page
    }
}

/// Everything that is no form.
impl<'h> Reader<'h> {
    fn begin_link(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        self.end_link();
        let href = attributes.get("href")?.into_owned();
        if self.page.links.len() == LINKS_MAX {
            self.page.incomplete = true;
            return None;
        }
        let said = ["aria-label", "title", "alt", "data-original-title"];
        self.link = Some((self.page.links.len(), Text::default()));
        self.page.links.push(Link {
            href,
            text: said.iter().find_map(|name| attributes.filled(name)).unwrap_or_default(),
            method: ["data-method", "data-turbo-method"]
                .iter()
                .find_map(|name| attributes.filled(name))
                .map(|method| method.to_ascii_lowercase()),
        });
        Some(|reader, _| reader.end_link())
    }

    fn end_link(&mut self) {
        if let Some((at, text)) = self.link.take() {
            let text = caption(&text);
            if !text.is_empty() {
                self.page.links[at].text = text;
            }
        }
    }

    /// A picture's `alt` is part of what is read on the link or button around it.
    fn picture(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        let alt = attributes.filled("alt").or_else(|| attributes.filled("title"))?;
        let around = [self.link.as_mut(), self.button.as_mut()];
        for (_, text) in around.into_iter().flatten() {
            let text = text.to_mut();
            text.push_str(fitting(text, " ", CAPTION_BYTES_MAX));
            text.push_str(fitting(text, &alt, CAPTION_BYTES_MAX));
        }
        None
    }

    fn script(&mut self, tag: &Tag<'_>) {
        if self.with_links && self.page.scripts.len() < SCRIPTS_MAX {
            self.page.scripts.extend(Attributes::of(tag).filled("src"));
        }
    }

    fn base(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        if self.page.base.is_none() {
            self.page.base = attributes.get("href").map(Cow::into_owned);
        }
        None
    }

    fn meta(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        let refreshes = attributes
            .get("http-equiv")
            .is_some_and(|name| name.trim().eq_ignore_ascii_case("refresh"));
        if refreshes && self.page.refresh.is_none() {
            self.page.refresh = attributes.get("content").and_then(|content| refresh(&content));
        }
        let name = attributes.get("name")?;
        let folded = name.to_ascii_lowercase();
        if (folded.contains("csrf") || folded.contains("xsrf")) && self.page.csrf.len() < CSRF_MAX {
            self.page.csrf.push((name.into_owned(), attributes.text("content")));
        }
        None
    }

    fn body(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        if self.onload.is_empty() {
            let onload = attributes.get("onload").unwrap_or_default();
            self.onload.push_str(fitting("", &onload, SCRIPT_BYTES_MAX));
        }
        None
    }

    fn end_title(&mut self) {
        if let Some(text) = self.title.take() {
            self.page.title = Some(caption(&text));
        }
    }
}

/// What is done at an element's end: called with the name of the tag that closed it.
type AtEnd<'h> = Option<fn(&mut Reader<'h>, &str)>;

/// Text that is being read: as it stands on the page, for as long as it is of one piece.
type Text<'h> = Cow<'h, str>;

/// As much of `more` as fits behind a text, whole characters only.
fn fitting<'m>(text: &str, more: &'m str, bytes_max: usize) -> &'m str {
    &more[..more.floor_char_boundary(bytes_max.saturating_sub(text.len()))]
}

/// Text as a person reads it: entities decoded, white space folded.
fn caption(raw: &str) -> String {
    fold(&unescaped(raw))
}

/// `5; url=/next` of a refresh.
fn refresh(content: &str) -> Option<Refresh> {
    let content = content.trim_start();
    let digits = content.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let after_s = content[..digits].parse().unwrap_or(u32::MAX);
    let rest = content[digits..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let rest = rest.trim_start_matches([';', ',', ' ', '\t', '\n', '\r']);
    let named = rest.get(..3).filter(|name| name.eq_ignore_ascii_case("url"));
    let rest = match named.and_then(|_| rest[3..].trim_start().strip_prefix('=')) {
        Some(address) => address.trim_start(),
        None => rest,
    };
    let address = match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next().unwrap_or_default(),
        _ => rest,
    };
    let address = address.trim();
    Some(Refresh { after_s, url: (!address.is_empty()).then(|| address.to_owned()) })
}

/// Looks for the marks of well-known challenges; the scan is for their common part first.
fn bot_wall(html: &[u8]) -> Option<BotWall> {
    let has = |mark: &str| memchr::memmem::find(html, mark.as_bytes()).is_some();
    if marks::has(html, &marks::CF_CHL) || marks::has(html, &marks::CF_CHALLENGE) {
        Some(BotWall::CloudflareChallenge)
    } else if marks::has(html, &marks::TURNSTILE)
        && (has("cf-turnstile") || has("challenges.cloudflare.com"))
    {
        Some(BotWall::Turnstile)
    } else if !marks::has(html, &marks::CAPTCHA) {
        None
    } else if has("h-captcha") || has("hcaptcha.com") {
        Some(BotWall::Hcaptcha)
    } else if has("g-recaptcha") || has("recaptcha/api") || has("recaptcha/enterprise") {
        Some(BotWall::Recaptcha)
    } else {
        None
    }
}
