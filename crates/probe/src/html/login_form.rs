//! Which of a page's forms is the login.
//!
//! Every form gets a score, and the best one that reaches `SCORE_MIN` is the login:
//!
//! | what is seen | points |
//! |---|---|
//! | exactly one password field | 100 |
//! | it says `autocomplete=current-password` | 20 |
//! | it says `autocomplete=new-password` | -15 |
//! | a field for the user: see `user_score` | 10 to 40 |
//! | the form's id, name, class or action speak of a login | 25 |
//! | its button does | 15 |
//! | they speak of registering, searching, resetting, a newsletter | -60 |
//! | its button does | -40 |
//! | each further field that a person would have to fill in | -15 |
//!
//! Two password fields are a registration or a change of password, unless the second one takes a
//! one-time code. Without any password field on the page, a form that asks for the user alone
//! is the first step of a login, if it says so: a field `autocomplete=username`, a login word in
//! its names, or a user field with a button that says "log in" or "next".
//!
//! Where nobody types who they are, a list that is called as a user's field names the users.
//!
//! What cannot be sent is never guessed around: see [`NotSubmittable`].

use super::form::{Field, FieldKind, Form, Method};
use super::page::Page;
use super::vocabulary;
use super::words::{is_named, says};

/// The least score of a login form.
const SCORE_MIN: i32 = 50;
/// The least score of a field for a one-time code.
const CODE_SCORE_MIN: i32 = 60;

/// What the configuration says, so that it is not guessed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The form's `id` or `name`, or a part of its `action`.
    pub form: Option<&'a str>,
    /// The user field's name.
    pub user_field: Option<&'a str>,
    /// The password field's name.
    pub password_field: Option<&'a str>,
}

/// A form that signs in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoginForm {
    /// An index of the page's `forms`.
    pub form: usize,
    /// The name of the field for the user; none on the second page of an identifier-first login.
    pub user_field: Option<String>,
    /// The name of the field for the password; none on the first page of such a login.
    pub password_field: Option<String>,
    /// The name of a field for a one-time code that stands beside the password.
    pub code_field: Option<String>,
    /// How many password fields the form has.
    pub passwords: usize,
    /// The `id`s of the user and the password field, where both have one: some pages give their
    /// fields other names each time.
    pub ids: Option<(String, String)>,
    /// How sure the choice is; only to compare the forms of one page.
    pub score: i32,
    /// Why this form, for people: fragments such as `a password field`.
    pub why: Vec<&'static str>,
}

/// What a page offers to sign in with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// A user and a password field, or a password field alone.
    Password(LoginForm),
    /// A user field alone: the password is asked for on the next page.
    IdentifierFirst(LoginForm),
    /// There is a login, and it cannot be sent as a form.
    NotSubmittable(NotSubmittable),
    /// There is no login form.
    None,
}

/// Why a login that is on the page cannot be sent: a recipe of steps is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotSubmittable {
    /// The password field has no name.
    PasswordWithoutName,
    /// The user field has no name.
    UserWithoutName,
    /// The fields are in no form.
    NoForm,
    /// A script sends the form.
    Scripted,
    /// The form would put the password into the address.
    PasswordInAddress,
}

impl NotSubmittable {
    /// What it means, as a plain fragment that fits a sentence.
    pub fn phrase(self) -> &'static str {
        match self {
            NotSubmittable::PasswordWithoutName => "the password field has no name",
            NotSubmittable::UserWithoutName => "the user field has no name",
            NotSubmittable::NoForm => "the password field is in no form",
            NotSubmittable::Scripted => "a script sends the form",
            NotSubmittable::PasswordInAddress => "the form would put the password into the address",
        }
    }
}

/// A form that asks for a one-time code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeForm {
    /// An index of the page's `forms`.
    pub form: usize,
    /// The name of the field for the code.
    pub code_field: String,
}

/// Chooses the login form.
pub fn find(page: &Page, wanted: Wanted<'_>) -> Found {
    let mut best: Option<Candidate<'_>> = None;
    let mut best_sent: Option<Candidate<'_>> = None;
    for (at, form) in page.forms.iter().enumerate() {
        if !wanted.form.is_none_or(|wanted| is_called(form, wanted)) {
            continue;
        }
        let Some(candidate) = Candidate::with_password(at, form, wanted) else { continue };
        if candidate.obstacle().is_none() {
            keep_better(&mut best_sent, candidate.clone());
        }
        keep_better(&mut best, candidate);
    }
    if let Some(candidate) = best_sent {
        return Found::Password(candidate.into_login());
    }
    if let Some(candidate) = best {
        return Found::NotSubmittable(candidate.obstacle().unwrap_or(NotSubmittable::Scripted));
    }
    if page.loose_fields.iter().any(|field| field.kind == FieldKind::Password) {
        return Found::NotSubmittable(NotSubmittable::NoForm);
    }
    identifier_first(page, wanted)
}

