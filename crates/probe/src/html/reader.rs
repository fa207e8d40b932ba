//! The one pass over a page that [`Page`] is made by.
//!
//! lol_html calls back for the few elements that matter here and for the text inside of them (that
//! of `<noscript>` it leaves alone, as a browser with scripts does); the
//! state between the calls is [`Reader`]. Fields are kept in one list in the order of the page and
//! handed to their forms at the end, since a field may name a form that comes later.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use encoding_rs::Encoding;
use lol_html::html_content::{Element, EndTag, TextChunk};
use lol_html::{
    ElementContentHandlers, HandlerResult, HtmlRewriter, MemorySettings, Selector, Settings,
};

use super::attributes::{Attributes, button_kind, enctype, input_kind, method};
use super::form::{Field, FieldKind, Form};
use super::page::{
    BotWall, FIELDS_PER_FORM_MAX, FORMS_MAX, LINKS_MAX, Link, PAGE_BYTES_MAX, Page, Refresh,
};
use super::self_submit;
use super::text::{fold, unescaped};

/// Memory for the open elements of a page and a tag that is not closed.
const PARSER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Fields of all forms of a page.
const FIELDS_MAX: usize = 5_000;
/// Labels of a page.
const LABELS_MAX: usize = 2_000;
/// Tokens of a page that stand in `<meta>`.
const CSRF_MAX: usize = 20;
/// Bytes of the text of a link, label, button or option.
const CAPTION_BYTES_MAX: usize = 1_000;
/// Bytes of the text of a text area.
const TEXTAREA_BYTES_MAX: usize = 64 * 1024;
/// Bytes of the scripts of a page that are looked at.
const SCRIPT_BYTES_MAX: usize = 128 * 1024;

/// What a part of a page is read by.
struct Parts {
    elements: Selector,
    with_text: Selector,
}

/// All but the links, which are most of many a page and cost most of its reading.
static FORMS: LazyLock<Parts> = LazyLock::new(|| Parts {
    elements: selector(
        "form,input,select,option,textarea,button,label,fieldset,img,base,meta,title,body,template",
    ),
    with_text: selector("title,label,button,option,textarea"),
});
static FORMS_AND_LINKS: LazyLock<Parts> = LazyLock::new(|| Parts {
    elements: selector(
        "form,input,select,option,textarea,button,label,fieldset,a,area,img,base,meta,title,body,\
         template",
    ),
    with_text: selector("title,label,button,a,option,textarea"),
});
static SCRIPTS: LazyLock<Selector> = LazyLock::new(|| selector("script"));

fn selector(text: &str) -> Selector {
    text.parse().expect("the selectors above are well-formed")
}

/// Reads a page, with its links or without.
pub fn read(html: &str, encoding: &'static Encoding, with_links: bool) -> Page {
    let bytes = html.as_bytes();
    let seen = &bytes[..bytes.len().min(PAGE_BYTES_MAX)];
    let reader = Rc::new(RefCell::new(Reader::new(encoding)));
    let complete = run(seen, &reader, with_links);

    let reader = std::mem::replace(&mut *reader.borrow_mut(), Reader::new(encoding));
    let mut page = reader.finish(bot_wall(seen));
    page.incomplete |= !complete || seen.len() < bytes.len();
    page
}

/// Runs the parser over the page; false if it gave up at its bound of memory.
fn run(html: &[u8], reader: &Rc<RefCell<Reader>>, with_links: bool) -> bool {
    let on_element = |element: &mut Element<'_, '_>| Reader::element(reader, element);
    let on_text = |chunk: &mut TextChunk<'_>| {
        reader.borrow_mut().text(chunk.as_str());
        Ok(())
    };
    let on_script = |chunk: &mut TextChunk<'_>| {
        let scripts = &mut reader.borrow_mut().scripts;
        push_within(scripts, chunk.as_str(), SCRIPT_BYTES_MAX);
        if chunk.last_in_text_node() {
            push_within(scripts, self_submit::SCRIPT_END, SCRIPT_BYTES_MAX);
        }
        Ok(())
    };
    let parts = if with_links { &FORMS_AND_LINKS } else { &FORMS };
    let at = |selector: &'static Selector| Cow::Borrowed(selector);
    let handlers = ElementContentHandlers::default;

    let mut settings = Settings::new()
        .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(PARSER_BYTES_MAX))
        .with_strict(false)
        .append_element_content_handler((at(&parts.elements), handlers().element(on_element)))
        .append_element_content_handler((at(&parts.with_text), handlers().text(on_text)));
    if self_submit::is_possible(html) {
        settings =
            settings.append_element_content_handler((at(&SCRIPTS), handlers().text(on_script)));
    }
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    rewriter.write(html).is_ok() && rewriter.end().is_ok()
}

