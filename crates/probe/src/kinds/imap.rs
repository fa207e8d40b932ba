//! A login to a mailbox by IMAP (RFC 9051, RFC 3501).
//!
//! STARTTLS where the address asks for it, then `AUTHENTICATE`, or `LOGIN` where no mechanism is
//! offered. The proof is that the inbox opens, read-only: a server accepts the password while what
//! keeps the mail is gone. How a refusal is understood, by its response code (RFC 5530) and then by
//! its words:
//!
//! | answer to the password | verdict |
//! |---|---|
//! | `NO [UNAVAILABLE]`, `[SERVERBUG]`, `[INUSE]`, `[CORRUPTION]` | down, `service_error` |
//! | `NO [LIMIT]` | account, bot wall |
//! | `NO`, words of trouble | down, `service_error` |
//! | `NO [EXPIRED]`, `[CONTACTADMIN]` | account, locked |
//! | `NO` with another code or none | account, as the words say, else rejected |
//! | `BYE` | as its words say, else down, `service_error` |
//! | `BAD`, and what is no answer | down, `protocol` |

use contract::{AccountCause, DownCause, Outcome, UnableCause};
use secrecy::ExposeSecret;

use crate::failure::Failure;
use crate::kinds::direct::by_words;
use crate::kinds::line;
use crate::kinds::sasl::{self, Mechanism};
use crate::link::{Framed, Link, Question};
use crate::redact::CUT;
use crate::settings::Credentials;

