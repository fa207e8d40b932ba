//! A login to a shell by SSH.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use russh::keys::ssh_key::Fingerprint;
use russh::keys::{Algorithm, HashAlg, PrivateKey, PublicKey};

use super::Endpoint;

/// A login to a shell by SSH.
#[derive(Clone, Debug)]
pub struct Ssh {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The keys that the host is known by; one of them must be shown.
    pub host_keys: Vec<HostKey>,
    /// The key that signs in, in place of the password.
    pub key: Option<ClientKey>,
    /// What is run after signing in; none: only a session is opened.
    pub command: Option<Command>,
}

impl Ssh {
    /// A login by password, with a host that nothing is known of yet.
    pub fn new(endpoint: Endpoint) -> Self {
        Ssh { endpoint, host_keys: Vec::new(), key: None, command: None }
    }
}

/// A key that a host is known by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HostKey {
    /// The key itself.
    Whole(PublicKey),
    /// What it is shown as to people.
    Fingerprint(Fingerprint),
}

impl HostKey {
    /// Reads `ssh-ed25519 AAAA…` or `SHA256:…`. The error is a fragment that says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let key = match text.starts_with("SHA256:") {
            true => text.parse().map(HostKey::Fingerprint).ok(),
            false => PublicKey::from_openssh(text).map(HostKey::Whole).ok(),
        };
        key.ok_or_else(|| "this is no host key".to_owned())
    }

    /// The keys of a host in a file like OpenSSH's `known_hosts`. The error is a fragment that names
    /// the remedy.
    pub fn known(endpoint: &Endpoint, file: &Path) -> Result<Vec<Self>, String> {
        let host = endpoint.host().to_string();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        // An absent file is an empty one to the reader.
        std::fs::metadata(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        let known = russh::keys::known_hosts::known_host_keys_path(host, endpoint.port(), file)
            .map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        if known.is_empty() {
            let port = endpoint.port();
            let place = file.display();
            return Err(format!(
                "{host} is not in {place}: add what `ssh-keyscan -p {port} {host}` prints"
            ));
        }
        Ok(known.into_iter().map(|(_, key)| HostKey::Whole(key)).collect())
    }

    /// What it is shown as to people: `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        match self {
            HostKey::Whole(key) => key.fingerprint(HashAlg::Sha256).to_string(),
            HostKey::Fingerprint(known) => known.to_string(),
        }
    }

    /// Whether this is the key that a host showed.
    pub fn is(&self, shown: &PublicKey) -> bool {
        match self {
            HostKey::Whole(key) => key.key_data() == shown.key_data(),
            HostKey::Fingerprint(known) => *known == shown.fingerprint(HashAlg::Sha256),
        }
    }

    /// The key's algorithm, if it is known.
    pub fn algorithm(&self) -> Option<Algorithm> {
        match self {
            HostKey::Whole(key) => Some(key.algorithm()),
            HostKey::Fingerprint(_) => None,
        }
    }
}

/// As [`HostKey::parse`] reads it.
impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostKey::Whole(key) => {
                // Without what stands after it, which is anybody's.
                let bare = PublicKey::new(key.key_data().clone(), "");
                f.write_str(bare.to_openssh().map_err(|_| fmt::Error)?.trim_end())
            }
            HostKey::Fingerprint(known) => known.fmt(f),
        }
    }
}

/// A key that signs in. `Debug` leaves it out.
#[derive(Clone)]
pub struct ClientKey(Arc<PrivateKey>);

impl ClientKey {
    /// Reads a key as `ssh-keygen` writes it, without a passphrase. The error is a fragment that
    /// says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        russh::keys::decode_secret_key(text, None)
            .map(|key| ClientKey(Arc::new(key)))
            .map_err(|_| "this is no private key without a passphrase".to_owned())
    }

    /// The key.
    pub fn expose(&self) -> &Arc<PrivateKey> {
        &self.0
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientKey({})", self.0.algorithm())
    }
}

/// What is run after signing in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The command's line; it must end with status 0.
    pub line: String,
    /// What it must write, somewhere in its output; none: anything.
    pub expect: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Protocol;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILIG2T/B0l0gaqj3puu510tu9N1OkQ4znY3LYuEm5zCF";

    #[test]
    fn a_host_key_is_a_key_or_its_fingerprint() {
        let whole = HostKey::parse(&format!("{KEY} root@shell")).unwrap();
        let shown = PublicKey::from_openssh(KEY).unwrap();
        assert!(whole.is(&shown));
        assert_eq!(whole.algorithm(), Some(Algorithm::Ed25519));
        let fingerprint = shown.fingerprint(HashAlg::Sha256).to_string();
        let known = HostKey::parse(&fingerprint).unwrap();
        assert!(known.is(&shown));
        assert_eq!((whole.fingerprint(), known.fingerprint()), (fingerprint.clone(), fingerprint));
        assert_eq!(whole.to_string(), KEY);
        assert_eq!(known.to_string(), known.fingerprint());
        for wrong in ["", "SHA256:short", "ssh-ed25519 AAAA", "MD5:00"] {
            assert!(HostKey::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_host_is_looked_up_with_its_port() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        std::fs::write(&file, format!("# ours\n[shell.example]:2222,other.example {KEY}\n"))
            .unwrap();
        let known = |url: &str| {
            HostKey::known(&Endpoint::new(Protocol::Ssh, url.parse().unwrap()).unwrap(), &file)
        };
        assert_eq!(known("ssh://shell.example:2222").unwrap().len(), 1);
        assert_eq!(known("ssh://other.example").unwrap().len(), 1);
        let unknown = known("ssh://shell.example").unwrap_err();
        assert!(unknown.contains("ssh-keyscan -p 22 shell.example"), "{unknown}");
        let endpoint = Endpoint::new(Protocol::Ssh, "ssh://a".parse().unwrap()).unwrap();
        assert!(HostKey::known(&endpoint, &folder.path().join("none")).is_err());
    }

    #[test]
    fn c10_3_a_key_is_not_shown() {
        assert!(ClientKey::parse("-----BEGIN OPENSSH PRIVATE KEY-----\nx\n").is_err());
        assert!(ClientKey::parse("").is_err());
    }
}
