//! A login to a directory by LDAP (RFC 4511): a simple bind.
//!
//! STARTTLS where the address asks for it, then the bind. The proof is that the directory says who
//! is bound (RFC 4532), where it knows that question. A bind without a password succeeds and binds
//! nobody (RFC 4513, 5.1.2), so an empty one is refused before anything is sent. How a refusal is
//! understood, by its result code, what a password policy adds, and its words:
//!
//! | answer to the bind | verdict |
//! |---|---|
//! | 0, as somebody | accepted |
//! | 0, as nobody | down, `no_proof` |
//! | 49, with a policy's "locked" or "expired", or Active Directory's 532, 533, 701, 773, 775 | account, locked |
//! | 49 otherwise, 48, 50, 34 | as its words say, else account, rejected |
//! | 19, 53 | as their words say, else down, `service_error` |
//! | 7, 8, 10, 13, 14 | unable, `needs_recipe` |
//! | 1, 3, 11, 32, 51, 52, 80 and all others | down, `service_error` |
//! | a notice of disconnection | down, `service_error` |
//! | what is no answer | down, `protocol` |

use contract::{AccountCause, DownCause, UnableCause};
use secrecy::ExposeSecret;

use crate::failure::Failure;
use crate::kinds::ber::{self, ENUMERATED, INTEGER, Malformed, OCTET_STRING, Reader, SEQUENCE};
use crate::kinds::direct::by_words;
use crate::link::{ANSWER_BYTES_MAX, Framed, Link, Question};
use crate::redact::CUT;
use crate::settings::Credentials;

const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND_REQUEST: u8 = 0x42;
const EXTENDED_REQUEST: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;
/// `[0]`: a bind's password, a message's controls, an extended request's name.
const CONTEXT_0: u8 = 0x80;
const CONTROLS: u8 = 0xa0;
/// `[11]`: an extended response's value.
const RESPONSE_VALUE: u8 = 0x8b;

const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
const WHO_AM_I: &[u8] = b"1.3.6.1.4.1.4203.1.11.3";
/// Asks to be told why an account may not be used (draft-behera-ldap-password-policy).
const PASSWORD_POLICY: &[u8] = b"1.3.6.1.4.1.42.2.27.8.5.1";

/// Characters of what a directory says that a verdict quotes.
const WORDS_CHARS_MAX: usize = 300;

/// Binds, and asks who is bound.
pub async fn sign_in(link: &mut Link<'_>, account: &Credentials) -> Result<&'static str, Failure> {
    let password = account.password.expose_secret();
    if password.is_empty() || account.user.is_empty() {
        let detail = "a bind without a name or a password would succeed and bind nobody";
        return Err(Failure::unable(UnableCause::Credential, detail));
    }
    if link.wants_start_tls() {
        start_tls(link).await?;
    }
    let bytes = message(2, bind(&account.user, password), &[PASSWORD_POLICY]);
    let shown = format!("bind as {} with {CUT}", account.user);
    let question = Question { name: "sign_in", bytes: &bytes, shown: &shown };
    let bytes = link.ask_in_confidence(question, frame).await?;
    let answer = answer(link, &bytes, 2, BIND_RESPONSE)?;
    verdict(&answer)?;
    let bytes = message(3, extended(WHO_AM_I), &[]);
    let bytes =
        link.ask(Question { name: "check", bytes: &bytes, shown: "who am I" }, frame).await?;
    let answer = self::answer(link, &bytes, 3, EXTENDED_RESPONSE)?;
    who(&answer)
}

/// Unbinds; there is no answer to it.
pub async fn log_out(link: &mut Link<'_>) -> Result<(), Failure> {
    let unbind = ber::value(UNBIND_REQUEST, b"");
    let bytes = message(4, unbind, &[]);
    link.tell(Question { name: "log_out", bytes: &bytes, shown: "unbind" }).await
}

async fn start_tls(link: &mut Link<'_>) -> Result<(), Failure> {
    let bytes = message(1, extended(START_TLS), &[]);
    let question = Question { name: "start_tls", bytes: &bytes, shown: "StartTLS" };
    let bytes = link.ask(question, frame).await?;
    let answer = answer(link, &bytes, 1, EXTENDED_RESPONSE)?;
    match answer.code {
        0 => link.start_tls().await,
        BUSY | UNAVAILABLE => Err(Failure::down(DownCause::ServiceError, answer.shown())),
        _ => Err(Failure::down(DownCause::NoStartTls, answer.shown())),
    }
}

/// What the answer to the bind means, as the table above says.
fn verdict(answer: &Answer) -> Result<(), Failure> {
    let said = || by_words(&answer.words);
    let failure = match answer.code {
        0 => return Ok(()),
        INVALID_CREDENTIALS if answer.is_locked() => Failure::account(AccountCause::Locked, ""),
        INVALID_CREDENTIALS
        | INAPPROPRIATE_AUTHENTICATION
        | INSUFFICIENT_ACCESS
        | INVALID_DN_SYNTAX => {
            said().unwrap_or_else(|| Failure::account(AccountCause::Rejected, ""))
        }
        AUTH_METHOD_NOT_SUPPORTED
        | STRONGER_AUTH_REQUIRED
        | REFERRAL
        | CONFIDENTIALITY_REQUIRED
        | SASL_BIND_IN_PROGRESS => Failure::unable(UnableCause::NeedsRecipe, ""),
        CONSTRAINT_VIOLATION | UNWILLING_TO_PERFORM if answer.is_locked() => {
            Failure::account(AccountCause::Locked, "")
        }
        CONSTRAINT_VIOLATION | UNWILLING_TO_PERFORM => {
            said().unwrap_or_else(|| Failure::down(DownCause::ServiceError, ""))
        }
        PROTOCOL_ERROR => Failure::down(DownCause::Protocol, ""),
        _ => Failure::down(DownCause::ServiceError, ""),
    };
    Err(Failure { detail: answer.shown(), ..failure })
}

/// What the answer to "who am I" proves.
fn who(answer: &Answer) -> Result<&'static str, Failure> {
    match (answer.code, answer.value.as_deref()) {
        (0, Some(who)) if !matches!(who, b"" | b"dn:") => Ok("the directory says who is bound"),
        (0, _) => Err(Failure::down(DownCause::NoProof, "the directory says that nobody is bound")),
        // It does not know the question, or answers it to some only: the bind has to do.
        (PROTOCOL_ERROR | UNWILLING_TO_PERFORM | INSUFFICIENT_ACCESS | UNAVAILABLE_CRITICAL, _) => {
            Ok("the bind is accepted")
        }
        _ => Err(Failure::down(DownCause::ServiceError, answer.shown())),
    }
}

