//! A damaged journal is named and never repaired; measuring goes on in a new segment.

use std::fs;
use std::path::PathBuf;

use contract::Fact;

use super::*;

fn segment(dir: &Path, name: &str) -> PathBuf {
    dir.join("journal").join(name)
}

/// A ledger that ended cleanly, with one outage.
fn ledger_with_an_outage(dir: &Path) {
    let (ledger, _) = open(dir, at(0));
    for facts in [up("portal", at(1)), down("portal", at(2)), up("portal", at(3))] {
        ledger.record(vec![facts]).wait().unwrap();
    }
    ledger.close(at(10_000)).unwrap();
}

#[test]
fn c10_1_a_flipped_bit_is_named_and_measuring_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    ledger_with_an_outage(dir.path());
    let path = segment(dir.path(), "2026-10.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    let third =
        bytes.split_inclusive(|byte| *byte == b'\n').take(2).map(<[u8]>::len).sum::<usize>();
    bytes[third + 30] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let (ledger, report) = open(dir.path(), at(20_000));
    let [damage] = &report.damage[..] else { panic!("{report:?}") };
    assert_eq!((damage.file.as_str(), damage.line), ("2026-10.jsonl", 3));
    assert_eq!((damage.byte, damage.last_good_seq), (third as u64, 2));
    // Lines were lost: only what verified is known, not the heartbeat.
    assert_eq!((report.last_known, report.clean), (Some(at(1)), false));
    let seq = ledger.record(vec![agent_off(at(1), at(20_000))]).wait().unwrap().first_seq;
    ledger.record(vec![up("portal", at(21_000))]).wait().unwrap();
    assert_eq!(ledger.health().journal.damage, report.damage);
    ledger.close(at(22_000)).unwrap();
    drop(ledger);
    assert_eq!(fs::read(&path).unwrap(), bytes, "a damaged file is left as it is");
    let text = fs::read_to_string(segment(dir.path(), "2026-10.2.jsonl")).unwrap();
    let lines: Vec<_> = text.lines().map(|line| contract::parse_line(line, 1).unwrap()).collect();
    assert_eq!(lines[0].seq, 3);
    let Fact::ChainDamaged { last_good_seq, found, .. } = &lines[1].fact else {
        panic!("{lines:?}")
    };
    assert_eq!(*last_good_seq, 2);
    assert!(found.contains("2026-10.jsonl") && found.contains("line 3"), "{found}");
    assert!(lines.iter().any(|line| line.seq == seq));
    // Known damage is shown again, and needs no further segment.
    let (ledger, again) = open(dir.path(), at(30_000));
    assert_eq!(again.damage[0].to_string(), report.damage[0].to_string());
    assert_eq!((again.damage.len(), again.last_known), (1, Some(at(22_000))));
    ledger.record(vec![up("portal", at(31_000))]).wait().unwrap();
    assert!(!segment(dir.path(), "2026-10.3.jsonl").exists());
}

#[test]
fn c10_1_a_journal_that_ends_before_the_heartbeat_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    ledger_with_an_outage(dir.path());
    let path = segment(dir.path(), "2026-10.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    fs::write(&path, lines[..2].concat()).unwrap();
    let (ledger, report) = open(dir.path(), at(20_000));
    assert_eq!((report.damage.len(), report.last_known), (1, Some(at(1))));
    assert!(report.damage[0].found.contains("was acknowledged"), "{}", report.damage[0]);
    assert_eq!(report.damage[0].last_good_seq, 2);
    assert!(report.store_rebuild.is_some());
    ledger.record(vec![agent_off(at(1), at(20_000))]).wait().unwrap();
    assert!(segment(dir.path(), "2026-10.2.jsonl").exists());
}

#[test]
fn c10_1_a_journal_that_was_replaced_is_damaged() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    ledger_with_an_outage(dir.path());
    ledger_with_an_outage(other.path());
    let path = |dir: &tempfile::TempDir| segment(dir.path(), "2026-10.jsonl");
    fs::copy(path(&other), path(&dir)).unwrap();
    let (_, report) = open(dir.path(), at(20_000));
    assert_eq!(report.damage.len(), 1);
    assert!(report.damage[0].found.contains("with hash"), "{}", report.damage[0]);
}

#[test]
fn c10_1_a_journal_that_is_gone_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    ledger_with_an_outage(dir.path());
    fs::remove_file(segment(dir.path(), "2026-10.jsonl")).unwrap();
    let (ledger, report) = open(dir.path(), at(20_000));
    assert_eq!((report.damage.len(), report.last_known), (1, None));
    ledger.record(vec![up("portal", at(20_000))]).wait().unwrap();
}

#[test]
fn damage_in_an_older_segment_is_found_in_the_background() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    for month in 0..5 {
        ledger.record(vec![up("portal", at(month * 31 * DAY_MS))]).wait().unwrap();
    }
    ledger.close(at(130 * DAY_MS)).unwrap();
    drop(ledger);
    let path = segment(dir.path(), "2026-10.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    bytes[40] ^= 4;
    fs::write(&path, bytes).unwrap();
    let (ledger, report) = open(dir.path(), at(130 * DAY_MS));
    assert_eq!(report.damage, []);
    until(&ledger, |health| health.journal.verified_ago.is_some());
    let damage = ledger.health().journal.damage;
    assert_eq!((damage.len(), damage[0].file.as_str(), damage[0].line), (1, "2026-10.jsonl", 1));
    assert!(!segment(dir.path(), "2027-02.2.jsonl").exists());
}

/// Heartbeats and waits until the writer has taken them.
fn beat(ledger: &Ledger, now: Instant) {
    ledger.heartbeat(now);
    ledger.record(vec![up("portal", now)]).wait().unwrap();
}

