//! Instants, lengths of time and percentages as people read them.

use std::time::Duration;

use contract::{Figure, Instant, Money, Percent};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::words::Language;

/// `2026-11-22 14:05:09` in `zone`, with the whole instant for machines.
pub fn instant(at: Instant, zone: &TimeZone) -> Markup {
    let local = zone.to_datetime(at.timestamp());
    html! { time datetime=(at) { (local.strftime("%Y-%m-%d %H:%M:%S")) } }
}

/// `2026-11-22 14:05` in `zone`, with the whole instant for machines.
pub fn minute(at: Instant, zone: &TimeZone) -> Markup {
    let local = zone.to_datetime(at.timestamp());
    html! { time datetime=(at) { (local.strftime("%Y-%m-%d %H:%M")) } }
}

/// `2026-11-22 14:05:09.123` in `zone`, with the whole instant for machines.
pub fn precise(at: Instant, zone: &TimeZone) -> Markup {
    let local = zone.to_datetime(at.timestamp());
    html! { time datetime=(at) { (local.strftime("%Y-%m-%d %H:%M:%S%.3f")) } }
}

/// `14:05` in `zone`, with the whole instant for machines.
pub fn time_of_day(at: Instant, zone: &TimeZone) -> Markup {
    let local = zone.to_datetime(at.timestamp());
    html! { time datetime=(at) { (local.strftime("%H:%M")) } }
}

/// A length of time in its two largest units: `3 d 4 h`, `44 min 42 s`, `1.5 s`.
pub fn length(ms: i64, language: Language) -> String {
    let (sign, ms) = if ms < 0 { ("−", ms.saturating_neg()) } else { ("", ms) };
    let (seconds, minutes, hours, days) = (ms / 1000, ms / 60_000, ms / 3_600_000, ms / 86_400_000);
    let day = language.of("d", "d");
    let hour = language.of("h", "tim");
    match () {
        () if days > 0 => format!("{sign}{days} {day} {} {hour}", hours % 24),
        () if hours > 0 => format!("{sign}{hours} {hour} {} min", minutes % 60),
        () if minutes > 0 => format!("{sign}{minutes} min {} s", seconds % 60),
        () if ms % 1000 == 0 => format!("{sign}{seconds} s"),
        () => format!("{sign}{} s", decimal(&format!("{}.{:03}", seconds, ms % 1000), language)),
    }
}

