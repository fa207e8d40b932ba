//! A login by form, and what was learned of it.

use probe::html::learned::{FURTHER, HIDDEN_MAX};
use probe::settings::{Form, LearnedForm};
use url::Url;

use super::{ITEMS_MAX, any};
use crate::config::table::{Table, Value};
use crate::config::value::{Wrong, text};

/// The keys of its own.
pub(super) const KEYS: &[&str] =
    &["form", "button", "user_field", "password_field", "fields", "learned"];

/// Pages of a login that have a form: the user's name may be asked for on one of its own.
const PAGES_MAX: usize = 2;

/// Reads it.
pub(super) fn read(table: &Table<'_>, url: Url) -> Form {
    Form {
        form: table.text("form", text),
        user_field: table.text("user_field", text),
        password_field: table.text("password_field", text),
        fields: fields(table),
        button: table.text("button", text),
        learned: learned(table),
        ..Form::new(url)
    }
}

/// Reads `fields`: texts by name.
pub(super) fn fields(table: &Table<'_>) -> Vec<(String, String)> {
    let Some(fields) = table.table("fields") else { return Vec::new() };
    let read = |(name, value): (&str, Value<'_>)| Some((name.to_owned(), value.text(any)?));
    fields.entries().into_iter().filter_map(read).take(ITEMS_MAX).collect()
}

/// Reads `learned`: one table for each page that has a form.
fn learned(table: &Table<'_>) -> Vec<LearnedForm> {
    let list = table.list("learned");
    if list.len() > PAGES_MAX {
        let problem = table.problem("learned", format!("more than {PAGES_MAX} learned forms"));
        table.note(problem.help("one for each page of the login: the user's name, the password"));
    }
    list.iter().take(PAGES_MAX).filter_map(learned_form).collect()
}

fn learned_form(value: &Value<'_>) -> Option<LearnedForm> {
    let Some(table) = value.as_table() else {
        let wrong =
            Wrong::new("a learned form is a table", "run `upptid learn` to have it written");
        value.note(wrong);
        return None;
    };
    let mut hidden = table.texts("hidden", text).unwrap_or_default();
    hidden.truncate(HIDDEN_MAX);
    let named = hidden.len();
    hidden.retain(|name| name != FURTHER);
    let learned = LearnedForm {
        action: table.text("action", text),
        more_hidden: hidden.len() < named,
        hidden,
        button: table.text("button", text),
    };
    table.end();
    Some(learned)
}
