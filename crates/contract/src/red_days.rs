//! Red days: Sundays and the public holidays of the Swedish act 1989:253 (C9.3).

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::terms::Terms;

/// Which days are red under some terms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedDays {
    eves_closed: bool,
    extra: Vec<Date>,
    removed: Vec<Date>,
}

impl RedDays {
    /// Those of `terms`.
    pub fn new(terms: &Terms) -> Self {
        RedDays {
            eves_closed: terms.eves_closed,
            extra: terms.extra_red_days.clone(),
            removed: terms.removed_red_days.clone(),
        }
    }

    /// Whether `date` is red. A day that is both added and removed is red.
    pub fn is_red(&self, date: Date) -> bool {
        let by_act = is_red_by_act(date) || (self.eves_closed && is_eve(date));
        (by_act && !self.removed.contains(&date)) || self.extra.contains(&date)
    }

    /// Whether `date` is one of Monday to Friday and not red.
    pub fn is_working_day(&self, date: Date) -> bool {
        !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.is_red(date)
    }

    /// Whether `date` is the day before a red day.
    pub fn is_before_red(&self, date: Date) -> bool {
        date.tomorrow().is_ok_and(|tomorrow| self.is_red(tomorrow))
    }
}

/// Sundays and the act's holidays; those that always fall on a Sunday are not listed again.
fn is_red_by_act(date: Date) -> bool {
    let weekday = date.weekday();
    let fixed = matches!((date.month(), date.day()), (1, 1 | 6) | (5, 1) | (6, 6) | (12, 25 | 26));
    // Midsummer Day and All Saints' Day: the Saturdays of 20 to 26 June and 31 October to 6
    // November.
    let saturday = weekday == Weekday::Saturday
        && matches!((date.month(), date.day()), (6, 20..=26) | (10, 31) | (11, 1..=6));
    weekday == Weekday::Sunday || fixed || saturday || is_moved_by_easter(date)
}

/// Good Friday, Easter Monday and Ascension.
fn is_moved_by_easter(date: Date) -> bool {
    let easter = easter_sunday(date.year());
    [-2, 1, 39].iter().any(|&days| easter.checked_add(days.days()).is_ok_and(|day| day == date))
}

/// Midsummer Eve, 24 and 31 December.
fn is_eve(date: Date) -> bool {
    let midsummer_eve =
        date.weekday() == Weekday::Friday && matches!((date.month(), date.day()), (6, 19..=25));
    midsummer_eve || matches!((date.month(), date.day()), (12, 24 | 31))
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher).
fn easter_sunday(year: i16) -> Date {
    let year = i32::from(year);
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let moon_drift = century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15;
    let epact = (19 * golden + moon_drift) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * late + 114;
    let (month, day) = (days / 31, days % 31 + 1);
    let month = i8::try_from(month).expect("3 or 4");
    let day = i8::try_from(day).expect("1 to 31");
    Date::new(i16::try_from(year).expect("it was one"), month, day).expect("a day in spring")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn holidays(year: i16, red_days: &RedDays) -> Vec<String> {
        let first = Date::new(year, 1, 1).unwrap();
        first
            .series(1.day())
            .take_while(|date| date.year() == year)
            .filter(|date| date.weekday() != Weekday::Sunday && red_days.is_red(*date))
            .map(|date| date.to_string()[5..].to_owned())
            .collect()
    }

    #[test]
    fn c9_3_the_acts_holidays_that_are_no_sundays() {
        let act = RedDays::new(&Terms::default());
        assert_eq!(
            holidays(2026, &act),
            [
                "01-01", "01-06", "04-03", "04-06", "05-01", "05-14", "06-06", "06-20", "10-31",
                "12-25", "12-26"
            ]
        );
        assert_eq!(
            holidays(2027, &act),
            ["01-01", "01-06", "03-26", "03-29", "05-01", "05-06", "06-26", "11-06", "12-25"]
        );
    }

    #[test]
    fn c9_3_easter_is_where_the_church_has_it() {
        for (year, easter) in [
            (1818, "1818-03-22"),
            (1943, "1943-04-25"),
            (1999, "1999-04-04"),
            (2000, "2000-04-23"),
            (2008, "2008-03-23"),
            (2011, "2011-04-24"),
            (2014, "2014-04-20"),
            (2024, "2024-03-31"),
            (2025, "2025-04-20"),
            (2026, "2026-04-05"),
            (2027, "2027-03-28"),
            (2038, "2038-04-25"),
            (2049, "2049-04-18"),
            (2285, "2285-03-22"),
        ] {
            assert_eq!(easter_sunday(year), date(easter));
        }
    }

    #[test]
    fn c9_3_eves_are_ordinary_days_unless_closed() {
        let mut terms = Terms::default();
        let open = RedDays::new(&terms);
        terms.eves_closed = true;
        let closed = RedDays::new(&terms);
        for eve in ["2026-06-19", "2026-12-24", "2026-12-31"] {
            assert!(!open.is_red(date(eve)) && open.is_before_red(date(eve)), "{eve}");
            assert!(closed.is_red(date(eve)), "{eve}");
        }
        // Another Friday, and a Monday near Midsummer.
        assert!(!closed.is_red(date("2026-06-12")) && !closed.is_red(date("2026-06-22")));
        assert!(closed.is_before_red(date("2026-12-23")));
        assert!(!open.is_before_red(date("2026-12-23")));
    }

    #[test]
    fn c9_3_days_can_be_added_and_removed() {
        let mut terms = Terms::default();
        terms.extra_red_days.push(date("2026-08-12"));
        terms.removed_red_days.push(date("2026-05-01"));
        let red_days = RedDays::new(&terms);
        assert!(red_days.is_red(date("2026-08-12")));
        assert!(!red_days.is_working_day(date("2026-08-12")));
        assert!(!red_days.is_red(date("2026-05-01")));
        assert!(red_days.is_working_day(date("2026-05-01")));
        assert!(!red_days.is_before_red(date("2026-04-30")));
    }
}
