//! The pages: HTML made of plain data, that needs no script; with one it refreshes itself.
//!
//! **Invariant:** green means measured and up, nothing else: what is unmeasured, suspected or
//! provisional never looks good.

mod adjustments;
mod agent;
mod bars;
mod calendar;
mod claims;
mod day;
mod display;
mod health;
mod incidents;
mod layout;
mod listing;
mod moment;
mod overview;
mod rule;
mod service;
mod statements;
mod stops;
mod stretches;
mod view;
mod wall;
mod waterfall;
mod words;

pub use adjustments::adjustments;
pub use agent::agent;
pub use claims::claims;
pub use day::day;
pub use health::warnings;
pub use layout::{REFRESH_SCRIPT, REFRESH_SCRIPT_PATH, content_security_policy};
pub use moment::moment;
pub use overview::overview;
pub use service::service;
pub use statements::statements;
pub use stops::stops;
pub use view::{Sort, View, Wanted};
pub use words::Language;

use maud::html;

use layout::Frame;

/// How often the page of a starting agent asks for itself again.
const STARTING_REFRESH_S: u32 = 2;

/// The page for a path or a service that does not exist.
pub fn not_found(view: &View) -> String {
    let language = view.language;
    let title = language.of("Not found", "Finns inte");
    Frame { title, path: "/", refresh_s: None }.page(
        view,
        html! {
            h1 { (title) }
            p {
                (language.of(
                    "There is nothing at this address. The service may have been removed from \
                     the configuration, its name may be misspelt, or nothing is known of the month.",
                    "Det finns inget på den här adressen. Tjänsten kan ha tagits bort ur \
                     konfigurationen, namnet kan vara felstavat, eller så är inget känt om månaden.",
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
    Frame { title, path: "/", refresh_s: Some(STARTING_REFRESH_S) }.page(
        view,
        html! {
            h1 { (title) }
            p {
                (language.of("Measuring has not begun yet: ", "Mätningen har inte börjat: "))
                (reason)
            }
        },
    )
}
