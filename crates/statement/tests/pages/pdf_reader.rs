//! As much of a PDF reader as these tests need: objects, the pages' operators, and the text of each
//! element of the structure. It shares nothing with the writer.

use std::collections::BTreeMap;

/// A PDF taken apart.
pub struct ReadPdf<'a> {
    /// What stands from each object on, by its number.
    objects: BTreeMap<usize, &'a [u8]>,
    /// The numbers of the pages' objects, in order.
    pages: Vec<usize>,
}

impl<'a> ReadPdf<'a> {
    /// Takes it apart by its table of objects.
    pub fn new(pdf: &'a [u8]) -> Self {
        assert!(pdf.starts_with(b"%PDF-1.7\n") && pdf.ends_with(b"%%EOF"));
        let tail = &pdf[pdf.len() - 40..];
        let starts = number_after(tail, b"startxref\n");
        let table = std::str::from_utf8(&pdf[starts..]).expect("the table is text");
        let mut lines = table.lines();
        assert_eq!(lines.next(), Some("xref"));
        let count: usize = lines.next().unwrap().strip_prefix("0 ").unwrap().parse().unwrap();
        let offsets: Vec<usize> =
            lines.take(count).map(|line| line[..10].parse().unwrap()).collect();
        let object = |number: usize| {
            let starts_with = format!("{number} 0 obj\n");
            let bytes = &pdf[offsets[number]..];
            let bytes = bytes.strip_prefix(starts_with.as_bytes()).expect("an object is there");
            (number, bytes)
        };
        let objects: BTreeMap<usize, &[u8]> = (1..count).map(object).collect();
        let of_type = |name: &[u8]| {
            let found = objects.values().find(|it| contains(dictionary(it), name));
            *found.expect("it is there")
        };
        let kids = dictionary(of_type(b"/Type /Pages"));
        let pages = references(after(kids, b"/Kids"));
        ReadPdf { objects, pages }
    }

    /// Whether some object's dictionary has this in it.
    pub fn has(&self, what: &str) -> bool {
        self.objects.values().any(|object| contains(dictionary(object), what.as_bytes()))
    }

    /// How many pages there are.
    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// What is shown on a page, marked content and margins alike: the number of each text's mark if
    /// it has one, and the text.
    pub fn shown(&self, page: usize) -> Vec<(Option<usize>, String)> {
        let page = dictionary(self.objects[&self.pages[page]]);
        let content = self.objects[&references(after(page, b"/Contents"))[0]];
        let length = number_after(content, b"/Length ");
        let stream = after(content, b"\nstream\n");
        assert!(stream[length..].starts_with(b"\nendstream"));
        Operators { bytes: &stream[..length] }.texts()
    }

    /// The text of each element of the structure that has any, in the elements' order.
    pub fn elements(&self) -> Vec<String> {
        let root = self.objects.values().find(|it| contains(dictionary(it), b"/ParentTreeNextKey"));
        let mut rest = after(dictionary(root.unwrap()), b"/Nums [");
        let mut elements: BTreeMap<usize, String> = BTreeMap::new();
        for page in 0..self.page_count() {
            let of_page = after(rest, b"[");
            let owners = references(of_page);
            rest = after(of_page, b"]");
            for (mark, text) in self.shown(page) {
                if let Some(mark) = mark {
                    elements.entry(owners[mark]).or_default().push_str(&text);
                }
            }
        }
        elements.into_values().collect()
    }
}

/// The operators of a page's content.
struct Operators<'a> {
    bytes: &'a [u8],
}

