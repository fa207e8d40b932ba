//! A login by steps, as they are written down.
//!
//! Each step sends its request and follows redirects unless told not to. Then the verdict on the
//! answer, in this order:
//!
//! | what came back | verdict |
//! |---|---|
//! | a status of 500 and above | down, `http_status` (C3.4) |
//! | a configured status; 423; 429, unless the step expects that status | account: as configured; locked; bot wall |
//! | a status that the step does not expect, after a secret was sent, with words of refusal | account, as the words say |
//! | the same, with a challenge | account, bot wall |
//! | 401 or 403 to the request that bears a secret of the account | account, rejected; down, `http_status`, if it speaks of trouble of the service |
//! | another status from 400 | down, `http_status` |
//! | another status | down, `no_proof` |
//! | not what the step expects, after a secret was sent, with words of refusal | account, as the words say |
//! | not what the step expects | down, `no_proof` |
//! | a value that the step takes is not there | the same, and `no_token` |
//!
//! Words count only where the last answer before a secret was sent did not have them, and so it is
//! with what is expected. A token that is refused a moment after it was given is the service's
//! failure. Once a secret was sent there may be a session, so the log-out is run also when a later
//! step fails; its own failure is a note.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use contract::{AccountCause, DownCause, Outcome, UnableCause};
use http::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::answer::Answer;
use crate::cookies::Jar;
use crate::failure::Failure;
use crate::kinds::SignedIn;
use crate::kinds::form::saw;
use crate::kinds::json::{ACCEPT_JSON, has_refused_code};
use crate::proof::{Lack, Seen};
use crate::session::{Ask, Session, is_good};
use crate::settings::recipe::{Body, Expect, Recipe, RecipeStep, Request, STEPS_MAX, Source, Take};
use crate::settings::template::{Encoding, Template};
use crate::settings::{Credentials, Proof};
use crate::verdict;

/// Bytes of a value that is taken.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;
/// Bytes of an answer that are searched by a regular expression.
const SEARCHED_BYTES_MAX: usize = 1024 * 1024;
/// A shorter value guards nothing, and cutting it would spoil the text around it.
const SECRET_BYTES_MIN: usize = 4;

/// What the steps are called in figures: there, names are few and known beforehand.
const NAMES: [&str; STEPS_MAX] = [
    "step_1", "step_2", "step_3", "step_4", "step_5", "step_6", "step_7", "step_8", "step_9",
    "step_10", "step_11", "step_12", "step_13", "step_14", "step_15", "step_16",
];

/// Signs in by the recipe's steps.
pub async fn sign_in(
    session: &mut Session<'_>,
    recipe: &Recipe,
    account: &Credentials,
) -> Result<SignedIn, Failure> {
    let mut run = Run::new(recipe, account);
    let result = run.sign_in(session).await;
    let is_refused =
        result.as_ref().is_err_and(|failure| matches!(failure.outcome, Outcome::Account(_)));
    if run.before.is_some() && !is_refused {
        run.log_out(session).await;
    }
    result
}

/// A recipe under way.
struct Run<'r> {
    recipe: &'r Recipe,
    values: HashMap<&'r str, Known>,
    /// How things were when the first secret was sent; none before.
    before: Option<Before>,
}

/// A value, and the address that it is relative to if it is one.
struct Known {
    text: String,
    at: Url,
}

/// What was known before the first secret was sent.
struct Before {
    answer: Option<Arc<Answer>>,
    jar: Jar,
}

impl<'r> Run<'r> {
    fn new(recipe: &'r Recipe, account: &Credentials) -> Self {
        let mut run = Run { recipe, values: HashMap::new(), before: None };
        run.know("user", account.user.clone(), &recipe.url);
        run.know("password", account.password.expose_secret().to_owned(), &recipe.url);
        for (name, secret) in &recipe.secrets {
            run.know(name, secret.expose_secret().to_owned(), &recipe.url);
        }
        run
    }

