//! The frame around every page: its head, its one style sheet, the script that refreshes it, and
//! the policy that allows them.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::view::View;
use super::words::Language;

const STYLE: &str = include_str!("style.css");

/// Asks for the page again and puts what is new in its place. The only script there is.
pub const REFRESH_SCRIPT: &str = include_str!("refresh.js");
/// Where it is.
pub const REFRESH_SCRIPT_PATH: &str = "/assets/refresh.js";

/// How often a page asks for itself again where scripts do not run: the reader's place is lost
/// each time.
const REFRESH_WITHOUT_SCRIPT_S: u32 = 60;

/// Forbids everything but the page's own style sheet, script and forms, and an empty icon. The
/// script may ask this server only.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'sha256-{hash}'; \
         img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// The value of `Content-Security-Policy` on every answer.
pub fn content_security_policy() -> &'static str {
    &POLICY
}

/// A page and its place.
pub struct Frame<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its path, which its language links keep.
    pub path: &'a str,
    /// How often it asks for itself again; none: it stays as it is.
    pub refresh_s: Option<u32>,
}

impl Frame<'_> {
    /// The page around `main`.
    pub fn page(&self, view: &View, main: Markup) -> String {
        let language = view.language;
        let refresh_s = self.refresh_s.filter(|_| !view.still);
        let page = html! {
            (DOCTYPE)
            html lang=(language.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · Upptid" }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                    @if let Some(seconds) = refresh_s {
                        noscript {
                            meta http-equiv="refresh"
                                content=(seconds.max(REFRESH_WITHOUT_SCRIPT_S));
                        }
                        script src=(REFRESH_SCRIPT_PATH) defer {}
                    }
                }
                body class=[view.wall.then_some("wall")] data-refresh=[refresh_s] {
                    a.skip href="#main" { (language.of("To the content", "Till innehållet")) }
                    (self.header(view))
                    p #stale.stale role="status" hidden {
                        (language.of(
                            "The agent does not answer: what stands below is old.",
                            "Agenten svarar inte: det som står nedan är gammalt.",
                        ))
                    }
                    main #main tabindex="-1" { (main) }
                    @if self.refresh_s.is_some() { (self.refreshing(view)) }
                }
            }
        };
        page.into_string()
    }

    fn header(&self, view: &View) -> Markup {
        let language = view.language;
        let pages = [
            ("/", language.of("Services", "Tjänster")),
            ("/stops", language.of("Stops", "Driftstopp")),
            ("/adjustments", language.of("Adjustments", "Justeringar")),
            ("/claims", language.of("Claims", "Prisreduktioner")),
            ("/statements", language.of("Statements", "Rapporter")),
            ("/agent", language.of("Agent", "Agent")),
        ];
        html! {
            header {
                a.mark href=(view.link("/", &[])) { "Upptid" }
                nav aria-label=(language.of("Pages", "Sidor")) {
                    @for (to, name) in pages {
                        a href=(view.link(to, &[]))
                            aria-current=[(to == self.path).then_some("page")] { (name) }
                    }
                }
                nav aria-label=(language.of("Language", "Språk")) {
                    @for (language, name) in
                        [(Language::Swedish, "Svenska"), (Language::English, "English")]
                    {
                        a href=(view.same_page(self.path, Some(language), view.still))
                            hreflang=(language.code())
                            lang=(language.code())
                            aria-current=[(language == view.language).then_some("true")]
                            { (name) }
                    }
                }
            }
        }
    }

    /// Whether the page refreshes itself, and the way to have it otherwise.
    fn refreshing(&self, view: &View) -> Markup {
        let language = view.language;
        let other = view.same_page(self.path, view.chosen, !view.still);
        html! {
            footer.refreshing {
                @if view.still {
                    (language.of("This page stays as it is. ", "Sidan står still. "))
                    a href=(other) { (language.of("Let it refresh", "Låt den uppdateras")) }
                } @else {
                    (language.of("This page refreshes itself. ", "Sidan uppdaterar sig själv. "))
                    a href=(other) { (language.of("Stop that", "Stanna den")) }
                }
            }
        }
    }
}
