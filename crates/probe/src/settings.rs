//! What a login is, in the program's shape. The configuration's shape is another crate's; this one
//! holds only what can be used as it is.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

/// One service's login. [`Login::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct Login {
    /// How one signs in, and where.
    pub kind: Kind,
    /// Who signs in.
    pub account: Credentials,
    /// Another account, to tell a refused account from a dead login (C3.5).
    pub second_account: Option<Credentials>,
    /// What only a logged-in user sees: all of them must be there. When empty, a form's proof is a
    /// way to log out, a Basic login's that the page is refused without the password, and a JSON
    /// login's its token.
    pub proof: Vec<Proof>,
    /// How the session is ended after the proof.
    pub logout: Logout,
    /// How this service says that it refuses an account, beside what is recognised by itself.
    pub refusals: Refusals,
    /// How long each phase, and the whole, may take.
    pub limits: Limits,
    /// How the service is reached.
    pub dial: Dial,
    /// What the requests say of who asks.
    pub client: Client,
}

impl Login {
    /// A login with every setting at its default.
    pub fn new(kind: Kind, account: Credentials) -> Self {
        Login {
            kind,
            account,
            second_account: None,
            proof: Vec::new(),
            logout: Logout::default(),
            refusals: Refusals::default(),
            limits: Limits::default(),
            dial: Dial::default(),
            client: Client::default(),
        }
    }

    /// The address that an attempt begins with.
    pub fn url(&self) -> &Url {
        match &self.kind {
            Kind::Form(form) => &form.url,
            Kind::Basic(basic) => &basic.url,
            Kind::Json(json) => &json.url,
        }
    }
}

/// An account of the service, for the probe alone.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The account's name; it may be shown (C10.5).
    pub user: String,
    /// Its password; it may not (C10.3).
    pub password: SecretString,
}

/// How one signs in.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A page with a form, as for people.
    Form(Form),
    /// HTTP Basic authentication.
    Basic(Basic),
    /// A call that answers JSON, as a page's script does.
    Json(Json),
}

impl Kind {
    /// The name in the configuration.
    pub fn as_str(&self) -> &'static str {
        match self {
            Kind::Form(_) => "form",
            Kind::Basic(_) => "basic",
            Kind::Json(_) => "json",
        }
    }
}

/// A login by form. What is not given is found on the page.
#[derive(Clone, Debug)]
pub struct Form {
    /// The page with the form, or one that leads there by redirects.
    pub url: Url,
    /// The form's `id` or `name`, or a part of its `action`.
    pub form: Option<String>,
    /// The name of the field for the user.
    pub user_field: Option<String>,
    /// The name of the field for the password.
    pub password_field: Option<String>,
    /// Further fields to fill in, by name.
    pub fields: Vec<(String, String)>,
    /// The name of the button to press, when it is not the form's default one.
    pub button: Option<String>,
}

impl Form {
    /// A form to be found at this address.
    pub fn new(url: Url) -> Self {
        Form {
            url,
            form: None,
            user_field: None,
            password_field: None,
            fields: Vec::new(),
            button: None,
        }
    }
}

/// A login by HTTP Basic authentication.
#[derive(Clone, Debug)]
pub struct Basic {
    /// The page that asks for the password.
    pub url: Url,
}

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
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    /// The user name or password is wrong.
    pub rejected: Sign,
    /// The account is locked.
    pub locked: Sign,
    /// A bot wall or rate limit.
    pub bot_wall: Sign,
}

/// What to know an answer by: any of these.
#[derive(Clone, Debug, Default)]
pub struct Sign {
    /// Words on the page, in any case.
    pub texts: Vec<String>,
    /// Statuses below 500.
    pub statuses: Vec<u16>,
}

/// How long things may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Each look-up of a name.
    pub resolve: Duration,
    /// Each TCP connect.
    pub connect: Duration,
    /// Each TLS handshake.
    pub tls: Duration,
    /// Each request, until its answer begins.
    pub processing: Duration,
    /// Each answer, from its beginning to its end.
    pub transfer: Duration,
    /// The whole attempt.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            resolve: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            tls: Duration::from_secs(5),
            processing: Duration::from_secs(15),
            transfer: Duration::from_secs(15),
            total: Duration::from_secs(30),
        }
    }
}

/// How a service is reached.
#[derive(Clone, PartialEq, Debug)]
pub struct Dial {
    /// The name servers to ask, in this order; empty: the system's.
    pub nameservers: Vec<SocketAddr>,
    /// Whether `/etc/hosts` is looked into first.
    pub hosts_file: bool,
    /// Which kind of address to take.
    pub family: Family,
    /// The local address to connect from.
    pub source: Option<IpAddr>,
    /// The address of the login's own host: nothing is looked up for it. Other hosts, to which a
    /// redirect may lead, are.
    pub resolve_to: Option<IpAddr>,
    /// What TLS trusts and shows.
    pub tls: Tls,
    /// Which HTTP is spoken.
    pub http: Http,
}

impl Default for Dial {
    fn default() -> Self {
        Dial {
            nameservers: Vec::new(),
            hosts_file: true,
            family: Family::default(),
            source: None,
            resolve_to: None,
            tls: Tls::default(),
            http: Http::default(),
        }
    }
}

/// Which kind of address to take. One attempt uses one address of a name, the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Family {
    /// The first IPv4 address, or the first IPv6 address of a name that has only those.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

/// Which HTTP is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Http {
    /// HTTP/1.1: what every service speaks, and the cheaper one for a login's few requests.
    #[default]
    Http11,
    /// HTTP/2.
    Http2,
    /// What the service prefers, as in a browser.
    Auto,
}

/// What TLS trusts and shows.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tls {
    /// The roots that a certificate must lead to.
    pub roots: Roots,
    /// The client certificate, where the service asks for one.
    pub identity: Option<Arc<Identity>>,
}

/// The roots that a certificate must lead to.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Roots {
    /// The system's.
    #[default]
    System,
    /// These and no others.
    Only(Arc<Vec<CertificateDer<'static>>>),
}

impl Roots {
    /// Reads the certificates of a PEM file. The error is a fragment that names the remedy.
    pub fn from_pem_file(path: &Path) -> Result<Self, String> {
        Ok(Roots::Only(Arc::new(certificates(path)?)))
    }
}

/// A client certificate with its key. `Debug` leaves out the key.
#[derive(PartialEq)]
pub struct Identity {
    /// The certificate first, then those that lead to its root.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key.
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads a chain and a key (PKCS #8, PKCS #1 or SEC 1) from PEM files, which may be the same.
    pub fn from_pem_files(chain: &Path, key: &Path) -> Result<Self, String> {
        let private = PrivateKeyDer::from_pem_file(key)
            .map_err(|_| format!("{} holds no readable private key in PEM form", key.display()))?;
        Ok(Identity { chain: certificates(chain)?, key: private })
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({} certificates)", self.chain.len())
    }
}

/// What the requests say of who asks.
#[derive(Clone, Debug)]
pub struct Client {
    /// `User-Agent`
    pub user_agent: HeaderValue,
    /// `Accept-Language`: for services that choose the proof's language by it.
    pub accept_language: Option<HeaderValue>,
}

impl Default for Client {
    fn default() -> Self {
        Client {
            user_agent: HeaderValue::from_static(concat!("upptid/", env!("CARGO_PKG_VERSION"))),
            accept_language: None,
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|e| format!("{} is not a PEM file of certificates: {e}", path.display()))?;
    if found.is_empty() {
        return Err(format!("{} holds no certificate in PEM form", path.display()));
    }
    Ok(found)
}
