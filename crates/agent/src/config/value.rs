//! Values as people write them: durations, percentages, names, addresses.
//!
//! Each function takes the text between the quotes and gives the value or what is wrong with it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use contract::{Instant, Money};
use http::{HeaderName, HeaderValue};
use jiff::civil::Date;
use probe::settings::Protocol;
use rust_decimal::Decimal;
use url::Url;

/// Longest name of a service, terms, contact or witness.
const NAME_LENGTH_MAX: usize = 64;
/// Longest text of any other kind, in bytes.
const TEXT_LENGTH_MAX: usize = 2048;
/// Longest duration: ten years.
const DURATION_MS_MAX: i64 = 3653 * DAY_MS;
/// Digits after a percentage's point.
const PERCENT_SCALE_MAX: u32 = 6;

const DAY_MS: i64 = 86_400_000;

/// Units of a duration, the largest first.
const UNITS: [(&str, i64); 5] =
    [("d", DAY_MS), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// What is wrong with a value. Neither part quotes the value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wrong {
    /// What is wrong.
    pub(super) message: String,
    /// What to write instead.
    pub(super) help: Option<String>,
}

impl Wrong {
    /// `message`, with a remedy.
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Wrong { message: message.into(), help: Some(help.into()) }
    }
}

/// A duration in milliseconds: `60s`, `1h30m`, `250ms`.
pub(super) fn duration_ms(text: &str) -> Result<i64, Wrong> {
    let wrong = || {
        Wrong::new(
            "this is no duration",
            r#"write whole numbers with units, the largest first: "60s", "5m", "1h30m", "250ms""#,
        )
    };
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total_ms: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        // Each unit at most once, and smaller than the one before it.
        let (_, unit_ms) = units.find(|(unit, _)| *unit == &rest[..letters]).ok_or_else(wrong)?;
        rest = &rest[letters..];
        total_ms = number
            .checked_mul(*unit_ms)
            .and_then(|part_ms| total_ms.checked_add(part_ms))
            .filter(|total_ms| *total_ms <= DURATION_MS_MAX)
            .ok_or_else(|| Wrong::new("this duration is too long", "ten years is the most"))?;
    }
    if text.is_empty() { Err(wrong()) } else { Ok(total_ms) }
}

/// A duration as [`duration_ms`] reads it.
pub(super) fn duration_text(mut ms: i64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    // Contracts speak of hours ("72h") until there are too many of them.
    let is_long = ms >= 14 * DAY_MS;
    for (unit, unit_ms) in &UNITS[usize::from(!is_long)..] {
        if ms >= *unit_ms {
            text.push_str(&format!("{}{unit}", ms / unit_ms));
            ms %= unit_ms;
        }
    }
    text
}

/// A duration between two bounds, both included.
pub(super) fn duration_ms_within(
    least_ms: i64,
    most_ms: i64,
) -> impl Fn(&str) -> Result<i64, Wrong> {
    move |text| {
        let ms = duration_ms(text)?;
        if (least_ms..=most_ms).contains(&ms) {
            return Ok(ms);
        }
        let which = if ms < least_ms { "short" } else { "long" };
        Err(Wrong::new(
            format!("this duration is too {which}"),
            format!("between {} and {}", duration_text(least_ms), duration_text(most_ms)),
        ))
    }
}

/// A percentage from 0 to 100: `99.9`.
pub(super) fn percent(text: &str) -> Result<Decimal, Wrong> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let decimal: Option<Decimal> = text.parse().ok().filter(|_| plain);
    decimal
        .filter(|percent| *percent <= Decimal::ONE_HUNDRED && percent.scale() <= PERCENT_SCALE_MAX)
        .ok_or_else(|| {
            Wrong::new(
                "this is no percentage",
                r#"write a decimal number from 0 to 100 without a sign, as in "99.9""#,
            )
        })
}

/// Money with its currency: `12500.00 SEK`.
pub(super) fn money(text: &str) -> Result<Money, Wrong> {
    text.parse().map_err(|_| {
        Wrong::new(
            "this is no amount of money",
            r#"write the amount, a blank and the currency's three letters, as in "12500.00 SEK""#,
        )
    })
}

