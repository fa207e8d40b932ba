//! `upptid verify`: journals, exports and statements checked offline, also while the agent runs
//! (C10.1).

use std::path::Path;

use ledger::{SegmentReport, VerifyReport};
use serde_json::{Value, json};

use super::state::may_read;
use super::verify_statement::{self, Statements};
use crate::cli::verify::VerifyArgs;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::terminal;

/// What was found of one path.
pub struct Finding {
    /// How the program would end for it alone: done, down where something is not as asked for,
    /// damaged.
    pub exit: Exit,
    /// In words, with a newline at the end.
    pub text: String,
    /// The same as JSON.
    pub document: Value,
}

/// Verifies each path, and prints what was found. The worst decides how the program ends.
pub fn run(args: &VerifyArgs) -> Result<Exit, Failure> {
    let mut statements = Statements::new(args.key.as_deref(), &args.facts)?;
    let mut worst = Exit::Done;
    for path in &args.paths {
        may_read(path)?;
        let finding = match verify_statement::kind(path)? {
            Some(kind) => statements.verify(path, kind)?,
            None => journal(path)?,
        };
        match args.json {
            true => terminal::write_line(&finding.document)?,
            false => terminal::write(&finding.text)?,
        };
        worst = worse(worst, finding.exit);
    }
    Ok(worst)
}

fn verify(path: &Path) -> Result<VerifyReport, Failure> {
    let mut progress = Progress::new(format!("verifying {}", path.display()));
    ledger::verify_with_progress(path, &mut |done, all| progress.show(done, all))
        .map_err(Failure::usage)
}

fn journal(path: &Path) -> Result<Finding, Failure> {
    let report = verify(path)?;
    let exit = match report.damage().next() {
        None => Exit::Done,
        Some(_) => Exit::Damaged,
    };
    Ok(Finding { exit, text: text(&report), document: document(&report) })
}

/// Damaged is worse than not as asked for, which is worse than done.
fn worse(one: Exit, other: Exit) -> Exit {
    let rank = |exit: Exit| [Exit::Done, Exit::Down, Exit::Damaged].iter().position(|e| *e == exit);
    if rank(other) > rank(one) { other } else { one }
}

fn text(report: &VerifyReport) -> String {
    let mut text: String = report.segments.iter().map(segment_line).collect();
    let damage: Vec<_> = report.damage().collect();
    for damage in &damage {
        text += &format!("damaged: {damage}\n");
    }
    match (damage.is_empty(), report.last) {
        (true, Some(last)) => {
            let lines = counted(report.lines());
            text += &format!("verified: {lines}\nlast line {}, hash {}\n", last.seq, last.hash);
        }
        (true, None) => text += "verified: no line\n",
        (false, _) => text += "the journal is damaged; restore the segment from a backup\n",
    }
    text
}

fn segment_line(segment: &SegmentReport) -> String {
    let SegmentReport { file, lines, hidden_lines, torn_bytes, .. } = segment;
    let mut text = format!("{file}  {}", counted(*lines));
    if let (Some(first), Some(last)) = (segment.first_seq, segment.last_seq) {
        text += &format!(", seq {first} to {last}");
    }
    text += match segment.damage.is_empty() {
        true => ", verified",
        false => ", damaged",
    };
    if *hidden_lines > 0 {
        text += &format!(", {hidden_lines} of them hidden");
    }
    if *torn_bytes > 0 {
        text += &format!("; then {torn_bytes} bytes of a line that is being written");
    }
    text += "\n";
    if let (Some(hash), Some(first), true) =
        (&segment.follows, segment.first_seq, segment.damage.is_empty())
    {
        text += &format!(
            "    it follows line {}, hash {hash}, not read here\n",
            first.saturating_sub(1)
        );
    }
    text
}

fn counted(lines: u64) -> String {
    match lines {
        1 => "1 line".to_owned(),
        _ => format!("{lines} lines"),
    }
}

