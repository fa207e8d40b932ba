//! A page cut into tags and text, as a browser's tokenizer does (WHATWG HTML, 13.2.5).
//!
//! Far cheaper than a parser that builds or rewrites a document, and all that reading forms and
//! links needs: one pass, nothing copied, and no more memory than the namespaces that are open.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memmem};

/// A part of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Token<'h> {
    /// `<a href=x>`
    Start(Tag<'h>),
    /// `</a>`: the name, in lower case.
    End(Cow<'h, str>),
    /// Text as it is written. That of a script or a style is text, too.
    Text(&'h str),
}

/// A start tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tag<'h> {
    /// In lower case.
    pub name: Cow<'h, str>,
    /// Whether text and other elements can be inside of it, up to its end tag.
    pub has_content: bool,
    attributes: &'h str,
}

impl<'h> Tag<'h> {
    /// Its attributes as they are written: names and values, the latter without their quotes.
    pub fn attributes(&self) -> impl Iterator<Item = (&'h str, &'h str)> {
        Attributes { html: self.attributes, at: 0, self_closing: false }
    }
}

/// The parts of a page, in their order.
pub struct Tokens<'h> {
    html: &'h str,
    at: usize,
    /// The name, as written, of the element whose text is not looked into for tags.
    raw: Option<&'h str>,
    /// The namespaces that are open inside of HTML, the innermost last.
    spaces: Vec<Space>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    Html,
    Svg,
    MathMl,
}

impl<'h> Tokens<'h> {
    /// The parts of this page.
    pub fn of(html: &'h str) -> Self {
        Tokens { html, at: 0, raw: None, spaces: Vec::new() }
    }

    fn bytes(&self) -> &'h [u8] {
        self.html.as_bytes()
    }

    fn space(&self) -> Space {
        self.spaces.last().copied().unwrap_or(Space::Html)
    }

    /// The text from here to there, if there is any.
    fn text_until(&mut self, end: usize) -> Option<Token<'h>> {
        let text = &self.html[self.at..end];
        self.at = end;
        (!text.is_empty()).then_some(Token::Text(text))
    }

    /// The tag whose name begins here. None if it is not closed: then it is no tag, and the page
    /// ends.
    fn tag(&mut self, is_end: bool) -> Option<Token<'h>> {
        let rest = &self.html[self.at..];
        let name_end = rest.bytes().position(ends_name).unwrap_or(rest.len());
        let written = &rest[..name_end];
        let name = lower_case(written);
        let mut attributes = Attributes { html: &rest[name_end..], at: 0, self_closing: false };
        while attributes.next().is_some() {}
        if attributes.html.as_bytes().get(attributes.at) != Some(&b'>') {
            self.at = self.html.len();
            return None;
        }
        self.at += name_end + attributes.at + 1;
        if is_end {
            self.leave(&name);
            return Some(Token::End(name));
        }
        let Attributes { html, at, self_closing } = attributes;
        if self.space() == Space::Html && is_raw(&name) {
            self.raw = Some(written);
        }
        self.enter(&name, self_closing);
        let has_content = match self.space() {
            Space::Html => !is_void(&name),
            _ => !self_closing,
        };
        Some(Token::Start(Tag { name, has_content, attributes: &html[..at] }))
    }

    /// Into which namespace a start tag leads.
    fn enter(&mut self, name: &str, self_closing: bool) {
        match (self.space(), name) {
            (_, "svg") => self.spaces.push(Space::Svg),
            (_, "math") => self.spaces.push(Space::MathMl),
            (Space::Html, _) => {}
            (_, name) if LEAVES_FOREIGN.contains(&name) => drop(self.spaces.pop()),
            (space, name) if space.holds_html_in(name) && !self_closing => {
                self.spaces.push(Space::Html);
            }
            _ => {}
        }
    }

    fn leave(&mut self, name: &str) {
        let around = self.spaces.len().checked_sub(2).map(|at| self.spaces[at]);
        let leaves = match self.space() {
            Space::Html => around.is_some_and(|around| around.holds_html_in(name)),
            Space::Svg => matches!(name, "svg" | "p" | "br"),
            Space::MathMl => matches!(name, "math" | "p" | "br"),
        };
        if leaves {
            self.spaces.pop();
        }
    }

    /// Where the end tag of the element begins whose text is not looked into.
    fn end_of_raw(&self, name: &str) -> usize {
        let bytes = self.bytes();
        let is_tag = |at: usize| {
            let named = bytes.get(at..at + name.len());
            named.is_some_and(|named| named.eq_ignore_ascii_case(name.as_bytes()))
                && bytes.get(at + name.len()).is_some_and(|byte| ends_name(*byte))
        };
        if name.eq_ignore_ascii_case("plaintext") {
            return bytes.len();
        }
        // Inside of `<!--` a script may have a script.
        let (mut commented, mut nested) = (false, false);
        let mut at = self.at;
        while let Some(found) = memchr::memchr2(b'<', b'-', &bytes[at..]) {
            at += found;
            let rest = &bytes[at..];
            match rest {
                [b'<', b'/', ..] if is_tag(at + 2) && nested => nested = false,
                [b'<', b'/', ..] if is_tag(at + 2) => return at,
                [b'-', b'-', b'>', ..] => (commented, nested) = (false, false),
                [b'<', b'!', b'-', b'-', ..] if name.eq_ignore_ascii_case("script") => {
                    commented = true;
                    at += 1;
                }
                [b'<', ..] if commented && is_tag(at + 1) => nested = true,
                _ => {}
            }
            at += 1;
        }
        bytes.len()
    }

    /// Behind what begins with `<!`, `<?` or `</` here and is no tag.
    fn end_of_comment(&self) -> usize {
        let rest = &self.bytes()[self.at..];
        let (comment, is_end): (_, fn(&[u8]) -> bool) = match rest.strip_prefix(b"<!--") {
            Some(comment) => (comment, |inside| {
                matches!(inside, b"" | b"-") || inside.ends_with(b"--") || inside.ends_with(b"--!")
            }),
            None => (rest, |_| true),
        };
        let end = memchr_iter(b'>', comment).find(|at| is_end(&comment[..*at]));
        end.map_or(self.html.len(), |end| self.html.len() - comment.len() + end + 1)
    }
}

