//! Every word that is guessed by, in one place: what logins call their fields, buttons and
//! addresses in Swedish, English, German and a few other languages.
//!
//! Two kinds of text need two ways to match. Identifiers (names, ids, classes, paths) are written
//! `j_username`, `userName` or `user-name`: [`is_named`]. Sentences are for people: [`says`].

/// Field names for the one who logs in.
pub const USER_NAMES: &[&str] = &[
    "user",
    "username",
    "userid",
    "usr",
    "uname",
    "uid",
    "login",
    "loginname",
    "loginid",
    "logon",
    "log",
    "account",
    "acct",
    "accountname",
    "identifier",
    "ident",
    "identity",
    "nick",
    "nickname",
    "email",
    "mail",
    "emailaddress",
    "handle",
    "upn",
    "principal",
    "member",
    "customer",
    "anvandare",
    "anvandarnamn",
    "användare",
    "användarnamn",
    "epost",
    "konto",
    "kontonamn",
    "kund",
    "kundnummer",
    "personnummer",
    "pnr",
    "inlogg",
    "benutzer",
    "benutzername",
    "kennung",
    "anmeldename",
    "nutzer",
    "utilisateur",
    "identifiant",
    "courriel",
    "usuario",
    "utente",
    "gebruiker",
    "gebruikersnaam",
    "bruker",
    "brukernavn",
    "bruger",
    "brugernavn",
    "tunnus",
    "käyttäjätunnus",
    "signin",
    "credential",
];

/// Field labels for the one who logs in.
pub const USER_LABELS: &[&str] = &[
    "user",
    "username",
    "user name",
    "user id",
    "user-id",
    "login",
    "login name",
    "e-mail",
    "email",
    "email address",
    "account",
    "account name",
    "customer number",
    "member number",
    "phone",
    "mobile",
    "identifier",
    "användare",
    "användarnamn",
    "användar-id",
    "e-post",
    "epost",
    "e-postadress",
    "e-mailadress",
    "konto",
    "kontonamn",
    "kundnummer",
    "personnummer",
    "person- eller organisationsnummer",
    "mobilnummer",
    "inloggningsnamn",
    "benutzer",
    "benutzername",
    "benutzerkennung",
    "kennung",
    "anmeldename",
    "nutzername",
    "kundennummer",
    "e-mail-adresse",
    "utilisateur",
    "nom d'utilisateur",
    "identifiant",
    "adresse e-mail",
    "courriel",
    "usuario",
    "utente",
    "gebruikersnaam",
    "brukernavn",
    "brugernavn",
    "käyttäjätunnus",
];

/// Names, classes and addresses of a login form.
pub const LOGIN_NAMES: &[&str] = &[
    "login",
    "logon",
    "signin",
    "auth",
    "authenticate",
    "authentication",
    "session",
    "sessions",
    "sso",
    "loginform",
    "security_check",
    "inlogg",
    "inloggning",
    "loggain",
    "anmeld",
    "anmelden",
    "anmeldung",
    "einloggen",
    "connexion",
    "identification",
    "acceso",
    "inloggen",
    "innlogging",
    "kirjaudu",
];

/// What the button of a login form says.
pub const LOGIN_LABELS: &[&str] = &[
    "log in",
    "login",
    "log on",
    "logon",
    "sign in",
    "signin",
    "sign on",
    "enter",
    "access",
    "authenticate",
    "logga in",
    "logga på",
    "inloggning",
    "anmelden",
    "anmeldung",
    "einloggen",
    "se connecter",
    "connexion",
    "s'identifier",
    "iniciar sesión",
    "entrar",
    "accedi",
    "inloggen",
    "aanmelden",
    "logg inn",
    "logg på",
    "log ind",
    "kirjaudu",
    "kirjaudu sisään",
];

/// What the button of a login in several steps says.
pub const NEXT_LABELS: &[&str] = &[
    "next",
    "continue",
    "proceed",
    "nästa",
    "fortsätt",
    "gå vidare",
    "vidare",
    "weiter",
    "fortfahren",
    "suivant",
    "continuer",
    "siguiente",
    "avanti",
    "volgende",
    "neste",
    "næste",
    "seuraava",
];

/// Names and addresses of forms that make an account or bring back a lost one.
pub const OTHER_NAMES: &[&str] = &[
    "register",
    "registration",
    "registrera",
    "registrering",
    "signup",
    "createaccount",
    "newaccount",
    "newuser",
    "adduser",
    "join",
    "enroll",
    "subscribe",
    "subscription",
    "newsletter",
    "mailinglist",
    "nyhetsbrev",
    "prenumerera",
    "search",
    "searchform",
    "sok",
    "sök",
    "query",
    "suche",
    "suchen",
    "recherche",
    "forgot",
    "forgotten",
    "reset",
    "recover",
    "recovery",
    "lostpassword",
    "resetpassword",
    "changepassword",
    "glomt",
    "glömt",
    "aterstall",
    "återställ",
    "vergessen",
    "comment",
    "contact",
    "contactform",
    "feedback",
    "filter",
    "coupon",
    "checkout",
    "logout",
    "signout",
];

