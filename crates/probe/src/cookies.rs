//! The cookies of one attempt (RFC 6265).
//!
//! A jar lives as long as one attempt and is never written down. There is no list of public
//! suffixes: a jar only meets the hosts of one login.

use std::fmt;

use contract::Instant;
use http::HeaderValue;
use url::{Host, Url};

/// Cookies that one attempt keeps; further ones push out the oldest.
pub const COOKIES_MAX: usize = 200;
/// Bytes of a cookie's name, value and attributes; a larger one is refused.
pub const COOKIE_BYTES_MAX: usize = 8 * 1024;

/// The cookies of one attempt. Its `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Jar {
    /// In the order in which they were first set.
    cookies: Vec<Cookie>,
}

#[derive(Clone)]
struct Cookie {
    name: Vec<u8>,
    value: Vec<u8>,
    domain: String,
    host_only: bool,
    path: String,
    secure: bool,
    expires: Option<Instant>,
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.cookies.iter().map(|cookie| String::from_utf8_lossy(&cookie.name));
        f.debug_set().entries(names).finish()
    }
}

impl Jar {
    /// Keeps what a `Set-Cookie` header from `url` says, or does as it says: one that has expired
    /// deletes. What is not allowed (another site's domain, too large, no name) is left out.
    pub fn store(&mut self, url: &Url, set_cookie: &[u8], now: Instant) {
        let Some(cookie) = Cookie::parse(url, set_cookie, now) else { return };
        let same = self.cookies.iter().position(|kept| {
            kept.name == cookie.name && kept.domain == cookie.domain && kept.path == cookie.path
        });
        match (same, cookie.is_over(now)) {
            (Some(at), true) => drop(self.cookies.remove(at)),
            (Some(at), false) => self.cookies[at] = cookie,
            (None, true) => {}
            (None, false) => {
                if self.cookies.len() == COOKIES_MAX {
                    self.cookies.remove(0);
                }
                self.cookies.push(cookie);
            }
        }
    }

    /// The `Cookie` header for a request to `url`, marked as sensitive: longer paths first, then
    /// older cookies. None when no cookie is for it.
    pub fn header(&self, url: &Url, now: Instant) -> Option<HeaderValue> {
        let mut sent: Vec<_> = self.sent_to(url, now).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> =
            sent.iter().map(|c| [c.name.as_slice(), b"=", c.value.as_slice()].concat()).collect();
        let mut header = HeaderValue::from_bytes(&pairs.join(b"; ".as_slice())).ok()?;
        header.set_sensitive(true);
        (!header.is_empty()).then_some(header)
    }

    /// Whether a cookie of that name would be sent to `url`.
    pub fn has(&self, url: &Url, name: &str, now: Instant) -> bool {
        self.sent_to(url, now).any(|cookie| cookie.name == name.as_bytes())
    }

    /// The value of a cookie that would be sent to `url` (a CSRF token that a script copies);
    /// none if it is not text.
    pub fn value(&self, url: &Url, name: &str, now: Instant) -> Option<&str> {
        let cookie = self.sent_to(url, now).find(|cookie| cookie.name == name.as_bytes())?;
        std::str::from_utf8(&cookie.value).ok()
    }

    /// The names of the cookies that would be sent to `url`.
    pub fn names(&self, url: &Url, now: Instant) -> Vec<String> {
        self.sent_to(url, now).map(|c| String::from_utf8_lossy(&c.name).into_owned()).collect()
    }

    fn sent_to(&self, url: &Url, now: Instant) -> impl Iterator<Item = &Cookie> {
        self.cookies.iter().filter(move |cookie| cookie.is_for(url) && !cookie.is_over(now))
    }
}