// Result codes (RFC 4511, 4.1.9).
const PROTOCOL_ERROR: u32 = 2;
const AUTH_METHOD_NOT_SUPPORTED: u32 = 7;
const STRONGER_AUTH_REQUIRED: u32 = 8;
const REFERRAL: u32 = 10;
const UNAVAILABLE_CRITICAL: u32 = 12;
const CONFIDENTIALITY_REQUIRED: u32 = 13;
const SASL_BIND_IN_PROGRESS: u32 = 14;
const CONSTRAINT_VIOLATION: u32 = 19;
const INVALID_DN_SYNTAX: u32 = 34;
const INAPPROPRIATE_AUTHENTICATION: u32 = 48;
const INVALID_CREDENTIALS: u32 = 49;
const INSUFFICIENT_ACCESS: u32 = 50;
const BUSY: u32 = 51;
const UNAVAILABLE: u32 = 52;
const UNWILLING_TO_PERFORM: u32 = 53;

/// A message with its number and its controls, none of which a server has to know.
fn message(id: u8, operation: Vec<u8>, controls: &[&[u8]]) -> Vec<u8> {
    let mut parts = vec![ber::integer(id), operation];
    if !controls.is_empty() {
        let control = |oid: &&[u8]| ber::constructed(SEQUENCE, &[ber::value(OCTET_STRING, oid)]);
        parts.push(ber::constructed(CONTROLS, &controls.iter().map(control).collect::<Vec<_>>()));
    }
    ber::constructed(SEQUENCE, &parts)
}

fn bind(user: &str, password: &str) -> Vec<u8> {
    let version = ber::integer(3);
    let user = ber::value(OCTET_STRING, user.as_bytes());
    let password = ber::value(CONTEXT_0, password.as_bytes());
    ber::constructed(BIND_REQUEST, &[version, user, password])
}

fn extended(name: &[u8]) -> Vec<u8> {
    ber::constructed(EXTENDED_REQUEST, &[ber::value(CONTEXT_0, name)])
}

/// Until the end of the first message.
fn frame(bytes: &[u8]) -> Framed {
    let no_ldap = || Failure::down(DownCause::Protocol, "the answer is not LDAP");
    if bytes.first().is_some_and(|tag| *tag != SEQUENCE) {
        return Err(no_ldap());
    }
    match ber::length(bytes) {
        Ok(Some(length)) if length > ANSWER_BYTES_MAX => {
            Err(Failure::down(DownCause::BodyTooLarge, format!("over {ANSWER_BYTES_MAX} bytes")))
        }
        Ok(length) => Ok(length.filter(|length| *length <= bytes.len())),
        Err(Malformed) => Err(no_ldap()),
    }
}

