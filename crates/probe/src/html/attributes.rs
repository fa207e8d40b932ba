//! The attributes of one element, their entities decoded.

use super::form::{Enctype, Field, FieldKind, Method};
use super::tags::Tag;
use super::text::unescaped_attribute;

/// Attributes of an element that are looked at.
const ATTRIBUTES_MAX: usize = 100;

/// Names (in lower case) and values, in the order of the tag. Of two with one name the first holds.
pub struct Attributes(Vec<(String, String)>);

impl Attributes {
    pub fn of(tag: &Tag<'_>) -> Self {
        let attributes = tag.attributes().take(ATTRIBUTES_MAX);
        let decoded = attributes.map(|(name, value)| {
            (name.to_ascii_lowercase(), unescaped_attribute(value.to_owned()))
        });
        Attributes(decoded.collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn take(&mut self, name: &str) -> Option<String> {
        let (_, value) = self.0.iter_mut().find(|(n, _)| n == name)?;
        Some(std::mem::take(value))
    }

    /// The value, unless it is absent or empty.
    pub fn take_filled(&mut self, name: &str) -> Option<String> {
        self.take(name).filter(|value| !value.is_empty())
    }

    /// Whether a script takes over what a form's submission would do: it cancels it, or a
    /// framework binds the event (Vue, Angular, Alpine, Livewire, htmx).
    pub fn bind_submission(&self) -> bool {
        self.0.iter().any(|(name, value)| match name.as_str() {
            "onsubmit" => {
                let value = value.to_ascii_lowercase();
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
    pub fn into_field(mut self, kind: FieldKind) -> Field {
        let missing = match kind {
            FieldKind::Checkbox | FieldKind::Radio => "on",
            _ => "",
        };
        let mut label = self.take_filled("aria-label").unwrap_or_default();
        if kind == FieldKind::Image && label.is_empty() {
            label = self.take("alt").unwrap_or_default();
        }
        Field {
            kind,
            value: self.take("value").unwrap_or_else(|| missing.to_owned()),
            chosen: Vec::new(),
            users: Vec::new(),
            checked: self.has("checked"),
            disabled: self.has("disabled"),
            unseen: self.has("hidden") || self.get("style").is_some_and(hides),
            required: self.has("required"),
            readonly: self.has("readonly"),
            maxlength: self.get("maxlength").and_then(|length| length.trim().parse().ok()),
            autocomplete: self.take("autocomplete").unwrap_or_default().to_ascii_lowercase(),
            inputmode: self.take("inputmode").unwrap_or_default().to_ascii_lowercase(),
            placeholder: self.take("placeholder").unwrap_or_default(),
            formaction: self.take_filled("formaction"),
            formmethod: self.get("formmethod").map(method),
            formenctype: self.get("formenctype").map(enctype),
            id: self.take_filled("id"),
            name: self.take_filled("name"),
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
