//! The commands of the documents are commands that there are.

use std::path::Path;

use clap::Parser;

use super::Cli;

/// The documents' lines that are a command of this program: indented as code is, those that go on in
/// the next line whole.
fn commands(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let code =
            line.strip_prefix("    ").map(|code| code.trim_start().trim_start_matches("sudo "));
        let Some(code) = code.filter(|code| code.starts_with("upptid ")) else { continue };
        let mut command = code.to_owned();
        while let Some(begun) = command.strip_suffix('\\') {
            command = format!("{begun} {}", lines.next().unwrap_or_default().trim());
        }
        // A synopsis names no values.
        if !command.contains(['…', '[', '|']) && !command.contains("FOLDER") {
            found.push(command);
        }
    }
    found
}

/// The words of a command, as a shell would take them; a comment at its end is none.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = command.trim_start();
    while let Some(first) = rest.chars().next().filter(|first| *first != '#') {
        let (word, behind) = match first {
            '\'' | '"' => rest[1..].split_once(first).expect(command),
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    words
}

#[test]
fn every_command_of_the_documents_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        docs.filter(|path| path.extension().is_some_and(|it| it == "md")).collect();
    files.push(root.join("README.md"));
    let mut count = 0;
    for file in files {
        for command in commands(&std::fs::read_to_string(&file).unwrap()) {
            let parsed = Cli::try_parse_from(words(&command));
            assert!(parsed.is_ok(), "{}: {command}\n{}", file.display(), parsed.err().unwrap());
            count += 1;
        }
    }
    assert!(count > 30, "{count} commands");
}
