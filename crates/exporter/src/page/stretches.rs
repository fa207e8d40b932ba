//! Time that was not up, stretch by stretch; each leads to all that is known of it.

use maud::{Markup, html};

use super::view::View;
use super::words::Language;
use super::{display, listing};
use crate::months::ServiceMonth;
use crate::snapshot::Stretch;

/// The table of these stretches of a service's month.
pub fn table(name: &str, stretches: &[&Stretch], month: &ServiceMonth, view: &View) -> Markup {
    let language = view.language;
    let title = language.of("What was not up", "Det som inte var uppe");
    listing::table(
        title,
        &heads(language),
        html! { @for stretch in stretches { (row(name, stretch, month, view)) } },
    )
}

fn heads(language: Language) -> [&'static str; 5] {
    [
        language.of("From", "Från"),
        language.of("Until", "Till"),
        language.of("Length", "Längd"),
        language.of("Class", "Klass"),
        language.of("Cause", "Orsak"),
    ]
}

fn row(name: &str, stretch: &Stretch, month: &ServiceMonth, view: &View) -> Markup {
    let language = view.language;
    let [_, until, length, class, cause] = heads(language);
    let goes_on = stretch.until == month.elapsed().until && !month.figure.complete;
    html! {
        tr {
            th scope="row" {
                a href=(view.moment_link(name, stretch.from)) {
                    (display::instant(stretch.from, &month.zone))
                }
            }
            td data-label=(until) {
                (display::instant(stretch.until, &month.zone))
                @if goes_on { span.sub { (language.of("may go on", "kan pågå")) } }
            }
            td.length data-label=(length) { (display::length(stretch.until.since(stretch.from), language)) }
            td data-label=(class) {
                span class={ "class " (stretch.class.as_str()) } { (language.class(stretch.class)) }
                @if let Some(ground) = stretch.ground { span.sub { (language.ground(ground)) } }
            }
            td.cause data-label=(cause) { (language.cause(&stretch.cause)) }
        }
    }
}
