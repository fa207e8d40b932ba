//! Words with which a service refuses an account (C3.5).
//!
//! Only what is new counts: a line of the answer that the login page did not have. A line is a
//! refusal when it holds one of the phrases of a refusal, or names what was typed ("password") together
//! with a verdict ("incorrect"). A line that speaks of a broken back end, of a form that has
//! expired or of what a password must look like is none, whatever else it says.

use std::collections::HashSet;

use contract::AccountCause;

use super::vocabulary::{ABOUT_OTHER, BOT_WALL, LOCKED, REJECTED, TYPED, VERDICT};
use super::words::says;

/// Characters of a line that can be a message: longer ones are a page's prose.
const LINE_CHARS_MAX: usize = 300;
/// Lines of an answer that are looked at.
const LINES_MAX: usize = 5_000;

/// A refusal, with the words that say so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What the words mean.
    pub cause: AccountCause,
    /// The words that were found, in lower case, as they stand in the lists: never what the
    /// page says around them.
    pub words: String,
}

/// Looks for a refusal in what the answer to a login says and the login page did not say before.
/// Both are texts as of [`super::text::readable`].
pub fn find(before: Option<&str>, after: &str) -> Option<Refusal> {
    let known: HashSet<&str> = before.unwrap_or_default().lines().take(LINES_MAX).collect();
    let new = after.lines().take(LINES_MAX).filter(|line| !known.contains(line));
    let lines: Vec<String> = new.filter_map(message).collect();
    let first = |cause, phrases: &'static [&'static str]| {
        let words = lines.iter().find_map(|line| says(line, phrases))?;
        Some(Refusal { cause, words: words.to_owned() })
    };
    first(AccountCause::BotWall, BOT_WALL)
        .or_else(|| first(AccountCause::Locked, LOCKED))
        .or_else(|| first(AccountCause::Rejected, REJECTED))
        .or_else(|| lines.iter().find_map(|line| verdict(line)))
}

/// A line that may be a message about the account, in lower case.
fn message(line: &str) -> Option<String> {
    if line.chars().nth(LINE_CHARS_MAX).is_some() {
        return None;
    }
    let line = line.to_lowercase().replace('’', "'");
    says(&line, ABOUT_OTHER).is_none().then_some(line)
}

fn verdict(line: &str) -> Option<Refusal> {
    let typed = says(line, TYPED)?;
    let verdict = says(line, VERDICT)?;
    Some(Refusal { cause: AccountCause::Rejected, words: format!("{typed} … {verdict}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(after: &str) -> Option<AccountCause> {
        find(Some("Log in\nForgot your password?"), after).map(|refusal| refusal.cause)
    }

    #[test]
    fn c3_5_refusals_of_the_account_are_told_apart() {
        for text in [
            "Please enter the correct username and password for a staff account.",
            "Sorry, username or password was incorrect.",
            "Invalid login",
            "Error: The password you entered for the username probe is incorrect.",
            "Unrecognized username or password.",
            "The email address or password you entered doesn’t match our records",
            "Fel användarnamn eller lösenord",
            "Lösenordet stämmer inte.",
            "Inloggningen misslyckades",
            "Fel e-post eller lösenord",
            "Benutzername oder Passwort falsch",
            "Identifiant ou mot de passe incorrect.",
            "Wrong password. Your account will be locked after 3 attempts.",
        ] {
            assert_eq!(cause(text), Some(AccountCause::Rejected), "{text}");
        }
        for text in [
            "Your account has been locked. Contact support.",
            "Invalid login. Your account is locked for 30 minutes.",
            "Too many failed login attempts. Try again in 20 minutes.",
            "Kontot är spärrat",
            "För många misslyckade försök",
            "Ihr Konto wurde gesperrt.",
        ] {
            assert_eq!(cause(text), Some(AccountCause::Locked), "{text}");
        }
        for text in [
            "Too Many Requests",
            "The CAPTCHA was incorrect. Solve the captcha",
            "Verify you are human",
        ] {
            assert_eq!(cause(text), Some(AccountCause::BotWall), "{text}");
        }
    }

    #[test]
    fn c3_4_trouble_of_the_service_is_no_refusal() {
        for text in [
            "FATAL: password authentication failed for user \"app\": database error",
            "Error establishing a database connection",
            "OperationalError: database is locked",
            "SQLSTATE[08004] Too many connections",
            "Login failed: could not connect to LDAP server",
            "CSRF verification failed. Request aborted.",
            "Your session has expired. Please log in again with your password.",
            "Invalid login token: your session has expired",
            "Internal Server Error",
            "Something went wrong with your login",
            "Ett fel uppstod: lösenordet kunde inte kontrolleras, ogiltigt svar",
            "Fel: e-posten kunde inte skickas",
            "The requested URL /login was not found on this server.",
            "Invalid configuration: login provider",
            "Service unavailable",
            "Please enable cookies: login failed",
            "Forgot your password?",
            "Forgotten your password or username?",
            "Glömt lösenordet? Fel e-post?",
            "Password must contain at least 8 characters, otherwise it is invalid",
            "Welcome back, probe",
            "Log in",
            "",
        ] {
            assert_eq!(cause(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_is_new_counts() {
        let page = "Log in\nAfter five wrong passwords your account is locked.\nPassword";
        assert_eq!(find(Some(page), page), None);
        let after = format!("Invalid password\n{page}");
        let found = find(Some(page), &after).unwrap();
        assert_eq!(
            (found.cause, found.words.as_str()),
            (AccountCause::Rejected, "password … invalid")
        );
    }

    #[test]
    fn prose_is_no_message() {
        let prose = format!("{} wrong password", "word ".repeat(80));
        assert_eq!(cause(&prose), None);
    }
}
