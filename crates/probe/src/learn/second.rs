//! From what was seen to settings, and the second login that tries them.

use std::sync::Arc;

use contract::{AccountCause, DownCause, Outcome};

use super::first::FirstLogin;
use super::outside::Outside;
use super::proof::{self, Candidate, Rank};
use super::refused::{self, Pages};
use super::{Cost, Learned, Pupil, Saw, Stop};
use crate::answer::Answer;
use crate::failure::Failure;
use crate::html::learned;
use crate::kinds::SignedIn;
use crate::kinds::form::{self, Entered, Sent};
use crate::logout::log_out_by;
use crate::prober::Account;
use crate::session::Session;
use crate::settings::{Form, Kind, LearnedForm, Login, Logout};

/// What is known before the second login.
pub struct Draft {
    /// The settings so far: the form is explicit, and is not compared yet.
    login: Login,
    /// What the form was, on each page.
    forms: Vec<LearnedForm>,
    candidates: Vec<Candidate>,
    logout: Logout,
    saw: Saw,
    /// The page with the form, and the page behind it.
    pages: (Arc<Answer>, Arc<Answer>),
}

/// Puts together what the first login and a client without its session saw.
pub fn draft(pupil: &Pupil<'_>, first: FirstLogin, outside: &Outside) -> Result<Draft, Stop> {
    let FirstLogin { url, entered, mut candidates, leads_past, lasts_elsewhere, logout, mut saw } =
        first;
    candidates.retain(|candidate| !outside.sees(candidate));
    let has_way_out = candidates.iter().any(|candidate| candidate.rank == Rank::WayOut);
    // Words alone prove nothing: an error page has some too.
    if !has_way_out && !leads_past && !outside.is_refused(&entered.after) {
        let detail = "what came after signing in is shown to anybody: are user and password right?";
        let failure = Failure::down(DownCause::NoProof, detail);
        let (outcome, message) = (failure.outcome, failure.message());
        return Err(Stop::NotLearned { outcome, message, proposals: Vec::new() });
    }
    // A service whose session store is broken shows the same page, once.
    if !has_way_out && lasts_elsewhere {
        candidates.clear();
    }
    let mut form = explicit(Form::new(url), &entered);
    let named = (form.user_field.clone(), form.password_field.clone());
    let mut forms = forms_of(&entered, &form);
    match &outside.form {
        Some(again) => {
            if again.login.user_field != form.user_field {
                form.user_field = None;
            }
            if entered.first.is_none() && again.login.password_field != form.password_field {
                form.password_field = None;
            }
            form.form = form.form.filter(|name| again.called.iter().flatten().any(|n| n == name));
            forms[0] = learned::common(&forms[0], &again.learned);
        }
        None => saw.notes.push("the login page had no form the second time".to_owned()),
    }
    if named != (form.user_field.clone(), form.password_field.clone()) {
        saw.notes.push("the form calls its fields anew each time: they are found by score".into());
    }
    let pages = (Arc::clone(&entered.sent.page), Arc::clone(&entered.after));
    let login = pupil.login(Kind::Form(form));
    Ok(Draft { login, forms, candidates, logout, saw, pages })
}

/// The form by its names.
fn explicit(form: Form, entered: &Entered) -> Form {
    let first = entered.first.as_ref().unwrap_or(&entered.sent);
    let page = first.page.form_page();
    let shown = &page.forms[first.login.form];
    let called = shown.id.clone().or_else(|| shown.name.clone());
    let is_unique = |name: &String| {
        let named = |form: &&crate::html::Form| {
            form.id.as_ref() == Some(name) || form.name.as_ref() == Some(name)
        };
        page.forms.iter().filter(named).count() == 1
    };
    Form {
        form: called.filter(is_unique),
        user_field: first.login.user_field.clone(),
        password_field: entered.sent.login.password_field.clone(),
        ..form
    }
}

/// What is kept of the form of each page.
fn forms_of(entered: &Entered, form: &Form) -> Vec<LearnedForm> {
    let learn = |sent: &Sent| {
        let page = sent.page.form_page();
        learned::learn(page, &sent.page.url, &page.forms[sent.login.form], &form.url)
    };
    entered.first.iter().chain([&entered.sent]).map(learn).collect()
}