fn document(report: &VerifyReport) -> Value {
    let segments: Vec<Value> = report.segments.iter().map(segment_document).collect();
    json!({
        "verified": report.damage().next().is_none(),
        "lines": report.lines(),
        "last_seq": report.last.map(|last| last.seq),
        "last_hash": report.last.map(|last| last.hash.to_string()),
        "segments": segments,
    })
}

fn segment_document(segment: &SegmentReport) -> Value {
    let damage: Vec<Value> = segment
        .damage
        .iter()
        .map(|damage| {
            json!({
                "line": damage.line,
                "byte": damage.byte,
                "found": damage.found,
                "last_good_seq": damage.last_good_seq,
            })
        })
        .collect();
    json!({
        "file": segment.file,
        "lines": segment.lines,
        "hidden_lines": segment.hidden_lines,
        "first_seq": segment.first_seq,
        "last_seq": segment.last_seq,
        "follows": segment.follows.map(|hash| hash.to_string()),
        "being_written_bytes": segment.torn_bytes,
        "damage": damage,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// The journal that `docs/ledger-format.md` shows.
    fn example() -> String {
        let document = include_str!("../../../../docs/ledger-format.md");
        let block = document.split("```jsonl\n").nth(1).unwrap();
        block.split("```").next().unwrap().to_owned()
    }

    fn asked(path: PathBuf, json: bool) -> VerifyArgs {
        VerifyArgs { paths: vec![path], key: None, facts: Vec::new(), json }
    }

    fn written(folder: &tempfile::TempDir, text: &str) -> PathBuf {
        std::fs::write(folder.path().join("2026-10.jsonl"), text).unwrap();
        folder.path().to_owned()
    }

    #[test]
    fn c10_1_a_whole_journal_is_told_by_segment_with_its_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(&folder, &(example() + "{\"seq\":4,"));
        let report = verify(&path).unwrap();
        assert_eq!(
            text(&report),
            "2026-10.jsonl  3 lines, seq 1 to 3, verified; then 9 bytes of a line that is being \
             written\nverified: 3 lines\nlast line 3, hash \
             13c62a2a4860f374ab8b30cecb8f22e6fadfaace88624b7e49bdfa6877bb26af\n"
        );
        let document = document(&report);
        assert_eq!((&document["verified"], &document["last_seq"]), (&json!(true), &json!(3)));
        assert_eq!(document["segments"][0]["being_written_bytes"], 9);
        assert_eq!(run(&asked(path, true)).unwrap(), Exit::Done);
    }

    #[test]
    fn c10_1_the_first_bad_line_is_named_and_the_exit_code_is_5() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(&folder, &example().replace("\"state\":\"up\"", "\"state\":\"us\""));
        let report = verify(&path).unwrap();
        let text = text(&report);
        assert!(text.starts_with("2026-10.jsonl  1 line, seq 1 to 1, damaged\n"), "{text}");
        assert!(text.contains("damaged: 2026-10.jsonl: line 2 (byte 319): its hash is "), "{text}");
        assert!(text.contains("; the last good line is 1\n"), "{text}");
        let document = document(&report);
        assert_eq!(document["verified"], false);
        assert_eq!(document["segments"][0]["damage"][0]["line"], 2);
        assert_eq!(run(&asked(path, false)).unwrap(), Exit::Damaged);
    }

    #[test]
    fn a_segment_alone_tells_what_it_follows() {
        let hash = "13c62a2a4860f374ab8b30cecb8f22e6fadfaace88624b7e49bdfa6877bb26af";
        let segment = SegmentReport {
            file: "2026-11.jsonl".to_owned(),
            lines: 1,
            hidden_lines: 1,
            first_seq: Some(4),
            last_seq: Some(4),
            follows: ledger::journal::line::Hash::from_hex(hash.as_bytes()),
            torn_bytes: 0,
            damage: Vec::new(),
        };
        assert_eq!(
            segment_line(&segment),
            format!(
                "2026-11.jsonl  1 line, seq 4 to 4, verified, 1 of them hidden\n    it follows \
                 line 3, hash {hash}, not read here\n"
            )
        );
    }
}
