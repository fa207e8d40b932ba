//! A login by form.

use probe::settings::Form;
use url::Url;

use super::{ITEMS_MAX, any};
use crate::config::table::{Table, Value};
use crate::config::value::text;

/// The keys of its own.
pub(super) const KEYS: &[&str] = &["form", "button", "user_field", "password_field", "fields"];

/// Reads it.
pub(super) fn read(table: &Table<'_>, url: Url) -> Form {
    let fields = table.table("fields").map(|fields| {
        let read = |(name, value): (&str, Value<'_>)| Some((name.to_owned(), value.text(any)?));
        fields.entries().into_iter().filter_map(read).take(ITEMS_MAX).collect()
    });
    Form {
        form: table.text("form", text),
        user_field: table.text("user_field", text),
        password_field: table.text("password_field", text),
        fields: fields.unwrap_or_default(),
        button: table.text("button", text),
        ..Form::new(url)
    }
}
