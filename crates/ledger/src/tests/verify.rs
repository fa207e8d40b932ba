//! `verify` finds what was done to a journal's files, and names the place.

use std::fs;
use std::path::PathBuf;

use contract::{Fact, Line};

use super::*;
use crate::journal::line::{self, Hash, Sealed};
use crate::{VerifyError, VerifyReport, verify};

/// A journal of three segments, as a ledger wrote it.
struct Journal {
    dir: tempfile::TempDir,
    files: Vec<(String, Vec<u8>)>,
}

impl Journal {
    fn written() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, _) = open(dir.path(), at(0));
        for month in 0..3 {
            let from = month * 31 * DAY_MS;
            ledger
                .record(vec![down("portal", at(from)), up("portal", at(from + 9))])
                .wait()
                .unwrap();
        }
        ledger.close(at(70 * DAY_MS)).unwrap();
        drop(ledger);
        let names = ["2026-10.jsonl", "2026-11.jsonl", "2026-12.jsonl"];
        let read = |name: &str| fs::read(dir.path().join("journal").join(name)).unwrap();
        let files = names.map(|name| (name.to_owned(), read(name))).to_vec();
        Journal { dir, files }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    fn path(&self, index: usize) -> PathBuf {
        self.folder().join(&self.files[index].0)
    }

    fn verify(&self) -> VerifyReport {
        verify(&self.folder()).unwrap()
    }

    /// Verifies with other bytes in one file, which then has its own again.
    fn verify_with(&self, index: usize, bytes: &[u8]) -> VerifyReport {
        fs::write(self.path(index), bytes).unwrap();
        let report = self.verify();
        fs::write(self.path(index), &self.files[index].1).unwrap();
        report
    }

    fn lines(&self, index: usize) -> Vec<&[u8]> {
        self.files[index].1.split_inclusive(|byte| *byte == b'\n').collect()
    }

    fn tip(&self) -> crate::Tip {
        self.verify().last.unwrap()
    }
}

/// The place of the first damage: file, line, byte, last good line.
fn place(report: &VerifyReport) -> (&str, u64, u64, u64) {
    let damage = report.damage().next().expect("damage is found");
    (&damage.file, damage.line, damage.byte, damage.last_good_seq)
}

fn found(report: &VerifyReport) -> &str {
    &report.damage().next().expect("damage is found").found
}

#[test]
fn c10_1_a_whole_journal_verifies_segment_by_segment() {
    let journal = Journal::written();
    let report = journal.verify();
    assert_eq!(report.damage().count(), 0);
    let mut next = 1;
    for (segment, index) in report.segments.iter().zip(0..) {
        let lines = journal.lines(index).len() as u64;
        assert_eq!((&segment.file, segment.lines), (&journal.files[index].0, lines));
        let seqs = (segment.first_seq, segment.last_seq);
        assert_eq!(seqs, (Some(next), Some(next + lines - 1)));
        assert_eq!((segment.torn_bytes, segment.hidden_lines, segment.follows), (0, 0, None));
        next += lines;
    }
    let last = Sealed::split(journal.lines(2).last().unwrap().trim_ascii_end()).unwrap();
    assert_eq!(report.last.map(|tip| (tip.seq, tip.hash)), Some((next - 1, last.hash)));
    assert_eq!(report.lines(), next - 1);
}

#[test]
fn c10_1_a_running_agents_journal_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    let recorded = ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    let report = verify(&dir.path().join("journal")).unwrap();
    assert_eq!(report.damage().count(), 0);
    assert_eq!(report.last.map(|tip| tip.seq), Some(recorded.last_seq));
}

/// Flips a bit of every seventh byte: some fifty in each line, and each bit in turn.
#[test]
fn c10_1_one_flipped_bit_is_found_and_its_line_named() {
    let journal = Journal::written();
    let mut good_before = 0;
    for (index, (name, whole)) in journal.files.iter().enumerate() {
        for byte in (0..whole.len()).step_by(7) {
            let newlines = || whole[..byte].iter().enumerate().filter(|(_, it)| **it == b'\n');
            let before = newlines().count() as u64;
            let begin = newlines().next_back().map_or(0, |(newline, _)| newline as u64 + 1);
            let mut bytes = whole.clone();
            bytes[byte] ^= 1 << (byte % 8);
            let report = journal.verify_with(index, &bytes);
            let expected = (name.as_str(), before + 1, begin, good_before + before);
            assert_eq!(place(&report), expected, "byte {byte}");
        }
        good_before += journal.lines(index).len() as u64;
    }
}

