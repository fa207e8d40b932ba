//! The attributes of one element, their entities decoded where they are asked for.

use std::borrow::Cow;

use super::form::{Enctype, Field, FieldKind, Method};
use super::tags::Tag;
use super::text::unescaped_attribute;

/// Attributes of an element that are looked at.
const ATTRIBUTES_MAX: usize = 100;

/// Names and values as they are written, in the order of the tag. Of two with one name the first
/// holds.
pub struct Attributes<'h>(Vec<(&'h str, &'h str)>);

impl<'h> Attributes<'h> {
    pub fn of(tag: &Tag<'h>) -> Self {
        let mut all = Vec::with_capacity(8);
        all.extend(tag.attributes().take(ATTRIBUTES_MAX));
        Attributes(all)
    }

    /// The value, its entities decoded. The name is given in lower case.
    pub fn get(&self, name: &str) -> Option<Cow<'h, str>> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| unescaped_attribute(value))
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// The value, empty where it is absent.
    pub fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().into_owned()
    }

    /// The value, unless it is absent or empty.
    pub fn filled(&self, name: &str) -> Option<String> {
        self.get(name).filter(|value| !value.is_empty()).map(Cow::into_owned)
    }

    /// Whether a script takes over what a form's submission would do: it cancels it, or a
    /// framework binds the event (Vue, Angular, Alpine, Livewire, htmx).
    pub fn bind_submission(&self) -> bool {
        self.0.iter().any(|(name, value)| match name.to_ascii_lowercase().as_str() {
            "onsubmit" => {
                let value = unescaped_attribute(value).to_ascii_lowercase();
                let last = value.trim_end().trim_end_matches(';').trim_end();
                last.ends_with("return false") || value.contains("preventdefault()")
            }
            "ng-submit" | "data-ng-submit" | "(ngsubmit)" | "(submit)" => true,
            "hx-post" | "data-hx-post" => true,
            name => ["@submit", "v-on:submit", "x-on:submit", "wire:submit"]
                .iter()
                .any(|bound| name.starts_with(bound)),
        })
    }

    /// The field that the attributes describe.
    pub fn field(&self, kind: FieldKind) -> Field {
        let missing = match kind {
            FieldKind::Checkbox | FieldKind::Radio => "on",
            _ => "",
        };
        let mut label = self.text("aria-label");
        if kind == FieldKind::Image && label.is_empty() {
            label = self.text("alt");
        }
        let folded = |name: &str| self.get(name).unwrap_or_default().to_ascii_lowercase();
        Field {
            kind,
            value: self.get("value").unwrap_or(Cow::Borrowed(missing)).into_owned(),
            chosen: Vec::new(),
            users: Vec::new(),
            checked: self.has("checked"),
            disabled: self.has("disabled"),
            unseen: self.has("hidden") || self.get("style").is_some_and(|style| hides(&style)),
            required: self.has("required"),
            readonly: self.has("readonly"),
            maxlength: self.get("maxlength").and_then(|length| length.trim().parse().ok()),
            autocomplete: folded("autocomplete"),
            inputmode: folded("inputmode"),
            placeholder: self.text("placeholder"),
            formaction: self.filled("formaction"),
            formmethod: self.get("formmethod").map(|name| method(&name)),
            formenctype: self.get("formenctype").map(|name| enctype(&name)),
            id: self.filled("id"),
            name: self.filled("name"),
            label,
        }
    }
}

/// Whether an inline style takes the element off the page.
fn hides(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    let style = style.to_ascii_lowercase();
    style.contains("display:none") || style.contains("visibility:hidden")
}

/// `type` of an `<input>`.
pub fn input_kind(name: &str) -> FieldKind {
    match name.trim().to_ascii_lowercase().as_str() {
        "password" => FieldKind::Password,
        "email" => FieldKind::Email,
        "tel" => FieldKind::Tel,
        "number" => FieldKind::Number,
        "search" => FieldKind::Search,
        "hidden" => FieldKind::Hidden,
        "checkbox" => FieldKind::Checkbox,
        "radio" => FieldKind::Radio,
        "file" => FieldKind::File,
        "submit" => FieldKind::Submit,
        "image" => FieldKind::Image,
        "button" | "reset" => FieldKind::Button,
        _ => FieldKind::Text,
    }
}

/// `type` of a `<button>`.
pub fn button_kind(name: &str) -> FieldKind {
    match name.to_ascii_lowercase().as_str() {
        "button" | "reset" => FieldKind::Button,
        _ => FieldKind::Submit,
    }
}

/// `method` of a form.
pub fn method(name: &str) -> Method {
    match name.to_ascii_lowercase().as_str() {
        "post" => Method::Post,
        "dialog" => Method::Dialog,
        _ => Method::Get,
    }
}

/// `enctype` of a form.
pub fn enctype(name: &str) -> Enctype {
    match name.to_ascii_lowercase().as_str() {
        "multipart/form-data" => Enctype::Multipart,
        "text/plain" => Enctype::TextPlain,
        _ => Enctype::UrlEncoded,
    }
}
