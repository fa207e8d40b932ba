//! What every page is searched for before it is read. Each search is made ready once.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// A search for some bytes.
pub type Mark = LazyLock<Finder<'static>>;

macro_rules! marks {
    ($($name:ident = $bytes:literal;)*) => {
        $(pub static $name: Mark = LazyLock::new(|| Finder::new($bytes));)*
    };
}

marks! {
    FORM = "<form";
    INPUT = "<input";
    LINK = "<a ";
    HTTP_EQUIV = "http-equiv";
    SUBMIT = "ubmit(";
    SUBMIT_CALL = "submit.call(";
    SAML_RE = "SAMLRe";
    WRESULT = "wresult";
    ID_TOKEN = "id_token";
    CF_CHL = "cf_chl";
    CF_CHALLENGE = "cf-challenge";
    TURNSTILE = "turnstile";
    CAPTCHA = "captcha";
}

/// Whether the mark stands on a page.
pub fn has(html: &[u8], mark: &Mark) -> bool {
    mark.find(html).is_some()
}