/// Finds a form that asks for a one-time code, and for nothing else that a person must type.
pub fn find_code(page: &Page) -> Option<CodeForm> {
    page.forms.iter().enumerate().find_map(|(form, fields)| {
        let passwords = fields.of_kind(FieldKind::Password).count();
        let user = fields.fields.iter().any(|field| {
            is_fillable(field) && field.kind != FieldKind::Password && user_score(field) >= 30
        });
        if passwords > 1 || (passwords == 1 && user) {
            return None;
        }
        let code_field = code_field(fields)?.name.clone()?;
        Some(CodeForm { form, code_field })
    })
}

/// Whether the page still shows the login `before`: a form with a user and a password field of
/// those names, or of those `id`s. Its action and hidden fields may differ. A form with more
/// password fields is another one: it sets a password, behind the login.
pub fn same_login_form(before: &LoginForm, page: &Page) -> bool {
    let names = [before.user_field.as_ref(), before.password_field.as_ref()];
    let ids = before.ids.as_ref().map(|(user, password)| [user, password]);
    page.forms.iter().any(|form| {
        if form.of_kind(FieldKind::Password).count() > before.passwords {
            return false;
        }
        let shows = |one: &dyn Fn(&Field) -> bool| {
            form.fields.iter().any(|field| takes_user_or_password(field) && one(field))
        };
        let named = names.iter().flatten().all(|name| shows(&|f| f.name.as_ref() == Some(*name)));
        let known =
            ids.is_some_and(|ids| ids.iter().all(|id| shows(&|f| f.id.as_ref() == Some(*id))));
        named && names.iter().any(Option::is_some) || known
    })
}

/// A form that may be the login.
#[derive(Clone)]
struct Candidate<'a> {
    at: usize,
    form: &'a Form,
    user: Option<&'a Field>,
    password: Option<&'a Field>,
    code: Option<&'a Field>,
    score: i32,
    why: Vec<&'static str>,
}

impl<'a> Candidate<'a> {
    /// The form as a login with a password, unless it is something else.
    fn with_password(at: usize, form: &'a Form, wanted: Wanted<'_>) -> Option<Self> {
        let mut passwords: Vec<&Field> =
            form.fields.iter().filter(|field| field.kind == FieldKind::Password).collect();
        if passwords.is_empty() && wanted.password_field.is_none() {
            return None;
        }
        // Of several, those that nobody sees or that are never sent are bait.
        if passwords.iter().any(|field| is_real(field)) {
            passwords.retain(|field| is_real(field));
        }
        let code = match passwords.len() {
            2 => {
                let code = passwords.iter().position(|field| code_score(field) >= CODE_SCORE_MIN);
                code.map(|at| passwords.remove(at))
            }
            _ => code_field(form).filter(|field| field.kind != FieldKind::Password),
        };
        let password = match wanted.password_field {
            Some(name) => form.field(name)?,
            None if passwords.len() == 1 => passwords[0],
            None => return None,
        };
        let user = match wanted.user_field {
            Some(name) => Some(form.field(name)?),
            None => user_field(form, password, code).or_else(|| list_of_users(form)),
        };
        let mut candidate =
            Candidate { at, form, user, password: Some(password), code, score: 0, why: Vec::new() };
        candidate.add(100, "a password field");
        match password.autocomplete.as_str() {
            "current-password" => candidate.add(20, "it asks for the current password"),
            "new-password" => candidate.add(-15, "it asks for a new password"),
            _ => {}
        }
        if is_named(password.name.as_deref().unwrap_or_default(), vocabulary::REPEAT_NAMES) {
            candidate.add(-40, "its password field is called as one that sets a password");
        }
        if let Some(user) = user {
            candidate.add(10 + user_score(user).clamp(0, 30), "a field for the user");
        }
        candidate.weigh_names();
        let known = [Some(password), user, code];
        let others = form.fields.iter().filter(|field| is_fillable(field));
        let others =
            others.filter(|field| !known.iter().flatten().any(|k| std::ptr::eq(*k, *field)));
        let others = i32::try_from(others.count()).unwrap_or(i32::MAX);
        if others > 0 {
            candidate.add(others.saturating_mul(-15), "more fields to fill in");
        }
        (candidate.score >= SCORE_MIN || wanted.is_explicit()).then_some(candidate)
    }

    fn add(&mut self, points: i32, why: &'static str) {
        self.score = self.score.saturating_add(points);
        self.why.push(why);
    }

