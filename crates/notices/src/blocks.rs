//! A letter's content, once, and its two forms: what the text says and what the HTML says cannot
//! differ.

use maud::{DOCTYPE, Markup, html};

/// One part of a letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Block {
    /// A paragraph.
    Paragraph(String),
    /// Names and values.
    Rows(Vec<(String, String)>),
    /// Short lines.
    List(Vec<String>),
    /// What a machine said, as it said it.
    Verbatim(String),
    /// Who wrote, and why.
    Footer(String),
}

/// The letter as plain text.
pub(crate) fn text(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        match block {
            Block::Paragraph(text) => out.push_str(&format!("{text}\n")),
            Block::Rows(rows) => {
                let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
                for (name, value) in rows {
                    let name = format!("{name}:");
                    out.push_str(&format!("{name:<width$}  {value}\n", width = width + 1));
                }
            }
            Block::List(lines) => {
                lines.iter().for_each(|line| out.push_str(&format!("- {line}\n")));
            }
            Block::Verbatim(text) => {
                text.lines().for_each(|line| out.push_str(&format!("    {line}\n")));
            }
            // The signature's mark (RFC 3676).
            Block::Footer(text) => out.push_str(&format!("-- \n{text}\n")),
        }
    }
    out
}

/// The letter as HTML: no images, no links, nothing to fetch.
pub(crate) fn html(lang: &str, title: &str, blocks: &[Block]) -> String {
    let page = html! {
        (DOCTYPE)
        html lang=(lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                title { (title) }
            }
            body style="font-family: sans-serif; line-height: 1.5; max-width: 42em" {
                @for block in blocks { (block_html(block)) }
            }
        }
    };
    page.into_string()
}

fn block_html(block: &Block) -> Markup {
    html! {
        @match block {
            Block::Paragraph(text) => p { (text) },
            Block::Rows(rows) => {
                table style="border-collapse: collapse" {
                    @for (name, value) in rows {
                        tr {
                            th scope="row" style="text-align: left; vertical-align: top; \
                                padding: 0 1em 0.2em 0; font-weight: normal" { (name) }
                            td style="padding: 0 0 0.2em 0" { (value) }
                        }
                    }
                }
            }
            Block::List(lines) => ul { @for line in lines { li { (line) } } },
            Block::Verbatim(text) => pre style="white-space: pre-wrap" { (text) },
            Block::Footer(text) => {
                hr;
                p style="font-size: 0.85em; white-space: pre-line" { (text) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same_and_nothing_of_a_service_is_markup() {
        let blocks = [
            Block::Paragraph("portal".to_owned()),
            Block::Rows(vec![("Orsak".to_owned(), "<script>".to_owned())]),
            Block::Verbatim("<b>\nOops".to_owned()),
            Block::Footer("Upptid".to_owned()),
        ];
        assert_eq!(
            text(&blocks),
            "portal\n\nOrsak:  <script>\n\n    <b>\n    Oops\n\n-- \nUpptid\n"
        );
        let page = html("sv", "t", &blocks);
        assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }
}
