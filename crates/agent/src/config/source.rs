//! The configuration's files: the one named, and those it includes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::problem::{Problem, Source};
use super::value::Wrong;

/// Largest file, in bytes.
const FILE_LENGTH_MAX: u64 = 4 << 20;
/// Most files that one pattern may include.
const INCLUDED_MAX: usize = 10_000;

/// Reads one file, the `order`th.
pub(super) fn read(path: &Path, order: usize) -> Result<Arc<Source>, Problem> {
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
    Ok(Arc::new(Source { order, path: path.to_owned(), text }))
}

/// Reads a file of at most `length_max` bytes.
pub(super) fn read_bounded(path: &Path, length_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(length_max + 1).read_to_end(&mut bytes)?;
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
    let entries = match std::fs::read_dir(parent) {
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
    fn a_star_in_a_folder_is_refused() {
        assert!(included(Path::new("/etc/upptid"), "*/services.toml").is_err());
    }
}
