//! Prometheus' text format 0.0.4, written without allocating per sample.

use std::borrow::Cow;
use std::io::Write;
use std::time::Duration;

use contract::Instant;
use contract::figure::Percent;

/// A sample's value, in the unit that its name says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value {
    /// A whole number.
    Whole(i64),
    /// Milliseconds, printed as seconds.
    Milliseconds(i64),
    /// Microseconds, printed as seconds.
    Microseconds(i64),
    /// A percentage, printed as a ratio, cut down as C6.4 says.
    Percent(Percent),
    /// A number that no decision rests on.
    Float(f64),
}

/// Below it every whole number is exact, as a float and as an integer.
const WHOLE_FLOAT_MAX: f64 = 1e15;

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Whole(value.into())
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Value::Whole(value.try_into().unwrap_or(i64::MAX))
    }
}

impl From<Instant> for Value {
    /// Seconds since 1970.
    fn from(value: Instant) -> Self {
        Value::Milliseconds(value.ms())
    }
}

impl From<Duration> for Value {
    fn from(value: Duration) -> Self {
        Value::Microseconds(value.as_micros().try_into().unwrap_or(i64::MAX))
    }
}

impl Value {
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Value::Whole(value) => whole(out, value),
            Value::Milliseconds(ms) => decimal::<3>(out, ms),
            Value::Microseconds(us) => decimal::<6>(out, us),
            Value::Percent(percent) => decimal::<6>(out, percent.e4),
            Value::Float(value) if value.is_infinite() => {
                out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
            }
            Value::Float(value) if value == value.trunc() && value.abs() < WHOLE_FLOAT_MAX => {
                whole(out, value as i64);
            }
            Value::Float(value) => write!(out, "{value}").expect("a Vec takes every byte"),
        }
    }
}

/// Bytes after which a part is sent on its way.
const PART_BYTES: usize = 256 << 10;
/// What one sample may add to a part that is all but full.
const SAMPLE_BYTES: usize = 1 << 10;

/// The text, in parts that are sent one after the other: that of a large fleet is never in memory
/// as a whole.
pub struct Parts<'s> {
    bytes: Vec<u8>,
    send: &'s mut dyn FnMut(Vec<u8>),
}

impl<'s> Parts<'s> {
    /// Nothing written yet.
    pub fn new(send: &'s mut dyn FnMut(Vec<u8>)) -> Self {
        Parts { bytes: Vec::new(), send }
    }

    /// Sends what is left.
    pub fn end(self) {
        (self.send)(self.bytes);
    }

    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
    }

    fn sample_ended(&mut self) {
        if self.bytes.len() >= PART_BYTES {
            let next = Vec::with_capacity(PART_BYTES + SAMPLE_BYTES);
            (self.send)(std::mem::replace(&mut self.bytes, next));
        }
    }
}

/// A metric's type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// May go up and down.
    Gauge,
    /// Only grows, except at a restart.
    Counter,
}

/// One family: begins with its help and type; its samples follow.
pub struct Family<'o, 's> {
    out: &'o mut Parts<'s>,
    name: &'static str,
}

impl<'o, 's> Family<'o, 's> {
    /// Begins a family. `help` is one line.
    pub fn new(out: &'o mut Parts<'s>, kind: Kind, name: &'static str, help: &str) -> Self {
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        for part in ["# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind, "\n"] {
            out.push(part.as_bytes());
        }
        Family { out, name }
    }

    /// A sample with `labels`; without any if they are empty.
    pub fn sample(&mut self, labels: &Labels<'_>, value: impl Into<Value>) {
        self.begin(labels);
        self.out.push(if labels.0.is_empty() { b" " } else { b"} " });
        self.end(value.into());
    }

    /// A sample with `labels`, of which there is at least one, and one more.
    pub fn with(&mut self, labels: &Labels<'_>, last: &LastLabel, value: impl Into<Value>) {
        self.begin(labels);
        self.out.push(last.0.as_bytes());
        self.end(value.into());
    }

    fn begin(&mut self, labels: &Labels<'_>) {
        self.out.push(self.name.as_bytes());
        self.out.push(&labels.0);
    }

    fn end(&mut self, value: Value) {
        value.write(&mut self.out.bytes);
        self.out.push(b"\n");
        self.out.sample_ended();
    }
}

/// Appends a gauge of one sample without labels.
pub fn gauge(out: &mut Parts<'_>, name: &'static str, help: &str, value: impl Into<Value>) {
    Family::new(out, Kind::Gauge, name, help).sample(&Labels::default(), value);
}

/// Appends a counter of one sample without labels.
pub fn counter(out: &mut Parts<'_>, name: &'static str, help: &str, value: u64) {
    Family::new(out, Kind::Counter, name, help).sample(&Labels::default(), value);
}

