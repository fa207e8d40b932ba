//! Where letters go to, and by which way (C10.3: secrets never show).

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use contract::NoticeKind;
use rustls_pki_types::CertificateDer;
use secrecy::SecretString;
use url::Url;

/// The mail server that takes letters.
#[derive(Clone)]
pub struct Mail {
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailTls,
    /// The account to send with, if it asks for one.
    pub account: Option<Account>,
    /// Whom letters are from: a mail address.
    pub from: String,
    /// The certificates that the server's must lead to; none: the system's.
    pub roots: Option<Arc<Vec<CertificateDer<'static>>>>,
    /// How long incidents wait for others, to go in one letter.
    pub group_ms: i64,
    /// Letters to one recipient within ten minutes; what is beyond is joined.
    pub rate_max: usize,
}

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailTls {
    /// By STARTTLS, which the server must offer.
    StartTls,
    /// From the first byte.
    Tls,
    /// Not at all: to a server on this machine only.
    None,
}

/// An account on a mail server.
#[derive(Clone)]
pub struct Account {
    /// Its name.
    pub user: String,
    /// Its password.
    pub password: SecretString,
}

/// A program that is told over HTTP.
#[derive(Clone)]
pub struct Webhook {
    /// What the journal calls it. Never `mail`.
    pub name: String,
    /// Where it listens: https, or http on this machine. It may hold a token, so it is not shown.
    pub url: Url,
    /// What its bodies are signed with, if anything.
    pub secret: Option<SecretString>,
    /// What it is told.
    pub kinds: BTreeSet<NoticeKind>,
    /// The certificates that its own must lead to; none: the system's.
    pub roots: Option<Arc<Vec<CertificateDer<'static>>>>,
}

impl Webhook {
    /// Where it listens, without what may be secret: `https://hooks.example`.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// What a webhook is told if its configuration does not say: all that contacts are told.
    pub fn default_kinds() -> BTreeSet<NoticeKind> {
        BTreeSet::from([
            NoticeKind::StopAnnounced,
            NoticeKind::StopCancelled,
            NoticeKind::IncidentOpened,
            NoticeKind::IncidentClosed,
            NoticeKind::Statement,
        ])
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("server", &(&self.host, self.port))
            .field("tls", &self.tls)
            .field("user", &self.account.as_ref().map(|account| &account.user))
            .field("from", &self.from)
            .field("group_ms", &self.group_ms)
            .field("rate_max", &self.rate_max)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("name", &self.name)
            .field("origin", &self.origin())
            .field("is_signed", &self.secret.is_some())
            .field("kinds", &self.kinds)
            .finish_non_exhaustive()
    }
}
