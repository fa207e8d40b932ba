//! How numbers, lengths of time, money and instants are written in each language.
//!
//! Swedish has a decimal comma and groups thousands by a space, English a point and a comma. Parts
//! that belong together are held together by no-break spaces.

use contract::{Instant, Money, Month, Percent};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::lang::Lang;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60_000;

const MONTHS_SV: [&str; 12] = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Lang {
    /// `oktober 2026`.
    pub fn month(self, month: Month) -> String {
        format!("{} {}", self.month_name(month.month()), month.year())
    }

    /// `oktober`, for 10.
    pub fn month_name(self, month: i8) -> &'static str {
        let names = self.of(&MONTHS_SV, &MONTHS_EN);
        let place = usize::try_from(month - 1).unwrap_or(0);
        names[place % names.len()]
    }

    /// `99,8999 %`, as the figure cut it down (C6.4).
    pub fn percent(self, percent: Percent) -> String {
        format!("{}\u{a0}%", self.decimal(&percent.to_string()))
    }

    /// A percentage of the terms, with the decimals that it was written with: `99,9 %`.
    pub fn percent_of_terms(self, percent: Decimal) -> String {
        format!("{}\u{a0}%", self.decimal(&percent.to_string()))
    }

    /// A change of ten-thousandths of a percent: `+0,0224 procentenheter`.
    pub(crate) fn percentage_points(self, e4: i64) -> String {
        let change = Decimal::new(e4, 4);
        let sign = if e4 > 0 { "+" } else { "" };
        let unit = self.of("procentenheter", "percentage points");
        format!("{sign}{}\u{a0}{unit}", self.decimal(&change.to_string()))
    }

    /// `part_ms` in percent of `whole_ms`, cut down to two decimals; none of nothing.
    pub(crate) fn share(self, part_ms: i64, whole_ms: i64) -> Option<String> {
        let e2 = (i128::from(part_ms) * 10_000).checked_div(whole_ms.into())?;
        let (sign, e2) = (if e2 < 0 { "-" } else { "" }, e2.unsigned_abs());
        let share = format!("{sign}{}.{:02}", e2 / 100, e2 % 100);
        Some(format!("{}\u{a0}%", self.decimal(&share)))
    }

    /// `12 500,00 kr` or `12,500.00 SEK`.
    pub fn money(self, money: &Money) -> String {
        self.amount(money.amount(), money.currency())
    }

    /// An amount that may be negative, with its currency.
    pub(crate) fn amount(self, amount: Decimal, currency: &str) -> String {
        let currency = match (self, currency) {
            (Lang::Sv, "SEK") => "kr",
            (_, other) => other,
        };
        format!("{}\u{a0}{currency}", self.decimal(&format!("{amount:.2}")))
    }

    /// A length of time in minutes, the contract's unit: `445 min 48 s`, `44 min 42,001 s`.
    pub fn minutes(self, ms: i64) -> String {
        let (sign, ms) = sign_of(ms);
        let (minutes, rest_ms) = (ms / MINUTE_MS, ms % MINUTE_MS);
        let minutes = self.decimal(&minutes.to_string());
        match (minutes.as_str(), rest_ms) {
            (_, 0) => format!("{sign}{minutes}\u{a0}min"),
            ("0", _) => format!("{sign}{}", self.seconds(rest_ms)),
            _ => format!("{sign}{minutes}\u{a0}min\u{a0}{}", self.seconds(rest_ms)),
        }
    }

    /// A length of time with its hours, if it has any: `7 h 25 min 48 s`.
    pub fn length(self, ms: i64) -> String {
        let (sign, abs_ms) = sign_of(ms);
        let (hours, rest_ms) = (abs_ms / (60 * MINUTE_MS), abs_ms % (60 * MINUTE_MS));
        if hours == 0 {
            return self.minutes(ms);
        }
        let hours = format!("{sign}{}\u{a0}h", self.decimal(&hours.to_string()));
        match i64::try_from(rest_ms) {
            Ok(0) | Err(_) => hours,
            Ok(rest_ms) => format!("{hours}\u{a0}{}", self.minutes(rest_ms)),
        }
    }

    /// A change with its sign.
    pub(crate) fn difference(self, ms: i64) -> String {
        format!("{}{}", if ms > 0 { "+" } else { "" }, self.minutes(ms))
    }

    /// `2026-10-05 14:00:00 +02:00`; milliseconds are written if there are any.
    pub fn instant(self, at: Instant, zone: &TimeZone) -> String {
        let local = at.timestamp().to_zoned(zone.clone());
        let (date, offset) = (local.strftime("%Y-%m-%d"), local.strftime("%:z"));
        format!("{date} {}\u{a0}{offset}", self.time_of_day(&local))
    }

    /// An instant of which the parts of a second say nothing: they are cut off.
    pub(crate) fn second(self, at: Instant, zone: &TimeZone) -> String {
        self.instant(at.plus_ms(-at.ms().rem_euclid(1_000)), zone)
    }

    /// `2026-10-05 14:00:00 – 14:44:42,001 +02:00`; what both ends share is written once.
    pub fn span(self, from: Instant, until: Instant, zone: &TimeZone) -> String {
        let first = from.timestamp().to_zoned(zone.clone());
        let last = until.timestamp().to_zoned(zone.clone());
        if first.date() != last.date() || first.offset() != last.offset() {
            return format!("{}\u{a0}– {}", self.instant(from, zone), self.instant(until, zone));
        }
        let (date, offset) = (first.strftime("%Y-%m-%d"), first.strftime("%:z"));
        let (from, until) = (self.time_of_day(&first), self.time_of_day(&last));
        format!("{date}\u{a0}{from}\u{a0}– {until}\u{a0}{offset}")
    }

    /// The parts as one list: `a, b och c`.
    pub fn list(self, parts: &[String]) -> String {
        match parts {
            [] => String::new(),
            [only] => only.clone(),
            [rest @ .., last] => format!("{} {} {last}", rest.join(", "), self.of("och", "and")),
        }
    }

    fn time_of_day(self, local: &jiff::Zoned) -> String {
        let time = local.strftime("%H:%M:%S");
        match local.millisecond() {
            0 => time.to_string(),
            ms => format!("{time}{}{ms:03}", self.of(',', '.')),
        }
    }

    fn seconds(self, ms: u64) -> String {
        match (ms / SECOND_MS, ms % SECOND_MS) {
            (whole, 0) => format!("{whole}\u{a0}s"),
            (whole, part) => format!("{whole}{}{part:03}\u{a0}s", self.of(',', '.')),
        }
    }

    /// A number as a program writes it, `-12500.00`, with this language's marks.
    fn decimal(self, number: &str) -> String {
        let (sign, number) = match number.strip_prefix('-') {
            Some(number) => ("−", number),
            None => ("", number),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let mut written = sign.to_owned();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                written.push(self.of('\u{a0}', ','));
            }
            written.push(digit);
        }
        if !part.is_empty() {
            written.push(self.of(',', '.'));
            written.push_str(part);
        }
        written
    }
}

