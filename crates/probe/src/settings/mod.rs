//! What a login is, in the program's shape. The configuration's shape is another crate's; this one
//! holds only what can be used as it is.

mod direct;
mod endpoint;
mod form;
mod http_auth;
mod json;
mod oauth;
mod oidc;
mod one_time_code;
mod proof;
mod reach;
pub mod recipe;
mod shared;
mod ssh;
pub mod template;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub use direct::Direct;
pub use endpoint::{Encryption, Endpoint, Protocol};
pub use form::{Form, LearnedForm};
pub use http_auth::{Basic, Digest};
pub use json::{Json, JsonBody};
pub use oauth::{ClientAuth, Grant, OAuth, OAuthClient};
pub use oidc::Oidc;
pub use one_time_code::{Totp, TotpHash};
pub use proof::{Logout, Proof, Refusals, Sign};
pub use reach::{Client, Dial, Family, Http, Identity, Limits, Roots, Tls};
pub use recipe::Recipe;
pub use shared::Shared;
pub use ssh::{ClientKey, Command, HostKey, Ssh};

/// One service's login. [`Login::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct Login {
    /// How one signs in, and where.
    pub kind: Kind,
    /// Who signs in.
    pub account: Credentials,
    /// Another account, to tell a refused account from a dead login (C3.5).
    pub second_account: Option<Box<Credentials>>,
    /// What only a logged-in user sees: all of them must be there. When empty, a form's proof is a
    /// way to log out, a Basic login's that the page is refused without the password, and a JSON
    /// login's its token.
    pub proof: Vec<Proof>,
    /// How the session is ended after the proof.
    pub logout: Shared<Logout>,
    /// How this service says that it refuses an account, beside what is recognised by itself.
    pub refusals: Shared<Refusals>,
    /// How long each phase, and the whole, may take.
    pub limits: Shared<Limits>,
    /// How the service is reached.
    pub dial: Shared<Dial>,
    /// What the requests say of who asks.
    pub client: Shared<Client>,
}

impl Login {
    /// A login with every setting at its default.
    pub fn new(kind: Kind, account: Credentials) -> Self {
        Login {
            kind,
            limits: Limits::for_account(&account).into(),
            account,
            second_account: None,
            proof: Vec::new(),
            logout: Shared::default(),
            refusals: Shared::default(),
            dial: Shared::default(),
            client: Shared::default(),
        }
    }

    /// Holds what is the same in `other` together with it.
    pub fn share_with(&mut self, other: &Login) {
        self.logout.share_with(&other.logout);
        self.refusals.share_with(&other.refusals);
        self.limits.share_with(&other.limits);
        self.dial.share_with(&other.dial);
        self.client.share_with(&other.client);
    }

    /// The address that an attempt begins with.
    pub fn url(&self) -> &Url {
        match &self.kind {
            Kind::Form(form) => &form.url,
            Kind::Basic(basic) => &basic.url,
            Kind::Digest(digest) => &digest.url,
            Kind::Json(json) => &json.url,
            Kind::OAuth(oauth) => &oauth.token_url,
            Kind::Oidc(oidc) => &oidc.configuration,
            Kind::Direct(direct) => direct.url(),
            Kind::Recipe(recipe) => &recipe.url,
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
    /// What its one-time codes are made from, where the service asks for them.
    pub totp: Option<Totp>,
}

impl Credentials {
    /// An account without one-time codes.
    pub fn new(user: impl Into<String>, password: impl Into<SecretString>) -> Self {
        Credentials { user: user.into(), password: password.into(), totp: None }
    }
}

/// How one signs in.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A page with a form, as for people.
    Form(Form),
    /// HTTP Basic authentication.
    Basic(Basic),
    /// HTTP Digest authentication.
    Digest(Digest),
    /// A call that answers JSON, as a page's script does.
    Json(Box<Json>),
    /// A token of OAuth 2.0.
    OAuth(Box<OAuth>),
    /// OpenID Connect.
    Oidc(Box<Oidc>),
    /// A protocol that is not HTTP.
    Direct(Direct),
    /// Steps that are written down.
    Recipe(Box<Recipe>),
}

impl Kind {
    /// The name in the configuration.
    pub fn as_str(&self) -> &'static str {
        match self {
            Kind::Form(_) => "form",
            Kind::Basic(_) => "basic",
            Kind::Digest(_) => "digest",
            Kind::Json(_) => "json",
            Kind::OAuth(_) => "oauth",
            Kind::Oidc(_) => "oidc",
            Kind::Direct(direct) => direct.protocol().as_str(),
            Kind::Recipe(_) => "recipe",
        }
    }

    /// The requests of one attempt, but for redirects and, with HTTP, the log-out.
    pub fn requests(&self) -> Vec<&str> {
        match self {
            Kind::Form(_) => vec!["the page", "the form", "the page behind it"],
            Kind::Basic(_) | Kind::Digest(_) => {
                vec!["the page without a password", "the page with it"]
            }
            Kind::Json(json) => {
                let then = json.then.as_ref().map(|_| "the second call");
                ["the account"].into_iter().chain(then).collect()
            }
            Kind::OAuth(oauth) => {
                let then = oauth.then.as_ref().map(|_| "the call with the token");
                let revoke = oauth.revoke.as_ref().map(|_| "the token's end");
                ["the token"].into_iter().chain(then).chain(revoke).collect()
            }
            Kind::Oidc(oidc) => {
                let then = oidc.then.as_ref().map(|_| "the call with the token");
                let flow = ["the configuration", "the login page", "the form", "the code"];
                flow.into_iter().chain(then).chain(["the session's end"]).collect()
            }
            Kind::Direct(direct) => direct.requests(),
            Kind::Recipe(recipe) => {
                recipe.steps.iter().chain(&recipe.log_out).map(|step| step.name.as_str()).collect()
            }
        }
    }

    /// What may not be shown, beside the account's own (C10.3).
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Kind::OAuth(oauth) => oauth.client.iter().filter_map(OAuthClient::secret).collect(),
            Kind::Oidc(oidc) => oidc.client.secret().into_iter().collect(),
            Kind::Recipe(recipe) => {
                recipe.secrets.iter().map(|(_, secret)| secret.expose_secret()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What proves the login where no proof is configured.
    pub fn own_proof(&self) -> &'static str {
        match self {
            Kind::Form(_) => "a way to log out",
            Kind::Basic(_) | Kind::Digest(_) => "the page is refused without the password",
            Kind::Json(_) | Kind::OAuth(_) => "the token",
            Kind::Oidc(_) => "the ID token's claims",
            Kind::Direct(direct) => direct.own_proof(),
            Kind::Recipe(_) => "what the steps expect",
        }
    }
}
