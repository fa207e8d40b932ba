//! The configuration's files: the one named, and those it includes.

use std::fs;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml_parser::lexer::TokenKind;

use super::problem::{Problem, Source};
use super::value::Wrong;

/// Largest file, in bytes.
const FILE_LENGTH_MAX: u64 = 4 << 20;
/// Most files that one pattern may include.
const INCLUDED_MAX: usize = 10_000;

/// A file in pieces. Services come by the thousand: each is read by itself, so that the syntax tree
/// of all of them, which is twenty times their text, is never in memory.
pub(super) struct File {
    /// Each `[[service]]` with the tables below it.
    pub(super) services: Vec<Arc<Source>>,
    /// All else; where services were taken out, their lines are empty.
    pub(super) rest: Arc<Source>,
}

/// Reads one file, the `order`th.
pub(super) fn read(path: &Path, order: usize) -> Result<File, Problem> {
    let fail = |error: &io::Error| {
        Problem::with_file(path, format!("failed to read the configuration: {}", reason(error)))
    };
    let bytes = read_bounded(path, FILE_LENGTH_MAX).map_err(|error| fail(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .split(|byte| *byte == b'\n')
            .count();
        Problem::with_file(path, format!("line {line} is not UTF-8")).help("save the file as UTF-8")
    })?;
    Ok(cut(order, path.into(), &text))
}

fn cut(order: usize, path: Arc<Path>, text: &str) -> File {
    let source =
        |lines_before, text| Arc::new(Source { order, path: path.clone(), lines_before, text });
    let (mut services, mut rest) = (Vec::new(), String::new());
    let (mut until, mut lines) = (0, 0);
    for span in service_spans(text) {
        let before = &text[until..span.start];
        let service = &text[span.clone()];
        until = span.end;
        rest.push_str(before);
        lines += before.matches('\n').count();
        services.push(source(lines, service.to_owned()));
        for _ in service.matches('\n') {
            rest.push('\n');
            lines += 1;
        }
    }
    rest.push_str(&text[until..]);
    File { services, rest: source(0, rest) }
}

/// Where each `[[service]]` stands, with the tables below it.
fn service_spans(text: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    let mut depth = 0_usize;
    let mut is_line_start = true;
    for token in toml_parser::Source::new(text).lex() {
        let at = token.span().start();
        match token.kind() {
            TokenKind::Newline => {
                is_line_start = true;
                continue;
            }
            TokenKind::Whitespace => continue,
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                if is_line_start && depth == 0 {
                    match Header::of(&text[at..]) {
                        Header::Service => spans.extend(open.replace(at).map(|from| from..at)),
                        Header::BelowService => {}
                        Header::Other => spans.extend(open.take().map(|from| from..at)),
                    }
                }
                depth += 1;
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        is_line_start = false;
    }
    spans.extend(open.map(|from| from..text.len()));
    spans
}

/// What a table's header begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    /// `[[service]]`
    Service,
    /// `[service.login]`, and what else belongs to the service before it, rightly or not.
    BelowService,
    /// Another table.
    Other,
}

impl Header {
    /// The header that `text` begins with.
    fn of(text: &str) -> Self {
        let (key, is_array) = match text.strip_prefix("[[") {
            Some(key) => (key, true),
            None => (&text[1..], false),
        };
        let blank = [' ', '\t'];
        let rest = key.trim_start_matches(blank).strip_prefix("service");
        match rest.and_then(|rest| rest.trim_start_matches(blank).chars().next()) {
            Some(']') if is_array => Header::Service,
            Some(']' | '.') => Header::BelowService,
            _ => Header::Other,
        }
    }
}

/// Reads a file of at most `length_max` bytes.
pub(super) fn read_bounded(path: &Path, length_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(length_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > length_max {
        return Err(io::Error::other(format!("it is larger than {length_max} bytes")));
    }
    Ok(bytes)
}

/// Why a file could not be read, in plain words.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

/// The files that `pattern` names, sorted: a path in which `*` stands for anything in its last
/// part. Hidden files are passed over.
pub(super) fn included(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Wrong> {
    let path = folder.join(pattern);
    let last = path.file_name().and_then(|last| last.to_str()).unwrap_or_default();
    let parent = path.parent().unwrap_or(folder);
    if parent.to_string_lossy().contains('*') || last.is_empty() {
        return Err(Wrong::new(
            "'*' may stand only in the last part of the path",
            r#"write it like "services.d/*.toml""#,
        ));
    }
    if !last.contains('*') {
        return Ok(vec![path]);
    }
    let mut files = Vec::new();
    let entries = match fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
        Err(error) => {
            let message = format!("failed to list the folder: {error}");
            return Err(Wrong::new(message, "make it readable"));
        }
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| !name.starts_with('.') && matches(last, name)) {
            files.push(entry.path());
        }
        if files.len() > INCLUDED_MAX {
            let message = format!("more than {INCLUDED_MAX} files match");
            return Err(Wrong::new(message, "put several services in one file"));
        }
    }
    files.sort();
    Ok(files)
}

/// Whether `name` matches `pattern`, in which `*` stands for any number of characters.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, expected) in [
            ("*.toml", "a.toml", true),
            ("*.toml", "a.toml~", false),
            ("*", "anything", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "abbc", true),
            ("a*b", "ab-", false),
            ("a*a", "a", false),
            ("plain", "plain", true),
            ("plain", "plainer", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_file_is_cut_at_its_services_and_lines_keep_their_numbers() {
        let text = "include = [\n[\"[[service]]\"]]\n\
                    [[service]]\nname = \"a\"\nlogin.proof = [\n[[service]]\n]\n\
                    [service.labels]\nnote = '''\n[agent]\n'''\n\
                    [ [service]]\n\
                    [agent]\nname = \"x\"\n\
                    \t[[ service ]]\n[[services]]\n[service.login]\n";
        let File { services, rest } = cut(1, Path::new("upptid.toml").into(), text);
        let services: Vec<_> = services
            .iter()
            .map(|service| (service.lines_before, service.text.matches('\n').count()))
            .collect();
        assert_eq!(services, [(2, 9), (14, 1)]);
        let line = |number: usize| rest.text.lines().nth(number - 1).unwrap();
        assert_eq!((line(3), line(11), line(12)), ("", "", "[ [service]]"));
        assert_eq!((line(13), line(16), line(17)), ("[agent]", "[[services]]", "[service.login]"));
        assert_eq!(rest.text.lines().count(), text.lines().count());
    }

    #[test]
    fn a_star_in_a_folder_is_refused() {
        assert!(included(Path::new("/etc/upptid"), "*/services.toml").is_err());
    }
}
