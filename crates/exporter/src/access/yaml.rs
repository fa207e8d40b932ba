//! A YAML file as a tree with places, read section by section.
//!
//! **Invariant:** no remark quotes a value: it could be a secret (C10.3).

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// Deepest nesting of lists and maps; the format needs three.
const DEPTH_MAX: usize = 16;

/// Something to say about a file: what is wrong, or worth knowing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// The line, counted from 1; 0: the file as a whole.
    pub line: usize,
    /// The column, counted from 1.
    pub column: usize,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Whether the file can be used all the same.
    pub is_warning: bool,
}

impl Remark {
    /// An error with the file as a whole.
    pub(super) fn with_file(message: impl Into<String>) -> Self {
        Remark { line: 0, column: 0, message: message.into(), help: None, is_warning: false }
    }

    /// Says what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether the file cannot be used.
    pub fn is_error(&self) -> bool {
        !self.is_warning
    }

    /// The file can be used all the same.
    pub(super) fn warning(mut self) -> Self {
        self.is_warning = true;
        self
    }
}

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    line: usize,
    column: usize,
    pub(super) content: Content,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Content {
    /// Nothing: `~`, `null`, or nothing after the colon.
    Nothing,
    /// Text, a number, a flag; `true`: in quotes.
    Scalar(String, bool),
    /// A list.
    List(Vec<Node>),
    /// A map, its keys in the file's order.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// A remark on this value.
    pub(super) fn remark(&self, message: impl Into<String>) -> Remark {
        Remark { line: self.line, column: self.column, ..Remark::with_file(message) }
    }

    /// The text of a scalar.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text, _) => Some(text),
            _ => None,
        }
    }
}

/// The file's one document; none when it is empty.
///
/// # Errors
/// What is no YAML, or is YAML that no configuration needs: several documents, anchors, tags,
/// and keys that stand twice.
pub(super) fn parse(text: &str) -> Result<Option<Node>, Remark> {
    let mut events = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    while let Some(event) = events.next_event() {
        let (event, span) = event.map_err(|error| {
            let (line, column) = (error.marker().line(), error.marker().col() + 1);
            Remark { line, column, ..Remark::with_file(format!("no YAML: {}", error.info())) }
        })?;
        let ended = match event {
            Event::Scalar(text, style, 0, None) => node(&span, scalar(&text, style)),
            Event::SequenceStart(0, None) => {
                open.push(Open::List(span, Vec::new()));
                within_depth(&open)?;
                continue;
            }
            Event::MappingStart(0, None) => {
                open.push(Open::Map(span, Vec::new(), None));
                within_depth(&open)?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(span, items)) => node(&span, Content::List(items)),
                Some(Open::Map(span, entries, _)) => node(&span, Content::Map(entries)),
                None => continue,
            },
            Event::Alias(_)
            | Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::MappingStart(..) => {
                let remark = node(&span, Content::Nothing).remark("anchors and tags are not read");
                return Err(remark.help("write the value itself"));
            }
            Event::DocumentStart(_) if root.is_some() => {
                let remark = node(&span, Content::Nothing).remark("a second document");
                return Err(remark.help("one file is one configuration"));
            }
            _ => continue,
        };
        match open.last_mut() {
            None => root = Some(ended),
            Some(Open::List(_, items)) => items.push(ended),
            Some(Open::Map(_, entries, key)) => match key.take() {
                Some(key) => entries.push((key, ended)),
                None if ended.as_text().is_none() => {
                    return Err(ended.remark("a key must be text"));
                }
                None if entries.iter().any(|(key, _)| key.as_text() == ended.as_text()) => {
                    return Err(ended.remark("this key stands twice").help("keep one of them"));
                }
                None => *key = Some(ended),
            },
        }
    }
    Ok(root.filter(|root| !matches!(root.content, Content::Nothing)))
}

/// A list or a map whose end has not come.
enum Open {
    List(Span, Vec<Node>),
    /// With the key whose value is awaited.
    Map(Span, Vec<(Node, Node)>, Option<Node>),
}

fn within_depth(open: &[Open]) -> Result<(), Remark> {
    match open.last() {
        Some(Open::List(span, _) | Open::Map(span, ..)) if open.len() > DEPTH_MAX => {
            Err(node(span, Content::Nothing).remark("nested too deeply"))
        }
        _ => Ok(()),
    }
}

fn node(span: &Span, content: Content) -> Node {
    Node { line: span.start.line(), column: span.start.col() + 1, content }
}

fn scalar(text: &str, style: ScalarStyle) -> Content {
    let is_plain = style == ScalarStyle::Plain;
    match text {
        "" | "~" | "null" | "Null" | "NULL" if is_plain => Content::Nothing,
        _ => Content::Scalar(text.to_owned(), !is_plain),
    }
}