/// Whom a field belongs to.
enum Owner {
    Form(usize),
    Id(String),
    Nobody,
}

/// A select that is being read.
struct OpenSelect {
    field: usize,
    /// One is chosen even if none is marked: neither `multiple` nor a list of several lines.
    drops_down: bool,
    multiple: bool,
    first: Option<String>,
    marked: bool,
}

/// An option that is being read.
struct OpenOption {
    value: Option<String>,
    selected: bool,
    disabled: bool,
    text: String,
}

/// What has been read so far.
struct Reader {
    page: Page,
    fields: Vec<(Owner, Field)>,
    form: Option<usize>,
    /// The form's element was closed by the end of one around it, as browsers tolerate: fields
    /// that follow still belong to it, until another form begins.
    form_cut_off: bool,
    /// Open `<template>` elements: what is inside is not on the page.
    templates: usize,
    disabled_fieldsets: usize,
    title: Option<String>,
    label: Option<(Option<String>, Vec<usize>, String)>,
    labels: Vec<(String, String)>,
    button: Option<(usize, String)>,
    link: Option<(usize, String)>,
    select: Option<OpenSelect>,
    option: Option<OpenOption>,
    textarea: Option<(usize, String)>,
    scripts: String,
    onload: String,
}

impl Reader {
    fn new(encoding: &'static Encoding) -> Self {
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
            scripts: String::new(),
            onload: String::new(),
        }
    }

    fn element(this: &Rc<RefCell<Reader>>, element: &mut Element<'_, '_>) -> HandlerResult {
        let tag = element.tag_name();
        let mut reader = this.borrow_mut();
        if reader.templates > 0 && tag != "template" {
            return Ok(());
        }
        if tag == "img" && reader.link.is_none() && reader.button.is_none() {
            return Ok(());
        }
        let attributes = Attributes::of(element);
        let ends: AtEnd = match tag.as_str() {
            "form" => reader.begin_form(attributes),
            "input" => reader.input(attributes),
            "button" => reader.begin_button(attributes),
            "select" => reader.begin_select(attributes),
            "option" => reader.begin_option(attributes),
            "textarea" => reader.begin_textarea(attributes),
            "label" => reader.begin_label(attributes),
            "fieldset" if attributes.has("disabled") => {
                reader.disabled_fieldsets += 1;
                Some(|reader, _| {
                    reader.disabled_fieldsets = reader.disabled_fieldsets.saturating_sub(1)
                })
            }
            "a" | "area" => reader.begin_link(attributes),
            "img" => reader.picture(attributes),
            "base" => reader.base(attributes),
            "meta" => reader.meta(attributes),
            "title" if reader.page.title.is_none() && reader.title.is_none() => {
                reader.title = Some(String::new());
                Some(|reader, _| reader.end_title())
            }
            "body" => reader.body(attributes),
            "template" => {
                reader.templates += 1;
                Some(|reader, _| reader.templates = reader.templates.saturating_sub(1))
            }
            _ => None,
        };
        drop(reader);
        if let (Some(ends), true) = (ends, element.can_have_content()) {
            let this = Rc::clone(this);
            element.on_end_tag(Box::new(move |end: &mut EndTag<'_>| {
                ends(&mut this.borrow_mut(), &end.name());
                Ok(())
            }))?;
        }
        Ok(())
    }

    fn text(&mut self, raw: &str) {
        if let Some(text) = &mut self.title {
            push_within(text, raw, CAPTION_BYTES_MAX);
        }
        if let Some((_, _, text)) = &mut self.label {
            push_within(text, raw, CAPTION_BYTES_MAX);
        }
        if let Some((_, text)) = &mut self.button {
            push_within(text, raw, CAPTION_BYTES_MAX);
        }
        if let Some((_, text)) = &mut self.link {
            push_within(text, raw, CAPTION_BYTES_MAX);
        }
        if let Some(option) = &mut self.option {
            push_within(&mut option.text, raw, CAPTION_BYTES_MAX);
        }
        if let Some((_, text)) = &mut self.textarea {
            push_within(text, raw, TEXTAREA_BYTES_MAX);
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
        self.page.submits_itself = self_submit::find(&self.onload, &self.scripts, &self.page.forms);
        self.page
    }
}

