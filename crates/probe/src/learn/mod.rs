//! Learning a login: from an address, a user and a password to settings that need no guesswork.
//!
//! What a login without settings guesses each time is found out once, and checked:
//!
//! 1. The page is opened, and a link "log in" followed if it has no form; the form is chosen by
//!    its score, filled in and sent. What only a logged-in user sees is collected (`proof`).
//!    The session is ended, and asked for the page once more: it must be over (`first`).
//! 2. A client without the session asks for the same page, and for the login page (`outside`):
//!    what it sees as well proves nothing, and what differs of the form is made anew each time.
//! 3. Only if allowed, one wrong password is tried, to know a refusal by (`refused`, C3.5).
//! 4. A second login, with the explicit settings alone, must give the proof again (`second`). It
//!    is the one that runs each minute from then on, so its requests and bytes are the cost told.
//!
//! Two logins, and one wrong password at most: accounts are locked by wrong ones, and every
//! session costs the service something. The wrong one is tried between the right ones, so that
//! what counts failures in a row begins anew.
//!
//! Where there is nothing to choose (HTTP authentication, and what is not HTTP), a login is made as
//! it stands (`pageless`).
//!
//! Where no form can be sent, nothing is, and the calls that the page's scripts may make are shown
//! (`proposal`).

mod first;
mod outside;
mod pageless;
mod proof;
mod proposal;
mod refused;
mod second;

use std::time::Duration;

use contract::Outcome;

use crate::failure::Failure;
use crate::prober::{PreparedLogin, Prober};
use crate::session::Session;
use crate::settings::{Credentials, Form, Kind, Login};

pub use proposal::Proposal;

/// How long one login may take while it is learned: a one-time code waits for its time.
pub const TOTAL: Duration = Duration::from_secs(150);
/// What is tried as a wrong password.
pub const WRONG_PASSWORD: &str = "upptid-tries-a-wrong-password";

/// What is to be learned.
#[derive(Clone, Debug)]
pub struct Task {
    /// The account, how the service is reached, and the limits. Its kind is a form at the address
    /// that a person would open, or a login that is not HTTP's, by SSH also without a host key;
    /// proofs and the like are what is to be found out.
    pub login: Login,
    /// Whether one wrong password may be tried.
    pub try_wrong_password: bool,
}

/// What came of it.
#[derive(Debug)]
pub enum Lesson {
    /// The login was learned.
    Learned(Box<Learned>),
    /// It was not.
    NotLearned(NotLearned),
}

/// A login that was learned.
#[derive(Debug)]
pub struct Learned {
    /// Its settings: nothing is left to guess.
    pub login: Login,
    /// What was seen of each of them.
    pub saw: Saw,
    /// What one attempt costs.
    pub each: Cost,
    /// What learning cost.
    pub spent: Cost,
}

/// Why a login was not learned.
#[derive(Debug)]
pub struct NotLearned {
    /// What the attempt ended in; never `up`.
    pub outcome: Outcome,
    /// Why, in one plain sentence.
    pub message: String,
    /// What a person may try in a recipe.
    pub proposals: Vec<Proposal>,
    /// What it cost.
    pub spent: Cost,
}

/// What was seen, for people: fragments that fit a comment. Secrets are cut out.
#[derive(Clone, Debug, Default)]
pub struct Saw {
    /// The page with the form, and how it was reached; or what proved the login where there is none.
    pub page: String,
    /// Of an SSH server's key: its fingerprint, and who says that it is the right one.
    pub host_key: String,
    /// Which form of the page it is, and why.
    pub form: String,
    /// What stands beside the user's field.
    pub user_field: String,
    /// What stands beside the password's field.
    pub password_field: String,
    /// What the button says.
    pub button: String,
    /// What each proof is, in the order of the settings.
    pub proof: Vec<&'static str>,
    /// What came of the log-out.
    pub logout: String,
    /// Whether the session went on after it.
    pub goes_on: bool,
    /// What a wrong password was answered with, if one was tried.
    pub refused: Option<String>,
    /// What should be known beside it.
    pub notes: Vec<String>,
}

/// What attempts cost the service.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cost {
    /// Requests.
    pub requests: u32,
    /// Bytes of bodies received, before decompression.
    pub bytes: u64,
    /// Logins that went well: each began a session.
    pub sessions: u32,
    /// Wrong passwords sent.
    pub wrong_passwords: u32,
}

impl Cost {
    fn add(&mut self, session: &Session<'_>) {
        self.requests += session.trace.requests;
        self.bytes += session.trace.bytes_received;
    }
}

/// Learns a login. The error is a fragment about settings that cannot work.
pub async fn learn(prober: &Prober, task: &Task) -> Result<Lesson, String> {
    let mut pupil = Pupil { prober, task, spent: Cost::default() };
    match pupil.learn().await {
        Ok(learned) => Ok(Lesson::Learned(Box::new(learned))),
        Err(Stop::Settings(why)) => Err(why),
        Err(Stop::NotLearned { outcome, message, proposals }) => {
            let spent = pupil.spent;
            Ok(Lesson::NotLearned(NotLearned { outcome, message, proposals, spent }))
        }
    }
}

/// Who learns.
struct Pupil<'a> {
    prober: &'a Prober,
    task: &'a Task,
    spent: Cost,
}

/// Why learning ends early.
enum Stop {
    /// The settings cannot work.
    Settings(String),
    /// The login is down, is refused, or cannot be made.
    NotLearned { outcome: Outcome, message: String, proposals: Vec<Proposal> },
}

impl Stop {
    /// A failure of this session; what is told of it is free of secrets.
    fn of(session: &Session<'_>, failure: &Failure) -> Stop {
        let message = session.trace.redactor.clean(&failure.message());
        Stop::NotLearned { outcome: failure.outcome, message, proposals: Vec::new() }
    }
}

impl Pupil<'_> {
    async fn learn(&mut self) -> Result<Learned, Stop> {
        let asked = match &self.task.login.kind {
            Kind::Form(asked) => Form::new(asked.url.clone()),
            Kind::Direct(direct) => return self.learn_direct(direct.clone()).await,
            _ => {
                let why = "only a page, or an address that is not HTTP's, can be learned";
                return Err(Stop::Settings(why.to_owned()));
            }
        };
        // Kept until the end: it holds the codes that were used.
        let prepared = self.prepare(self.login(Kind::Form(asked)))?;
        let first = match self.first_login(&prepared).await? {
            first::Way::Form(first) => first,
            first::Way::Http(kind) => return self.learn_http(*kind).await,
        };
        let outside = self.look_from_outside(&prepared, &first).await?;
        let mut draft = second::draft(self, *first, &outside)?;
        if self.task.try_wrong_password {
            self.try_wrong_password(&mut draft).await?;
        }
        self.second_login(draft).await
    }

    /// The task's login, of this kind, with the time that learning may take.
    fn login(&self, kind: Kind) -> Login {
        let task = &self.task.login;
        let mut login = Login::new(kind, task.account.clone());
        login.dial = task.dial.clone();
        login.client = task.client.clone();
        login.limits = task.limits.clone();
        login.limits.total = TOTAL.max(task.limits.total);
        login
    }

    fn prepare(&self, login: Login) -> Result<PreparedLogin, Stop> {
        self.prober.prepare(login).map_err(Stop::Settings)
    }

    /// The account with a password that is not its own.
    fn wrong(&self) -> Credentials {
        Credentials::new(self.task.login.account.user.clone(), WRONG_PASSWORD)
    }
}
