//! `docs/contract.md` and the tests, held against each other: every rule is cited by a test, and
//! nothing cites a rule that is not there.
//!
//! A test cites a rule in its name (`c4_7_an_overrun_is_downtime`) or in a comment (`C4.7`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use end_to_end::files_below;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The numbers of the rules, in the order of the document.
fn rules() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/contract.md")).unwrap();
    let numbers = text.lines().filter_map(|line| line.strip_prefix("- **C")?.split("**").next());
    numbers.map(|number| format!("C{number}")).collect()
}

/// Every Rust file of the project but this one, by its path.
fn sources() -> Vec<(String, String)> {
    let own = Path::new(file!()).file_name();
    let mut sources = Vec::new();
    for folder in ["crates", "tests"] {
        for (path, bytes) in files_below(&root().join(folder)) {
            if path.extension().is_some_and(|end| end == "rs") && path.file_name() != own {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                sources.push((name, String::from_utf8(bytes).expect("sources are text")));
            }
        }
    }
    sources
}

/// The part of a file that is tests: all of it in a folder or file of tests, else what follows
/// `#[cfg(test)]`, which stands at a file's bottom.
fn tests_in<'a>(name: &str, text: &'a str) -> &'a str {
    if name.split('/').any(|part| part == "tests" || part == "tests.rs") {
        return text;
    }
    text.find("#[cfg(test)]\nmod ").map_or("", |at| &text[at..])
}

/// The rules that a line cites: in a test's name, or in a comment.
fn cited(line: &str) -> Vec<String> {
    let line = line.trim_start();
    if let Some(comment) = line.find("//").map(|at| &line[at..]) {
        return comment.split('C').skip(1).filter_map(|rest| rule(rest, '.')).collect();
    }
    let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ").unwrap_or_default();
    // `c3_6_c3_7_…` cites two.
    let parts = || name.split('_');
    parts()
        .zip(parts().skip(1))
        .filter(|(chapter, _)| chapter.starts_with('c') && name.starts_with('c'))
        .filter_map(|(chapter, number)| rule(&format!("{}_{number}", &chapter[1..]), '_'))
        .collect()
}

/// The rule whose chapter and number `text` begins with.
fn rule(text: &str, between: char) -> Option<String> {
    let (chapter, rest) = text.split_once(between)?;
    let digits = rest.len() - rest.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    let is_number =
        |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    let number = &rest[..digits];
    (is_number(chapter) && is_number(number)).then(|| format!("C{chapter}.{number}"))
}

/// The rules that tests cite, each with a place.
fn cited_by_tests() -> BTreeMap<String, String> {
    let mut cited_by = BTreeMap::new();
    for (name, text) in sources() {
        for rule in tests_in(&name, &text).lines().flat_map(cited) {
            cited_by.entry(rule).or_insert_with(|| name.clone());
        }
    }
    cited_by
}

#[test]
fn every_rule_is_cited_by_a_test() {
    let cited_by = cited_by_tests();
    for rule in rules() {
        assert!(cited_by.contains_key(&rule), "{rule} is cited by no test");
    }
}

#[test]
fn a_rule_that_is_cited_is_in_the_contract() {
    let rules: BTreeSet<String> = rules().into_iter().collect();
    for (name, text) in sources() {
        for (line, number) in text.lines().zip(1..) {
            for rule in cited(line) {
                assert!(rules.contains(&rule), "{name}:{number} cites {rule}");
            }
        }
    }
}

#[test]
fn the_contracts_rules_are_numbered_without_gaps() {
    let rules = rules();
    let mut expected = Vec::new();
    for (chapter, last) in (1..).zip([5, 4, 9, 8, 5, 7, 5, 2, 5, 6]) {
        expected.extend((1..=last).map(|number| format!("C{chapter}.{number}")));
    }
    assert_eq!(rules, expected);
}

#[test]
fn citations_are_read_from_names_and_comments() {
    let cited = |line: &str| cited(line).join(" ");
    assert_eq!(cited("    async fn c4_7_an_overrun_is_downtime() {"), "C4.7");
    assert_eq!(cited("fn c3_6_c3_7_every_pair_has_one_result() {"), "C3.6 C3.7");
    assert_eq!(cited("let x = 1; // C2.2, and C10.6: 4.3"), "C2.2 C10.6");
    for none in ["fn c7_one_more() {", "let fn_c4_7_x = 1;", "// RFC 9110, UTC 1.2", "\"C4.7\""] {
        assert_eq!(cited(none), "", "{none}");
    }
}
