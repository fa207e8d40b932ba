//! What is wrong in a configuration, and where.
//!
//! **Invariant:** a message never quotes a value of the file. The line is shown beside it, unless it
//! could hold a secret; then only what stands before the value is shown (C10.3).

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Problems shown at once; the rest are counted.
const PROBLEMS_SHOWN_MAX: usize = 50;
/// Longest piece of a line that is shown, in bytes.
const LINE_SHOWN_MAX: usize = 400;

/// A piece of a file of the configuration, as read.
pub(super) struct Source {
    /// The file's place in the order of reading, from 1.
    pub(super) order: usize,
    /// As it is shown.
    pub(super) path: Arc<Path>,
    /// Lines of the file before the piece.
    pub(super) lines_before: usize,
    /// The piece's text.
    pub(super) text: String,
}

/// One thing that is wrong, or worth knowing.
#[derive(Clone)]
pub struct Problem {
    /// Whether the configuration can be used all the same.
    pub is_warning: bool,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    place: Place,
    care: Care,
}

/// How much of the line may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// The line was understood: what stands at keys that never hold a secret.
    Known,
    /// It was not: quotes may be missing, so only a single such key and its value.
    Broken,
    /// No value.
    Hidden,
}

/// Where a problem is.
#[derive(Clone)]
enum Place {
    /// The file as a whole, or none.
    File(PathBuf),
    /// A place in a file of which nothing is shown.
    Line { path: PathBuf, line: usize, column: usize },
    /// Bytes of a file.
    Span { source: Arc<Source>, span: Range<usize> },
}

impl Problem {
    /// An error at `span` of `source`.
    pub(super) fn at(source: &Arc<Source>, span: Range<usize>, message: impl Into<String>) -> Self {
        let place = Place::Span { source: source.clone(), span };
        Problem { is_warning: false, message: message.into(), help: None, place, care: Care::Known }
    }

    /// An error with a whole file.
    pub(super) fn with_file(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        let place = Place::File(path.into());
        Problem { is_warning: false, message: message.into(), help: None, place, care: Care::Known }
    }

    /// An error at a place, counted from 1, in a file that the configuration names.
    pub(super) fn in_named_file(
        path: &Path,
        line: usize,
        column: usize,
        message: impl Into<String>,
    ) -> Self {
        let place = Place::Line { path: path.to_owned(), line, column };
        Problem { place, ..Problem::with_file(path, message) }
    }

    /// Says what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The value must not be shown: it stands where nobody expects it, and could be a secret.
    pub(super) fn hidden(mut self) -> Self {
        self.care = Care::Hidden;
        self
    }

    /// The line is no TOML.
    pub(super) fn broken(mut self) -> Self {
        self.care = Care::Broken;
        self
    }

    /// The configuration can be used all the same.
    pub(super) fn warning(mut self) -> Self {
        self.is_warning = true;
        self
    }

    /// `file:line:column`, counted from 1, or the file alone.
    pub fn place(&self) -> String {
        match &self.place {
            Place::File(path) => path.display().to_string(),
            Place::Line { path, line, column } => format!("{}:{line}:{column}", path.display()),
            Place::Span { source, span } => {
                let line = Line::of(source, span.start);
                let before = span.start.saturating_sub(line.start).min(line.text.len());
                let before = line.text.floor_char_boundary(before);
                let column = line.text[..before].chars().count() + 1;
                format!("{}:{}:{column}", source.path.display(), line.number)
            }
        }
    }

    /// The problem in one line: place, message, help.
    pub fn one_line(&self) -> String {
        let help = self.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        format!("{}: {}{help}", self.place(), self.message)
    }

    fn render(&self, keys_shown: &BTreeSet<String>) -> String {
        let level = if self.is_warning { Level::WARNING } else { Level::ERROR };
        let title = level.primary_title(self.message.as_str());
        let group = match &self.place {
            Place::File(_) | Place::Line { .. } => title.element(Origin::path(self.place())),
            Place::Span { source, span } => {
                let line = Line::of(source, span.start);
                let is_single = line.text.matches('=').count() == 1 && !line.text.contains('{');
                let shown = match self.care {
                    Care::Known => shown(line.text, keys_shown),
                    Care::Broken if is_single => shown(line.text, keys_shown),
                    Care::Broken | Care::Hidden => hidden(line.text),
                };
                let start = span.start.saturating_sub(line.start).min(shown.len());
                let start = shown.floor_char_boundary(start);
                let end = span.end.saturating_sub(line.start).clamp(start, shown.len());
                let end = shown.ceil_char_boundary(end);
                title.element(
                    Snippet::source(shown)
                        .line_start(line.number)
                        .path(source.path.display().to_string())
                        .annotation(AnnotationKind::Primary.span(start..end)),
                )
            }
        };
        let help = self.help.as_ref().map(|help| Level::HELP.message(help.as_str()));
        let report: [Group<'_>; 1] = [match help {
            Some(help) => group.element(help),
            None => group,
        }];
        Renderer::plain().decor_style(DecorStyle::Ascii).term_width(110).render(&report)
    }
}

/// Problems in the order of the files and their lines.
#[derive(Clone, Default)]
pub struct Problems {
    all: Vec<Problem>,
    /// Keys whose values may be shown.
    keys_shown: Arc<BTreeSet<String>>,
}

