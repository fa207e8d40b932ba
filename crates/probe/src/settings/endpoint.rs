//! Where a service is that does not speak HTTP, and how its connection is encrypted.

use url::{Host, Url};

/// Where a service is that does not speak HTTP: `imaps://mail.example`, `ldap://[2001:db8::1]:1389`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    url: Url,
    host: Host<String>,
    port: u16,
    encryption: Encryption,
}

/// How a connection is encrypted before a password is sent over it (C1.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encryption {
    /// By TLS from its first byte.
    Tls,
    /// By TLS, which is asked for in the protocol's own way; a service that does not offer it is
    /// down, and is not sent a password.
    StartTls,
    /// By the protocol itself.
    Own,
}

/// What is spoken where HTTP is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// Fetching mail.
    Imap,
    /// Submitting mail.
    Smtp,
    /// A directory.
    Ldap,
    /// A shell.
    Ssh,
}

/// The schemes, with their ports where an address names none.
const SCHEMES: [(&str, Protocol, u16, Encryption); 7] = [
    ("imaps", Protocol::Imap, 993, Encryption::Tls),
    ("imap", Protocol::Imap, 143, Encryption::StartTls),
    ("smtps", Protocol::Smtp, 465, Encryption::Tls),
    ("smtp", Protocol::Smtp, 587, Encryption::StartTls),
    ("ldaps", Protocol::Ldap, 636, Encryption::Tls),
    ("ldap", Protocol::Ldap, 389, Encryption::StartTls),
    ("ssh", Protocol::Ssh, 22, Encryption::Own),
];

impl Protocol {
    /// The name of the kind of login that speaks it.
    pub fn as_str(self) -> &'static str {
        match self {
            Protocol::Imap => "imap",
            Protocol::Smtp => "smtp",
            Protocol::Ldap => "ldap",
            Protocol::Ssh => "ssh",
        }
    }

    /// The protocol that the kind of login of this name speaks.
    pub fn named(name: &str) -> Option<Self> {
        SCHEMES.map(|(_, own, ..)| own).into_iter().find(|own| own.as_str() == name)
    }

    /// The protocol of an address, if its scheme is one of these.
    pub fn of(url: &Url) -> Option<Self> {
        SCHEMES.iter().find(|(scheme, ..)| *scheme == url.scheme()).map(|(_, own, ..)| *own)
    }
}

impl Endpoint {
    /// The place that `url` names. The error is a fragment that says what to write.
    pub fn new(protocol: Protocol, url: Url) -> Result<Self, String> {
        let scheme =
            SCHEMES.iter().find(|(scheme, own, ..)| *scheme == url.scheme() && *own == protocol);
        let Some((.., default_port, encryption)) = scheme else {
            let own = SCHEMES.iter().filter(|(_, own, ..)| *own == protocol);
            let own: Vec<_> = own.map(|(scheme, ..)| format!("{scheme}://")).collect();
            return Err(format!(
                "an address of kind {} begins with {}",
                protocol.as_str(),
                own.join(" or ")
            ));
        };
        let rest = url.path().trim_start_matches('/').len();
        if rest > 0 || url.query().is_some() || url.fragment().is_some() {
            return Err("nothing but a host and a port can stand in this address".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address must not hold a user or a password".to_owned());
        }
        // Only addresses of the web have their host read as one; the others keep it as it is written.
        let host = url.host_str().and_then(|host| Host::parse(host).ok());
        let host = host.ok_or("the address has no host")?;
        let port = url.port().unwrap_or(*default_port);
        Ok(Endpoint { host, port, encryption: *encryption, url })
    }

    /// The address as it was given.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The host.
    pub fn host(&self) -> Host<&str> {
        match &self.host {
            Host::Domain(name) => Host::Domain(name),
            Host::Ipv4(address) => Host::Ipv4(*address),
            Host::Ipv6(address) => Host::Ipv6(*address),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How the connection is encrypted.
    pub fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// The address with its port: `imaps://mail.example:993`.
    pub fn shown(&self) -> String {
        format!("{}://{}:{}", self.url.scheme(), self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(protocol: Protocol, url: &str) -> Result<Endpoint, String> {
        Endpoint::new(protocol, url.parse().unwrap())
    }

    #[test]
    fn a_scheme_gives_the_port_and_the_encryption() {
        for (protocol, url, shown, encryption) in [
            (Protocol::Imap, "imaps://Mail.Example", "imaps://mail.example:993", Encryption::Tls),
            (
                Protocol::Imap,
                "imap://mail.example/",
                "imap://mail.example:143",
                Encryption::StartTls,
            ),
            (Protocol::Smtp, "smtps://mail.example", "smtps://mail.example:465", Encryption::Tls),
            (Protocol::Smtp, "smtp://127.0.0.1:25", "smtp://127.0.0.1:25", Encryption::StartTls),
            (Protocol::Ldap, "ldaps://[::1]", "ldaps://[::1]:636", Encryption::Tls),
            (Protocol::Ldap, "ldap://dc.example", "ldap://dc.example:389", Encryption::StartTls),
            (Protocol::Ssh, "ssh://shell.example", "ssh://shell.example:22", Encryption::Own),
        ] {
            let endpoint = read(protocol, url).unwrap();
            assert_eq!((endpoint.shown().as_str(), endpoint.encryption()), (shown, encryption));
            assert_eq!(Protocol::of(endpoint.url()), Some(protocol));
        }
        assert!(matches!(read(Protocol::Smtp, "smtp://127.0.0.1").unwrap().host(), Host::Ipv4(_)));
    }

    #[test]
    fn what_is_no_place_is_refused_with_a_reason() {
        for (protocol, url, reason) in [
            (Protocol::Imap, "smtps://mail.example", "imaps:// or imap://"),
            (Protocol::Imap, "https://mail.example/", "imaps:// or imap://"),
            (Protocol::Ldap, "ldap://dc.example/dc=example", "nothing but a host"),
            (Protocol::Imap, "imaps://probe@mail.example", "user or a password"),
            (Protocol::Smtp, "smtp:mail.example", "host"),
        ] {
            let error = read(protocol, url).unwrap_err();
            assert!(error.contains(reason), "{url}: {error}");
        }
    }
}
