//! A login by a call that answers JSON.

use probe::settings::{Json, JsonBody};
use url::Url;

use super::{ITEMS_MAX, any};
use crate::config::table::{Table, Value};
use crate::config::value::{self, header_name, https_url, one_of, text};

/// The keys of its own.
pub(super) const KEYS: &[&str] = &[
    "body",
    "user_field",
    "password_field",
    "code_field",
    "fields",
    "token",
    "token_header",
    "token_prefix",
    "then",
];

/// Reads it.
pub(super) fn read(table: &Table<'_>, url: Url) -> Json {
    let default = Json::new(url);
    let bodies = [("json", JsonBody::Json), ("form", JsonBody::Form)];
    let fields = table.table("fields").map(|fields| {
        let read = |(name, value): (&str, Value<'_>)| Some((name.to_owned(), value.json()?));
        fields.entries().into_iter().filter_map(read).take(ITEMS_MAX).collect()
    });
    Json {
        body: table.text("body", one_of(&bodies)).unwrap_or(default.body),
        user_field: table.text("user_field", text).unwrap_or(default.user_field),
        password_field: table.text("password_field", text).unwrap_or(default.password_field),
        code_field: table.text("code_field", text),
        fields: fields.unwrap_or_default(),
        token: table.text("token", value::json_pointer),
        token_header: table.text("token_header", header_name).unwrap_or(default.token_header),
        token_prefix: table.text("token_prefix", any).unwrap_or(default.token_prefix),
        then: table.text("then", https_url),
        url: default.url,
    }
}