/// What the buttons of such forms say.
pub const OTHER_LABELS: &[&str] = &[
    "register",
    "sign up",
    "signup",
    "create account",
    "create an account",
    "create my account",
    "join",
    "join now",
    "subscribe",
    "search",
    "find",
    "go",
    "send",
    "reset",
    "reset password",
    "reset my password",
    "change password",
    "recover",
    "update",
    "save",
    "registrera",
    "registrera dig",
    "skapa konto",
    "bli medlem",
    "prenumerera",
    "sök",
    "skicka",
    "återställ lösenord",
    "byt lösenord",
    "ändra lösenord",
    "spara",
    "registrieren",
    "konto erstellen",
    "abonnieren",
    "suchen",
    "suche",
    "senden",
    "passwort zurücksetzen",
    "passwort ändern",
    "speichern",
    "s'inscrire",
    "créer un compte",
    "rechercher",
    "envoyer",
];

/// Field names of the second password of a form that sets one.
pub const REPEAT_NAMES: &[&str] = &[
    "confirm",
    "confirmation",
    "repeat",
    "retype",
    "again",
    "verify",
    "newpassword",
    "new",
    "password2",
    "pass2",
    "pw2",
    "oldpassword",
    "upprepa",
    "bekräfta",
    "bekrafta",
    "wiederholen",
    "wiederholung",
    "bestätigen",
    "bestaetigen",
];

/// Field names of a one-time code.
pub const CODE_NAMES: &[&str] = &[
    "otp",
    "totp",
    "hotp",
    "mfa",
    "tfa",
    "2fa",
    "twofa",
    "twofactor",
    "onetime",
    "onetimecode",
    "onetimepassword",
    "onetimepasscode",
    "verificationcode",
    "verifycode",
    "authcode",
    "authenticationcode",
    "authenticatorcode",
    "securitycode",
    "smscode",
    "passcode",
    "tokencode",
    "engangskod",
    "engångskod",
    "sakerhetskod",
    "säkerhetskod",
    "verifieringskod",
    "kod",
    "einmalcode",
    "einmalpasswort",
    "bestaetigungscode",
    "sicherheitscode",
];

/// Field names that may be a one-time code.
pub const MAYBE_CODE_NAMES: &[&str] = &["code", "token", "pin", "challenge", "factor"];

/// What is said beside a field for a one-time code.
pub const CODE_LABELS: &[&str] = &[
    "one-time code",
    "one time code",
    "one-time password",
    "one time password",
    "one-time passcode",
    "one time passcode",
    "authentication code",
    "authenticator code",
    "authenticator app",
    "verification code",
    "security code",
    "two-factor",
    "two factor",
    "2-step verification",
    "two-step",
    "6-digit code",
    "6 digit code",
    "six-digit code",
    "2fa code",
    "2fa",
    "otp",
    "totp",
    "mfa code",
    "passcode",
    "token",
    "engångskod",
    "engångslösenord",
    "verifieringskod",
    "säkerhetskod",
    "autentiseringskod",
    "tvåfaktor",
    "tvåstegsverifiering",
    "sexsiffrig kod",
    "einmalcode",
    "einmalpasswort",
    "einmalkennwort",
    "bestätigungscode",
    "sicherheitscode",
    "authentifizierungscode",
    "zwei-faktor",
    "code d'authentification",
    "code de vérification",
    "code à usage unique",
];

/// Names and labels of codes that have nothing to do with signing in.
pub const OTHER_CODES: &[&str] = &[
    "promo",
    "promocode",
    "coupon",
    "couponcode",
    "voucher",
    "discount",
    "postal",
    "postalcode",
    "postcode",
    "zip",
    "zipcode",
    "area",
    "country",
    "countrycode",
    "gift",
    "captcha",
    "rabatt",
    "rabattkod",
    "postnummer",
    "presentkort",
    "gutschein",
    "gutscheincode",
    "plz",
    "qr",
    "source",
    "product",
    "invite",
    "invitation",
    "referral",
    "csrf",
    "xsrf",
];

/// Paths and parameters of a log-out.
pub const LOGOUT_NAMES: &[&str] = &[
    "logout",
    "logoff",
    "logout.php",
    "signout",
    "signoff",
    "loggaut",
    "loggut",
    "utloggning",
    "abmelden",
    "abmeldung",
    "ausloggen",
    "deconnexion",
    "déconnexion",
    "deconnecter",
    "cerrarsesion",
    "uitloggen",
    "afmelden",
    "logud",
    "kirjauduulos",
    "endsession",
];

/// What a log-out link or button says.
pub const LOGOUT_LABELS: &[&str] = &[
    "log out",
    "logout",
    "log off",
    "logoff",
    "sign out",
    "signout",
    "sign off",
    "logga ut",
    "utloggning",
    "logga av",
    "abmelden",
    "ausloggen",
    "abmeldung",
    "se déconnecter",
    "déconnexion",
    "cerrar sesión",
    "salir",
    "disconnetti",
    "esci",
    "uitloggen",
    "afmelden",
    "logg ut",
    "logg av",
    "log ud",
    "kirjaudu ulos",
];

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