/// Labels as they are written, escaped, without the closing brace.
#[derive(Clone, Default, Debug)]
pub struct Labels<'a>(Cow<'a, [u8]>);

impl<'a> Labels<'a> {
    /// One label.
    pub fn new(name: &str, value: &str) -> Self {
        Labels::default().and(name, value)
    }

    /// One label each, with the values that `of` finds in `items`. Their text is in one piece.
    pub fn column<T>(
        text: &'a mut Vec<u8>,
        items: &[T],
        name: &str,
        of: impl Fn(&T) -> &str,
    ) -> impl Iterator<Item = Labels<'a>> {
        let end = |item| {
            write_label(text, b'{', name, of(item));
            text.len()
        };
        let ends: Vec<usize> = items.iter().map(end).collect();
        let mut rest = text.as_slice();
        let mut begun = 0;
        ends.into_iter().map(move |end| {
            let (own, after) = rest.split_at(end - begun);
            (rest, begun) = (after, end);
            Labels(Cow::Borrowed(own))
        })
    }

    /// One label more. The name must be one that Prometheus accepts.
    pub fn and(self, name: &str, value: &str) -> Self {
        let mut text = self.0.into_owned();
        // With what stands before, the equals sign and the quotes.
        text.reserve(name.len() + value.len() + 4);
        let before = if text.is_empty() { b'{' } else { b',' };
        write_label(&mut text, before, name, value);
        Labels(Cow::Owned(text))
    }
}

fn write_label(text: &mut Vec<u8>, before: u8, name: &str, value: &str) {
    text.push(before);
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(b"=\"");
    for piece in value.as_bytes().split_inclusive(|byte| matches!(byte, b'\\' | b'"' | b'\n')) {
        let (plain, escaped): (_, &[u8]) = match piece {
            [plain @ .., b'\\'] => (plain, b"\\\\"),
            [plain @ .., b'"'] => (plain, b"\\\""),
            [plain @ .., b'\n'] => (plain, b"\\n"),
            plain => (plain, b""),
        };
        text.extend_from_slice(plain);
        text.extend_from_slice(escaped);
    }
    text.push(b'"');
}

/// The last of several labels, as it is written up to the value: many samples share it.
pub struct LastLabel(String);

impl LastLabel {
    /// A label whose value needs no escaping.
    pub fn new(name: &str, value: &str) -> Self {
        LastLabel(format!(",{name}=\"{value}\"}} "))
    }
}

fn whole(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Writes `value / 10^PLACES` exactly, without trailing zeros.
fn decimal<const PLACES: u32>(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    let unit = const { 10_u64.pow(PLACES) };
    let magnitude = value.unsigned_abs();
    out.extend_from_slice(itoa::Buffer::new().format(magnitude / unit).as_bytes());
    let rest = magnitude % unit;
    if rest != 0 {
        // A leading 1 keeps the zeros behind the point.
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(unit + rest).as_bytes();
        let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
        out.push(b'.');
        out.extend_from_slice(&digits[1..digits.len() - zeros]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: Value) -> String {
        let mut out = Vec::new();
        value.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_exact_decimals() {
        for (value, expected) in [
            (Value::Milliseconds(0), "0"),
            (Value::Milliseconds(2_682_000_000), "2682000"),
            (Value::Milliseconds(2_682_001), "2682.001"),
            (Value::Milliseconds(-50), "-0.05"),
            (Duration::from_nanos(1_234_999).into(), "0.001234"),
            (Value::Percent(Percent { e4: 998_999 }), "0.998999"),
            (Value::Percent(Percent { e4: 1_000_000 }), "1"),
            (Value::Float(0.25), "0.25"),
            (Value::Float(3.0), "3"),
            (Value::Float(-1e15), "-1000000000000000"),
            (Value::Float(f64::INFINITY), "+Inf"),
            (Value::Whole(-1), "-1"),
            (true.into(), "1"),
        ] {
            assert_eq!(written(value), expected, "{value:?}");
        }
    }

    #[test]
    fn hostile_label_values_stay_inside_their_quotes() {
        let labels = Labels::new("service", "a\"} 1\nup{x=\"\\").and("team", "ö");
        let mut text = String::new();
        let mut send = |part| text += &String::from_utf8(part).unwrap();
        let mut out = Parts::new(&mut send);
        let up = LastLabel::new("state", "up");
        Family::new(&mut out, Kind::Gauge, "upptid_x", "X.").with(&labels, &up, true);
        out.end();
        assert_eq!(
            text.lines().last().unwrap(),
            r#"upptid_x{service="a\"} 1\nup{x=\"\\",team="ö",state="up"} 1"#
        );
    }
}
