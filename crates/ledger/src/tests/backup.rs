//! C10.4: backups are complete, verified by reading back, and lead back to a ledger that goes on.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;

use contract::History;

use super::*;
use crate::{
    BackupError, BackupReport, RestoreReport, backup, restore, segment_files, shared_devices,
    verify,
};

/// A ledger of three months.
fn three_months(dir: &Path) -> Ledger {
    let (ledger, _) = open(dir, at(0));
    for month in 0..3 {
        let from = at(month * 31 * DAY_MS);
        ledger.record(vec![down("portal", from), up("portal", from.plus_ms(5))]).wait().unwrap();
    }
    ledger
}

fn back_up(dir: &Path, dest: &Path) -> Result<BackupReport, BackupError> {
    let mut told = Vec::new();
    let report = backup(dir, dest, &mut |done, all| told.push((done, all)))?;
    assert!(told.is_sorted() && told.iter().all(|(done, all)| done <= all), "{told:?}");
    Ok(report)
}

fn bring_back(from: &Path, dir: &Path) -> Result<RestoreReport, BackupError> {
    restore(from, dir, &mut |_, _| {})
}

fn segment(dir: &Path, name: &str) -> PathBuf {
    dir.join("journal").join(name)
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn read_whole(dir: &Path) -> History {
    let mut history = History::new();
    for path in segment_files(&dir.join("journal")).unwrap() {
        history.read("journal", &fs::read_to_string(path).unwrap()).unwrap();
    }
    history
}

#[test]
fn c10_4_a_backup_is_complete_and_only_what_is_new_is_copied_again() {
    let (dir, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let dest = place.path().join("backups/upptid");
    fs::write(dir.path().join("statement.key"), "secret").unwrap();
    let ledger = three_months(dir.path());
    let first = back_up(dir.path(), &dest).unwrap();
    assert_eq!(first.copied, ["2026-10.jsonl", "2026-11.jsonl", "2026-12.jsonl"]);
    assert_eq!((first.bytes_copied, first.segments, first.has_key), (first.bytes, 3, true));
    assert_eq!(first.last.unwrap().seq, ledger.health().journal.last_seq);
    // What an interrupted backup leaves.
    fs::write(segment(&dest, "2026-12.jsonl.new"), "half").unwrap();
    fs::write(dest.join("backup.json.new"), "half").unwrap();
    let same = back_up(dir.path(), &dest).unwrap();
    assert_eq!((same.copied.len(), same.bytes, same.last), (0, first.bytes, first.last));
    ledger.record(vec![up("portal", at(63 * DAY_MS))]).wait().unwrap();
    let grown = back_up(dir.path(), &dest).unwrap();
    assert_eq!(grown.copied, ["2026-12.jsonl"]);
    ledger.record(vec![up("portal", at(95 * DAY_MS))]).wait().unwrap();
    assert_eq!(back_up(dir.path(), &dest).unwrap().copied, ["2027-01.jsonl"]);
    for path in segment_files(&dir.path().join("journal")).unwrap() {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(fs::read(&path).unwrap(), fs::read(segment(&dest, name)).unwrap(), "{name}");
    }
    let mode = fs::metadata(dest.join("statement.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let names = |dir: &Path| {
        let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&dest), ["backup.json", "journal", "lock", "statement.key"]);
    assert_eq!(names(&dest.join("journal")).len(), 4);
}

/// Only root can tell: a backup by hand must not lock the agent out of its own folder.
#[test]
fn c10_4_what_root_backs_up_belongs_to_whom_the_folder_does() {
    const AGENT: u32 = 12_345;
    let (dir, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    if chown(dest.path(), Some(AGENT), Some(AGENT)).is_err() {
        return;
    }
    fs::write(dir.path().join("statement.key"), "secret").unwrap();
    let _ledger = three_months(dir.path());
    back_up(dir.path(), dest.path()).unwrap();
    for folder in [dest.path().to_owned(), dest.path().join("journal")] {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let owner = entry.metadata().unwrap();
            assert_eq!((owner.uid(), owner.gid()), (AGENT, AGENT), "{:?}", entry.path());
        }
    }
}

#[test]
fn c10_4_a_line_that_is_being_written_is_left_to_the_next_backup() {
    let (dir, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    three_months(dir.path()).close(at(63 * DAY_MS)).unwrap();
    let newest = segment(dir.path(), "2026-12.jsonl");
    let whole = fs::read(&newest).unwrap();
    fs::write(&newest, [&whole[..], b"{\"seq\":"].concat()).unwrap();
    back_up(dir.path(), dest.path()).unwrap();
    assert_eq!(fs::read(segment(dest.path(), "2026-12.jsonl")).unwrap(), whole);
}

#[test]
fn c10_4_an_agent_on_a_restored_ledger_goes_on_with_the_chain() {
    let (dir, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(dir.path().join("statement.key"), "secret").unwrap();
    let ledger = three_months(dir.path());
    ledger.heartbeat(at(63 * DAY_MS));
    ledger.record(vec![up("mail", at(63 * DAY_MS))]).wait().unwrap();
    back_up(dir.path(), dest.path()).unwrap();
    // What was recorded since the backup is lost with the machine.
    ledger.record(vec![down("portal", at(64 * DAY_MS))]).wait().unwrap();
    drop(ledger);

    let place = tempfile::tempdir().unwrap();
    let restored = place.path().join("state");
    let report = bring_back(dest.path(), &restored).unwrap();
    assert_eq!((report.segments, report.has_key, report.damage.len()), (3, true, 0));
    assert!(matches!(bring_back(dest.path(), &restored), Err(BackupError::NotEmpty { .. })));
    let key = restored.join("statement.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(key).unwrap(), "secret");

    let now = at(70 * DAY_MS);
    let (ledger, opened) = open(&restored, now);
    assert_eq!((opened.damage, opened.torn_bytes), (vec![], 0));
    assert_eq!((opened.last_known, opened.clean), (Some(at(63 * DAY_MS)), false));
    assert!(opened.store_rebuild.is_some());
    let known = opened.last_known.unwrap();
    let first = ledger.record(vec![agent_off(known, now), up("portal", now)]).wait().unwrap();
    assert_eq!(first.first_seq, report.last.unwrap().seq + 1);
    ledger.close(now.plus_ms(DAY_MS)).unwrap();
    drop(ledger);
    assert_eq!(verify(&restored.join("journal")).unwrap().damage().count(), 0);
    let history = read_whole(&restored);
    let december =
        contract::Contracts::default().of(&history, "portal", "2026-12".parse().unwrap());
    let reach = contract::Reach::replay(&history, Some(now.plus_ms(DAY_MS)));
    let contract = december.as_service_contract();
    let figure = contract::month_figure(&history, "portal", &contract, reach);
    assert_eq!((figure.lost_ms, figure.unmeasured_ms), (5, 7 * DAY_MS));
    // The same backup takes in what is recorded from then on.
    assert_eq!(back_up(&restored, dest.path()).unwrap().copied, ["2026-12.jsonl"]);
}

#[test]
fn c10_4_a_backup_that_was_damaged_is_not_restored_and_is_mended_by_the_next() {
    let (dir, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    three_months(dir.path()).close(at(63 * DAY_MS)).unwrap();
    back_up(dir.path(), dest.path()).unwrap();
    let place = tempfile::tempdir().unwrap();
    let refused = || {
        let state = place.path().join("state");
        let error = bring_back(dest.path(), &state).unwrap_err().to_string();
        assert!(!state.join("journal").exists());
        error
    };
    let november = segment(dest.path(), "2026-11.jsonl");
    flip(&november);
    assert!(refused().contains("2026-11.jsonl has other bytes"));
    fs::remove_file(&november).unwrap();
    assert!(refused().contains("2026-11.jsonl is missing"));
    assert_eq!(back_up(dir.path(), dest.path()).unwrap().copied, ["2026-11.jsonl"]);
    flip(&november);
    assert_eq!(back_up(dir.path(), dest.path()).unwrap().copied, ["2026-11.jsonl"]);
    // Cut off where a line ends: the chain alone would not tell.
    let december = segment(dest.path(), "2026-12.jsonl");
    let text = fs::read_to_string(&december).unwrap();
    fs::write(&december, text.split_inclusive('\n').take(2).collect::<String>()).unwrap();
    assert!(refused().contains("2026-12.jsonl is cut off"));
    assert!(
        bring_back(place.path(), place.path()).unwrap_err().to_string().contains("backup.json")
    );
    back_up(dir.path(), dest.path()).unwrap();
    bring_back(dest.path(), &place.path().join("state")).unwrap();
}

#[test]
fn c10_4_a_damaged_journal_does_not_take_its_backup_with_it() {
    let (dir, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    three_months(dir.path()).close(at(63 * DAY_MS)).unwrap();
    back_up(dir.path(), dest.path()).unwrap();
    let whole = |name: &str| fs::read(segment(dest.path(), name)).unwrap();
    let (november, december) = (whole("2026-11.jsonl"), whole("2026-12.jsonl"));
    flip(&segment(dir.path(), "2026-11.jsonl"));
    flip(&segment(dir.path(), "2026-12.jsonl"));
    let report = back_up(dir.path(), dest.path()).unwrap();
    assert_eq!((report.kept.len(), report.copied.len(), report.damage.len()), (2, 0, 0));
    assert_eq!((whole("2026-11.jsonl"), whole("2026-12.jsonl")), (november.clone(), december));
    // The agent goes on after December's last good line: the lines after it count no more.
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    let (ledger, _) = open(dir.path(), at(64 * DAY_MS));
    ledger.record(vec![up("portal", at(64 * DAY_MS))]).wait().unwrap();
    drop(ledger);
    for _ in 0..2 {
        let report = back_up(dir.path(), dest.path()).unwrap();
        assert_eq!((&report.kept[..], report.damage.len()), (&["2026-11.jsonl".to_owned()][..], 1));
        assert_eq!(whole("2026-11.jsonl"), november);
    }
    assert!(segment(dest.path(), "2026-12.jsonl.aside-1").exists());
    let place = tempfile::tempdir().unwrap();
    let report = bring_back(dest.path(), place.path()).unwrap();
    assert_eq!(report.damage.len(), 1);
    let (ledger, _) = open(place.path(), at(65 * DAY_MS));
    ledger.record(vec![up("portal", at(65 * DAY_MS))]).wait().unwrap();
}

#[test]
fn c10_4_the_backup_of_another_journal_is_left_alone() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let dest = tempfile::tempdir().unwrap();
    three_months(dir.path()).close(at(63 * DAY_MS)).unwrap();
    three_months(other.path()).close(at(63 * DAY_MS)).unwrap();
    back_up(dir.path(), dest.path()).unwrap();
    let before = fs::read(segment(dest.path(), "2026-10.jsonl")).unwrap();
    let refused = back_up(other.path(), dest.path()).unwrap_err();
    assert!(refused.to_string().contains("another journal"), "{refused}");
    assert_eq!(fs::read(segment(dest.path(), "2026-10.jsonl")).unwrap(), before);
    // One that has lost its last lines, too.
    let newest = segment(dir.path(), "2026-12.jsonl");
    let text = fs::read_to_string(&newest).unwrap();
    fs::write(&newest, text.split_inclusive('\n').take(3).collect::<String>()).unwrap();
    assert!(matches!(
        back_up(dir.path(), dest.path()),
        Err(BackupError::AnotherJournal { file, .. }) if file == "2026-12.jsonl"
    ));
    let inside = back_up(dir.path(), &dir.path().join("backup")).unwrap_err();
    assert!(matches!(inside, BackupError::Inside { .. }), "{inside}");
}

#[test]
fn c10_4_two_folders_on_one_device_are_told() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let missing = two.path().join("not/yet");
    let proc = Path::new("/proc").to_owned();
    let told = shared_devices(one.path(), &[proc.clone(), missing.clone()]);
    let pair = format!("{} and {} are on one device; ", one.path().display(), missing.display());
    assert!(told.len() == 1 && told[0].starts_with(&pair), "{told:?}");
    assert!(shared_devices(one.path(), &[proc]).is_empty());
}

#[test]
fn c10_4_a_key_that_was_replaced_is_kept_aside() {
    let (dir, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    three_months(dir.path()).close(at(63 * DAY_MS)).unwrap();
    for key in ["first", "second", "second"] {
        fs::write(dir.path().join("statement.key"), key).unwrap();
        back_up(dir.path(), dest.path()).unwrap();
    }
    let read = |name: &str| fs::read_to_string(dest.path().join(name)).unwrap();
    assert_eq!(
        (read("statement.key"), read("statement.key.aside-1")),
        ("second".into(), "first".into())
    );
    assert!(!dest.path().join("statement.key.aside-2").exists());
}