/// Reads the answer to the message `id`, which must be of the kind `tag`.
fn answer(link: &mut Link<'_>, bytes: &[u8], id: u32, tag: u8) -> Result<Answer, Failure> {
    let Ok(answer) = Answer::of(bytes) else {
        return Err(Failure::down(DownCause::Protocol, "the answer is not LDAP"));
    };
    link.note_answer(u16::try_from(answer.code).ok(), answer.shown().as_bytes());
    link.show_answer(&answer.told());
    if answer.id == 0 && answer.tag == EXTENDED_RESPONSE {
        let detail = format!("it ends the connection: {}", answer.shown());
        return Err(Failure::down(DownCause::ServiceError, detail));
    }
    if (answer.id, answer.tag) != (id, tag) {
        return Err(Failure::down(DownCause::Protocol, "this is no answer to what was asked"));
    }
    Ok(answer)
}

/// A message that bears a result.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Answer {
    id: u32,
    tag: u8,
    code: u32,
    words: String,
    /// The value of an extended response.
    value: Option<Vec<u8>>,
    /// Why a password policy refuses, as its number says.
    policy_error: Option<u32>,
}

impl Answer {
    fn of(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut message = Reader::new(Reader::new(bytes).tagged(SEQUENCE)?);
        let id = message.number(INTEGER)?;
        let (tag, operation) = message.any()?.ok_or(Malformed)?;
        let mut operation = Reader::new(operation);
        let code = operation.number(ENUMERATED)?;
        let _matched = operation.tagged(OCTET_STRING)?;
        let words = String::from_utf8_lossy(operation.tagged(OCTET_STRING)?).into_owned();
        let mut value = None;
        while let Some((tag, bytes)) = operation.any()? {
            if tag == RESPONSE_VALUE {
                value = Some(bytes.to_vec());
            }
        }
        let policy_error = match message.any()? {
            Some((CONTROLS, controls)) => policy_error(controls)?,
            _ => None,
        };
        Ok(Answer { id, tag, code, words, value, policy_error })
    }

    /// Whether a policy or Active Directory says that the account is not to be used, though its
    /// password may be right.
    fn is_locked(&self) -> bool {
        // passwordExpired, accountLocked, changeAfterReset
        let by_policy = matches!(self.policy_error, Some(0..=2));
        let data = self.words.split("data ").nth(1).unwrap_or_default();
        let data = data.split(|c: char| !c.is_ascii_hexdigit()).next().unwrap_or_default();
        by_policy || matches!(data, "532" | "533" | "701" | "773" | "775")
    }

    /// The same with what else it says.
    fn told(&self) -> String {
        let value = self.value.as_deref().map(String::from_utf8_lossy);
        value.map_or(self.shown(), |value| format!("{}: {value}", self.shown()))
    }

    fn shown(&self) -> String {
        let words: String = self.words.chars().take(WORDS_CHARS_MAX).collect();
        let policy = match self.policy_error {
            Some(0) => " (the password has expired)",
            Some(1) => " (the account is locked)",
            Some(2) => " (the password must be changed)",
            _ => "",
        };
        format!("result {} {words}", self.code).trim_end().to_owned() + policy
    }
}

