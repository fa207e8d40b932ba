//! The store holds what the contract's function gives, whatever happened to it.

use std::collections::BTreeMap;
use std::fs;

use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::{Fact, Interval, Outcome, Reach};
use proptest::prelude::*;

use super::damage::copy_folder;
use super::*;
use crate::AttemptSummary;
use crate::store::{StoreDump, StoredInterval, StoredMonth, read};

const SERVICES: [&str; 3] = ["portal", "mail", "portal/admin"];

fn dump(dir: &Path) -> StoreDump {
    read(&dir.join("store")).unwrap()
}

fn lost(month: &StoredMonth) -> impl Iterator<Item = (&Instant, &StoredInterval)> {
    month.intervals.iter().filter(|(_, interval)| interval.class == "lost")
}

/// What a store is compared by: all but the numbers of lines.
fn figures(dump: StoreDump) -> StoreDump {
    StoreDump { heartbeat: None, ..dump }
}

/// Facts of some months, in the order in which they are recorded.
fn story(seed: u64, steps: u64) -> (Vec<(Instant, Fact)>, Instant) {
    let mut random = Random::new(seed);
    let (mut ms, mut facts) = (0, Vec::new());
    let mut claims = 0;
    for _ in 0..steps {
        ms += 1 + random.below(2 * DAY_MS as u64) as i64;
        let service = SERVICES[random.below(3) as usize];
        let now = at(ms);
        match random.below(12) {
            0..5 => facts.push(up(service, now)),
            5..8 => facts.push(down(service, now)),
            8 => facts.push(agent_off(now, now)),
            9 => {
                let (id, by) = (format!("S{ms}"), "anna".to_owned());
                let (services, reason) = (vec![service.to_owned()], "upgrade".to_owned());
                let from = now.plus_ms(DAY_MS + random.below(4 * DAY_MS as u64) as i64);
                let until = from.plus_ms(DAY_MS);
                let (agreed, event) = (None, None);
                let stop =
                    Fact::StopAnnounced { id, services, from, until, reason, by, agreed, event };
                facts.push((now, stop));
            }
            10 => {
                claims += 1;
                let from = at(ms - random.below(ms as u64 + 1) as i64);
                let exclude = random.below(2) == 0;
                facts.push((
                    now,
                    Fact::AdjustmentClaimed {
                        id: format!("A{claims}"),
                        kind: if exclude {
                            AdjustmentKind::Exclude
                        } else {
                            AdjustmentKind::Include
                        },
                        service: service.to_owned(),
                        from,
                        until: from.plus_ms(DAY_MS),
                        ground: if exclude { Ground::DosAttack } else { Ground::FaultReport },
                        evidence: "a letter".to_owned(),
                        by: "anna".to_owned(),
                    },
                ));
            }
            _ if claims > 0 => {
                let id = format!("A{}", 1 + random.below(claims));
                let decision =
                    if random.below(3) == 0 { Decision::Rejected } else { Decision::Accepted };
                facts.push((now, Fact::AdjustmentDecided { id, decision, by: "bo".to_owned() }));
            }
            _ => {}
        }
    }
    (facts, at(ms + 1))
}