fn sign_of(ms: i64) -> (&'static str, u64) {
    (if ms < 0 { "−" } else { "" }, ms.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With ordinary spaces, to be read.
    fn spaced(text: String) -> String {
        text.replace('\u{a0}', " ")
    }

    #[test]
    fn lengths_are_minutes_and_seconds_and_hours_where_they_are_long() {
        for (ms, minutes, length) in [
            (0, "0 min", "0 min"),
            (1, "0,001 s", "0,001 s"),
            (42_000, "42 s", "42 s"),
            (2_682_001, "44 min 42,001 s", "44 min 42,001 s"),
            (26_748_000, "445 min 48 s", "7 h 25 min 48 s"),
            (2_682_000_000, "44 700 min", "745 h"),
            (3_600_500, "60 min 0,500 s", "1 h 0,500 s"),
            (-60_000, "−1 min", "−1 min"),
        ] {
            assert_eq!(spaced(Lang::Sv.minutes(ms)), minutes);
            assert_eq!(spaced(Lang::Sv.length(ms)), length);
        }
        assert_eq!(spaced(Lang::En.minutes(2_682_000_001)), "44,700 min 0.001 s");
        assert_eq!(spaced(Lang::En.difference(2_682_001)), "+44 min 42.001 s");
    }

    #[test]
    fn c6_4_percentages_are_cut_down_and_never_rounded() {
        let percent = Percent { e4: 998_999 };
        assert_eq!(spaced(Lang::Sv.percent(percent)), "99,8999 %");
        assert_eq!(spaced(Lang::En.percent(percent)), "99.8999 %");
        assert_eq!(spaced(Lang::Sv.share(2_681_999, 2_682_000).unwrap()), "99,99 %");
        assert_eq!(Lang::Sv.share(1, 0), None);
        assert_eq!(spaced(Lang::Sv.percent_of_terms(Decimal::new(990, 1))), "99,0 %");
    }

    #[test]
    fn c7_3_money_is_written_as_each_language_does() {
        let fee: Money = "12500.00 SEK".parse().unwrap();
        assert_eq!(spaced(Lang::Sv.money(&fee)), "12 500,00 kr");
        assert_eq!(spaced(Lang::En.money(&fee)), "12,500.00 SEK");
        let euro: Money = "1234567.5 EUR".parse().unwrap();
        assert_eq!(spaced(Lang::Sv.money(&euro)), "1 234 567,50 EUR");
        assert_eq!(spaced(Lang::Sv.amount(Decimal::new(-125_000, 2), "SEK")), "−1 250,00 kr");
    }

    #[test]
    fn c2_1_instants_are_local_and_say_their_offset() {
        let zone = TimeZone::get("Europe/Stockholm").unwrap();
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let from = at("2026-10-05T12:00:00.000Z");
        assert_eq!(spaced(Lang::Sv.instant(from, &zone)), "2026-10-05 14:00:00 +02:00");
        assert_eq!(
            spaced(Lang::Sv.span(from, from.plus_ms(2_682_001), &zone)),
            "2026-10-05 14:00:00 – 14:44:42,001 +02:00"
        );
        // Over the end of summer time, and over midnight, both ends are written in full.
        assert_eq!(
            spaced(Lang::En.span(
                at("2026-10-25T00:30:00.000Z"),
                at("2026-10-25T01:30:00.000Z"),
                &zone
            )),
            "2026-10-25 02:30:00 +02:00 – 2026-10-25 02:30:00 +01:00"
        );
        assert!(Lang::En.span(from, from.plus_ms(86_400_000), &zone).contains("– "));
        let month = "2026-10".parse().unwrap();
        assert_eq!(Lang::Sv.month(month), "oktober 2026");
        assert_eq!(Lang::En.month(month), "October 2026");
    }
}
