//! What is wrong in a configuration, and where.
//!
//! **Invariant:** a message never quotes a value of the file. The line is shown beside it, unless it
//! could hold a secret; then only what stands before the value is shown (C10.3).

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Problems shown at once; the rest are counted.
const PROBLEMS_SHOWN_MAX: usize = 50;
/// Longest piece of a line that is shown, in bytes.
const LINE_SHOWN_MAX: usize = 400;

/// One file of the configuration, as read.
pub(super) struct Source {
    /// As it is shown.
    pub(super) path: PathBuf,
    /// Its text.
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
}

/// Where a problem is.
#[derive(Clone)]
enum Place {
    /// The file as a whole, or none.
    File(PathBuf),
    /// Bytes of a file.
    Span { source: Arc<Source>, span: Range<usize> },
}

impl Problem {
    /// An error at `span` of `source`.
    pub(super) fn at(source: &Arc<Source>, span: Range<usize>, message: impl Into<String>) -> Self {
        let place = Place::Span { source: source.clone(), span };
        Problem { is_warning: false, message: message.into(), help: None, place }
    }

    /// An error with a whole file.
    pub(super) fn with_file(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        let place = Place::File(path.into());
        Problem { is_warning: false, message: message.into(), help: None, place }
    }

    /// Says what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
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
            Place::Span { source, span } => {
                let line = Line::of(&source.text, span.start);
                let column = line.text[..span.start - line.start].chars().count() + 1;
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
            Place::File(path) => title.element(Origin::path(path.display().to_string())),
            Place::Span { source, span } => {
                let line = Line::of(&source.text, span.start);
                let shown = shown(line.text, keys_shown);
                let start = (span.start - line.start).min(shown.len());
                let start = shown.floor_char_boundary(start);
                let end = (span.end.max(span.start) - line.start).clamp(start, shown.len());
                let end = shown.ceil_char_boundary(end.max(start));
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
        // Stable: files stay in the order in which they were read.
        all.sort_by_key(|problem| match &problem.place {
            Place::File(_) => 0,
            Place::Span { span, .. } => span.start,
        });
        Problems { all, keys_shown: Arc::new(keys_shown) }
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

/// One line of a text.
struct Line<'a> {
    text: &'a str,
    start: usize,
    number: usize,
}

impl<'a> Line<'a> {
    /// The line that holds byte `at`, without its end.
    fn of(text: &'a str, at: usize) -> Self {
        let at = text.floor_char_boundary(at.min(text.len()));
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        let number = text[..start].matches('\n').count() + 1;
        Line { text: text[start..end].trim_end_matches('\r'), start, number }
    }
}

/// What may be shown of a line.
fn shown(line: &str, _keys_shown: &BTreeSet<String>) -> String {
    line[..line.floor_char_boundary(LINE_SHOWN_MAX)].to_owned()
}