fn tell(ledger: &Ledger, facts: Vec<(Instant, Fact)>, mut each: impl FnMut(u64, Instant)) {
    for (number, (now, fact)) in (0..).zip(facts) {
        ledger.record(vec![(now, fact)]).wait().unwrap();
        each(number, now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn a_store_that_is_built_anew_equals_the_one_that_grew(seed: u64, steps in 1_u64..160) {
        let (grown, built) = grown_and_built_anew(seed, steps);
        prop_assert_eq!(grown, built);
    }
}

/// Stories in which a service was only unmeasured for a whole month, or was excluded or reported
/// down before it was known.
#[test]
fn a_month_that_was_only_unmeasured_is_in_a_store_built_anew_too() {
    for (seed, steps) in [(4854329385687281170, 24), (1810388435231141043, 32)] {
        let (grown, built) = grown_and_built_anew(seed, steps);
        assert_eq!(grown, built, "seed {seed}");
    }
}

/// The store that a story leaves, and the one built from its journal.
fn grown_and_built_anew(seed: u64, steps: u64) -> (StoreDump, StoreDump) {
    let dir = tempfile::tempdir().unwrap();
    let (facts, end) = story(seed, steps);
    let (ledger, _) = open(dir.path(), at(0));
    tell(&ledger, facts, |number, now| {
        if number % 3 == 0 {
            ledger.heartbeat(now);
            until(&ledger, |health| health.store.as_of == Some(now));
        }
    });
    ledger.close(end).unwrap();
    drop(ledger);
    let grown = figures(dump(dir.path()));
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    let (ledger, report) = open(dir.path(), end);
    assert!(report.store_rebuild.is_some());
    ledger.close(end).unwrap();
    assert_eq!(ledger.health().store.rebuilds, 1);
    drop(ledger);
    (grown, figures(dump(dir.path())))
}

#[test]
fn the_store_of_a_stopped_agent_gives_the_contracts_minutes() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    let terms = Fact::TermsSet {
        name: "started".to_owned(),
        month: "2026-10".to_owned(),
        terms: contract::Terms {
            minute_rule: contract::terms::MinuteRule::Started,
            ..contract::Terms::default()
        },
    };
    let set = Fact::ServiceSet {
        service: "portal".to_owned(),
        month: "2026-10".to_owned(),
        customer: None,
        terms: "started".to_owned(),
        monthly_fee: None,
        contacts: Vec::new(),
    };
    ledger.record(vec![(at(0), terms), (at(0), set), up("portal", at(0))]).wait().unwrap();
    ledger.record(vec![down("portal", at(90_000)), up("portal", at(100_000))]).wait().unwrap();
    ledger.record(vec![down("portal", at(600_000))]).wait().unwrap();
    ledger.heartbeat(at(650_000));
    until(&ledger, |health| health.store.as_of == Some(at(650_000)));
    // Downtime that goes on is in the store up to the end, without a further fact.
    ledger.close(at(660_500)).unwrap();
    let october = "2026-10".parse().unwrap();
    let dump = {
        let resolved = |history: &contract::History| {
            let terms = &history.terms_in_force("started", october).unwrap().terms;
            contract::ResolvedTerms::new(terms.clone()).unwrap()
        };
        let figure = ledger.read(|history| {
            let terms = contract::MonthTerms::new(&resolved(history), october);
            let contract = contract::ServiceContract { terms: &terms, monthly_fee: None };
            contract::month_figure(history, "portal", &contract, Reach::running(at(660_500)))
        });
        drop(ledger);
        let dump = dump(dir.path());
        let stored = &dump.months[&("portal".to_owned(), october)];
        assert_eq!(stored.figure.lost_ms, figure.lost_ms);
        assert_eq!(stored.figure.counted_ms, figure.counted_ms);
        assert_eq!(stored.figure.up_ms(at(660_500)), figure.up_ms);
        assert_eq!(stored.figure.elapsed_ms(at(660_500)), figure.elapsed_ms);
        dump
    };
    let stored = &dump.months[&("portal".to_owned(), october)];
    assert_eq!((stored.figure.lost_ms, stored.figure.counted_ms), (70_500, 180_000));
    let outages: Vec<_> = lost(stored).map(|(from, it)| Interval::new(*from, it.until)).collect();
    assert_eq!(
        outages,
        [Interval::new(at(90_000), at(100_000)), Interval::new(at(600_000), at(660_500))]
    );
    let state = &dump.states["portal"];
    assert_eq!((state.state.as_str(), state.since), ("down", Some(at(600_000))));
    let heartbeat = dump.heartbeat.unwrap();
    assert!(heartbeat.closed && heartbeat.at == at(660_500));
}

#[test]
fn a_running_agents_store_is_not_opened_by_another_program() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    let refused = read(&dir.path().join("store")).unwrap_err();
    assert!(refused.to_string().contains("stop it first"), "{refused}");
    ledger.close(at(1)).unwrap();
    drop(ledger);
    read(&dir.path().join("store")).unwrap();
    assert!(read(dir.path()).unwrap_err().to_string().contains("no store"));
}

