//! The arrows between the crates and the few exceptions, held against the sources.

use std::fs;
use std::path::{Path, PathBuf};

use end_to_end::files_below;

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

/// The crates' sources, by their path below `crates/`: what is built into the program.
fn sources() -> Vec<(String, String)> {
    let root = crates();
    let files = files_below(&root).into_iter().filter_map(|(path, bytes)| {
        let name = path.strip_prefix(&root).ok()?.to_str()?.to_owned();
        let is_source = name.contains("/src/") && name.ends_with(".rs");
        is_source.then(|| (name, String::from_utf8(bytes).expect("sources are text")))
    });
    files.collect()
}

/// The files in which `words` stand, comments left out.
fn files_with(words: &str) -> Vec<String> {
    let holds = |text: &str| {
        let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
        code.into_iter().any(|line| line.contains(words))
    };
    let mut found: Vec<String> =
        sources().into_iter().filter(|(_, text)| holds(text)).map(|(name, _)| name).collect();
    found.sort();
    found
}

/// What a crate's code is built with: the section `[dependencies]` of its manifest.
fn dependencies(name: &str) -> Vec<String> {
    let text = fs::read_to_string(crates().join(name).join("Cargo.toml")).unwrap();
    let lines = text.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let own = lines.take_while(|line| !line.starts_with('['));
    let names = own.filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| !name.is_empty() && !name.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn only_the_ledger_knows_sled() {
    let mut users = Vec::new();
    for entry in fs::read_dir(crates()).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if dependencies(&name).iter().any(|dependency| dependency == "sled") {
            users.push(name);
        }
    }
    assert_eq!(users, ["ledger"]);
    assert_eq!(files_with("sled::"), ["ledger/src/store/database.rs"]);
}

#[test]
fn the_rules_are_pure() {
    for name in ["contract", "watch", "calendar"] {
        let used = dependencies(name);
        for impure in ["tokio", "tracing", "futures", "socket2", "hyper", "nix", "libc"] {
            assert!(!used.iter().any(|dependency| dependency == impure), "{name} uses {impure}");
        }
        for impure in ["std::fs", "std::net", "std::env", "std::thread", "async fn"] {
            let found = files_with(impure);
            let own = found.iter().find(|file| file.starts_with(&format!("{name}/")));
            assert_eq!(own, None, "{impure}");
        }
    }
}

#[test]
fn the_wall_clock_is_read_in_two_places() {
    let reads = ["SystemTime::now", "clock_gettime", "Timestamp::now", "Zoned::now"];
    let mut found: Vec<String> = reads.into_iter().flat_map(files_with).collect();
    // The demo's and the tests' certificates have dates of their own.
    found.retain(|file| !file.starts_with("login-service/"));
    found.sort();
    found.dedup();
    assert_eq!(found, ["agent/src/clock.rs", "probe/src/clock.rs"]);
}

#[test]
fn unsafe_code_stands_in_one_place() {
    assert_eq!(files_with("unsafe {"), ["agent/src/clock.rs"]);
    assert_eq!(files_with("unsafe fn"), [""; 0]);
    assert_eq!(files_with("unsafe impl"), [""; 0]);
    assert_eq!(files_with("allow(unsafe_code"), [""; 0]);
    assert_eq!(files_with("expect(unsafe_code"), ["agent/src/clock.rs"]);
}
