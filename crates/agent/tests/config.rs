//! One bad file per mistake, with the exact message beside it.
//!
//! `UPDATE_GOLDEN=1 cargo test -p agent --test config` writes the messages anew.

use std::fs;
use std::path::{Path, PathBuf};

use agent::config::{Config, check};

/// What stands in files in place of a password: no message may show it.
const SECRET: &str = "hunter2";

#[test]
fn every_mistake_has_its_message() {
    let mut wrong = Vec::new();
    for (path, message) in messages() {
        let golden = path.with_extension("txt");
        if update_golden() {
            fs::write(&golden, &message).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != message {
            wrong.push(format!("{}:\n{message}", golden.display()));
        }
    }
    assert!(wrong.is_empty(), "these messages differ:\n{}", wrong.join("\n"));
}

#[test]
fn c10_3_no_message_shows_a_secret() {
    let mut with_secret = 0;
    for (path, message) in messages() {
        with_secret += usize::from(fs::read_to_string(&path).unwrap().contains(SECRET));
        assert!(!message.contains(SECRET), "{}:\n{message}", path.display());
    }
    assert!(with_secret >= 10);
}

#[test]
fn c10_3_no_typing_mistake_panics_or_shows_a_secret() {
    const SECRET_LETTER: char = 'Þ';
    let right = "[witness]\ntargets = [{ name = 'a', tcp = 'a.example:1' }]\n\
                 [[service]]\nname = \"portal\"\ninterval = \"60s\"\n[service.login]\n\
                 url = \"https://portal.example/\"\nuser = \"probe\"\npassword = \"ÞÞÞÞ\"\n\
                 second = { user = \"b\", password = 'ÞÞ' }\nproof = [{ text = \"Logga ut\" }]\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upptid.toml");
    let login = right.find("[service.login]").unwrap();
    for (at, char) in right.char_indices().skip_while(|(at, _)| *at < login) {
        let (before, after) = right.split_at(at);
        let rest = &after[char.len_utf8()..];
        let mut wrong = vec![before.to_owned(), format!("{before}{rest}")];
        wrong.extend(
            ["\"", "'", "\"\"\"", "=", "{", "#", "\n", "å"]
                .map(|typed| format!("{before}{typed}{after}")),
        );
        for text in wrong {
            fs::write(&path, &text).unwrap();
            let check = check(&path, None, "2026-11-22T12:00:00Z".parse().unwrap());
            for said in [check.text(), check.json().to_string(), format!("{check:?}")] {
                assert!(!said.contains(SECRET_LETTER), "{text}\n{said}");
            }
        }
    }
}

#[test]
fn check_says_what_would_be_measured() {
    let folder = folder().join("check");
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let credentials = folder.join("credentials");
    let check = |credentials: Option<&Path>| check(&folder.join("upptid.toml"), credentials, now);

    let with = check(Some(&credentials));
    assert!(with.is_valid());
    golden(&folder.join("valid.txt"), &with.text());
    golden(&folder.join("valid.json"), &format!("{:#}\n", with.json()));

    let without = check(None);
    assert!(!without.is_valid());
    golden(&folder.join("no_credentials.txt"), &without.text());
    for text in [with.text(), with.json().to_string(), without.text(), format!("{with:?}")] {
        assert!(!text.contains(SECRET));
    }
}

/// Compares with a golden file, or writes it.
fn golden(path: &Path, found: &str) {
    let found = found.replace(&format!("{}/", folder().display()), "");
    if update_golden() {
        fs::write(path, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(path).unwrap(), "{}", path.display());
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config")
}

/// Each fixture and what loading it says, with the fixtures' folder cut from paths.
fn messages() -> Vec<(PathBuf, String)> {
    let folder = folder();
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    assert!(files.len() >= 40);
    let message = |path: PathBuf| {
        let said = match Config::load(&path, Some(&folder.join("credentials"))) {
            Ok(config) if config.warnings.is_empty() => panic!("{} is right", path.display()),
            Ok(config) => config.warnings.to_string(),
            Err(problems) => problems.to_string(),
        };
        let said = said.replace(&format!("{}/", folder.display()), "");
        (path, said + "\n")
    };
    files.into_iter().map(message).collect()
}

#[allow(clippy::disallowed_methods, reason = "the one switch of this test")]
fn update_golden() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}
