//! Lines, as IMAP and SMTP speak them.

/// The first line, without its end, and how many bytes it takes up with it; none where its end is
/// not there yet.
pub fn first(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let end = memchr::memchr(b'\n', bytes)?;
    let line = &bytes[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), end + 1))
}

/// The whole lines at the beginning of `bytes`, without their ends.
pub fn all(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (line, taken) = first(bytes)?;
        bytes = &bytes[taken..];
        Some(line)
    })
}

/// Whether a line begins with a word, in any case.
pub fn begins_with(line: &[u8], word: &str) -> bool {
    line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_end_with_a_line_feed_and_perhaps_a_carriage_return() {
        assert_eq!(first(b"220 ready\r\n250"), Some((b"220 ready".as_slice(), 11)));
        assert_eq!(first(b"220 ready\n"), Some((b"220 ready".as_slice(), 10)));
        assert_eq!(first(b"220 ready\r"), None);
        assert_eq!(all(b"a\r\n\r\nb\nc").collect::<Vec<_>>(), [b"a".as_slice(), b"", b"b"]);
        assert!(begins_with(b"* bye now", "* BYE"));
        assert!(!begins_with(b"* by", "* BYE"));
    }

    proptest! {
        #[test]
        fn lines_are_what_stands_between_line_feeds(bytes: Vec<u8>) {
            let naive: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
            let whole = &naive[..naive.len() - 1];
            let naive = whole.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            prop_assert!(all(&bytes).eq(naive));
        }
    }
}
