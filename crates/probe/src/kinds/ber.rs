//! The little of BER (X.690) that LDAP is written in: tags of one byte, lengths that are known.

/// Bytes that a length may be written in.
const LENGTH_BYTES_MAX: usize = 4;

/// Not BER as LDAP uses it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

/// `INTEGER`
pub const INTEGER: u8 = 0x02;
/// `OCTET STRING`
pub const OCTET_STRING: u8 = 0x04;
/// `ENUMERATED`
pub const ENUMERATED: u8 = 0x0a;
/// `SEQUENCE`
pub const SEQUENCE: u8 = 0x30;

/// One value: its tag, its length, its bytes.
pub fn value(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let mut written = vec![tag];
    match u8::try_from(bytes.len()) {
        Ok(length) if length < 0x80 => written.push(length),
        _ => {
            let length = bytes.len().to_be_bytes();
            let zeros = length.iter().take_while(|byte| **byte == 0).count();
            let length = &length[zeros..];
            written.push(0x80 | length.len() as u8);
            written.extend_from_slice(length);
        }
    }
    written.extend_from_slice(bytes);
    written
}

/// A value made of others.
pub fn constructed(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    value(tag, &parts.concat())
}

/// A small number.
pub fn integer(number: u8) -> Vec<u8> {
    // The first bit is the sign's.
    if number < 0x80 { value(INTEGER, &[number]) } else { value(INTEGER, &[0, number]) }
}

/// How many bytes the first value takes up; none where its length is not there yet.
pub fn length(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some((header, content)) = header(bytes)? else { return Ok(None) };
    header.checked_add(content).map(Some).ok_or(Malformed)
}

/// Values one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The values in `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    /// The next value, with its tag; none at the end.
    pub fn any(&mut self) -> Result<Option<(u8, &'a [u8])>, Malformed> {
        let Some(tag) = self.0.first() else { return Ok(None) };
        let (header, content) = header(self.0)?.ok_or(Malformed)?;
        let whole = header.checked_add(content).ok_or(Malformed)?;
        let bytes = self.0.get(header..whole).ok_or(Malformed)?;
        self.0 = &self.0[whole..];
        Ok(Some((*tag, bytes)))
    }

    /// The next value, which must have this tag.
    pub fn tagged(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.any()? {
            Some((found, bytes)) if found == tag => Ok(bytes),
            _ => Err(Malformed),
        }
    }

    /// The next value, which must be a number that is not negative.
    pub fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        number(self.tagged(tag)?)
    }
}

/// The number that a value's bytes are.
pub fn number(bytes: &[u8]) -> Result<u32, Malformed> {
    let digits = match bytes {
        [0, rest @ ..] if !rest.is_empty() => rest,
        [first, ..] if *first < 0x80 => bytes,
        _ => return Err(Malformed),
    };
    if digits.len() > 4 {
        return Err(Malformed);
    }
    Ok(digits.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// How many bytes the tag and the length take up, and how many follow.
fn header(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let [tag, rest @ ..] = bytes else { return Ok(None) };
    // A tag of several bytes.
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    let [first, rest @ ..] = rest else { return Ok(None) };
    if *first < 0x80 {
        return Ok(Some((2, usize::from(*first))));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > LENGTH_BYTES_MAX {
        return Err(Malformed);
    }
    let Some(digits) = rest.get(..count) else { return Ok(None) };
    let length = digits.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
    Ok(Some((2 + count, length)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_written_short_where_they_can_be() {
        assert_eq!(value(OCTET_STRING, b"ab"), [4, 2, b'a', b'b']);
        assert_eq!(value(OCTET_STRING, &[7; 127])[..2], [4, 127]);
        assert_eq!(value(OCTET_STRING, &[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(value(OCTET_STRING, &[7; 300])[..4], [4, 0x82, 1, 44]);
        assert_eq!(integer(3), [2, 1, 3]);
        assert_eq!(integer(200), [2, 2, 0, 200]);
        assert_eq!(number(&[0, 200]), Ok(200));
    }

    #[test]
    fn what_ldap_does_not_use_is_refused() {
        for bytes in [&[0x30, 0x80, 0, 0][..], &[0x1f, 0x81, 0], &[0x30, 0x85, 1, 1, 1, 1, 1]] {
            assert_eq!(length(bytes), Err(Malformed), "{bytes:?}");
        }
        assert_eq!(length(&[0x30]), Ok(None));
        assert_eq!(length(&[0x30, 0x82, 1]), Ok(None));
        assert_eq!(length(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), Ok(Some(0x1_0000_0005)));
        assert_eq!(Reader::new(&[4, 5, 1]).any(), Err(Malformed));
        assert_eq!(number(&[]), Err(Malformed));
        assert_eq!(number(&[0x80]), Err(Malformed));
        assert_eq!(number(&[1, 2, 3, 4, 5]), Err(Malformed));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(parts: Vec<Vec<u8>>) {
            let written: Vec<_> = parts.iter().map(|part| value(OCTET_STRING, part)).collect();
            let whole = constructed(SEQUENCE, &written);
            prop_assert_eq!(length(&whole), Ok(Some(whole.len())));
            let mut outer = Reader::new(&whole);
            let mut inner = Reader::new(outer.tagged(SEQUENCE).unwrap());
            for part in &parts {
                prop_assert_eq!(inner.tagged(OCTET_STRING), Ok(part.as_slice()));
            }
            prop_assert_eq!(inner.any(), Ok(None));
        }

        #[test]
        fn numbers_are_read_back(number: u8) {
            prop_assert_eq!(Reader::new(&integer(number)).number(INTEGER), Ok(number.into()));
        }

        #[test]
        fn any_bytes_are_read_to_an_end(bytes: Vec<u8>) {
            let _ = length(&bytes);
            let mut reader = Reader::new(&bytes);
            while let Ok(Some((_, inner))) = reader.any() {
                let _ = number(inner);
            }
        }
    }
}
