//! The manual's pages and the shells' completions, of the real program.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::process::{Command, Output, Stdio};

fn upptid(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_upptid")).args(words).output().unwrap()
}

fn told(words: &[&str]) -> String {
    let output = upptid(words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The commands that a help text lists.
fn commands_of(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = lines.take_while(|line| line.starts_with("  "));
    listed.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_has_a_page_and_each_page_is_whole() {
    let mut expected = BTreeSet::from(["upptid.1".to_owned()]);
    for command in commands_of(&told(&["--help"])) {
        expected.insert(format!("upptid-{command}.1"));
        for below in commands_of(&told(&[&command, "--help"])) {
            expected.insert(format!("upptid-{command}-{below}.1"));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("man1");
    told(&["man", "--out", place.to_str().unwrap()]);
    let mut written = BTreeSet::new();
    for entry in fs::read_dir(&place).unwrap() {
        let path = entry.unwrap().path();
        let page = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let title = format!(".TH {} 1 \" \" \"upptid ", name.to_uppercase());
        assert!(page.contains(&title), "{page}");
        for part in [".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS", ".SH \"EXIT STATUS\""] {
            assert!(page.contains(part), "{name} has no {part}");
        }
        written.insert(format!("{name}.1"));
    }
    assert_eq!(written, expected);
    assert_eq!(told(&["man"]), fs::read_to_string(place.join("upptid.1")).unwrap());
}

#[test]
fn a_manual_that_cannot_be_written_says_where() {
    let output = upptid(&["man", "--out", "/dev/null/man1"]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.starts_with("upptid: cannot write /dev/null/man1: "), "{message}");
}

#[test]
fn each_shell_completes_every_command() {
    let commands = commands_of(&told(&["--help"]));
    for shell in ["bash", "zsh", "fish"] {
        let script = told(&["completions", shell]);
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell} does not complete {command}");
        }
        assert!(script.contains("--socket") || script.contains("-l socket"), "{shell}");
    }
    assert_eq!(upptid(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn a_reader_that_has_gone_and_a_full_disk_are_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("upptid.toml");
    fs::write(&config, "").unwrap();
    let facts = folder.path().join("facts.jsonl");
    fs::write(&facts, "").unwrap();
    let (config, facts) = (config.to_str().unwrap(), facts.to_str().unwrap());
    for words in [
        &["--help"][..],
        &["man"],
        &["completions", "bash"],
        &["check", "--config", config],
        &["check", "--config", config, "--json"],
        &["replay", "--facts", facts, "--config", config, "--month", "2026-10"],
        &["statement", "--facts", facts, "--list"],
        &["verify", config],
        &["verify", config, "--json"],
    ] {
        let to = |stdout: Stdio| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_upptid"));
            let output = command.args(words).stdout(stdout).output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let (heard, _) = to(Stdio::piped());
        let (gone, writer) = std::io::pipe().unwrap();
        drop(gone);
        let (code, message) = to(writer.into());
        assert_eq!(code, heard, "{words:?}: {message}");
        let full = File::options().write(true).open("/dev/full").unwrap();
        let (code, message) = to(full.into());
        assert_ne!(code, Some(101), "{words:?}: {message}");
    }
}
