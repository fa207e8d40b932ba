//! A service's month as a calendar: each day with its minutes on a line, and the worst of them in
//! words.

use contract::month::start_of_day;
use contract::{Instant, Interval, Month};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::view::View;
use super::words::Language;
use super::{bars, display};
use crate::months::ServiceMonth;
use crate::snapshot::{Class, Stretch};

/// Days of a week.
const WEEK: usize = 7;

/// The calendar; every day that has begun leads to its minutes.
pub fn calendar(name: &str, month: &ServiceMonth, view: &View) -> Markup {
    let language = view.language;
    let title =
        language.of("Days of ", "Dagarna i ").to_owned() + &language.month(month.figure.month);
    let days = days(month.figure.month, &month.zone);
    let first = days.first().map_or(0, |(date, _)| date.weekday().to_monday_zero_offset());
    let padded: Vec<Option<&(Date, Interval)>> =
        (0..first).map(|_| None).chain(days.iter().map(Some)).collect();
    html! {
        (bars::patterns())
        table.calendar #days {
            caption { (title) }
            thead { tr {
                @for weekday in Language::WEEKDAYS {
                    th scope="col" { abbr title=(language.of(weekday.0, weekday.1)) {
                        (language.of(&weekday.0[..2], short(weekday.1)))
                    } }
                }
            } }
            tbody {
                @for week in padded.chunks(WEEK) {
                    tr {
                        @for day in week {
                            @match day {
                                Some((date, day)) => (cell(name, month, *date, *day, view)),
                                None => td.beside {},
                            }
                        }
                        @for _ in week.len()..WEEK { td.beside {} }
                    }
                }
            }
        }
        (bars::legend(language))
    }
}

/// The days of a month.
pub fn days(month: Month, zone: &TimeZone) -> Vec<(Date, Interval)> {
    let first = month.first_day();
    let of_month = |day: i64| first.checked_add(day.days()).ok();
    (0..31_i64)
        .filter_map(of_month)
        .filter(|date| date.month() == first.month())
        .filter_map(|date| Some((date, day(date, zone)?)))
        .collect()
}

/// A local day; 23 or 25 hours long where clocks change.
pub fn day(date: Date, zone: &TimeZone) -> Option<Interval> {
    let next = date.checked_add(1.days()).ok()?;
    let (from, until) = (start_of_day(date, zone), start_of_day(next, zone));
    // A zone that crossed the date line has left a day out.
    (from < until).then(|| Interval::new(from, until))
}

fn cell(name: &str, month: &ServiceMonth, date: Date, day: Interval, view: &View) -> Markup {
    let language = view.language;
    let elapsed = month.elapsed();
    if day.from >= elapsed.until {
        return html! { td.ahead { span.date { (date.day()) } } };
    }
    let sums = Sums::of(day, elapsed, &month.stretches);
    let worst = sums.worst();
    html! {
        td class=(worst.map_or("up", Class::as_str)) {
            a href=(view.day_link(name, date)) {
                span.date { (date.day()) }
                span.hidden { " " (language.month(month.figure.month)) ": " }
                span.mark aria-hidden="true" {}
                (bars::minutes("line", &parts(day, elapsed.until, &month.stretches)))
                span.what { (what(&sums, worst, language)) }
            }
        }
    }
}

/// The worst of a day in a few words.
fn what(sums: &Sums, worst: Option<Class>, language: Language) -> Markup {
    html! {
        @match worst {
            None => span.hidden { (language.of("up", "uppe")) },
            Some(class) => {
                (display::rough(sums.of_class(class), language))
                span.name { " " (language.class(class).to_lowercase()) }
            }
        }
    }
}

/// A day's time by class.
#[derive(Default)]
pub struct Sums([i64; Class::ALL.len()]);

impl Sums {
    /// Of the elapsed part of `within`.
    pub fn of(within: Interval, elapsed: Interval, stretches: &[Stretch]) -> Self {
        let seen = within.intersection(elapsed);
        let mut sums = Sums::default();
        for stretch in stretches {
            let part = seen.intersection(Interval::new(stretch.from, stretch.until));
            sums.0[stretch.class as usize] += part.ms();
        }
        sums
    }

