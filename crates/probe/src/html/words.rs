//! How words are found in what a page says.
//!
//! Two kinds of text need two ways to match. Identifiers (names, ids, classes, paths) are written
//! `j_username`, `userName` or `user-name`: [`is_named`], [`has_part`]. Sentences are for people:
//! [`says`]. The words themselves are in [`super::vocabulary`].

/// Whether an identifier has one of the words in it. Short words (up to four letters) must be a
/// part of it by themselves: `log` is in `log`, `user_log` and `userLog`, not in `catalog`.
pub fn is_named(identifier: &str, words: &[&str]) -> bool {
    let parts = parts(identifier);
    let whole: String = parts.concat();
    words.iter().any(|word| match word.chars().count() {
        0..=4 => parts.iter().any(|part| part == word),
        _ => whole.contains(word),
    })
}

/// Whether an identifier has one of the words in it as a part, or as parts that follow each other:
/// `logout` is in `doLogout`, `log-out` and `user_log_out`, not in `blogoutline`.
pub fn has_part(identifier: &str, words: &[&str]) -> bool {
    let parts = parts(identifier);
    (0..parts.len()).any(|from| {
        (from..parts.len().min(from + PARTS_OF_A_WORD_MAX)).any(|to| {
            let joined = parts[from..=to].concat();
            words.iter().any(|word| *word == joined)
        })
    })
}

/// Parts in which one word may be written: `kirjaudu-ulos`, `se-de-connecter`.
const PARTS_OF_A_WORD_MAX: usize = 3;

/// Whether a sentence (in lower case) has one of the phrases in it, as whole words.
pub fn says<'a>(sentence: &str, phrases: &[&'a str]) -> Option<&'a str> {
    phrases.iter().copied().find(|phrase| {
        sentence.match_indices(phrase).any(|(at, _)| {
            let before = sentence[..at].chars().next_back();
            let after = sentence[at + phrase.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
    })
}

/// The words of an identifier, in lower case: split at what is no letter or digit, and where a
/// capital follows a small letter.
fn parts(identifier: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut small = false;
    for c in identifier.chars().take(IDENTIFIER_CHARS_MAX) {
        if !c.is_alphanumeric() || (small && c.is_uppercase()) {
            parts.push(String::new());
        }
        if c.is_alphanumeric() {
            parts.last_mut().expect("never empty").extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Characters of an identifier that are looked at.
const IDENTIFIER_CHARS_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use super::super::vocabulary::{CODE_NAMES, LOGIN_LABELS, LOGOUT_NAMES, USER_NAMES};
    use super::*;

    #[test]
    fn identifiers_are_read_in_every_spelling() {
        for name in ["username", "j_username", "userName", "user-name", "txtUser", "login[email]"] {
            assert!(is_named(name, USER_NAMES), "{name}");
        }
        for name in ["catalog", "amuser1x", "q", "", "password"] {
            assert!(!is_named(name, USER_NAMES), "{name}");
        }
        assert!(is_named("token-otp_token", CODE_NAMES));
        assert!(!is_named("hotplate", CODE_NAMES));
        for name in ["logout", "doLogout", "log-out", "user_sign_out", "logout.php", "logga-ut"] {
            assert!(has_part(name, LOGOUT_NAMES), "{name}");
        }
        assert!(!has_part("blogoutline", LOGOUT_NAMES));
    }

    #[test]
    fn sentences_are_read_by_whole_words() {
        assert_eq!(says("please log in.", LOGIN_LABELS), Some("log in"));
        assert_eq!(says("blog index", LOGIN_LABELS), None);
        assert_eq!(says("återställ lösenord", &["ställ"]), None);
    }
}
