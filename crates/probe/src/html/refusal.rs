//! Words with which a service refuses an account (C3.5).

use contract::AccountCause;

/// A refusal, with the words that say so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What the words mean.
    pub cause: AccountCause,
    /// The words as they stand on the page, in lower case.
    pub words: String,
}

/// Looks for a refusal in what the answer to a login says and the login page did not say before.
/// Both are texts as of [`super::text::readable`].
pub fn find(before: Option<&str>, after: &str) -> Option<Refusal> {
    let _ = (before, after);
    None
}