/// Signs in, and opens the inbox.
pub async fn sign_in(link: &mut Link<'_>, account: &Credentials) -> Result<&'static str, Failure> {
    let greeting = greeting(link).await?;
    let asks_for_tls = link.wants_start_tls();
    if asks_for_tls {
        start_tls(link).await?;
    }
    let capabilities = match greeting {
        // What was said before TLS could be anybody's (RFC 9051, 6.2.1).
        Some(announced) if !asks_for_tls => announced,
        _ => capabilities(link).await?,
    };
    authenticate(link, &capabilities, account).await?;
    let inbox = ask(link, "check", "EXAMINE INBOX").await?;
    match inbox.status {
        Status::Ok => Ok("the inbox opens"),
        Status::No => Err(Failure::down(DownCause::ServiceError, inbox.shown("the inbox"))),
        Status::Bad | Status::Continue => Err(no_answer(&inbox.words)),
        Status::Bye => Err(bye(&inbox)),
    }
}

/// Says good-bye.
pub async fn log_out(link: &mut Link<'_>) -> Result<(), Failure> {
    let answer = link.ask(Question::words("log_out", "u9 LOGOUT\r\n"), first_line).await?;
    link.note_answer(None, &answer);
    Ok(())
}

/// Reads the greeting; gives the capabilities that it announces.
async fn greeting(link: &mut Link<'_>) -> Result<Option<Capabilities>, Failure> {
    let bytes = link.ask(Question::words("greeting", ""), first_line).await?;
    link.note_answer(None, &bytes);
    let line = line::first(&bytes).map_or(bytes.as_slice(), |(line, _)| line);
    if line::begins_with(line, "* OK") {
        return Ok(Capabilities::announced(&bytes));
    }
    let answer = Answer::of("*", &bytes);
    match answer.status {
        Status::Bye => Err(bye(&answer)),
        _ if line::begins_with(line, "* PREAUTH") => {
            Err(Failure::down(DownCause::NoProof, "the service lets in without a password"))
        }
        _ => Err(no_answer(&answer.words)),
    }
}

async fn start_tls(link: &mut Link<'_>) -> Result<(), Failure> {
    if !capabilities(link).await?.has("STARTTLS") {
        return Err(Failure::down(DownCause::NoStartTls, ""));
    }
    let answer = ask(link, "start_tls", "STARTTLS").await?;
    match answer.status {
        Status::Ok => link.start_tls().await,
        Status::Bye => Err(bye(&answer)),
        _ => Err(Failure::down(DownCause::NoStartTls, answer.words)),
    }
}

async fn capabilities(link: &mut Link<'_>) -> Result<Capabilities, Failure> {
    let answer = ask(link, "offers", "CAPABILITY").await?;
    match answer.status {
        Status::Ok => Ok(answer.capabilities),
        Status::Bye => Err(bye(&answer)),
        _ => Err(no_answer(&answer.words)),
    }
}

async fn authenticate(
    link: &mut Link<'_>,
    capabilities: &Capabilities,
    account: &Credentials,
) -> Result<(), Failure> {
    let mechanisms = capabilities.mechanisms();
    if mechanisms.is_empty() && !capabilities.has("LOGINDISABLED") {
        let command = login_command(account)?;
        let shown = format!("u1 LOGIN {} {CUT}", account.user);
        return verdict(ask_in_confidence(link, &format!("u1 {command}\r\n"), &shown).await?);
    }
    let mechanism = sasl::choose(mechanisms.iter().map(String::as_str))?;
    let mut messages = mechanism.messages(account)?.into_iter();
    let mut command = format!("u1 AUTHENTICATE {}", mechanism.as_str());
    let mut shown = command.clone();
    if mechanism == Mechanism::Plain && capabilities.has("SASL-IR") {
        command.extend(messages.next().map(|message| format!(" {message}")));
        shown = format!("{shown} {CUT}");
    }
    let mut answer = ask_in_confidence(link, &format!("{command}\r\n"), &shown).await?;
    while answer.status == Status::Continue {
        let Some(message) = messages.next() else { break };
        answer = ask_in_confidence(link, &format!("{message}\r\n"), CUT).await?;
    }
    verdict(answer)
}

/// `LOGIN` with both as quoted strings.
fn login_command(account: &Credentials) -> Result<String, Failure> {
    let quoted = |text: &str| {
        let cannot = text.chars().any(|c| matches!(c, '\0' | '\r' | '\n'));
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        (!cannot).then(|| format!("\"{escaped}\""))
    };
    let user = quoted(&account.user);
    let password = quoted(account.password.expose_secret());
    match (user, password) {
        (Some(user), Some(password)) => Ok(format!("LOGIN {user} {password}")),
        _ => {
            let detail = "a user or password over several lines cannot be sent";
            Err(Failure::unable(UnableCause::Credential, detail))
        }
    }
}

/// What the answer to the password means, as the table above says.
fn verdict(answer: Answer) -> Result<(), Failure> {
    let account = |cause| Err(Failure::account(cause, answer.words.clone()));
    match answer.status {
        Status::Ok => return Ok(()),
        Status::Bye => return Err(bye(&answer)),
        Status::Bad | Status::Continue => return Err(no_answer(&answer.words)),
        Status::No => {}
    }
    let said = by_words(&answer.words);
    let in_trouble = said.as_ref().is_some_and(|failure| failure.outcome == BROKEN);
    match answer.code.as_deref() {
        Some("UNAVAILABLE" | "SERVERBUG" | "INUSE" | "CORRUPTION") => {
            Err(Failure::down(DownCause::ServiceError, answer.words))
        }
        Some("LIMIT") => account(AccountCause::BotWall),
        Some("EXPIRED" | "CONTACTADMIN") if !in_trouble => account(AccountCause::Locked),
        // Some servers put every refusal under one code, and say in words which it is.
        _ => match said {
            Some(said) => Err(Failure { detail: answer.words, ..said }),
            None => account(AccountCause::Rejected),
        },
    }
}

const BROKEN: Outcome = Outcome::Down(DownCause::ServiceError);

/// The service ends the connection and says why.
fn bye(answer: &Answer) -> Failure {
    let said = by_words(&answer.words);
    let said = said.filter(|failure| failure.outcome != REJECTED);
    let failure = said.unwrap_or_else(|| Failure::down(DownCause::ServiceError, ""));
    Failure { detail: answer.words.clone(), ..failure }
}

const REJECTED: Outcome = Outcome::Account(AccountCause::Rejected);

fn no_answer(words: &str) -> Failure {
    Failure::down(DownCause::Protocol, words)
}

async fn ask(link: &mut Link<'_>, name: &'static str, command: &str) -> Result<Answer, Failure> {
    let command = format!("u1 {command}\r\n");
    let bytes = link.ask(Question::words(name, &command), answer_frame).await?;
    Ok(answer(link, &bytes))
}

async fn ask_in_confidence(
    link: &mut Link<'_>,
    command: &str,
    shown: &str,
) -> Result<Answer, Failure> {
    let question = Question { name: "sign_in", bytes: command.as_bytes(), shown };
    let bytes = link.ask_in_confidence(question, answer_frame).await?;
    Ok(answer(link, &bytes))
}

fn answer(link: &mut Link<'_>, bytes: &[u8]) -> Answer {
    let answer = Answer::of("u1", bytes);
    link.note_answer(None, answer.words.as_bytes());
    answer
}

/// The first word of the line that ends an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Status {
    Ok,
    No,
    Bad,
    /// The server waits for more.
    Continue,
    /// The server ends the connection.
    Bye,
}

