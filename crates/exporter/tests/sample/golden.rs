//! Files that the output is held against.

use std::path::Path;

/// Asserts that `actual` is the golden file of this name; writes it anew if `UPDATE_GOLDEN` is set.
pub fn assert_golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    #[expect(clippy::disallowed_methods, reason = "a person asks for new golden files")]
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (actual, expected)) in (1..).zip(actual.lines().zip(expected.lines())) {
        assert_eq!(actual, expected, "{name}:{number}");
    }
    assert_eq!(actual.len(), expected.len(), "{name}: one ends before the other");
}

/// A page with each tag on its own line, without the style sheet: differences can be read.
pub fn body(page: &str) -> String {
    let start = page.find("<body").unwrap();
    page[start..].replace('<', "\n<").trim_start().to_owned()
}
