//! The services as tiles for a screen on a wall: what needs a look first, readable from afar.

use maud::{Markup, html};

use super::view::View;
use super::{bars, display, overview};
use crate::snapshot::{Service, Snapshot};

/// Tiles on the page; the rest is counted.
const TILES_MAX: usize = 120;

/// The tiles of these services, in this order.
pub fn wall(snapshot: &Snapshot, services: &[&Service], view: &View) -> Markup {
    let language = view.language;
    let more = services.len().saturating_sub(TILES_MAX);
    html! {
        @if services.is_empty() {
            p { (language.of("No service matches.", "Ingen tjänst motsvarar sökningen.")) }
        }
        ul.tiles {
            @for service in services.iter().take(TILES_MAX) { (tile(snapshot, service, view)) }
        }
        @if more > 0 {
            p {
                (language.of("and ", "och ")) (more)
                (language.of(" more, of less urgency", " till, mindre brådskande"))
            }
        }
    }
}

fn tile(snapshot: &Snapshot, service: &Service, view: &View) -> Markup {
    let language = view.language;
    let word = service.state_name();
    html! {
        li class=(word) {
            h2 { a href=(view.service_link(&service.name)) { (service.name) } }
            p {
                span class={ "state " (word) } { (language.state(&service.state)) } " "
                (display::length(snapshot.at.since(service.since).max(0) / 1000 * 1000, language))
            }
            @if let Some(cause) = language.state_cause(&service.state) { p.sub { (cause) } }
            @match &service.figure {
                Some(figure) => p {
                    (overview::availability(figure, language))
                    (bars::budget(figure, language))
                },
                None => p.sub { (language.of("no figure yet", "ingen siffra ännu")) },
            }
        }
    }
}
