//! The vocabulary of one attempt's outcome: what a login attempt can end in, and why.
//!
//! The probe decides which one it is, the watch what it means, the journal keeps its name.

use serde::{Deserialize, Serialize};

/// What one login attempt ended in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Outcome {
    /// Logged in: every configured proof was seen.
    Up,
    /// The customer cannot log in.
    Down(DownCause),
    /// The service answers, but refuses this probe account (C3.5).
    Account(AccountCause),
    /// The attempt could not be made: the agent's own trouble, never the service's.
    Unable(UnableCause),
}

impl Outcome {
    /// `up`, `down`, `account` or `unable`.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Up => "up",
            Outcome::Down(_) => "down",
            Outcome::Account(_) => "account",
            Outcome::Unable(_) => "unable",
        }
    }

    /// The cause's name, e.g. `connect_timeout`; none when up.
    pub fn cause(self) -> Option<&'static str> {
        match self {
            Outcome::Up => None,
            Outcome::Down(cause) => Some(cause.as_str()),
            Outcome::Account(cause) => Some(cause.as_str()),
            Outcome::Unable(cause) => Some(cause.as_str()),
        }
    }
}

/// A phase of one step of an attempt, named as blackbox_exporter names them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Looking up the name.
    Resolve,
    /// TCP connect.
    Connect,
    /// TLS handshake.
    Tls,
    /// From the request's first byte until the answer's first byte.
    Processing,
    /// From the answer's first byte until its last.
    Transfer,
}

impl Phase {
    /// Every phase, in the order in which they happen.
    pub const ALL: [Phase; 5] =
        [Phase::Resolve, Phase::Connect, Phase::Tls, Phase::Processing, Phase::Transfer];

    /// The label value in metrics and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Resolve => "resolve",
            Phase::Connect => "connect",
            Phase::Tls => "tls",
            Phase::Processing => "processing",
            Phase::Transfer => "transfer",
        }
    }
}

/// Declares an enum of causes together with their names and one plain phrase each.
macro_rules! causes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal, $phrase:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        pub enum $name {
            $(#[doc = $phrase] $variant,)+
        }

        impl $name {
            /// Every cause.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The name in facts, metrics and JSON.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// What it means, as a plain fragment that fits a sentence.
            pub fn phrase(self) -> &'static str {
                match self { $($name::$variant => $phrase,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok($name::$variant),)+
                    other => Err(format!("unknown cause {other:?}")),
                }
            }
        }
    };
}

causes! {
    /// Why a login failed. `is_network` splits them as C3.3 and C3.4 do.
    DownCause {
        NameNotFound = "name_not_found", "the name does not exist (NXDOMAIN)";
        NameNoData = "name_no_data", "the name has no address of the wanted kind";
        NameServerFailure = "name_server_failure", "the name server failed (SERVFAIL)";
        NameRefused = "name_refused", "the name server refused the question (REFUSED)";
        NameTimeout = "name_timeout", "no name server answered in time";
        ConnectRefused = "connect_refused", "the connection was refused";
        ConnectReset = "connect_reset", "the connection was reset";
        ConnectUnreachable = "connect_unreachable", "the host or network was reported unreachable";
        ConnectTimeout = "connect_timeout", "no connection was made in time";
        TlsTimeout = "tls_timeout", "the TLS handshake was not finished in time";
        TlsClosed = "tls_closed", "the connection was closed during the TLS handshake";
        TlsProtocol = "tls_protocol", "the TLS handshake failed";
        CertificateExpired = "certificate_expired", "the certificate has expired";
        CertificateNotYetValid = "certificate_not_yet_valid", "the certificate is not valid yet";
        CertificateWrongName = "certificate_wrong_name", "the certificate is for another name";
        CertificateUnknownIssuer = "certificate_unknown_issuer", "the certificate's issuer is not trusted";
        CertificateRevoked = "certificate_revoked", "the certificate is revoked";
        CertificateInvalid = "certificate_invalid", "the certificate is not valid";
        Silence = "silence", "the service did not answer in time";
        Closed = "closed", "the service closed the connection without an answer";
        TransferTimeout = "transfer_timeout", "the answer did not end in time";
        TransferClosed = "transfer_closed", "the connection was closed in the middle of the answer";
        HttpProtocol = "http_protocol", "the answer is not valid HTTP";
        HttpStatus = "http_status", "the service answered with an error status";
        HeadersTooLarge = "headers_too_large", "the answer's headers are too large";
        BodyTooLarge = "body_too_large", "the answer is too large";
        BodyEncoding = "body_encoding", "the answer could not be decompressed";
        TooManyRedirects = "too_many_redirects", "there were too many redirects";
        BadRedirect = "bad_redirect", "a redirect led to an address that cannot be used";
        PlainHttp = "plain_http", "the login would have sent the password over plain http";
        NoLoginForm = "no_login_form", "the page has no login form";
        LoginFormAgain = "login_form_again", "the login form came back after signing in";
        NoProof = "no_proof", "nothing was seen that only a logged-in user sees";
        NoToken = "no_token", "the answer holds no token";
        Protocol = "protocol", "the answer is not valid for its protocol";
        ServiceError = "service_error", "the service answered that it failed";
        NoStartTls = "no_start_tls", "the service offers no encryption, and the password was not sent";
        NoSignIn = "no_sign_in", "the service offers no way to sign in";
        HostKey = "host_key", "the host key is not the known one";
        AttemptTimeout = "attempt_timeout", "the login was not finished in the time for a whole attempt";
        AccountsRejected = "accounts_rejected", "two different accounts were refused";
    }
}