impl Cookie {
    /// Reads a `Set-Cookie` header (RFC 6265, 5.2 and 5.3).
    fn parse(url: &Url, set_cookie: &[u8], now: Instant) -> Option<Cookie> {
        if set_cookie.len() > COOKIE_BYTES_MAX || set_cookie.iter().any(|b| is_control(*b)) {
            return None;
        }
        let host = url.host_str()?.to_ascii_lowercase();
        let mut parts = set_cookie.split(|b| *b == b';');
        let (name, value) = name_and_value(parts.next()?);
        if name.is_empty() {
            return None;
        }
        let mut cookie = Cookie {
            name: name.to_vec(),
            value: value?.to_vec(),
            domain: host,
            host_only: true,
            path: default_path(url),
            secure: false,
            expires: None,
        };
        let mut domain = None;
        let mut root = false;
        let mut max_age = None;
        for part in parts {
            let (name, value) = name_and_value(part);
            let value = String::from_utf8_lossy(value.unwrap_or_default());
            match name.to_ascii_lowercase().as_slice() {
                b"secure" => cookie.secure = true,
                b"path" => {
                    root = value == "/";
                    cookie.path =
                        if value.starts_with('/') { value.into_owned() } else { default_path(url) };
                }
                b"domain" if !value.is_empty() => {
                    domain = Some(value.strip_prefix('.').unwrap_or(&value).to_ascii_lowercase());
                }
                b"max-age" => max_age = seconds(&value).or(max_age),
                b"expires" => cookie.expires = date(&value).or(cookie.expires),
                _ => {}
            }
        }
        if let Some(age_s) = max_age {
            cookie.expires = Some(now.plus_ms(age_s.saturating_mul(1000)));
        }
        cookie.set_domain(url, domain.as_deref())?;
        cookie.is_allowed(url, root && domain.is_none()).then_some(cookie)
    }

    /// Takes over the `Domain` attribute; none when it is not the host's own or above it.
    fn set_domain(&mut self, url: &Url, domain: Option<&str>) -> Option<()> {
        let Some(domain) = domain.filter(|domain| *domain != self.domain) else {
            // A name without a dot, or an address, is only ever for that very host.
            let shared = domain.is_some_and(|domain| domain.contains('.')) && !is_address(url);
            self.host_only = !shared;
            return Some(());
        };
        if is_address(url) || !domain.contains('.') || !is_under(&self.domain, domain) {
            return None;
        }
        self.domain = domain.to_owned();
        self.host_only = false;
        Some(())
    }

    /// The rules about `Secure` and the name's prefix.
    fn is_allowed(&self, url: &Url, host_wide: bool) -> bool {
        let prefixed = |prefix: &[u8]| {
            self.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let secure = self.secure && url.scheme() == "https";
        if self.secure != secure || prefixed(b"__Secure-") && !secure {
            return false;
        }
        !prefixed(b"__Host-") || secure && host_wide
    }

    fn is_over(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    fn is_for(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let host_fits = host == self.domain || !self.host_only && is_under(host, &self.domain);
        let path = url.path();
        let path_fits = path.strip_prefix(self.path.as_str()).is_some_and(|rest| {
            rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/')
        });
        host_fits && path_fits && (!self.secure || url.scheme() == "https")
    }
}

fn is_control(byte: u8) -> bool {
    byte != b'\t' && byte.is_ascii_control()
}

fn is_address(url: &Url) -> bool {
    !matches!(url.host(), Some(Host::Domain(_)))
}

/// Whether `host` is a name below `domain`.
fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

/// `name=value`, or a name alone.
fn name_and_value(part: &[u8]) -> (&[u8], Option<&[u8]>) {
    match part.iter().position(|b| *b == b'=') {
        Some(at) => (part[..at].trim_ascii(), Some(part[at + 1..].trim_ascii())),
        None => (part.trim_ascii(), None),
    }
}

/// The path's folder (RFC 6265, 5.1.4).
fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        Some(at) if at > 0 => url.path()[..at].to_owned(),
        _ => "/".to_owned(),
    }
}

/// `Max-Age`: at most what fits, none if it is no number.
fn seconds(value: &str) -> Option<i64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let most = if value.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(value.parse().unwrap_or(most))
}

/// `Expires`, in any of the ways in which it is written (RFC 6265, 5.1.1).
fn date(value: &str) -> Option<Instant> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let delimits = |c: char| !c.is_ascii_alphanumeric() && c != ':';
    for token in value.split(delimits).filter(|token| !token.is_empty()) {
        let number = leading_number(token);
        if time.is_none() && token.contains(':') {
            time = clock(token);
        } else if let (None, Some((n, 1..=2))) = (day, number) {
            day = Some(n);
        } else if let (None, Some(n)) = (month, month_number(token)) {
            month = Some(n);
        } else if let (None, Some((n, 2..=4))) = (year, number) {
            year = Some(match n {
                70..=99 => n + 1900,
                0..=69 => n + 2000,
                _ => n,
            });
        }
    }
    let (hour, minute, second) = time?;
    let (day, month, year) = (day?, month?, year?);
    if !(1..=31).contains(&day) || year < 1601 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second;
    Some(Instant::from_ms((days_since_1970(year, month, day) * 86_400 + seconds) * 1000))
}

