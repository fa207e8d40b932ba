//! What looks like a secret, though nobody said that it is one.

/// Letters and digits in a row that can be a token.
const TOKEN_CHARS_MIN: usize = 20;
/// Names whose values are cut, in JSON, in addresses and in cookies.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "lösenord",
    "pwd",
    "secret",
    "token",
    "csrf",
    "xsrf",
    "session",
    "sessionid",
    "sessid",
    "sid",
    "jsessionid",
    "api_key",
    "apikey",
    "assertion",
    "samlresponse",
    "samlrequest",
    "relaystate",
    "ticket",
    "otp",
    "code",
    "state",
    "nonce",
    "signature",
    "sig",
];
/// Headers whose values are cut whole.
const SECRET_HEADERS: &[&str] = &["authorization", "proxy-authorization", "set-cookie", "cookie"];

/// The values of names that bear secrets: `"token": "…"`, `sid=…`, `Authorization: …`.
pub fn assignments_in(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    // What stands between a name and its value; a plain address has none of these.
    if text.contains(['=', '%', '"', '\'', '\\', ']']) {
        let lower = text.to_ascii_lowercase();
        for name in SECRET_NAMES {
            for (at, _) in lower.match_indices(name) {
                spans.extend(value_after(text, at + name.len()));
            }
        }
    }
    for (colon, _) in text.match_indices(':') {
        let ends_in = |name: &&str| {
            let from = colon.checked_sub(name.len());
            from.is_some_and(|from| {
                text.as_bytes()[from..colon].eq_ignore_ascii_case(name.as_bytes())
            })
        };
        if SECRET_HEADERS.iter().any(ends_in) {
            let end = text[colon..].find(['\n', '<', '·']).map_or(text.len(), |end| colon + end);
            spans.push((colon + 1, end));
        }
    }
    spans
}

/// The value after a name, where `=` follows, or a colon after a quote.
fn value_after(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = &text[from..];
    // The name may go on: `access_token_v2`, `csrfmiddlewaretoken`.
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let quoted = rest.trim_start_matches(['"', '\'', '\\', ']']);
    let quote = quoted.len() < rest.len();
    let value = quoted.trim_start();
    let value = match value.as_bytes().first()? {
        b'=' => &value[1..],
        b':' if quote => &value[1..],
        _ if value.starts_with("%3D") || value.starts_with("%3d") => &value[3..],
        _ => return None,
    };
    let value = value.trim_start();
    let inner = value.trim_start_matches(['"', '\'', '\\']);
    let end = match inner.len() < value.len() {
        true => inner.find(['"', '\'', '\\']),
        false => inner.find(|c: char| c.is_whitespace() || "&;?,<>\"'}])".contains(c)),
    };
    let start = text.len() - inner.len();
    let end = end.map_or(text.len(), |end| start + end);
    (end > start).then_some((start, end))
}

/// Long runs that look like tokens: hexadecimal, base64, or letters and digits mixed.
pub fn tokens_in(text: &str) -> Vec<(usize, usize)> {
    let in_token = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+/=%".contains(&byte);
    let mut spans = Vec::new();
    let mut from = 0;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        if in_token(byte) {
            continue;
        }
        if is_token(&text.as_bytes()[from..at]) {
            spans.push((from, at));
        }
        from = at + 1;
    }
    spans
}

fn is_token(run: &[u8]) -> bool {
    let run = run.trim_ascii();
    if run.len() < TOKEN_CHARS_MIN {
        return false;
    }
    // A path is judged by its parts, unless they look random themselves.
    if run.contains(&b'/') && run.split(|byte| *byte == b'/').all(is_word) {
        return false;
    }
    let count = |of: fn(&u8) -> bool| run.iter().filter(|byte| of(byte)).count();
    let digits = count(u8::is_ascii_digit);
    let rises = run.windows(2).filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    let letters = count(u8::is_ascii_alphabetic);
    (digits > 0 && letters > 0) || rises.count() * 5 >= run.len() || digits >= TOKEN_CHARS_MIN
}

/// Small letters, or a capital before them, with at most two digits at the end.
fn is_word(part: &[u8]) -> bool {
    let digits = part.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let letters = &part[..part.len() - digits];
    digits <= 2
        && letters.len() <= 30
        && letters.iter().skip(1).all(|byte| byte.is_ascii_lowercase() || b"-_".contains(byte))
}