impl Operators<'_> {
    fn texts(mut self) -> Vec<(Option<usize>, String)> {
        const KNOWN: [&str; 12] =
            ["BDC", "EMC", "BT", "ET", "g", "Tf", "Td", "Tj", "re", "f", "q", "Q"];
        let (mut texts, mut mark, mut text) = (Vec::new(), None, String::new());
        while let Some(first) = self.skip_spaces() {
            match first {
                b'(' => text = self.literal(),
                b'<' if self.bytes.starts_with(b"<<") => mark = self.properties(),
                b'<' => text = self.hex(),
                _ => {
                    let word = self.word();
                    if word == "Tj" {
                        texts.push((mark, std::mem::take(&mut text)));
                    }
                    let is_operand = word.starts_with('/') || word.parse::<f32>().is_ok();
                    assert!(is_operand || KNOWN.contains(&&*word), "{word:?} broke out");
                }
            }
        }
        texts
    }

    fn skip_spaces(&mut self) -> Option<u8> {
        self.bytes = self.bytes.trim_ascii_start();
        self.bytes.first().copied()
    }

    fn word(&mut self) -> String {
        let ends = self.bytes.iter().position(|byte| byte.is_ascii_whitespace());
        let (word, rest) = self.bytes.split_at(ends.unwrap_or(self.bytes.len()));
        self.bytes = rest;
        String::from_utf8(word.to_vec()).unwrap()
    }

    /// `<< /MCID 3 >>`, or an artifact's.
    fn properties(&mut self) -> Option<usize> {
        let ends = self.bytes.windows(2).position(|two| two == b">>").unwrap();
        let (properties, rest) = self.bytes.split_at(ends + 2);
        self.bytes = rest;
        contains(properties, b"/MCID").then(|| number_after(properties, b"/MCID "))
    }

    fn hex(&mut self) -> String {
        let ends = self.bytes.iter().position(|byte| *byte == b'>').unwrap();
        let digits = std::str::from_utf8(&self.bytes[1..ends]).unwrap();
        self.bytes = &self.bytes[ends + 1..];
        let byte = |place: usize| u8::from_str_radix(&digits[place..place + 2], 16).unwrap();
        (0..digits.len()).step_by(2).map(|place| char_of(byte(place))).collect()
    }

    fn literal(&mut self) -> String {
        let (mut text, mut depth, mut at) = (String::new(), 0, 0);
        loop {
            let byte = self.bytes[at];
            match byte {
                b'\\' => {
                    at += 1;
                    text.push(match self.bytes[at] {
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        other => char_of(other),
                    });
                }
                b'(' if depth > 0 => text.push('('),
                b')' if depth > 1 => text.push(')'),
                b'(' | b')' => {}
                other => text.push(char_of(other)),
            }
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                self.bytes = &self.bytes[at..];
                return text;
            }
        }
    }
}

/// A byte of WinAnsi as a character.
fn char_of(byte: u8) -> char {
    const BETWEEN: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match byte {
        0x80..=0x9f => BETWEEN.chars().nth(usize::from(byte) - 0x80).unwrap(),
        _ => char::from(byte),
    }
}

/// An object up to its end or its stream.
fn dictionary(object: &[u8]) -> &[u8] {
    let object = &object[..position(object, b"\nendobj").unwrap_or(object.len())];
    &object[..position(object, b"\nstream\n").unwrap_or(object.len())]
}

fn position(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    position(bytes, what).is_some()
}

fn after<'b>(bytes: &'b [u8], what: &[u8]) -> &'b [u8] {
    let at = position(bytes, what);
    &bytes[at.unwrap_or_else(|| panic!("no {}", String::from_utf8_lossy(what))) + what.len()..]
}

fn number_after(bytes: &[u8], what: &[u8]) -> usize {
    let digits = after(bytes, what).iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'))
}

/// The numbers of `12 0 R 13 0 R`, up to the end of an array or of a line.
fn references(bytes: &[u8]) -> Vec<usize> {
    let ends = bytes.iter().position(|byte| matches!(byte, b']' | b'\n')).unwrap_or(bytes.len());
    let text = std::str::from_utf8(&bytes[..ends]).unwrap().replace('[', " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    words.chunks(3).map(|three| three[0].parse().unwrap()).collect()
}
