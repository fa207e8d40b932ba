//! Which addresses a page's script may call to sign in: for people who write a recipe.
//!
//! Nothing is run. Strings in quotes that look like an address and are called after a login are
//! shown, the likeliest first: `/api/login`, `sec/login`, `/oauth/token`.

use std::cmp::Reverse;

use super::vocabulary::{CALL_NAMES, OTHER_NAMES};
use super::words::has_part;

/// Calls that are kept of one script.
pub const CALLS_MAX: usize = 8;
/// Bytes of a script that are looked at.
pub const SCRIPT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Characters of an address.
const ADDRESS_CHARS_MAX: usize = 120;
/// Strings of a script that are looked at more closely.
const STRINGS_MAX: usize = 200_000;

/// An address in a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// As it is written there.
    pub address: String,
    /// How likely it is the call that signs in.
    pub likelihood: Likelihood,
}

/// How likely a call signs in: what comes later is likelier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Likelihood {
    /// The path's last segment is such a name as a whole: `auth/login`, and not `login-help/top`.
    ends_with_name: bool,
    /// How well known the name is.
    name: usize,
    /// It stands among other calls: `api/login`.
    is_api: bool,
}

/// The addresses in a script, the likeliest first.
pub fn find(script: &str) -> Vec<Call> {
    let mut found: Vec<Call> = Vec::new();
    for text in strings(script).take(STRINGS_MAX) {
        let address = address(text);
        let Some(likelihood) = likelihood(address) else { continue };
        if !found.iter().any(|known| known.address == address) {
            found.push(Call { address: address.to_owned(), likelihood });
            found.sort_by_key(|call| Reverse(call.likelihood));
            found.truncate(CALLS_MAX);
        }
    }
    found
}

/// What stands between two equal quotes on one line, quotes of every kind.
fn strings(script: &str) -> impl Iterator<Item = &str> {
    let mut rest = &script[..script.floor_char_boundary(SCRIPT_BYTES_MAX)];
    std::iter::from_fn(move || {
        loop {
            let at = rest.find(['"', '\'', '`'])?;
            let quote = char::from(rest.as_bytes()[at]);
            let inside = &rest[at + 1..];
            let near = &inside[..inside.floor_char_boundary(ADDRESS_CHARS_MAX * 4)];
            match near.find([quote, '\n']) {
                Some(end) if near[end..].starts_with(quote) => {
                    rest = &inside[end + 1..];
                    return Some(&near[..end]);
                }
                _ => rest = inside,
            }
        }
    })
}

/// An address without what is put in front of it when the script runs: `${base}/login`.
fn address(text: &str) -> &str {
    match text.rsplit_once('}') {
        Some((before, after)) if before.contains("${") => after,
        _ => text,
    }
}

/// How likely it is the call that signs in, if it may be one.
fn likelihood(address: &str) -> Option<Likelihood> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_-.:?=&%~@".contains(c);
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let is_file = path.rsplit('/').next().is_some_and(|name| {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending);
        ending.is_some_and(|ending| NO_CALLS.contains(&ending.to_ascii_lowercase().as_str()))
    });
    if !address.contains('/')
        || address.len() > ADDRESS_CHARS_MAX
        || !address.chars().all(is_plain)
        || is_file
        || address.starts_with("./")
        || address.starts_with("../")
    {
        return None;
    }
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let has = |names: &[&str]| path.split('/').any(|segment| has_part(segment, names));
    if has(OTHER_NAMES) || has(&["docs", "doc", "help", "wiki", "blog", "w3", "issues"]) {
        return None;
    }
    let last = last_name(path);
    let whole = CALL_NAMES.iter().position(|names| names.contains(&last.as_str()));
    let name = whole.or_else(|| CALL_NAMES.iter().position(|names| has(names)))?;
    Some(Likelihood {
        ends_with_name: whole.is_some(),
        name: CALL_NAMES.len() - name,
        is_api: has(&["api", "rest", "oauth", "oauth2", "sec", "v1", "v2"]),
    })
}

/// The last segment of a path, as names are listed: `sign-in.php` is `signin`.
fn last_name(path: &str) -> String {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let name = last.split('.').next().unwrap_or_default();
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Endings of files that no login is sent to.
const NO_CALLS: &[&str] = &[
    "js", "mjs", "css", "map", "png", "svg", "jpg", "gif", "ico", "woff", "woff2", "vue", "ts",
    "tsx", "jsx", "md", "scss", "less",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(script: &str) -> Vec<String> {
        find(script).into_iter().map(|call| call.address).collect()
    }

    #[test]
    fn the_likeliest_call_comes_first() {
        let script = r#"const a="/api/session",b='/api/v1/login',c=`${base}/oauth/token`;
            fetch("/api/news");load("/static/login.js");go('/login');x("it's");y("sec/login")"#;
        assert_eq!(
            found(script),
            ["/api/v1/login", "sec/login", "/login", "/oauth/token", "/api/session"]
        );
    }

    #[test]
    fn a_path_that_ends_with_the_name_comes_before_one_that_has_it_inside() {
        let script =
            r#"x("/api/login-texts/all");y("auth/token");z("auth/sign-in.php");w("/auth/")"#;
        assert_eq!(
            found(script),
            ["auth/sign-in.php", "auth/token", "/auth/", "/api/login-texts/all"]
        );
    }

    #[test]
    fn what_is_no_call_of_a_login_is_left_out() {
        for script in [
            "'/logout'",
            "'/forgot/login'",
            "'login'",
            "'/docs/auth/token'",
            "'see /login for more'",
            "'./components/login'",
            "\"/lo\ngin/\"",
            "'",
            "",
        ] {
            assert_eq!(find(script), [], "{script}");
        }
    }

    #[test]
    fn a_script_without_end_is_read_in_time() {
        let long = "\"'`".repeat(400_000);
        assert!(find(&long).is_empty());
    }
}
