//! The signature of a statement: Ed25519 over its document's bytes (C10.1).

use std::fmt;

use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use crate::hex;

/// What stands before the bytes that are signed, so that no signature is taken for one of something
/// else.
const DOMAIN: &str = "upptid-statement-v1\n";

/// The key that signs statements. Neither its `Debug` nor its errors show the secret half.
pub struct SigningKey(Ed25519KeyPair);

/// Who signed, and the signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The public half of the key, in 64 digits of hex.
    pub public_key: String,
    /// The signature, in 128 digits of hex.
    pub value: String,
}

/// A key that cannot be made or used, and what to do about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyError {
    /// The system gives no random numbers.
    NoRandomness,
    /// The bytes are no key.
    NotAKey,
}

impl SigningKey {
    /// Makes a new key: PKCS#8, to be kept where only the agent reads it.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn generate() -> Result<Vec<u8>, KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        document.map(|made| made.as_ref().to_vec()).map_err(|_| KeyError::NoRandomness)
    }

    /// The key that [`SigningKey::generate`] made.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, KeyError> {
        Ed25519KeyPair::from_pkcs8(bytes).map(SigningKey).map_err(|_| KeyError::NotAKey)
    }

    /// The public half, in hex: what the page shows and `signing_key_set` records.
    pub fn public_key(&self) -> String {
        hex::encode(self.0.public_key().as_ref())
    }

    /// Signs a document's bytes, as [`crate::json::document_bytes`] gives them. The same bytes give
    /// the same signature.
    pub fn sign(&self, document: &str) -> Signature {
        let value = hex::encode(self.0.sign(&signed_bytes(document)).as_ref());
        Signature { public_key: self.public_key(), value }
    }
}

impl Signature {
    /// Whether the key that it names has signed these bytes.
    pub fn fits(&self, document: &str) -> bool {
        let key = hex::decode::<32>(&self.public_key);
        let value = hex::decode::<64>(&self.value);
        let (Some(key), Some(value)) = (key, value) else { return false };
        UnparsedPublicKey::new(&ED25519, key).verify(&signed_bytes(document), &value).is_ok()
    }
}

/// The SHA-256 of a document's bytes, in hex, as `statement_signed` records it.
pub fn sha256(document: &str) -> String {
    hex::encode(&Sha256::digest(document))
}

fn signed_bytes(document: &str) -> Vec<u8> {
    [DOMAIN, document].concat().into_bytes()
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(public half {})", self.public_key())
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyError::NoRandomness => "the system gives no random numbers to make a key from",
            KeyError::NotAKey => {
                "it is no Ed25519 key in PKCS#8; restore it from a backup, or move it away to have \
                 a new one made"
            }
        })
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c10_1_the_same_bytes_have_the_same_signature_and_no_others_have_it() {
        let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
        let signature = key.sign("{}");
        assert_eq!(signature, key.sign("{}"));
        assert_eq!((signature.public_key.len(), signature.value.len()), (64, 128));
        assert!(signature.fits("{}"));
        assert!(!signature.fits("{ }"));
        let other = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
        assert!(!Signature { public_key: other.public_key(), ..signature }.fits("{}"));
    }

    #[test]
    fn c10_1_what_is_signed_says_what_it_is() {
        // The first key of RFC 8032, 7.1: any other program gives the same.
        let pkcs8 = "302e020100300506032b657004220420\
                     9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let key = hex::decode::<48>(pkcs8).unwrap();
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&key).map(SigningKey).unwrap();
        assert_eq!(
            key.public_key(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        let public =
            UnparsedPublicKey::new(&ED25519, hex::decode::<32>(&key.public_key()).unwrap());
        let value = hex::decode::<64>(&key.sign("{}").value).unwrap();
        assert!(public.verify(b"upptid-statement-v1\n{}", &value).is_ok());
        assert!(public.verify(b"{}", &value).is_err());
    }

    #[test]
    fn c10_3_the_secret_half_is_shown_nowhere() {
        let bytes = SigningKey::generate().unwrap();
        let key = SigningKey::from_pkcs8(&bytes).unwrap();
        let secret = hex::encode(&bytes[16..48]);
        let shown = format!("{key:?} {:?} {}", key.sign("{}"), KeyError::NotAKey);
        assert!(!shown.contains(&secret) && !shown.contains(&format!("{:?}", &bytes[16..48])));
        assert_eq!(SigningKey::from_pkcs8(&bytes[1..]).unwrap_err(), KeyError::NotAKey);
    }
}
