//! An export shows one customer's lines, hides the others', and verifies.

use std::fs;

use contract::fact::{AdjustmentKind, Decision, Ground};
use contract::{Fact, History, Money, Reach, hidden_seq};

use super::*;
use crate::{ExportError, ExportFor, ExportReport, export, verify};

const ACME: &str = "Acme AB";
const BIRCH: &str = "Birch AB";

fn set(service: &str, customer: Option<&str>, month: &str, terms: &str) -> Fact {
    Fact::ServiceSet {
        service: service.to_owned(),
        month: month.to_owned(),
        customer: customer.map(str::to_owned),
        terms: terms.to_owned(),
        monthly_fee: Some("12500.00 SEK".parse::<Money>().unwrap()),
        contacts: vec![format!("contact-of-{service}")],
    }
}

fn terms(name: &str) -> Fact {
    let (name, month) = (name.to_owned(), "2026-10".to_owned());
    Fact::TermsSet { name, month, terms: contract::Terms::default() }
}

fn stop(id: &str, services: &[&str], from: Instant) -> Fact {
    Fact::StopAnnounced {
        id: id.to_owned(),
        services: services.iter().map(|name| (*name).to_owned()).collect(),
        from,
        until: from.plus_ms(3_600_000),
        reason: format!("reason of {}", services[0]),
        by: "anna".to_owned(),
        agreed: None,
        event: None,
    }
}

fn claim(id: &str, service: &str, from: Instant) -> [Fact; 2] {
    let claimed = Fact::AdjustmentClaimed {
        id: id.to_owned(),
        kind: AdjustmentKind::Exclude,
        service: service.to_owned(),
        from,
        until: from.plus_ms(60_000),
        ground: Ground::DosAttack,
        evidence: format!("evidence of {service}"),
        by: "anna".to_owned(),
    };
    let (id, by) = (id.to_owned(), "bo".to_owned());
    [claimed, Fact::AdjustmentDecided { id, decision: Decision::Accepted, by }]
}

/// Two months of a ledger with two customers' services, and one of nobody's.
fn two_customers(dir: &Path) -> Ledger {
    let (ledger, _) = open(dir, at(0));
    let record = |ms: i64, fact: Fact| ledger.record(vec![(at(ms), fact)]).wait().unwrap();
    for (service, customer, name) in
        [("portal", Some(ACME), "standard"), ("mail", Some(BIRCH), "gold"), ("lab", None, "none")]
    {
        record(0, terms(name));
        record(0, set(service, customer, "2026-10", name));
        record(1, up(service, at(1)).1);
        record(2, stop(&format!("S-{service}"), &[service], at(5 * DAY_MS)));
        let hit = at(5 * DAY_MS + 1_800_000);
        record(5 * DAY_MS, down(service, hit).1);
        record(5 * DAY_MS, up(service, hit.plus_ms(3_600_000)).1);
        for fact in claim(&format!("A-{service}"), service, hit.plus_ms(2_000_000)) {
            record(6 * DAY_MS, fact);
        }
        let by = "bo".to_owned();
        record(6 * DAY_MS, Fact::StopCancelled { id: format!("S-{service}"), by });
    }
    ledger.heartbeat(at(40 * DAY_MS));
    record(40 * DAY_MS + 1, down("portal", at(40 * DAY_MS)).1);
    record(40 * DAY_MS + 2, down("mail", at(40 * DAY_MS)).1);
    ledger
}

fn customer(name: &str) -> ExportFor {
    ExportFor { customers: vec![Some(name.to_owned())], services: Vec::new() }
}

fn exported(dir: &Path, whom: &ExportFor) -> (String, ExportReport) {
    let mut bytes = Vec::new();
    let mut told = Vec::new();
    let mut progress = |done, all| told.push((done, all));
    let report = export(&dir.join("journal"), whom, &mut bytes, &mut progress).unwrap();
    assert!(told.iter().all(|(done, all)| done <= all) && told.is_sorted());
    (String::from_utf8(bytes).unwrap(), report)
}

