//! What is acknowledged is found again, in order, once.

use std::fs;

use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::{Fact, History, Line, State};

use super::damage::copy_folder;
use super::*;
use crate::{MEASURED_INTERVAL_MS, OpenError, RecordError};

fn journal_text(dir: &Path) -> String {
    let mut names: Vec<_> =
        fs::read_dir(dir.join("journal")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn an_acknowledged_fact_is_counted_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, report) = open(dir.path(), at(0));
    assert_eq!((report.last_known, report.clean), (None, false));
    let recorded = ledger.record(vec![up("portal", at(1)), down("portal", at(2))]).wait().unwrap();
    assert_eq!((recorded.first_seq, recorded.last_seq), (2, 3));
    let counted = |history: &History| history.current_state("portal").since;
    assert_eq!(ledger.read(counted), Some(at(2)));
    drop(ledger);
    let (ledger, report) = open(dir.path(), at(10));
    assert_eq!((report.last_known, report.clean), (Some(at(2)), false));
    assert_eq!(ledger.read(counted), Some(at(2)));
}

#[test]
fn after_a_clean_end_the_last_known_instant_is_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    ledger.close(at(5_000)).unwrap();
    assert_eq!(ledger.record(vec![up("portal", at(2))]).wait(), Err(RecordError::Closed));
    assert_eq!(ledger.close(at(6_000)), Err(RecordError::Closed));
    drop(ledger);
    let (_, report) = open(dir.path(), at(9_000));
    assert_eq!((report.last_known, report.clean), (Some(at(5_000)), true));
    assert_eq!((report.damage, report.store_rebuild), (vec![], None));
}

#[test]
fn c3_7_a_crash_costs_only_the_time_since_the_last_heartbeat() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    ledger.heartbeat(at(2_000));
    until(&ledger, |health| health.store.as_of == Some(at(2_000)));
    ledger.heartbeat(at(12_000));
    until(&ledger, |health| health.store.as_of == Some(at(12_000)));
    drop(ledger);
    let (_, report) = open(dir.path(), at(60_000));
    assert_eq!((report.last_known, report.clean), (Some(at(12_000)), false));
}

#[test]
fn the_journal_says_each_five_minutes_that_the_states_hold() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    ledger.record(vec![up("portal", at(0))]).wait().unwrap();
    for beat in 1..=90 {
        ledger.heartbeat(at(beat * 10_000));
        // Heartbeats that wait together count once.
        ledger.record(vec![up("other", at(beat * 10_000))]).wait().unwrap();
    }
    ledger.close(at(901_000)).unwrap();
    let text = journal_text(dir.path());
    let measured = text.matches("\"fact\":\"measured\"").count() as i64;
    assert_eq!(measured, 900_000 / MEASURED_INTERVAL_MS + 1);
}

#[test]
fn c3_9_a_runs_first_heartbeat_decides_without_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    ledger.record(vec![up("portal", at(0))]).wait().unwrap();
    ledger.close(at(10_000)).unwrap();
    drop(ledger);
    let (ledger, _) = open(dir.path(), at(20_000));
    assert_eq!(ledger.decided_until(), None);
    ledger.heartbeat(at(21_000));
    ledger.record(vec![up("portal", at(21_001))]).wait().unwrap();
    settle(&ledger);
    assert_eq!(ledger.read(History::last_known), Some(at(21_001)));
    assert!(ledger.decided_until() >= Some(at(21_000)));
    let text = journal_text(dir.path());
    assert_eq!(text.matches("\"fact\":\"measured\"").count(), 2);
}

/// What is known after a crash, by the journal and the store as they lie on the disk.
fn known_after_a_crash(dir: &Path) -> Option<Instant> {
    let left = tempfile::tempdir().unwrap();
    copy_folder(dir, left.path());
    let (_, report) = open(left.path(), at(DAY_MS));
    report.last_known
}