    fn know(&mut self, name: &'r str, text: String, at: &Url) {
        self.values.insert(name, Known { text, at: at.clone() });
    }

    async fn sign_in(&mut self, session: &mut Session<'_>) -> Result<SignedIn, Failure> {
        let mut answer = None;
        let mut seen = Vec::new();
        for (step, name) in self.recipe.steps.iter().zip(NAMES) {
            let received = self.step(session, step, name).await?;
            let in_step = |failure: Failure| in_step(failure, step);
            seen = self.judge(session, step, &received).map_err(in_step)?;
            self.take_all(session, step, &received).map_err(in_step)?;
            answer = Some(received);
        }
        let answer = answer.ok_or_else(|| needs_recipe("the recipe has no step"))?;
        let proofs = &session.login.proof;
        if let Some(lack) = proofs.iter().find_map(|proof| self.lack(session, proof, &answer)) {
            return Err(Failure::down(DownCause::NoProof, lack));
        }
        seen.extend(proofs.iter().cloned());
        let saw = match seen.is_empty() {
            true => "every step was answered as expected".to_owned(),
            false => saw(&seen),
        };
        Ok(SignedIn { answer, saw, credential: None, log_out: None })
    }

    /// Runs the steps of the log-out whose values are known: without a token there is no session to
    /// end by it.
    async fn log_out(&mut self, session: &mut Session<'_>) {
        let last = session.last.clone();
        for step in &self.recipe.log_out {
            if step.request.variables().iter().any(|name| !self.values.contains_key(name)) {
                continue;
            }
            let result = match self.step(session, step, "log_out").await {
                Ok(answer) => self.judge(session, step, &answer).map(drop),
                Err(failure) => Err(failure),
            };
            if let Err(failure) = result.map_err(|failure| in_step(failure, step)) {
                session.trace.notes.push(format!("the log-out failed: {}", failure.message()));
            }
        }
        session.last = last;
    }

    /// Sends a step's request.
    async fn step(
        &mut self,
        session: &mut Session<'_>,
        step: &'r RecipeStep,
        name: &'static str,
    ) -> Result<Arc<Answer>, Failure> {
        let request = &step.request;
        let variables = request.variables();
        if variables.contains(&"totp") {
            let code = session.one_time_code().await?.ok_or_else(|| {
                Failure::unable(UnableCause::Credential, "the account has no `totp`")
            })?;
            self.know("totp", code.expose_secret().to_owned(), &self.recipe.url);
        }
        let ask = self.ask(session, step, name).map_err(|failure| in_step(failure, step))?;
        let bears_secret = self.recipe.bears_secret(request);
        // Where an answer says where to go, what was taken from answers is a secret as well.
        let is_led = request.url.only_variable().is_some() && variables.len() > 1;
        if (bears_secret || is_led) && !self.recipe.may_send_to(&ask.url) {
            let host = ask.url.host_str().unwrap_or_default();
            let detail = format!("it would send a secret to {host}: add the host to `hosts`");
            return Err(in_step(needs_recipe(detail), step));
        }
        if bears_secret && self.before.is_none() {
            let (answer, jar) = (session.last.clone(), session.jar.clone());
            self.before = Some(Before { answer, jar });
        }
        match request.follow {
            false => session.send(&ask).await,
            true => session.follow_within(ask, |url| self.recipe.may_send_to(url)).await,
        }
    }

    fn ask(
        &self,
        session: &Session<'_>,
        step: &RecipeStep,
        name: &'static str,
    ) -> Result<Ask, Failure> {
        let request = &step.request;
        let headers = request.headers.iter().map(|(name, value)| {
            let value = self.fill(value, Encoding::Plain)?;
            Ok((name.clone(), header_value(name, value)?))
        });
        let is_json = matches!(request.body, Body::Json(_)) || step.is_about_json();
        let page = Ask::page(name, self.url(request)?);
        Ok(Ask {
            method: request.method.clone(),
            accept: if is_json { ACCEPT_JSON } else { page.accept.clone() },
            body: self.body(&request.body)?,
            referer: session.last.as_ref().map(|answer| answer.url.clone()),
            headers: headers.collect::<Result<_, Failure>>()?,
            ..page
        })
    }

