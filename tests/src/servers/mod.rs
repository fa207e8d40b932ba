//! Real servers that one can log in to, each started for a test on ports of its own and ended with
//! it, and how to break what is behind them.

pub mod apache;
pub mod django;
pub mod dovecot;
pub mod place;
pub mod postfix;
pub mod slapd;
pub mod sshd;

use std::net::SocketAddr;
use std::path::Path;

use crate::USER;
use crate::front::Speaks;
use crate::program::is_ci;

/// One way to log in to a real server.
pub struct Peer {
    /// What it is called in the table: `form`, `imap`.
    pub kind: &'static str,
    /// What it speaks.
    pub speaks: Speaks,
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether it speaks TLS itself.
    pub is_tls: bool,
    /// Its address, with `{port}` for the front's port.
    pub url: &'static str,
    /// The further keys of `[service.login]`, with `{origin}` for `https://localhost:PORT`.
    pub keys: String,
    /// The account.
    pub user: String,
    /// Whether it asks for a one-time code.
    pub asks_for_code: bool,
    /// An account that is locked, where the server knows such a thing.
    pub locked: Option<String>,
    /// Where it listens when what is behind it is broken, if that can be.
    pub broken: Option<SocketAddr>,
}

impl Peer {
    /// The account `probe` of a server that speaks HTTP, and that can be broken where it is.
    pub fn over_http(
        kind: &'static str,
        address: SocketAddr,
        url: &'static str,
        keys: impl Into<String>,
    ) -> Self {
        Peer {
            kind,
            speaks: Speaks::Http,
            address,
            is_tls: false,
            url,
            keys: keys.into(),
            user: USER.to_owned(),
            asks_for_code: false,
            locked: None,
            broken: Some(address),
        }
    }

    /// Whether its keys say which form it is, as `learn` writes them.
    pub fn names_its_fields(&self) -> bool {
        self.keys.contains("user_field")
    }
}

/// Whether all of these are there; CI does not accept that one is not.
pub fn has(needed: &[&Path]) -> bool {
    let missing: Vec<_> = needed.iter().filter(|path| !path.exists()).collect();
    assert!(missing.is_empty() || !is_ci(), "CI lacks {missing:?}");
    if !missing.is_empty() {
        println!("skipped: {missing:?} is not installed");
    }
    missing.is_empty()
}
