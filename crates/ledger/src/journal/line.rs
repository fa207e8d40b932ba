//! The bytes of a line: a fact, sealed by its hash and its predecessor's.
//!
//! ```text
//! {"seq":7,"at":"…","fact":"…",…,"salt":"<32 hex>","prev":"<64 hex>","hash":"<64 hex>"}
//! ```
//!
//! The body is the line without its last two fields. `hash = SHA-256(prev ‖ SHA-256(body))`, both
//! as 64 lowercase hex digits, so that `sha256sum` can recompute it. The salt keeps a hidden body
//! from being guessed. A hidden line stands for one whose body is withheld:
//!
//! ```text
//! {"seq":7,"body":"<64 hex>","prev":"<64 hex>","hash":"<64 hex>"}
//! ```

use std::fmt;

use contract::Line;
use sha2::{Digest, Sha256};

/// Bytes of a line, its newline included, beyond which it is refused, or damage when read.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// The format that this version writes, and the newest it reads.
pub const FORMAT: u32 = 1;

const PREV_FIELD: &[u8] = b",\"prev\":\"";
const HASH_FIELD: &[u8] = b"\",\"hash\":\"";
const END: &[u8] = b"\"}";
const HEX: usize = 64;
const SEAL: usize = PREV_FIELD.len() + HEX + HASH_FIELD.len() + HEX + END.len();

/// A SHA-256 as 64 lowercase hex digits: the form in which it is written and hashed again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; HEX]);

impl Hash {
    /// What the first line of all names as its predecessor.
    pub const ZERO: Hash = Hash([b'0'; HEX]);

    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_digest(Sha256::digest(bytes).as_slice())
    }

    /// The hash written as `hex`; none if it is not 64 lowercase hex digits.
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        let hex: [u8; HEX] = hex.try_into().ok()?;
        hex.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')).then_some(Hash(hex))
    }

    /// The hash of the line that follows this one and whose body hashes to `body`.
    pub fn followed_by(&self, body: &Hash) -> Self {
        let digest = Sha256::new().chain_update(self.0).chain_update(body.0).finalize();
        Self::from_digest(digest.as_slice())
    }

    fn from_digest(digest: &[u8]) -> Self {
        let mut hex = [b'0'; HEX];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(digest) {
            pair.copy_from_slice(&hex_digits(*byte));
        }
        Hash(hex)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Appends the line, sealed, with its newline, to `out`; gives its hash.
pub fn seal(line: &Line, salt: [u8; 16], prev: &Hash, out: &mut Vec<u8>) -> Hash {
    let start = out.len();
    serde_json::to_writer(&mut *out, line).expect("a fact has string keys and writes to memory");
    out.pop(); // the closing brace comes back after the salt
    out.extend_from_slice(b",\"salt\":\"");
    out.extend(salt.iter().flat_map(|byte| hex_digits(*byte)));
    out.extend_from_slice(b"\"}");
    let hash = prev.followed_by(&Hash::of(&out[start..]));
    out.pop();
    out.extend_from_slice(PREV_FIELD);
    out.extend_from_slice(&prev.0);
    out.extend_from_slice(HASH_FIELD);
    out.extend_from_slice(&hash.0);
    out.extend_from_slice(END);
    out.push(b'\n');
    hash
}

/// A line taken apart, without its newline. Its JSON is not read yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sealed<'a> {
    /// The body without its closing brace.
    open_body: &'a [u8],
    /// The predecessor's hash, as the line names it.
    pub prev: Hash,
    /// The line's own hash, as it names it.
    pub hash: Hash,
}

