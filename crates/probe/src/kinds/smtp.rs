//! A login for the submission of mail by SMTP (RFC 6409, RFC 4954).
//!
//! STARTTLS where the address asks for it, then `AUTH`. That the account is accepted is the login,
//! and that the server still answers after it is the proof: no mail is begun. How a refusal is
//! understood, by its code (RFC 4954, RFC 5248) and its words:
//!
//! | answer to the password | verdict |
//! |---|---|
//! | 235 | accepted |
//! | 454, 421 and other 4xx | as their words say, but never rejected; else down, `service_error` |
//! | 432, 534 5.7.9, 5.7.12; 525 | account, locked |
//! | 535, 530, 534, 550, 554, 571 | as their words say, else account, rejected |
//! | 500 to 504, 538 | unable, `needs_recipe`: the offered mechanism is not taken |
//! | another 5xx | as its words say, else down, `service_error` |
//! | what is no answer | down, `protocol` |

use std::net::IpAddr;

use contract::{AccountCause, DownCause, Outcome, UnableCause};

use crate::failure::Failure;
use crate::kinds::direct::by_words;
use crate::kinds::line;
use crate::kinds::sasl::{self, Mechanism};
use crate::link::{Framed, Link, Question};
use crate::redact::CUT;
use crate::settings::Credentials;

