//! A service's day: a strip of its minutes, hour by hour, and all of it that was not up.

use contract::Interval;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use super::calendar::{self, Sums};
use super::layout::Frame;
use super::view::{View, segment, service_path};
use super::words::Language;
use super::{bars, display, listing, stretches};
use crate::months::ServiceMonth;
use crate::snapshot::{Class, Snapshot, Stretch};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// How often the page asks for itself again.
const REFRESH_S: u32 = 30;

/// The page of a day; none if the day has not begun, or is none of that zone.
pub fn day(
    snapshot: &Snapshot,
    name: &str,
    month: &ServiceMonth,
    date: Date,
    view: &View,
) -> Option<String> {
    let language = view.language;
    let day = calendar::day(date, &month.zone)?;
    let elapsed = month.elapsed();
    if day.from >= elapsed.until {
        return None;
    }
    let title = language.date(date);
    let sums = Sums::of(day, elapsed, &month.stretches);
    let of_day: Vec<&Stretch> = month
        .stretches
        .iter()
        .filter(|it| Interval::new(it.from, it.until).overlaps(day.intersection(elapsed)))
        .collect();
    let main = html! {
        (listing::trail(
            &[
                (view.service_link(name), name.to_owned()),
                (view.month_link(name, month.figure.month), language.month(month.figure.month)),
            ],
            view,
        ))
        h1 { (name) span.sub { (title) } }
        (neighbours(name, month, date, view))
        section {
            h2 { (language.of("The day", "Dagen")) }
            (summary(day, elapsed, &sums, language))
        }
        section {
            h2 { (language.of("Every minute", "Varje minut")) }
            (strip(day, month, language))
            (bars::legend(language))
        }
        section #minutes {
            h2 { (language.of("What was not up", "Det som inte var uppe")) }
            @if of_day.is_empty() {
                p {
                    (language.of(
                        "Nothing: it was up all the time that has elapsed.",
                        "Inget: den var uppe all tid som har gått.",
                    ))
                }
            } @else {
                (stretches::table(name, &of_day, month, view))
            }
        }
        footer {
            p {
                (language.of("As of ", "Per ")) (display::instant(snapshot.at, &month.zone))
                " (" (month.zone.iana_name().unwrap_or("UTC")) "). "
                a href={
                    "/api/v1/services/" (segment(name)) "?month=" (month.figure.month)
                } { "JSON" }
            }
        }
    };
    let path = format!("{}/day/{date}", service_path(name));
    let title = format!("{name}, {title}");
    let refresh_s = (!month.figure.complete).then_some(REFRESH_S);
    Some(Frame { title: &title, path: &path, refresh_s }.page(view, main))
}

fn neighbours(name: &str, month: &ServiceMonth, date: Date, view: &View) -> Markup {
    let language = view.language;
    let begun = |date: &Date| {
        calendar::day(*date, &month.zone).is_some_and(|day| {
            // What is decided ends within this month, or the whole of it is.
            month.figure.complete || day.from < month.elapsed().until
        })
    };
    let is_known = |date: &Date| !month.is_first() || *date >= month.figure.month.first_day();
    let before = date.checked_sub(1.days()).ok().filter(is_known);
    let after = date.checked_add(1.days()).ok().filter(begun);
    html! {
        nav.pager aria-label=(language.of("Days", "Dagar")) {
            @if let Some(date) = before {
                a rel="prev" href=(view.day_link(name, date)) { "← " (language.short_date(date)) }
            }
            @if let Some(date) = after {
                a rel="next" href=(view.day_link(name, date)) { (language.short_date(date)) " →" }
            }
        }
    }
}

/// The day's time by class.
fn summary(day: Interval, elapsed: Interval, sums: &Sums, language: Language) -> Markup {
    let seen_ms = day.intersection(elapsed).ms();
    let not_up_ms: i64 = Class::ALL.into_iter().map(|class| sums.of_class(class)).sum();
    let ahead_ms = day.ms() - seen_ms;
    html! {
        dl.facts {
            div {
                dt { (language.of("Up", "Uppe")) }
                dd { (display::length(seen_ms - not_up_ms, language)) }
            }
            @for class in Class::ALL.into_iter().filter(|class| sums.of_class(*class) > 0) {
                div {
                    dt { (language.class(class)) }
                    dd { (display::length(sums.of_class(class), language)) }
                }
            }
            @if ahead_ms > 0 {
                div {
                    dt { (language.of("Still to come", "Återstår")) }
                    dd { (display::length(ahead_ms, language)) }
                }
            }
        }
    }
}

