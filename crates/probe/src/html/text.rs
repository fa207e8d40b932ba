//! What a person reads on a page.

use std::borrow::Cow;
use std::cell::RefCell;

use lol_html::html_content::TextType;
use lol_html::{HtmlRewriter, MemorySettings, Settings, doc_text, element, end_tag};

use super::page::PAGE_BYTES_MAX;

/// Bytes of text that are kept of a page.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;

/// Memory for the open elements of a page and a tag that is not closed.
const PARSER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a page's text that are few.
const SHORT_BYTES_MAX: usize = 1000;
/// Characters of a string in a script that may be a message.
const QUOTED_CHARS_MAX: usize = 300;
/// Elements that begin a line of their own.
const BLOCKS: &str = "p,div,li,tr,td,th,br,h1,h2,h3,h4,h5,h6,form,label,option,button,section,\
                      article,header,footer,nav,main,ul,ol,dl,dt,dd,table,fieldset,legend,title,\
                      input,hr,pre,blockquote,aside,body";
/// Elements whose text is not shown.
const UNSEEN: &str = "template,textarea,noembed,noframes,svg";

/// The page's text: entities decoded, white space folded, one line per block; scripts, styles,
/// templates and field values left out. A pass of its own, since it is needed only now and then.
pub fn readable(html: &str) -> String {
    let seen = &html[..html.floor_char_boundary(PAGE_BYTES_MAX)];
    let raw = RefCell::new(String::new());
    let unseen = std::rc::Rc::new(std::cell::Cell::new(0usize));
    {
        let settings = Settings::new()
            .with_memory_settings(
                MemorySettings::new().with_max_allowed_memory_usage(PARSER_BYTES_MAX),
            )
            .with_strict(false)
            .append_element_content_handler(element!(BLOCKS, |_| {
                push_line_end(&mut raw.borrow_mut());
                Ok(())
            }))
            .append_element_content_handler(element!(UNSEEN, |element| {
                if element.can_have_content() {
                    unseen.set(unseen.get() + 1);
                    let unseen = std::rc::Rc::clone(&unseen);
                    element.on_end_tag(end_tag!(move |_| {
                        unseen.set(unseen.get().saturating_sub(1));
                        Ok(())
                    }))?;
                }
                Ok(())
            }))
            .append_document_content_handler(doc_text!(|chunk| {
                let shown = matches!(chunk.text_type(), TextType::Data | TextType::RCData);
                let mut raw = raw.borrow_mut();
                if shown && unseen.get() == 0 && raw.len() < 2 * TEXT_BYTES_MAX {
                    raw.push_str(chunk.as_str());
                }
                Ok(())
            }));
        let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
        // A page that reaches the bound of memory has been read as far as it goes.
        if rewriter.write(seen.as_bytes()).is_ok() {
            let _ = rewriter.end();
        }
    }
    let raw = raw.into_inner();
    let mut text = String::new();
    for line in unescaped(&raw).split(LINE_END).map(fold).filter(|line| !line.is_empty()) {
        if text.len() + line.len() >= TEXT_BYTES_MAX {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
    }
    text
}

/// Whether a page says so little that it may be an error's.
pub fn is_short(readable: &str) -> bool {
    readable.len() <= SHORT_BYTES_MAX
}

/// The texts that stand in quotes in the page's own scripts, one per line: some pages have a script
/// show their messages. Only what has a space in it, as sentences have.
pub fn said_by_scripts(html: &str) -> String {
    let mut said = String::new();
    let mut rest = &html[..html.floor_char_boundary(PAGE_BYTES_MAX)];
    while let Some((_, script)) = rest.split_once("<script") {
        let (script, after) = script.split_once("</script").unwrap_or((script, ""));
        for text in quoted(script).filter(|text| text.contains(' ')) {
            if said.len() + text.len() >= TEXT_BYTES_MAX {
                return said;
            }
            said.push_str(&if text.contains('<') { readable(&text) } else { fold(&text) });
            said.push('\n');
        }
        rest = after;
    }
    said
}

/// The strings of a script. A quote that is not closed on its line is none.
fn quoted(script: &str) -> impl Iterator<Item = String> {
    let mut rest = script.chars();
    std::iter::from_fn(move || {
        loop {
            let quote = rest.find(|c| matches!(c, '"' | '\''))?;
            let mut inside = rest.clone();
            if let Some(text) = closed(&mut inside, quote) {
                rest = inside;
                return Some(text);
            }
        }
    })
}

/// A string up to the quote that closes it, with its escapes resolved.
fn closed(rest: &mut std::str::Chars<'_>, quote: char) -> Option<String> {
    let mut text = String::new();
    for _ in 0..=QUOTED_CHARS_MAX {
        match rest.next()? {
            c if c == quote => return Some(text),
            '\n' | '\r' => return None,
            '\\' => text.push(match rest.next()? {
                'u' => {
                    let digits: String = rest.by_ref().take(4).collect();
                    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or('?')
                }
                'n' | 'r' | 't' => ' ',
                other => other,
            }),
            c => text.push(c),
        }
    }
    None
}

/// Between blocks, until white space is folded: a character that no page's text keeps.
const LINE_END: char = '\u{1}';

fn push_line_end(raw: &mut String) {
    if !raw.is_empty() && !raw.ends_with(LINE_END) {
        raw.push(LINE_END);
    }
}

/// Runs of white space become one space; none at the ends.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len().min(256));
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// Text with its entities decoded.
pub fn unescaped(raw: &str) -> Cow<'_, str> {
    htmlize::unescape(raw)
}

/// An attribute's value with its entities decoded.
pub fn unescaped_attribute(raw: &str) -> Cow<'_, str> {
    htmlize::unescape_attribute(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scripts_say_is_what_they_have_in_quotes() {
        let page = r#"<p>"Not this one"<script src="/a b.js">
            // Don't stop here
            show("Connection to \"storage\" failed.", 'no_space'); toast('Fel l\u00f6senord');
            open("never closed
            add("<b>Wrong</b> password");</script><p>"Nor this one"<script>"the last one"#;
        let said = said_by_scripts(page);
        let said: Vec<&str> = said.lines().collect();
        let all =
            ["/a b.js", "Connection to \"storage\" failed.", "Fel lösenord", "Wrong password"];
        assert_eq!(said, all);
    }
}