/// The digits at a token's start, and how many they are.
fn leading_number(token: &str) -> Option<(i64, usize)> {
    let digits = token.bytes().take_while(u8::is_ascii_digit).count();
    Some((token[..digits].parse().ok()?, digits))
}

fn clock(token: &str) -> Option<(i64, i64, i64)> {
    let mut parts = token.split(':').map(|part| leading_number(part).map(|(n, _)| n));
    Some((parts.next()??, parts.next()??, parts.next()??))
}

fn month_number(token: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = token.get(..3)?.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| *month == start)?;
    i64::try_from(at + 1).ok()
}

/// Days from 1970-01-01 in the Gregorian calendar, years counted from March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn now() -> Instant {
        Instant::from_ms(NOW)
    }

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn jar(from: &str, cookies: &[&str]) -> Jar {
        let mut jar = Jar::default();
        for cookie in cookies {
            jar.store(&url(from), cookie.as_bytes(), now());
        }
        jar
    }

    fn sent(jar: &Jar, to: &str) -> String {
        let header = jar.header(&url(to), now());
        header.map(|h| h.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_cookie_without_a_domain_is_for_its_host_alone() {
        let jar = jar("https://a.example/", &["s=1", "t=2; Domain=a.example"]);
        assert_eq!(sent(&jar, "https://a.example/x"), "s=1; t=2");
        assert_eq!(sent(&jar, "https://b.a.example/"), "t=2");
        assert_eq!(sent(&jar, "https://example/"), "");
        assert_eq!(sent(&jar, "https://xa.example/"), "");
    }

    #[test]
    fn a_domain_must_be_the_hosts_own() {
        let refused = ["a=1; Domain=example", "a=1; Domain=b.example", "a=1; Domain=x.a.example"];
        for cookie in refused {
            assert_eq!(
                sent(&jar("https://a.example/", &[cookie]), "https://a.example/"),
                "",
                "{cookie}"
            );
        }
        let shared = jar("https://a.b.example/", &["a=1; domain=.B.example"]);
        assert_eq!(sent(&shared, "https://c.b.example/"), "a=1");
        let local = jar("https://localhost/", &["a=1; Domain=localhost"]);
        assert_eq!(sent(&local, "https://localhost/"), "a=1");
        assert_eq!(sent(&local, "https://x.localhost/"), "");
        let address = jar("https://127.0.0.1/", &["a=1; Domain=0.0.1", "b=2; Domain=127.0.0.1"]);
        assert_eq!(sent(&address, "https://127.0.0.1/"), "b=2");
        let six = jar("https://[::1]:8443/", &["a=1"]);
        assert_eq!(sent(&six, "https://[::1]:9443/"), "a=1");
    }

    #[test]
    fn longer_paths_go_first_then_older_cookies() {
        let cookies = ["a=1; Path=/", "b=2; Path=/app", "c=3; Path=/app/", "d=4; Path=x", "e=5"];
        let jar = jar("https://a.example/app/login", &cookies);
        assert_eq!(sent(&jar, "https://a.example/app/in"), "c=3; b=2; d=4; e=5; a=1");
        assert_eq!(sent(&jar, "https://a.example/app"), "b=2; d=4; e=5; a=1");
        assert_eq!(sent(&jar, "https://a.example/apple"), "a=1");
    }

    #[test]
    fn one_that_has_expired_deletes() {
        let mut jar = jar("https://a.example/", &["a=1; Path=/", "b=2; Path=/", "c=3; Path=/"]);
        for cookie in [
            "a=; Max-Age=0; Path=/",
            "b=x; Expires=Thu, 01-Jan-1970 00:00:01 GMT; Path=/",
            "c=x; Max-Age=-5; Expires=Fri, 31 Dec 2100 00:00:00 GMT; Path=/",
        ] {
            jar.store(&url("https://a.example/x"), cookie.as_bytes(), now());
        }
        assert_eq!(sent(&jar, "https://a.example/"), "");

        jar.store(&url("https://a.example/"), b"d=1; Max-Age=60", now());
        assert!(jar.has(&url("https://a.example/"), "d", Instant::from_ms(NOW + 59_999)));
        assert!(!jar.has(&url("https://a.example/"), "d", Instant::from_ms(NOW + 60_000)));
    }

    #[test]
    fn secure_and_prefixes_are_kept() {
        let cookies = ["s=1; Secure", "__Host-a=2; Secure; Path=/", "__secure-b=3; Secure"];
        let jar = jar("https://a.example/", &cookies);
        assert_eq!(sent(&jar, "https://a.example/"), "s=1; __Host-a=2; __secure-b=3");
        assert_eq!(sent(&jar, "http://a.example/"), "");
        for cookie in [
            "__Host-a=2; Secure",
            "__Host-a=2; Path=/",
            "__host-a=2; Secure; Path=/; Domain=a.example",
            "__Secure-b=3",
            "=v",
            "name",
            "a=\u{1}",
        ] {
            let refused = self::jar("https://a.example/", &[cookie]);
            assert_eq!(sent(&refused, "https://a.example/"), "", "{cookie}");
        }
        let plain = self::jar("http://a.example/", &["s=1; Secure"]);
        assert_eq!(sent(&plain, "https://a.example/"), "");
    }

    #[test]
    fn values_are_sent_as_they_came() {
        let jar = jar("https://a.example/", &["a=\"q=1\" ; Path=/", "b=", "a=new; Path=/"]);
        assert_eq!(sent(&jar, "https://a.example/"), "a=new; b=");
        assert_eq!(jar.value(&url("https://a.example/"), "a", now()), Some("new"));
        assert!(!format!("{jar:?}").contains("new"));
        assert!(!format!("{:?}", jar.header(&url("https://a.example/"), now())).contains("new"));

        let mut latin = Jar::default();
        latin.store(&url("https://a.example/"), b"a=p\xe5", now());
        assert_eq!(latin.header(&url("https://a.example/"), now()).unwrap().as_bytes(), b"a=p\xe5");
    }

    #[test]
    fn a_jar_is_bounded() {
        let mut jar = Jar::default();
        for n in 0..COOKIES_MAX + 5 {
            jar.store(&url("https://a.example/"), format!("c{n}=1").as_bytes(), now());
        }
        assert_eq!(jar.cookies.len(), COOKIES_MAX);
        assert!(!jar.has(&url("https://a.example/"), "c4", now()));
        let large = format!("large={}", "x".repeat(COOKIE_BYTES_MAX));
        jar.store(&url("https://a.example/"), large.as_bytes(), now());
        assert!(!jar.has(&url("https://a.example/"), "large", now()));
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        let expected = date("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(expected.map(Instant::ms), Some(784_111_777_000));
        for text in [
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "6 november 1994 08:49:37 UTC",
            "Sun, 6-Nov-1994 8:49:37",
        ] {
            assert_eq!(date(text), expected, "{text}");
        }
        for text in
            ["", "0", "tomorrow", "06 Nov 1994", "32 Nov 1994 08:49:37", "6 Nov 1994 24:00:00"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_agree_with_the_calendar(ms in -10_000_000_000_000_i64..200_000_000_000_000) {
            let instant = Instant::from_ms(ms - ms.rem_euclid(1000));
            let text = instant.to_string();
            let (day, clock) = text.split_once('T').unwrap();
            let parts: Vec<_> = day.split('-').collect();
            let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
                "Dec"][parts[1].parse::<usize>().unwrap() - 1];
            let written = format!("{} {month} {} {}", parts[2], parts[0], &clock[..8]);
            prop_assert_eq!(date(&written), Some(instant));
        }

        #[test]
        fn no_header_can_hurt(header in prop::collection::vec(any::<u8>(), 0..200), tail in "[a-z]{0,8}=[^\\PC]{0,40}(; ?(Domain|Path|Max-Age|Expires|Secure)=?[^\\PC]{0,30}){0,4}") {
            let mut jar = Jar::default();
            let from = url("https://a.example/x/y");
            jar.store(&from, &header, now());
            jar.store(&from, tail.as_bytes(), now());
            if let Some(sent) = jar.header(&from, now()) {
                prop_assert!(sent.as_bytes().iter().all(|b| !is_control(*b)));
            }
        }
    }
}