/// The error that a password policy's control holds, if there is one.
fn policy_error(controls: &[u8]) -> Result<Option<u32>, Malformed> {
    let mut controls = Reader::new(controls);
    while let Some((SEQUENCE, control)) = controls.any()? {
        let mut control = Reader::new(control);
        if control.tagged(OCTET_STRING)? != PASSWORD_POLICY {
            continue;
        }
        while let Some((tag, value)) = control.any()? {
            if tag != OCTET_STRING {
                continue;
            }
            // SEQUENCE { warning [0] OPTIONAL, error [1] ENUMERATED OPTIONAL }
            let mut fields = Reader::new(Reader::new(value).tagged(SEQUENCE)?);
            while let Some((tag, field)) = fields.any()? {
                if tag == 0x81 {
                    return ber::number(field).map(Some);
                }
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use contract::Outcome;
    use proptest::prelude::*;

    use super::*;

    fn result(code: u8, words: &str) -> Vec<Vec<u8>> {
        vec![
            ber::value(ENUMERATED, &[code]),
            ber::value(OCTET_STRING, b""),
            ber::value(OCTET_STRING, words.as_bytes()),
        ]
    }

    fn bound(code: u8, words: &str) -> Answer {
        let bytes = message(2, ber::constructed(BIND_RESPONSE, &result(code, words)), &[]);
        assert_eq!(frame(&bytes), Ok(Some(bytes.len())));
        Answer::of(&bytes).unwrap()
    }

    #[test]
    fn c3_5_result_codes_tell_the_accounts_fault_from_the_services() {
        use AccountCause::*;
        let broken = Outcome::Down(DownCause::ServiceError);
        for (code, words, expected) in [
            (0, "", Outcome::Up),
            (49, "", Outcome::Account(Rejected)),
            (49, "80090308: LdapErr: DSID-0C09042A, data 52e, v3839", Outcome::Account(Rejected)),
            (49, "80090308: LdapErr: DSID-0C09042A, data 775, v3839", Outcome::Account(Locked)),
            (49, "80090308: LdapErr: DSID-0C09042A, data 532, v3839", Outcome::Account(Locked)),
            (48, "", Outcome::Account(Rejected)),
            (34, "invalid DN", Outcome::Account(Rejected)),
            (19, "Exceed password retry limit. Please try later.", Outcome::Account(Locked)),
            (53, "Account inactivated. Contact system administrator.", Outcome::Account(Locked)),
            (53, "operation restricted", broken),
            (8, "", Outcome::Unable(UnableCause::NeedsRecipe)),
            (1, "", broken),
            (32, "", broken),
            (51, "", broken),
            (52, "", broken),
            (80, "", broken),
            (2, "", Outcome::Down(DownCause::Protocol)),
        ] {
            let outcome = verdict(&bound(code, words)).map_or_else(|f| f.outcome, |()| Outcome::Up);
            assert_eq!(outcome, expected, "{code} {words}");
        }
    }

    #[test]
    fn c3_5_a_password_policy_says_that_the_account_is_locked() {
        let error = ber::constructed(SEQUENCE, &[ber::value(0x81, &[1])]);
        let control = ber::constructed(
            SEQUENCE,
            &[ber::value(OCTET_STRING, PASSWORD_POLICY), ber::value(OCTET_STRING, &error)],
        );
        let controls = ber::constructed(CONTROLS, &[control]);
        let response = ber::constructed(BIND_RESPONSE, &result(49, ""));
        let bytes = ber::constructed(SEQUENCE, &[ber::integer(2), response, controls]);
        let failure = verdict(&Answer::of(&bytes).unwrap()).unwrap_err();
        assert_eq!(failure.outcome, Outcome::Account(AccountCause::Locked));
        assert!(failure.detail.contains("locked"), "{failure:?}");
    }

    #[test]
    fn who_is_bound_is_the_proof() {
        let answer = |code, value: &str| {
            let mut parts = result(code, "");
            parts.push(ber::value(RESPONSE_VALUE, value.as_bytes()));
            let response = ber::constructed(EXTENDED_RESPONSE, &parts);
            who(&Answer::of(&message(3, response, &[])).unwrap())
        };
        assert!(answer(0, "dn:cn=probe,dc=example").is_ok());
        assert!(answer(0, "u:EXAMPLE\\probe").is_ok());
        assert!(answer(PROTOCOL_ERROR as u8, "").is_ok());
        for nobody in ["", "dn:"] {
            let failure = answer(0, nobody).unwrap_err();
            assert_eq!(failure.outcome, Outcome::Down(DownCause::NoProof));
        }
        assert_eq!(answer(52, "").unwrap_err().outcome, Outcome::Down(DownCause::ServiceError));
    }

    #[test]
    fn a_bind_is_written_as_the_standard_says() {
        let bytes = message(2, bind("cn=p", "x"), &[]);
        let expected = b"\x30\x11\x02\x01\x02\x60\x0c\x02\x01\x03\x04\x04cn=p\x80\x01x";
        assert_eq!(bytes, expected);
    }

    #[test]
    fn a_message_that_says_it_is_huge_is_not_waited_for() {
        let huge = frame(&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1, 2]).unwrap_err();
        assert_eq!(huge.outcome, Outcome::Down(DownCause::BodyTooLarge));
        let http = frame(b"HTTP/1.1 400 Bad Request\r\n").unwrap_err();
        assert_eq!(http.outcome, Outcome::Down(DownCause::Protocol));
        assert_eq!(frame(&[0x30, 0x0c, 2, 1]), Ok(None));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_none_and_nothing_panics(bytes: Vec<u8>) {
            let _ = frame(&bytes);
            let _ = Answer::of(&bytes);
            let _ = policy_error(&bytes);
        }

        #[test]
        fn a_changed_byte_never_panics(at in 0_usize..40, byte: u8, cut in 0_usize..40) {
            let control = [PASSWORD_POLICY];
            let response = ber::constructed(BIND_RESPONSE, &result(49, "data 775"));
            let mut bytes = message(2, response, &control);
            let length = bytes.len();
            bytes[at % length] = byte;
            bytes.truncate(length - cut % length);
            let _ = frame(&bytes);
            if let Ok(answer) = Answer::of(&bytes) {
                let _ = (verdict(&answer), who(&answer));
            }
        }
    }
}
