//! Every word that is guessed by, in one place: what logins call their fields, buttons and
//! addresses, and how they refuse, in Swedish, English, German and a few other languages.
//!
//! Lists called `_NAMES` are for [`is_named`] and [`has_part`], all others for [`says`].
//!
//! [`is_named`]: super::words::is_named
//! [`has_part`]: super::words::has_part
//! [`says`]: super::words::says

/// Field names for the one who logs in.
pub const USER_NAMES: &[&str] = &[
    "user", "username", "userid", "usr", "uname", "uid", "login", "loginname", "loginid", "logon",
    "log", "account", "acct", "accountname", "identifier", "ident", "identity", "nick",
    "nickname", "email", "mail", "emailaddress", "handle", "upn", "principal", "member",
    "customer", "anvandare", "anvandarnamn", "användare", "användarnamn", "epost", "konto",
    "kontonamn", "kund", "kundnummer", "personnummer", "pnr", "inlogg", "benutzer",
    "benutzername", "kennung", "anmeldename", "nutzer", "utilisateur", "identifiant", "courriel",
    "usuario", "utente", "gebruiker", "gebruikersnaam", "bruker", "brukernavn", "bruger",
    "brugernavn", "tunnus", "käyttäjätunnus", "signin", "credential",
];

/// Field labels for the one who logs in.
pub const USER_LABELS: &[&str] = &[
    "user", "username", "user name", "user id", "user-id", "login", "login name", "e-mail",
    "email", "email address", "account", "account name", "customer number", "member number",
    "phone", "mobile", "identifier", "användare", "användarnamn", "användar-id", "e-post",
    "epost", "e-postadress", "e-mailadress", "konto", "kontonamn", "kundnummer", "personnummer",
    "person- eller organisationsnummer", "mobilnummer", "inloggningsnamn", "benutzer",
    "benutzername", "benutzerkennung", "kennung", "anmeldename", "nutzername", "kundennummer",
    "e-mail-adresse", "utilisateur", "nom d'utilisateur", "identifiant", "adresse e-mail",
    "courriel", "usuario", "utente", "gebruikersnaam", "brukernavn", "brugernavn",
    "käyttäjätunnus",
];

/// Names, classes and addresses of a login form.
pub const LOGIN_NAMES: &[&str] = &[
    "login", "logon", "signin", "auth", "authenticate", "authentication", "session", "sessions",
    "sso", "loginform", "security_check", "inlogg", "inloggning", "loggain", "anmeld", "anmelden",
    "anmeldung", "einloggen", "connexion", "identification", "acceso", "inloggen", "innlogging",
    "kirjaudu",
];

/// What the button of a login form says.
pub const LOGIN_LABELS: &[&str] = &[
    "log in", "login", "log on", "logon", "sign in", "signin", "sign on", "enter", "access",
    "authenticate", "logga in", "logga på", "inloggning", "anmelden", "anmeldung", "einloggen",
    "se connecter", "connexion", "s'identifier", "iniciar sesión", "entrar", "accedi", "inloggen",
    "aanmelden", "logg inn", "logg på", "log ind", "kirjaudu", "kirjaudu sisään",
];

/// What a link says that leads to where one logs in.
pub const ENTRY_LABELS: &[&str] = &[
    "my account", "my pages", "customer portal", "member area", "mina sidor", "mitt konto",
    "kundportal", "kundportalen", "mein konto", "kundenbereich", "kundenportal", "mon compte",
    "espace client", "min side", "omat sivut",
];

/// What says that one logs in through somebody else.
pub const THROUGH: &[&str] = &[
    "with", "via", "using", "med", "mit", "avec", "bankid", "google", "github", "facebook",
    "microsoft", "apple",
];

/// Names of the calls by which a script signs in, the likeliest first.
pub const CALL_NAMES: &[&[&str]] = &[
    &["login", "logon", "signin", "dologin", "authenticate"],
    &["token", "tokens", "gettoken"],
    &["session", "sessions"],
    &["auth", "authentication", "credentials"],
];