impl Pupil<'_> {
    /// Tries one wrong password, and keeps what it is refused with (C3.5).
    pub async fn try_wrong_password(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        let login = Login { account: self.wrong(), ..draft.login.clone() };
        let prepared = self.prepare(login)?;
        let (login, mut session) = (prepared.login(), prepared.session(Account::Main));
        let Kind::Form(form) = &login.kind else { return Ok(()) };
        let result = form::enter(&mut session, form, &login.account, &mut Vec::new()).await;
        self.spent.add(&session);
        self.spent.wrong_passwords += 1;
        let (told, cause) = match &result {
            Ok(entered) => {
                // What is seen with a wrong password too proves nothing.
                let holds = |one: &Candidate| {
                    entered.lack(&session, std::slice::from_ref(&one.proof)).is_none()
                };
                draft.candidates.retain(|candidate| !holds(candidate));
                ("the page changed as if all were well".to_owned(), None)
            }
            Err(failure) => {
                (session.trace.redactor.clean(&failure.message()), Some(failure.outcome))
            }
        };
        let may_refuse = match cause {
            None | Some(Outcome::Account(AccountCause::Rejected)) => true,
            Some(Outcome::Down(DownCause::LoginFormAgain | DownCause::NoProof)) => true,
            Some(Outcome::Down(DownCause::HttpStatus)) => true,
            Some(_) => false,
        };
        match &session.last {
            Some(answer) if may_refuse && !answer.status.is_server_error() => {
                let (before, inside) = &draft.pages;
                let readable = Pages {
                    login: before.readable(),
                    refused: answer.readable(),
                    inside: inside.readable(),
                };
                let sources = [before, answer, inside].map(|page| page.source());
                let [login_page, refused, inside] = &sources;
                let sources = Pages { login: login_page, refused, inside };
                let (user, status) = (&login.account.user, answer.status.as_u16());
                draft.login.refusals.rejected = refused::sign(&readable, &sources, user, status);
            }
            _ => draft.saw.notes.push(format!("a wrong password was not refused: {told}")),
        }
        draft.saw.refused = Some(told);
        Ok(())
    }

    /// Signs in by the explicit settings alone, as each minute from then on, and keeps the proof
    /// that holds again.
    pub async fn second_login(&mut self, draft: Draft) -> Result<Learned, Stop> {
        let Draft { mut login, mut forms, mut candidates, logout, mut saw, .. } = draft;
        let prepared = self.prepare(login.clone())?;
        let mut session = prepared.session(Account::Main);
        let Kind::Form(form) = &prepared.login().kind else {
            return Err(Stop::Settings("only a login by form can be learned".to_owned()));
        };
        let again = async {
            let account = &prepared.login().account;
            let entered = form::enter(&mut session, form, account, &mut Vec::new()).await?;
            candidates
                .retain(|one| entered.lack(&session, std::slice::from_ref(&one.proof)).is_none());
            let chosen = proof::choose(candidates);
            if chosen.is_empty() {
                let known = Form { learned: forms.clone(), ..form.clone() };
                form::lets_pass(&mut session, &known, &entered.sent.page, &entered.after).await?;
            }
            Ok((entered, chosen))
        }
        .await;
        let (entered, chosen) = match again {
            Ok(done) => done,
            Err(failure) => {
                self.spent.add(&session);
                return Err(failed_again(&session, &failure));
            }
        };
        for (known, again) in forms.iter_mut().zip(forms_of(&entered, form)) {
            *known = learned::common(known, &again);
        }
        if chosen.is_empty() {
            saw.notes.push(
                "no page shows a proof that lasts: the login's address is asked for once more each time"
                    .to_owned(),
            );
        }
        saw.notes.extend(end(&mut session, &entered, &logout).await.err());
        let each = Cost {
            requests: session.trace.requests,
            bytes: session.trace.bytes_received,
            sessions: 1,
            wrong_passwords: 0,
        };
        self.spent.add(&session);
        self.spent.sessions += 1;

        if let Kind::Form(form) = &mut login.kind {
            form.learned = forms;
        }
        saw.proof = chosen.iter().map(|candidate| candidate.what).collect();
        login.proof = chosen.into_iter().map(|candidate| candidate.proof).collect();
        login.logout = logout.into();
        login.limits = self.task.login.limits.clone();
        Ok(Learned { login, saw, each, spent: self.spent })
    }
}

async fn end(session: &mut Session<'_>, entered: &Entered, logout: &Logout) -> Result<(), String> {
    let answer = Arc::clone(&entered.after);
    let signed_in = SignedIn { answer, saw: String::new(), credential: None, log_out: None };
    let result = log_out_by(session, logout, &signed_in).await;
    result.map_err(|note| session.trace.redactor.clean(&note))
}

fn failed_again(session: &Session<'_>, failure: &Failure) -> Stop {
    let detail =
        format!("the first login went well, and the second did not: {}", failure.message());
    let message = session.trace.redactor.clean(&detail);
    Stop::NotLearned { outcome: failure.outcome, message, proposals: Vec::new() }
}