    /// What the form is called, and what its button says.
    fn weigh_names(&mut self) {
        let form = self.form;
        if speaks_of(form, vocabulary::LOGIN_NAMES) {
            self.add(25, "it is called a login");
        }
        if speaks_of(form, vocabulary::OTHER_NAMES) {
            self.add(-60, "it is called something else");
        }
        let button = form.default_button().map(button_says).unwrap_or_default();
        if says(&button, vocabulary::LOGIN_LABELS).is_some() {
            self.add(15, "its button says so");
        } else if says(&button, vocabulary::OTHER_LABELS).is_some() {
            self.add(-40, "its button says something else");
        }
    }

    /// Why the form cannot be sent as it stands.
    fn obstacle(&self) -> Option<NotSubmittable> {
        let disabled = |field: Option<&Field>| field.is_some_and(|field| field.disabled);
        let method = self.form.default_button().and_then(|button| button.formmethod);
        if self.password.is_some_and(|field| field.name.is_none()) {
            Some(NotSubmittable::PasswordWithoutName)
        } else if self.user.is_some_and(|field| field.name.is_none()) {
            Some(NotSubmittable::UserWithoutName)
        } else if self.form.scripted
            || disabled(self.password)
            || disabled(self.user)
            || method.unwrap_or(self.form.method) == Method::Dialog
        {
            Some(NotSubmittable::Scripted)
        } else if self.password.is_some() && method.unwrap_or(self.form.method) == Method::Get {
            Some(NotSubmittable::PasswordInAddress)
        } else {
            None
        }
    }

    fn into_login(self) -> LoginForm {
        let name = |field: Option<&Field>| field.and_then(|field| field.name.clone());
        let id = |field: &Field| field.id.clone();
        LoginForm {
            form: self.at,
            user_field: name(self.user),
            password_field: name(self.password),
            code_field: name(self.code),
            passwords: self.form.of_kind(FieldKind::Password).count(),
            ids: self.user.and_then(id).zip(self.password.and_then(id)),
            score: self.score,
            why: self.why,
        }
    }
}

impl Wanted<'_> {
    /// Whether anything is named.
    pub fn names_any(&self) -> bool {
        self.form.is_some() || self.user_field.is_some() || self.password_field.is_some()
    }

    /// The form is named, so that nothing about it needs to be guessed.
    fn is_explicit(&self) -> bool {
        self.form.is_some() || self.password_field.is_some()
    }
}

/// The first of the best.
fn keep_better<'a>(best: &mut Option<Candidate<'a>>, candidate: Candidate<'a>) {
    if best.as_ref().is_none_or(|best| candidate.score > best.score) {
        *best = Some(candidate);
    }
}

fn is_called(form: &Form, wanted: &str) -> bool {
    form.id.as_deref() == Some(wanted)
        || form.name.as_deref() == Some(wanted)
        || form.action.as_deref().is_some_and(|action| action.contains(wanted))
}

/// Whether what the form is called has one of the words in it. Of its action only the path
/// counts: parameters may name where to go afterwards.
fn speaks_of(form: &Form, names: &[&str]) -> bool {
    let action = form.action.as_deref().unwrap_or_default();
    let path = action.split(['?', '#', ';']).next().unwrap_or_default();
    let called = [form.id.as_deref(), form.name.as_deref(), Some(form.class.as_str()), Some(path)];
    called.into_iter().flatten().any(|called| is_named(called, names))
}

/// What a button says, in lower case.
fn button_says(button: &Field) -> String {
    format!("{} {}", button.label, button.value).trim().to_lowercase()
}

/// Whether a person can type into it.
fn is_fillable(field: &Field) -> bool {
    field.kind.is_typed() && !field.disabled && !field.readonly && !field.unseen
}

/// Whether it is shown, and sent.
fn is_real(field: &Field) -> bool {
    field.name.is_some() && !field.disabled && !field.unseen
}

fn takes_user_or_password(field: &Field) -> bool {
    field.kind.is_typed() || field.kind == FieldKind::Select
}

/// A list from which people choose themselves, where no field is typed into.
fn list_of_users(form: &Form) -> Option<&Field> {
    form.of_kind(FieldKind::Select).find(|field| !field.users.is_empty() && !field.unseen)
}

/// The field for the user: the best by its names; of equals the last one before the password.
fn user_field<'a>(form: &'a Form, password: &Field, code: Option<&Field>) -> Option<&'a Field> {
    let mut best: Option<(i32, &Field)> = None;
    let mut before = true;
    for field in &form.fields {
        if std::ptr::eq(field, password) {
            before = false;
            continue;
        }
        let is_code = code.is_some_and(|code| std::ptr::eq(code, field));
        if !field.kind.is_typed() || field.kind == FieldKind::Password || is_code {
            continue;
        }
        let score = user_score(field) + if before { 10 } else { 0 };
        if score > 0 && best.is_none_or(|(most, _)| score >= most && (before || score > most)) {
            best = Some((score, field));
        }
    }
    best.map(|(_, field)| field)
}