#[test]
fn c10_1_an_export_shows_one_customers_lines_and_verifies_while_the_agent_runs() {
    let dir = tempfile::tempdir().unwrap();
    let (early, _) = open(dir.path(), at(-2));
    // Whose the services are is recorded later.
    early.record(vec![(at(-2), stop("S-both", &["portal", "mail"], at(DAY_MS)))]).wait().unwrap();
    drop(early);
    let ledger = two_customers(dir.path());
    let both = vec![(at(41 * DAY_MS), stop("S-two", &["portal", "mail"], at(50 * DAY_MS)))];
    let refused = ledger.record(both).wait().unwrap_err().to_string();
    assert!(refused.contains("two customers"), "{refused}");
    let (text, report) = exported(dir.path(), &customer(ACME));
    for word in ["mail", "lab", BIRCH, "gold", "S-both", "A-mail", "contact-of-mail"] {
        assert!(!text.contains(word), "{word}");
    }
    for word in ["portal", ACME, "standard", "S-portal", "A-portal", "contact-of-portal"] {
        assert!(text.contains(word), "{word}");
    }
    let hidden = text.lines().filter(|line| hidden_seq(line).is_some()).count() as u64;
    assert_eq!((report.hidden_lines, report.lines), (hidden, text.lines().count() as u64));
    assert_eq!((report.services, report.damage), (vec!["portal".to_owned()], vec![]));
    assert_eq!(report.shared_stops, ["S-both"]);
    assert_eq!(report.known_until, Some(at(40 * DAY_MS)));
    let file = dir.path().join("acme.jsonl");
    fs::write(&file, &text).unwrap();
    let verified = verify(&file).unwrap();
    assert_eq!((verified.damage().count(), verified.last), (0, Some(report.last)));
    assert_eq!(verified.segments[0].hidden_lines, hidden);
    assert_eq!(verified.segments[0].follows, None);
    assert_eq!(report.last.seq, ledger.health().journal.last_seq);
}

#[test]
fn an_export_gives_the_customers_figures_as_the_whole_journal_does() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = two_customers(dir.path());
    ledger.close(at(41 * DAY_MS)).unwrap();
    let mut whole = History::new();
    for path in crate::segment_files(&dir.path().join("journal")).unwrap() {
        whole.read("journal", &fs::read_to_string(path).unwrap()).unwrap();
    }
    for (name, service) in [(ACME, "portal"), (BIRCH, "mail")] {
        let mut history = History::new();
        history.read("export", &exported(dir.path(), &customer(name)).0).unwrap();
        assert_eq!(history.services().collect::<Vec<_>>(), [service]);
        for month in ["2026-10", "2026-11"] {
            let figure = |history: &History| {
                let mut contracts = contract::Contracts::default();
                let contract = contracts.of(history, service, month.parse().unwrap());
                let reach = Reach::replay(history, None);
                contract::month_figure(history, service, &contract.as_service_contract(), reach)
            };
            let expected = figure(&whole);
            assert!(month > "2026-10" || (expected.lost_ms > 0 && expected.excluded_ms > 0));
            assert_eq!(figure(&history), expected, "{service} {month}");
        }
    }
}

#[test]
fn c10_1_a_bit_flipped_anywhere_in_an_export_is_found_and_its_line_named() {
    let dir = tempfile::tempdir().unwrap();
    two_customers(dir.path());
    let (text, _) = exported(dir.path(), &customer(BIRCH));
    let file = dir.path().join("birch.jsonl");
    let mut random = Random::new(17);
    let mut line = 1;
    for (byte, old) in text.bytes().enumerate() {
        // Every byte of some lines, and every line's ends.
        let is_an_end = text[byte..].len() < 2 || text[byte..=byte + 1].contains('\n');
        if line > 6 && byte % 29 > 0 && !is_an_end {
            continue;
        }
        let mut bytes = text.clone().into_bytes();
        bytes[byte] ^= 1 << random.below(8);
        fs::write(&file, bytes).unwrap();
        let report = verify(&file).unwrap();
        let damage = report.damage().next();
        let damage = damage.unwrap_or_else(|| panic!("byte {byte} of line {line} unnoticed"));
        assert_eq!(damage.line, line, "byte {byte}: {damage}");
        line += u64::from(old == b'\n');
    }
}

