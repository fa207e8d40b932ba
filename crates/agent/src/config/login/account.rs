//! Who signs in: `user`, `password` and `totp`, of the login and of its second account.

use probe::settings::{Credentials, Direct, Kind, Totp};
use secrecy::ExposeSecret;

use super::Reading;
use crate::config::table::Table;
use crate::config::value::text;

/// What the secrets of an account are called where they are listed.
pub(super) struct Named {
    password: &'static str,
    totp: &'static str,
}

/// The login's own account.
pub(super) const MAIN: Named = Named { password: "password", totp: "one-time codes" };
/// Its second account.
pub(super) const SECOND: Named =
    Named { password: "second password", totp: "second one-time codes" };

/// Reads an account. `by_key`: a private key signs in, in the password's place.
pub(super) fn account(
    table: &Table<'_>,
    reading: &mut Reading<'_>,
    named: &Named,
    by_key: bool,
) -> Option<Credentials> {
    let user = table.text("user", text);
    let password = reading.secret(table, "password", named.password);
    for (key, remedy) in [
        ("user", r#"add user = "…": an account for the probe alone"#),
        ("password", r#"add password = { credential = "name" } or { file = "path" }"#),
    ] {
        if !(table.has(key) || key == "password" && by_key) {
            table.note(table.problem(key, format!("the login has no {key}")).help(remedy));
        }
    }
    if by_key && table.has("password") {
        let problem =
            table.problem_with_key("password", "the key signs in, and no password is sent");
        table.note(problem.help("leave out the password, or key"));
    }
    let totp = totp(table, reading, named.totp);
    // What lacks its password is refused; until then the rest of it can be told of.
    Some(Credentials { totp, ..Credentials::new(user?, password.unwrap_or_default()) })
}

fn totp(table: &Table<'_>, reading: &mut Reading<'_>, what: &'static str) -> Option<Totp> {
    let secret = reading.secret(table, "totp", what)?;
    match Totp::parse(secret.expose_secret()) {
        Ok(totp) => Some(totp),
        Err(why) => {
            let problem = table.problem("totp", format!("this secret makes no codes: {why}"));
            let help = "store what the service shows beside its QR code, or that code's \
                        otpauth:// address";
            table.note(problem.help(help).hidden());
            None
        }
    }
}

/// Some servers say the same of a wrong password and of trouble behind them.
pub(super) fn check_second(table: &Table<'_>, kind: Option<&Kind>) {
    let Some(Kind::Direct(direct @ (Direct::Smtp(_) | Direct::Ssh(_)))) = kind else { return };
    if !table.has("second") {
        let message = format!(
            "no second account: many servers of {} say the same of a wrong password and of trouble \
             behind them",
            direct.protocol().as_str().to_uppercase()
        );
        let help = "add [service.login.second]: when both are refused it is down (C3.5)";
        table.note(table.problem("second", message).help(help).warning());
    }
}

/// A code that is never asked for protects nothing, and the service would refuse the login.
pub(super) fn check_codes(table: &Table<'_>, kind: Option<&Kind>) {
    let Some(kind) = kind.filter(|_| table.has("totp")) else { return };
    let (message, help) = match kind {
        Kind::Form(_) | Kind::Oidc(_) | Kind::Recipe(_) => return,
        Kind::Json(json) if json.code_field.is_some() => return,
        Kind::Json(_) => (
            "the call has no field for the one-time code".to_owned(),
            r#"add code_field = "…": the name of the field that takes the code"#,
        ),
        other => (
            format!("a login of kind {} sends no one-time code", other.as_str()),
            "leave totp out, or write the login as a recipe with {totp} where the code goes",
        ),
    };
    table.note(table.problem_with_key("totp", message).help(help));
}