/// What a page says today and not tomorrow.
pub const OF_THE_DAY: &[&str] = &[
    "today", "yesterday", "tomorrow", "ago", "now", "minutes", "seconds", "hours", "good morning",
    "good afternoon", "good evening", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "january", "february", "march", "april", "may", "june", "july",
    "august", "september", "october", "november", "december", "jan", "feb", "mar", "apr", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec", "unread", "new", "last login", "last visit",
    "tip of the day", "random", "loading", "idag", "igår", "imorgon", "nyss", "god morgon",
    "god kväll", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag",
    "januari", "februari", "mars", "maj", "juni", "juli", "augusti", "oktober", "olästa", "nya",
    "senast", "laddar", "heute", "gestern", "morgen", "guten morgen", "guten abend", "montag",
    "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "ungelesen", "zuletzt",
];

/// What the button of a login in several steps says.
pub const NEXT_LABELS: &[&str] = &[
    "next", "continue", "proceed", "nästa", "fortsätt", "gå vidare", "vidare", "weiter",
    "fortfahren", "suivant", "continuer", "siguiente", "avanti", "volgende", "neste", "næste",
    "seuraava",
];

/// What the button says that lets an application have what it asks for.
pub const CONSENT_LABELS: &[&str] = &[
    "allow", "authorize", "authorise", "accept", "approve", "agree", "grant", "consent", "confirm",
    "yes", "continue", "tillåt", "godkänn", "acceptera", "ja", "fortsätt", "bekräfta", "zulassen",
    "erlauben", "zustimmen", "akzeptieren", "autoriser", "accepter", "permitir", "aceptar",
    "toestaan", "tillat", "tillad", "salli",
];

/// Names and addresses of forms that make an account or bring back a lost one.
pub const OTHER_NAMES: &[&str] = &[
    "register", "registration", "registrera", "registrering", "signup", "createaccount",
    "newaccount", "adduser", "join", "enroll", "subscribe", "subscription",
    "newsletter", "mailinglist", "nyhetsbrev", "prenumerera", "search", "searchform", "sok",
    "sök", "query", "suche", "suchen", "recherche", "forgot", "forgotten", "reset", "recover",
    "recovery", "lostpassword", "resetpassword", "changepassword", "glomt", "glömt", "aterstall",
    "återställ", "vergessen", "comment", "contact", "contactform", "feedback", "filter", "coupon",
    "checkout", "logout", "signout",
];

/// What the buttons of such forms say.
pub const OTHER_LABELS: &[&str] = &[
    "register", "sign up", "signup", "create account", "create an account", "create my account",
    "join", "join now", "subscribe", "search", "find", "go", "send", "reset", "reset password",
    "reset my password", "change password", "recover", "update", "save", "registrera",
    "registrera dig", "skapa konto", "bli medlem", "prenumerera", "sök", "skicka",
    "återställ lösenord", "byt lösenord", "ändra lösenord", "spara", "registrieren",
    "konto erstellen", "abonnieren", "suchen", "suche", "senden", "passwort zurücksetzen",
    "passwort ändern", "speichern", "s'inscrire", "créer un compte", "rechercher", "envoyer",
];

/// Field names of the second password of a form that sets one.
pub const REPEAT_NAMES: &[&str] = &[
    "confirm", "confirmation", "repeat", "retype", "again", "verify", "newpassword", "new",
    "password2", "pass2", "pw2", "oldpassword", "upprepa", "bekräfta", "bekrafta", "wiederholen",
    "wiederholung", "bestätigen", "bestaetigen",
];

/// Field names of a one-time code.
pub const CODE_NAMES: &[&str] = &[
    "otp", "totp", "hotp", "mfa", "tfa", "2fa", "twofa", "twofactor", "onetime", "onetimecode",
    "onetimepassword", "onetimepasscode", "verificationcode", "verifycode", "authcode",
    "authenticationcode", "authenticatorcode", "securitycode", "smscode", "passcode", "tokencode",
    "engangskod", "engångskod", "sakerhetskod", "säkerhetskod", "verifieringskod", "kod",
    "einmalcode", "einmalpasswort", "bestaetigungscode", "sicherheitscode",
];

