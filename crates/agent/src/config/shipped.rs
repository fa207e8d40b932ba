//! Tests of the files in `config/`: each is valid, and the reference is complete and true.

use std::collections::BTreeSet;
use std::path::Path;

use super::load::{self, Loaded};

/// A key that nothing in the world is opened by.
const SHELL_KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\n\
    b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n\
    QyNTUxOQAAACBs1dYOUzKL2GFjkHP29WrSD+WbsBDPAHbnUzYPlw/V9gAAAJCA+vbbgPr2\n\
    2wAAAAtzc2gtZWQyNTUxOQAAACBs1dYOUzKL2GFjkHP29WrSD+WbsBDPAHbnUzYPlw/V9g\n\
    AAAEBmNMVz2+uRGB0agAT9b5bjuEFCcywgj1uwHII/GZfW22zV1g5TMovYYWOQc/b1atIP\n\
    5ZuwEM8AdudTNg+XD9X2AAAACWZvciB0ZXN0cwECAwQ=\n\
    -----END OPENSSH PRIVATE KEY-----\n";

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
    write("web.yml", "").unwrap();
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
        "mail",
        "directory",
        "registry",
        "registry-key",
        "shell",
        "shell2",
        "smtp",
        "ops",
    ] {
        write(name, "a secret\n").unwrap();
    }
    for name in ["portal-codes", "portal2.codes"] {
        write(name, "JBSWY3DPEHPK3PXP\n").unwrap();
    }
    write("shell-key", SHELL_KEY).unwrap();
    write("known_hosts", "shell.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILIG2T/B0l0gaqj3puu510tu9N1OkQ4znY3LYuEm5zCF\n").unwrap();
    write("upptid.toml", text).unwrap();
    let path = folder.path().join("upptid.toml");
    let loaded = load::load(&path, Some(folder.path())).unwrap();
    assert!(!loaded.problems.any_error(), "{}", loaded.problems);
    loaded
}

/// The web configuration with every key, and nothing but comments, is valid either way.
#[test]
fn the_web_configuration_is_valid_as_shipped_and_with_every_key() {
    let text = std::fs::read_to_string(shipped().join("web.yml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content);
    let certified = rcgen::generate_simple_self_signed(["upptid.example".to_owned()]).unwrap();
    for name in ["upptid.pem", "clients.pem"] {
        write(name, &certified.cert.pem()).unwrap();
    }
    write("upptid.key", &certified.signing_key.serialize_pem()).unwrap();
    let every_key: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') || key.starts_with("  ") => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    for (text, is_protected) in [(&text, false), (&every_key, true)] {
        write("web.yml", text).unwrap();
        let (config, remarks) = exporter::WebConfig::read(&folder.path().join("web.yml"));
        assert!(remarks.is_empty(), "{remarks:?}");
        assert_eq!(config.is_protected(), is_protected, "{text}");
    }
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
        if !["labels", "fields", "claims", "addresses", "headers", "request.form", "json"]
            .iter()
            .any(|free| path.ends_with(&format!(".{free}")))
        {
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
    // The steps of a log-out are as all steps are.
    let as_step = |key: &String| key.replace(".login.logout.", ".login.step.");
    let stated: BTreeSet<String> = stated.iter().map(as_step).collect();
    let asked: BTreeSet<String> = load(&text).asked.iter().map(as_step).collect();
    let unknown: Vec<_> = stated.difference(&asked).collect();
    assert!(unknown.is_empty(), "nobody asks for {unknown:?}");
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
