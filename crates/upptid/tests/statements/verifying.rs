//! `upptid verify` of statements.

use std::fs;

use serde_json::Value;
use statement::SigningKey;
use statement::json::{Parts, file};

use crate::journal::{CUSTOMER, State, flip, upptid};

#[test]
fn c10_1_a_statement_verifies_by_itself_and_against_the_facts() {
    let state = State::closed();
    let (key, journal) = (state.key.public_key(), state.journal());
    let journal = journal.to_str().unwrap();
    for (name, format) in [("a.json", "json"), ("a.html", "html"), ("a.pdf", "pdf")] {
        let path = state.write(name, &["--format", format, "--lang", "en"]);
        let alone = upptid(&["verify", &path]);
        assert_eq!(alone.code, 0, "{alone:?}");
        let text = alone.text();
        assert!(
            text.starts_with(&format!(
                "{path}: verified\n  statement of 2026-10 to {CUSTOMER:?}, closed, revision 0"
            )),
            "{text}"
        );
        assert!(text.contains(&format!("signed by the key {key}\n    compare it")), "{text}");
        assert!(text.contains("not compared with the facts"), "{text}");
        for facts in [journal, &state.export()] {
            let whole = upptid(&["verify", &path, "--key", &key, "--facts", facts]);
            assert_eq!(whole.code, 0, "{whole:?}");
            let text = whole.text();
            assert!(text.contains(&format!("signed by the key given, {key}")), "{text}");
            assert!(text.contains("its figures follow from the facts\n"), "{text}");
        }
    }
}

#[test]
fn c10_1_a_flipped_bit_is_found_and_its_line_named() {
    let state = State::closed();
    for (name, format) in [("a.json", "json"), ("a.html", "html")] {
        let path = state.write(name, &["--format", format]);
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 12) {
            fs::write(&path, &whole).unwrap();
            flip(&path, at * 8);
            let line = whole[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let found = upptid(&["verify", &path]);
            assert_eq!(found.code, 5, "byte {at}: {found:?}");
            let text = found.text();
            assert!(text.starts_with(&format!("{path}: damaged: line {line}: ")), "{at}: {text}");
        }
    }
    let path = state.write("a.pdf", &["--format", "pdf"]);
    let length = fs::metadata(&path).unwrap().len() as usize;
    flip(&path, length * 4);
    let found = upptid(&["verify", "--json", &path]);
    assert_eq!(found.code, 5, "{found:?}");
    let document: Value = serde_json::from_str(&found.text()).unwrap();
    assert_eq!(document["verified"], false);
    assert!(document["found"].as_str().unwrap().starts_with("byte "), "{document}");
}

#[test]
fn c10_1_a_forged_statement_is_told_by_its_key_or_by_the_facts() {
    let state = State::closed();
    let path = state.write("a.json", &[]);
    let text = fs::read_to_string(&path).unwrap();
    let honest = Parts::read(&text).unwrap().document.to_owned();
    let forger = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
    let forge = |bytes: &str| fs::write(&path, file(bytes, Some(&forger.sign(bytes)))).unwrap();

    forge(&honest.replace("12500.00 SEK", "1.00 SEK"));
    assert_eq!(upptid(&["verify", &path]).code, 0, "the key alone tells");
    let key = state.key.public_key();
    let pinned = upptid(&["verify", &path, "--key", &key]);
    assert_eq!(pinned.code, 1, "{pinned:?}");
    assert!(pinned.text().contains("not by the one given"), "{pinned:?}");
    let facts = state.journal().to_str().unwrap().to_owned();
    let compared = upptid(&["verify", &path, "--facts", &facts]);
    assert_eq!(compared.code, 5, "{compared:?}");
    let text = compared.text();
    assert!(
        text.contains("does not follow from the facts: the facts give something else: line "),
        "{text}"
    );
    assert!(text.contains("1.00 SEK") && text.contains("12500.00 SEK"), "{text}");

    // The same words under another key.
    forge(&honest);
    let compared = upptid(&["verify", &path, "--facts", &facts]);
    assert_eq!(compared.code, 5, "{compared:?}");
    assert!(compared.text().contains("records another one"), "{compared:?}");
}

