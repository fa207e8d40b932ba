//! Which of a page's forms is the login.

use super::form::Form;
use super::page::Page;

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
    let _ = (page, wanted);
    Found::None
}

/// Finds a form that asks for a one-time code.
pub fn find_code(page: &Page) -> Option<CodeForm> {
    let _ = page;
    None
}

/// Whether the page still shows the login `before`: a form with a user and a password field of
/// those names (its action and hidden fields may differ).
pub fn same_login_form(before: &LoginForm, page: &Page) -> bool {
    page.forms.iter().any(|form| has_fields_of(before, form))
}

fn has_fields_of(login: &LoginForm, form: &Form) -> bool {
    let has = |name: &Option<String>| name.as_deref().is_none_or(|name| form.field(name).is_some());
    (login.user_field.is_some() || login.password_field.is_some())
        && has(&login.user_field)
        && has(&login.password_field)
}