/// A length of time to the millisecond, so that sums can be checked: `22 d 9 h 58 min 21.360 s`.
pub fn exact(ms: i64, language: Language) -> String {
    let point = language.of(".", ",");
    let parts = [
        (ms / 86_400_000, "d"),
        (ms / 3_600_000 % 24, language.of("h", "tim")),
        (ms / 60_000 % 60, "min"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let mut texts: Vec<String> = parts.map(|(count, unit)| format!("{count} {unit}")).collect();
    match (ms / 1000 % 60, ms % 1000) {
        (0, 0) if !texts.is_empty() => {}
        (seconds, 0) => texts.push(format!("{seconds} s")),
        (seconds, part) => texts.push(format!("{seconds}{point}{part:03} s")),
    }
    texts.join(" ")
}

/// A length of time for a narrow place: `3 d`, `2 h`, `44 min`, `<1 min`.
pub fn rough(ms: i64, language: Language) -> String {
    match ms {
        ..60_000 => "<1\u{a0}min".to_owned(),
        60_000..7_200_000 => format!("{}\u{a0}min", ms / 60_000),
        7_200_000.. => format!("{}\u{a0}{}", ms / 3_600_000, language.of("h", "tim")),
    }
}

/// Minutes, cut down to three decimals: `44.700`, `30,856.995`.
pub fn minutes(ms: i64, language: Language) -> String {
    let thousandths = ms / 60;
    let (whole, part) = (thousandths / 1000, thousandths % 1000);
    let separator = language.of(",", "\u{a0}");
    let point = language.of(".", ",");
    match whole {
        0..1000 => format!("{whole}{point}{part:03}"),
        _ => format!("{}{separator}{:03}{point}{part:03}", whole / 1000, whole % 1000),
    }
}

/// `99.9074 %`, cut down as C6.4 says.
pub fn percent(percent: Percent, language: Language) -> String {
    format!("{}\u{a0}%", decimal(&percent.to_string(), language))
}

/// The burned part of the budget: `89.6 %`, cut down; nothing where there is no budget.
pub fn burned(figure: &Figure, language: Language) -> Option<String> {
    let permille = (i128::from(figure.counted_ms) * 1000).checked_div(figure.budget_ms.into())?;
    Some(format!("{}\u{a0}%", decimal(&format!("{}.{}", permille / 10, permille % 10), language)))
}

/// The reduction that the price level gives: `10 %`.
pub fn reduction(figure: &Figure, language: Language) -> String {
    format!("{}\u{a0}%", decimal(&figure.reduction_percent.normalize().to_string(), language))
}

/// `1,250.00 SEK`, `1 250,00 SEK`.
pub fn money(money: &Money, language: Language) -> String {
    let text = money.to_string();
    let whole = text.find('.').unwrap_or(text.len());
    let separator = language.of(",", "\u{a0}");
    let mut grouped = String::new();
    for (place, character) in text.char_indices() {
        let is_between = place > 0 && place < whole && (whole - place).is_multiple_of(3);
        if is_between && text.as_bytes()[place - 1].is_ascii_digit() {
            grouped.push_str(separator);
        }
        grouped.push(match character {
            '.' => language.of('.', ','),
            ' ' => '\u{a0}',
            other => other,
        });
    }
    grouped
}

/// A time measured by the probe: `12.3 ms`, `1.250 s`.
pub fn measured(duration: Duration, language: Language) -> String {
    let ms = duration.as_secs_f64() * 1000.0;
    let text = match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.2} s", ms / 1000.0),
    };
    decimal(&text, language)
}

/// `12.5 MB`, in powers of 1,000.
pub fn bytes(bytes: u64, language: Language) -> String {
    let text = match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    };
    decimal(&text, language)
}

/// A number with the language's decimal sign.
pub fn decimal(number: &str, language: Language) -> String {
    match language {
        Language::English => number.to_owned(),
        Language::Swedish => number.replace('.', ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_keep_their_two_largest_units() {
        for (ms, expected) in [
            (0, "0 s"),
            (1_500, "1.500 s"),
            (59_000, "59 s"),
            (2_682_001, "44 min 42 s"),
            (26_748_000, "7 h 25 min"),
            (2_682_000_000, "31 d 1 h"),
            (-60_000, "−1 min 0 s"),
        ] {
            assert_eq!(length(ms, Language::English), expected);
        }
        for (ms, expected) in [
            (0, "0 s"),
            (44_001, "44,001 s"),
            (2_682_001, "44 min 42,001 s"),
            (2_592_000_000, "30 d"),
            (1_936_701_360, "22 d 9 tim 58 min 21,360 s"),
        ] {
            assert_eq!(exact(ms, Language::Swedish), expected);
        }
        assert_eq!(minutes(2_682_001, Language::Swedish), "44,700");
        assert_eq!(minutes(1_851_419_750, Language::English), "30,856.995");
        assert_eq!(minutes(1_851_419_750, Language::Swedish), "30\u{a0}856,995");
        assert_eq!(percent(Percent { e4: 998_999 }, Language::Swedish), "99,8999\u{a0}%");
        let fee: Money = "1234567.50 SEK".parse().unwrap();
        assert_eq!(money(&fee, Language::English), "1,234,567.50\u{a0}SEK");
        assert_eq!(money(&fee, Language::Swedish), "1\u{a0}234\u{a0}567,50\u{a0}SEK");
        let small: Money = "250.00 SEK".parse().unwrap();
        assert_eq!(money(&small, Language::Swedish), "250,00\u{a0}SEK");
    }
}
