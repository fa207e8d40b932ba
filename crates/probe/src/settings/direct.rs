//! Logins that do not speak HTTP.

use url::Url;

use super::{Encryption, Endpoint, Protocol, Ssh};

/// A login that does not speak HTTP.
#[derive(Clone, Debug)]
pub enum Direct {
    /// A mailbox, by IMAP.
    Imap(Endpoint),
    /// Submission of mail, by SMTP.
    Smtp(Endpoint),
    /// A directory, by LDAP; the user is the name to bind as.
    Ldap(Endpoint),
    /// A shell, by SSH.
    Ssh(Box<Ssh>),
}

impl Direct {
    /// A login at this address. One by SSH knows no host key yet. The error is a fragment that says
    /// what to write.
    pub fn new(protocol: Protocol, url: Url) -> Result<Self, String> {
        let endpoint = Endpoint::new(protocol, url)?;
        Ok(match protocol {
            Protocol::Imap => Direct::Imap(endpoint),
            Protocol::Smtp => Direct::Smtp(endpoint),
            Protocol::Ldap => Direct::Ldap(endpoint),
            Protocol::Ssh => Direct::Ssh(Box::new(Ssh::new(endpoint))),
        })
    }

    /// What is spoken.
    pub fn protocol(&self) -> Protocol {
        match self {
            Direct::Imap(_) => Protocol::Imap,
            Direct::Smtp(_) => Protocol::Smtp,
            Direct::Ldap(_) => Protocol::Ldap,
            Direct::Ssh(_) => Protocol::Ssh,
        }
    }

    /// Where it is spoken.
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Direct::Imap(endpoint) | Direct::Smtp(endpoint) | Direct::Ldap(endpoint) => endpoint,
            Direct::Ssh(ssh) => &ssh.endpoint,
        }
    }

    /// The address that an attempt begins with.
    pub fn url(&self) -> &Url {
        self.endpoint().url()
    }

    /// The questions of one attempt, the log-out included.
    pub fn requests(&self) -> Vec<&'static str> {
        let (asks_what_is_offered, check, log_out) = match self {
            Direct::Imap(_) => (Some("CAPABILITY"), "EXAMINE", "LOGOUT"),
            Direct::Smtp(_) => (Some("EHLO"), "NOOP", "QUIT"),
            Direct::Ldap(_) => (None, "who am I", "unbind"),
            Direct::Ssh(ssh) if ssh.command.is_some() => (None, "the command", "disconnect"),
            Direct::Ssh(_) => (None, "a session", "disconnect"),
        };
        let mut requests = Vec::new();
        if self.endpoint().encryption() == Encryption::StartTls {
            requests.extend(asks_what_is_offered);
            requests.push("STARTTLS");
        }
        requests.extend(asks_what_is_offered);
        requests.extend(["the account", check, log_out]);
        requests
    }

    /// What proves the login.
    pub fn own_proof(&self) -> &'static str {
        match self {
            Direct::Imap(_) => "the inbox opens",
            Direct::Smtp(_) => "the account is accepted",
            Direct::Ldap(_) => "the directory says who is bound",
            Direct::Ssh(ssh) if ssh.command.is_some() => "what the command says",
            Direct::Ssh(_) => "a session opens",
        }
    }
}