impl<'a> Sealed<'a> {
    /// Takes a line apart; the error says what is missing.
    pub fn split(line: &'a [u8]) -> Result<Self, String> {
        let missing = || "it does not end with prev and hash".to_owned();
        let at = line.len().checked_sub(SEAL).ok_or_else(missing)?;
        let (open_body, seal) = line.split_at(at);
        let fields = (|| {
            let rest = seal.strip_prefix(PREV_FIELD)?;
            let (prev, rest) = rest.split_at_checked(HEX)?;
            let (hash, rest) = rest.strip_prefix(HASH_FIELD)?.split_at_checked(HEX)?;
            (rest == END).then_some((Hash::from_hex(prev)?, Hash::from_hex(hash)?))
        })();
        let (prev, hash) = fields.ok_or_else(missing)?;
        Ok(Sealed { open_body, prev, hash })
    }

    /// Whether the line's hash is the one its body and predecessor give.
    pub fn verify(&self) -> Result<(), String> {
        let expected = self.prev.followed_by(&self.body());
        match expected == self.hash {
            true => Ok(()),
            false => Err(format!("its hash is {} where its bytes give {expected}", self.hash)),
        }
    }

    /// The line's number, as its first bytes give it.
    pub fn seq(&self) -> Option<u64> {
        let rest = self.open_body.strip_prefix(b"{\"seq\":")?;
        let comma = rest.iter().position(|byte| *byte == b',')?;
        std::str::from_utf8(&rest[..comma]).ok()?.parse().ok()
    }

    /// The hash of the body; a hidden line states it.
    pub fn body(&self) -> Hash {
        if let Some((_, body)) = self.hidden() {
            return body;
        }
        let digest = Sha256::new().chain_update(self.open_body).chain_update(b"}").finalize();
        Hash::from_digest(digest.as_slice())
    }

    /// The number and the body's hash of a hidden line; none if the body is shown.
    pub fn hidden(&self) -> Option<(u64, Hash)> {
        let comma = self.open_body.iter().position(|byte| *byte == b',')?;
        let body = self.open_body[comma..].strip_prefix(b",\"body\":\"")?.strip_suffix(b"\"")?;
        Some((self.seq()?, Hash::from_hex(body)?))
    }

    /// The same line with its body withheld, without a newline. The chain still verifies.
    pub fn hide(&self, seq: u64) -> String {
        let Sealed { prev, hash, .. } = self;
        format!(
            "{{\"seq\":{seq},\"body\":\"{}\",\"prev\":\"{prev}\",\"hash\":\"{hash}\"}}",
            self.body()
        )
    }
}

fn hex_digits(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

#[cfg(test)]
mod tests {
    use contract::{Fact, Instant};

    use super::*;

    fn sealed() -> Vec<u8> {
        let until = Instant::from_ms(0);
        let line = Line { seq: 3, at: until, fact: Fact::Measured { until } };
        let mut bytes = Vec::new();
        seal(&line, [7; 16], &Hash::ZERO, &mut bytes);
        bytes
    }

    #[test]
    fn a_sealed_line_verifies_and_is_plain_json() {
        let bytes = sealed();
        let line = bytes.strip_suffix(b"\n").unwrap();
        Sealed::split(line).unwrap().verify().unwrap();
        let read: Line = serde_json::from_slice(line).unwrap();
        assert_eq!(read.seq, 3);
    }

    #[test]
    fn c10_1_any_flipped_bit_of_a_line_is_found() {
        let bytes = sealed();
        let line = bytes.strip_suffix(b"\n").unwrap();
        for bit in 0..line.len() * 8 {
            let mut flipped = line.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let verdict = Sealed::split(&flipped).and_then(|sealed| sealed.verify());
            assert!(verdict.is_err(), "bit {bit} flipped unnoticed");
        }
    }

    #[test]
    fn c10_1_a_hidden_line_keeps_the_chain_and_tells_nothing() {
        let bytes = sealed();
        let shown = Sealed::split(bytes.strip_suffix(b"\n").unwrap()).unwrap();
        let text = shown.hide(3);
        let hidden = Sealed::split(text.as_bytes()).unwrap();
        hidden.verify().unwrap();
        assert_eq!((hidden.hash, hidden.hidden()), (shown.hash, Some((3, shown.body()))));
        assert!(shown.hidden().is_none() && !text.contains("measured"));
    }
}
