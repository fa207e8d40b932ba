//! Content lines: unfolded, and split into name, parameters and value (RFC 5545, 3.1).

use std::borrow::Cow;

use crate::error::CalendarError;

/// `NAME;PARAMETER=x:value`, unfolded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContentLine {
    /// The line on which it begins, from 1.
    pub line_no: usize,
    /// Its name in upper case.
    pub name: String,
    /// Its parameters, names in upper case, values without quotes.
    pub parameters: Vec<(String, String)>,
    /// Its value, as it stands.
    pub value: String,
}

impl ContentLine {
    /// The value of a parameter, if it is there.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// An error on this line.
    pub fn error(&self, message: impl Into<String>) -> CalendarError {
        CalendarError::new(self.line_no, message)
    }
}

/// The content lines of a file; empty lines are passed over.
pub fn content_lines(bytes: &[u8]) -> impl Iterator<Item = Result<ContentLine, CalendarError>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    unfold(bytes).into_iter().map(|(line_no, line)| split(line_no, &line))
}

/// Whole lines with the numbers on which they begin. Lines are joined as bytes: some programs fold
/// in the middle of a character.
fn unfold(bytes: &[u8]) -> Vec<(usize, Cow<'_, [u8]>)> {
    let mut whole: Vec<(usize, Cow<'_, [u8]>)> = Vec::new();
    for (line_no, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line, whole.last_mut()) {
            ([b' ' | b'\t', rest @ ..], Some((_, before))) => {
                before.to_mut().extend_from_slice(rest);
            }
            _ if line.trim_ascii().is_empty() => {}
            _ => whole.push((line_no, line.into())),
        }
    }
    whole
}

fn split(line_no: usize, line: &[u8]) -> Result<ContentLine, CalendarError> {
    let text = std::str::from_utf8(line).map_err(|_| {
        CalendarError::new(line_no, "this is not UTF-8: export the calendar as UTF-8")
    })?;
    let malformed =
        || CalendarError::new(line_no, "this is no line NAME:value: give an iCalendar (.ics) file");
    let (head, value) = split_unquoted(text, ':').ok_or_else(malformed)?;
    let mut parts = Unquoted { rest: Some(head), at: ';' };
    let name = parts.next().unwrap_or_default();
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    if !is_name(name) {
        return Err(malformed());
    }
    let mut parameters = Vec::new();
    for part in parts {
        let (name, value) = part.split_once('=').ok_or_else(malformed)?;
        parameters.push((name.to_ascii_uppercase(), value.trim_matches('"').to_owned()));
    }
    Ok(ContentLine {
        line_no,
        name: name.to_ascii_uppercase(),
        parameters,
        value: value.to_owned(),
    })
}

/// The pieces of a text between the `at`s that stand outside of quotes.
struct Unquoted<'a> {
    rest: Option<&'a str>,
    at: char,
}

impl<'a> Iterator for Unquoted<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.take()?;
        let (piece, rest) = match split_unquoted(rest, self.at) {
            Some((piece, rest)) => (piece, Some(rest)),
            None => (rest, None),
        };
        self.rest = rest;
        Some(piece)
    }
}

/// What stands before and after the first `at` outside of quotes.
fn split_unquoted(text: &str, at: char) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let place = text.find(|found| {
        is_quoted ^= found == '"';
        found == at && !is_quoted
    })?;
    Some((&text[..place], &text[place + at.len_utf8()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<ContentLine> {
        content_lines(text.as_bytes()).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn folded_lines_are_joined_whatever_ends_them() {
        for text in
            ["SUMMARY:one\r\n  two\r\n\tthree\r\nUID:1\r\n", "SUMMARY:one\n  two\n\tthree\nUID:1"]
        {
            let lines = lines(text);
            assert_eq!(lines[0].value, "one twothree");
            assert_eq!((lines[1].line_no, lines[1].value.as_str()), (4, "1"));
        }
        let split = "SUMMARY:n\u{e4}t".as_bytes();
        let folded = [&split[..10], b"\r\n ", &split[10..]].concat();
        let line = content_lines(&folded).next().unwrap().unwrap();
        assert_eq!(line.value, "nät", "a character may be folded");
    }

    #[test]
    fn parameters_may_be_quoted() {
        let line =
            &lines("\u{feff}dtstart;x=\"a;b:c\";tzid=\"Europe/Stockholm\":20261206T220000")[0];
        assert_eq!(line.name, "DTSTART");
        assert_eq!(line.parameter("TZID"), Some("Europe/Stockholm"));
        assert_eq!(line.parameter("X"), Some("a;b:c"));
        assert_eq!(line.value, "20261206T220000");
    }

    #[test]
    fn what_is_no_content_line_is_named_with_its_line() {
        for text in ["VERSION:2\n\nhello", "VERSION:2\n\n;:", "VERSION:2\n\nA;B:c", "V:2\n\nA\"b:c"]
        {
            let error = content_lines(text.as_bytes()).find_map(Result::err).unwrap();
            assert_eq!(error.line_no, 3, "{text}");
        }
        let error = content_lines(b"SUMMARY:\xe4").next().unwrap().unwrap_err();
        assert!(error.message.contains("UTF-8"), "{error}");
    }
}
