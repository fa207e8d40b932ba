//! Texts as decoders give them, where each byte knows where it stood.

/// A text as a decoder gives it: its bytes, and from where to where each stood in the original.
pub struct View {
    pub bytes: Vec<u8>,
    pub spans: Vec<(usize, usize)>,
}

impl View {
    /// The text itself.
    pub fn of(text: &str) -> View {
        View {
            bytes: text.as_bytes().to_vec(),
            spans: (0..text.len()).map(|at| (at, at + 1)).collect(),
        }
    }

    /// `%41`
    pub fn percent(&self) -> Option<View> {
        self.decode(b"%", |rest| Some((vec![hex(rest.get(1..3)?)?], 3)))
    }

    /// `%41` and `+`
    pub fn form(&self) -> Option<View> {
        memchr::memchr(b'+', &self.bytes)?;
        self.decode(b"%+", |rest| match rest[0] {
            b'+' => Some((vec![b' '], 1)),
            _ => Some((vec![hex(rest.get(1..3)?)?], 3)),
        })
    }

    /// `&amp;`
    pub fn html(&self) -> Option<View> {
        self.decode(b"&", |rest| {
            let rest = &rest[..rest.len().min(40)];
            let end = memchr::memchr(b';', rest)? + 1;
            let entity = std::str::from_utf8(&rest[..end]).ok()?;
            let decoded = htmlize::unescape(entity);
            (decoded != entity).then(|| (decoded.into_owned().into_bytes(), end))
        })
    }

    /// `\u0041`, `\x41`, `\"`
    pub fn escapes(&self) -> Option<View> {
        self.decode(b"\\", |rest| match rest.get(1)? {
            b'u' => {
                let unit = hex4(rest.get(2..6)?)?;
                let low = rest.get(6..12).filter(|low| low.starts_with(b"\\u"));
                let low = low.and_then(|low| hex4(&low[2..]));
                match (char::decode_utf16([unit]).next()?, low) {
                    (Ok(c), _) => Some((c.to_string().into_bytes(), 6)),
                    (Err(_), Some(low)) => {
                        let c = char::decode_utf16([unit, low]).next()?.ok()?;
                        Some((c.to_string().into_bytes(), 12))
                    }
                    _ => None,
                }
            }
            b'x' => Some((vec![hex(rest.get(2..4)?)?], 4)),
            b'n' | b'r' | b't' | b'b' | b'f' => Some((vec![b' '], 2)),
            other => Some((vec![*other], 2)),
        })
    }

    /// Decodes what begins with one of `marks`; none if there is nothing to decode. `one` gives
    /// the bytes that the start of the rest stands for, and how many bytes that is.
    fn decode(
        &self,
        marks: &[u8],
        one: impl Fn(&[u8]) -> Option<(Vec<u8>, usize)>,
    ) -> Option<View> {
        if !self.bytes.iter().any(|byte| marks.contains(byte)) {
            return None;
        }
        let mut view = View { bytes: Vec::new(), spans: Vec::new() };
        let mut at = 0;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            let decoded = if marks.contains(&rest[0]) { one(rest) } else { None };
            let (bytes, length) = decoded.unwrap_or_else(|| (vec![rest[0]], 1));
            let span = (self.spans[at].0, self.spans[at + length - 1].1);
            view.spans.extend(bytes.iter().map(|_| span));
            view.bytes.extend(bytes);
            at += length;
        }
        Some(view)
    }
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
}

fn hex4(digits: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([hex(&digits[..2])?, hex(&digits[2..])?]))
}
