//! What proves a login, what ends its session, and what refuses it.

use http::Method;
use serde_json::Value;
use url::Url;

/// Something that only a logged-in user sees.
#[derive(Clone, PartialEq, Debug)]
pub enum Proof {
    /// These words stand on the page.
    Text(String),
    /// A link whose address or text contains this.
    Link(String),
    /// A form whose action contains this, or that has a field of this name.
    Form(String),
    /// The page's path is this; with a final `*`, begins so.
    Path(String),
    /// A cookie of this name is set.
    Cookie(String),
    /// The answer is JSON and holds a value there.
    Json {
        /// A JSON pointer: `/user/name`.
        pointer: String,
        /// The value that it must be; none: any but `null`.
        equals: Option<Value>,
    },
}

/// How the session is ended.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Logout {
    /// By the form or link that looks like it; nothing when there is none.
    #[default]
    Auto,
    /// Not at all.
    Never,
    /// By the link whose address or text contains this.
    Link(String),
    /// By the form whose `id`, `name` or action contains this.
    Form(String),
    /// By a request.
    Request {
        /// The method, mostly `POST` or `GET`.
        method: Method,
        /// Where to; over https only.
        url: Url,
    },
}

/// How a service says that it refuses an account (C3.5). What was on the login page already, and
/// what comes with a status of 500 and above, says nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refusals {
    /// The user name or password is wrong.
    pub rejected: Sign,
    /// The account is locked.
    pub locked: Sign,
    /// A bot wall or rate limit.
    pub bot_wall: Sign,
}

/// What to know an answer by: any of these.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sign {
    /// Words on the page, in any case; or a piece of its source.
    pub texts: Vec<String>,
    /// Statuses below 500.
    pub statuses: Vec<u16>,
}

impl Sign {
    /// Whether a text is a piece of a page's source, which scripts read, and not of what people do:
    /// it has one of the characters that only a source has.
    pub fn is_of_source(text: &str) -> bool {
        text.contains(['<', '=', ';'])
    }
}
