//! Full and failing disks: measuring goes on, it is told, and nothing acknowledged is lost.

use contract::{Fact, History};

use super::*;
use crate::RecordError;
use crate::disk::faulty::FaultyDisk;

#[test]
fn a_full_disk_keeps_facts_waiting_with_their_own_instants() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::new(3);
    let (ledger, _) = open_on(&disk, dir.path(), at(0));
    ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    disk.set_room(Some(100));
    let first = ledger.record(vec![down("portal", at(1_000))]);
    until(&ledger, |health| health.journal.unwritable.is_some());
    let second = ledger.record(vec![up("portal", at(61_000))]);
    let health = ledger.health().journal;
    assert_eq!((health.queue_facts, health.facts_lost), (2, 0));
    assert!(health.write_failures > 0 && health.unwritable.unwrap().contains("no storage space"));
    // Nothing is counted that is not on the disk.
    assert_eq!(ledger.read(|history| history.current_state("portal").since), Some(at(1)));
    disk.set_room(None);
    assert_eq!(first.wait().unwrap().first_seq, 3);
    assert_eq!(second.wait().unwrap().first_seq, 4);
    assert_eq!(ledger.health().journal.unwritable, None);
    assert_eq!(ledger.read(|history| history.current_state("portal").since), Some(at(61_000)));
    drop(ledger);
    let (ledger, report) = open_on(&disk, dir.path(), at(62_000));
    assert_eq!((report.damage, report.torn_bytes), (vec![], 0));
    assert_eq!(ledger.read(History::next_seq), 5);
}

#[test]
fn a_person_is_told_at_once_that_nothing_was_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::new(4);
    let (ledger, _) = open_on(&disk, dir.path(), at(0));
    ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    ledger.ping().wait().unwrap();
    disk.set_broken(true);
    let waiting = ledger.record(vec![down("portal", at(2))]);
    until(&ledger, |health| health.journal.unwritable.is_some());
    assert!(matches!(ledger.ping().wait(), Err(RecordError::Unwritable(_))));
    let opened = at(2);
    let acknowledge = || {
        let (service, by) = ("portal".to_owned(), "anna".to_owned());
        vec![(at(3), Fact::IncidentAcknowledged { service, opened, by })]
    };
    let refused = ledger.record(acknowledge()).wait();
    assert!(matches!(refused, Err(RecordError::Unwritable(_))), "{refused:?}");
    disk.set_broken(false);
    waiting.wait().unwrap();
    ledger.record(acknowledge()).wait().unwrap();
}

fn announcement(id: &str) -> (Instant, Fact) {
    let (id, by) = (id.to_owned(), "anna".to_owned());
    let (services, reason) = (vec!["portal".to_owned()], "upgrade".to_owned());
    let (from, until) = (at(DAY_MS), at(2 * DAY_MS));
    (
        at(3),
        Fact::StopAnnounced { id, services, from, until, reason, by, agreed: None, event: None },
    )
}

#[test]
fn the_first_to_meet_a_full_disk_is_refused_at_once_and_for_good() {
    // The announcement meets a full page, a full new segment, or a disk on which its first line
    // still finds room.
    for (room, late) in [(10, 0), (10, 40 * DAY_MS), (600, 0)] {
        let dir = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::new(7);
        let (ledger, _) = open_on(&disk, dir.path(), at(0));
        ledger.record(vec![up("portal", at(1))]).wait().unwrap();
        disk.set_room(Some(room));
        let mut request = vec![announcement("S1"), announcement("S2")];
        request[0].0 = at(3 + late);
        let refused = ledger.record(request).wait();
        assert!(matches!(refused, Err(RecordError::Unwritable(_))), "{refused:?}");
        assert!(ledger.health().journal.unwritable.is_some());
        let full = disk.power_cut();
        disk.set_room(None);
        // The next heartbeat finds that there is room again.
        ledger.heartbeat(at(5 + late));
        until(&ledger, |health| health.journal.unwritable.is_none());
        assert_eq!(ledger.health().journal.queue_facts, 0);
        ledger.record(vec![announcement("S3")]).wait().unwrap();
        drop(ledger);
        for (disk, stops) in [(full, vec![]), (disk, vec!["S3"])] {
            // The store is on another disk, and knows of later lines than `full` holds.
            std::fs::remove_dir_all(dir.path().join("store")).unwrap();
            let (ledger, report) = open_on(&disk, dir.path(), at(50 * DAY_MS));
            assert_eq!(report.damage, []);
            let found: Vec<_> =
                ledger.read(|history| history.stops().iter().map(|stop| stop.id.clone()).collect());
            assert_eq!(found, stops, "room {room}");
        }
    }
}

#[test]
fn a_request_that_may_be_on_the_disk_is_answered_once_it_surely_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::new(8);
    let (ledger, _) = open_on(&disk, dir.path(), at(0));
    ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    ledger.ping().wait().unwrap();
    disk.set_broken(true);
    let waiting = ledger.record(vec![announcement("S1")]);
    until(&ledger, |health| health.journal.write_failures > 1);
    let measured = ledger.record(vec![down("portal", at(4))]);
    disk.set_broken(false);
    assert!(matches!(waiting.wait(), Err(RecordError::Unwritable(_))));
    measured.wait().unwrap();
    assert!(ledger.read(|history| history.stops().is_empty()));
}

#[test]
fn whichever_write_or_sync_fails_nothing_acknowledged_is_lost() {
    for nth in 1..40 {
        let dir = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::new(nth);
        disk.fail_in(nth);
        let (ledger, _) = open_on(&disk, dir.path(), at(0));
        let month = 31 * DAY_MS;
        for fact in 0..10 {
            let from = at(fact * month / 4);
            ledger.record(vec![up(&format!("service-{fact}"), from)]).wait().unwrap();
        }
        let failures = ledger.health().journal.write_failures;
        assert!(failures == 1 || disk.calls() < nth, "call {nth}: {failures} failures");
        let after = disk.power_cut();
        drop(ledger);
        let (ledger, report) = open_on(&after, dir.path(), at(3 * month));
        assert_eq!((report.damage, report.torn_bytes), (vec![], 0), "call {nth}");
        let found = ledger.read(|history| history.services().len());
        assert_eq!(found, 10, "call {nth}");
    }
}

#[test]
fn a_disk_that_is_full_at_the_start_does_not_keep_the_agent_from_measuring() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::new(5);
    disk.set_broken(true);
    let (ledger, _) = open_on(&disk, dir.path(), at(0));
    let waiting = ledger.record(vec![up("portal", at(1))]);
    until(&ledger, |health| health.journal.unwritable.is_some());
    disk.set_broken(false);
    assert_eq!(waiting.wait().unwrap().first_seq, 2);
}

#[test]
fn an_agent_that_ends_while_the_disk_fails_says_so_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::new(6);
    let (ledger, _) = open_on(&disk, dir.path(), at(0));
    ledger.record(vec![up("portal", at(1))]).wait().unwrap();
    disk.set_broken(true);
    let waiting = ledger.record(vec![down("portal", at(2))]);
    until(&ledger, |health| health.journal.unwritable.is_some());
    drop(ledger);
    assert_eq!(waiting.wait(), Err(RecordError::Closed));
    disk.set_broken(false);
    let (_, report) = open_on(&disk, dir.path(), at(3));
    assert_eq!((report.last_known, report.damage), (Some(at(1)), vec![]));
}