#[test]
fn a_service_is_shown_to_whose_it_is_when_a_line_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path(), at(0));
    let november = at(31 * DAY_MS);
    for (recorded, fact) in [
        (at(1), up("portal", at(1)).1),
        (at(2), set("portal", Some(ACME), "2026-10", "standard")),
        (at(3), set("portal", Some(BIRCH), "2026-11", "standard")),
        (at(4), down("portal", at(4)).1),
        (november, up("portal", november).1),
    ] {
        ledger.record(vec![(recorded, fact)]).wait().unwrap();
    }
    let states = |whom: &ExportFor| {
        let (text, report) = exported(dir.path(), whom);
        assert_eq!(report.services, ["portal"]);
        let lines = text.lines().filter_map(|line| contract::parse_line(line, 0).ok());
        let states = lines.filter(|line| matches!(line.fact, Fact::State { .. }));
        states.map(|line| line.at).collect::<Vec<_>>()
    };
    assert_eq!(states(&customer(ACME)), [at(1), at(4)]);
    assert_eq!(states(&customer(BIRCH)), [november]);
    let service = ExportFor { services: vec!["portal".to_owned()], ..ExportFor::default() };
    assert_eq!(states(&service), [at(1), at(4), november]);
}

#[test]
fn an_export_for_nobody_is_refused_with_the_names_there_are() {
    let dir = tempfile::tempdir().unwrap();
    two_customers(dir.path());
    let refused = |whom: &ExportFor| {
        let journal = dir.path().join("journal");
        export(&journal, whom, &mut Vec::new(), &mut |_, _| {}).unwrap_err().to_string()
    };
    let told = refused(&customer("Cedar AB"));
    assert!(told.contains("Cedar AB") && told.contains(ACME), "{told}");
    let service = ExportFor { services: vec!["porta".to_owned()], ..ExportFor::default() };
    assert!(refused(&service).contains("\"portal\""));
    let nobodys = ExportFor { customers: vec![None], services: Vec::new() };
    assert_eq!(exported(dir.path(), &nobodys).1.services, ["lab"]);
}

#[test]
fn c10_1_lines_that_do_not_verify_are_not_exported() {
    let dir = tempfile::tempdir().unwrap();
    two_customers(dir.path()).close(at(41 * DAY_MS)).unwrap();
    let path = dir.path().join("journal/2026-10.jsonl");
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 1;
    fs::write(&path, bytes).unwrap();
    let journal = dir.path().join("journal");
    let damaged = export(&journal, &customer(ACME), &mut Vec::new(), &mut |_, _| {}).unwrap_err();
    let ExportError::Damaged(damage) = damaged else { panic!("{damaged}") };
    assert_eq!(damage.file, "2026-10.jsonl");
    // Where the agent goes on after the last good line, the export does.
    fs::remove_file(dir.path().join("journal/2026-11.jsonl")).unwrap();
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    let (ledger, report) = open(dir.path(), at(42 * DAY_MS));
    assert_eq!(report.damage.len(), 1);
    ledger.record(vec![up("portal", at(42 * DAY_MS))]).wait().unwrap();
    let (text, report) = exported(dir.path(), &customer(ACME));
    assert_eq!(report.damage.len(), 1);
    let file = dir.path().join("acme.jsonl");
    fs::write(&file, &text).unwrap();
    assert_eq!(verify(&file).unwrap().damage().count(), 0);
    assert!(text.contains("chain_damaged"));
}
