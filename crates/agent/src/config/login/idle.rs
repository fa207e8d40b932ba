//! Keys that are right in themselves and would do nothing beside the others. Each is refused, with
//! what to write: who writes a key believes that it is kept.

use probe::settings::{Direct, Grant, Kind, Logout};

use super::reach::TLS_KEYS;
use crate::config::table::Table;

/// The limits of phases that this kind of login does not have.
pub(super) fn limits(kind: Option<&Kind>) -> &'static [&'static str] {
    match kind {
        Some(Kind::Direct(Direct::Ssh(_))) => &["tls", "transfer"],
        _ => &[],
    }
}

/// Whether this kind of login speaks TLS.
pub(super) fn has_tls(kind: Option<&Kind>) -> bool {
    !matches!(kind, Some(Kind::Direct(Direct::Ssh(_))))
}

/// Notes the idle keys of a login that ends as `logout` says.
pub(super) fn check(table: &Table<'_>, kind: Option<&Kind>, logout: &Logout) {
    let refuse = |keys: &[&str], why: &str, help: &str| {
        for key in keys.iter().filter(|key| table.has(key)) {
            table.note(table.problem_with_key(key, why).help(help));
        }
    };
    match kind {
        Some(Kind::Direct(direct)) => {
            let help = r#"it goes to one host: write address = "…" if that is not to be looked up"#;
            refuse(&["addresses"], "no further hosts are asked", help);
            if table.has("address") {
                let help = "leave it out, or address";
                refuse(&["nameservers", "hosts_file"], "with address no name is looked up", help);
            }
            if matches!(direct, Direct::Ssh(_)) {
                let help =
                    "the host is known by its host_key; key = { … } signs in without password";
                refuse(&TLS_KEYS, "SSH has no certificates of TLS", help);
            }
        }
        Some(Kind::Json(json)) => {
            if json.token.is_none() {
                let help = r#"add token = "/…": where the answer has it"#;
                refuse(&["token_header", "token_prefix"], "there is no token to show", help);
            }
            let has_codes = table.has("totp") || table.has("second");
            if !has_codes {
                let help = "add totp = { … }: the secret of the account's codes";
                refuse(&["code_field"], "the account has no one-time codes", help);
            }
        }
        Some(Kind::OAuth(oauth)) => {
            if matches!(oauth.grant, Grant::Password) {
                check_client_auth(table);
            }
            if *logout != Logout::Auto {
                let help = "leave it out, or logout";
                refuse(&["revoke"], "logout says how the session ends: nothing is revoked", help);
            }
        }
        Some(Kind::Oidc(_)) => check_client_auth(table),
        _ => {}
    }
}

/// A client without a secret proves nothing, in no way.
fn check_client_auth(table: &Table<'_>) {
    if table.has("client_auth") && !table.has("client_secret") {
        let problem =
            table.problem_with_key("client_auth", "the client has no secret to show in this way");
        table.note(problem.help("add client_secret = { … }, or leave client_auth out"));
    }
}
