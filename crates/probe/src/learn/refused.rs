//! What a refusal looks like, as seen of one wrong password.
//!
//! Best are its words. Where a script puts them in, the page only tells the script that something
//! failed, by a code or a flag: then a line of the page's source is kept, if it is new and speaks of
//! a failure. Without either, the status.

use crate::html::{refusal, text, vocabulary, words};
use crate::settings::Sign;

/// Characters of the words that are kept.
const WORDS_CHARS_MIN: usize = 8;
const WORDS_CHARS_MAX: usize = 120;
/// New lines of a page on which an unknown sentence is taken for the refusal.
const NEW_LINES_MAX: usize = 3;

/// Words with which a page tells its script that something failed.
const FLAGS: &[&str] =
    &["fail", "error", "alert", "invalid", "denied", "wrong", "incorrect", "negative", "danger"];
/// What stands in lines that are others each time, or everywhere.
const PASSING: &[&str] =
    &["value=", "nonce", "token", "csrf", "session", "src=", "href=", "function", "if ("];
/// Digits in a row that are a number of the day.
const DIGITS_MAX: usize = 4;

/// What is compared: the readable texts, or the sources.
pub struct Pages<'a> {
    /// The login page.
    pub login: &'a str,
    /// What the wrong password was answered with.
    pub refused: &'a str,
    /// What the right one was answered with.
    pub inside: &'a str,
}

/// What to know a refusal by: words that only the answer to the wrong password has, or a line of
/// its source; without any, its status, if that is one of an error and not the right password's.
pub fn sign(pages: &Pages<'_>, sources: &Pages<'_>, user: &str, status: u16) -> Sign {
    let mut sign = Sign::default();
    let told = words_of(pages, user).or_else(|| {
        // A page that says something is not read beyond that.
        let says_new = pages.refused.lines().any(|line| !pages.login.contains(line));
        if says_new { None } else { flag_of(sources, user) }
    });
    match told {
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

/// A line of the source that is new and tells a script that something failed.
fn flag_of(sources: &Pages<'_>, user: &str) -> Option<String> {
    let (login, inside) = (text::fold(sources.login), text::fold(sources.inside));
    let tells = |line: &String| {
        let lower = line.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let runs = line.split(|c: char| !c.is_ascii_digit());
        (WORDS_CHARS_MIN..=WORDS_CHARS_MAX).contains(&line.chars().count())
            && has(FLAGS)
            && Sign::is_of_source(line)
            && !has(PASSING)
            && (user.is_empty() || !line.contains(user))
            && runs.map(str::len).max().unwrap_or(0) <= DIGITS_MAX
            && !login.contains(line.as_str())
            && !inside.contains(line.as_str())
    };
    sources.refused.lines().map(text::fold).find(tells)
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
        let nothing = Pages { login: "", refused: "", inside: "" };
        sign(&pages, &nothing, "probe", status)
    }

    /// Of sources whose pages say the same.
    fn flagged(login: &str, refused: &str) -> Vec<String> {
        let said = Pages { login: "Log in", refused: "Log in", inside: "Welcome" };
        let sources = Pages { login, refused, inside: "<p>Welcome" };
        sign(&said, &sources, "probe", 200).texts
    }

    #[test]
    fn c3_5_a_line_of_the_source_is_kept_where_a_script_says_that_it_is_a_refusal() {
        for (login, refused, kept) in [
            ("x\n  var failed = false;", "x\n  var failed  = true;", "var failed = true;"),
            (
                "<p class=\"warning alert\"><i trmsg=\"9\"></i>",
                "<p class=\"negative alert\"><i trmsg=\"5\"></i>",
                "<p class=\"negative alert\"><i trmsg=\"5\"></i>",
            ),
        ] {
            assert_eq!(flagged(login, refused), [kept], "{refused}");
        }
        for refused in [
            "var failed = false;",
            "<input name=error value=7f2>",
            "<script nonce=a81f>error()</script>",
            "alert for probe: wrong",
            "error 20261123 at the gate",
            "let x = 1; let y = 2;",
        ] {
            assert!(flagged("x\n var failed = false;", refused).is_empty(), "{refused}");
        }
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
