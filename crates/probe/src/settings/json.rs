//! A login by a call that answers JSON.

use http::HeaderName;
use serde_json::Value;
use url::Url;

/// A login by a call that answers JSON.
#[derive(Clone, Debug)]
pub struct Json {
    /// Where the account is posted to.
    pub url: Url,
    /// How it is written.
    pub body: JsonBody,
    /// The name of the field for the user.
    pub user_field: String,
    /// The name of the field for the password.
    pub password_field: String,
    /// The name of the field for a one-time code, where the account has those.
    pub code_field: Option<String>,
    /// Further fields.
    pub fields: Vec<(String, Value)>,
    /// Where the answer holds a token, as a JSON pointer (`/access_token`); none when the session
    /// is a cookie.
    pub token: Option<String>,
    /// The header that bears the token in the second call.
    pub token_header: HeaderName,
    /// What stands before the token in that header, with its space: `Bearer `.
    pub token_prefix: String,
    /// The second call: what only a logged-in user may ask for. The proof is looked for in its
    /// answer, or without it in the first one's.
    pub then: Option<Url>,
}

impl Json {
    /// Posts `{"username":…,"password":…}` to this address.
    pub fn new(url: Url) -> Self {
        Json {
            url,
            body: JsonBody::default(),
            user_field: "username".to_owned(),
            password_field: "password".to_owned(),
            code_field: None,
            fields: Vec::new(),
            token: None,
            token_header: http::header::AUTHORIZATION,
            token_prefix: "Bearer ".to_owned(),
            then: None,
        }
    }
}

/// How a [`Json`] login writes the account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum JsonBody {
    /// As a JSON object.
    #[default]
    Json,
    /// As a form's fields (OAuth's token endpoints).
    Form,
}