#[test]
fn c10_1_facts_that_end_too_early_or_differ_prove_nothing() {
    let state = State::closed();
    let path = state.write("a.json", &[]);
    let export = state.export();
    let lines = fs::read_to_string(&export).unwrap();
    let cut = |count: usize| {
        let kept: String = lines.split_inclusive('\n').take(count).collect();
        fs::write(&export, kept).unwrap();
        upptid(&["verify", &path, "--facts", &export])
    };
    let signed =
        lines.lines().position(|line| line.contains("\"fact\":\"statement_signed\"")).unwrap();
    let before = cut(signed);
    assert_eq!(before.code, 1, "{before:?}");
    assert!(before.text().contains("do not record that it was signed"), "{before:?}");
    let early = cut(5);
    assert_eq!(early.code, 5, "{early:?}");
    assert!(early.text().contains("the facts end with line 5"), "{early:?}");
    fs::write(&export, lines.replace("no answer at 2026-10-03", "no answer at 2026-10-04"))
        .unwrap();
    let changed = upptid(&["verify", &path, "--facts", &export]);
    assert_eq!(changed.code, 5, "{changed:?}");
    assert!(changed.stderr.contains("export.jsonl: line "), "{changed:?}");
}

#[test]
fn c6_7_a_statement_that_was_revised_says_so() {
    let state = State::closed();
    let path = state.write("a.json", &[]);
    state.revise();
    let facts = state.journal().to_str().unwrap().to_owned();
    let found = upptid(&["verify", &path, "--facts", &facts]);
    assert_eq!(found.code, 0, "{found:?}");
    assert!(found.text().contains("note: revision 1 was made after it"), "{found:?}");
}

#[test]
fn a_csv_is_held_against_the_statement() {
    let state = State::closed();
    let (csv, json) = (state.write("a.csv", &["--format", "csv"]), state.write("a.json", &[]));
    let alone = upptid(&["verify", &csv]);
    assert_eq!(alone.code, 2);
    assert!(alone.stderr.contains("give the same statement as JSON, HTML or PDF before it"));
    assert_eq!(upptid(&["verify", &json, &csv]).code, 0);
    flip(&csv, 8 * 600);
    let found = upptid(&["verify", &json, &csv]);
    assert_eq!(found.code, 5, "{found:?}");
    assert!(found.text().contains("a.csv: damaged: line "), "{found:?}");
}

#[test]
fn a_provisional_statement_is_told_to_be_one() {
    let state = State::october();
    let path = state.write("a.html", &["--format", "html"]);
    let facts = state.journal().to_str().unwrap().to_owned();
    let found = upptid(&["verify", &path, "--facts", &facts]);
    assert_eq!(found.code, 0, "{found:?}");
    let text = found.text();
    assert!(
        text.contains("provisional") && text.contains("not signed: its figures may change"),
        "{text}"
    );
    let pinned = upptid(&["verify", &path, "--key", &state.key.public_key()]);
    assert_eq!(pinned.code, 1, "{pinned:?}");
    let wrong = upptid(&["verify", &path, "--key", "zz"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("give the 64 digits"), "{wrong:?}");
}

#[test]
fn hostile_files_are_refused_without_a_panic() {
    let state = State::closed();
    let path = state.path("a.json");
    let name = path.to_str().unwrap();
    for bytes in [&b""[..], b"{", b"{\n\"statement\": ", b"{\n\"statement\": {\n},\n", &[0xff; 100]]
    {
        fs::write(&path, bytes).unwrap();
        let found = upptid(&["verify", name]);
        assert_eq!(found.code, 5, "{found:?}");
    }
    let deep = format!("{{\n\"statement\": {}", "[".repeat(500_000));
    fs::write(&path, deep).unwrap();
    assert_eq!(upptid(&["verify", name]).code, 5);
    let long = fs::File::create(&path).unwrap();
    long.set_len(129 << 20).unwrap();
    let found = upptid(&["verify", name]);
    assert_eq!(found.code, 2);
    assert!(found.stderr.contains("longer than a statement (128 MiB)"), "{found:?}");
}
