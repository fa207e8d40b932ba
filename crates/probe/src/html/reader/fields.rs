//! Forms and their fields, as the pass over a page comes upon them.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{AtEnd, Reader, Text, caption};
use crate::html::attributes::{Attributes, button_kind, enctype, input_kind, method};
use crate::html::form::{FieldKind, Form};
use crate::html::page::{FIELDS_PER_FORM_MAX, FORMS_MAX};
use crate::html::text::unescaped;
use crate::html::vocabulary::USER_NAMES;
use crate::html::words::is_named;

/// Fields of all forms of a page.
const FIELDS_MAX: usize = 5_000;
/// Labels of a page.
const LABELS_MAX: usize = 2_000;
/// Users of a list that are kept.
const USERS_MAX: usize = 500;

/// Whom a field belongs to.
pub(super) enum Owner {
    Form(usize),
    Id(String),
    Nobody,
}

/// A select that is being read.
pub(super) struct OpenSelect {
    field: usize,
    /// One is chosen even if none is marked: neither `multiple` nor a list of several lines.
    drops_down: bool,
    multiple: bool,
    first: Option<String>,
    marked: bool,
    lists_users: bool,
}

/// An option that is being read.
pub(super) struct OpenOption<'h> {
    value: Option<String>,
    selected: bool,
    disabled: bool,
    pub text: Text<'h>,
}

impl<'h> Reader<'h> {
    pub fn begin_form(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        if self.form.is_some() && !self.form_cut_off {
            return None; // A form inside a form is no form.
        }
        if self.page.forms.len() == FORMS_MAX {
            self.page.incomplete = true;
            return None;
        }
        let action = attributes.get("action").map(Cow::into_owned);
        let scripted =
            attributes.bind_submission() || action.as_deref().is_some_and(is_script_address);
        self.form = Some(self.page.forms.len());
        self.form_cut_off = false;
        self.page.forms.push(Form {
            id: attributes.filled("id"),
            name: attributes.filled("name"),
            class: attributes.text("class"),
            action,
            method: attributes.get("method").map(|name| method(&name)).unwrap_or_default(),
            enctype: attributes.get("enctype").map(|name| enctype(&name)).unwrap_or_default(),
            accept_charset: attributes.filled("accept-charset"),
            scripted,
            fields: Vec::new(),
        });
        Some(|reader, tag| match tag {
            "form" => reader.form = None,
            _ => reader.form_cut_off = true,
        })
    }

    /// Keeps a field: its place in the list, unless there is no more room.
    fn keep(&mut self, kind: FieldKind, attributes: Attributes<'h>) -> Option<usize> {
        if self.fields.len() == FIELDS_MAX {
            self.page.incomplete = true;
            return None;
        }
        let owner = match (attributes.filled("form"), self.form) {
            (Some(id), _) => Owner::Id(id),
            (None, Some(form)) => Owner::Form(form),
            (None, None) => Owner::Nobody,
        };
        let at = self.fields.len();
        if let Some((_, fields, _)) = &mut self.label {
            fields.push(at);
        }
        let mut field = attributes.field(kind);
        field.disabled |= self.disabled_fieldsets > 0;
        self.fields.push((owner, field));
        Some(at)
    }

    pub fn input(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        let kind = input_kind(&attributes.get("type").unwrap_or_default());
        self.keep(kind, attributes);
        None
    }

    pub fn begin_button(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        self.end_button();
        let kind = button_kind(&attributes.get("type").unwrap_or_default());
        self.button = self.keep(kind, attributes).map(|at| (at, Text::default()));
        Some(|reader, _| reader.end_button())
    }

    pub fn end_button(&mut self) {
        if let Some((at, text)) = self.button.take() {
            self.fields[at].1.caption(caption(&text));
        }
    }

    pub fn begin_textarea(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        self.end_textarea();
        self.textarea = self.keep(FieldKind::Textarea, attributes).map(|at| (at, Text::default()));
        Some(|reader, _| reader.end_textarea())
    }

    pub fn end_textarea(&mut self) {
        if let Some((at, text)) = self.textarea.take() {
            let text = unescaped(&text);
            let text = text.strip_prefix("\r\n").or(text.strip_prefix('\n')).unwrap_or(&text);
            self.fields[at].1.value = text.to_owned();
        }
    }

    pub fn begin_select(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        self.end_select();
        let multiple = attributes.has("multiple");
        let lines = attributes.get("size").and_then(|size| size.trim().parse().ok()).unwrap_or(1);
        self.select = self.keep(FieldKind::Select, attributes).map(|field| {
            let names = [&self.fields[field].1.name, &self.fields[field].1.id];
            let mut names = names.into_iter().flatten();
            OpenSelect {
                field,
                drops_down: !multiple && lines <= 1u32,
                multiple,
                first: None,
                marked: false,
                lists_users: !multiple && names.any(|name| is_named(name, USER_NAMES)),
            }
        });
        Some(|reader, _| reader.end_select())
    }

    pub fn end_select(&mut self) {
        self.end_option();
        let Some(select) = self.select.take() else { return };
        if let (true, false, Some(first)) = (select.drops_down, select.marked, select.first) {
            self.fields[select.field].1.chosen.push(first);
        }
    }

    pub fn begin_option(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        self.end_option();
        self.option = Some(OpenOption {
            value: attributes.get("value").map(Cow::into_owned),
            selected: attributes.has("selected"),
            disabled: attributes.has("disabled"),
            text: Text::default(),
        });
        Some(|reader, _| reader.end_option())
    }

    fn end_option(&mut self) {
        let (Some(option), Some(select)) = (self.option.take(), self.select.as_mut()) else {
            return;
        };
        let value = option.value.unwrap_or_else(|| caption(&option.text));
        let users = &mut self.fields[select.field].1.users;
        if select.lists_users && !option.disabled && users.len() < USERS_MAX {
            users.push((value.clone(), caption(&option.text)));
        }
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

    pub fn begin_label(&mut self, attributes: Attributes<'h>) -> AtEnd<'h> {
        self.end_label();
        self.label = Some((attributes.filled("for"), Vec::new(), Text::default()));
        Some(|reader, _| reader.end_label())
    }

    pub fn end_label(&mut self) {
        let Some((named, inside, text)) = self.label.take() else { return };
        let text = caption(&text);
        match (named, inside.first()) {
            (Some(id), _) if self.labels.len() < LABELS_MAX => self.labels.push((id, text)),
            (None, Some(&at)) => self.fields[at].1.caption(text),
            _ => {}
        }
    }

    pub fn hand_out_labels(&mut self) {
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

    pub fn hand_out_fields(&mut self) {
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

fn is_script_address(action: &str) -> bool {
    let action = action.trim_start().as_bytes();
    action.get(..11).is_some_and(|start| start.eq_ignore_ascii_case(b"javascript:"))
}