    fn url(&self, request: &Request) -> Result<Url, Failure> {
        let led = request.url.only_variable().and_then(|name| self.values.get(name));
        let url = match led {
            Some(known) => known.at.join(&known.text),
            None => self.recipe.url.join(&self.fill(&request.url, Encoding::Percent)?),
        };
        let mut url = url.map_err(|_| {
            Failure::down(DownCause::BadRedirect, "what was taken from an answer is no address")
        })?;
        url.set_fragment(None);
        Ok(url)
    }

    fn body(&self, body: &Body) -> Result<Option<(HeaderValue, Bytes)>, Failure> {
        let (kind, text) = match body {
            Body::Empty => return Ok(None),
            Body::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    form.append_pair(name, &self.fill(value, Encoding::Plain)?);
                }
                ("application/x-www-form-urlencoded", form.finish())
            }
            Body::Json(json) => {
                let json = json.fill(&|name| self.value(name)).map_err(unknown)?;
                ("application/json", json.to_string())
            }
            Body::Text(text) => ("text/plain;charset=UTF-8", self.fill(text, Encoding::Plain)?),
        };
        Ok(Some((HeaderValue::from_static(kind), Bytes::from(text))))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|known| known.text.as_str())
    }

    fn fill(&self, template: &Template, encoding: Encoding) -> Result<String, Failure> {
        template.fill(&|name| self.value(name), encoding).map_err(unknown)
    }

    /// The verdict on a step's answer; what was seen that was to be there.
    fn judge(
        &self,
        session: &Session<'_>,
        step: &RecipeStep,
        answer: &Answer,
    ) -> Result<Vec<Proof>, Failure> {
        let status = answer.status.as_u16();
        let is_named = step.statuses.contains(&status);
        if !is_named && let Some(failure) = verdict::by_status(answer, &session.login.refusals) {
            return Err(failure);
        }
        let is_expected = is_named || step.statuses.is_empty() && is_good(answer.status);
        if !is_expected {
            return Err(self
                .refusal(session, answer)
                .or_else(|| verdict::by_challenge(self.answer_before(), answer))
                .unwrap_or_else(|| self.unexpected_status(step, answer)));
        }
        let mut seen = Vec::new();
        for expect in &step.expect {
            let lack = match self.wanted(expect)? {
                Wanted::Proof(proof) => {
                    let lack = self.lack(session, &proof, answer);
                    seen.push(proof);
                    lack
                }
                Wanted::Checked { holds, lack } => (!holds(answer)).then_some(lack),
            };
            if let Some(lack) = lack {
                let refusal = self.refusal(session, answer);
                return Err(refusal.unwrap_or_else(|| Failure::down(DownCause::NoProof, lack)));
            }
        }
        Ok(seen)
    }

    /// The words with which the answer refuses the account, once something secret was sent.
    fn refusal(&self, session: &Session<'_>, answer: &Answer) -> Option<Failure> {
        self.before.as_ref()?;
        verdict::by_words(session, self.answer_before(), answer)
    }

    fn unexpected_status(&self, step: &RecipeStep, answer: &Answer) -> Failure {
        let bears_secret = self.recipe.bears_secret(&step.request);
        match answer.status.as_u16() {
            401 | 403 if bears_secret => verdict::by_unauthorized(self.answer_before(), answer),
            400 | 422 if bears_secret && has_refused_code(answer) => {
                let detail = format!("answered {}", answer.status);
                Failure::account(AccountCause::Rejected, detail)
            }
            400.. => verdict::error_status(answer),
            _ => {
                let named: Vec<String> = step.statuses.iter().map(u16::to_string).collect();
                let detail = format!("answered {}, not {}", answer.status, named.join(" or "));
                Failure::down(DownCause::NoProof, detail)
            }
        }
    }

    fn answer_before(&self) -> Option<&Answer> {
        self.before.as_ref()?.answer.as_deref()
    }

    /// Why a proof does not hold in an answer, if it does not.
    fn lack(&self, session: &Session<'_>, proof: &Proof, answer: &Answer) -> Option<String> {
        let cookie_before = |name: &str| {
            let before = self.before.as_ref()?;
            before.jar.value(&answer.url, name, session.now).map(str::to_owned)
        };
        let cookie_after = |name: &str| session.cookie(&answer.url, name).map(str::to_owned);
        let seen = Seen {
            before: self.answer_before(),
            after: answer,
            cookie_before: &cookie_before,
            cookie_after: &cookie_after,
        };
        let (proof, lack) = seen.lacks(std::slice::from_ref(proof))?;
        Some(match (lack, proof) {
            (Lack::NotNew, _) => format!("{proof} was there before signing in"),
            (Lack::Missing, Proof::Json { pointer, equals: Some(_) })
                if has_at(answer, pointer) =>
            {
                format!("{proof} is another one")
            }
            (Lack::Missing, _) => format!("{proof} is not there"),
        })
    }

    /// What an expectation wants of this answer, the values in their places.
    fn wanted<'e>(&self, expect: &'e Expect) -> Result<Wanted<'e>, Failure> {
        let text = |template: &Template| self.fill(template, Encoding::Plain);
        Ok(match expect {
            Expect::Text(words) => Wanted::Proof(Proof::Text(text(words)?)),
            Expect::Json { pointer, equals } => {
                let equals = equals.as_ref().map(|json| json.fill(&|name| self.value(name)));
                let equals = equals.transpose().map_err(unknown)?;
                Wanted::Proof(Proof::Json { pointer: pointer.clone(), equals })
            }
            Expect::Cookie(name) => Wanted::Proof(Proof::Cookie(name.clone())),
            Expect::Path(path) => Wanted::Proof(Proof::Path(path.clone())),
            Expect::NoText(words) => {
                let words = text(words)?;
                let lack = format!("the text \"{words}\" is there");
                Wanted::Checked { holds: Box::new(move |answer| !has_text(answer, &words)), lack }
            }
            Expect::Select(selector) => Wanted::Checked {
                holds: Box::new(|answer| selector.is_in(&answer.source())),
                lack: format!("the element {selector} is not there"),
            },
            Expect::Header { name, equals } => {
                let equals = equals.as_ref().map(text).transpose()?;
                let lack = match equals {
                    Some(_) => format!("the header {name} is not there, or another one"),
                    None => format!("the header {name} is not there"),
                };
                Wanted::Checked {
                    holds: Box::new(move |answer| has_header(answer, name, equals.as_deref())),
                    lack,
                }
            }
        })
    }

    /// Takes a step's values. From here on each of them is a secret too, unless it may be shown.
    fn take_all(
        &mut self,
        session: &mut Session<'_>,
        step: &'r RecipeStep,
        answer: &Answer,
    ) -> Result<(), Failure> {
        for take in &step.take {
            let nothing = |why: &str| {
                let detail = format!("there is no {}: {why}", take.name);
                Failure::down(DownCause::NoToken, detail)
            };
            let Some(value) = taken(session, take, answer).filter(|value| !value.is_empty()) else {
                let refusal = self.refusal(session, answer);
                return Err(refusal.unwrap_or_else(|| nothing(&place_of(take))));
            };
            if value.len() > VALUE_BYTES_MAX {
                return Err(nothing(&format!("it is over {VALUE_BYTES_MAX} bytes")));
            }
            if !take.show && value.len() >= SECRET_BYTES_MIN {
                session.hide(&value);
            }
            self.know(&take.name, value, &answer.url);
        }
        Ok(())
    }
}

