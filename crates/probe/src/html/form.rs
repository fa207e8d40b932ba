//! A form and its fields, as the page's markup gives them.

use std::fmt;

/// Bytes of a field's label to which another label is still added.
const LABEL_BYTES_MAX: usize = 1_000;

/// How a form sends its fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Method {
    /// In the address.
    #[default]
    Get,
    /// In the request's body.
    Post,
    /// Nothing is sent: `method=dialog`.
    Dialog,
}

/// How a form's fields are written into a request's body.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Enctype {
    /// `application/x-www-form-urlencoded`
    #[default]
    UrlEncoded,
    /// `multipart/form-data`
    Multipart,
    /// `text/plain`
    TextPlain,
}

/// What a field is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum FieldKind {
    /// A line of text: also every type that this program does not know.
    Text,
    /// A password.
    Password,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Tel,
    /// A number.
    Number,
    /// A search word.
    Search,
    /// Not shown, sent as it is.
    Hidden,
    /// Sent when checked.
    Checkbox,
    /// Sent when checked; one of a group.
    Radio,
    /// A file: an empty one is sent.
    File,
    /// A list to choose from.
    Select,
    /// Several lines of text.
    Textarea,
    /// A button that submits: `<input type=submit>` or `<button>`.
    Submit,
    /// A picture that submits.
    Image,
    /// A button that submits nothing by itself (`type=button` or `type=reset`).
    Button,
}

impl FieldKind {
    /// Whether a person types words into it, so that a person must have filled it in.
    pub fn is_typed(self) -> bool {
        use FieldKind::*;
        matches!(self, Text | Password | Email | Tel | Number | Search | Textarea)
    }

    /// Whether pressing it submits the form.
    pub fn submits(self) -> bool {
        matches!(self, FieldKind::Submit | FieldKind::Image)
    }
}

/// A field of a form. Its `Debug` leaves out the value, which may be a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub kind: FieldKind,
    /// `name`: none when absent or empty, and then it is never sent.
    pub name: Option<String>,
    /// `id`
    pub id: Option<String>,
    /// `value`, or a textarea's text. Empty when absent, except for a checkbox (`on`).
    pub value: String,
    /// The values of a select's chosen options.
    pub chosen: Vec<String>,
    /// What a select that is called as a user's field offers: values, and what a person reads.
    pub users: Vec<(String, String)>,
    /// `checked`
    pub checked: bool,
    /// `disabled`, its own or that of a fieldset around it.
    pub disabled: bool,
    /// It says itself that it is not shown (`hidden`, or an inline style): bait for robots and for
    /// browsers that fill in passwords.
    pub unseen: bool,
    /// `required`
    pub required: bool,
    /// `readonly`
    pub readonly: bool,
    /// `autocomplete`, in lower case.
    pub autocomplete: String,
    /// `inputmode`, in lower case.
    pub inputmode: String,
    /// `placeholder`
    pub placeholder: String,
    /// `maxlength`
    pub maxlength: Option<u32>,
    /// What a person reads on or beside it: a button's text, or the field's label.
    pub label: String,
    /// `formaction` of a button.
    pub formaction: Option<String>,
    /// `formmethod` of a button.
    pub formmethod: Option<Method>,
    /// `formenctype` of a button.
    pub formenctype: Option<Enctype>,
}

impl Field {
    /// A hidden field.
    pub(super) fn hidden(name: String, value: String) -> Field {
        Field {
            kind: FieldKind::Hidden,
            name: Some(name),
            id: None,
            value,
            chosen: Vec::new(),
            users: Vec::new(),
            checked: false,
            disabled: false,
            unseen: false,
            required: false,
            readonly: false,
            autocomplete: String::new(),
            inputmode: String::new(),
            placeholder: String::new(),
            maxlength: None,
            label: String::new(),
            formaction: None,
            formmethod: None,
            formenctype: None,
        }
    }

    /// The value with which a list of users names this one; none if it is not in it.
    pub fn user(&self, name: &str) -> Option<&str> {
        let is_it = |(value, text): &&(String, String)| value == name || text == name;
        self.users.iter().find(is_it).map(|(value, _)| value.as_str())
    }

    /// Adds what a person reads on or beside it.
    pub(super) fn caption(&mut self, text: String) {
        if self.label.is_empty() {
            self.label = text;
        } else if !text.is_empty() && self.label.len() < LABEL_BYTES_MAX {
            self.label.push(' ');
            self.label.push_str(&text);
        }
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

/// A form of a page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Form {
    /// `id`
    pub id: Option<String>,
    /// `name`
    pub name: Option<String>,
    /// `class`
    pub class: String,
    /// `action` as written, its entities decoded; none when absent.
    pub action: Option<String>,
    /// `method`
    pub method: Method,
    /// `enctype`
    pub enctype: Enctype,
    /// `accept-charset`
    pub accept_charset: Option<String>,
    /// A script takes the submission over (`onsubmit="return false"`, `action="javascript:…"`, a
    /// framework's submit binding), so that sending the form would not be what the page does.
    pub scripted: bool,
    /// Its fields, in the order of the page; those with a `form` attribute elsewhere included.
    pub fields: Vec<Field>,
}

impl Form {
    /// The first field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.as_deref() == Some(name))
    }

    /// The fields of that kind that are not disabled.
    pub fn of_kind(&self, kind: FieldKind) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.kind == kind && !field.disabled)
    }

    /// The default button: the first one that submits, in the order of the page. Where all are
    /// disabled the first one is it too: a script enables it once the fields are filled in.
    pub fn default_button(&self) -> Option<&Field> {
        let mut buttons = self.fields.iter().filter(|field| field.kind.submits());
        self.fields
            .iter()
            .find(|field| field.kind.submits() && !field.disabled)
            .or_else(|| buttons.next())
    }
}