/// Field names that may be a one-time code.
pub const MAYBE_CODE_NAMES: &[&str] = &[
    "code", "token", "pin", "challenge", "factor",
];

/// Field names of a token against forged requests.
pub const TOKEN_NAMES: &[&str] = &[
    "csrf", "xsrf", "csrftoken", "authenticity", "requestverificationtoken", "formtoken",
    "formkey", "formbuildid", "sectok", "nonce", "logintoken", "token",
];

/// What is said beside a field for a one-time code.
pub const CODE_LABELS: &[&str] = &[
    "one-time code", "one time code", "one-time password", "one time password",
    "one-time passcode", "one time passcode", "authentication code", "authenticator code",
    "authenticator app", "verification code", "security code", "two-factor", "two factor",
    "2-step verification", "two-step", "6-digit code", "6 digit code", "six-digit code",
    "2fa code", "2fa", "otp", "totp", "mfa code", "passcode", "token", "engångskod",
    "engångslösenord", "verifieringskod", "säkerhetskod", "autentiseringskod", "tvåfaktor",
    "tvåstegsverifiering", "sexsiffrig kod", "einmalcode", "einmalpasswort", "einmalkennwort",
    "bestätigungscode", "sicherheitscode", "authentifizierungscode", "zwei-faktor",
    "code d'authentification", "code de vérification", "code à usage unique",
];

/// Names and labels of codes that have nothing to do with signing in.
pub const OTHER_CODES: &[&str] = &[
    "promo", "promocode", "coupon", "couponcode", "voucher", "discount", "postal", "postalcode",
    "postcode", "zip", "zipcode", "area", "country", "countrycode", "gift", "captcha", "rabatt",
    "rabattkod", "postnummer", "presentkort", "gutschein", "gutscheincode", "plz", "qr", "source",
    "product", "invite", "invitation", "referral", "csrf", "xsrf",
];

/// Paths and parameters of a log-out.
pub const LOGOUT_NAMES: &[&str] = &[
    "logout", "logoff", "logout.php", "signout", "signoff", "loggaut", "loggut", "utloggning",
    "abmelden", "abmeldung", "ausloggen", "deconnexion", "déconnexion", "deconnecter",
    "cerrarsesion", "uitloggen", "afmelden", "logud", "kirjauduulos", "endsession",
];

/// What a log-out link or button says.
pub const LOGOUT_LABELS: &[&str] = &[
    "log out", "logout", "log off", "logoff", "sign out", "signout", "sign off", "logga ut",
    "utloggning", "logga av", "abmelden", "ausloggen", "abmeldung", "se déconnecter",
    "déconnexion", "cerrar sesión", "salir", "disconnetti", "esci", "uitloggen", "afmelden",
    "logg ut", "logg av", "log ud", "kirjaudu ulos",
];

/// A line with one of these is about trouble of the service, and not about the account.
pub const TROUBLE: &[&str] = &[
    "database", "databas", "databasen", "datenbank", "base de données", "sql", "mysql",
    "postgresql", "sqlite", "server error", "internal error", "serverfel", "internt fel",
    "serverfehler", "interner fehler", "connection", "connections", "connect", "anslutning",
    "anslutningen", "verbindung", "timeout", "timed out", "exception", "traceback", "unavailable",
    "stack trace", "csrf", "xsrf", "cookie", "cookies", "kakor", "security token", "form token",
    "invalid token", "session expired", "session has expired", "session timed out",
    "form has expired", "sessionen", "storage server", "mail server", "maintenance", "underhåll", "wartung", "went wrong", "gick fel", "schiefgelaufen",
    "schief gegangen", "error occurred", "error has occurred", "fel uppstod", "fel inträffade",
    "ett fel har", "fehler aufgetreten", "ist ein fehler", "une erreur est", "misconfigured",
    "configuration", "page not found", "not found on this server",
];