/// An instant in RFC 3339.
pub(super) fn instant(text: &str) -> Result<Instant, Wrong> {
    text.parse().map_err(|_| {
        Wrong::new("this is no instant", r#"write it like "2026-12-01T00:00:00+01:00""#)
    })
}

/// A time of the day, in ms since midnight.
pub(super) fn time_of_day(text: &str) -> Result<i64, Wrong> {
    let is_written = text.len() == 5 && text.as_bytes()[2] == b':';
    let time = text.parse::<jiff::civil::Time>().ok().filter(|_| is_written);
    let wrong = || Wrong::new("this is no time of the day", r#"write it like "03:10""#);
    let time = time.ok_or_else(wrong)?;
    Ok((i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60_000)
}

/// An IANA time zone that is known (C2.1).
pub(super) fn timezone(text: &str) -> Result<String, Wrong> {
    if jiff::tz::TimeZone::get(text).is_ok() {
        return Ok(text.to_owned());
    }
    let zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    // People write the city, or the city wrong: compare with the whole name and with its last part.
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let alike = |zone: &str| {
        let whole = strsim::jaro_winkler(&text.to_lowercase(), &zone.to_lowercase());
        whole.max(strsim::jaro_winkler(&last(text), &last(zone)))
    };
    let best = zones
        .iter()
        .filter(|zone| zone.contains('/'))
        .map(|zone| (alike(zone), zone))
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .filter(|(alike, _)| *alike > 0.8);
    let help = match best {
        Some((_, zone)) => format!("did you mean \"{zone}\"?"),
        None => r#"write an IANA name, as in "Europe/Stockholm""#.to_owned(),
    };
    Err(Wrong::new("this time zone is not known", help))
}

/// A name of something in the configuration. It is safe in a file name, a label and a command.
pub(super) fn name(text: &str) -> Result<String, Wrong> {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_safe = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if starts_well && is_safe && text.len() <= NAME_LENGTH_MAX {
        return Ok(text.to_owned());
    }
    Err(Wrong::new(
        "this name cannot be used",
        "letters a-z, digits, '.', '_' and '-', beginning with a letter or a digit, at most 64",
    ))
}

/// A text that is not empty and has no control characters.
pub(super) fn text(text: &str) -> Result<String, Wrong> {
    if text.trim().is_empty() {
        return Err(Wrong::new("this is empty", "write something, or leave the key out"));
    }
    if text.len() > TEXT_LENGTH_MAX || text.chars().any(char::is_control) {
        return Err(Wrong::new(
            "this text cannot be used",
            format!("one line of at most {TEXT_LENGTH_MAX} bytes, without control characters"),
        ));
    }
    Ok(text.to_owned())
}

/// A path.
pub(super) fn path(value: &str) -> Result<PathBuf, Wrong> {
    text(value).map(PathBuf::from)
}

/// A URL that a login may be sent to: https, without a user or a fragment (C1.5).
pub(super) fn https_url(value: &str) -> Result<Url, Wrong> {
    let example = r#"write it like "https://portal.example/login""#;
    let url = Url::parse(&text(value)?).map_err(|_| Wrong::new("this is no URL", example))?;
    match url.scheme() {
        "https" => {}
        "http" => {
            return Err(Wrong::new(
                "a login over plain http would send the password in clear text (C1.5)",
                "use the https:// address of the service",
            ));
        }
        scheme => {
            let help = match Protocol::of(&url) {
                Some(protocol) => format!("for {scheme}:// add kind = \"{}\"", protocol.as_str()),
                None => example.to_owned(),
            };
            return Err(Wrong::new("only https:// can be measured", help));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::new(
            "a URL must not hold a user or a password",
            "use the keys user and password",
        ));
    }
    if url.fragment().is_some() {
        return Err(Wrong::new("a URL's part after '#' is never sent", "leave it out"));
    }
    Ok(url)
}

/// An address and a port to listen on: `127.0.0.1:10925`.
pub(super) fn socket_address(text: &str) -> Result<SocketAddr, Wrong> {
    text.parse().map_err(|_| {
        Wrong::new(
            "this is no address with a port",
            r#"write it like "127.0.0.1:10925" or "[::1]:10925""#,
        )
    })
}

/// An IP address.
pub(super) fn ip_address(text: &str) -> Result<IpAddr, Wrong> {
    text.parse().map_err(|_| {
        Wrong::new("this is no IP address", r#"write it like "192.0.2.1" or "2001:db8::1""#)
    })
}

/// A name server: an address, with or without a port (53).
pub(super) fn nameserver(text: &str) -> Result<SocketAddr, Wrong> {
    let with_port = text.parse().ok();
    let address = with_port.or_else(|| text.parse().ok().map(|ip| SocketAddr::new(ip, 53)));
    address.ok_or_else(|| {
        Wrong::new(
            "this is no name server's address",
            r#"write it like "192.0.2.53", "192.0.2.53:5353" or "[2001:db8::53]:53""#,
        )
    })
}

/// A host (without brackets) and a port: `anchor.example:443`.
pub(super) fn host_and_port(text: &str) -> Result<(String, u16), Wrong> {
    let wrong = || {
        Wrong::new(
            "this is no host with a port",
            r#"write it like "anchor.example:443", "192.0.2.1:443" or "[2001:db8::1]:443""#,
        )
    };
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
    let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(v6) => v6.parse().map(|v6: std::net::Ipv6Addr| v6.to_string()).map_err(|_| wrong())?,
        None => {
            let is_name = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
            let fits = (1..=253).contains(&host.len()) && host.bytes().all(is_name);
            fits.then(|| host.to_owned()).ok_or_else(wrong)?
        }
    };
    Ok((host, port))
}

/// A JSON pointer (RFC 6901): `/user/name`.
pub(super) fn json_pointer(pointer: &str) -> Result<String, Wrong> {
    if pointer.starts_with('/') {
        return text(pointer);
    }
    Err(Wrong::new("this is no JSON pointer", r#"write it like "/access_token" or "/user/name""#))
}

/// The name of an HTTP header.
pub(super) fn header_name(text: &str) -> Result<HeaderName, Wrong> {
    text.parse()
        .map_err(|_| Wrong::new("this is no header's name", r#"write it like "Authorization""#))
}

/// The value of an HTTP header.
pub(super) fn header_value(text: &str) -> Result<HeaderValue, Wrong> {
    let is_plain = !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    text.parse()
        .ok()
        .filter(|_| is_plain)
        .ok_or_else(|| Wrong::new("this is no header's value", "write plain ASCII, on one line"))
}

/// A mail address, as far as that can be told without sending mail.
pub(super) fn mail(text: &str) -> Result<String, Wrong> {
    let parts = text.split_once('@').filter(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && text.len() <= 254
    });
    let is_plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '<');
    if parts.is_some() && is_plain {
        return Ok(text.to_owned());
    }
    Err(Wrong::new("this is no mail address", r#"write it like "anna@customer.example""#))
}

/// A day: `2026-12-27`.
pub(super) fn date(text: &str) -> Result<Date, Wrong> {
    let is_short = text.len() == 10;
    text.parse()
        .ok()
        .filter(|_| is_short)
        .ok_or_else(|| Wrong::new("this is no date", r#"write it like "2026-12-27""#))
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(words: &[(&'static str, T)]) -> impl Fn(&str) -> Result<T, Wrong> {
    move |text| {
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Err(Wrong::new("this word is not known here", suggestion(text, &known)))
    }
}

/// The known word that is most like `text`, if any is; else all of them.
pub(super) fn suggestion(text: &str, known: &[&str]) -> String {
    match nearest(text, known) {
        Some(word) => format!("did you mean \"{word}\"?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => {
            let shown: Vec<String> = known.iter().take(20).map(|w| format!("\"{w}\"")).collect();
            format!("use one of {}", shown.join(", "))
        }
    }
}

/// The known word that is most like `text`, if any is.
pub(super) fn nearest<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&text.to_lowercase(), word), *word))
        .filter(|(distance, word)| *distance <= word.len().div_ceil(3).min(3))
        .min()
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_numbers_with_falling_units() {
        for (text, ms) in [
            ("60s", 60_000),
            ("5m", 300_000),
            ("72h", 259_200_000),
            ("1h30m", 5_400_000),
            ("250ms", 250),
            ("1d", DAY_MS),
            ("1m1ms", 60_001),
            ("0s", 0),
        ] {
            assert_eq!(duration_ms(text), Ok(ms), "{text}");
        }
        for text in
            ["", "60", "s", "1.5s", "-1s", "30m1h", "1s1s", "1 s", "1S", "1µs", "99999999999999h"]
        {
            assert!(duration_ms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_duration_is_written_as_it_is_read() {
        for ms in [0, 1, 250, 1000, 61_001, 259_200_000, 5_400_000] {
            assert_eq!(duration_ms(&duration_text(ms)), Ok(ms));
        }
        assert_eq!(duration_text(259_200_000), "72h");
    }

    #[test]
    fn a_percentage_is_a_plain_decimal() {
        assert_eq!(percent("99.9").unwrap().to_string(), "99.9");
        for text in ["", "99,9", "1e1", "-1", "+1", "100.1", "99.9%", "1.0000001"] {
            assert!(percent(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_safe_in_a_path_and_on_a_command_line() {
        assert!(name("portal-1.example_x").is_ok());
        for text in ["", ".", "..", ".hidden", "-x", "a/b", "a b", "å", &"x".repeat(65)] {
            assert!(name(text).is_err(), "{text}");
        }
    }

    #[test]
    fn c1_5_a_login_goes_over_https_only() {
        assert!(https_url("https://portal.example/login?next=%2F").is_ok());
        for text in [
            "http://portal.example/",
            "ftp://portal.example/",
            "portal.example",
            "https://user@portal.example/",
            "https://portal.example/#top",
            "https://",
        ] {
            assert!(https_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_city_alone_suggests_its_time_zone() {
        let help = |text| timezone(text).unwrap_err().help.unwrap();
        assert_eq!(help("Europe/Stokholm"), "did you mean \"Europe/Stockholm\"?");
        assert_eq!(help("Stockholm"), "did you mean \"Europe/Stockholm\"?");
        assert_eq!(timezone("Europe/Stockholm").as_deref(), Ok("Europe/Stockholm"));
    }

    #[test]
    fn hosts_come_with_a_port() {
        assert_eq!(host_and_port("a.example:443"), Ok(("a.example".to_owned(), 443)));
        assert_eq!(host_and_port("[2001:db8::1]:443"), Ok(("2001:db8::1".to_owned(), 443)));
        for text in ["a.example", "a.example:0", ":443", "2001:db8::1:443", "a b:1", "a:99999"] {
            assert!(host_and_port(text).is_err(), "{text}");
        }
    }
}