/// Signs in, and asks for a sign of life.
pub async fn sign_in(link: &mut Link<'_>, account: &Credentials) -> Result<&'static str, Failure> {
    let greeting = ask(link, "greeting", "").await?;
    if greeting.code != 220 {
        return Err(failed(&greeting));
    }
    let mut extensions = hello(link).await?;
    if link.wants_start_tls() {
        start_tls(link, &extensions).await?;
        // What was said before TLS could be anybody's (RFC 3207, 4.2).
        extensions = hello(link).await?;
    }
    authenticate(link, &extensions, account).await?;
    let alive = ask(link, "check", "NOOP\r\n").await?;
    match alive.code {
        250 => Ok("the account is accepted"),
        _ => Err(failed(&alive)),
    }
}

/// Says good-bye.
pub async fn log_out(link: &mut Link<'_>) -> Result<(), Failure> {
    ask(link, "log_out", "QUIT\r\n").await.map(drop)
}

/// Says who asks; gives the extensions that the server has.
async fn hello(link: &mut Link<'_>) -> Result<Vec<String>, Failure> {
    // A client without a name gives its address (RFC 5321, 4.1.3).
    let name = match link.local_address().map(|address| address.ip().to_canonical()) {
        Some(IpAddr::V4(address)) => format!("[{address}]"),
        Some(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        None => "localhost".to_owned(),
    };
    let reply = ask(link, "offers", &format!("EHLO {name}\r\n")).await?;
    match reply.code {
        250 => Ok(reply.lines),
        _ => Err(failed(&reply)),
    }
}

async fn start_tls(link: &mut Link<'_>, extensions: &[String]) -> Result<(), Failure> {
    if extension(extensions, "STARTTLS").is_none() {
        return Err(Failure::down(DownCause::NoStartTls, ""));
    }
    let reply = ask(link, "start_tls", "STARTTLS\r\n").await?;
    match reply.code {
        220 => link.start_tls().await,
        _ => Err(Failure::down(DownCause::NoStartTls, reply.words())),
    }
}

async fn authenticate(
    link: &mut Link<'_>,
    extensions: &[String],
    account: &Credentials,
) -> Result<(), Failure> {
    let offered = extension(extensions, "AUTH").unwrap_or_default();
    let mechanism = sasl::choose(offered.split_ascii_whitespace())?;
    let mut messages = mechanism.messages(account)?.into_iter();
    let mut command = format!("AUTH {}", mechanism.as_str());
    let mut shown = command.clone();
    if mechanism == Mechanism::Plain {
        command.extend(messages.next().map(|message| format!(" {message}")));
        shown = format!("{shown} {CUT}");
    }
    let mut reply = ask_in_confidence(link, &format!("{command}\r\n"), &shown).await?;
    while reply.code == 334 {
        let Some(message) = messages.next() else { break };
        reply = ask_in_confidence(link, &format!("{message}\r\n"), CUT).await?;
    }
    verdict(&reply)
}

/// What the answer to the password means, as the table above says.
fn verdict(reply: &Reply) -> Result<(), Failure> {
    let said = by_words(&reply.words());
    let failure = match (reply.code, reply.enhanced()) {
        (235, _) => return Ok(()),
        (432 | 525, _) | (534, "5.7.9" | "5.7.12") | (_, "5.7.13") => {
            Failure::account(AccountCause::Locked, "")
        }
        (400..=499, _) => return Err(failed(reply)),
        (500..=504 | 538, _) => Failure::unable(UnableCause::NeedsRecipe, ""),
        (535 | 530 | 534 | 550 | 554 | 571, _) => {
            said.unwrap_or_else(|| Failure::account(AccountCause::Rejected, ""))
        }
        (505..=599, _) => said.unwrap_or_else(|| Failure::down(DownCause::ServiceError, "")),
        _ => Failure::down(DownCause::Protocol, ""),
    };
    Err(Failure { detail: reply.shown(), ..failure })
}

/// What a refusal means of anything but the password: the service's, unless it speaks of too many
/// attempts or of a locked account.
fn failed(reply: &Reply) -> Failure {
    let said = by_words(&reply.words());
    let said = said.filter(|said| said.outcome != Outcome::Account(AccountCause::Rejected));
    let failure = match reply.code {
        400..=599 => said.unwrap_or_else(|| Failure::down(DownCause::ServiceError, "")),
        _ => Failure::down(DownCause::Protocol, ""),
    };
    Failure { detail: reply.shown(), ..failure }
}

async fn ask(link: &mut Link<'_>, name: &'static str, command: &str) -> Result<Reply, Failure> {
    let bytes = link.ask(Question::words(name, command), frame).await?;
    Ok(reply(link, &bytes))
}

async fn ask_in_confidence(
    link: &mut Link<'_>,
    command: &str,
    shown: &str,
) -> Result<Reply, Failure> {
    let question = Question { name: "sign_in", bytes: command.as_bytes(), shown };
    let bytes = link.ask_in_confidence(question, frame).await?;
    Ok(reply(link, &bytes))
}

fn reply(link: &mut Link<'_>, bytes: &[u8]) -> Reply {
    let reply = Reply::of(bytes);
    link.note_answer(Some(reply.code), reply.shown().as_bytes());
    reply
}

/// A reply of one line or several.
#[derive(Debug)]
struct Reply {
    code: u16,
    /// Its lines, without their code.
    lines: Vec<String>,
}

/// Characters of what a service says that a verdict quotes.
const WORDS_CHARS_MAX: usize = 300;

impl Reply {
    /// Reads a whole reply, as [`frame`] found it.
    fn of(bytes: &[u8]) -> Self {
        let first = line::first(bytes).map_or(bytes, |(line, _)| line);
        let text = |line: &[u8]| String::from_utf8_lossy(line.get(4..).unwrap_or_default()).into();
        Reply { code: code(first).unwrap_or_default(), lines: line::all(bytes).map(text).collect() }
    }

    fn words(&self) -> String {
        self.lines.join(" ").chars().take(WORDS_CHARS_MAX).collect()
    }

    fn shown(&self) -> String {
        format!("{} {}", self.code, self.words()).trim_end().to_owned()
    }

    /// The enhanced status code of the last line: `5.7.8`; empty if it has none.
    fn enhanced(&self) -> &str {
        let word = self.lines.last().and_then(|line| line.split_ascii_whitespace().next());
        let is_code = |word: &&str| {
            let parts: Vec<&str> = word.split('.').collect();
            parts.len() == 3 && parts.iter().all(|part| part.parse::<u16>().is_ok())
        };
        word.filter(is_code).unwrap_or_default()
    }
}

/// The parameters of an extension, if the server has it; the first line greets. Old servers write
/// `AUTH=` for `AUTH `.
fn extension<'a>(lines: &'a [String], name: &str) -> Option<&'a str> {
    lines.iter().skip(1).find_map(|line| {
        let (own, parameters) = line.split_once([' ', '=']).unwrap_or((line, ""));
        own.eq_ignore_ascii_case(name).then_some(parameters)
    })
}

