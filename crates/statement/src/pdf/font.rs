//! Helvetica and its bold face, which every reader of PDF has: how wide text is in them, and how it
//! is written in their encoding.

/// A face of Helvetica.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Font {
    Regular,
    Bold,
}

impl Font {
    /// Its name among the pages' resources, and in the file.
    pub fn names(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Font::Regular => (b"R", b"Helvetica"),
            Font::Bold => (b"B", b"Helvetica-Bold"),
        }
    }

    /// The width of encoded text at a size of `size` points, in points.
    pub fn width(self, text: &[u8], size: f32) -> f32 {
        let widths = match self {
            Font::Regular => &REGULAR_WIDTHS,
            Font::Bold => &BOLD_WIDTHS,
        };
        let width = |byte: &u8| widths.get(usize::from(*byte).wrapping_sub(32)).copied();
        let sum: u32 = text.iter().map(|byte| u32::from(width(byte).unwrap_or(0))).sum();
        sum as f32 * size / 1000.0
    }

    /// Encoded text in lines of at most `width` points; a word that is longer is broken.
    pub fn wrap(self, text: &[u8], size: f32, width: f32) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        let mut line: Vec<u8> = Vec::new();
        for word in text.split(|byte| *byte == b' ') {
            let mut longer = line.clone();
            if !line.is_empty() {
                longer.push(b' ');
            }
            longer.extend_from_slice(word);
            if self.width(&longer, size) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = self.break_word(word, size, width, &mut lines);
        }
        lines.push(line);
        lines
    }

    /// Adds the full lines of a word to `lines`, and gives its rest.
    fn break_word(self, word: &[u8], size: f32, width: f32, lines: &mut Vec<Vec<u8>>) -> Vec<u8> {
        let mut rest = Vec::new();
        for byte in word {
            rest.push(*byte);
            if rest.len() > 1 && self.width(&rest, size) > width {
                rest.pop();
                lines.push(std::mem::replace(&mut rest, vec![*byte]));
            }
        }
        rest
    }
}

/// Text in the encoding of the fonts (WinAnsi), and whether all of it could be written: what could
/// not is there in letters that look like it, or by its number.
pub(super) fn encode(text: &str) -> (Vec<u8>, bool) {
    let mut bytes = Vec::with_capacity(text.len());
    let mut is_whole = true;
    for char in text.chars() {
        match byte_of(char) {
            Some(byte) => bytes.push(byte),
            None => {
                is_whole = false;
                match look_alike(char) {
                    Some(like) => bytes.extend_from_slice(like),
                    None => {
                        bytes.extend_from_slice(format!("[U+{:04X}]", u32::from(char)).as_bytes());
                    }
                }
            }
        }
    }
    (bytes, is_whole)
}

fn byte_of(char: char) -> Option<u8> {
    match u32::from(char) {
        code @ (0x20..=0x7e | 0xa0..=0xff) => u8::try_from(code).ok(),
        _ => {
            let place = BETWEEN.iter().position(|other| *other == Some(char))?;
            u8::try_from(0x80 + place).ok()
        }
    }
}

/// Letters that look like one which the encoding lacks.
fn look_alike(char: char) -> Option<&'static [u8]> {
    if let Some(place) = u32::from(char).checked_sub(0x100)
        && let Some(letter) = LATIN_EXTENDED_A.get(place as usize..=place as usize)
    {
        return Some(letter);
    }
    match char {
        // The minus sign, with the width of a figure.
        '\u{2212}' => Some(b"\x96"),
        '\u{2010}' | '\u{2011}' => Some(b"-"),
        '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Some(b"\xa0"),
        '≤' => Some(b"<="),
        '≥' => Some(b">="),
        '→' => Some(b"->"),
        _ => None,
    }
}

/// What the encoding has from 0x80 to 0x9f.
#[rustfmt::skip]
const BETWEEN: [Option<char>; 32] = [
    Some('€'), None, Some('‚'), Some('ƒ'), Some('„'), Some('…'), Some('†'), Some('‡'),
    Some('ˆ'), Some('‰'), Some('Š'), Some('‹'), Some('Œ'), None, Some('Ž'), None,
    None, Some('‘'), Some('’'), Some('“'), Some('”'), Some('•'), Some('–'), Some('—'),
    Some('˜'), Some('™'), Some('š'), Some('›'), Some('œ'), None, Some('ž'), Some('Ÿ'),
];

/// The letters from U+0100 to U+017F without their accents.
const LATIN_EXTENDED_A: &[u8; 128] =
    b"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiJjJjKkkLlLlLlLlLlNnNnNnnNn\
      OoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/// Widths from 0x20 to 0xff in thousandths of the size, from Adobe's metrics of Helvetica.
#[rustfmt::skip]
const REGULAR_WIDTHS: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 350,
    556, 350, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350,
    350, 222, 222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 350, 500, 667,
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

/// The same of Helvetica-Bold.
#[rustfmt::skip]
const BOLD_WIDTHS: [u16; 224] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584, 350,
    556, 350, 278, 556, 500, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350,
    350, 278, 278, 500, 500, 350, 556, 1000, 333, 1000, 556, 333, 944, 350, 500, 667,
    278, 333, 556, 556, 556, 556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278,
    611, 611, 611, 611, 611, 611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swedish_is_written_as_it_is() {
        let (bytes, is_whole) = encode("Åtgärd för 12\u{a0}500 € – ”ÖPPEN”");
        assert!(is_whole);
        assert_eq!(bytes, b"\xc5tg\xe4rd f\xf6r 12\xa0500 \x80 \x96 \x94\xd6PPEN\x94");
    }

    #[test]
    fn what_the_font_lacks_is_written_readably() {
        let (bytes, is_whole) = encode("Łódź Škoda −1 😀");
        assert!(!is_whole);
        assert_eq!(bytes, b"L\xf3dz \x8akoda \x961 [U+1F600]");
        for (char, like) in [('Ā', "A"), ('ő', "o"), ('ř', "r"), ('ſ', "s"), ('ŷ', "y")] {
            assert_eq!(encode(&char.to_string()).0, like.as_bytes(), "{char}");
        }
    }

    #[test]
    fn lines_are_never_wider_than_they_may_be() {
        let (text, _) = encode(&format!("kort {} kort igen", "långtord".repeat(40)));
        for width in [5.0, 50.0, 200.0] {
            let lines = Font::Regular.wrap(&text, 9.0, width);
            let joined: Vec<u8> = lines.concat();
            let without_spaces = |text: &[u8]| -> Vec<u8> {
                text.iter().copied().filter(|byte| *byte != b' ').collect()
            };
            assert_eq!(without_spaces(&joined), without_spaces(&text));
            for line in lines {
                assert!(line.len() == 1 || Font::Regular.width(&line, 9.0) <= width);
            }
        }
        assert_eq!(Font::Bold.wrap(b"", 9.0, 10.0), [b""]);
        assert!((Font::Regular.width(b"Upptid", 10.0) - 28.9).abs() < 0.01);
    }
}