    /// The time of a class in ms.
    pub fn of_class(&self, class: Class) -> i64 {
        self.0[class as usize]
    }

    /// The worst class that there is any of; none: all that has elapsed was up. Time outside the
    /// contract counts where there is nothing else: it is not good.
    pub fn worst(&self) -> Option<Class> {
        Class::WORST_FIRST.into_iter().find(|class| self.of_class(*class) > 0)
    }
}

/// A stretch of time on a line: what has elapsed and lies in no stretch was up.
pub fn parts(within: Interval, elapsed_until: Instant, stretches: &[Stretch]) -> Vec<bars::Part> {
    let length_ms = within.ms().max(1) as f64;
    let part = |class, interval: Interval| {
        let start = interval.from.since(within.from) as f64 / length_ms;
        (class, start, interval.ms() as f64 / length_ms)
    };
    let mut parts = Vec::new();
    let mut up_from = within.from;
    let elapsed = within.intersection(Interval::new(within.from, elapsed_until));
    for stretch in stretches {
        let seen = elapsed.intersection(Interval::new(stretch.from, stretch.until));
        if seen.ms() > 0 {
            parts.push(part("up", Interval::new(up_from, seen.from)));
            parts.push(part(stretch.class.as_str(), seen));
            up_from = seen.until;
        }
    }
    parts.push(part("up", Interval::new(up_from, elapsed.until.max(up_from))));
    parts.retain(|(_, _, length)| *length > 0.0);
    parts
}

fn short(weekday: &str) -> &str {
    let end = weekday.char_indices().nth(2).map_or(weekday.len(), |(place, _)| place);
    &weekday[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(from: i64, until: i64, class: Class) -> Stretch {
        let at = |hour: i64| Instant::from_ms(hour * 3_600_000);
        Stretch { from: at(from), until: at(until), class, cause: "x".into(), ground: None }
    }

    #[test]
    fn a_day_is_up_only_where_it_has_elapsed_and_nothing_else_is_known() {
        let at = |hour: i64| Instant::from_ms(hour * 3_600_000);
        let stretches = [stretch(-2, 6, Class::Unmeasured), stretch(9, 20, Class::Lost)];
        let day = Interval::new(at(0), at(24));
        assert_eq!(
            parts(day, at(12), &stretches),
            [("unmeasured", 0.0, 0.25), ("up", 0.25, 0.125), ("lost", 0.375, 0.125)]
        );
        assert_eq!(parts(day, at(0), &[]), []);
    }

    #[test]
    fn the_worst_of_a_day_is_named_and_is_never_good() {
        let at = |hour: i64| Instant::from_ms(hour * 3_600_000);
        let (day, elapsed) = (Interval::new(at(0), at(24)), Interval::new(at(-48), at(12)));
        let worst = |stretches: &[Stretch]| Sums::of(day, elapsed, stretches).worst();
        assert_eq!(worst(&[]), None);
        assert_eq!(worst(&[stretch(13, 14, Class::Lost)]), None, "it has not elapsed");
        let planned = stretch(1, 2, Class::Planned);
        assert_eq!(worst(std::slice::from_ref(&planned)), Some(Class::Planned));
        assert_eq!(worst(&[planned, stretch(3, 4, Class::Unmeasured)]), Some(Class::Unmeasured));
        assert_eq!(worst(&[stretch(0, 1, Class::NotInService)]), Some(Class::NotInService));
    }

    #[test]
    fn c2_2_days_are_as_long_as_the_clocks_make_them() {
        let zone = TimeZone::get("Europe/Stockholm").unwrap();
        let hours = |month: &str, day: usize| {
            days(month.parse().unwrap(), &zone)[day - 1].1.ms() / 3_600_000
        };
        assert_eq!(
            (hours("2026-03", 29), hours("2026-10", 25), hours("2026-11", 30)),
            (23, 25, 24)
        );
        assert_eq!(days("2026-02".parse().unwrap(), &zone).len(), 28);
    }
}