/// What an expectation wants of an answer.
enum Wanted<'e> {
    /// Something that must be there, and must not have been there before.
    Proof(Proof),
    /// Anything else; `lack` says that it does not hold.
    Checked { holds: Box<dyn Fn(&Answer) -> bool + 'e>, lack: String },
}

impl RecipeStep {
    /// Whether its answer is read as JSON.
    fn is_about_json(&self) -> bool {
        self.expect.iter().any(|expect| matches!(expect, Expect::Json { .. }))
            || self.take.iter().any(|take| matches!(take.from, Source::Json(_)))
    }
}

fn has_at(answer: &Answer, pointer: &str) -> bool {
    answer.json().is_some_and(|json| json.pointer(pointer).is_some())
}

fn has_text(answer: &Answer, words: &str) -> bool {
    let lacks =
        Seen { before: None, after: answer, cookie_before: &|_| None, cookie_after: &|_| None };
    lacks.lacks(&[Proof::Text(words.to_owned())]).is_none()
}

fn has_header(answer: &Answer, name: &HeaderName, equals: Option<&str>) -> bool {
    let mut values = answer.headers.get_all(name).iter();
    values.any(|value| equals.is_none_or(|wanted| value.as_bytes() == wanted.as_bytes()))
}

/// What stands in an answer where a value is to be taken.
fn taken(session: &Session<'_>, take: &Take, answer: &Answer) -> Option<String> {
    let found = match &take.from {
        Source::Select(selector, attribute) => {
            selector.find(&answer.source(), attribute.as_deref())?
        }
        Source::Json(pointer) => match answer.json()?.pointer(pointer)? {
            Value::String(text) => text.clone(),
            number_or_truth @ (Value::Number(_) | Value::Bool(_)) => number_or_truth.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        },
        Source::Header(name) => answer.header(name.clone())?.to_owned(),
        Source::Cookie(name) => percent_decoded(session.cookie(&answer.url, name)?),
        Source::Body => {
            let mut source = answer.source().into_owned();
            source.truncate(source.floor_char_boundary(SEARCHED_BYTES_MAX));
            source
        }
    };
    match &take.pattern {
        Some(pattern) => pattern.find(&found).map(str::to_owned),
        None => Some(found),
    }
}