/// Forms and their fields.
impl Reader {
    fn begin_form(&mut self, mut attributes: Attributes) -> AtEnd {
        if self.form.is_some() && !self.form_cut_off {
            return None; // A form inside a form is no form.
        }
        if self.page.forms.len() == FORMS_MAX {
            self.page.incomplete = true;
            return None;
        }
        let action = attributes.take("action");
        let scripted =
            attributes.bind_submission() || action.as_deref().is_some_and(is_script_address);
        self.form = Some(self.page.forms.len());
        self.form_cut_off = false;
        self.page.forms.push(Form {
            id: attributes.take_filled("id"),
            name: attributes.take_filled("name"),
            class: attributes.take("class").unwrap_or_default(),
            action,
            method: attributes.get("method").map(method).unwrap_or_default(),
            enctype: attributes.get("enctype").map(enctype).unwrap_or_default(),
            accept_charset: attributes.take_filled("accept-charset"),
            scripted,
            fields: Vec::new(),
        });
        Some(|reader, tag| match tag {
            "form" => reader.form = None,
            _ => reader.form_cut_off = true,
        })
    }

    /// Keeps a field: its place in the list, unless there is no more room.
    fn keep(&mut self, kind: FieldKind, mut attributes: Attributes) -> Option<usize> {
        if self.fields.len() == FIELDS_MAX {
            self.page.incomplete = true;
            return None;
        }
        let owner = match (attributes.take_filled("form"), self.form) {
            (Some(id), _) => Owner::Id(id),
            (None, Some(form)) => Owner::Form(form),
            (None, None) => Owner::Nobody,
        };
        let at = self.fields.len();
        if let Some((_, fields, _)) = &mut self.label {
            fields.push(at);
        }
        let mut field = attributes.into_field(kind);
        field.disabled |= self.disabled_fieldsets > 0;
        self.fields.push((owner, field));
        Some(at)
    }

    fn input(&mut self, attributes: Attributes) -> AtEnd {
        let kind = input_kind(attributes.get("type").unwrap_or_default());
        self.keep(kind, attributes);
        None
    }

    fn begin_button(&mut self, attributes: Attributes) -> AtEnd {
        self.end_button();
        let kind = button_kind(attributes.get("type").unwrap_or_default());
        self.button = self.keep(kind, attributes).map(|at| (at, String::new()));
        Some(|reader, _| reader.end_button())
    }

    fn end_button(&mut self) {
        if let Some((at, text)) = self.button.take() {
            self.fields[at].1.caption(caption(&text));
        }
    }

    fn begin_textarea(&mut self, attributes: Attributes) -> AtEnd {
        self.end_textarea();
        self.textarea = self.keep(FieldKind::Textarea, attributes).map(|at| (at, String::new()));
        Some(|reader, _| reader.end_textarea())
    }

    fn end_textarea(&mut self) {
        if let Some((at, text)) = self.textarea.take() {
            let text = unescaped(&text);
            let text = text.strip_prefix("\r\n").or(text.strip_prefix('\n')).unwrap_or(&text);
            self.fields[at].1.value = text.to_owned();
        }
    }

    fn begin_select(&mut self, attributes: Attributes) -> AtEnd {
        self.end_select();
        let multiple = attributes.has("multiple");
        let lines = attributes.get("size").and_then(|size| size.trim().parse().ok()).unwrap_or(1);
        self.select = self.keep(FieldKind::Select, attributes).map(|field| OpenSelect {
            field,
            drops_down: !multiple && lines <= 1u32,
            multiple,
            first: None,
            marked: false,
        });
        Some(|reader, _| reader.end_select())
    }

    fn end_select(&mut self) {
        self.end_option();
        let Some(select) = self.select.take() else { return };
        if let (true, false, Some(first)) = (select.drops_down, select.marked, select.first) {
            self.fields[select.field].1.chosen.push(first);
        }
    }

    fn begin_option(&mut self, mut attributes: Attributes) -> AtEnd {
        self.end_option();
        self.option = Some(OpenOption {
            value: attributes.take("value"),
            selected: attributes.has("selected"),
            disabled: attributes.has("disabled"),
            text: String::new(),
        });
        Some(|reader, _| reader.end_option())
    }

    fn end_option(&mut self) {
        let (Some(option), Some(select)) = (self.option.take(), self.select.as_mut()) else {
            return;
        };
        let value = option.value.unwrap_or_else(|| caption(&option.text));
        let chosen = &mut self.fields[select.field].1.chosen;
        if option.selected {
            select.marked = true;
            if !select.multiple {
                chosen.clear();
            }
            if !option.disabled && chosen.len() < FIELDS_PER_FORM_MAX {
                chosen.push(value);
            }
        } else if !option.disabled && select.first.is_none() {
            select.first = Some(value);
        }
    }

    fn begin_label(&mut self, mut attributes: Attributes) -> AtEnd {
        self.end_label();
        self.label = Some((attributes.take_filled("for"), Vec::new(), String::new()));
        Some(|reader, _| reader.end_label())
    }

    fn end_label(&mut self) {
        let Some((named, inside, text)) = self.label.take() else { return };
        let text = caption(&text);
        match (named, inside.first()) {
            (Some(id), _) if self.labels.len() < LABELS_MAX => self.labels.push((id, text)),
            (None, Some(&at)) => self.fields[at].1.caption(text),
            _ => {}
        }
    }