/// An answer to a command.
#[derive(Debug)]
struct Answer {
    status: Status,
    /// The response code, in upper case.
    code: Option<String>,
    /// What it says to people, with its code.
    words: String,
    capabilities: Capabilities,
}

impl Answer {
    /// Reads a whole answer; what cannot be read is taken as `BAD`.
    fn of(tag: &str, bytes: &[u8]) -> Self {
        let lines: Vec<String> =
            line::all(bytes).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        let capabilities = Capabilities::of(&lines);
        let ends = |line: &&String| {
            let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
            first == tag
                || first == "+"
                || first == "*" && line::begins_with(rest.as_bytes(), "BYE")
        };
        let last = lines.iter().find(ends).or(lines.last()).map_or("", String::as_str);
        let (first, rest) = last.split_once(' ').unwrap_or((last, ""));
        let (status, words) = rest.split_once(' ').unwrap_or((rest, ""));
        let status = match status.to_ascii_uppercase().as_str() {
            _ if first == "+" => Status::Continue,
            "OK" => Status::Ok,
            "NO" => Status::No,
            "BYE" => Status::Bye,
            _ => Status::Bad,
        };
        let code = words.strip_prefix('[').and_then(|rest| rest.split([']', ' ']).next());
        let code = code.map(str::to_ascii_uppercase);
        let words = if status == Status::Bad { last } else { words };
        Answer { status, code, words: words.chars().take(WORDS_CHARS_MAX).collect(), capabilities }
    }

    fn shown(&self, what: &str) -> String {
        format!("{what}: {}", self.words)
    }
}

/// Characters of what a service says that a verdict quotes.
const WORDS_CHARS_MAX: usize = 300;

/// What a server says it can do, in upper case.
#[derive(Debug, Default)]
struct Capabilities(Vec<String>);

impl Capabilities {
    fn of(lines: &[String]) -> Self {
        let prefix = "* CAPABILITY ";
        let line = lines.iter().find(|line| line::begins_with(line.as_bytes(), prefix));
        let words = line.map(|line| &line[prefix.len()..]).unwrap_or_default();
        Capabilities(words.split_ascii_whitespace().map(str::to_ascii_uppercase).collect())
    }

    /// Those that stand in a greeting's response code.
    fn announced(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes).to_ascii_uppercase();
        let words = text.split_once("[CAPABILITY ")?.1.split_once(']')?.0;
        Some(Capabilities(words.split_ascii_whitespace().map(str::to_owned).collect()))
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|own| own == name)
    }

    fn mechanisms(&self) -> Vec<String> {
        self.0.iter().filter_map(|own| own.strip_prefix("AUTH=")).map(str::to_owned).collect()
    }
}

fn first_line(bytes: &[u8]) -> Framed {
    Ok(logical_line(bytes))
}

/// Until the line with the command's tag, a request to go on, or the server's good-bye.
fn answer_frame(bytes: &[u8]) -> Framed {
    let mut taken = 0;
    while let Some(length) = logical_line(&bytes[taken..]) {
        let line = &bytes[taken..taken + length];
        taken += length;
        if line.starts_with(b"u1 ") || line.starts_with(b"+") || line::begins_with(line, "* BYE") {
            return Ok(Some(taken));
        }
        if !line.starts_with(b"* ") {
            let shown = String::from_utf8_lossy(line);
            return Err(no_answer(&shown.trim().chars().take(WORDS_CHARS_MAX).collect::<String>()));
        }
    }
    Ok(None)
}

/// How many bytes a line takes up with the literals in it: `{5}` at a line's end stands for the
/// five bytes after it, and the line goes on behind them.
fn logical_line(bytes: &[u8]) -> Option<usize> {
    let mut taken: usize = 0;
    loop {
        let (line, length) = line::first(bytes.get(taken..)?)?;
        taken += length;
        match literal(line) {
            Some(length) => taken = taken.checked_add(length)?,
            None => return Some(taken),
        }
    }
}

