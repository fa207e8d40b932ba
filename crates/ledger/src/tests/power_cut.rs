//! The power is cut at any moment: nothing that was acknowledged is lost. The same scenario on a
//! disk whose sync lies has to lose something, or this test would prove nothing.

use contract::{Fact, State};

use super::*;
use crate::disk::faulty::FaultyDisk;

const SEEDS: u64 = 60;

/// What a power cut left of what had been acknowledged.
#[derive(PartialEq, Debug)]
enum Aftermath {
    AllFound,
    Lost(String),
}

/// Runs a ledger on a disk, cuts the power after some acknowledged facts, and looks.
fn cut_power(seed: u64, lying: bool) -> Aftermath {
    let dir = tempfile::tempdir().unwrap();
    let mut random = Random::new(seed);
    let mut disk = FaultyDisk::new(seed);
    if lying {
        disk.lie();
    }
    let (mut acknowledged, mut ms) = (Vec::<String>::new(), 0);
    for round in 0..3 {
        let (ledger, report) = open_on(&disk, dir.path(), at(ms));
        if !report.damage.is_empty() {
            return Aftermath::Lost(report.damage[0].to_string());
        }
        let found: Vec<_> = ledger.read(|history| {
            let states = acknowledged.iter();
            states.map(|name| history.current_state(name).state == State::Up).collect()
        });
        if let Some(lost) = found.iter().position(|found| !found) {
            return Aftermath::Lost(acknowledged[lost].clone());
        }
        for fact in 0..1 + random.below(20) {
            // Some rounds cross the end of a month.
            ms += 1 + random.below(3 * DAY_MS as u64) as i64;
            let service = format!("service-{round}-{fact}");
            let ticket = ledger.record(vec![up(&service, at(ms))]);
            if random.below(4) > 0 {
                ticket.wait().unwrap();
                acknowledged.push(service);
            }
        }
        let after = disk.power_cut();
        if lying {
            after.lie();
        }
        drop(ledger);
        disk = after;
    }
    Aftermath::AllFound
}

#[test]
fn a_power_cut_loses_nothing_acknowledged() {
    for seed in 0..SEEDS {
        assert_eq!(cut_power(seed, false), Aftermath::AllFound, "seed {seed}");
    }
}

#[test]
fn without_the_sync_the_same_power_cuts_lose_what_was_acknowledged() {
    let lost = (0..SEEDS).filter(|seed| cut_power(*seed, true) != Aftermath::AllFound).count();
    assert!(lost as u64 > SEEDS / 2, "only {lost} of {SEEDS} power cuts were noticed");
}

#[test]
fn what_a_power_cut_tore_is_cut_off_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal/2026-10.jsonl");
    let disk = FaultyDisk::new(1);
    let (ledger, _) = open_on(&disk, dir.path(), at(0));
    ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    drop(ledger);
    let whole = disk.bytes(&journal);
    for tail in [&b"{\"seq\":3,\"at\":"[..], &[0; 4096], b"\0", b"{\0\0\0"] {
        disk.put(&journal, [&whole[..], tail].concat());
        let (ledger, report) = open_on(&disk, dir.path(), at(2));
        assert_eq!((report.torn_bytes, report.damage), (tail.len() as u64, vec![]));
        assert_eq!(ledger.health().journal.torn_bytes, tail.len() as u64);
        assert_eq!(disk.bytes(&journal), whole);
        assert_eq!(ledger.record(vec![down("portal", at(3))]).wait().unwrap().first_seq, 3);
    }
}

#[test]
fn lines_that_were_written_and_not_acknowledged_are_recognised() {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal/2026-10.jsonl");
    let disk = FaultyDisk::new(1);
    let (ledger, _) = open_on(&disk, dir.path(), at(0));
    ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    let before = disk.bytes(&journal);
    ledger.record(vec![down("portal", at(2))]).wait().unwrap();
    drop(ledger);
    assert!(disk.bytes(&journal).starts_with(&before));
    let (ledger, report) = open_on(&disk, dir.path(), at(3));
    assert_eq!(report.last_known, Some(at(2)));
    let is_down = |history: &contract::History| history.current_state("portal").since;
    assert_eq!(ledger.read(is_down), Some(at(2)));
}

#[test]
fn an_unfinished_segment_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::new(1);
    disk.put(&dir.path().join("journal/2026-10.jsonl.new"), b"{\"seq\":1".to_vec());
    let (ledger, report) = open_on(&disk, dir.path(), at(0));
    ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    assert_eq!((report.damage, report.torn_bytes), (vec![], 0));
    let names = disk.disk().list(&dir.path().join("journal")).unwrap();
    assert_eq!(names, ["2026-10.jsonl"]);
    let fact = Fact::Measured { until: at(2) };
    assert_eq!(ledger.record(vec![(at(2), fact)]).wait().unwrap().first_seq, 3);
}