    fn hand_out_labels(&mut self) {
        let mut by_id = HashMap::new();
        for (at, (_, field)) in self.fields.iter().enumerate() {
            if let Some(id) = &field.id {
                by_id.entry(id.clone()).or_insert(at);
            }
        }
        for (id, text) in std::mem::take(&mut self.labels) {
            if let Some(&at) = by_id.get(&id) {
                self.fields[at].1.caption(text);
            }
        }
    }

    fn hand_out_fields(&mut self) {
        let mut by_id = HashMap::new();
        for (at, form) in self.page.forms.iter().enumerate() {
            if let Some(id) = &form.id {
                by_id.entry(id.clone()).or_insert(at);
            }
        }
        for (owner, field) in std::mem::take(&mut self.fields) {
            let form = match owner {
                Owner::Form(form) => Some(form),
                Owner::Id(id) => by_id.get(&id).copied(),
                Owner::Nobody => None,
            };
            let fields = match form {
                Some(form) => &mut self.page.forms[form].fields,
                None => &mut self.page.loose_fields,
            };
            if fields.len() < FIELDS_PER_FORM_MAX {
                fields.push(field);
            } else {
                self.page.incomplete = true;
            }
        }
    }
}

/// Everything that is no form.
impl Reader {
    fn begin_link(&mut self, mut attributes: Attributes) -> AtEnd {
        self.end_link();
        let href = attributes.take("href")?;
        if self.page.links.len() == LINKS_MAX {
            self.page.incomplete = true;
            return None;
        }
        let said = ["aria-label", "title", "alt", "data-original-title"];
        self.link = Some((self.page.links.len(), String::new()));
        self.page.links.push(Link {
            href,
            text: said.iter().find_map(|name| attributes.take_filled(name)).unwrap_or_default(),
            method: attributes.take_filled("data-method").map(|m| m.to_ascii_lowercase()),
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
    fn picture(&mut self, mut attributes: Attributes) -> AtEnd {
        let alt = attributes.take_filled("alt").or_else(|| attributes.take_filled("title"))?;
        let around = [self.link.as_mut(), self.button.as_mut()];
        for (_, text) in around.into_iter().flatten() {
            push_within(text, " ", CAPTION_BYTES_MAX);
            push_within(text, &alt, CAPTION_BYTES_MAX);
        }
        None
    }

    fn base(&mut self, mut attributes: Attributes) -> AtEnd {
        if self.page.base.is_none() {
            self.page.base = attributes.take("href");
        }
        None
    }

    fn meta(&mut self, mut attributes: Attributes) -> AtEnd {
        let refreshes = attributes
            .get("http-equiv")
            .is_some_and(|name| name.trim().eq_ignore_ascii_case("refresh"));
        if refreshes && self.page.refresh.is_none() {
            self.page.refresh = attributes.take("content").and_then(|content| refresh(&content));
        }
        let name = attributes.take("name")?;
        let folded = name.to_ascii_lowercase();
        if (folded.contains("csrf") || folded.contains("xsrf")) && self.page.csrf.len() < CSRF_MAX {
            self.page.csrf.push((name, attributes.take("content").unwrap_or_default()));
        }
        None
    }

    fn body(&mut self, mut attributes: Attributes) -> AtEnd {
        if self.onload.is_empty() {
            push_within(
                &mut self.onload,
                &attributes.take("onload").unwrap_or_default(),
                SCRIPT_BYTES_MAX,
            );
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
type AtEnd = Option<fn(&mut Reader, &str)>;

/// Appends what fits, whole characters only.
fn push_within(text: &mut String, more: &str, bytes_max: usize) {
    let room = bytes_max.saturating_sub(text.len());
    text.push_str(&more[..more.floor_char_boundary(room)]);
}

/// Text as a person reads it: entities decoded, white space folded.
fn caption(raw: &str) -> String {
    fold(&unescaped(raw))
}

fn is_script_address(action: &str) -> bool {
    let action = action.trim_start().as_bytes();
    action.get(..11).is_some_and(|start| start.eq_ignore_ascii_case(b"javascript:"))
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
    if has("cf_chl") || has("cf-challenge") {
        Some(BotWall::CloudflareChallenge)
    } else if has("turnstile") && (has("cf-turnstile") || has("challenges.cloudflare.com")) {
        Some(BotWall::Turnstile)
    } else if !has("captcha") {
        None
    } else if has("h-captcha") || has("hcaptcha.com") {
        Some(BotWall::Hcaptcha)
    } else if has("g-recaptcha") || has("recaptcha/api") || has("recaptcha/enterprise") {
        Some(BotWall::Recaptcha)
    } else {
        None
    }
}
