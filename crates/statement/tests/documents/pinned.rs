//! A statement that was made and signed once: it verifies for ever, and the same facts still make
//! it. A later format of documents gets a file of its own beside it.

use std::fs;
use std::path::Path;

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