fn literal(line: &[u8]) -> Option<usize> {
    let rest = line.strip_suffix(b"}")?;
    let digits = &rest[memchr::memrchr(b'{', rest)? + 1..];
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outcome(answer: &str) -> Outcome {
        let bytes = format!("* OK still here\r\nu1 {answer}\r\n");
        assert_eq!(answer_frame(bytes.as_bytes()), Ok(Some(bytes.len())));
        verdict(Answer::of("u1", bytes.as_bytes())).map_or_else(|f| f.outcome, |()| Outcome::Up)
    }

    #[test]
    fn c3_5_response_codes_tell_the_accounts_fault_from_the_services() {
        use AccountCause::*;
        for (answer, expected) in [
            ("OK [CAPABILITY IMAP4rev1] Logged in", Outcome::Up),
            ("NO [AUTHENTICATIONFAILED] Authentication failed.", Outcome::Account(Rejected)),
            ("NO Login failed.", Outcome::Account(Rejected)),
            ("NO", Outcome::Account(Rejected)),
            ("no [AUTHENTICATIONFAILED] Account is locked.", Outcome::Account(Locked)),
            ("NO [EXPIRED] Password expired.", Outcome::Account(Locked)),
            ("NO [CONTACTADMIN] Call us.", Outcome::Account(Locked)),
            ("NO [CONTACTADMIN] Temporary server error", Outcome::Down(DownCause::ServiceError)),
            ("NO LOGIN processing failed.", Outcome::Down(DownCause::ServiceError)),
            ("NO [LIMIT] Too many sessions.", Outcome::Account(BotWall)),
            (
                "NO [UNAVAILABLE] Temporary authentication failure. [mail:2026]",
                Outcome::Down(DownCause::ServiceError),
            ),
            ("NO Login failed: generic failure", Outcome::Down(DownCause::ServiceError)),
            (
                "NO [AUTHENTICATIONFAILED] Temporary authentication failure",
                Outcome::Down(DownCause::ServiceError),
            ),
            ("BAD Error in IMAP command", Outcome::Down(DownCause::Protocol)),
            ("HELLO", Outcome::Down(DownCause::Protocol)),
        ] {
            assert_eq!(outcome(answer), expected, "{answer}");
        }
        let bye = bye(&Answer::of("u1", b"* BYE Internal error\r\n"));
        assert_eq!(bye.outcome, Outcome::Down(DownCause::ServiceError));
    }

    #[test]
    fn an_answer_ends_where_its_tag_stands_and_not_inside_of_a_literal() {
        let bytes = b"* LIST () \"/\" {10}\r\nu1 OK\r\nxyz\r\nu1 OK done\r\n* BYE later\r\n";
        assert_eq!(answer_frame(bytes), Ok(Some(bytes.len() - 13)));
        assert_eq!(answer_frame(&bytes[..bytes.len() - 15]), Ok(None));
        assert_eq!(answer_frame(b"+ go on\r\n"), Ok(Some(9)));
        assert!(answer_frame(b"HTTP/1.1 400 Bad Request\r\n").is_err());
        assert_eq!(answer_frame(b"* X {18446744073709551615}\r\nu1 OK\r\n"), Ok(None));
    }

    #[test]
    fn quotes_are_escaped_where_there_is_no_mechanism() {
        let command = login_command(&Credentials::new("probe", r#"a"b\c"#)).unwrap();
        assert_eq!(command, r#"LOGIN "probe" "a\"b\\c""#);
        assert!(login_command(&Credentials::new("probe", "a\r\nu2 LOGOUT")).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_none_and_nothing_panics(bytes: Vec<u8>) {
            let _ = answer_frame(&bytes);
            let _ = Capabilities::announced(&bytes);
            let _ = verdict(Answer::of("u1", &bytes));
        }

        #[test]
        fn lines_of_an_answer_never_panic(text in r"(\* |u1 |\+ )?(OK|NO|BAD|BYE)? ?(\[[A-Z ]*\])?.{0,20}(\{[0-9]{0,21}\+?\})?\r?\n?") {
            let _ = answer_frame(text.as_bytes());
            let _ = verdict(Answer::of("u1", text.as_bytes()));
        }
    }
}
