//! Small drawings: a budget, and stretches of time on a line. Widths are attributes, since the
//! policy forbids inline styles. Their text stands beside them: a screen reader passes over them.

use contract::Figure;
use maud::{Markup, html};

use super::display;
use super::words::Language;
use crate::snapshot::Class;

/// A coloured part of a line from 0 to 1: class, start and length.
pub type Part = (&'static str, f64, f64);

/// The burned part of the month's budget, with its text.
pub fn budget(figure: &Figure, language: Language) -> Markup {
    let Some(text) = display::burned(figure, language) else {
        return html! { (language.of("none", "ingen")) };
    };
    let burned = figure.counted_ms as f64 / figure.budget_ms as f64;
    let class = match burned {
        burned if burned >= 1.0 => "over",
        burned if burned >= 0.5 => "half",
        _ => "calm",
    };
    html! {
        span.budget {
            (line("bar", &[(class, 0.0, burned.clamp(0.0, 1.0))]))
            " " span { (text) }
        }
    }
}

/// A line with coloured parts on it.
pub fn line(class: &str, parts: &[Part]) -> Markup {
    drawn(class, parts, |_| (0, 10))
}

/// A line of minutes. Each class has a height and a pattern of its own, so that nobody needs to
/// tell colours apart.
pub fn minutes(class: &str, parts: &[Part]) -> Markup {
    drawn(class, parts, |part| match part {
        "up" => (6, 4),
        "planned" | "excluded" => (4, 6),
        "not_in_service" => (8, 2),
        _ => (0, 10),
    })
}

fn drawn(class: &str, parts: &[Part], height: impl Fn(&str) -> (u8, u8)) -> Markup {
    html! {
        svg class=(class) viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
            rect.track width="1000" height="10" {}
            @for (class, start, length) in parts.iter().filter(|(_, _, length)| *length > 0.0) {
                // A stretch is never too short to be seen.
                @let width = (length * 1000.0).max(2.0);
                @let (y, height) = height(class);
                rect class=(class) x=(place(start * 1000.0)) width=(place(width))
                    y=(y) height=(height) {}
            }
        }
    }
}

/// What the patterns of a page's drawings are made of; once on a page that draws minutes.
pub fn patterns() -> Markup {
    html! {
        svg.patterns width="0" height="0" aria-hidden="true" {
            defs {
                pattern #hatched patternUnits="userSpaceOnUse" width="8" height="10" {
                    rect.ground width="8" height="10" {}
                    path d="M0 10 8 0" {}
                }
                pattern #dotted patternUnits="userSpaceOnUse" width="6" height="4" {
                    rect.ground width="6" height="4" {}
                    rect x="1" y="1" width="3" height="2" {}
                }
            }
        }
    }
}

/// What the drawings of minutes mean.
pub fn legend(language: Language) -> Markup {
    let item = |class: &'static str, name: &str| {
        html! { li { (minutes("sample", &[(class, 0.0, 1.0)])) (name) } }
    };
    html! {
        ul.legend {
            (item("up", language.of("Up", "Uppe")))
            @for class in Class::ALL { (item(class.as_str(), language.class(class))) }
            li { (minutes("sample", &[])) (language.of("Still to come", "Återstår")) }
        }
    }
}

fn place(value: f64) -> String {
    format!("{value:.1}")
}
