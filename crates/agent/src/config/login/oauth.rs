//! A login by a token of OAuth 2.0.

use probe::settings::{ClientAuth, Grant, OAuth, OAuthClient};
use url::Url;

use super::Reading;
use super::form::fields;
use crate::config::table::Table;
use crate::config::value::{https_url, one_of, text};

/// The keys of its own.
pub(super) const KEYS: &[&str] =
    &["grant", "client_id", "client_secret", "client_auth", "scope", "fields", "then", "revoke"];

/// Reads it. With the grant `client_credentials` the account is the client itself.
pub(super) fn read(table: &Table<'_>, url: Url, reading: &mut Reading<'_>) -> OAuth {
    let grants = [("password", "password"), ("client_credentials", "client_credentials")];
    let grant = table.text("grant", one_of(&grants)).unwrap_or("password");
    let auth = auth(table);
    let client = match grant {
        "password" => client(table, reading, auth),
        _ => {
            for key in ["client_id", "client_secret"].into_iter().filter(|key| table.has(key)) {
                let problem = table.problem(key, "with this grant the account is the client");
                table.note(problem.help("give its id as user, and its secret as password"));
            }
            None
        }
    };
    OAuth {
        token_url: url,
        grant: match grant {
            "password" => Grant::Password,
            _ => Grant::ClientCredentials(auth),
        },
        client,
        scope: table.text("scope", text),
        fields: fields(table),
        then: table.text("then", https_url),
        revoke: table.text("revoke", https_url),
    }
}

/// Reads the client that asks in a user's name.
pub(super) fn client(
    table: &Table<'_>,
    reading: &mut Reading<'_>,
    auth: ClientAuth,
) -> Option<OAuthClient> {
    let secret = reading.secret(table, "client_secret", "client secret");
    let id = table.text("client_id", text);
    if table.has("client_secret") && !table.has("client_id") {
        let problem =
            table.problem_with_key("client_secret", "a client secret without a client_id");
        table.note(problem.help("add client_id"));
    }
    Some(OAuthClient { id: id?, secret, auth })
}

/// Reads how a client proves who it is.
pub(super) fn auth(table: &Table<'_>) -> ClientAuth {
    let ways = [("basic", ClientAuth::Basic), ("post", ClientAuth::Post)];
    table.text("client_auth", one_of(&ways)).unwrap_or_default()
}