#[test]
fn c10_1_every_bit_of_a_newline_counts() {
    let journal = Journal::written();
    for (index, (name, whole)) in journal.files.iter().enumerate() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            *bytes.last_mut().unwrap() ^= 1 << bit;
            let report = journal.verify_with(index, &bytes);
            let last_line = journal.lines(index).len() as u64;
            assert_eq!((place(&report).0, place(&report).1), (name.as_str(), last_line));
        }
    }
}

#[test]
fn c10_1_a_truncated_segment_is_damage_unless_it_is_the_one_being_written() {
    let journal = Journal::written();
    for (index, (name, whole)) in journal.files.iter().enumerate() {
        let first_line = journal.lines(index)[0].len();
        for len in (0..whole.len()).step_by(7) {
            let report = journal.verify_with(index, &whole[..len]);
            let complete = whole[..len].iter().filter(|byte| **byte == b'\n').count() as u64;
            let rest = whole[..len].rsplit(|byte| *byte == b'\n').next().unwrap().len() as u64;
            if index < 2 {
                let at_next = rest == 0 && complete > 0;
                let (file, line) = if at_next {
                    (journal.files[index + 1].0.as_str(), 1)
                } else {
                    (name.as_str(), complete + 1)
                };
                assert_eq!((place(&report).0, place(&report).1), (file, line), "cut at {len}");
            } else if len < first_line {
                assert_eq!(place(&report).1, 1, "cut at {len}");
            } else {
                assert_eq!(report.damage().count(), 0, "cut at {len}");
                assert_eq!(report.segments[2].torn_bytes, rest);
                // Only the last line, which a statement names, tells that lines were cut off.
                assert!(report.last.unwrap().seq < journal.tip().seq);
            }
        }
    }
}

#[test]
fn a_last_line_that_is_being_written_is_told_and_no_damage() {
    let journal = Journal::written();
    let whole = &journal.files[2].1;
    let next = journal.tip().seq + 1;
    let mut line = Vec::new();
    let until = at(71 * DAY_MS);
    let fact = Line { seq: next, at: until, fact: Fact::Measured { until } };
    line::seal(&fact, [3; 16], &journal.tip().hash, &mut line);
    for len in 1..line.len() {
        let report = journal.verify_with(2, &[whole, &line[..len]].concat());
        assert_eq!(report.damage().count(), 0, "{len} bytes of a line");
        assert_eq!(report.segments[2].torn_bytes, len as u64);
    }
    // The power went: the file had its length, and not yet its bytes.
    let report = journal.verify_with(2, &[whole, &line[..100], &[0; 5000]].concat());
    assert_eq!((report.damage().count(), report.segments[2].torn_bytes), (0, 5100));
}

#[test]
fn c10_1_a_missing_segment_is_named_by_the_lines_that_are_missing() {
    for missing in 0..3 {
        let journal = Journal::written();
        fs::remove_file(journal.path(missing)).unwrap();
        let report = journal.verify();
        assert_eq!(report.segments.len(), 2);
        let first = journal.lines(0).len() as u64;
        let second = first + journal.lines(1).len() as u64;
        match missing {
            0 => assert_eq!(
                found(&report),
                format!("lines 1 to {first} have to come before it and are missing")
            ),
            1 => assert_eq!(
                found(&report),
                format!("lines {} to {second} have to come before it and are missing", first + 1)
            ),
            // Nothing comes after it: the last line tells.
            _ => assert_eq!(
                (report.damage().count(), report.last.map(|tip| tip.seq)),
                (0, Some(second))
            ),
        }
    }
}

#[test]
fn c10_1_swapped_repeated_and_removed_lines_are_named() {
    let journal = Journal::written();
    let lines = journal.lines(1);
    let last_good = journal.lines(0).len() as u64;
    for (order, line) in
        [(vec![0, 2, 1], 2), (vec![1, 0, 2], 1), (vec![0, 1, 1], 3), (vec![0, 2], 2)]
    {
        let bytes: Vec<u8> = order.iter().flat_map(|index| lines[*index].to_vec()).collect();
        let report = journal.verify_with(1, &bytes);
        assert_eq!(place(&report).0, journal.files[1].0, "{order:?}");
        assert_eq!((place(&report).1, place(&report).3), (line, last_good + line - 1), "{order:?}");
    }
}

#[test]
fn c10_1_swapped_segments_are_named() {
    let journal = Journal::written();
    fs::write(journal.path(0), &journal.files[1].1).unwrap();
    fs::write(journal.path(1), &journal.files[0].1).unwrap();
    let report = journal.verify();
    assert_eq!((place(&report).0, place(&report).1), ("2026-10.jsonl", 1));
    assert_eq!(report.segments[0].lines, 0, "a segment of another month does not verify");
}

