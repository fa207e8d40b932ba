//! Facts read back from the files, while the ledger is open.

use std::fs;
use std::path::{Path, PathBuf};

use contract::{Instant, Month};

use super::{DAY_MS, agent_off, at, down, open, up};
use crate::facts::{ReadError, read_of, read_until};
use crate::journal::reader::Tip;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// Three segments: October, November and, after an absence, February. Gives the journal's folder
/// and the number of the last line of each.
fn journal(dir: &Path) -> (PathBuf, [u64; 3]) {
    let (ledger, _) = open(dir, at(0));
    let mut last = [0; 3];
    let months = [0, 32 * DAY_MS, 125 * DAY_MS];
    for (end, ms) in last.iter_mut().zip(months) {
        let facts =
            vec![up("portal", at(ms)), down("portal", at(ms + 1)), agent_off(at(ms + 2), at(ms))];
        *end = ledger.record(facts).wait().unwrap().last_seq;
    }
    ledger.close(at(months[2] + 3)).unwrap();
    (dir.join("journal"), last)
}

fn known_since(dir: &Path, from: &str) -> Option<Instant> {
    let (history, _) = read_until(dir, month(from), None).unwrap();
    history.known_since("portal")
}

#[test]
fn the_segment_that_was_in_use_is_the_first_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, _) = journal(folder.path());
    assert_eq!(known_since(&dir, "2026-09"), Some(at(0)));
    assert_eq!(known_since(&dir, "2026-10"), Some(at(0)));
    // November's carries over what was in force.
    assert!(known_since(&dir, "2026-11") > Some(at(0)));
    // No segment was begun in December and January.
    assert_eq!(known_since(&dir, "2027-01"), known_since(&dir, "2026-11"));
    assert!(known_since(&dir, "2027-02") > known_since(&dir, "2027-01"));
    assert_eq!(known_since(&dir, "2028-01"), known_since(&dir, "2027-02"));
}

#[test]
fn c10_1_the_same_lines_give_the_same_history_whatever_follows() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, last) = journal(folder.path());
    let read = |seq| {
        let (history, tip) = read_until(&dir, month("2026-10"), Some(seq)).unwrap();
        (format!("{:?} {:?}", history.last_known(), history.current_state("portal")), tip)
    };
    for (seq, ms) in [(last[0], 2), (last[1], 32 * DAY_MS + 2)] {
        let (told, tip) = read(seq);
        assert!(told.starts_with(&format!("{:?}", Some(at(ms)))), "{told}");
        assert_eq!(tip.seq, seq);
    }
    let before = read(last[0]);
    for later in ["2026-11.jsonl", "2027-02.jsonl"] {
        fs::remove_file(dir.join(later)).unwrap();
        assert_eq!(read(last[0]), before);
    }
    let gone = read_until(&dir, month("2026-10"), Some(last[1])).unwrap_err();
    assert!(
        matches!(gone, ReadError::NoSuchLine { seq, last_seq } if (seq, last_seq) == (last[1], last[0])),
        "{gone}"
    );
}

#[test]
fn a_line_that_does_not_verify_is_passed_over_with_the_rest_of_its_segment() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, last) = journal(folder.path());
    let path = dir.join("2026-11.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("connect_timeout", "connect_timeouts")).unwrap();
    let (history, tip) = read_until(&dir, month("2026-10"), None).unwrap();
    // February's segment stands alone then.
    assert!(tip.seq > last[2]);
    assert_eq!(history.known_since("portal"), known_since(&dir, "2027-02"));
    let lost = read_until(&dir, month("2026-10"), Some(last[1])).unwrap_err();
    assert!(matches!(lost, ReadError::NoSuchLine { .. }), "{lost}");
}

#[test]
fn a_service_reads_the_same_without_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["portal", "mail", "a \"quoted\" one", "port"];
    let (ledger, _) = open(folder.path(), at(0));
    for ms in [0, 5, 32 * DAY_MS, 64 * DAY_MS] {
        for (place, name) in (0..).zip(names) {
            let facts = vec![up(name, at(ms + place)), down(name, at(ms + place + 10 * DAY_MS))];
            ledger.record(facts).wait().unwrap();
        }
    }
    ledger.record(vec![agent_off(at(100 * DAY_MS), at(80 * DAY_MS))]).wait().unwrap();
    ledger.close(at(100 * DAY_MS)).unwrap();
    let dir = folder.path().join("journal");
    for from in ["2026-10", "2026-12"] {
        let (whole, tip) = read_until(&dir, month(from), None).unwrap();
        for name in names {
            let alone = read_of(&dir, month(from), name).unwrap();
            assert_eq!(alone.next_seq(), tip.seq + 1);
            let told = |history: &contract::History| {
                let evidence = history.evidence_at(name, at(99 * DAY_MS)).is_some();
                (history.known_since(name), format!("{:?}", history.current_state(name)), evidence)
            };
            assert_eq!(told(&alone), told(&whole), "{name} from {from}");
            // The others are passed over.
            let others = names.into_iter().filter(|other| *other != name);
            let known = others.filter(|other| alone.known_since(other).is_some());
            assert!(known.eq(["a \"quoted\" one"].into_iter().filter(|other| *other != name)));
        }
    }
}

#[test]
fn a_folder_without_a_journal_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let none = read_until(folder.path(), month("2026-10"), None).unwrap_err();
    assert!(matches!(none, ReadError::NoSegment { .. }), "{none}");
    let missing = read_until(&folder.path().join("journal"), month("2026-10"), None).unwrap_err();
    assert!(matches!(missing, ReadError::Io { .. }), "{missing}");
    assert_eq!(Tip::START.seq, 0);
}
