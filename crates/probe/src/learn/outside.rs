//! What a client sees that has no session: the judge of every proof.

use std::sync::Arc;

use super::first::FirstLogin;
use super::proof::Candidate;
use super::{Pupil, Stop};
use crate::answer::Answer;
use crate::html::learned;
use crate::html::login_form::{self, Found, LoginForm, Wanted};
use crate::kinds::form;
use crate::prober::{Account, PreparedLogin};
use crate::proof::Seen;
use crate::session::{Ask, is_good, is_same_origin};
use crate::settings::{LearnedForm, Proof};

/// What a client without the session was shown.
pub struct Outside {
    /// In place of the page behind the login.
    pub landing: Arc<Answer>,
    /// The login form, opened once more.
    pub form: Option<Again>,
}

/// A login form that was opened once more.
pub struct Again {
    /// Its fields.
    pub login: LoginForm,
    /// What is compared each time.
    pub learned: LearnedForm,
    /// Its `id` and `name`.
    pub called: [Option<String>; 2],
}

impl Pupil<'_> {
    /// Asks for the page behind the login, and for the login page, without the session.
    pub async fn look_from_outside(
        &mut self,
        prepared: &PreparedLogin,
        first: &FirstLogin,
    ) -> Result<Outside, Stop> {
        let mut session = prepared.session(Account::Main);
        let behind = Ask::page("check", first.entered.after.url.clone());
        let looked = async {
            let landing = session.follow(behind).await?;
            let landing = form::settle(&mut session, landing).await?;
            // As new as the first time: what the page behind set is forgotten.
            session.jar = Default::default();
            let login = session.follow(Ask::page("page", first.url.clone())).await?;
            let login = form::settle(&mut session, login).await?;
            Ok((landing, login))
        }
        .await;
        self.spent.add(&session);
        let (landing, login) = looked.map_err(|failure| Stop::of(&session, &failure))?;
        let shown = login.form_page();
        let form = match login_form::find(shown, Wanted::default()) {
            Found::Password(found) | Found::IdentifierFirst(found) => {
                let form = &shown.forms[found.form];
                let learned = learned::learn(shown, &login.url, form, &first.url);
                let called = [form.id.clone(), form.name.clone()];
                Some(Again { login: found, learned, called })
            }
            Found::NotSubmittable(_) | Found::None => None,
        };
        Ok(Outside { landing, form })
    }
}

impl Outside {
    /// Whether the page behind the login is not shown to who has no session.
    pub fn is_refused(&self, behind: &Answer) -> bool {
        let elsewhere = self.landing.url.path() != behind.url.path()
            || !is_same_origin(&self.landing.url, &behind.url);
        let asks = login_form::find(self.landing.form_page(), Wanted::default()) != Found::None;
        elsewhere || asks || !is_good(self.landing.status)
    }

    /// Whether the candidate proves nothing, since anybody sees it.
    pub fn sees(&self, candidate: &Candidate) -> bool {
        shows(&self.landing, &candidate.proof)
    }
}

/// Whether a page shows this, to whomever.
pub fn shows(answer: &Answer, proof: &Proof) -> bool {
    let none = |_: &str| None;
    let seen = Seen { before: None, after: answer, cookie_before: &none, cookie_after: &none };
    seen.lacks(std::slice::from_ref(proof)).is_none()
}
