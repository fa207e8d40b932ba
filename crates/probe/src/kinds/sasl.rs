//! The two SASL mechanisms that bear a password: PLAIN (RFC 4616) and LOGIN.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::{DownCause, UnableCause};
use secrecy::ExposeSecret;

use crate::failure::Failure;
use crate::settings::Credentials;

/// A mechanism that bears a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mechanism {
    /// User and password in one message.
    Plain,
    /// The user, then the password.
    Login,
}

impl Mechanism {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        }
    }

    /// What the client says, message by message, in base64.
    pub fn messages(self, account: &Credentials) -> Result<Vec<String>, Failure> {
        let (user, password) = (&account.user, account.password.expose_secret());
        if user.contains('\0') || password.contains('\0') {
            let detail = "a user or password with a zero in it cannot be sent";
            return Err(Failure::unable(UnableCause::Credential, detail));
        }
        Ok(match self {
            Mechanism::Plain => vec![STANDARD.encode(format!("\0{user}\0{password}"))],
            Mechanism::Login => vec![STANDARD.encode(user), STANDARD.encode(password)],
        })
    }
}

/// The mechanism to take among those offered. None is offered to whom nobody can log in; only
/// others that this probe does not speak is the probe's own want.
pub fn choose<'a>(offered: impl Iterator<Item = &'a str>) -> Result<Mechanism, Failure> {
    let offered: Vec<&str> = offered.take(MECHANISMS_MAX).collect();
    let offers =
        |wanted: Mechanism| offered.iter().any(|o| o.eq_ignore_ascii_case(wanted.as_str()));
    match [Mechanism::Plain, Mechanism::Login].into_iter().find(|mechanism| offers(*mechanism)) {
        Some(mechanism) => Ok(mechanism),
        None if offered.is_empty() => Err(Failure::down(DownCause::NoSignIn, "")),
        None => {
            let detail = format!("it offers {} and neither PLAIN nor LOGIN", offered.join(", "));
            Err(Failure::unable(UnableCause::NeedsRecipe, detail))
        }
    }
}

/// Mechanisms of one service that are looked at.
const MECHANISMS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use contract::Outcome;

    use super::*;

    #[test]
    fn plain_is_taken_before_login_and_nothing_else() {
        let chosen = |offered: &[&str]| choose(offered.iter().copied());
        assert_eq!(chosen(&["LOGIN", "plain"]), Ok(Mechanism::Plain));
        assert_eq!(chosen(&["CRAM-MD5", "LOGIN"]), Ok(Mechanism::Login));
        let others = chosen(&["GSSAPI", "XOAUTH2"]).unwrap_err();
        assert_eq!(others.outcome, Outcome::Unable(UnableCause::NeedsRecipe));
        assert!(others.detail.contains("GSSAPI, XOAUTH2"));
        assert_eq!(chosen(&[]).unwrap_err().outcome, Outcome::Down(DownCause::NoSignIn));
    }

    #[test]
    fn the_messages_are_those_of_the_mechanisms() {
        let account = Credentials::new("tim", "tanstaaftanstaaf");
        // RFC 4616 section 4.
        let plain = Mechanism::Plain.messages(&account).unwrap();
        assert_eq!(plain, [STANDARD.encode("\0tim\0tanstaaftanstaaf")]);
        assert_eq!(
            Mechanism::Login.messages(&account).unwrap(),
            ["dGlt", "dGFuc3RhYWZ0YW5zdGFhZg=="]
        );
        assert!(Mechanism::Plain.messages(&Credentials::new("tim", "a\0b")).is_err());
    }
}
