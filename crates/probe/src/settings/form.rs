//! A login by form.

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
        }
    }
}
