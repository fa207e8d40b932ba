//! What proves a login, what ends its session, and what refuses it.

use http::Method;
use probe::settings::{Kind, Logout, Proof, Refusals, Sign};

use super::ITEMS_MAX;
use crate::config::table::{Table, Value};
use crate::config::value::{self, Wrong, https_url, one_of, text};

/// Reads `proof`.
pub(super) fn proofs(table: &Table<'_>) -> Vec<Proof> {
    let list = table.list("proof");
    if list.len() > ITEMS_MAX {
        table.note(table.problem("proof", format!("more than {ITEMS_MAX} proofs")));
    }
    let mut proofs: Vec<Proof> = list.iter().take(ITEMS_MAX).filter_map(proof).collect();
    proofs.shrink_to_fit();
    proofs
}

fn proof(value: &Value<'_>) -> Option<Proof> {
    let Some(table) = value.as_table() else {
        value.note(Wrong::new("a proof is a table", r#"as in proof = [{ text = "Logga ut" }]"#));
        return None;
    };
    let equals = table.value("equals");
    let found = [
        table.text("text", text).map(Proof::Text),
        table.text("link", text).map(Proof::Link),
        table.text("form", text).map(Proof::Form),
        table.text("path", path_pattern).map(Proof::Path),
        table.text("cookie", text).map(Proof::Cookie),
        table.text("json", value::json_pointer).map(|pointer| {
            let equals = equals.as_ref().and_then(Value::json);
            Proof::Json { pointer, equals }
        }),
    ];
    let kinds = ["text", "link", "form", "path", "cookie", "json"];
    if kinds.iter().filter(|kind| table.has(kind)).count() != 1 {
        let problem = value.problem("a proof is one thing that only a logged-in user sees");
        table.note(problem.help("write one of text, link, form, path, cookie or json in each { }"));
    } else if equals.is_some() && !table.has("json") {
        table.note(table.problem("equals", "only a json proof has a value to equal"));
    }
    table.end();
    found.into_iter().flatten().next()
}

/// Reads `logout`.
pub(super) fn logout(table: &Table<'_>) -> Logout {
    let Some(value) = table.value("logout") else { return Logout::default() };
    let Some(how) = value.as_table() else {
        let words = [("auto", true), ("never", false)];
        return match value.text(one_of(&words)) {
            Some(false) => Logout::Never,
            _ => Logout::Auto,
        };
    };
    let methods = [("GET", &Method::GET), ("POST", &Method::POST)];
    let method = how.text("method", one_of(&methods)).unwrap_or(&Method::POST);
    let found = [
        how.text("link", text).map(Logout::Link),
        how.text("form", text).map(Logout::Form),
        how.text("url", https_url).map(|url| Logout::Request { method: method.clone(), url }),
    ];
    if ["link", "form", "url"].iter().filter(|key| how.has(key)).count() != 1 {
        let problem = value.problem("the logout is one thing: a link, a form or a url");
        how.note(problem.help(r#"as in logout = { link = "Logga ut" }, or logout = "never""#));
    }
    how.end();
    found.into_iter().flatten().next().unwrap_or_default()
}

/// Reads `rejected`, `locked` and `bot_wall`.
pub(super) fn refusals(table: &Table<'_>) -> Refusals {
    Refusals {
        rejected: sign(table, "rejected"),
        locked: sign(table, "locked"),
        bot_wall: sign(table, "bot_wall"),
    }
}

/// Words on the page, and statuses: `["Fel lösenord", 403]`.
fn sign(table: &Table<'_>, key: &'static str) -> Sign {
    let mut sign = Sign::default();
    for item in table.list(key).iter().take(ITEMS_MAX) {
        if item.is_number() {
            sign.statuses.extend(item.count(200..=499).and_then(|n| u16::try_from(n).ok()));
        } else {
            sign.texts.extend(item.text(text));
        }
    }
    sign
}

/// A login that nothing proves is always down; one that only looks like it is a doubtful witness.
pub(super) fn check_proof(table: &Table<'_>, kind: Option<&Kind>) {
    let help = r#"add proof = [{ … }]: something that only a logged-in user sees"#;
    match kind {
        _ if table.has("proof") => {}
        Some(Kind::Json(json)) if json.token.is_none() => {
            let problem =
                table.problem("proof", "neither a token nor a proof says who is logged in");
            table.note(problem.help(help));
        }
        Some(Kind::Form(_)) => {
            let message = "no proof is configured: a way to log out is taken for one";
            table.note(table.problem("proof", message).help(help).warning());
        }
        Some(_) | None => {}
    }
}

/// A path, which may end in `*`.
pub(super) fn path_pattern(path: &str) -> Result<String, Wrong> {
    if path.starts_with('/') {
        return text(path);
    }
    Err(Wrong::new("a path begins with '/'", r#"as in "/home" or "/home/*""#))
}
