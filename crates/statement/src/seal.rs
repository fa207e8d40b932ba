//! What the signed JSON file says of itself: its hash, and the key that signed it (C10.1).

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::sign::sha256;

/// What a reader compares a printed statement with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seal {
    /// The SHA-256 of the document's bytes, in hex, as `statement_signed` holds it.
    pub sha256: String,
    /// The public half of the key that signed them, in hex; none of a provisional statement.
    pub public_key: Option<String>,
}

impl Seal {
    /// Reads it from `signed_json`, the whole of a statement's JSON file; none if it is no such
    /// file.
    pub fn read(signed_json: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct File<'a> {
            #[serde(borrow)]
            statement: &'a RawValue,
            signature: Option<Signature>,
        }
        #[derive(Deserialize)]
        struct Signature {
            public_key: String,
        }
        let file: File<'_> = serde_json::from_str(signed_json).ok()?;
        let sha256 = sha256(file.statement.get());
        Some(Seal { sha256, public_key: file.signature.map(|signature| signature.public_key) })
    }
}
