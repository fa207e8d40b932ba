//! The manual's pages and the shells' completions, of the real program.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

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
