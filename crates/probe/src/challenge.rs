//! What a 401 asks for: the challenges of `WWW-Authenticate` (RFC 9110, 11.6.1).

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// Challenges that are read of one answer.
pub const CHALLENGES_MAX: usize = 16;
/// Parameters that are read of one challenge.
pub const PARAMETERS_MAX: usize = 32;

/// One challenge: a scheme with its parameters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Challenge {
    /// `Basic`, `Digest`, `Bearer`, …, as it was sent.
    pub scheme: String,
    /// Names as they were sent, values without their quotes.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Whether it is of this scheme.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// A parameter's value, by its name in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        parameters.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Every challenge of an answer, in order. What cannot be read is left out.
pub fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter();
    let mut found: Vec<Challenge> =
        values.flat_map(|value| read(&String::from_utf8_lossy(value.as_bytes()))).collect();
    found.truncate(CHALLENGES_MAX);
    found
}

/// Reads one header's value. A comma divides parameters as well as challenges: what is followed by
/// `=` is a parameter, any other word begins a challenge.
fn read(value: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut rest = value;
    while found.len() <= CHALLENGES_MAX {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (word, after) = split_token(rest);
        if word.is_empty() {
            break;
        }
        match (parameter(after), found.last_mut()) {
            (Some((value, after)), Some(challenge)) => {
                if challenge.parameters.len() < PARAMETERS_MAX {
                    challenge.parameters.push((word.to_owned(), value));
                }
                rest = after;
            }
            _ => {
                found.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
                rest = after;
            }
        }
    }
    found
}

/// A parameter's value after its name, and what follows it.
fn parameter(after_name: &str) -> Option<(String, &str)> {
    let value = after_name.trim_start_matches([' ', '\t']).strip_prefix('=')?;
    let value = value.trim_start_matches([' ', '\t']);
    let Some(quoted) = value.strip_prefix('"') else {
        let (token, after) = split_token(value);
        return (!token.is_empty()).then(|| (token.to_owned(), after));
    };
    let mut text = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, next)) = chars.next() {
        match next {
            '"' => return Some((text, &quoted[at + 1..])),
            '\\' => text.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => text.push(next),
        }
    }
    None
}

/// The characters of a token (RFC 9110, 5.6.2) or a token68, and what follows them.
fn split_token(text: &str) -> (&str, &str) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c);
    text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[&str]) -> Vec<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(value).unwrap());
        }
        challenges(&headers)
    }

    #[test]
    fn several_challenges_may_share_a_header() {
        let found = of(&[
            r#"Negotiate, Basic realm="a, b \"c\"" , charset=UTF-8,Digest realm=x, qop="auth,auth-int", stale=FALSE"#,
            "Bearer",
        ]);
        let schemes: Vec<&str> = found.iter().map(|it| it.scheme.as_str()).collect();
        assert_eq!(schemes, ["Negotiate", "Basic", "Digest", "Bearer"]);
        assert_eq!(found[1].get("Realm"), Some(r#"a, b "c""#));
        assert_eq!(found[1].get("charset"), Some("UTF-8"));
        assert_eq!(found[2].get("qop"), Some("auth,auth-int"));
        assert!(found[2].is("digest"));
        assert_eq!(found[3].get("realm"), None);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(of(&[""]), []);
        assert_eq!(of(&["Basic realm=\"never closed"])[0].get("realm"), None);
        assert_eq!(of(&["Negotiate YII=="])[0].scheme, "Negotiate");
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic_or_grow(value in "[ -~]{0,300}") {
            let found = of(&[&value]);
            prop_assert!(found.len() <= CHALLENGES_MAX);
            prop_assert!(found.iter().all(|it| it.parameters.len() <= PARAMETERS_MAX));
        }
    }
}
