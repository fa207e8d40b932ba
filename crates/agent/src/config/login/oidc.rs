//! A login by OpenID Connect.

use probe::settings::Oidc;
use serde_json::Value;
use url::Url;

use super::{ITEMS_MAX, Reading, form, oauth};
use crate::config::table::Table;
use crate::config::value::{Wrong, https_url, text};

/// The keys of its own.
pub(super) const KEYS: &[&str] = &[
    "client_id",
    "client_secret",
    "client_auth",
    "redirect_uri",
    "scope",
    "claims",
    "then",
    "form",
    "button",
    "user_field",
    "password_field",
    "fields",
];

/// Reads it. The login's url is the issuer.
pub(super) fn read(table: &Table<'_>, url: Url, reading: &mut Reading<'_>) -> Option<Oidc> {
    let issuer = table.text("url", text).unwrap_or_default();
    let auth = oauth::auth(table);
    let client = oauth::client(table, reading, auth);
    for (key, remedy) in [
        ("client_id", "add client_id: the application, as the provider knows it"),
        ("redirect_uri", "add redirect_uri, as it is registered with the provider"),
    ] {
        if !table.has(key) {
            table.note(table.problem(key, format!("the login has no {key}")).help(remedy));
        }
    }
    let claims = table.table("claims").map(|claims| {
        let entries = claims.entries().into_iter().take(ITEMS_MAX);
        entries.filter_map(|(name, value)| Some((name.to_owned(), value.json()?))).collect()
    });
    let claims: Vec<(String, Value)> = claims.unwrap_or_default();
    let configuration = Url::parse(&Oidc::discovery(&issuer)).unwrap_or(url);
    let redirect_uri = table.text("redirect_uri", any_url);
    let then = table.text("then", https_url);
    let scope = table.text("scope", scope).unwrap_or("openid".to_owned());
    let form = form::read(table, configuration.clone());
    Some(Oidc {
        issuer,
        configuration,
        client: client?,
        redirect_uri: redirect_uri?,
        scope,
        claims,
        form,
        then,
    })
}

/// A URL that nothing is asked for at.
fn any_url(value: &str) -> Result<Url, Wrong> {
    let example = r#"write it like "https://app.example/callback""#;
    Url::parse(&text(value)?).map_err(|_| Wrong::new("this is no URL", example))
}

/// Words with `openid` among them.
fn scope(value: &str) -> Result<String, Wrong> {
    let scope = text(value)?;
    match scope.split_whitespace().any(|word| word == "openid") {
        true => Ok(scope),
        false => Err(Wrong::new("the scope lacks openid", r#"as in "openid profile""#)),
    }
}