fn place_of(take: &Take) -> String {
    match &take.from {
        Source::Select(selector, None) => format!("nothing fits {selector}"),
        Source::Select(selector, Some(name)) => format!("nothing fits {selector} and has {name}"),
        Source::Json(pointer) => format!("nothing is at {pointer}"),
        Source::Header(name) => format!("there is no header {name} that fits"),
        Source::Cookie(name) => format!("there is no cookie {name} that fits"),
        Source::Body => "nothing fits the regular expression".to_owned(),
    }
}

/// The text without its `%41`; as it is if that is no text.
fn percent_decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    let decoded = form_urlencoded::parse(pair.as_bytes()).next();
    decoded.map_or_else(|| text.to_owned(), |(_, value)| value.into_owned())
}

fn header_value(name: &HeaderName, value: String) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::try_from(value).map_err(|_| {
        let detail = format!("a value cannot stand in the header {name}");
        Failure::unable(UnableCause::Credential, detail)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn needs_recipe(detail: impl Into<String>) -> Failure {
    Failure::unable(UnableCause::NeedsRecipe, detail)
}

/// A variable without a value: the configuration is checked so that there is none.
fn unknown(name: &str) -> Failure {
    Failure::unable(UnableCause::Internal, format!("there is no value {{{name}}}"))
}

/// The same failure, and in which step.
fn in_step(failure: Failure, step: &RecipeStep) -> Failure {
    let step = format!("step {:?}", step.name);
    let detail = match failure.detail.as_str() {
        "" => step,
        detail => format!("{step}: {detail}"),
    };
    Failure { detail, ..failure }
}
