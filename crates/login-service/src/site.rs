//! What answers a request: routes, the login, the log-out, and the faults of pages.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderName};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use url::form_urlencoded;

use crate::answer::{self, Answer, html, redirect, with_header};
use crate::session::{Register, Session, Verdict};
use crate::{Account, BackEnd, Fault, FormChange, Logout, Options, Refusal, pages};

const REQUEST_BODY_BYTES_MAX: usize = 64 * 1024;
const WRONG: &str = "Wrong user name or password";
const WRONG_CODE: &str = "Invalid token. Please make sure you have entered it correctly.";
const LOCKED: &str = "This account is locked";

/// The site: its accounts, its register of sessions, and the fault of the moment.
pub(crate) struct Site {
    accounts: Vec<Account>,
    refusal: Refusal,
    wrong_attempts_max: Option<u32>,
    logout: Logout,
    register: Mutex<Register>,
    faults: watch::Receiver<Fault>,
}

/// A form's or an API call's input.
type Fields = HashMap<String, String>;

impl Site {
    pub(crate) fn new(options: &Options, faults: watch::Receiver<Fault>) -> Self {
        Self {
            accounts: options.accounts.clone(),
            refusal: options.refusal,
            wrong_attempts_max: options.wrong_attempts_max,
            logout: options.logout,
            register: Mutex::default(),
            faults,
        }
    }

