//! What a service is started with.

use std::net::{Ipv4Addr, SocketAddr};

use rustls_pki_types::CertificateDer;

use crate::{Certificate, Codes};

/// A service's configuration; [`Options::new`] gives what most tests want.
#[derive(Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What to show in the handshake.
    pub certificate: Certificate,
    /// When given, a client certificate below this root is demanded.
    pub client_ca: Option<CertificateDer<'static>>,
    /// Whether HTTP/2 is offered beside HTTP/1.1.
    pub http2: bool,
    /// Whether TLS 1.3 is offered beside TLS 1.2.
    pub tls13: bool,
    /// Who may sign in.
    pub accounts: Vec<Account>,
    /// How a wrong password is answered.
    pub refusal: Refusal,
    /// After so many wrong passwords in a row an account is locked for good.
    pub wrong_attempts_max: Option<u32>,
    /// How the home page lets one log out.
    pub logout: Logout,
}

/// A user who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The user name.
    pub user: String,
    /// The password, in clear text: this service guards nothing.
    pub password: String,
    /// What its one-time codes are made from, if it has any.
    pub codes: Option<Codes>,
}

/// How a wrong user name or password is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Refusal {
    /// 200, the form again with "Wrong user name or password".
    #[default]
    Page,
    /// The same with status 403.
    Forbidden,
    /// The same 303 to `/home` that a right one gets; `/home` then leads back to the form.
    SameRedirect,
}

/// How the home page lets one log out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Logout {
    /// A form that posts a token to `/logout`.
    #[default]
    Form,
    /// A link to `/logout`.
    Link,
}

impl Options {
    /// 127.0.0.1 on a free port, HTTP/1.1 and 2, TLS 1.2 and 1.3, user `demo` with the password
    /// `hemligt`, no locking.
    pub fn new(certificate: Certificate) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            certificate,
            client_ca: None,
            http2: true,
            tls13: true,
            accounts: vec![Account::new("demo", "hemligt")],
            refusal: Refusal::default(),
            wrong_attempts_max: None,
            logout: Logout::default(),
        }
    }
}

impl Account {
    /// An account of that name and password.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into(), codes: None }
    }

    /// The same account, which is asked for a one-time code after its password.
    pub fn with_codes(self, codes: Codes) -> Self {
        Self { codes: Some(codes), ..self }
    }
}
