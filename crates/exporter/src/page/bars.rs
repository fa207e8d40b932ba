//! Small drawings: a budget, and stretches of time on a line. Widths are attributes, since the
//! policy forbids inline styles.

use contract::Figure;
use maud::{Markup, html};

use super::display;
use super::words::Language;

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

/// A line from 0 to 1 with coloured parts on it: class, start and length. Its text stands beside
/// it, so a screen reader passes over it.
pub fn line(class: &str, parts: &[(&str, f64, f64)]) -> Markup {
    html! {
        svg class=(class) viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
            rect.track width="1000" height="10" {}
            @for (class, start, length) in parts.iter().filter(|(_, _, length)| *length > 0.0) {
                // A stretch is never too short to be seen.
                @let width = (length * 1000.0).max(2.0);
                rect class=(class) x=(place(start * 1000.0)) width=(place(width)) height="10" {}
            }
        }
    }
}

fn place(value: f64) -> String {
    format!("{value:.1}")
}
