//! Tests of the files in `config/`: each is valid, and the reference is complete and true.

use std::collections::BTreeSet;
use std::path::Path;

use super::load::{self, Loaded};

/// The files' folder.
fn shipped() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config"))
}

/// Loads a text beside the files that the reference names.
fn load(text: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content);
    let certified = rcgen::generate_simple_self_signed(["portal.example".to_owned()]).unwrap();
    for name in ["private-ca.pem", "client.pem"] {
        write(name, &certified.cert.pem()).unwrap();
    }
    write("client.key", &certified.signing_key.serialize_pem()).unwrap();
    for name in [
        "portal",
        "portal2.password",
        "intranet",
        "api",
        "files",
        "orders",
        "orders-client",
        "sso",
        "sso-client",
        "smtp",
        "ops",
    ] {
        write(name, "a secret\n").unwrap();
    }
    write("upptid.toml", text).unwrap();
    let path = folder.path().join("upptid.toml");
    let loaded = load::load(&path, Some(folder.path())).unwrap();
    assert!(!loaded.problems.any_error(), "{}", loaded.problems);
    loaded
}

/// The reference with those lines un-commented that `choose` chooses.
fn reference(choose: impl Fn(&str) -> bool) -> String {
    let text = std::fs::read_to_string(shipped().join("reference.toml")).unwrap();
    let line = |line: &str| match line.strip_prefix('#') {
        Some(key) if !key.is_empty() && !key.starts_with(' ') && choose(key) => format!("{key}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Every key of a table, with the tables it stands in.
fn keys(path: &str, table: &toml::Table, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let key = if path == "terms" { "*" } else { key };
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        // What stands below these is free.
        if !["labels", "fields", "claims"].iter().any(|free| path.ends_with(&format!(".{free}"))) {
            values(&path, value, found);
        }
        if key != "*" {
            found.insert(path);
        }
    }
}

fn values(path: &str, value: &toml::Value, found: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => keys(path, table, found),
        toml::Value::Array(items) => items.iter().for_each(|item| values(path, item, found)),
        _ => {}
    }
}

#[test]
fn the_sample_is_valid_once_its_credential_is_there() {
    let text = std::fs::read_to_string(shipped().join("upptid.toml")).unwrap();
    let loaded = load(&text);
    assert_eq!(loaded.config.services[0].name, "portal");
    let without = load::load(&shipped().join("upptid.toml"), None).unwrap();
    let errors = without.problems.iter().filter(|problem| !problem.is_warning);
    assert_eq!(
        errors.map(|problem| problem.message.as_str()).collect::<Vec<_>>(),
        ["there are no credentials to read this secret from"]
    );
}

#[test]
fn the_reference_has_every_key_and_no_other() {
    let text = reference(|_| true);
    let mut stated = BTreeSet::new();
    keys("", &text.parse().unwrap(), &mut stated);
    let asked = load(&text).asked;
    assert!(stated.is_subset(&asked));
    for key in asked.difference(&stated) {
        // One of several forms of a value: named in the text beside it.
        let form = format!("{{ {} = \"…\" }}", key.rsplit('.').next().unwrap());
        assert!(text.contains(&form), "{key} is missing");
    }
}

#[test]
fn the_reference_states_the_defaults() {
    let without = load(&reference(|_| false)).config;
    let stated = load(&reference(|line| !line.contains("# not set"))).config;
    let debug = |config: &super::Config| {
        // Temporary folders differ; nothing else may.
        let text = format!("{config:#?}");
        text.lines().filter(|line| !line.contains("/tmp")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(debug(&stated), debug(&without));
}