#[test]
fn c10_1_each_damage_is_recorded_once_and_marks_the_months_touched() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    for month in 0..6 {
        let from = at(month * 31 * DAY_MS);
        ledger.record(vec![up("portal", from), down("mail", from)]).wait().unwrap();
    }
    let now = at(160 * DAY_MS);
    ledger.close(now).unwrap();
    drop(ledger);
    // November's last line, and January's, which the next start reads by itself.
    for name in ["2026-11.jsonl", "2027-01.jsonl"] {
        let text = fs::read_to_string(segment(dir.path(), name)).unwrap();
        fs::write(segment(dir.path(), name), text.replacen("connect_timeout", "tls_timeout", 9))
            .unwrap();
    }
    for start in 0..4 {
        let now = now.plus_ms(start * 40 * DAY_MS);
        let (ledger, _) = open(dir.path(), now);
        until(&ledger, |health| health.journal.verified_ago.is_some());
        assert_eq!(ledger.health().journal.damage.len(), 2, "start {start}");
        beat(&ledger, now.plus_ms(10_000));
        beat(&ledger, now.plus_ms(20_000));
        ledger.read(|history| {
            let touched = |month: &str| {
                let terms = contract::ResolvedTerms::new(contract::Terms::default()).unwrap();
                let month = contract::MonthTerms::new(&terms, month.parse().unwrap());
                history.chain_damage_in(month.bounds()).count()
            };
            let months = ["2026-10", "2026-11", "2026-12", "2027-01", "2027-02", "2027-03"];
            assert_eq!(months.map(touched), [0, 1, 1, 1, 1, 0], "start {start}");
            assert_eq!(history.chain_damage().len(), 2, "start {start}");
        });
        ledger.close(now.plus_ms(30_000)).unwrap();
    }
    let names = crate::segment_files(&dir.path().join("journal")).unwrap();
    let text: String = names.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let own = text.lines().filter(|line| line.contains("\"fact\":\"chain_damaged\""));
    assert_eq!(own.filter(|line| !line.contains("carried_over")).count(), 2);
}

#[test]
fn lines_missing_between_two_segments_are_named_and_the_newer_ones_count() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    ledger.record(vec![up("portal", at(0))]).wait().unwrap();
    ledger.record(vec![down("mail", at(1))]).wait().unwrap();
    ledger.record(vec![up("mail", at(31 * DAY_MS))]).wait().unwrap();
    ledger.close(at(32 * DAY_MS)).unwrap();
    drop(ledger);
    let path = segment(dir.path(), "2026-10.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.split_inclusive('\n').take(2).collect::<String>()).unwrap();
    let (ledger, report) = open(dir.path(), at(33 * DAY_MS));
    assert_eq!(report.damage.len(), 1, "{report:?}");
    assert_eq!(
        (report.damage[0].file.as_str(), report.damage[0].last_good_seq),
        ("2026-11.jsonl", 2)
    );
    let since = |history: &contract::History, name| history.current_state(name).since;
    assert_eq!(ledger.read(|history| since(history, "mail")), Some(at(31 * DAY_MS)));
    assert_eq!(ledger.read(|history| since(history, "portal")), Some(at(0)));
}

#[test]
fn a_journal_of_a_newer_format_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = Vec::new();
    let text = |word: &str| word.to_owned();
    let (month, agent, version) = (text("2026-10"), text("gbg-1"), text("9.0.0"));
    let fact = Fact::SegmentOpened { format: 2, month, agent, version };
    let line = contract::Line { seq: 1, at: at(0), fact };
    let zero = crate::journal::line::Hash::ZERO;
    crate::journal::line::seal(&line, [0; 16], &zero, &mut bytes);
    fs::create_dir(dir.path().join("journal")).unwrap();
    fs::write(segment(dir.path(), "2026-10.jsonl"), &bytes).unwrap();
    let Err(error) = Ledger::open(options(dir.path(), at(1))) else { panic!("it opened") };
    assert!(error.to_string().contains("format 2"), "{error}");
    assert_eq!(fs::read(segment(dir.path(), "2026-10.jsonl")).unwrap(), bytes);
}

/// Flips, cuts and zeroes the journal at many places. Whatever is hit: it opens without a panic,
/// what is read verifies, and either nothing is missing or it is told.
#[test]
fn every_region_of_the_journal_damaged_is_noticed_or_harmless() {
    let dir = tempfile::tempdir().unwrap();
    ledger_with_an_outage(dir.path());
    let name = "2026-10.jsonl";
    let whole = fs::read(segment(dir.path(), name)).unwrap();
    let seed = 42;
    println!("seed {seed}");
    let mut random = Random::new(seed);
    for round in 0..90 {
        let byte = (round * whole.len() / 90) + random.below(whole.len() as u64 / 90) as usize;
        let mut bytes = whole.clone();
        let how = match round % 3 {
            0 => {
                bytes[byte] ^= 1 << random.below(8);
                "flipped"
            }
            1 => {
                bytes.truncate(byte);
                "truncated"
            }
            _ => {
                let end = (byte + 64).min(bytes.len());
                bytes[byte..end].fill(0);
                "zeroed"
            }
        };
        let copy = tempfile::tempdir().unwrap();
        copy_folder(dir.path(), copy.path());
        fs::write(segment(copy.path(), name), &bytes).unwrap();
        let (ledger, report) = open(copy.path(), at(20_000));
        assert!(!report.damage.is_empty(), "{how} at byte {byte} unnoticed");
        ledger.record(vec![up("portal", at(21_000))]).wait().unwrap();
        drop(ledger);
        assert_eq!(fs::read(segment(copy.path(), name)).unwrap(), bytes, "{how} at byte {byte}");
    }
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
