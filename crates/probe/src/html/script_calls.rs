//! Which addresses a page's script may call to sign in: for people who write a recipe.
//!
//! Nothing is run. Strings in quotes that look like an address and are called after a login are
//! shown, the likeliest first: `/api/login`, `sec/login`, `/oauth/token`.

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

/// The addresses in a script, the likeliest first.
pub fn find(script: &str) -> Vec<String> {
    let mut found: Vec<(u8, String)> = Vec::new();
    for text in strings(script).take(STRINGS_MAX) {
        let address = address(text);
        let Some(score) = score(address) else { continue };
        if !found.iter().any(|(_, known)| known == address) {
            found.push((score, address.to_owned()));
            found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
            found.truncate(CALLS_MAX);
        }
    }
    found.into_iter().map(|(_, address)| address).collect()
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
fn score(address: &str) -> Option<u8> {
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
    let base = CALL_NAMES.iter().position(|names| has(names))?;
    let api = u8::from(has(&["api", "rest", "oauth", "oauth2", "sec", "v1", "v2"]));
    let base = u8::try_from(CALL_NAMES.len() - base).unwrap_or(0);
    Some(2 * base + api)
}

/// Endings of files that no login is sent to.
const NO_CALLS: &[&str] = &[
    "js", "mjs", "css", "map", "png", "svg", "jpg", "gif", "ico", "woff", "woff2", "vue", "ts",
    "tsx", "jsx", "md", "scss", "less",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_call_comes_first() {
        let script = r#"const a="/api/session",b='/api/v1/login',c=`${base}/oauth/token`;
            fetch("/api/news");load("/static/login.js");go('/login');x("it's");y("sec/login")"#;
        assert_eq!(
            find(script),
            ["/api/v1/login", "sec/login", "/login", "/oauth/token", "/api/session"]
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
            assert_eq!(find(script), Vec::<String>::new(), "{script}");
        }
    }

    #[test]
    fn a_script_without_end_is_read_in_time() {
        let long = "\"'`".repeat(400_000);
        assert!(find(&long).is_empty());
    }
}
