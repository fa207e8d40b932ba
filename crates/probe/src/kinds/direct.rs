//! One attempt at a login that does not speak HTTP: signs in, looks for the proof, logs out.

use contract::{AccountCause, DownCause, UnableCause};

use crate::attempt::Attempt;
use crate::failure::Failure;
use crate::html::refusal;
use crate::kinds::{imap, ldap, smtp, ssh};
use crate::link::Link;
use crate::settings::{Credentials, Direct};
use crate::trace::Trace;

/// Signs in once, looks for the proof, and logs out.
pub async fn attempt(direct: &Direct, account: Option<&Credentials>, trace: Trace<'_>) -> Attempt {
    let Some(account) = account else {
        let failure = Failure::unable(UnableCause::Credential, "no second account is configured");
        return trace.finish(Err(failure), |trace, _| trace.evidence());
    };
    match direct {
        Direct::Imap(endpoint) => {
            let link = Link::new(endpoint, trace);
            over_link(link, account, imap::sign_in, imap::log_out).await
        }
        Direct::Smtp(endpoint) => {
            let link = Link::new(endpoint, trace);
            over_link(link, account, smtp::sign_in, smtp::log_out).await
        }
        Direct::Ldap(endpoint) => {
            let link = Link::new(endpoint, trace);
            over_link(link, account, ldap::sign_in, ldap::log_out).await
        }
        Direct::Ssh(ssh) => ssh::attempt(ssh, account, trace).await,
    }
}

async fn over_link<'a>(
    mut link: Link<'a>,
    account: &Credentials,
    sign_in: impl AsyncFnOnce(&mut Link<'a>, &Credentials) -> Result<&'static str, Failure>,
    log_out: impl AsyncFnOnce(&mut Link<'a>) -> Result<(), Failure>,
) -> Attempt {
    let result = sign_in(&mut link, account).await;
    if result.is_ok() {
        // What goes wrong here changes no verdict.
        if let Err(failure) = log_out(&mut link).await {
            link.trace.notes.push(format!("could not log out: {}", failure.message()));
        }
    }
    link.finish(result.map(|saw| format!("signed in: {saw}")))
}

/// What a service's words say of a refused login, where its code leaves that open. Trouble of the
/// service comes before a refusal: what stands behind a mail server or a directory fails in words
/// like "temporary authentication failure" (C3.4).
pub fn by_words(words: &str) -> Option<Failure> {
    // Postfix's way to say that its authentication server gave no reason for a refusal.
    let lower = words.to_lowercase().replace("reason unavailable", "");
    let refused = refusal::find(None, &lower).map(|refusal| refusal.cause);
    let account = |cause| Some(Failure::account(cause, ""));
    match refused {
        Some(cause @ (AccountCause::Locked | AccountCause::BotWall)) => return account(cause),
        _ if LOCKED.iter().any(|words| lower.contains(words)) => {
            return account(AccountCause::Locked);
        }
        _ => {}
    }
    let trouble = refusal::find_trouble(None, &lower).is_some();
    if trouble || TROUBLE.iter().any(|words| lower.contains(words)) {
        return Some(Failure::down(DownCause::ServiceError, ""));
    }
    refused.and_then(account)
}

/// What mail servers and directories say of an account that is not to be used, beside what pages
/// say.
const LOCKED: &[&str] = &[
    "password expired",
    "password has expired",
    "password is expired",
    "account expired",
    "account has expired",
    "inactivated",
    "exceed password retry limit",
    "user disabled",
    "user is disabled",
    "mailbox disabled",
    "mailbox is disabled",
];

/// What they say of trouble behind them, beside what pages say.
const TROUBLE: &[&str] = &[
    "temporar",
    "try again later",
    "try later",
    "generic failure",
    "no mechanism available",
    "internal",
    "not available",
    "out of memory",
    "shutting down",
    "overload",
    "too busy",
    "processing failed",
];

#[cfg(test)]
mod tests {
    use contract::Outcome;

    use super::*;

    #[test]
    fn c3_5_words_of_a_refusal_are_the_accounts_and_words_of_trouble_are_the_services() {
        let rejected = Some(Outcome::Account(AccountCause::Rejected));
        let locked = Some(Outcome::Account(AccountCause::Locked));
        let broken = Some(Outcome::Down(DownCause::ServiceError));
        for (words, outcome) in [
            ("Authentication failed.", rejected),
            ("5.7.8 Error: authentication failed: authentication failure", rejected),
            ("LOGIN failed: invalid credentials", rejected),
            ("Account is locked", locked),
            ("Account temporarily locked, try again later", locked),
            ("Account inactivated. Contact system administrator.", locked),
            ("Exceed password retry limit. Please try later.", locked),
            ("Temporary authentication failure. [host:2026-11-23]", broken),
            ("4.7.0 Temporary authentication failure: Connection lost to server", broken),
            ("authentication failed: generic failure", broken),
            ("Internal error occurred. Refer to server log.", broken),
            ("the database is not available", broken),
            ("no", None),
        ] {
            assert_eq!(by_words(words).map(|failure| failure.outcome), outcome, "{words}");
        }
    }
}
