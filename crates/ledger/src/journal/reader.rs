//! Reads a segment line by line and tells how it ends: whole, torn, or damaged.

use std::io::{self, BufRead, BufReader, Read};

use crate::disk::{DiskFile, FromOffset};
use crate::journal::line::{Hash, LINE_BYTES_MAX, Sealed};

/// The end of a chain: the last line's number and hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tip {
    /// The last line's number; 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Tip {
    /// Before the first line.
    pub const START: Tip = Tip { seq: 0, hash: Hash::ZERO };
}

/// How a segment was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    /// Lines that verified.
    pub(crate) lines: u64,
    /// Bytes of those lines.
    pub(crate) bytes: u64,
    /// The last of them; what was expected if there is none.
    pub(crate) tip: Option<Tip>,
    /// What follows them.
    pub(crate) end: End,
}

/// What follows the last line that verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// Nothing.
    Whole,
    /// Bytes without a newline (NULs, often): a write that was never acknowledged.
    Torn { bytes: u64 },
    /// A complete line that is not what was written.
    Damaged { found: String },
}

/// Reads `file` from its start. `expected`: what its first line follows; none takes it on trust.
/// `on_line` gets each line that verified, without its newline, and the tip after it; what it
/// refuses is damage too.
pub(crate) fn read_segment(
    file: &dyn DiskFile,
    expected: Option<Tip>,
    mut on_line: impl FnMut(&[u8], Tip) -> Result<(), String>,
) -> io::Result<Reading> {
    let mut stream = BufReader::with_capacity(1 << 20, FromOffset { file, offset: 0 });
    let mut reading = Reading { lines: 0, bytes: 0, tip: expected, end: End::Whole };
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = stream.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(reading);
        }
        let Some(text) = line.strip_suffix(b"\n") else {
            reading.end = match read < LINE_BYTES_MAX {
                true => End::Torn { bytes: read as u64 },
                false => unended(&mut stream, file, reading.bytes)?,
            };
            return Ok(reading);
        };
        let checked = check(text, reading.tip).and_then(|tip| on_line(text, tip).map(|()| tip));
        match checked {
            Ok(tip) => reading.tip = Some(tip),
            Err(found) => {
                reading.end = End::Damaged { found };
                return Ok(reading);
            }
        }
        reading.lines += 1;
        reading.bytes += read as u64;
    }
}

/// More bytes than a line may have: torn if no newline ends them, as after a tail of NULs.
fn unended(stream: &mut impl BufRead, file: &dyn DiskFile, from: u64) -> io::Result<End> {
    loop {
        let buffer = stream.fill_buf()?;
        let len = buffer.len();
        if len == 0 {
            return Ok(End::Torn { bytes: file.len()?.saturating_sub(from) });
        }
        if buffer.contains(&b'\n') {
            return Ok(End::Damaged { found: format!("it is longer than {LINE_BYTES_MAX} bytes") });
        }
        stream.consume(len);
    }
}

/// The tip after `text`, if it follows `before` and verifies.
fn check(text: &[u8], before: Option<Tip>) -> Result<Tip, String> {
    let sealed = Sealed::split(text)?;
    sealed.verify()?;
    let seq = sealed.seq().ok_or("it does not begin with its seq")?;
    if let Some(before) = before {
        if sealed.prev != before.hash {
            return Err(format!(
                "it follows a line with hash {}, not the one before it ({})",
                sealed.prev, before.hash
            ));
        }
        let next = before.seq.saturating_add(1);
        if seq != next || seq == before.seq {
            return Err(format!("its seq is {seq} where {next} has to come"));
        }
    }
    Ok(Tip { seq, hash: sealed.hash })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Disk;
    use crate::disk::faulty::FaultyDisk;
    use crate::journal::line;
    use contract::{Fact, Instant, Line};
    use std::path::Path;

    fn journal(lines: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut prev = Hash::ZERO;
        for seq in 1..=lines {
            let at = Instant::from_ms(seq as i64);
            let fact = Line { seq, at, fact: Fact::Measured { until: at } };
            prev = line::seal(&fact, [1; 16], &prev, &mut bytes);
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Reading {
        let disk = FaultyDisk::new(1);
        let mut file = disk.open(Path::new("/j"), true).unwrap();
        file.append(bytes).unwrap();
        read_segment(&*file, Some(Tip::START), |_, _| Ok(())).unwrap()
    }

    #[test]
    fn only_what_follows_the_last_newline_is_torn() {
        let whole = journal(5);
        for cut in 0..whole.len() {
            let reading = read(&whole[..cut]);
            let complete = whole[..cut].iter().filter(|byte| **byte == b'\n').count() as u64;
            assert_eq!(reading.lines, complete, "cut at byte {cut}");
            let torn = cut as u64 - reading.bytes;
            let end = if torn == 0 { End::Whole } else { End::Torn { bytes: torn } };
            assert_eq!(reading.end, end, "cut at byte {cut}");
        }
    }

    #[test]
    fn a_tail_of_nuls_is_torn_however_long() {
        for nuls in [1, 4096, LINE_BYTES_MAX, 3 * LINE_BYTES_MAX + 7] {
            let mut bytes = journal(2);
            bytes.resize(bytes.len() + nuls, 0);
            let reading = read(&bytes);
            assert_eq!((reading.lines, reading.end), (2, End::Torn { bytes: nuls as u64 }));
        }
    }

    #[test]
    fn a_line_that_was_removed_repeated_or_moved_is_damage() {
        let whole = journal(5);
        let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        for order in [vec![0, 2], vec![0, 0], vec![1], vec![0, 1, 3, 2, 4]] {
            let bytes: Vec<u8> = order.iter().flat_map(|index| lines[*index].to_vec()).collect();
            assert!(matches!(read(&bytes).end, End::Damaged { .. }), "{order:?}");
        }
    }
}