/// The writer has taken all that was given to it so far.
fn settle(ledger: &Ledger) {
    // The first answer may come with the batch that it waits for, the second one after it.
    ledger.ping().wait().unwrap();
    ledger.ping().wait().unwrap();
}

#[test]
fn c3_9_what_is_decided_is_known_after_a_crash() {
    for has_store in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        if !has_store {
            fs::write(dir.path().join("store"), "a file where a folder has to be").unwrap();
        }
        let (ledger, _) = open(dir.path(), at(0));
        ledger.record(vec![up("portal", at(0))]).wait().unwrap();
        for beat in 1..=40_u32 {
            let now = at(i64::from(beat) * 10_000);
            ledger.heartbeat(now);
            settle(&ledger);
            until(&ledger, |health| match has_store {
                true => health.store.as_of == Some(now),
                false => health.store.failures >= u64::from(beat),
            });
            let decided = ledger.decided_until();
            assert_eq!(decided, Some(now), "store {has_store}");
            assert!(known_after_a_crash(dir.path()) >= decided, "store {has_store}, beat {beat}");
        }
    }
}

#[test]
fn facts_that_contradict_the_journal_never_reach_it() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    let announce = |id: &str, until| {
        let (id, by) = (id.to_owned(), "anna".to_owned());
        let (services, reason) = (vec!["portal".to_owned()], "upgrade".to_owned());
        let from = at(DAY_MS);
        (
            at(0),
            Fact::StopAnnounced {
                id,
                services,
                from,
                until,
                reason,
                by,
                agreed: None,
                event: None,
            },
        )
    };
    let cancel = |id: &str| (at(0), Fact::StopCancelled { id: id.to_owned(), by: "bo".to_owned() });
    // In one request, so that they stand in the queue together.
    let ticket = ledger.record(vec![
        announce("S1", at(2 * DAY_MS)),
        announce("S1", at(3 * DAY_MS)),
        announce("S2", at(DAY_MS)),
        cancel("S1"),
        cancel("S1"),
        cancel("S9"),
        (
            at(0),
            Fact::ChainDamaged { last_good_seq: 1, found: String::new(), from: None, until: None },
        ),
        up("portal", at(1)),
        agent_off(at(0), at(2)),
    ]);
    let refused = ticket.wait().unwrap_err();
    assert!(refused.to_string().contains("S1"), "{refused}");
    assert_eq!(ledger.health().journal.facts_refused, 5);
    drop(ledger);
    let mut history = History::new();
    history.read("journal", &journal_text(dir.path())).unwrap();
    assert!(history.stop("S1").unwrap().cancelled.is_some() && history.stop("S2").is_none());
    assert_eq!(history.next_seq(), 6);
    // The stop that came too early begins where what is known ends.
    assert_eq!(history.current_state("portal").since, Some(at(1)));
    assert_eq!(history.last_known(), Some(at(1)));
}

#[test]
fn thousands_of_lines_are_a_chain_without_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    let tickets: Vec<_> = (0..5_000)
        .map(|n| ledger.record(vec![up(&format!("service-{}", n % 50), at(n))]))
        .collect();
    let seqs: Vec<u64> = tickets.into_iter().map(|it| it.wait().unwrap().first_seq).collect();
    assert_eq!(seqs, (2..5_002).collect::<Vec<u64>>());
    drop(ledger);
    let (ledger, report) = open(dir.path(), at(10_000));
    assert_eq!((report.damage, report.torn_bytes), (vec![], 0));
    assert_eq!(ledger.read(History::next_seq), 5_002);
}

#[test]
fn a_second_agent_on_one_folder_is_refused_and_told_who_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    let Err(error) = Ledger::open(options(dir.path(), at(0))) else { panic!("it opened twice") };
    assert!(matches!(error, OpenError::InUse { pid: Some(pid), .. } if pid == std::process::id()));
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    drop(ledger);
    open(dir.path(), at(1));
}

