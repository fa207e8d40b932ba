//! `upptid statement`.

use std::fs::{self, OpenOptions};
use std::io::Write;

use serde_json::Value;
use statement::json::Parts;
use statement::sha256;

use crate::journal::{CUSTOMER, OTHER, State, upptid};

#[test]
fn c10_1_a_statement_is_byte_for_byte_the_one_that_was_signed() {
    let state = State::october();
    state.close(OTHER, 0, "2026-10-31T23:15:05Z");
    let signed = state.close(CUSTOMER, 0, "2026-10-31T23:15:06Z");
    let made = state.statement(&["--customer", CUSTOMER]);
    assert_eq!((made.code, made.stderr.as_str()), (0, ""), "{made:?}");
    let text = made.text();
    let parts = Parts::read(&text).unwrap();
    assert_eq!(sha256(parts.document), signed.sha256);
    assert_eq!(parts.signature.unwrap().value, signed.signature);
    let document: Value = serde_json::from_str(parts.document).unwrap();
    assert_eq!(document["services"][0]["figure"]["lost_ms"], (20 + 120) * 60_000);
    assert_eq!(document["services"][0]["outages"].as_array().unwrap().len(), 3);
    // What began before the month shows what was seen then.
    assert_eq!(
        document["services"][0]["outages"][0]["evidence"]["message"],
        "no answer at 2026-09-30T21:50:00Z"
    );

    // While a line is being written, after more was recorded, and without the oldest segment.
    state.down("portal", "2026-11-05T00:00:00Z", "2026-11-05T01:00:00Z");
    let newest = state.journal().join("2026-11.jsonl");
    OpenOptions::new().append(true).open(newest).unwrap().write_all(b"{\"seq\":9").unwrap();
    assert_eq!(state.statement(&["--customer", CUSTOMER]).text(), text);
    let journal = state.journal().to_str().unwrap().to_owned();
    let whole = ["statement", "--month", "2026-10", "--customer", CUSTOMER, "--facts", &journal];
    assert_eq!(upptid(&whole).text(), text);
    assert_eq!(upptid(&[&whole[..6], &[&state.export()]].concat()).text(), text);
    fs::remove_file(state.journal().join("2026-08.jsonl")).unwrap();
    assert_eq!(state.statement(&["--customer", CUSTOMER]).text(), text);
}

#[test]
fn every_form_is_the_same_each_time() {
    let state = State::closed();
    for form in ["json", "csv", "html", "pdf"] {
        for lang in ["sv", "en"] {
            let make =
                || state.statement(&["--customer", CUSTOMER, "--format", form, "--lang", lang]);
            let made = make();
            assert_eq!(made.code, 0, "{made:?}");
            assert!(!made.stdout.is_empty());
            assert_eq!(made.stdout, make().stdout, "{form} {lang}");
        }
    }
}

#[test]
fn the_only_customer_is_taken_and_of_several_one_has_to_be_named() {
    let state = State::closed();
    let several = state.statement(&[]);
    assert_eq!(several.code, 2);
    assert_eq!(
        several.stderr,
        "upptid: there are 2 customers in 2026-10; name one, or take --all --out FOLDER:\n  \
         --customer \"Annan AB\"\n  --customer \"Exempelbolaget AB\"\n"
    );
    let unknown = state.statement(&["--customer", "Ingen AB"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("nothing is known of a customer \"Ingen AB\" in 2026-10"));
    let export = state.export();
    let only = upptid(&["statement", "--month", "2026-10", "--facts", &export]);
    assert_eq!(only.text(), state.statement(&["--customer", CUSTOMER]).text());
}

#[test]
fn all_of_a_month_are_written_as_the_agent_names_them() {
    let state = State::closed();
    state.revise();
    let folder = state.path("out");
    let out = folder.to_str().unwrap();
    let made = state.statement(&["--all", "--out", out, "--format", "html"]);
    assert_eq!(made.code, 0, "{made:?}");
    let names = ["annan-ab.sv.html", "exempelbolaget-ab.r1.sv.html"];
    let listed: String = names.iter().map(|name| format!("{out}/{name}\n")).collect();
    assert_eq!(made.text(), listed);
    let mut there: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|it| it.unwrap().file_name()).collect();
    there.sort();
    assert_eq!(there, names);
}