impl<'h> Iterator for Tokens<'h> {
    type Item = Token<'h>;

    fn next(&mut self) -> Option<Token<'h>> {
        let bytes = self.bytes();
        while self.at < bytes.len() {
            if let Some(name) = self.raw.take() {
                let end = self.end_of_raw(name);
                if let text @ Some(_) = self.text_until(end) {
                    return text;
                }
                continue;
            }
            let markup = memchr_iter(b'<', &bytes[self.at..]).map(|at| self.at + at);
            let mut markup = markup.filter(|at| {
                let next = bytes.get(at + 1);
                next.is_some_and(|b| b.is_ascii_alphabetic() || b"/!?".contains(b))
            });
            let text = self.text_until(markup.next().unwrap_or(bytes.len()));
            if text.is_some() {
                return text;
            }
            match bytes[self.at..] {
                [_, b'/', name, ..] if name.is_ascii_alphabetic() => {
                    self.at += 2;
                    return self.tag(true);
                }
                [_, name, ..] if name.is_ascii_alphabetic() => {
                    self.at += 1;
                    return self.tag(false);
                }
                [_, b'/'] => return self.text_until(bytes.len()),
                _ if self.space() != Space::Html && bytes[self.at..].starts_with(CDATA) => {
                    self.at += CDATA.len();
                    let end = memmem::find(&bytes[self.at..], b"]]>");
                    let end = end.map_or(bytes.len(), |end| self.at + end);
                    let text = self.text_until(end);
                    self.at = bytes.len().min(end + 3);
                    if text.is_some() {
                        return text;
                    }
                }
                _ => self.at = self.end_of_comment(),
            }
        }
        None
    }
}

impl Space {
    /// Whether an element of this name, in this namespace, has HTML inside of it.
    fn holds_html_in(self, name: &str) -> bool {
        match self {
            Space::Html => false,
            Space::Svg => matches!(name, "desc" | "title" | "foreignobject"),
            Space::MathMl => matches!(name, "mi" | "mo" | "mn" | "ms" | "mtext"),
        }
    }
}

/// The attributes of a tag, up to its end.
struct Attributes<'h> {
    html: &'h str,
    at: usize,
    self_closing: bool,
}

impl<'h> Attributes<'h> {
    /// Goes on to the next byte that is another one.
    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        let rest = &self.html.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| !is_skipped(*byte)).unwrap_or(rest.len());
    }

    fn byte(&self) -> Option<u8> {
        self.html.as_bytes().get(self.at).copied()
    }

    fn value(&mut self) -> Option<&'h str> {
        self.skip(is_space);
        if self.byte() != Some(b'=') {
            return Some("");
        }
        self.at += 1;
        self.skip(is_space);
        let Some(quote @ (b'"' | b'\'')) = self.byte() else {
            let start = self.at;
            self.skip(|byte| !is_space(byte) && byte != b'>');
            return Some(&self.html[start..self.at]);
        };
        let value = &self.html[self.at + 1..];
        let Some(end) = memchr(quote, value.as_bytes()) else {
            self.at = self.html.len();
            return None;
        };
        self.at += end + 2;
        Some(&value[..end])
    }
}

impl<'h> Iterator for Attributes<'h> {
    type Item = (&'h str, &'h str);

