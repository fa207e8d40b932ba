//! Words with which a service refuses an account (C3.5).
//!
//! Only what is new counts: a line of the answer that the login page did not have. A line is a
//! refusal when it holds one of the phrases of a refusal, or names what was typed ("password") together
//! with a verdict ("incorrect"). A line that speaks of a broken back end or of a form that has
//! expired is none, whatever else it says; except where it denies access to the very user that was
//! typed, by name: some services show what their directory or database answers.
//! A sentence that reminds of a forgotten password, or of what one must look like, does not count,
//! and what stands beside it does.

use std::collections::HashSet;

use contract::AccountCause;

use super::vocabulary::{
    BOT_WALL, CODE, DENIED_USER, FAILURE, LOCKED, REJECTED, REMINDERS, TROUBLE, TYPED, VERDICT,
};
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
    let lines: Vec<String> = new_lines(before, after).filter_map(message).collect();
    let first = |cause, phrases: &'static [&'static str]| {
        let words = lines.iter().find_map(|line| says(line, phrases))?;
        Some(Refusal { cause, words: words.to_owned() })
    };
    first(AccountCause::BotWall, BOT_WALL)
        .or_else(|| first(AccountCause::Locked, LOCKED))
        .or_else(|| first(AccountCause::Rejected, REJECTED))
        .or_else(|| lines.iter().find_map(|line| verdict(line)))
}

/// Looks for a line that denies access to this very user: `Access denied for user 'probe'`. Of
/// another user it would be the service's own account at its database.
pub fn find_denied_user(before: Option<&str>, after: &str, user: &str) -> Option<Refusal> {
    let user = user.to_lowercase();
    new_lines(before, after).filter_map(in_lower_case).find_map(|line| {
        let words = DENIED_USER.iter().find(|words| {
            line.split(**words).skip(1).any(|rest| {
                let rest = rest.trim_start().strip_prefix(QUOTES);
                let rest = rest.and_then(|rest| rest.strip_prefix(&user));
                rest.is_some_and(|rest| rest.starts_with(QUOTES))
            })
        })?;
        Some(Refusal { cause: AccountCause::Rejected, words: (*words).to_owned() })
    })
}

/// The words with which the answer speaks of trouble of the service, and the login page did not.
pub fn find_trouble(before: Option<&str>, after: &str) -> Option<&'static str> {
    let mut lines = new_lines(before, after).filter_map(in_lower_case);
    lines.find_map(|line| says(&line, TROUBLE))
}

/// Whether the answer says of a one-time code that it is wrong, and the page before did not.
pub fn refuses_code(before: Option<&str>, after: &str) -> bool {
    let mut lines = new_lines(before, after).filter_map(in_lower_case);
    lines.any(|line| {
        // Said of a form's own token, it is trouble.
        let rest = line.replace("invalid token", "");
        let (code, verdict, trouble) =
            (says(&line, CODE), says(&line, VERDICT), says(&rest, TROUBLE));
        code.is_some() && verdict.is_some() && trouble.is_none()
    })
}

/// Whether a text says that something failed. `error_outline` is an icon's name.
pub fn speaks_of_failure(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| FAILURE.contains(&word.to_lowercase().as_str()))
}

const QUOTES: [char; 6] = ['\'', '"', '`', '“', '«', '„'];

fn new_lines<'a>(before: Option<&'a str>, after: &'a str) -> impl Iterator<Item = &'a str> {
    let known: HashSet<&str> = before.unwrap_or_default().lines().take(LINES_MAX).collect();
    after.lines().take(LINES_MAX).filter(move |line| !known.contains(line))
}

/// A line that is short enough to be a message.
fn in_lower_case(line: &str) -> Option<String> {
    let is_prose = line.chars().nth(LINE_CHARS_MAX).is_some();
    (!is_prose).then(|| line.to_lowercase().replace('’', "'"))
}

/// What a line may say about the account, in lower case.
fn message(line: &str) -> Option<String> {
    let line = in_lower_case(line).filter(|line| says(line, TROUBLE).is_none())?;
    if says(&line, REMINDERS).is_none() {
        return Some(line);
    }
    let sentences = line.split_inclusive(['.', '!', '?']);
    let told = sentences.filter(|one| !one.ends_with('?') && says(one, REMINDERS).is_none());
    Some(told.collect())
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
            "Error: The password you entered for the username probe is incorrect. Lost your password?",
            "Fel lösenord. Glömt lösenordet?",
            "This private code is not the right one",
            "Warning: No match for Username and/or Password.",
            "Username and password not match",
            "Your login attempt was not successful, please try again",
            "Unable to log in with provided credentials.",
            "Nombre de usuario o contraseña incorrectos",
            "Gebruikersnaam of wachtwoord onjuist",
            "Feil brukernavn, eller ugyldig passord",
            "Väärä salasana",
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
    fn c3_5_access_is_denied_to_the_user_that_was_typed() {
        let denied = |line: &str| find_denied_user(None, line, "probe").is_some();
        for line in [
            "Access denied for user 'probe'@'localhost' (using password: YES)",
            "connect(): (HY000/1045): Access denied for user 'Probe'@'10.0.0.1'",
            "FATAL: password authentication failed for user \"probe\"",
        ] {
            assert!(denied(line), "{line}");
            assert_eq!(find_denied_user(Some(line), line, "probe"), None);
        }
        for line in [
            "Access denied for user 'app'@'localhost' (using password: YES)",
            "Access denied for user 'probe2'@'localhost'",
            "FATAL: password authentication failed for user \"app\", asked by \"probe\"",
            "probe: connection refused",
        ] {
            assert!(!denied(line), "{line}");
        }
    }

    #[test]
    fn c3_5_a_refused_code_is_told_from_trouble() {
        for line in [
            "Invalid token. Please make sure you have entered it correctly.",
            "That code is incorrect",
            "Your verification code is not valid",
            "Fel engångskod: den är ogiltig",
            "Der Code ist ungültig",
        ] {
            assert!(refuses_code(Some("Enter the code"), line), "{line}");
            assert!(!refuses_code(Some(line), line), "{line}");
        }
        for line in [
            "Enter the code",
            "The database is gone",
            "Invalid request",
            "Invalid CSRF token",
            "Invalid token: your session has expired",
        ] {
            assert!(!refuses_code(None, line), "{line}");
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
