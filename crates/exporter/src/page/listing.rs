//! What the lists of records have in common: the title, of whom they are, and their pages.

use contract::Instant;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::display;
use super::layout::Frame;
use super::view::View;
use super::words::Language;
use crate::records::{Act, ROWS_MAX};
use crate::snapshot::Snapshot;

/// How often a list asks for itself again.
const REFRESH_S: u32 = 60;

/// A list's page: its title, what `about` says of it, its entries, and the way to the others.
pub struct Listing<'a> {
    /// The title.
    pub title: &'a str,
    /// Its path, `/stops`; as JSON it is below `/api/v1`.
    pub path: &'a str,
    /// What it is, in a sentence.
    pub about: Markup,
    /// How many entries there are in all.
    pub total: usize,
    /// What to say if there is none.
    pub none: &'a str,
}

impl Listing<'_> {
    /// The page with these entries on it.
    pub fn page(&self, at: Instant, view: &View, entries: Markup) -> String {
        let language = view.language;
        let main = html! {
            h1 { (self.title) }
            p.about { (self.about) }
            (of_service(self.path, view))
            @if self.total == 0 {
                section { p { (self.none) } }
            } @else {
                (entries)
            }
            (pager(view.page, self.total, |page| view.records_link(self.path, page), language))
            footer {
                p { (language.of("As of ", "Per ")) (display::instant(at, &TimeZone::UTC)) " UTC." }
                @let json = format!("/api/v1{}", self.path);
                p { a href=(view.records_link(&json, view.page)) { "JSON" } }
            }
        };
        Frame { title: self.title, path: self.path, refresh_s: Some(REFRESH_S) }.page(view, main)
    }
}

/// The way through a list's pages; nothing if there is one only.
pub fn pager(
    page: usize,
    total: usize,
    link: impl Fn(usize) -> String,
    language: Language,
) -> Markup {
    let pages = total.div_ceil(ROWS_MAX).max(1);
    let page = page.max(1);
    html! {
        @if pages > 1 || page > 1 {
            nav.pager aria-label=(language.of("Pages of the list", "Listans sidor")) {
                @if page > 1 {
                    a rel="prev" href=(link(page.min(pages + 1) - 1)) {
                        (language.of("Previous", "Föregående"))
                    }
                }
                span {
                    (language.of("Page ", "Sida ")) (page) (language.of(" of ", " av ")) (pages)
                    " (" (total) (language.of(" entries)", " poster)"))
                }
                @if page < pages {
                    a rel="next" href=(link(page + 1)) { (language.of("Next", "Nästa")) }
                }
            }
        }
    }
}

/// Of which service the list is, and the way to all.
fn of_service(path: &str, view: &View) -> Markup {
    let language = view.language;
    html! {
        @if let Some(service) = &view.service {
            p.filter {
                (language.of("Only ", "Bara "))
                a href=(view.service_link(service)) { (service) }
                a href=(view.link(path, &[])) { (language.of("Show all", "Visa alla")) }
            }
        }
    }
}

/// The way up to a page: all services, and then `steps`, each an address and a name.
pub fn trail(steps: &[(String, String)], view: &View) -> Markup {
    let language = view.language;
    html! {
        nav.trail aria-label=(language.of("Trail", "Sökväg")) {
            ol {
                li {
                    a href=(view.link("/", &[])) { (language.of("All services", "Alla tjänster")) }
                }
                @for (to, name) in steps { li { a href=(to) { (name) } } }
            }
        }
    }
}

/// What is said of a service, with a link to it; without one where it is not measured any more.
pub fn of_measured(snapshot: &Snapshot, service: &str, to: &str, said: Markup) -> Markup {
    html! {
        @if snapshot.service(service).is_some() { a href=(to) { (said) } } @else { (said) }
    }
}

/// A service's name, with a link to its page if it is measured.
pub fn service(snapshot: &Snapshot, name: &str, view: &View) -> Markup {
    of_measured(snapshot, name, &view.service_link(name), html! { (name) })
}

/// A table that scrolls by itself where it is too wide. On a phone each row is stacked: cells with a
/// `data-label` stand below each other, those without side by side.
pub fn table(title: &str, heads: &[&str], rows: Markup) -> Markup {
    scroll(
        title,
        html! {
            table.records.stacked {
                caption.hidden { (title) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { (rows) }
            }
        },
    )
}

/// What is too wide for a narrow page scrolls by itself; by keyboard, too.
pub fn scroll(title: &str, wide: Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(title) { (wide) } }
}

/// `2026-11-22 14:05, anna`.
pub fn act(act: &Act, zone: &TimeZone, language: Language) -> Markup {
    html! { (display::minute(act.at, zone)) " " span.by { (language.of("by ", "av ")) (act.by) } }
}

/// `from – until`, and the day once if it is the same.
pub fn window(from: Instant, until: Instant, zone: &TimeZone) -> Markup {
    let day = |at: Instant| zone.to_datetime(at.timestamp()).date();
    html! {
        span.window {
            span { (display::minute(from, zone)) " –" } " "
            @if day(from) == day(until) {
                (display::time_of_day(until, zone))
            } @else {
                (display::minute(until, zone))
            }
        }
    }
}
