//! A statement that was made and signed once: it verifies for ever, and the same facts still make
//! it. A later format of documents gets a file of its own beside it.

use std::fs;
use std::path::Path;
use std::process::Command;

use statement::json::{Parts, document_bytes, file};
use statement::{Form, SigningKey, check};

use crate::proof::document;

/// Format 1.
const PINNED: &str = include_str!("pinned/2026-10.json");
const KEY: &str = "3e78c2ac13865b6fd469132cc03a465c415604e4991fd531794e9cbb09dea591";

#[test]
fn c10_1_a_statement_of_long_ago_still_verifies() {
    let checked = check(PINNED.as_bytes(), Form::Json).unwrap();
    assert_eq!(checked.document.format, 1);
    assert_eq!(checked.signature.unwrap().public_key, KEY);
}

#[test]
fn c10_1_the_same_facts_make_the_same_bytes_as_ever() {
    let bytes = document_bytes(&document());
    let pinned = Parts::read(PINNED).unwrap();
    if bytes != pinned.document {
        let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
        let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("2026-10.json");
        fs::write(&made, file(&bytes, Some(&key.sign(&bytes)))).unwrap();
        panic!("{} is what this version makes", made.display());
    }
}

#[test]
fn c10_1_anyone_can_check_the_signature_with_the_documented_commands() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let text = fs::read_to_string(format!("{root}/docs/statement-format.md")).unwrap();
    let commands = text.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = |statement: &str| {
        fs::write(folder.path().join("statement.json"), statement).unwrap();
        let output = Command::new("sh").args(["-c", commands]).current_dir(folder.path()).output();
        let output = output.unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let verified = run(PINNED);
    let parts = Parts::read(PINNED).unwrap();
    let signed = fs::read_to_string(folder.path().join("signed.bin")).unwrap();
    assert_eq!(signed, format!("upptid-statement-v1\n{}", parts.document));
    // Where there is no openssl, the bytes that it would be given are right.
    if Command::new("openssl").arg("version").output().is_ok() {
        assert_eq!(verified, "Signature Verified Successfully\n");
        let changed = run(&PINNED.replace("12500.00 SEK", "12500.01 SEK"));
        assert!(changed.contains("Failure"), "{changed}");
    }
}
