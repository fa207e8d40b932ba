//! `[service.login]`: how one signs in, into the probe's own settings.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use probe::settings::{
    Basic, Client, Credentials, Dial, Family, Form, Http, Identity, Json, JsonBody, Kind, Limits,
    Login, Logout, Proof, Refusals, Sign,
};
use secrecy::SecretString;

use super::secret::{Places, SecretPlace, secret, secret_path};
use super::table::{Table, Value};
use super::value::{
    self, Wrong, duration_ms_within, header_name, header_value, https_url, ip_address, nameserver,
    one_of, text,
};

/// Longest time limit: an hour.
const LIMIT_MS_MAX: i64 = 3_600_000;
/// Most proofs, texts of a refusal, further fields and name servers, each.
const ITEMS_MAX: usize = 32;

/// Keys that only one kind has; said of another kind, this is a better answer than "unknown".
const KEYS_OF_KINDS: [(&str, &str); 10] = [
    ("form", "form"),
    ("button", "form"),
    ("user_field", "form and json"),
    ("password_field", "form and json"),
    ("body", "json"),
    ("token", "json"),
    ("token_header", "json"),
    ("token_prefix", "json"),
    ("then", "json"),
    ("fields", "form and json"),
];

/// A login as the file gives it.
pub(super) struct ReadLogin {
    /// One login; with family `each` one per family, IPv4 first.
    pub(super) logins: Vec<Arc<Login>>,
    /// Secrets that were read, with what each is.
    pub(super) secrets: Vec<(&'static str, SecretPlace)>,
}

/// Reads one login. None if it cannot be measured; that is noted.
pub(super) fn login(table: Table<'_>, places: &Places<'_>) -> Option<ReadLogin> {
    let mut secrets = Vec::new();
    let kind = kind(&table);
    let account = account(&table, places, "password", &mut secrets);
    let second_account = table.table("second").and_then(|second| {
        let account = self::account(&second, places, "second password", &mut secrets);
        second.end();
        account
    });
    let families = [
        ("any", [Family::Any].as_slice()),
        ("v4", &[Family::V4]),
        ("v6", &[Family::V6]),
        ("each", &[Family::V4, Family::V6]),
    ];
    let families = table.text("family", one_of(&families)).unwrap_or(&[Family::Any]);
    let proof = proofs(&table);
    let logout = logout(&table);
    let refusals = Refusals {
        rejected: sign(&table, "rejected"),
        locked: sign(&table, "locked"),
        bot_wall: sign(&table, "bot_wall"),
    };
    let limits = limits(&table);
    let dial = dial(&table, places, &mut secrets);
    let client = client(&table);
    if let (Some(first), Some(second)) = (&account, &second_account)
        && first.user == second.user
    {
        let problem = table.problem("second", "the second account is the first one again");
        table.note(
            problem.help("only a different account tells a locked one from a dead login (C3.5)"),
        );
    }
    check_proof(&table, kind.as_ref());
    check_address(&table, &dial, families.len() > 1);
    table.end();

    let (kind, account) = (kind?, account?);
    let login =
        Login { kind, account, second_account, proof, logout, refusals, limits, dial, client };
    let of_family = |family: &Family| {
        let dial = Dial { family: *family, ..login.dial.clone() };
        Arc::new(Login { dial, ..login.clone() })
    };
    secrets.shrink_to_fit();
    Some(ReadLogin { logins: families.iter().map(of_family).collect(), secrets })
}

fn kind(table: &Table<'_>) -> Option<Kind> {
    let words = [("form", "form"), ("basic", "basic"), ("json", "json")];
    let word = table.value("kind").map_or(Some("form"), |value| value.text(one_of(&words)));
    let url = table.text("url", https_url);
    if !table.has("url") {
        let problem = table.problem("url", "the login has no url");
        table.note(problem.help(r#"add url = "https://…": the page where people sign in"#));
    }
    for (key, owners) in KEYS_OF_KINDS {
        let belongs = word.is_none_or(|word| owners.split(" and ").any(|owner| owner == word));
        if let Some(word) = word
            && !belongs
            && table.has(key)
        {
            let message = format!("a login of kind {word} has no such key");
            let problem = table.problem_with_key(key, message);
            table.note(problem.help(format!("it is a key of kind {owners}")));
        }
        table.allow(key);
    }
    let (word, url) = (word?, url?);
    Some(match word {
        "basic" => Kind::Basic(Basic { url }),
        "json" => Kind::Json(json(table, url)),
        _ => Kind::Form(form(table, url)),
    })
}

fn form(table: &Table<'_>, url: url::Url) -> Form {
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

fn json(table: &Table<'_>, url: url::Url) -> Json {
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
        fields: fields.unwrap_or_default(),
        token: table.text("token", value::json_pointer),
        token_header: table.text("token_header", header_name).unwrap_or(default.token_header),
        token_prefix: table.text("token_prefix", any).unwrap_or(default.token_prefix),
        then: table.text("then", https_url),
        url: default.url,
    }
}

fn account(
    table: &Table<'_>,
    places: &Places<'_>,
    what: &'static str,
    secrets: &mut Vec<(&'static str, SecretPlace)>,
) -> Option<Credentials> {
    let user = table.text("user", text);
    let password: Option<SecretString> =
        secret(table, "password", places).map(|(secret, place)| {
            secrets.push((what, place));
            secret
        });
    for (key, remedy) in [
        ("user", r#"add user = "…": an account for the probe alone"#),
        ("password", r#"add password = { credential = "name" } or { file = "path" }"#),
    ] {
        if !table.has(key) {
            table.note(table.problem(key, format!("the login has no {key}")).help(remedy));
        }
    }
    // What lacks its password is refused; until then the rest of it can be told of.
    Some(Credentials { user: user?, password: password.unwrap_or_default() })
}

fn proofs(table: &Table<'_>) -> Vec<Proof> {
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

fn logout(table: &Table<'_>) -> Logout {
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

fn limits(table: &Table<'_>) -> Limits {
    let default = Limits::default();
    let limits = table.section("limits");
    let limit = |key, default: Duration| {
        let read = limits.text(key, duration_ms_within(1, LIMIT_MS_MAX));
        read.map_or(default, |ms| Duration::from_millis(ms.unsigned_abs()))
    };
    let read = Limits {
        resolve: limit("resolve", default.resolve),
        connect: limit("connect", default.connect),
        tls: limit("tls", default.tls),
        processing: limit("processing", default.processing),
        transfer: limit("transfer", default.transfer),
        total: limit("total", default.total),
    };
    limits.end();
    read
}

fn dial(
    table: &Table<'_>,
    places: &Places<'_>,
    secrets: &mut Vec<(&'static str, SecretPlace)>,
) -> Dial {
    let mut dial = Dial::default();
    let versions = [("1.1", Http::Http11), ("2", Http::Http2), ("auto", Http::Auto)];
    dial.nameservers = table.texts("nameservers", nameserver).unwrap_or_default();
    dial.nameservers.truncate(ITEMS_MAX);
    dial.hosts_file = table.flag("hosts_file").unwrap_or(dial.hosts_file);
    dial.source = table.text("source", ip_address);
    dial.resolve_to = table.text("address", ip_address);
    dial.http = table.text("http", one_of(&versions)).unwrap_or(dial.http);
    if let Some(file) = table.text("ca_file", value::path) {
        match places.roots(file) {
            Ok(roots) => dial.tls.roots = roots,
            Err(why) => table.note(table.problem("ca_file", why)),
        }
    }
    let certificate: Option<PathBuf> = table.text("client_cert", value::path);
    let key = secret_path(table, "client_key", places);
    if table.has("client_cert") != table.has("client_key") {
        let there = if table.has("client_cert") { "client_cert" } else { "client_key" };
        let message = "a client certificate and its key come together";
        table.note(table.problem_with_key(there, message).help("add client_cert and client_key"));
    }
    if let (Some(certificate), Some((key, place))) = (certificate, key) {
        match Identity::from_pem_files(&places.folder.join(certificate), &key) {
            Ok(identity) => dial.tls.identity = Some(Arc::new(identity)),
            Err(why) => table.note(table.problem("client_cert", why)),
        }
        secrets.push(("client key", place));
    }
    dial
}

fn client(table: &Table<'_>) -> Client {
    let default = Client::default();
    Client {
        user_agent: table.text("user_agent", header_value).unwrap_or(default.user_agent),
        accept_language: table.text("accept_language", header_value),
    }
}

/// A login that nothing proves is always down; one that only looks like it is a doubtful witness.
fn check_proof(table: &Table<'_>, kind: Option<&Kind>) {
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
        Some(Kind::Json(_) | Kind::Basic(_)) | None => {}
    }
}

/// Addresses that contradict each other.
fn check_address(table: &Table<'_>, dial: &Dial, is_each: bool) {
    if is_each && (dial.resolve_to.is_some() || dial.source.is_some()) {
        let key = if dial.source.is_some() { "source" } else { "address" };
        let message = "one address cannot be of both families";
        table.note(table.problem(key, message).help(r#"leave it out, or not family = "each""#));
    }
    if let (Some(source), Some(address)) = (dial.source, dial.resolve_to)
        && source.is_ipv4() != address.is_ipv4()
    {
        let message = "source and address are of different families";
        table.note(table.problem("source", message).help("take two of IPv4, or two of IPv6"));
    }
}

/// A path, which may end in `*`.
fn path_pattern(path: &str) -> Result<String, Wrong> {
    if path.starts_with('/') {
        return text(path);
    }
    Err(Wrong::new("a path begins with '/'", r#"as in "/home" or "/home/*""#))
}

/// Any text, also an empty one.
fn any(text: &str) -> Result<String, Wrong> {
    if text.is_empty() { Ok(String::new()) } else { value::text(text) }
}
