//! The frame around every page: its head, its one style sheet, and the policy that allows it.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::view::View;
use super::words::Language;

const STYLE: &str = include_str!("style.css");

/// Forbids everything but the page's own style sheet, an empty icon and its own forms.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
});

/// The value of `Content-Security-Policy` on every answer.
pub fn content_security_policy() -> &'static str {
    &POLICY
}

/// A page that asks for itself again after `seconds`.
pub fn refreshing(title: &str, view: &View, seconds: u32, main: Markup) -> String {
    frame(title, view, "/", Some(seconds), main)
}

/// A page that stays as it is.
pub fn still(title: &str, view: &View, main: Markup) -> String {
    frame(title, view, "/", None, main)
}

/// A page at `path`, which its language links keep.
pub fn frame(title: &str, view: &View, path: &str, refresh: Option<u32>, main: Markup) -> String {
    let service = view.service.as_deref().unwrap_or_default();
    let kept = [("q", view.filter.as_str()), ("service", service)];
    let records = [
        ("/stops", view.language.of("Stops", "Driftstopp")),
        ("/adjustments", view.language.of("Adjustments", "Justeringar")),
        ("/claims", view.language.of("Claims", "Prisreduktioner")),
        ("/statements", view.language.of("Statements", "Rapporter")),
    ];
    let page = html! {
        (DOCTYPE)
        html lang=(view.language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(seconds) = refresh {
                    meta http-equiv="refresh" content=(seconds);
                }
                title { (title) " · Upptid" }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { (view.language.of("To the content", "Till innehållet")) }
                header {
                    a.mark href=(view.link("/", &[])) { "Upptid" }
                    nav aria-label=(view.language.of("Records", "Register")) {
                        @for (to, name) in records {
                            a href=(view.link(to, &[]))
                                aria-current=[(to == path).then_some("page")] { (name) }
                        }
                    }
                    nav aria-label=(view.language.of("Language", "Språk")) {
                        @for (language, name) in
                            [(Language::Swedish, "Svenska"), (Language::English, "English")]
                        {
                            a href=(view.link_in(Some(language), path, &kept))
                                hreflang=(language.code())
                                lang=(language.code())
                                aria-current=[(language == view.language).then_some("true")]
                                { (name) }
                        }
                    }
                }
                main #main { (main) }
            }
        }
    };
    page.into_string()
}