    /// Sessions, locks and counters. A poisoned lock is taken as it is: each change is one step.
    pub(crate) fn register(&self) -> MutexGuard<'_, Register> {
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request, with the fault of the moment.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        self.while_fault(Fault::HangBeforeFirstByte).await;
        let fault = *self.faults.borrow();
        if let Some(answer) = faulty_page(fault, &parts) {
            return answer;
        }
        let body = match Limited::new(body, REQUEST_BODY_BYTES_MAX).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return sentence(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large"),
        };
        let answer = self.route(&parts, &body, fault).await;
        match fault {
            Fault::HangMidBody => answer.map(answer::AnswerBody::hanging),
            Fault::CutBody => answer.map(answer::AnswerBody::cut),
            Fault::DripBody => answer.map(answer::AnswerBody::dripping),
            _ => answer,
        }
    }

    async fn route(&self, parts: &Parts, body: &Bytes, fault: Fault) -> Answer {
        match (&parts.method, parts.uri.path()) {
            (&Method::GET, "/") => redirect(StatusCode::SEE_OTHER, "/login"),
            (&Method::GET, "/login") => self.login_page(parts, fault),
            (&Method::POST, "/login") => self.login(parts, body, fault).await,
            (&Method::GET, "/home") => self.home(parts),
            (&Method::GET, "/logout") if self.logout == Logout::Link => self.end_session(parts),
            (&Method::POST, "/logout") if self.logout == Logout::Form => self.logout(parts, body),
            (&Method::GET, "/search") => sentence(StatusCode::OK, "Nothing was found"),
            (&Method::GET, "/basic") => self.basic(parts, fault).await,
            (&Method::POST, "/api/token") => self.api_token(parts, body, fault).await,
            (&Method::GET, "/api/me") => self.api_me(parts),
            (&Method::POST, "/api/logout") => self.api_logout(parts),
            _ => sentence(StatusCode::NOT_FOUND, "There is no such page"),
        }
    }

    /// The form; a visitor without a session gets one, who is signed in is sent home.
    fn login_page(&self, parts: &Parts, fault: Fault) -> Answer {
        let mut register = self.register();
        let known = cookie(parts, "session").and_then(|id| {
            let session = register.find(&id)?;
            let shown = session.clone();
            session.notice = None;
            Some(shown)
        });
        if known.as_ref().is_some_and(|session| session.user.is_some()) {
            return redirect(StatusCode::SEE_OTHER, "/home");
        }
        register.counts.login_pages += 1;
        match known {
            Some(session) => html(StatusCode::OK, pages::login(&session, fault, &host(parts))),
            None => {
                let session = register.open(None);
                let page = html(StatusCode::OK, pages::login(&session, fault, &host(parts)));
                with_session_cookie(page, &session)
            }
        }
    }

    async fn login(&self, parts: &Parts, body: &Bytes, fault: Fault) -> Answer {
        let fields: Fields = form_urlencoded::parse(body).into_owned().collect();
        if fields.get("step").is_some_and(|step| step == "code") {
            return self.code_step(parts, &fields, fault).await;
        }
        let session = match self.acceptable_login(parts, &fields) {
            Ok(session) => session,
            Err((status, why)) => {
                self.register().counts.logins_malformed += 1;
                return sentence(status, why);
            }
        };
        match fault {
            Fault::BackEnd(fault) => return self.broken_back_end(fault, parts).await,
            Fault::FormChanged(FormChange::Demanding) => return self.login_page(parts, fault),
            _ => {}
        }
        let field = |name| fields.get(name).map_or("", String::as_str);
        let user = field("username");
        match self.judge(user, field("password")) {
            Verdict::Right if self.account(user).is_some_and(|account| account.codes.is_some()) => {
                let mut register = self.register();
                if let Some(session) = register.find(&session.id) {
                    session.half = Some(user.to_owned());
                }
                html(StatusCode::OK, pages::code(&session))
            }
            Verdict::Right => self.sign_in(&session, user),
            Verdict::Wrong => self.refuse(session, WRONG),
            Verdict::Locked => self.refuse(session, LOCKED),
        }
    }

    fn account(&self, user: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.user == user)
    }

    fn takes_code(&self, user: &str, code: &str) -> bool {
        self.account(user).is_some_and(|account| self.register().take_code(account, code))
    }

    fn sign_in(&self, session: &Session, user: &str) -> Answer {
        let mut register = self.register();
        register.close(&session.id);
        let session = register.open(Some(user));
        with_session_cookie(redirect(StatusCode::SEE_OTHER, "/home"), &session)
    }

    /// The one-time code after a right password.
    async fn code_step(&self, parts: &Parts, fields: &Fields, fault: Fault) -> Answer {
        let session = cookie(parts, "session").and_then(|id| self.register().find(&id).cloned());
        let session =
            session.filter(|session| fields.get("csrf_token") == Some(&session.csrf_token));
        let half = session.and_then(|session| Some((session.half.clone()?, session)));
        let Some((user, session)) = half.filter(|_| same_origin(parts)) else {
            self.register().counts.logins_malformed += 1;
            return sentence(StatusCode::FORBIDDEN, "The form has expired");
        };
        if fields.contains_key("back") {
            return redirect(StatusCode::SEE_OTHER, "/login");
        }
        match fault {
            Fault::CodeBackEnd(BackEnd::FormAgain) => {
                return html(StatusCode::OK, pages::code(&session));
            }
            Fault::CodeBackEnd(fault) => return self.broken_back_end(fault, parts).await,
            _ => {}
        }
        let code = fields.get("otp").map_or("", String::as_str);
        match self.takes_code(&user, code) {
            true => self.sign_in(&session, &user),
            false => {
                let session = Session { notice: Some(WRONG_CODE), ..session };
                html(StatusCode::OK, pages::code(&session))
            }
        }
    }

    /// What a browser sends and a careless client forgets.
    fn acceptable_login(
        &self,
        parts: &Parts,
        fields: &Fields,
    ) -> Result<Session, (StatusCode, &'static str)> {
        let forbidden = |why| Err((StatusCode::FORBIDDEN, why));
        if !same_origin(parts) {
            return forbidden("The request does not come from this site");
        }
        let session = cookie(parts, "session").and_then(|id| self.register().find(&id).cloned());
        let Some(session) = session else { return forbidden("Cookies are needed to sign in") };
        if fields.get("csrf_token") != Some(&session.csrf_token) {
            return forbidden("The form has expired");
        }
        let is = |name, value| fields.get(name).is_some_and(|sent| sent == value);
        let complete = is("origin_page", pages::ORIGIN_PAGE)
            && is("sign_in", "yes")
            && (is("language", "sv") || is("language", "en"))
            && !fields.contains_key("show")
            && !fields.contains_key("q");
        if !complete {
            return Err((StatusCode::BAD_REQUEST, "The form is incomplete"));
        }
        Ok(session)
    }

    fn judge(&self, user: &str, password: &str) -> Verdict {
        self.register().judge(&self.accounts, self.wrong_attempts_max, (user, password))
    }

    fn refuse(&self, session: Session, notice: &'static str) -> Answer {
        let status = match self.refusal {
            Refusal::Page => StatusCode::OK,
            Refusal::Forbidden => StatusCode::FORBIDDEN,
            Refusal::SameRedirect => {
                if let Some(session) = self.register().find(&session.id) {
                    session.notice = Some(notice);
                }
                return redirect(StatusCode::SEE_OTHER, "/home");
            }
        };
        let session = Session { notice: Some(notice), ..session };
        html(status, pages::login(&session, Fault::None, ""))
    }

    fn home(&self, parts: &Parts) -> Answer {
        let mut register = self.register();
        let session = cookie(parts, "session").and_then(|id| register.find(&id).cloned());
        let Some((session, user)) = session.and_then(|s| s.user.clone().map(|user| (s, user)))
        else {
            return redirect(StatusCode::SEE_OTHER, "/login");
        };
        register.counts.homes += 1;
        html(StatusCode::OK, pages::home(&user, &session, self.logout))
    }

    fn logout(&self, parts: &Parts, body: &Bytes) -> Answer {
        let session = cookie(parts, "session").and_then(|id| self.register().find(&id).cloned());
        let token_fits = form_urlencoded::parse(body).any(|(name, value)| {
            name == "csrf_token" && session.as_ref().is_some_and(|s| s.csrf_token == value)
        });
        if token_fits && same_origin(parts) {
            self.end_session(parts)
        } else {
            sentence(StatusCode::FORBIDDEN, "The form has expired")
        }
    }

    fn end_session(&self, parts: &Parts) -> Answer {
        let mut register = self.register();
        if cookie(parts, "session").is_some_and(|id| register.close(&id)) {
            register.counts.logouts += 1;
        }
        let gone = "session=; Path=/; Max-Age=0; Secure; HttpOnly";
        with_header(redirect(StatusCode::SEE_OTHER, "/login"), header::SET_COOKIE, gone)
    }

    async fn basic(&self, parts: &Parts, fault: Fault) -> Answer {
        let Some((user, password)) = basic_credentials(parts) else { return challenge() };
        if let Fault::BackEnd(fault) = fault {
            return self.broken_back_end(fault, parts).await;
        }
        match self.judge(&user, &password) {
            Verdict::Right => {
                html(StatusCode::OK, pages::message("Files", &format!("Files of {user}")))
            }
            Verdict::Wrong => challenge(),
            Verdict::Locked => sentence(StatusCode::FORBIDDEN, LOCKED),
        }
    }

    async fn api_token(&self, parts: &Parts, body: &Bytes, fault: Fault) -> Answer {
        let input: Value = serde_json::from_slice(body).unwrap_or_default();
        let (Some(user), Some(password)) = (input["user"].as_str(), input["password"].as_str())
        else {
            self.register().counts.logins_malformed += 1;
            let error = json!({ "error": "user and password are needed, as JSON" });
            return answer::json(StatusCode::BAD_REQUEST, &error);
        };
        if let Fault::BackEnd(fault) = fault {
            return self.broken_back_end(fault, parts).await;
        }
        let code = input["code"].as_str().unwrap_or_default();
        match self.judge(user, password) {
            Verdict::Right if !self.takes_code(user, code) => {
                answer::json(StatusCode::UNAUTHORIZED, &json!({ "error": "wrong code" }))
            }
            Verdict::Right => {
                let token = self.register().open(Some(user)).id;
                let answer = json!({ "user": { "name": user }, "auth": { "token": token } });
                answer::json(StatusCode::OK, &answer)
            }
            Verdict::Wrong => answer::json(StatusCode::UNAUTHORIZED, &json!({ "error": WRONG })),
            Verdict::Locked => answer::json(StatusCode::FORBIDDEN, &json!({ "error": LOCKED })),
        }
    }

    fn api_me(&self, parts: &Parts) -> Answer {
        let mut register = self.register();
        let session = bearer(parts).and_then(|id| register.find(id).cloned());
        let Some(user) = session.and_then(|session| session.user) else {
            return answer::json(StatusCode::UNAUTHORIZED, &json!({ "error": "not signed in" }));
        };
        register.counts.homes += 1;
        answer::json(StatusCode::OK, &json!({ "user": { "name": user, "active": true } }))
    }

    fn api_logout(&self, parts: &Parts) -> Answer {
        let mut register = self.register();
        let ended = bearer(parts).is_some_and(|id| register.close(id));
        register.counts.logouts += u64::from(ended);
        answer::json(StatusCode::OK, &json!({ "ended": ended }))
    }

    /// Answers a login whose password nothing can check.
    async fn broken_back_end(&self, fault: BackEnd, parts: &Parts) -> Answer {
        match fault {
            BackEnd::Error500 => {
                sentence(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
            }
            BackEnd::FormAgain => self.login_page(parts, Fault::None),
            BackEnd::ErrorPage => sentence(StatusCode::OK, "Fatal error: database unavailable"),
            BackEnd::Hang => {
                let fault = *self.faults.borrow();
                self.while_fault(fault).await;
                sentence(StatusCode::GATEWAY_TIMEOUT, "The database did not answer in time")
            }
            BackEnd::NoSession => redirect(StatusCode::SEE_OTHER, "/home"),
            BackEnd::RedirectToHttp => {
                redirect(StatusCode::TEMPORARY_REDIRECT, &format!("http://{}/login", host(parts)))
            }
        }
    }

    /// Returns once that is no longer the fault, or the service ends.
    async fn while_fault(&self, fault: Fault) {
        let _ = self.faults.clone().wait_for(|now| *now != fault).await;
    }
}