/// Single words of a short page that is an error's.
pub const FAILURE: &[&str] = &[
    "error", "fatal", "failed", "failure", "oops", "sorry", "unable", "problem", "denied",
    "forbidden", "fel", "felmeddelande", "misslyckades", "tyvärr", "fehler", "fehlgeschlagen",
    "leider", "erreur", "échec", "désolé",
];

/// A sentence with one of these helps who types, and tells nothing.
pub const REMINDERS: &[&str] = &[
    "forgot", "forgotten", "lost your", "glömt", "vergessen", "oublié", "at least", "minst",
    "mindestens", "must contain", "måste innehålla", "caps lock",
];

/// What a directory or a database says of a user that it refuses, before the user's name in quotes.
pub const DENIED_USER: &[&str] = &[
    "access denied for user", "authentication failed for user", "login failed for user",
    "authentication failed for",
];

/// What says that an account is locked.
pub const LOCKED: &[&str] = &[
    "account is locked", "account has been locked", "account was locked", "account locked",
    "account is disabled", "account has been disabled", "account was disabled",
    "account disabled", "account is suspended", "account has been suspended", "account suspended",
    "account is deactivated", "account has been deactivated", "account is blocked",
    "account has been blocked", "account blocked", "account is inactive", "account is not active",
    "account is temporarily", "account has been temporarily", "user is blocked",
    "user is disabled", "user is locked", "locked out", "temporarily locked",
    "temporarily blocked", "too many attempts", "too many failed", "too many login",
    "too many log-in", "too many sign-in", "too many unsuccessful", "too many incorrect",
    "too many invalid", "too many tries", "too many wrong", "login attempts exceeded",
    "maximum number of login attempts", "maximum login attempts", "kontot är låst",
    "kontot har låsts", "konto är låst", "konto har låsts", "kontot är spärrat",
    "kontot har spärrats", "konto är spärrat", "kontot är avstängt", "kontot har stängts av",
    "kontot är inaktiverat", "kontot har inaktiverats", "kontot är inaktivt", "tillfälligt låst",
    "tillfälligt spärrat", "för många försök", "för många misslyckade", "för många felaktiga",
    "för många inloggningsförsök", "konto ist gesperrt", "konto wurde gesperrt", "konto gesperrt",
    "benutzerkonto ist gesperrt", "konto ist deaktiviert", "konto wurde deaktiviert",
    "zu viele versuche", "zu viele fehlversuche", "zu viele anmeldeversuche",
    "zu viele fehlgeschlagene", "compte est bloqué", "compte a été bloqué",
    "compte est verrouillé", "compte est désactivé", "trop de tentatives",
];

/// What says that a person is wanted, or that there were too many requests.
pub const BOT_WALL: &[&str] = &[
    "too many requests", "rate limit exceeded", "verify you are human",
    "verify that you are human", "show that you are human", "prove that you are human",
    "you are not a robot", "you're not a robot", "are you a robot", "unusual traffic",
    "unusual activity from your", "complete the captcha", "solve the captcha",
    "captcha is required", "captcha is incorrect", "captcha was incorrect",
    "captcha verification failed", "captcha failed", "invalid captcha", "incorrect captcha",
    "wrong captcha", "enter the captcha", "recaptcha verification failed",
    "checking your browser", "bevisa att du är människa", "inte är en robot", "fel captcha",
    "för många förfrågningar", "kein roboter", "zu viele anfragen", "pas un robot",
    "trop de requêtes",
];