    fn next(&mut self) -> Option<(&'h str, &'h str)> {
        self.skip(is_space);
        while self.byte() == Some(b'/') {
            self.at += 1;
            self.self_closing = self.byte() == Some(b'>');
            self.skip(is_space);
        }
        if matches!(self.byte(), None | Some(b'>')) {
            return None;
        }
        let start = self.at;
        // A name may begin with `=`.
        self.at += 1;
        self.skip(|byte| !ends_name(byte) && byte != b'=');
        let name = &self.html[start..self.at];
        Some((name, self.value()?))
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

fn ends_name(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'/' | b'>')
}

fn lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(name.to_ascii_lowercase());
    }
    Cow::Borrowed(name)
}

const CDATA: &[u8] = b"<![CDATA[";

/// Whether an element has nothing inside of it.
fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Whether an element's text is not looked into for tags. A browser with scripts does not look
/// into `<noscript>`.
fn is_raw(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "title"
            | "textarea"
            | "noscript"
            | "iframe"
            | "noembed"
            | "noframes"
            | "xmp"
            | "plaintext"
    )
}

/// Elements of HTML that end an `<svg>` or `<math>` that was not closed.
const LEAVES_FOREIGN: &[&str] = &[
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "i",
    "img",
    "li",
    "listing",
    "menu",
    "meta",
    "nobr",
    "ol",
    "p",
    "pre",
    "ruby",
    "s",
    "small",
    "span",
    "strong",
    "strike",
    "sub",
    "sup",
    "table",
    "tt",
    "u",
    "ul",
    "var",
];

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use lol_html::{HtmlRewriter, Settings, doc_text, element};
    use proptest::prelude::*;

    use super::*;

    /// Tags and texts as another tokenizer sees them, texts joined.
    fn as_lol_html_sees(html: &str) -> Vec<String> {
        let seen = RefCell::new(Vec::new());
        let settings = Settings::new()
            .with_strict(false)
            .append_element_content_handler(element!("*", |element| {
                let attributes = element.attributes().iter().map(|a| (a.name(), a.value()));
                let attributes: Vec<_> = attributes.collect();
                let content = element.can_have_content();
                seen.borrow_mut().push(format!("<{} {content} {attributes:?}", element.tag_name()));
                Ok(())
            }))
            .append_document_content_handler(doc_text!(|chunk| {
                push_text(&mut seen.borrow_mut(), chunk.as_str());
                Ok(())
            }));
        let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
        rewriter.write(html.as_bytes()).unwrap();
        rewriter.end().unwrap();
        seen.into_inner()
    }

    fn as_seen_here(html: &str) -> Vec<String> {
        let mut seen = Vec::new();
        for token in Tokens::of(html) {
            match token {
                Token::Start(tag) => {
                    let attributes = tag.attributes();
                    let attributes =
                        attributes.map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()));
                    let attributes: Vec<_> = attributes.collect();
                    seen.push(format!("<{} {} {attributes:?}", tag.name, tag.has_content));
                }
                Token::End(_) => {}
                Token::Text(text) => push_text(&mut seen, text),
            }
        }
        seen
    }

    fn push_text(seen: &mut Vec<String>, text: &str) {
        match seen.last_mut() {
            Some(last) if !last.starts_with('<') => last.push_str(text),
            _ if text.is_empty() => {}
            _ => seen.push(format!(" {text}")),
        }
    }

    const PIECES: &[&str] = &[
        "<form action=a>",
        "</form>",
        "<div>",
        "</div>",
        "<b ",
        "<a href='",
        "<p x=\"",
        "\"",
        "'",
        ">",
        "/>",
        "/",
        "<INPUT name=a/>",
        "<!--",
        "-->",
        "--!>",
        "<!-->",
        "<!--->",
        "-",
        "<!",
        "<?",
        "</",
        "</>",
        "<",
        "text",
        " ",
        "=",
        "= ",
        "a=b",
        "<script>",
        "</script>",
        "<script",
        "</script ",
        "<style>",
        "</style>",
        "<title>",
        "</title>",
        "<textarea>",
        "</TextArea>",
        "<noscript>",
        "</noscript>",
        "<svg>",
        "</svg>",
        "<svg/>",
        "<math>",
        "</math>",
        "<mi>",
        "</mi>",
        "<foreignObject>",
        "</foreignObject>",
        "<desc/>",
        "<![CDATA[",
        "]]>",
        "<!doctype html>",
        "<template>",
        "<iframe>",
        "</iframe>",
        "<select>",
        "<option>",
        "\n",
        "\u{e5}",
        "<br>",
        "</p>",
        "<path d=x />",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]
        #[test]
        fn a_page_is_cut_as_other_tokenizers_cut_it(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..16),
        ) {
            let html = pieces.concat();
            prop_assert_eq!(as_seen_here(&html), as_lol_html_sees(&html), "{}", html);
        }
    }
}
