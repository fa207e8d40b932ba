//! What a browser sends when a form is submitted.

use std::fmt;

use url::Url;

use super::form::Form;
use super::page::Page;

/// Which button is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Press<'a> {
    /// The form's default button, as the Enter key does.
    #[default]
    Default,
    /// The button of this name.
    Named(&'a str),
    /// None: what a script's `form.submit()` does.
    Nothing,
}

/// A request that submits a form. It bears secrets: `Debug` leaves out the query and the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    /// Whether it is a POST; otherwise a GET without a body.
    pub post: bool,
    /// Where to; the fields of a GET are in its query.
    pub url: Url,
    /// `Content-Type` of a POST.
    pub content_type: Option<String>,
    /// The body of a POST.
    pub body: Vec<u8>,
}

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("post", &self.post)
            .field("host", &self.url.host_str())
            .field("path", &self.url.path())
            .finish_non_exhaustive()
    }
}

/// Why a form cannot be submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsubmittable {
    /// A field that is to be filled in is not in the form.
    NoSuchField,
    /// The action is no address, or not one of http or https.
    BadAction,
    /// `method=dialog`
    Dialog,
}

impl fmt::Display for Unsubmittable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unsubmittable::NoSuchField => "the form has no field of the given name",
            Unsubmittable::BadAction => "the form's action is no address that can be posted to",
            Unsubmittable::Dialog => "the form is a dialog and sends nothing",
        })
    }
}

impl std::error::Error for Unsubmittable {}

/// Fills in a form and submits it. `fill` are names and values of fields; each must be in the
/// form. `page_url` is the address that the page was finally read from.
///
/// The caller must look at the scheme of the result before it sends it (C1.5).
pub fn submit(
    page: &Page,
    page_url: &Url,
    form: &Form,
    fill: &[(&str, &str)],
    press: Press<'_>,
) -> Result<Submission, Unsubmittable> {
    let _ = (page, page_url, form, fill, press);
    Err(Unsubmittable::BadAction)
}

/// An address as written on the page, made absolute by its base and its own address.
pub fn resolve(page: &Page, page_url: &Url, href: &str) -> Option<Url> {
    let _ = (page, page_url, href);
    None
}
