//! How words are found in what a page says.
//!
//! Two kinds of text need two ways to match. Identifiers (names, ids, classes, paths) are written
//! `j_username`, `userName` or `user-name`: [`is_named`], [`has_part`]. Sentences are for people:
//! [`says`]. The words themselves are in [`super::vocabulary`].

use memchr::memmem;

/// Whether an identifier has one of the words in it. Short words (up to four letters) must be a
/// part of it by themselves: `log` is in `log`, `user_log` and `userLog`, not in `catalog`.
pub fn is_named(identifier: &str, words: &[&str]) -> bool {
    if identifier.is_empty() {
        return false;
    }
    let parts = Parts::of(identifier);
    let fits = |word: &&&str| word.len() <= parts.whole.len();
    words.iter().filter(fits).any(|word| match word.chars().nth(4) {
        None => parts.joined(1).any(|part| part == *word),
        Some(_) => memmem::find(parts.whole.as_bytes(), word.as_bytes()).is_some(),
    })
}

/// Whether an identifier has one of the words in it as a part, or as parts that follow each other:
/// `logout` is in `doLogout`, `log-out` and `user_log_out`, not in `blogoutline`.
pub fn has_part(identifier: &str, words: &[&str]) -> bool {
    if words.iter().all(|word| word.len() > identifier.len()) {
        return false;
    }
    let parts = Parts::of(identifier);
    (1..=PARTS_OF_A_WORD_MAX).any(|count| parts.joined(count).any(|joined| words.contains(&joined)))
}

/// Parts in which one word may be written: `kirjaudu-ulos`, `se-de-connecter`.
const PARTS_OF_A_WORD_MAX: usize = 3;

/// Whether a sentence (in lower case) has one of the phrases in it, as whole words.
pub fn says<'a>(sentence: &str, phrases: &[&'a str]) -> Option<&'a str> {
    if sentence.is_empty() {
        return None;
    }
    // Where a word can begin.
    let mut inside = false;
    let mut starts = Vec::new();
    for (at, c) in sentence.char_indices() {
        if !inside {
            starts.push(&sentence[at..]);
        }
        inside = c.is_alphanumeric();
    }
    phrases.iter().copied().find(|phrase| {
        let mut rests = starts.iter().filter_map(|start| start.strip_prefix(phrase));
        rests.any(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

/// The words of an identifier, in lower case: split at what is no letter or digit, and where a
/// capital follows a small letter.
struct Parts {
    /// All of them, one after the other.
    whole: String,
    /// Where in it each begins; the last is its end.
    bounds: Vec<usize>,
}

impl Parts {
    fn of(identifier: &str) -> Parts {
        let mut whole = String::with_capacity(identifier.len());
        let mut bounds = vec![0];
        let mut small = false;
        for c in identifier.chars().take(IDENTIFIER_CHARS_MAX) {
            let begins = !c.is_alphanumeric() || (small && c.is_uppercase());
            if begins && bounds.last() != Some(&whole.len()) {
                bounds.push(whole.len());
            }
            if c.is_ascii_alphanumeric() {
                whole.push(c.to_ascii_lowercase());
            } else if c.is_alphanumeric() {
                whole.extend(c.to_lowercase());
            }
            small = c.is_lowercase();
        }
        if bounds.last() != Some(&whole.len()) {
            bounds.push(whole.len());
        }
        Parts { whole, bounds }
    }

    /// Every `count` parts that follow each other, as one word.
    fn joined(&self, count: usize) -> impl Iterator<Item = &str> {
        self.bounds.iter().zip(self.bounds.iter().skip(count)).map(|(a, b)| &self.whole[*a..*b])
    }
}

/// Characters of an identifier that are looked at.
const IDENTIFIER_CHARS_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn words_are_found_where_a_plain_search_finds_them(
            text in "[a-cA-C é_.]{0,12}",
            words in prop::collection::vec("[a-c]{1,6}", 1..4),
        ) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let spaced: String = text
                .chars()
                .scan(false, |small, c| {
                    let gap = if *small && c.is_uppercase() { " " } else { "" };
                    *small = c.is_lowercase();
                    Some(format!("{gap}{}", if c.is_alphanumeric() { c } else { ' ' }))
                })
                .collect();
            let spaced = spaced.to_lowercase();
            let parts: Vec<&str> = spaced.split_whitespace().collect();
            let (whole, is_part) = (parts.concat(), |word: &&str| parts.contains(word));
            let is_in = |word: &&str| if word.len() <= 4 { is_part(word) } else { whole.contains(*word) };
            prop_assert_eq!(is_named(&text, &words), words.iter().any(is_in));
            let joined = (1..=3).flat_map(|n| parts.windows(n)).map(|some| some.concat());
            let is_joined = joined.into_iter().any(|some| words.contains(&some.as_str()));
            prop_assert_eq!(has_part(&text, &words), is_joined);
            let sentence = text.to_lowercase();
            let said: Vec<&str> = sentence.split(|c: char| !c.is_alphanumeric()).collect();
            let first = words.iter().copied().find(|word| said.contains(word));
            prop_assert_eq!(says(&sentence, &words), first);
        }
    }
}