/// A map, read key by key: a key that nobody asked for is unknown.
pub(super) struct Section<'a> {
    /// None: it is not there.
    node: Option<&'a Node>,
    name: &'static str,
    known: Vec<&'static str>,
    /// Keys of the format that are not to be used here, and have been spoken of.
    refused: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// `node` as a map; nothing else is one, and that is noted.
    pub(super) fn of(
        node: Option<&'a Node>,
        name: &'static str,
        remarks: &mut Vec<Remark>,
    ) -> Section<'a> {
        let node = node.filter(|node| match node.content {
            Content::Map(_) => true,
            Content::Nothing => false,
            _ => {
                remarks.push(node.remark("expected keys and values here"));
                false
            }
        });
        Section { node, name, known: Vec::new(), refused: Vec::new() }
    }

    /// Asks for `key`; none if it is not there, or nothing stands behind it.
    pub(super) fn ask(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        self.find(key)
    }

    /// Asks for `key`, of which nothing good can be said.
    pub(super) fn refuse(&mut self, key: &'static str) -> Option<&'a Node> {
        self.refused.push(key);
        self.find(key)
    }

    fn find(&self, key: &str) -> Option<&'a Node> {
        let value = self.entries().iter().find(|(at, _)| at.as_text() == Some(key));
        value.map(|(_, value)| value).filter(|value| !matches!(value.content, Content::Nothing))
    }

    /// Asks for `key`, one line of text that is not empty.
    pub(super) fn text(
        &mut self,
        key: &'static str,
        remarks: &mut Vec<Remark>,
    ) -> Option<(&'a Node, &'a str)> {
        let node = self.ask(key)?;
        let text = text_of(node, remarks)?;
        Some((node, text))
    }

    /// Asks for `key`, `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str, remarks: &mut Vec<Remark>) -> Option<bool> {
        let node = self.ask(key)?;
        if let Content::Scalar(text, false) = &node.content {
            // As exporter-toolkit's YAML has them.
            match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => return Some(true),
                "false" | "no" | "off" => return Some(false),
                _ => {}
            }
        }
        remarks.push(node.remark("expected true or false, without quotes"));
        None
    }

    /// Asks for `key`, a list of texts; empty if it is not there.
    pub(super) fn texts(
        &mut self,
        key: &'static str,
        remarks: &mut Vec<Remark>,
    ) -> Vec<(&'a Node, &'a str)> {
        let Some(node) = self.ask(key) else { return Vec::new() };
        let Content::List(items) = &node.content else {
            remarks.push(node.remark("expected a list").help("write it in [ ]"));
            return Vec::new();
        };
        items.iter().filter_map(|item| Some((item, text_of(item, remarks)?))).collect()
    }

    /// Asks for `key`, a map from names to texts; empty if it is not there.
    pub(super) fn named_texts(
        &mut self,
        key: &'static str,
        remarks: &mut Vec<Remark>,
    ) -> Vec<(&'a Node, &'a str, &'a str)> {
        let node = self.ask(key);
        let section = Section::of(node, key, remarks);
        let entry = |(key, value): &'a (Node, Node)| {
            Some((value, key.as_text()?, text_of(value, remarks)?))
        };
        section.entries().iter().filter_map(entry).collect()
    }

    /// Whether it is there with any key.
    pub(super) fn is_there(&self) -> bool {
        !self.entries().is_empty()
    }

    /// A remark on the section as a whole.
    pub(super) fn remark(&self, message: impl Into<String>) -> Remark {
        match self.node {
            Some(node) => node.remark(message),
            None => Remark::with_file(message),
        }
    }

    /// The last step: whatever was not asked for is unknown.
    pub(super) fn end(self, remarks: &mut Vec<Remark>) {
        let is_unknown = |key: &&Node| {
            let mut asked = self.known.iter().chain(&self.refused);
            !asked.any(|asked| key.as_text() == Some(asked))
        };
        for key in self.entries().iter().map(|(key, _)| key).filter(is_unknown) {
            let remark = key.remark(format!("unknown key {}", self.name));
            remarks.push(remark.help(format!("known here: {}", self.known.join(", "))));
        }
    }

    fn entries(&self) -> &'a [(Node, Node)] {
        match self.node.map(|node| &node.content) {
            Some(Content::Map(entries)) => entries,
            _ => &[],
        }
    }
}

fn text_of<'a>(node: &'a Node, remarks: &mut Vec<Remark>) -> Option<&'a str> {
    let text = node.as_text().filter(|text| !text.is_empty() && !text.contains(char::is_control));
    if text.is_none() {
        remarks.push(node.remark("expected text on one line"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_knows_its_places() {
        let root = parse("a:\n  - x\n  - 'y'\nb: ~\n").unwrap().unwrap();
        let Content::Map(entries) = &root.content else { panic!("a map") };
        let Content::List(items) = &entries[0].1.content else { panic!("a list") };
        assert_eq!((items[1].line, items[1].column), (3, 5));
        assert!(matches!(&items[1].content, Content::Scalar(text, true) if text == "y"));
        assert!(matches!(entries[1].1.content, Content::Nothing));
    }

    #[test]
    fn what_no_configuration_needs_is_refused_with_its_place() {
        for (text, line, message) in [
            ("a: [", 2, "no YAML"),
            ("a: 1\nb: &x 2\nc: *x\n", 2, "anchors"),
            ("a: !!binary aGVq\n", 1, "anchors"),
            ("a: 1\n---\nb: 2\n", 2, "a second document"),
            ("a: 1\na: 2\n", 2, "this key stands twice"),
            ("[x]: 1\n", 1, "a key must be text"),
            (&"[".repeat(DEPTH_MAX + 1), 1, "nested too deeply"),
        ] {
            let remark = parse(text).unwrap_err();
            assert!(remark.message.starts_with(message), "{text}: {remark:?}");
            assert_eq!(remark.line, line, "{text}: {remark:?}");
        }
        for empty in ["", "# nothing\n", "~"] {
            assert!(parse(empty).unwrap().is_none(), "{empty}");
        }
    }
}
