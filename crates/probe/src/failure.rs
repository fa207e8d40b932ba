//! Why an attempt ended without its proof, and what the operating system's errors mean.

use std::error::Error;
use std::io;

use contract::{AccountCause, DownCause, Outcome, Phase, UnableCause};

/// Why an attempt ended without its proof.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Anything but `up`.
    pub outcome: Outcome,
    /// The phase in which it failed, if it was one.
    pub phase: Option<Phase>,
    /// What is known beyond the cause, as a fragment; may be empty.
    pub detail: String,
}

impl Failure {
    /// The customer cannot log in.
    pub fn down(cause: DownCause, detail: impl Into<String>) -> Self {
        Failure { outcome: Outcome::Down(cause), phase: None, detail: detail.into() }
    }

    /// The probe's account is refused (C3.5).
    pub fn account(cause: AccountCause, detail: impl Into<String>) -> Self {
        Failure { outcome: Outcome::Account(cause), phase: None, detail: detail.into() }
    }

    /// The attempt could not be made.
    pub fn unable(cause: UnableCause, detail: impl Into<String>) -> Self {
        Failure { outcome: Outcome::Unable(cause), phase: None, detail: detail.into() }
    }

    /// The same failure, in this phase.
    pub fn in_phase(mut self, phase: Phase) -> Self {
        self.phase = Some(phase);
        self
    }

    /// The verdict in one plain sentence.
    pub fn message(&self) -> String {
        let phrase = match self.outcome {
            Outcome::Up => "signed in",
            Outcome::Down(cause) => cause.phrase(),
            Outcome::Account(cause) => cause.phrase(),
            Outcome::Unable(cause) => cause.phrase(),
        };
        match self.detail.as_str() {
            "" => phrase.to_owned(),
            detail => format!("{phrase}: {detail}"),
        }
    }
}

/// What a failed `socket`, `bind` or `connect` means. `at_once` is whether the call itself failed:
/// then it was this machine that found no way, and no router on the way (C1.3).
pub fn of_connect(error: &io::Error, at_once: bool) -> Failure {
    if let Some(own) = own_trouble(error) {
        return own;
    }
    match error.raw_os_error() {
        Some(EACCES | EPERM) => {
            Failure::unable(UnableCause::NoRoute, "this machine's firewall forbids the connection")
        }
        Some(ENETUNREACH | EHOSTUNREACH | EAFNOSUPPORT | ENETDOWN | EINVAL) if at_once => {
            Failure::unable(UnableCause::NoRoute, error.to_string())
        }
        Some(EADDRNOTAVAIL) => Failure::unable(
            UnableCause::NoRoute,
            "this machine has no local address and port free for it",
        ),
        _ => {
            Failure::down(of_stream(error, DownCause::ConnectReset, DownCause::ConnectTimeout), "")
        }
    }
}

/// What a broken stream means: `closed` when the other side ended it, `silent` when its packets
/// were not answered any more.
pub fn of_stream(error: &io::Error, closed: DownCause, silent: DownCause) -> DownCause {
    match error.raw_os_error() {
        Some(ECONNREFUSED) => DownCause::ConnectRefused,
        Some(ENETUNREACH | EHOSTUNREACH | ENETDOWN | EHOSTDOWN) => DownCause::ConnectUnreachable,
        Some(ETIMEDOUT) => silent,
        _ => closed,
    }
}

/// The agent's own want of descriptors or memory, if the error is that.
pub fn own_trouble(error: &io::Error) -> Option<Failure> {
    let cause = match error.raw_os_error()? {
        EMFILE | ENFILE => UnableCause::NoDescriptors,
        ENOMEM | ENOBUFS => UnableCause::NoMemory,
        _ => return None,
    };
    Some(Failure::unable(cause, error.to_string()))
}

/// The first error of this type among an error and what it came from.
pub fn source_of<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An `io::Error` made of another error passes over it in its `source`.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

// Linux's numbers; `io::ErrorKind` has no stable names for some of them.
const EPERM: i32 = 1;
const ENOMEM: i32 = 12;
const EACCES: i32 = 13;
const EINVAL: i32 = 22;
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
const EAFNOSUPPORT: i32 = 97;
const EADDRNOTAVAIL: i32 = 99;
const ENETDOWN: i32 = 100;
const ENETUNREACH: i32 = 101;
const ENOBUFS: i32 = 105;
const ETIMEDOUT: i32 = 110;
const ECONNREFUSED: i32 = 111;
const EHOSTDOWN: i32 = 112;
const EHOSTUNREACH: i32 = 113;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_3_what_this_machine_cannot_do_is_no_fault_of_the_service() {
        let outcome =
            |number, at_once| of_connect(&io::Error::from_raw_os_error(number), at_once).outcome;
        assert_eq!(outcome(ENETUNREACH, true), Outcome::Unable(UnableCause::NoRoute));
        assert_eq!(outcome(EHOSTUNREACH, true), Outcome::Unable(UnableCause::NoRoute));
        assert_eq!(outcome(EHOSTUNREACH, false), Outcome::Down(DownCause::ConnectUnreachable));
        assert_eq!(outcome(EMFILE, true), Outcome::Unable(UnableCause::NoDescriptors));
        assert_eq!(outcome(ENFILE, false), Outcome::Unable(UnableCause::NoDescriptors));
        assert_eq!(outcome(ENOBUFS, true), Outcome::Unable(UnableCause::NoMemory));
        assert_eq!(outcome(EPERM, true), Outcome::Unable(UnableCause::NoRoute));
        assert_eq!(outcome(ECONNREFUSED, true), Outcome::Down(DownCause::ConnectRefused));
        assert_eq!(outcome(ETIMEDOUT, false), Outcome::Down(DownCause::ConnectTimeout));
    }

    #[test]
    fn an_error_within_an_error_is_found() {
        let inner = rustls::Error::DecryptError;
        let outer = io::Error::new(io::ErrorKind::InvalidData, inner);
        let outer = io::Error::other(outer);
        assert_eq!(source_of::<rustls::Error>(&outer), Some(&rustls::Error::DecryptError));
        assert_eq!(source_of::<rustls::Error>(&io::Error::other("no")), None);
    }
}