/// One line per hour: its minutes drawn, and its sums in words.
fn strip(day: Interval, month: &ServiceMonth, language: Language) -> Markup {
    let elapsed = month.elapsed();
    let hours = (0..day.ms().div_euclid(HOUR_MS).max(1)).map(|hour| {
        let from = day.from.plus_ms(hour * HOUR_MS);
        Interval::new(from, from.plus_ms(HOUR_MS)).intersection(day)
    });
    let title = language.of("Minutes of each hour", "Varje timmes minuter");
    html! {
        (bars::patterns())
        (listing::scroll(title, html! {
            table.strip {
                caption.hidden { (title) }
                thead { tr {
                    th scope="col" { (language.of("Hour", "Timme")) }
                    th scope="col" {
                        span.hidden { (language.of("Minutes", "Minuter")) }
                        span.ruler aria-hidden="true" {
                            @for minute in [0, 15, 30, 45, 60] { span { (minute) } }
                        }
                    }
                    th scope="col" { (language.of("In words", "I ord")) }
                } }
                tbody {
                    @for hour in hours {
                        @let drawn = minutes(hour, elapsed, &month.stretches);
                        tr {
                            th scope="row" { (display::time_of_day(hour.from, &month.zone)) }
                            td { (bars::minutes("hour", &drawn)) }
                            td.what { (in_words(hour, elapsed, &month.stretches, language)) }
                        }
                    }
                }
            }
        }))
    }
}

/// The minutes of an hour, each as the worst that there was of it; neighbours alike are one part.
fn minutes(hour: Interval, elapsed: Interval, stretches: &[Stretch]) -> Vec<bars::Part> {
    let count = (hour.ms() + MINUTE_MS - 1).div_euclid(MINUTE_MS).max(1);
    let within: Vec<Stretch> = stretches
        .iter()
        .filter(|it| Interval::new(it.from, it.until).overlaps(hour))
        .cloned()
        .collect();
    let mut parts: Vec<bars::Part> = Vec::new();
    for minute in 0..count {
        let from = hour.from.plus_ms(minute * MINUTE_MS);
        let whole = Interval::new(from, from.plus_ms(MINUTE_MS));
        if from >= elapsed.until {
            break;
        }
        let class = Sums::of(whole, elapsed, &within).worst().map_or("up", Class::as_str);
        let length = 1.0 / count as f64;
        match parts.last_mut() {
            Some(last) if last.0 == class => last.2 += length,
            _ => parts.push((class, minute as f64 * length, length)),
        }
    }
    parts
}

fn in_words(
    hour: Interval,
    elapsed: Interval,
    stretches: &[Stretch],
    language: Language,
) -> Markup {
    let sums = Sums::of(hour, elapsed, stretches);
    html! {
        @if hour.from >= elapsed.until {
            span.soft { (language.of("still to come", "återstår")) }
        } @else if sums.worst().is_none() {
            (language.of("up", "uppe"))
        } @else {
            @for class in Class::WORST_FIRST.into_iter().filter(|it| sums.of_class(*it) > 0) {
                span.part {
                    @if sums.of_class(class) < hour.ms() {
                        (display::length(sums.of_class(class), language)) " "
                    }
                    (language.class(class).to_lowercase())
                }
                " "
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::Instant;

    use super::*;

    #[test]
    fn a_minute_is_drawn_as_the_worst_of_it_and_only_once_it_has_begun() {
        let at = |second: i64| Instant::from_ms(second * 1000);
        let stretch = |from, until, class| Stretch {
            from: at(from),
            until: at(until),
            class,
            cause: "x".into(),
            ground: None,
        };
        let hour = Interval::new(at(0), at(3600));
        let elapsed = Interval::new(at(-3600), at(30 * 60));
        let drawn = minutes(
            hour,
            elapsed,
            &[stretch(59, 61, Class::Lost), stretch(61, 200, Class::Unmeasured)],
        );
        let in_minutes: Vec<(&str, i64, i64)> = drawn
            .iter()
            .map(|(class, start, length)| {
                (*class, (start * 60.0).round() as i64, (length * 60.0).round() as i64)
            })
            .collect();
        assert_eq!(in_minutes, [("lost", 0, 2), ("unmeasured", 2, 2), ("up", 4, 26)]);
    }
}
