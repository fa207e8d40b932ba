//! The running month as one line of minutes per day.

use contract::month::start_of_day;
use contract::{Figure, Instant, Interval};
use jiff::ToSpan;
use maud::{Markup, html};

use super::bars;
use super::words::Language;
use crate::snapshot::{Class, Service, Stretch};

/// Every day of the month that has begun; what has elapsed and lies in no stretch was up.
pub fn days(
    service: &Service,
    figure: &Figure,
    stretches: &[Stretch],
    language: Language,
) -> Markup {
    let zone = &service.zone;
    let elapsed_until = figure.month.start(zone).plus_ms(figure.elapsed_ms);
    let first = figure.month.first_day();
    let days = (0..31_i64).filter_map(|day| {
        let date = first.checked_add(day.days()).ok()?;
        let next = date.checked_add(1.days()).ok()?;
        let day = Interval::new(start_of_day(date, zone), start_of_day(next, zone));
        (date.month() == first.month() && day.from < elapsed_until).then_some((date, day))
    });
    html! {
        ol.days {
            li.hours aria-hidden="true" { @for hour in [0, 6, 12, 18, 24] { span { (hour) } } }
            @for (date, day) in days {
                li {
                    time datetime=(date) { (date.day()) }
                    (bars::line("day", &parts(day, elapsed_until, stretches)))
                }
            }
        }
        ul.legend {
            li.up { (language.of("Up", "Uppe")) }
            @for class in Class::ALL {
                li class=(class.as_str()) { (language.class(class)) }
            }
        }
    }
}

fn parts(
    day: Interval,
    elapsed_until: Instant,
    stretches: &[Stretch],
) -> Vec<(&'static str, f64, f64)> {
    let length_ms = day.ms().max(1) as f64;
    let part = |class, interval: Interval| {
        let start = interval.from.since(day.from) as f64 / length_ms;
        (class, start, interval.ms() as f64 / length_ms)
    };
    let elapsed = day.intersection(Interval::new(day.from, elapsed_until));
    let not_up = stretches.iter().map(|stretch| {
        let seen = elapsed.intersection(Interval::new(stretch.from, stretch.until));
        part(stretch.class.as_str(), seen)
    });
    std::iter::once(part("up", elapsed)).chain(not_up).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_up_only_where_it_has_elapsed_and_nothing_else_is_known() {
        let at = |hour: i64| Instant::from_ms(hour * 3_600_000);
        let stretch = |from, until, class| Stretch {
            from: at(from),
            until: at(until),
            class,
            cause: "x".into(),
        };
        let stretches = [stretch(-2, 6, Class::Unmeasured), stretch(9, 20, Class::Lost)];
        let day = Interval::new(at(0), at(24));
        assert_eq!(
            parts(day, at(12), &stretches),
            [("up", 0.0, 0.5), ("unmeasured", 0.0, 0.25), ("lost", 0.375, 0.125)]
        );
    }
}
