//! Words with which a service refuses an account (C3.5).
//!
//! Only what is new counts: a line of the answer that the login page did not have. A line is a
//! refusal when it holds one of the phrases below, or names what was typed ("password") together
//! with a verdict ("incorrect"). A line that speaks of a broken back end, of a form that has
//! expired or of what a password must look like is none, whatever else it says.

use std::collections::HashSet;

use contract::AccountCause;

use super::words::says;

/// Characters of a line that can be a message: longer ones are a page's prose.
const LINE_CHARS_MAX: usize = 300;
/// Lines of an answer that are looked at.
const LINES_MAX: usize = 5_000;

/// A line with one of these is about something else than the account.
const ABOUT_OTHER: &[&str] = &[
    "database",
    "databas",
    "databasen",
    "datenbank",
    "base de données",
    "sql",
    "mysql",
    "postgresql",
    "sqlite",
    "server error",
    "internal error",
    "serverfel",
    "internt fel",
    "serverfehler",
    "interner fehler",
    "connection",
    "connections",
    "connect",
    "anslutning",
    "anslutningen",
    "verbindung",
    "timeout",
    "timed out",
    "exception",
    "traceback",
    "unavailable",
    "stack trace",
    "csrf",
    "xsrf",
    "cookie",
    "cookies",
    "kakor",
    "security token",
    "form token",
    "invalid token",
    "session expired",
    "session has expired",
    "session timed out",
    "form has expired",
    "sessionen",
    "forgot",
    "forgotten",
    "lost your",
    "glömt",
    "vergessen",
    "oublié",
    "at least",
    "minst",
    "mindestens",
    "must contain",
    "måste innehålla",
    "caps lock",
    "maintenance",
    "underhåll",
    "wartung",
];

const LOCKED: &[&str] = &[
    "account is locked",
    "account has been locked",
    "account was locked",
    "account locked",
    "account is disabled",
    "account has been disabled",
    "account was disabled",
    "account disabled",
    "account is suspended",
    "account has been suspended",
    "account suspended",
    "account is deactivated",
    "account has been deactivated",
    "account is blocked",
    "account has been blocked",
    "account blocked",
    "account is inactive",
    "account is not active",
    "account is temporarily",
    "account has been temporarily",
    "user is blocked",
    "user is disabled",
    "user is locked",
    "locked out",
    "temporarily locked",
    "temporarily blocked",
    "too many attempts",
    "too many failed",
    "too many login",
    "too many log-in",
    "too many sign-in",
    "too many unsuccessful",
    "too many incorrect",
    "too many invalid",
    "too many tries",
    "too many wrong",
    "login attempts exceeded",
    "maximum number of login attempts",
    "maximum login attempts",
    "kontot är låst",
    "kontot har låsts",
    "konto är låst",
    "konto har låsts",
    "kontot är spärrat",
    "kontot har spärrats",
    "konto är spärrat",
    "kontot är avstängt",
    "kontot har stängts av",
    "kontot är inaktiverat",
    "kontot har inaktiverats",
    "kontot är inaktivt",
    "tillfälligt låst",
    "tillfälligt spärrat",
    "för många försök",
    "för många misslyckade",
    "för många felaktiga",
    "för många inloggningsförsök",
    "konto ist gesperrt",
    "konto wurde gesperrt",
    "konto gesperrt",
    "benutzerkonto ist gesperrt",
    "konto ist deaktiviert",
    "konto wurde deaktiviert",
    "zu viele versuche",
    "zu viele fehlversuche",
    "zu viele anmeldeversuche",
    "zu viele fehlgeschlagene",
    "compte est bloqué",
    "compte a été bloqué",
    "compte est verrouillé",
    "compte est désactivé",
    "trop de tentatives",
];