/// The answers that a fault gives to every request.
fn faulty_page(fault: Fault, parts: &Parts) -> Option<Answer> {
    let path = parts.uri.path();
    Some(match fault {
        Fault::Status(code) => sentence(
            StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            "The service cannot answer now",
        ),
        Fault::EndlessBody => answer::endless(),
        Fault::GzipBomb => answer::gzip_bomb(),
        Fault::RedirectLoop => redirect(StatusCode::FOUND, path),
        Fault::RedirectToHttp => {
            redirect(StatusCode::FOUND, &format!("http://{}{path}", host(parts)))
        }
        Fault::NoForm => sentence(StatusCode::OK, "Welcome to our service"),
        Fault::RateLimited => with_header(
            sentence(StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            header::RETRY_AFTER,
            "600",
        ),
        Fault::Captcha => html(StatusCode::FORBIDDEN, pages::captcha()),
        _ => return None,
    })
}

fn sentence(status: StatusCode, sentence: &str) -> Answer {
    html(status, pages::message(status.canonical_reason().unwrap_or("Error"), sentence))
}

fn challenge() -> Answer {
    let answer = sentence(StatusCode::UNAUTHORIZED, "Sign in to see the files");
    with_header(answer, header::WWW_AUTHENTICATE, r#"Basic realm="files", charset="UTF-8""#)
}

fn with_session_cookie(answer: Answer, session: &Session) -> Answer {
    let cookie = format!("session={}; Path=/; Secure; HttpOnly; SameSite=Lax", session.id);
    with_header(answer, header::SET_COOKIE, &cookie)
}

/// Origin must be this site, or Referer within it; one of them is needed.
fn same_origin(parts: &Parts) -> bool {
    let site = format!("https://{}", host(parts));
    match (header_text(parts, header::ORIGIN), header_text(parts, header::REFERER)) {
        (Some(origin), _) => origin == site,
        (None, Some(referer)) => {
            referer.strip_prefix(&site).is_some_and(|rest| rest.starts_with('/'))
        }
        (None, None) => false,
    }
}

/// Host and port as the client named them.
fn host(parts: &Parts) -> String {
    let authority = parts.uri.authority().map(|authority| authority.as_str());
    authority.or_else(|| header_text(parts, header::HOST)).unwrap_or_default().to_owned()
}

fn cookie(parts: &Parts, name: &str) -> Option<String> {
    let headers = parts.headers.get_all(header::COOKIE).iter();
    let mut pairs = headers.filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(';'));
    pairs.find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

fn basic_credentials(parts: &Parts) -> Option<(String, String)> {
    let encoded = header_text(parts, header::AUTHORIZATION)?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn bearer(parts: &Parts) -> Option<&str> {
    header_text(parts, header::AUTHORIZATION)?.strip_prefix("Bearer ")
}

fn header_text(parts: &Parts, name: HeaderName) -> Option<&str> {
    parts.headers.get(name)?.to_str().ok()
}