#[test]
fn attempts_are_kept_for_charts_and_survive_a_clean_end() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    let attempt = |ms| AttemptSummary {
        at: at(ms),
        outcome: if ms % 3 == 0 { Outcome::Down(DownCause::ConnectTimeout) } else { Outcome::Up },
        duration_ms: 120,
    };
    let all: Vec<_> = (0..60).map(|n| attempt(n * 60_000)).collect();
    for attempt in &all {
        ledger.attempt("portal", attempt.clone());
    }
    assert_eq!(ledger.attempts("portal"), all);
    ledger.close(at(3_600_000)).unwrap();
    drop(ledger);
    let (ledger, _) = open(dir.path(), at(3_600_000));
    assert_eq!(ledger.attempts("portal"), all);
    ledger.attempt("portal", attempt(3_600_000));
    assert_eq!(ledger.attempts("portal").len(), 61);
}

#[test]
fn a_store_that_missed_lines_takes_them_in() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    ledger.record(vec![up("portal", at(0))]).wait().unwrap();
    ledger.close(at(1_000)).unwrap();
    drop(ledger);
    // A crash before the next heartbeat: the journal has lines that the store has not.
    let (ledger, _) = open(dir.path(), at(2_000));
    ledger.record(vec![agent_off(at(1_000), at(2_000))]).wait().unwrap();
    ledger.record(vec![down("portal", at(2_000)), up("portal", at(7_000))]).wait().unwrap();
    drop(ledger);
    let (ledger, report) = open(dir.path(), at(9_000));
    assert_eq!(report.store_rebuild, None);
    ledger.close(at(9_000)).unwrap();
    drop(ledger);
    let dump = dump(dir.path());
    let stored = &dump.months[&("portal".to_owned(), "2026-10".parse().unwrap())];
    assert_eq!((stored.figure.lost_ms, lost(stored).count()), (5_000, 1));
}

#[test]
fn a_store_that_is_far_behind_or_ahead_is_moved_aside_and_built_anew() {
    let dir = tempfile::tempdir().unwrap();
    let old = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    ledger.record(vec![up("portal", at(0))]).wait().unwrap();
    ledger.close(at(1)).unwrap();
    drop(ledger);
    copy_folder(&dir.path().join("store"), &old.path().join("store"));
    let (ledger, _) = open(dir.path(), at(0));
    for month in 1..6 {
        let from = at(month * 31 * DAY_MS);
        ledger.record(vec![down("portal", from), up("portal", from.plus_ms(9))]).wait().unwrap();
    }
    ledger.close(at(160 * DAY_MS)).unwrap();
    drop(ledger);
    let expected = figures(dump(dir.path()));
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    copy_folder(&old.path().join("store"), &dir.path().join("store"));
    let (ledger, report) = open(dir.path(), at(160 * DAY_MS));
    assert!(report.store_rebuild.unwrap().contains("do not hold"));
    ledger.close(at(160 * DAY_MS)).unwrap();
    drop(ledger);
    assert_eq!(figures(dump(dir.path())), expected);
    assert!(dir.path().join("store.aside-1").exists());
}

