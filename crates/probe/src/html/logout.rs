//! How a page lets its user log out.

use super::page::Page;

/// A way out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Logout {
    /// A form (an index of the page's `forms`); `button` is the name of the button to press when
    /// it is not the default one.
    Form {
        /// An index of the page's `forms`.
        form: usize,
        /// The name of the button to press; none for the default button.
        button: Option<String>,
    },
    /// A link (an index of the page's `links`).
    Link(usize),
}

/// Finds the way out: a form that is posted first, then a link, then any other form.
pub fn find(page: &Page) -> Option<Logout> {
    let _ = page;
    None
}