#[test]
fn a_segment_alone_gives_the_figures_that_the_whole_journal_gives() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    let mut random = Random::new(7);
    let mut ms = 0;
    while ms < 100 * DAY_MS {
        ms += 1 + random.below(DAY_MS as u64) as i64;
        let service = ["portal", "mail"][random.below(2) as usize];
        let fact = if random.below(3) == 0 { down } else { up };
        ledger.record(vec![fact(service, at(ms))]).wait().unwrap();
    }
    ledger.close(at(ms)).unwrap();
    let mut names: Vec<_> = fs::read_dir(dir.path().join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert_eq!(names.len(), 4, "{names:?}");
    let read = |paths: &[std::path::PathBuf]| {
        let mut history = History::new();
        for path in paths {
            let text = fs::read_to_string(path).unwrap();
            history.read(path.to_str().unwrap(), &text).unwrap();
        }
        history
    };
    let whole = read(&names);
    for (index, month) in [(1, "2026-11"), (2, "2026-12")] {
        let alone = read(&names[index..]);
        for service in ["portal", "mail"] {
            let figure = |history| figure(history, service, month, at(ms));
            assert_eq!(figure(&alone), figure(&whole), "{service} {month}");
        }
    }
}

fn figure(history: &History, service: &str, month: &str, at: Instant) -> contract::Figure {
    let resolved = contract::ResolvedTerms::new(contract::Terms::default()).unwrap();
    let terms = contract::MonthTerms::new(&resolved, month.parse().unwrap());
    let contract = contract::ServiceContract { terms: &terms, monthly_fee: None };
    contract::month_figure(history, service, &contract, contract::Reach::running(at))
}

#[test]
fn only_the_newest_months_are_read_before_measuring_starts() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    for month in 0..6 {
        let from = at(month * 31 * DAY_MS);
        ledger.record(vec![down("portal", from), up("portal", from.plus_ms(1))]).wait().unwrap();
    }
    ledger.close(at(160 * DAY_MS)).unwrap();
    drop(ledger);
    let (ledger, report) = open(dir.path(), at(160 * DAY_MS));
    assert_eq!((report.damage, report.store_rebuild), (vec![], None));
    let health = || ledger.health().journal;
    until(&ledger, |health| health.journal.verified_ago.is_some());
    assert_eq!((health().segments, health().segments_verified), (6, 6));
    assert!(ledger.read(|history| history.current_state("portal").state == State::Up));
}

#[test]
fn every_line_is_read_by_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    ledger.record(vec![down("portal", at(1))]).wait().unwrap();
    drop(ledger);
    let text = journal_text(dir.path());
    let lines: Vec<Line> =
        text.lines().map(|line| contract::parse_line(line, 1).unwrap()).collect();
    assert!(matches!(lines[0].fact, Fact::SegmentOpened { format: 1, .. }));
    assert_eq!((lines[1].at, &lines[1].fact), (at(1), &down("portal", at(1)).1));
}

#[test]
fn c5_4_a_correction_is_a_new_line_and_the_old_ones_stay() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    let path = dir.path().join("journal/2026-10.jsonl");
    let (id, by) = ("A1".to_owned(), "anna".to_owned());
    let claim = Fact::AdjustmentClaimed {
        id: id.clone(),
        kind: AdjustmentKind::Exclude,
        service: "portal".to_owned(),
        from: at(0),
        until: at(1000),
        ground: Ground::Network,
        evidence: "a letter".to_owned(),
        by: by.clone(),
    };
    let decide = |decision| Fact::AdjustmentDecided { id: id.clone(), decision, by: by.clone() };
    let corrections = [claim, decide(Decision::Accepted), decide(Decision::Rejected)];
    let mut before = Vec::new();
    for fact in corrections {
        ledger.record(vec![(at(2000), fact)]).wait().unwrap();
        let after = fs::read(&path).unwrap();
        assert!(after.len() > before.len() && after.starts_with(&before));
        before = after;
    }
}
