//! Logins that do not speak HTTP.

use url::Url;

use super::{Endpoint, Protocol};

/// A login that does not speak HTTP.
#[derive(Clone, Debug)]
pub enum Direct {
    /// A mailbox, by IMAP.
    Imap(Endpoint),
    /// Submission of mail, by SMTP.
    Smtp(Endpoint),
    /// A directory, by LDAP; the user is the name to bind as.
    Ldap(Endpoint),
}

impl Direct {
    /// A login at this address. The error is a fragment that says what to write.
    pub fn new(protocol: Protocol, url: Url) -> Result<Self, String> {
        let endpoint = Endpoint::new(protocol, url)?;
        Ok(match protocol {
            Protocol::Imap => Direct::Imap(endpoint),
            Protocol::Smtp => Direct::Smtp(endpoint),
            Protocol::Ldap => Direct::Ldap(endpoint),
        })
    }

    /// What is spoken.
    pub fn protocol(&self) -> Protocol {
        match self {
            Direct::Imap(_) => Protocol::Imap,
            Direct::Smtp(_) => Protocol::Smtp,
            Direct::Ldap(_) => Protocol::Ldap,
        }
    }

    /// Where it is spoken.
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Direct::Imap(endpoint) | Direct::Smtp(endpoint) | Direct::Ldap(endpoint) => endpoint,
        }
    }

    /// The address that an attempt begins with.
    pub fn url(&self) -> &Url {
        self.endpoint().url()
    }

    /// The questions of one attempt, the log-out included.
    pub fn requests(&self) -> Vec<&'static str> {
        let asks_for_tls = self.endpoint().encryption() == super::Encryption::StartTls;
        let (capabilities, check, log_out) = match self {
            Direct::Imap(_) => (Some("CAPABILITY"), "EXAMINE", "LOGOUT"),
            Direct::Smtp(_) => (Some("EHLO"), "NOOP", "QUIT"),
            Direct::Ldap(_) => (None, "who am I", "unbind"),
        };
        let start_tls = asks_for_tls
            .then_some(())
            .into_iter()
            .flat_map(move |()| capabilities.into_iter().chain(["STARTTLS"]));
        start_tls.chain(capabilities).chain(["the account", check, log_out]).collect()
    }

    /// What proves the login.
    pub fn own_proof(&self) -> &'static str {
        match self {
            Direct::Imap(_) => "the inbox opens",
            Direct::Smtp(_) => "the account is accepted",
            Direct::Ldap(_) => "the directory says who is bound",
        }
    }
}
