//! `docs/ledger-format.md` is what is written: its example verifies here and with `sha256sum`.

use std::fs;
use std::process::Command;

use crate::journal::line::{Hash, Sealed};

fn document() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ledger-format.md");
    fs::read_to_string(path).unwrap()
}

/// The document's fenced blocks of one language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    let rest = document.split(&opening).skip(1);
    rest.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn c10_1_the_documents_example_verifies_line_by_line() {
    let example = &blocks(&document(), "jsonl")[0];
    let mut prev = Hash::ZERO;
    let mut history = contract::History::new();
    for line in example.lines() {
        let sealed = Sealed::split(line.as_bytes()).unwrap();
        sealed.verify().unwrap();
        assert_eq!(sealed.prev, prev);
        prev = sealed.hash;
    }
    history.read("example", example).unwrap();
    assert_eq!(history.next_seq(), 4);
}

#[test]
fn c10_1_the_documents_hidden_line_keeps_the_chain() {
    let document = document();
    let (shown, hidden) = (&blocks(&document, "jsonl")[0], &blocks(&document, "jsonl")[1]);
    let last = shown.lines().last().unwrap();
    assert_eq!(Sealed::split(last.as_bytes()).unwrap().hide(3), hidden.trim_end());
}

#[test]
fn c10_1_the_documents_shell_snippet_verifies_with_sha256sum() {
    let document = document();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("2026-10.jsonl");
    let example = &blocks(&document, "jsonl")[0];
    let snippet = &blocks(&document, "sh")[0];
    let verify = |text: &str| {
        fs::write(&path, text).unwrap();
        let run = Command::new("sh").args(["-c", snippet]).current_dir(dir.path()).output();
        let output = run.unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(verify(example), "3 lines verified\n");
    let tampered = example.replace("\"state\":\"up\"", "\"state\":\"no\"");
    assert!(verify(&tampered).contains("line 2"), "{}", verify(&tampered));
}
