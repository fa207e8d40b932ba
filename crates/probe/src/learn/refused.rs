//! What a refusal looks like, as seen of one wrong password.

use crate::html::{refusal, text, vocabulary, words};
use crate::settings::Sign;

/// Characters of the words that are kept.
const WORDS_CHARS_MIN: usize = 8;
const WORDS_CHARS_MAX: usize = 120;
/// New lines of a page on which an unknown sentence is taken for the refusal.
const NEW_LINES_MAX: usize = 3;

/// The readable texts that are compared.
pub struct Pages<'a> {
    /// The login page.
    pub login: &'a str,
    /// What the wrong password was answered with.
    pub refused: &'a str,
    /// What the right one was answered with.
    pub inside: &'a str,
}

/// What to know a refusal by: words that only the answer to the wrong password has; without any,
/// its status, if that is one of an error and not the right password's.
pub fn sign(pages: &Pages<'_>, user: &str, status: u16) -> Sign {
    let mut sign = Sign::default();
    match words_of(pages, user) {
        Some(words) => sign.texts.push(words),
        None if (400..500).contains(&status) && status != 404 => sign.statuses.push(status),
        None => {}
    }
    sign
}

fn words_of(pages: &Pages<'_>, user: &str) -> Option<String> {
    let known: Vec<&str> = pages.login.lines().chain(pages.inside.lines()).collect();
    let new: Vec<&str> = pages.refused.lines().filter(|line| !known.contains(line)).collect();
    let says_so = |line: &&&str| refusal::find(None, line).is_some();
    // What else is new may be anything, so it must be nearly all that is.
    let others = if new.len() <= NEW_LINES_MAX { new.as_slice() } else { &[] };
    let typed = |line: &&&str| words::says(&line.to_lowercase(), vocabulary::TYPED).is_some();
    let tells = |line: &&&str| line.split_whitespace().count() >= 2;
    let lasting = |line: &str| {
        let words = lasting_part(line, user)?;
        let lower = words.to_lowercase();
        let stands = |page: &str| page.to_lowercase().contains(&lower);
        let trouble = refusal::find_trouble(None, &words).is_some();
        (!trouble && !stands(pages.login) && !stands(pages.inside)).then_some(words)
    };
    let mut lines = new.iter().filter(says_so).chain(new.iter().filter(typed));
    let found = lines.find_map(|line| lasting(line));
    found.or_else(|| others.iter().filter(tells).find_map(|line| lasting(line)))
}

/// The part of a line that is the same for every user and every attempt, without the user's name
/// and without numbers: the longest, or the longest of those that say what is wrong.
fn lasting_part(line: &str, user: &str) -> Option<String> {
    let sentences = line.split_inclusive(". ");
    let parts =
        sentences.flat_map(|one| one.split(|c: char| c.is_numeric() || "\"“”«»".contains(c)));
    let parts = parts.flat_map(|part| match user.is_empty() {
        true => vec![part],
        false => part.split(user).collect(),
    });
    let says_so = |part: &str| {
        let part = part.to_lowercase();
        words::says(&part, vocabulary::VERDICT).is_some() || refusal::find(None, &part).is_some()
    };
    let longest = parts
        .filter(|part| part.chars().count() >= WORDS_CHARS_MIN)
        .max_by_key(|part| (says_so(part), part.chars().count()))?;
    let short: String = longest.chars().take(WORDS_CHARS_MAX).collect();
    // A word that was cut in two is left out.
    let short = match short.len() < longest.len() {
        true => short.rsplit_once(' ').map_or("", |(whole, _)| whole),
        false => &short,
    };
    let words = text::fold(short.trim_matches(|c: char| c.is_whitespace() || ",;:(".contains(c)));
    (words.chars().count() >= WORDS_CHARS_MIN).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(refused: &str, status: u16) -> Sign {
        let pages = Pages { login: "Log in\nUser name", refused, inside: "Welcome\nLog out" };
        sign(&pages, "probe", status)
    }

    #[test]
    fn c3_5_the_words_of_a_refusal_are_kept_without_names_and_numbers() {
        for (refused, words) in [
            ("Log in\nWrong user name or password\nUser name", "Wrong user name or password"),
            ("Log in\nThe password for probe is wrong, 2 attempts left", "is wrong"),
            (
                "Log in\nThe password is not right. Do not forget that capital letters count here.",
                "The password is not right.",
            ),
            ("Log in\nTipp des Tages\nAnmeldung fehlgeschlagen.", "Anmeldung fehlgeschlagen."),
            ("Log in\nDet gick inte att komma in", "Det gick inte att komma in"),
            ("Fel lösenord för \"probe\": försök igen", "Fel lösenord för"),
        ] {
            assert_eq!(seen(refused, 200).texts, [words], "{refused}");
        }
    }

    #[test]
    fn a_status_is_kept_only_where_nothing_is_said() {
        assert_eq!(seen("Log in\nUser name", 403).statuses, [403]);
        assert_eq!(seen("Log in\nInvalid login", 403).statuses, [0u16; 0]);
        for status in [200, 302, 404, 500] {
            assert!(seen("Log in", status).statuses.is_empty(), "{status}");
        }
    }

    #[test]
    fn c3_4_trouble_of_the_service_is_no_sign_of_a_refusal() {
        assert!(seen("Log in\nCould not connect to the database", 200).texts.is_empty());
    }
}