/// How much a field looks like one for the user.
fn user_score(field: &Field) -> i32 {
    let mut score = match field.autocomplete.as_str() {
        auto if auto.split_whitespace().any(|token| token == "username") => 50,
        auto if auto.split_whitespace().any(|token| token == "email") => 30,
        "one-time-code" => -100,
        _ => 0,
    };
    if field.unseen {
        score -= 80;
    }
    score += match field.kind {
        FieldKind::Email => 25,
        FieldKind::Search => -60,
        FieldKind::Textarea => -60,
        _ => 0,
    };
    let names = [&field.name, &field.id].into_iter().flatten();
    let mut names = names.map(String::as_str);
    if names.clone().any(|name| is_named(name, vocabulary::USER_NAMES)) {
        score += 30;
    }
    if names.any(|name| is_named(name, &["captcha", "search", "honeypot", "website", "comment"])) {
        score -= 80;
    }
    if labels(field).iter().any(|label| says(label, vocabulary::USER_LABELS).is_some()) {
        score += 20;
    }
    score
}

fn labels(field: &Field) -> [String; 2] {
    [field.label.to_lowercase(), field.placeholder.to_lowercase()]
}

/// The field of a form that asks for a one-time code.
fn code_field(form: &Form) -> Option<&Field> {
    let scored = form.fields.iter().map(|field| (code_score(field), field));
    let best = scored.rev().max_by_key(|(score, _)| *score)?;
    (best.0 >= CODE_SCORE_MIN).then_some(best.1)
}

/// How much a field looks like one for a one-time code.
fn code_score(field: &Field) -> i32 {
    use FieldKind::*;
    if !is_fillable(field) || !matches!(field.kind, Text | Password | Tel | Number) {
        return 0;
    }
    let auto = field.autocomplete.split_whitespace().any(|token| token == "one-time-code");
    let names = [&field.name, &field.id].into_iter().flatten().map(String::as_str);
    let named = |list: &[&str]| names.clone().any(|name| is_named(name, list));
    let labels = labels(field);
    let other = named(vocabulary::OTHER_CODES)
        || labels.iter().any(|label| says(label, vocabulary::OTHER_CODES).is_some());
    let mut score = if auto { 100 } else { 0 };
    score += match () {
        () if named(vocabulary::CODE_NAMES) => 60,
        () if named(vocabulary::MAYBE_CODE_NAMES) => 30,
        () => 0,
    };
    if labels.iter().any(|label| says(label, vocabulary::CODE_LABELS).is_some()) {
        score += 40;
    }
    if field.inputmode == "numeric" || matches!(field.kind, Number) {
        score += 30;
    }
    if matches!(field.maxlength, Some(6..=8)) {
        score += 20;
    }
    if other { score - 100 } else { score }
}

/// The first step of a login that asks for the password on its next page.
fn identifier_first(page: &Page, wanted: Wanted<'_>) -> Found {
    let mut best: Option<Candidate<'_>> = None;
    for (at, form) in page.forms.iter().enumerate() {
        if !wanted.form.is_none_or(|wanted| is_called(form, wanted)) {
            continue;
        }
        // One that asks for the password too is no first step, whatever its field is called.
        if form.of_kind(FieldKind::Password).any(|field| !field.unseen) {
            continue;
        }
        let typed: Vec<&Field> = form.fields.iter().filter(|field| is_fillable(field)).collect();
        let user = match wanted.user_field {
            Some(name) => form.field(name),
            None => {
                typed.first().copied().filter(|field| typed.len() == 1 && user_score(field) > 0)
            }
        };
        let Some(user) = user else { continue };
        let mut candidate = Candidate {
            at,
            form,
            user: Some(user),
            password: None,
            code: None,
            score: 0,
            why: Vec::new(),
        };
        candidate.add(user_score(user).clamp(0, 40), "a field for the user, and no password");
        if user.autocomplete.split_whitespace().any(|token| token == "username") {
            candidate.add(10, "it asks for the user name of an account");
        }
        candidate.weigh_names();
        let button = form.default_button().map(button_says).unwrap_or_default();
        if says(&button, vocabulary::NEXT_LABELS).is_some() {
            candidate.add(15, "its button says next");
        }
        if candidate.score >= SCORE_MIN || wanted.form.is_some() && wanted.user_field.is_some() {
            keep_better(&mut best, candidate);
        }
    }
    match best {
        None => Found::None,
        Some(candidate) => match candidate.obstacle() {
            Some(obstacle) => Found::NotSubmittable(obstacle),
            None => Found::IdentifierFirst(candidate.into_login()),
        },
    }
}