/// What says that the user or the password was refused.
pub const REJECTED: &[&str] = &[
    "invalid login", "invalid credentials", "incorrect login", "incorrect credentials",
    "wrong credentials", "bad credentials", "login failed", "login incorrect", "log in failed",
    "sign in failed", "sign-in failed", "login was unsuccessful", "login unsuccessful",
    "authentication failed", "authentication failure", "credentials do not match",
    "credentials don't match", "credentials you entered", "credentials are invalid",
    "credentials are incorrect", "unknown user", "unknown username", "no such user",
    "user not found", "account not found", "no account found", "your password has expired",
    "the correct username and password", "please enter a correct", "ange korrekt",
    "ange ett korrekt", "ange rätt", "bitte einen gültigen", "inloggningen misslyckades", "inloggning misslyckades",
    "misslyckad inloggning", "felaktig inloggning", "ogiltig inloggning",
    "fel inloggningsuppgifter", "felaktiga inloggningsuppgifter", "ogiltiga inloggningsuppgifter",
    "fel uppgifter", "felaktiga uppgifter", "ogiltiga uppgifter", "okänd användare",
    "användaren finns inte", "kontot finns inte", "anmeldung fehlgeschlagen",
    "login fehlgeschlagen", "ungültige anmeldedaten", "ungültige zugangsdaten",
    "falsche anmeldedaten", "falsche zugangsdaten", "unbekannter benutzer",
    "identifiants incorrects", "identifiants invalides", "échec de l'authentification",
    "bad username", "bad password", "bad login", "fel lösenord", "fel användarnamn",
    "fel användare", "fel e-post", "fel pinkod", "password was rejected",
    "credentials were rejected", "password mismatch", "invalid email", "incorrect email",
    "wrong email", "falsches passwort", "passwort falsch", "failed login", "invalid user",
    "incorrect user", "wrong user", "bad user", "user does not exist", "account does not exist",
    "no such account", "no match for", "with provided credentials",
];

/// What was typed, as a refusal names it …
pub const TYPED: &[&str] = &[
    "password", "passwords", "passphrase", "username", "user name", "user id", "userid", "login",
    "log-in", "credentials", "email address", "account name", "lösenord", "lösenordet",
    "användarnamn", "användarnamnet", "inloggningsuppgifter", "inloggningsuppgifterna",
    "passwort", "kennwort", "benutzername", "zugangsdaten", "anmeldedaten", "mot de passe",
    "identifiant", "identifiants", "nom d'utilisateur", "private code", "access code", "secret code",
    "contraseña", "senha", "wachtwoord", "passord", "adgangskode", "salasana",
];

/// The same for a one-time code.
pub const CODE: &[&str] = &[
    "code", "codes", "passcode", "token", "otp", "totp", "pin", "kod", "koden", "engångskod",
    "engångskoden", "verifieringskod", "verifieringskoden", "säkerhetskod", "säkerhetskoden",
    "einmalcode", "einmalpasswort", "sicherheitscode", "bestätigungscode", "jeton",
];

/// … and what a refusal says about it.
pub const VERDICT: &[&str] = &[
    "incorrect", "invalid", "wrong", "not valid", "not correct", "isn't correct", "isn't right",
    "is not right", "not recognized", "not recognised", "unrecognized", "unrecognised",
    "does not match", "doesn't match", "did not match", "didn't match", "do not match",
    "don't match", "wasn't found", "felaktigt", "felaktig", "felaktiga", "ogiltigt", "ogiltig",
    "ogiltiga", "stämmer inte", "stämde inte", "inte korrekt", "inte rätt", "inte giltigt",
    "matchar inte", "känns inte igen", "falsch", "falsches", "falscher", "ungültig", "ungültiges",
    "ungültiger", "nicht korrekt", "inkorrekt", "stimmt nicht", "stimmen nicht", "incorrects",
    "invalide", "invalides", "erroné", "erronés", "incorrecte", "not the right", "not match",
    "no match", "not recognize", "not recognise", "not successful", "unsuccessful",
    "does not exist", "doesn't exist", "incorrecta", "incorrectas", "incorrecto", "incorrectos",
    "incorreta", "incorreto", "inválida", "inválido", "errata", "errati", "onjuist", "ongeldig",
    "ugyldig", "forkert", "väärä", "virheellinen",
];
