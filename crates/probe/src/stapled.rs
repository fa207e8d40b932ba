//! What a service says in its handshake of its own certificate: the stapled response (RFC 6960,
//! 4.2.1; RFC 6066, 8).
//!
//! Only "revoked" is read out of it, as browsers that ask nobody else do; a response that is missing,
//! old or cannot be read says nothing. Its signature is not checked: it comes over the handshake
//! that the certificate's own key signs, and nobody lies to be refused.

use crate::kinds::ber::{ENUMERATED, INTEGER, Malformed, OCTET_STRING, Reader, SEQUENCE};

/// `GeneralizedTime`, and the tags of the choice `CertStatus` and of optional fields.
const GENERALIZED_TIME: u8 = 0x18;
const EXPLICIT_0: u8 = 0xa0;
const REVOKED: u8 = 0xa1;
const RESPONDER_BY_NAME: u8 = 0xa1;
const RESPONDER_BY_KEY: u8 = 0xa2;

/// When the certificate of this serial number was revoked, as the response writes it
/// (`20261121174500Z`). None where the response does not say that it was.
pub fn revoked_at(response: &[u8], serial: &[u8]) -> Option<String> {
    read(response, serial).ok().flatten()
}

fn read(response: &[u8], serial: &[u8]) -> Result<Option<String>, Malformed> {
    let mut response = Reader::new(Reader::new(response).tagged(SEQUENCE)?);
    if response.tagged(ENUMERATED)? != [0] {
        return Ok(None);
    }
    let mut bytes = Reader::new(Reader::new(response.tagged(EXPLICIT_0)?).tagged(SEQUENCE)?);
    bytes.any()?; // Its type: there is only the basic one.
    let mut basic = Reader::new(Reader::new(bytes.tagged(OCTET_STRING)?).tagged(SEQUENCE)?);
    let mut data = Reader::new(basic.tagged(SEQUENCE)?);
    let mut next = data.any()?;
    if matches!(next, Some((EXPLICIT_0, _))) {
        next = data.any()?; // The version stood first.
    }
    if !matches!(next, Some((RESPONDER_BY_NAME | RESPONDER_BY_KEY, _))) {
        return Err(Malformed);
    }
    data.tagged(GENERALIZED_TIME)?;
    let mut singles = Reader::new(data.tagged(SEQUENCE)?);
    while let Some((SEQUENCE, single)) = singles.any()? {
        let mut single = Reader::new(single);
        let mut id = Reader::new(single.tagged(SEQUENCE)?);
        id.tagged(SEQUENCE)?; // The hash function, and the issuer's name and key.
        id.tagged(OCTET_STRING)?;
        id.tagged(OCTET_STRING)?;
        let is_this = trimmed(id.tagged(INTEGER)?) == trimmed(serial);
        if let (true, Some((REVOKED, info))) = (is_this, single.any()?) {
            let at = Reader::new(info).tagged(GENERALIZED_TIME)?;
            return Ok(Some(String::from_utf8_lossy(at).chars().take(20).collect()));
        }
    }
    Ok(None)
}

/// A number without the zeros before it.
fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kinds::ber::{constructed, value};

    fn response(status: u8, serial: &[u8], single: Vec<u8>) -> Vec<u8> {
        let hashes = [
            constructed(SEQUENCE, &[]),
            value(OCTET_STRING, &[1; 20]),
            value(OCTET_STRING, &[2; 20]),
        ];
        let id = constructed(SEQUENCE, &[hashes.concat(), value(INTEGER, serial)]);
        let this_update = value(GENERALIZED_TIME, b"20261121180000Z");
        let single = constructed(SEQUENCE, &[id, single, this_update.clone()]);
        let responder = value(RESPONDER_BY_KEY, &value(OCTET_STRING, &[3; 20]));
        let singles = constructed(SEQUENCE, &[single]);
        let data = constructed(SEQUENCE, &[responder, this_update, singles]);
        let basic = constructed(SEQUENCE, &[data]);
        let bytes = constructed(SEQUENCE, &[value(6, &[43]), value(OCTET_STRING, &basic)]);
        constructed(SEQUENCE, &[value(ENUMERATED, &[status]), value(EXPLICIT_0, &bytes)])
    }

    fn revoked() -> Vec<u8> {
        value(REVOKED, &value(GENERALIZED_TIME, b"20261121174500Z"))
    }

    #[test]
    fn a_revoked_certificate_is_known_by_its_number() {
        let at = |response: &[u8]| revoked_at(response, &[0, 9, 8]);
        assert_eq!(at(&response(0, &[9, 8], revoked())).as_deref(), Some("20261121174500Z"));
        assert_eq!(at(&response(0, &[9, 7], revoked())), None, "another one's");
        assert_eq!(at(&response(0, &[9, 8], value(0x80, &[]))), None, "good");
        assert_eq!(at(&response(3, &[9, 8], revoked())), None, "try later");
    }

    proptest! {
        #[test]
        fn nothing_that_is_stapled_makes_it_panic(at in 0usize..200, byte: u8, cut in 0usize..200) {
            let mut bytes = response(0, &[9, 8], revoked());
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(cut.max(1));
            let _ = revoked_at(&bytes, &[9, 8]);
        }
    }
}