#[test]
fn c6_7_each_revision_can_be_made_anew_and_shows_both_figures() {
    let state = State::closed();
    let first = state.statement(&["--customer", CUSTOMER]).text();
    let signed = state.revise();
    let latest = state.statement(&["--customer", CUSTOMER]).text();
    assert!(latest.contains(&signed.sha256), "{latest}");
    let value: Value = serde_json::from_str(&latest).unwrap();
    let section = &value["statement"]["services"][0];
    assert_eq!(section["figure"]["lost_ms"], (20 + 90) * 60_000);
    assert_eq!(section["previous"]["figure"]["lost_ms"], (20 + 120) * 60_000);
    assert_eq!(state.statement(&["--customer", CUSTOMER, "--revision", "0"]).text(), first);
    assert_eq!(state.statement(&["--customer", CUSTOMER, "--revision", "1"]).text(), latest);
    let none = state.statement(&["--customer", CUSTOMER, "--revision", "2"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("no revision 2 of 2026-10; there are: 0, 1"), "{}", none.stderr);
}

#[test]
fn a_month_that_is_not_closed_gives_a_provisional_statement() {
    let state = State::october();
    let made = state.statement(&["--customer", CUSTOMER]);
    let value: Value = serde_json::from_str(&made.text()).unwrap();
    assert_eq!(value["signature"], Value::Null);
    assert_eq!(value["statement"]["status"], "provisional");
    assert_eq!(value["statement"]["issued_at"], "2026-10-31T23:15:00.000Z");
    let none = state.statement(&["--customer", CUSTOMER, "--revision", "0"]);
    assert!(none.stderr.contains("2026-10 is not closed"), "{}", none.stderr);
    let dir = state.dir.path().to_str().unwrap();
    let early = upptid(&["statement", "--month", "2025-01", "--state-dir", dir]);
    assert_eq!(early.code, 2);
    assert!(early.stderr.contains("nothing is known of 2025-01; --list tells"), "{}", early.stderr);
}

#[test]
fn what_is_signed_is_listed() {
    let state = State::closed();
    let dir = state.dir.path().to_str().unwrap();
    let listed = upptid(&["statement", "--list", "--state-dir", dir]);
    let key = state.key.public_key();
    assert_eq!(
        listed.text(),
        format!(
            "2026-10  revision 0  2026-10-31T23:15:05.000Z  \"Annan AB\"  key {key}\n\
             2026-10  revision 0  2026-10-31T23:15:05.000Z  \"Exempelbolaget AB\"  key {key}\n"
        )
    );
    let none = upptid(&["statement", "--list", "--month", "2026-09", "--state-dir", dir]);
    assert!(none.text().starts_with("no statement is signed yet"));
}

#[test]
fn c10_1_a_damaged_journal_makes_no_statement_that_was_signed_over_it() {
    let state = State::closed();
    let path = state.journal().join("2026-10.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let at = text.find("no answer at 2026-10-25").unwrap();
    crate::journal::flip(&path, at * 8);
    let made = state.statement(&["--customer", CUSTOMER]);
    assert_eq!(made.code, 5);
    assert!(made.stdout.is_empty(), "{made:?}");
    assert!(made.stderr.contains("2026-10.jsonl: line "), "{made:?}");
    assert!(made.stderr.contains("restore the segment from a backup"), "{made:?}");
}

#[test]
fn a_folder_without_a_journal_is_told_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let made = upptid(&["statement", "--month", "2026-10", "--state-dir", dir]);
    assert_eq!(made.code, 2);
    assert!(made.stderr.contains("--state-dir, --config or --facts"), "{}", made.stderr);
    let made = upptid(&["statement", "--state-dir", dir]);
    assert_eq!(made.stderr, "upptid: which month? give --month 2026-10\n");
}

#[test]
fn the_configuration_tells_where_the_state_is() {
    let state = State::closed();
    let config = state.path("upptid.toml");
    let text = format!(
        "[agent]\nname = \"gbg-1\"\nstate_dir = {:?}\n[[service]]\nname = \"portal\"\n\
         [service.login]\nkind = \"form\"\nurl = \"https://portal.example/login\"\nuser = \"probe\"\n\
         password = {{ file = \"nowhere\" }}\nproof = [{{ text = \"Logga ut\" }}]\n",
        state.dir.path()
    );
    fs::write(&config, text).unwrap();
    let asked =
        ["--month", "2026-10", "--customer", CUSTOMER, "--config", config.to_str().unwrap()];
    let made = upptid(&[&["statement"][..], &asked].concat());
    assert_eq!(made.text(), state.statement(&["--customer", CUSTOMER]).text(), "{made:?}");
}