/// Flips, cuts and zeroes the store at many places: sled may panic, come back empty or notice
/// nothing; the ledger opens, and its figures are the journal's.
fn damage_store(crashed: bool) {
    let (dir, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (facts, end) = story(11, 60);
    let (ledger, _) = open(dir.path(), at(0));
    tell(&ledger, facts, |_, now| {
        ledger.heartbeat(now);
        until(&ledger, |health| health.store.as_of == Some(now));
    });
    if crashed {
        // What a crash after the last heartbeat leaves: sled has not tidied up.
        copy_folder(dir.path(), left.path());
    }
    ledger.close(end).unwrap();
    drop(ledger);
    if !crashed {
        copy_folder(dir.path(), left.path());
    }
    let expected = figures(dump(dir.path()));
    let file = |dir: &Path| dir.join("store/db");
    let whole = fs::read(file(left.path())).unwrap();
    let used = 1 + whole.iter().rposition(|byte| *byte != 0).unwrap();
    let seed = 7;
    println!("seed {seed}, {used} bytes used of {}", whole.len());
    let mut random = Random::new(seed);
    let mut reasons = BTreeMap::<String, u32>::new();
    for round in 0..=45 {
        let byte = round * (used - used / 45) / 45 + random.below(used as u64 / 45) as usize;
        let mut bytes = whole.clone();
        match round % 3 {
            // The last round is whole: nothing but damage may call for another store.
            _ if round == 45 => {}
            0 => bytes[byte] ^= 1 << random.below(8),
            1 => bytes.truncate(byte),
            _ => {
                let end = (byte + 512).min(bytes.len());
                bytes[byte..end].fill(0);
            }
        }
        let copy = tempfile::tempdir().unwrap();
        copy_folder(left.path(), copy.path());
        fs::write(file(copy.path()), bytes).unwrap();
        let (ledger, report) = open(copy.path(), end);
        assert_eq!(report.damage, [], "byte {byte}");
        ledger.close(end).unwrap();
        let health = ledger.health().store;
        drop(ledger);
        assert_eq!(figures(dump(copy.path())), expected, "byte {byte}, {health:?}");
        if round == 45 {
            assert_eq!((report.store_rebuild, health.rebuilds), (None, 0));
        } else {
            let reason =
                health.trouble.map_or("none".to_owned(), |it| it.chars().take(60).collect());
            *reasons.entry(reason).or_default() += 1;
        }
    }
    println!("built anew because: {reasons:#?}");
}

#[test]
fn every_region_of_a_closed_store_damaged_gives_the_journals_figures() {
    damage_store(false);
}

#[test]
fn every_region_of_a_crashed_store_damaged_gives_the_journals_figures() {
    damage_store(true);
}

#[test]
fn a_store_of_garbage_is_moved_aside_and_built_anew_while_measuring() {
    let dir = tempfile::tempdir().unwrap();
    let (facts, end) = story(12, 40);
    let (ledger, _) = open(dir.path(), at(0));
    tell(&ledger, facts, |_, _| {});
    ledger.close(end).unwrap();
    drop(ledger);
    let expected = figures(dump(dir.path()));
    let mut random = Random::new(3);
    for entry in fs::read_dir(dir.path().join("store")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let len = fs::metadata(&path).unwrap().len();
            fs::write(&path, (0..len).map(|_| random.below(256) as u8).collect::<Vec<_>>())
                .unwrap();
        }
    }
    let (ledger, report) = open(dir.path(), end);
    assert!(report.store_rebuild.is_some());
    // The heartbeat is gone with the store; the journal's last checkpoint is known.
    assert_eq!((report.last_known, report.damage), (Some(end), vec![]));
    ledger.close(end).unwrap();
    assert_eq!(ledger.health().store.rebuilds, 1);
    drop(ledger);
    assert_eq!(figures(dump(dir.path())), expected);
    assert!(dir.path().join("store.aside-1").exists());
}

#[test]
fn a_store_that_cannot_be_opened_does_not_keep_the_journal_from_working() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("store"), "a file where a folder has to be").unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    ledger.heartbeat(at(2));
    until(&ledger, |health| health.store.failures > 0);
    assert!(!ledger.health().store.usable);
    ledger.close(at(3)).unwrap();
    drop(ledger);
    fs::remove_file(dir.path().join("store")).unwrap();
    let (ledger, _) = open(dir.path(), at(4));
    ledger.close(at(5)).unwrap();
    drop(ledger);
    assert_eq!(dump(dir.path()).states["portal"].state, "up");
}
