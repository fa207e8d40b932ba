//! A login by form: what is configured of it, and what it was when it was learned.

use url::Url;

/// A login by form. What is not given is found on the page.
#[derive(Clone, Debug)]
pub struct Form {
    /// The page with the form, or one that leads there by redirects.
    pub url: Url,
    /// The form's `id` or `name`, or a part of its `action`.
    pub form: Option<String>,
    /// The name of the field for the user.
    pub user_field: Option<String>,
    /// The name of the field for the password.
    pub password_field: Option<String>,
    /// Further fields to fill in, by name.
    pub fields: Vec<(String, String)>,
    /// The name of the button to press, when it is not the form's default one.
    pub button: Option<String>,
    /// The form as it was learned, with which the page is compared each time; a second one where
    /// the password is asked for on the page after. Empty: nothing is compared.
    pub learned: Vec<LearnedForm>,
}

/// What a login form was when it was learned, beside the names of its user and password fields.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LearnedForm {
    /// Where it is sent: a path of the login's own host, or an address without a query. None
    /// where that was not the same twice.
    pub action: Option<String>,
    /// The names of its hidden fields, in any order.
    pub hidden: Vec<String>,
    /// Further hidden fields may come and go: some pages name one anew each time.
    pub more_hidden: bool,
    /// The name of its default button; none when it has no name.
    pub button: Option<String>,
}

impl Form {
    /// A form to be found at this address.
    pub fn new(url: Url) -> Self {
        Form {
            url,
            form: None,
            user_field: None,
            password_field: None,
            fields: Vec::new(),
            button: None,
            learned: Vec::new(),
        }
    }
}