impl DownCause {
    /// Whether the failure lies in a network phase (name, connect, TLS, silence), so that the
    /// agent's own network could explain it (C3.3). Otherwise the service itself answered (C3.4).
    pub fn is_network(self) -> bool {
        use DownCause::*;
        matches!(
            self,
            NameNotFound
                | NameNoData
                | NameServerFailure
                | NameRefused
                | NameTimeout
                | ConnectRefused
                | ConnectReset
                | ConnectUnreachable
                | ConnectTimeout
                | TlsTimeout
                | TlsClosed
                | TlsProtocol
                | CertificateExpired
                | CertificateNotYetValid
                | CertificateWrongName
                | CertificateUnknownIssuer
                | CertificateRevoked
                | CertificateInvalid
                | HostKey
                | Silence
                | Closed
                | TransferTimeout
                | TransferClosed
                | AttemptTimeout
        )
    }
}

causes! {
    /// Why the service refused the probe's account (C3.5).
    AccountCause {
        Rejected = "rejected", "the user name or password was refused";
        Locked = "locked", "the account is locked";
        BotWall = "bot_wall", "a bot wall or rate limit stands before the login";
    }
}

causes! {
    /// Why the agent could not make the attempt.
    UnableCause {
        NoRoute = "no_route", "this machine has no route to the address";
        NoDescriptors = "no_descriptors", "this machine has no file descriptor left";
        NoMemory = "no_memory", "this machine has no memory left";
        SourceAddress = "source_address", "the configured source address cannot be used";
        Credential = "credential", "a credential cannot be read";
        Overloaded = "overloaded", "too many attempts were under way";
        OneTimeCode = "one_time_code", "no unused one-time code was to be had in time";
        NeedsRecipe = "needs_recipe", "the login needs more steps than this kind of login has";
        FormChanged = "form_changed", "the login form is not the one that was learned";
        Internal = "internal", "the probe itself failed";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_read_back_from_its_name() {
        for cause in DownCause::ALL {
            assert_eq!(cause.as_str().parse(), Ok(*cause));
        }
        for cause in AccountCause::ALL {
            assert_eq!(cause.as_str().parse(), Ok(*cause));
        }
        for cause in UnableCause::ALL {
            assert_eq!(cause.as_str().parse(), Ok(*cause));
        }
    }

    #[test]
    fn c3_4_what_the_service_itself_answered_is_no_network_failure() {
        for cause in [
            "http_status",
            "no_login_form",
            "no_proof",
            "plain_http",
            "body_too_large",
            "service_error",
            "no_start_tls",
            "protocol",
        ] {
            assert!(!cause.parse::<DownCause>().unwrap().is_network(), "{cause}");
        }
        for cause in
            ["name_timeout", "connect_refused", "certificate_expired", "host_key", "silence"]
        {
            assert!(cause.parse::<DownCause>().unwrap().is_network(), "{cause}");
        }
    }
    #[test]
    fn every_outcome_and_phase_has_a_name() {
        let down = DownCause::ALL[0];
        let refused = AccountCause::ALL[0];
        let unable = UnableCause::ALL[0];
        for (outcome, name, cause) in [
            (Outcome::Up, "up", None),
            (Outcome::Down(down), "down", Some(down.as_str())),
            (Outcome::Account(refused), "account", Some(refused.as_str())),
            (Outcome::Unable(unable), "unable", Some(unable.as_str())),
        ] {
            assert_eq!((outcome.as_str(), outcome.cause()), (name, cause));
        }
        for phase in Phase::ALL {
            assert_eq!(serde_json::to_value(phase).unwrap(), phase.as_str());
        }
    }
}
