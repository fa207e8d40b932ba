//! The pages: HTML made of one snapshot, that needs no script and refreshes itself.
//!
//! **Invariant:** green means measured and up, nothing else: what is unmeasured, suspected or
//! provisional never looks good.

mod adjustments;
mod bars;
mod claims;
mod days;
mod display;
mod health;
mod incidents;
mod layout;
mod listing;
mod overview;
mod service;
mod statements;
mod stops;
mod view;
mod waterfall;
mod words;

pub use adjustments::adjustments;
pub use claims::claims;
pub use layout::content_security_policy;
pub use overview::overview;
pub use service::service;
pub use statements::statements;
pub use stops::stops;
pub use view::View;
pub use words::Language;

use maud::html;

/// The page for a path or a service that does not exist.
pub fn not_found(view: &View) -> String {
    let language = view.language;
    let title = language.of("Not found", "Finns inte");
    layout::still(
        title,
        view,
        html! {
            h1 { (title) }
            p {
                (language.of(
                    "There is nothing at this address. The service may have been removed from \
                     the configuration, or its name may be misspelt.",
                    "Det finns inget på den här adressen. Tjänsten kan ha tagits bort ur \
                     konfigurationen, eller så är namnet felstavat.",
                ))
            }
            p { a href=(view.link("/", &[])) { (language.of("All services", "Alla tjänster")) } }
        },
    )
}

/// The page while measuring has not begun; `reason` says what is awaited.
pub fn starting(reason: &str, view: &View) -> String {
    let language = view.language;
    let title = language.of("Starting", "Startar");
    layout::refreshing(
        title,
        view,
        2,
        html! {
            h1 { (title) }
            p {
                (language.of("Measuring has not begun yet: ", "Mätningen har inte börjat: "))
                (reason)
            }
        },
    )
}
