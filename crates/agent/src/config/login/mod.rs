//! `[service.login]`: how one signs in, into the probe's own settings.

mod account;
mod direct;
mod form;
mod idle;
mod json;
mod oauth;
mod oidc;
mod proof;
mod reach;
mod recipe;

use std::collections::BTreeSet;
use std::sync::Arc;

use probe::settings::{Basic, Digest, Family, Kind, Login, Logout, Protocol, Shared};
use secrecy::SecretString;

use self::account::{account, check_codes, check_second};
use self::proof::{check_proof, logout, proofs, refusals};
use self::reach::{check_address, client, dial, limits};
use super::secret::{Places, SecretPlace, secret};
use super::table::Table;
use super::value::{self, Wrong, https_url, one_of};

/// Most proofs, texts of a refusal, further fields and name servers, each.
const ITEMS_MAX: usize = 32;

/// Every kind of login, with the keys that not all kinds have.
const KINDS: [(&str, &[&str]); 11] = [
    ("form", form::KEYS),
    ("basic", &[]),
    ("digest", &[]),
    ("json", json::KEYS),
    ("oauth", oauth::KEYS),
    ("oidc", oidc::KEYS),
    ("recipe", recipe::KEYS),
    ("imap", &[]),
    ("smtp", &[]),
    ("ldap", &[]),
    ("ssh", direct::SSH_KEYS),
];

/// A login as the file gives it.
pub(super) struct ReadLogin {
    /// One login; with family `each` one per family, IPv4 first.
    pub(super) logins: Vec<Arc<Login>>,
    /// Secrets that were read, with what each is.
    pub(super) secrets: Vec<(&'static str, SecretPlace)>,
}

/// Where secrets are read from, and those that were.
struct Reading<'a> {
    places: &'a Places<'a>,
    secrets: Vec<(&'static str, SecretPlace)>,
}

impl Reading<'_> {
    /// Asks `table` for the secret `key`, which is the login's `what`.
    fn secret<'t>(
        &mut self,
        table: &Table<'t>,
        key: &'t str,
        what: &'static str,
    ) -> Option<SecretString> {
        let (secret, place) = secret(table, key, self.places)?;
        self.secrets.push((what, place));
        Some(secret)
    }
}

/// Reads one login. None if it cannot be measured; that is noted.
pub(super) fn login(table: Table<'_>, places: &Places<'_>) -> Option<ReadLogin> {
    let mut reading = Reading { places, secrets: Vec::new() };
    let kind = kind(&table, &mut reading);
    let account = account(&table, &mut reading, &account::MAIN, table.has("key"));
    let second_account = table.table("second").and_then(|second| {
        let by_key = table.has("key");
        let account = self::account(&second, &mut reading, &account::SECOND, by_key);
        check_codes(&second, kind.as_ref());
        second.end();
        account.map(Box::new)
    });
    let families = [
        ("any", [Family::Any].as_slice()),
        ("v4", &[Family::V4]),
        ("v6", &[Family::V6]),
        ("each", &[Family::V4, Family::V6]),
    ];
    let families = table.text("family", one_of(&families)).unwrap_or(&[Family::Any]);
    let proof = proofs(&table);
    let logout: Shared<Logout> = match &kind {
        Some(Kind::Recipe(_)) if recipe::has_log_out(&table) => Logout::Never.into(),
        _ => logout(&table).into(),
    };
    let refusals = refusals(&table).into();
    let limits = limits(&table, account.as_ref(), idle::limits(kind.as_ref())).into();
    let dial = dial(&table, &mut reading, idle::has_tls(kind.as_ref()));
    let client = client(&table).into();
    if let (Some(first), Some(second)) = (&account, &second_account)
        && first.user == second.user
    {
        let problem = table.problem("second", "the second account is the first one again");
        table.note(
            problem.help("only a different account tells a locked one from a dead login (C3.5)"),
        );
    }
    check_proof(&table, kind.as_ref());
    check_codes(&table, kind.as_ref());
    check_second(&table, kind.as_ref());
    check_address(&table, &dial, families);
    idle::check(&table, kind.as_ref(), &logout);
    table.end();

    let (kind, account) = (kind?, account?);
    let login = Login {
        kind,
        account,
        second_account,
        proof,
        logout,
        refusals,
        limits,
        dial: dial.into(),
        client,
    };
    let of_family = |family: &Family| {
        let mut login = login.clone();
        login.dial.family = *family;
        Arc::new(login)
    };
    let mut secrets = reading.secrets;
    secrets.shrink_to_fit();
    Some(ReadLogin { logins: families.iter().map(of_family).collect(), secrets })
}

fn kind(table: &Table<'_>, reading: &mut Reading<'_>) -> Option<Kind> {
    let words = KINDS.map(|(word, _)| (word, word));
    let word = table.value("kind").map_or(Some("form"), |value| value.text(one_of(&words)));
    if let Some(protocol) = word.and_then(Protocol::named) {
        check_keys(table, word);
        return direct::read(table, protocol, reading).map(Kind::Direct);
    }
    let url = table.text("url", https_url);
    if !table.has("url") {
        let problem = table.problem("url", "the login has no url");
        table.note(problem.help(r#"add url = "https://…": the page where people sign in"#));
    }
    check_keys(table, word);
    let (word, url) = (word?, url?);
    Some(match word {
        "basic" => Kind::Basic(Basic { url }),
        "digest" => Kind::Digest(Digest { url }),
        "json" => Kind::Json(Box::new(json::read(table, url))),
        "oauth" => Kind::OAuth(Box::new(oauth::read(table, url, reading))),
        "recipe" => Kind::Recipe(Box::new(recipe::read(table, url, reading))),
        "oidc" => Kind::Oidc(Box::new(oidc::read(table, url, reading)?)),
        _ => Kind::Form(form::read(table, url)),
    })
}

/// Notes the keys that only other kinds have: said so, that is a better answer than "unknown".
fn check_keys(table: &Table<'_>, word: Option<&str>) {
    let keys: BTreeSet<&str> = KINDS.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
    for key in keys {
        let has = |(_, keys): &&(&str, &[&str])| keys.contains(&key);
        let owners: Vec<&str> = KINDS.iter().filter(has).map(|(owner, _)| *owner).collect();
        if let Some(word) = word
            && !owners.contains(&word)
            && table.has(key)
        {
            let message = format!("a login of kind {word} has no such key");
            let problem = table.problem_with_key(key, message);
            table.note(problem.help(format!("it is a key of kind {}", owners.join(" and "))));
        }
        table.allow(key);
    }
}

/// Any text, also an empty one.
fn any(text: &str) -> Result<String, Wrong> {
    if text.is_empty() { Ok(String::new()) } else { value::text(text) }
}