impl Problems {
    /// Problems in the order they were found; `keys_shown` are the keys that never hold a secret.
    pub(super) fn new(mut all: Vec<Problem>, keys_shown: BTreeSet<String>) -> Self {
        all.sort_by_cached_key(|problem| match &problem.place {
            Place::File(_) => (0, 0, 0),
            // After the configuration's own files.
            Place::Line { line, column, .. } => (usize::MAX, *line, *column),
            Place::Span { source, span } => {
                (source.order, Line::of(source, span.start).number, span.start)
            }
        });
        Problems { all, keys_shown: Arc::new(keys_shown) }
    }

    /// Other problems, with the same keys shown.
    pub(super) fn instead(&self, all: Vec<Problem>) -> Self {
        Problems::new(all, BTreeSet::clone(&self.keys_shown))
    }

    /// These problems and one more, last.
    pub(super) fn and(mut self, problem: Problem) -> Self {
        self.all.push(problem);
        self
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Each one.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.all.iter()
    }

    /// Whether any of them forbids using the configuration.
    pub fn any_error(&self) -> bool {
        self.all.iter().any(|problem| !problem.is_warning)
    }
}

/// Each problem with its line and a caret, a blank line between.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.all.iter().take(PROBLEMS_SHOWN_MAX).enumerate() {
            let gap = if index == 0 { "" } else { "\n\n" };
            write!(f, "{gap}{}", problem.render(&self.keys_shown))?;
        }
        match self.all.len().saturating_sub(PROBLEMS_SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more"),
        }
    }
}

/// One line a problem; nothing of the file's text.
impl fmt::Debug for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.iter().map(Problem::one_line)).finish()
    }
}

impl std::error::Error for Problems {}

/// One line of a file.
struct Line<'a> {
    text: &'a str,
    start: usize,
    number: usize,
}

impl<'a> Line<'a> {
    /// The line that holds byte `at`, without its end.
    fn of(source: &'a Source, at: usize) -> Self {
        let text = source.text.as_str();
        let at = text.floor_char_boundary(at.min(text.len()));
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        let number = source.lines_before + text[..start].matches('\n').count() + 1;
        Line { text: text[start..end].trim_end_matches('\r'), start, number }
    }
}

/// What may be shown of a line: all of it but its comment, if each key on it is known never to hold
/// a secret; else what stands before the first value that could be one.
fn shown(line: &str, keys_shown: &BTreeSet<String>) -> String {
    let line = &line[..line.floor_char_boundary(LINE_SHOWN_MAX)];
    let is_header = line.trim_start().starts_with('[') && !line.contains(['"', '\'', '=', ',']);
    let mut quote = None;
    let mut key_start = 0;
    let mut any_key = is_header;
    for (at, char) in line.char_indices() {
        match (quote, char) {
            (Some(open), _) if open == char => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(char),
            (None, '{' | ',' | '[') => key_start = at + 1,
            (None, '#') => {
                let kept = line[..at].trim_end();
                return if any_key { kept.to_owned() } else { hidden(kept) };
            }
            (None, '=') => {
                let key = line[key_start..at].rsplit('.').next().unwrap_or_default();
                let key = key.trim_matches([' ', '\t', '"', '\'']);
                if !keys_shown.contains(key) {
                    return format!("{} …", &line[..=at]);
                }
                any_key = true;
            }
            (None, _) => {}
        }
    }
    // A URL's user part is a place where people put passwords.
    if !any_key || line.contains("://") && line.contains('@') {
        hidden(line)
    } else {
        line.to_owned()
    }
}

/// A line without its values.
fn hidden(line: &str) -> String {
    match line.find('=') {
        Some(at) => format!("{} …", &line[..=at]),
        None => format!("{}…", &line[..line.len() - line.trim_start().len()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c10_3_a_line_that_could_hold_a_secret_is_not_shown() {
        let keys: BTreeSet<String> =
            ["url", "user", "text", "login", "interval", "proof"].map(str::to_owned).into();
        for (line, expected) in [
            ("interval = \"60x\"", "interval = \"60x\""),
            ("interval = \"60x\"  # was hunter2", "interval = \"60x\""),
            ("[service.login]", "[service.login]"),
            ("url = \"https://a.example/?x=y\"", "url = \"https://a.example/?x=y\""),
            ("url = \"https://me:hunter2@a.example/\"", "url = …"),
            ("password = \"hunter2\"", "password = …"),
            ("password = hunter2", "password = …"),
            ("pasword = \"hunter2", "pasword = …"),
            ("login.password = 'hunter2'", "login.password = …"),
            (
                "login = { user = \"a\", \"password\" = 'hunter2' }",
                "login = { user = \"a\", \"password\" = …",
            ),
            ("  hunter2\"\"\"", "  …"),
            ("  [\"hunter2\"],", "  …"),
            ("hunter2 # user = 1", "…"),
            ("proof = [{ text = \"{ a = 1, b\" }]", "proof = [{ text = \"{ a = 1, b\" }]"),
        ] {
            assert_eq!(shown(line, &keys), expected, "{line}");
        }
    }
}
