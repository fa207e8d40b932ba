//! Three zones, months and Swedish holidays, by their rules and by hand.

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Zone {
    Stockholm,
    NewYork,
    Kolkata,
}

impl Zone {
    pub fn name(self) -> &'static str {
        match self {
            Zone::Stockholm => "Europe/Stockholm",
            Zone::NewYork => "America/New_York",
            Zone::Kolkata => "Asia/Kolkata",
        }
    }

    /// Local time minus UTC at `instant`.
    pub fn offset(self, instant: i64) -> i64 {
        let (year, _, _) = date_of(instant.div_euclid(DAY));
        match self {
            Zone::Kolkata => 5 * HOUR + HOUR / 2,
            Zone::Stockholm => {
                let starts = last_sunday(year, 3) * DAY + HOUR;
                let ends = last_sunday(year, 10) * DAY + HOUR;
                if starts <= instant && instant < ends { 2 * HOUR } else { HOUR }
            }
            Zone::NewYork => {
                let starts = (first_sunday(year, 3) + 7) * DAY + 7 * HOUR;
                let ends = first_sunday(year, 11) * DAY + 6 * HOUR;
                if starts <= instant && instant < ends { -4 * HOUR } else { -5 * HOUR }
            }
        }
    }

    /// The first instant of a local month; found by trying every half hour.
    pub fn month_start(self, year: i64, month: i64) -> i64 {
        let midnight = days(year, month, 1) * DAY;
        (-30..=30)
            .map(|halves| midnight + halves * HOUR / 2)
            .find(|instant| instant + self.offset(*instant) >= midnight)
            .unwrap()
    }

    pub fn local_day(self, instant: i64) -> i64 {
        (instant + self.offset(instant)).div_euclid(DAY)
    }

    pub fn local_month(self, instant: i64) -> (i64, i64) {
        let (year, month, _) = date_of(self.local_day(instant));
        (year, month)
    }
}

/// Where counting begins: 2024-01-01, so many days after 1970-01-01.
const FIRST_YEAR: i64 = 2024;
const FIRST_DAY: i64 = 19_723;

/// Days from 1970-01-01 to a date, by counting years and months.
pub fn days(year: i64, month: i64, day: i64) -> i64 {
    let years: i64 = (FIRST_YEAR..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let months: i64 = (1..month).map(|month| length(year, month)).sum();
    FIRST_DAY + years + months + day - 1
}

/// The date so many days after 1970-01-01.
pub fn date_of(day: i64) -> (i64, i64, i64) {
    assert!(day >= FIRST_DAY);
    let mut left = day - FIRST_DAY;
    let mut year = FIRST_YEAR;
    while left >= if is_leap(year) { 366 } else { 365 } {
        left -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let mut month = 1;
    while left >= length(year, month) {
        left -= length(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

pub fn length(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(is_leap(year)),
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// 0 is Sunday; 1970-01-01 was a Thursday.
pub fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

fn first_sunday(year: i64, month: i64) -> i64 {
    (1..).map(|day| days(year, month, day)).find(|day| weekday(*day) == 0).unwrap()
}

fn last_sunday(year: i64, month: i64) -> i64 {
    let last = days(year, month, length(year, month));
    last - weekday(last)
}

/// Holidays that are no Sundays, out of a printed almanac.
const HOLIDAYS: [(i64, i64, i64); 33] = [
    (2025, 1, 1),
    (2025, 1, 6),
    (2025, 4, 18),
    (2025, 4, 21),
    (2025, 5, 1),
    (2025, 5, 29),
    (2025, 6, 6),
    (2025, 6, 21),
    (2025, 11, 1),
    (2025, 12, 25),
    (2025, 12, 26),
    (2026, 1, 1),
    (2026, 1, 6),
    (2026, 4, 3),
    (2026, 4, 6),
    (2026, 5, 1),
    (2026, 5, 14),
    (2026, 6, 6),
    (2026, 6, 20),
    (2026, 10, 31),
    (2026, 12, 25),
    (2026, 12, 26),
    (2027, 1, 1),
    (2027, 1, 6),
    (2027, 3, 26),
    (2027, 3, 29),
    (2027, 5, 1),
    (2027, 5, 6),
    (2027, 6, 26),
    (2027, 11, 6),
    (2027, 12, 25),
    (2028, 1, 1),
    (2028, 1, 6),
];

pub fn is_red(day: i64) -> bool {
    weekday(day) == 0 || HOLIDAYS.contains(&date_of(day))
}

/// 08-17 on a weekday that is no red day.
pub fn is_office(zone: Zone, instant: i64) -> bool {
    is_open(zone, instant, 17)
}

/// The same, and 08-12 before a red day.
pub fn is_support(zone: Zone, instant: i64) -> bool {
    is_open(zone, instant, if is_red(zone.local_day(instant) + 1) { 12 } else { 17 })
}

fn is_open(zone: Zone, instant: i64, closes: i64) -> bool {
    let local = instant + zone.offset(instant);
    let day = local.div_euclid(DAY);
    let time = local.rem_euclid(DAY);
    (1..=5).contains(&weekday(day)) && !is_red(day) && (8 * HOUR..closes * HOUR).contains(&time)
}