const BOT_WALL: &[&str] = &[
    "too many requests",
    "rate limit exceeded",
    "verify you are human",
    "verify that you are human",
    "show that you are human",
    "prove that you are human",
    "you are not a robot",
    "you're not a robot",
    "are you a robot",
    "unusual traffic",
    "unusual activity from your",
    "complete the captcha",
    "solve the captcha",
    "captcha is required",
    "captcha is incorrect",
    "captcha was incorrect",
    "captcha verification failed",
    "captcha failed",
    "invalid captcha",
    "incorrect captcha",
    "wrong captcha",
    "enter the captcha",
    "recaptcha verification failed",
    "checking your browser",
    "bevisa att du är människa",
    "inte är en robot",
    "fel captcha",
    "för många förfrågningar",
    "kein roboter",
    "zu viele anfragen",
    "pas un robot",
    "trop de requêtes",
];

const REJECTED: &[&str] = &[
    "invalid login",
    "invalid credentials",
    "incorrect login",
    "incorrect credentials",
    "wrong credentials",
    "bad credentials",
    "login failed",
    "login incorrect",
    "log in failed",
    "sign in failed",
    "sign-in failed",
    "login was unsuccessful",
    "login unsuccessful",
    "authentication failed",
    "authentication failure",
    "credentials do not match",
    "credentials don't match",
    "credentials you entered",
    "credentials are invalid",
    "credentials are incorrect",
    "unknown user",
    "unknown username",
    "no such user",
    "user not found",
    "account not found",
    "no account found",
    "your password has expired",
    "the correct username and password",
    "inloggningen misslyckades",
    "inloggning misslyckades",
    "misslyckad inloggning",
    "felaktig inloggning",
    "ogiltig inloggning",
    "fel inloggningsuppgifter",
    "felaktiga inloggningsuppgifter",
    "ogiltiga inloggningsuppgifter",
    "fel uppgifter",
    "felaktiga uppgifter",
    "ogiltiga uppgifter",
    "okänd användare",
    "användaren finns inte",
    "kontot finns inte",
    "anmeldung fehlgeschlagen",
    "login fehlgeschlagen",
    "ungültige anmeldedaten",
    "ungültige zugangsdaten",
    "falsche anmeldedaten",
    "falsche zugangsdaten",
    "unbekannter benutzer",
    "identifiants incorrects",
    "identifiants invalides",
    "échec de l'authentification",
];

/// What was typed …
const TYPED: &[&str] = &[
    "password",
    "passwords",
    "passphrase",
    "username",
    "user name",
    "user id",
    "userid",
    "login",
    "log-in",
    "credentials",
    "email",
    "e-mail",
    "email address",
    "account name",
    "pin",
    "lösenord",
    "lösenordet",
    "användarnamn",
    "användarnamnet",
    "inloggningsuppgifter",
    "inloggningsuppgifterna",
    "e-post",
    "e-postadress",
    "passwort",
    "kennwort",
    "benutzername",
    "zugangsdaten",
    "anmeldedaten",
    "mot de passe",
    "identifiant",
    "identifiants",
    "nom d'utilisateur",
];

/// … and what is said about it.
const VERDICT: &[&str] = &[
    "incorrect",
    "invalid",
    "wrong",
    "not valid",
    "not correct",
    "isn't correct",
    "isn't right",
    "is not right",
    "not recognized",
    "not recognised",
    "unrecognized",
    "unrecognised",
    "does not match",
    "doesn't match",
    "did not match",
    "didn't match",
    "do not match",
    "don't match",
    "not found",
    "wasn't found",
    "was rejected",
    "were rejected",
    "rejected",
    "mismatch",
    "bad",
    "fel",
    "felaktigt",
    "felaktig",
    "felaktiga",
    "ogiltigt",
    "ogiltig",
    "ogiltiga",
    "stämmer inte",
    "stämde inte",
    "inte korrekt",
    "inte rätt",
    "inte giltigt",
    "matchar inte",
    "känns inte igen",
    "falsch",
    "falsches",
    "falscher",
    "ungültig",
    "ungültiges",
    "ungültiger",
    "nicht korrekt",
    "inkorrekt",
    "stimmt nicht",
    "stimmen nicht",
    "incorrects",
    "invalide",
    "invalides",
    "erroné",
    "erronés",
    "incorrecte",
];

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
