//! What the tests of attempts share: logins, and the search for secrets in what an attempt shows.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod stub;

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use login_service::{Authority, LoginService, Options};
use probe::settings::recipe::{Body, RecipeStep, Request};
use probe::settings::template::Template;
use probe::settings::{Credentials, Form, Kind, Limits, Login, Proof, Roots};
use probe::{Account, Attempt, Prober};

pub const USER: &str = "demo";
pub const PASSWORD: &str = "hemligt";

/// A login service and the authority that its certificate comes from.
pub struct Site {
    pub authority: Authority,
    pub service: LoginService,
}

impl Site {
    pub async fn start() -> Site {
        Site::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Options)) -> Site {
        let authority = Authority::new().unwrap();
        let mut options = Options::new(authority.leaf(&["localhost"]).unwrap());
        change(&mut options);
        Site { service: LoginService::start(options).await.unwrap(), authority }
    }

    /// Signs in to `/login` by form, with the proof `Log out`.
    pub fn login(&self) -> Login {
        let form = Form::new(self.service.url("/login").parse().unwrap());
        self.login_by(Kind::Form(form))
    }

    pub fn login_by(&self, kind: Kind) -> Login {
        login(kind, &self.authority)
    }
}

pub fn login(kind: Kind, authority: &Authority) -> Login {
    let mut login = Login::new(kind, credentials(USER, PASSWORD));
    login.dial.tls.roots = Roots::Only(Arc::new(vec![authority.ca_der()]));
    login.proof = vec![Proof::Text("Log out".to_owned())];
    login
}

pub fn credentials(user: &str, password: &str) -> Credentials {
    Credentials::new(user, password)
}

/// A recipe's step that asks and takes nothing.
pub fn step(name: &str, method: Method, url: &str) -> RecipeStep {
    RecipeStep {
        name: name.to_owned(),
        request: Request {
            method,
            url: Template::parse(url).unwrap(),
            headers: Vec::new(),
            body: Body::Empty,
            follow: true,
        },
        statuses: Vec::new(),
        expect: Vec::new(),
        take: Vec::new(),
    }
}

/// Limits that a healthy service on this machine keeps, and a silent one does not.
pub fn short_limits() -> Limits {
    let short = Duration::from_millis(300);
    Limits { processing: short, transfer: short, tls: short, connect: short, ..Limits::default() }
}

/// One attempt; what it shows is searched for the password.
pub async fn attempt(login: Login) -> Attempt {
    attempt_as(login, Account::Main).await
}

pub async fn attempt_as(login: Login, account: Account) -> Attempt {
    let secrets: Vec<String> = [Some(&login.account), login.second_account.as_deref()]
        .into_iter()
        .flatten()
        .map(|account| secrecy::ExposeSecret::expose_secret(&account.password).to_owned())
        .collect();
    let debug = format!("{login:?}");
    let prepared = Prober::new().prepare(login).unwrap();
    let attempt = prepared.attempt(account).await;
    let shown = [
        debug,
        format!("{prepared:?}"),
        format!("{attempt:?}"),
        serde_json::to_string(&attempt).unwrap(),
        serde_json::to_string(&attempt.evidence).unwrap(),
    ];
    for secret in secrets {
        for text in &shown {
            assert!(!text.contains(&secret), "c10_3: {secret} is shown in {text}");
        }
    }
    attempt
}