#[test]
fn c10_1_known_damage_stays_damage_and_the_newer_lines_are_verified() {
    let journal = Journal::written();
    let mut bytes = journal.files[2].1.clone();
    let third = journal.lines(2)[..2].concat().len();
    bytes[third + 30] ^= 1;
    fs::write(journal.path(2), &bytes).unwrap();
    let (ledger, _) = open(journal.dir.path(), at(71 * DAY_MS));
    ledger.close(at(72 * DAY_MS)).unwrap();
    let report = journal.verify();
    assert_eq!((report.damage().count(), place(&report).0), (1, "2026-12.jsonl"));
    let newer = report.segments.last().unwrap();
    assert_eq!((newer.file.as_str(), newer.damage.len()), ("2026-12.2.jsonl", 0));
    assert_eq!(report.last.map(|tip| tip.seq), newer.last_seq);
}

#[test]
fn each_of_two_gaps_is_told() {
    let journal = Journal::written();
    let cut = |index: usize| journal.lines(index)[..2].concat();
    fs::write(journal.path(0), cut(0)).unwrap();
    fs::write(journal.path(1), cut(1)).unwrap();
    let report = journal.verify();
    let places: Vec<_> = report.damage().map(|it| (it.file.as_str(), it.line)).collect();
    assert_eq!(places, [("2026-11.jsonl", 1), ("2026-12.jsonl", 1)]);
}

#[test]
fn one_segment_alone_is_verified_from_where_it_begins() {
    let journal = Journal::written();
    let report = verify(&journal.path(1)).unwrap();
    let before = Sealed::split(journal.lines(0).last().unwrap().trim_ascii_end()).unwrap().hash;
    assert_eq!((report.damage().count(), report.segments[0].follows), (0, Some(before)));
    let report = verify(&journal.path(0)).unwrap();
    assert_eq!((report.damage().count(), report.segments[0].follows), (0, None));
}

#[test]
fn c10_1_hidden_lines_keep_their_place_and_are_counted() {
    let journal = Journal::written();
    let lines = journal.lines(0);
    let hide = |line: &[u8]| {
        let sealed = Sealed::split(line.trim_ascii_end()).unwrap();
        sealed.hide(sealed.seq().unwrap()) + "\n"
    };
    let hidden = hide(lines[1]);
    let rest = lines[2..].concat();
    let report = journal.verify_with(0, &[lines[0], hidden.as_bytes(), &rest].concat());
    assert_eq!((report.damage().count(), report.segments[0].hidden_lines), (0, 1));
    assert_eq!(report.last, journal.verify().last);
    for other in [hidden.replace(":2,", ":3,"), hidden.replace(":2,", ":02,")] {
        let report = journal.verify_with(0, &[lines[0], other.as_bytes(), &rest].concat());
        assert_eq!(place(&report).1, 2, "{other}");
    }
}

#[test]
fn c10_1_a_line_that_fits_the_chain_and_is_no_fact_is_damage() {
    let journal = Journal::written();
    let begin = |fact: Fact| {
        let mut bytes = Vec::new();
        line::seal(&Line { seq: 1, at: at(0), fact }, [0; 16], &Hash::ZERO, &mut bytes);
        bytes
    };
    let text = |word: &str| word.to_owned();
    let opened = |format, month: &str| Fact::SegmentOpened {
        format,
        month: text(month),
        agent: text("gbg-1"),
        version: text("0.0.0"),
    };
    let report = journal.verify_with(0, &begin(opened(1, "2026-09")));
    assert!(found(&report).contains("opens the segment of 2026-09"), "{report:?}");
    let report = journal.verify_with(0, &begin(Fact::Measured { until: at(0) }));
    assert!(found(&report).contains("segment_opened"), "{report:?}");
    // The same chain around a body that no version writes.
    let body = br#"{"seq":1,"at":"2026-10-01T12:00:00.000Z","fact":"remeasured","salt":"00"}"#;
    let hash = Hash::ZERO.followed_by(&Hash::of(body));
    let open_body = std::str::from_utf8(&body[..body.len() - 1]).unwrap();
    let line = format!("{open_body},\"prev\":\"{}\",\"hash\":\"{hash}\"}}\n", Hash::ZERO);
    let report = journal.verify_with(0, line.as_bytes());
    assert!(found(&report).contains("unknown fact"), "{report:?}");
    fs::write(journal.path(0), begin(opened(2, "2026-10"))).unwrap();
    let error = verify(&journal.folder()).unwrap_err();
    assert!(matches!(error, VerifyError::NewerFormat { format: 2, .. }), "{error}");
}

#[test]
fn what_is_no_journal_is_refused_with_a_remedy() {
    let journal = Journal::written();
    let error = verify(journal.dir.path()).unwrap_err().to_string();
    assert!(error.contains("holds no segment") && error.contains("did you mean"), "{error}");
    let error = verify(&journal.folder().join("none.jsonl")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read "), "{error}");
}