/// Until the line whose code no hyphen follows.
fn frame(bytes: &[u8]) -> Framed {
    let mut rest = bytes;
    let mut begun = None;
    while let Some((line, length)) = line::first(rest) {
        rest = &rest[length..];
        let code = code(line).filter(|code| begun.is_none_or(|begun| begun == *code));
        let Some(code) = code else {
            let shown = String::from_utf8_lossy(&line[..line.len().min(WORDS_CHARS_MAX)]);
            return Err(Failure::down(DownCause::Protocol, shown));
        };
        begun = Some(code);
        if line.get(3) != Some(&b'-') {
            return Ok(Some(bytes.len() - rest.len()));
        }
    }
    Ok(None)
}

/// The code at a line's beginning, with what may stand behind it.
fn code(line: &[u8]) -> Option<u16> {
    let digits = line.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    matches!(line.get(3), None | Some(b' ' | b'-')).then_some(())?;
    let code = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (200..600).contains(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outcome(reply: &str) -> Outcome {
        let bytes = format!("{reply}\r\n");
        assert_eq!(frame(bytes.as_bytes()), Ok(Some(bytes.len())), "{reply}");
        verdict(&Reply::of(bytes.as_bytes())).map_or_else(|f| f.outcome, |()| Outcome::Up)
    }

    #[test]
    fn c3_5_codes_and_words_tell_the_accounts_fault_from_the_services() {
        use AccountCause::*;
        let broken = Outcome::Down(DownCause::ServiceError);
        for (reply, expected) in [
            ("235 2.7.0 Authentication successful", Outcome::Up),
            (
                "535 5.7.8 Error: authentication failed: (reason unavailable)",
                Outcome::Account(Rejected),
            ),
            ("535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", Outcome::Account(Rejected)),
            ("535 Incorrect authentication data", Outcome::Account(Rejected)),
            ("535", Outcome::Account(Rejected)),
            ("535 5.7.8 authentication failed: generic failure", broken),
            ("454 4.7.0 Temporary authentication failure: Connection lost", broken),
            (
                "454 4.7.0 Too many login attempts, please try again later.",
                Outcome::Account(Locked),
            ),
            ("421 4.7.0 Too many requests", Outcome::Account(BotWall)),
            ("421 4.3.2 Service shutting down", broken),
            ("451 authentication failed", broken),
            ("432 4.7.12 A password transition is needed", Outcome::Account(Locked)),
            ("534 5.7.9 Please log in with your web browser", Outcome::Account(Locked)),
            ("525 5.7.13 User account disabled", Outcome::Account(Locked)),
            (
                "504 5.5.4 Unrecognized authentication type",
                Outcome::Unable(UnableCause::NeedsRecipe),
            ),
            ("599 broken", broken),
            ("250 what", Outcome::Down(DownCause::Protocol)),
            ("334 more", Outcome::Down(DownCause::Protocol)),
        ] {
            assert_eq!(outcome(reply), expected, "{reply}");
        }
        let greeting = Reply::of(b"554 5.7.1 authentication failed\r\n");
        assert_eq!(failed(&greeting).outcome, broken);
    }

    #[test]
    fn a_reply_ends_with_the_line_that_no_hyphen_marks() {
        let hello =
            b"250-mail.example\r\n250-SIZE 100\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\nrest";
        assert_eq!(frame(hello), Ok(Some(hello.len() - 4)));
        assert_eq!(frame(&hello[..40]), Ok(None));
        let lines = Reply::of(hello).lines;
        assert_eq!(extension(&lines, "auth"), Some("PLAIN LOGIN"));
        assert_eq!(extension(&lines, "STARTTLS"), None);
        assert_eq!(extension(&["x".to_owned(), "AUTH=LOGIN".to_owned()], "AUTH"), Some("LOGIN"));
        for garbage in ["HTTP/1.1 400\r\n", "250-a\r\n251 b\r\n", "99\r\n", "2500\r\n", "\r\n"] {
            assert!(frame(garbage.as_bytes()).is_err(), "{garbage}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_reply_or_none_and_nothing_panics(bytes: Vec<u8>) {
            let _ = frame(&bytes);
            let _ = verdict(&Reply::of(&bytes));
        }

        #[test]
        fn lines_of_a_reply_never_panic(text in r"([0-9]{0,4}[- ]?.{0,20}\r?\n){0,3}") {
            let _ = frame(text.as_bytes());
            let reply = Reply::of(text.as_bytes());
            let _ = (verdict(&reply), failed(&reply), extension(&reply.lines, "AUTH"));
        }
    }
}
