//! `upptid verify`: a journal checked line by line, offline, also while the agent runs (C10.1).

use ledger::{SegmentReport, VerifyReport, verify};
use serde_json::{Value, json};

use crate::cli::VerifyArgs;
use crate::exit::{Exit, Failure};

/// Verifies the journal, and prints what was found.
pub fn run(args: &VerifyArgs) -> Result<Exit, Failure> {
    let report = verify(&args.path).map_err(Failure::usage)?;
    match args.json {
        true => println!("{}", document(&report)),
        false => print!("{}", text(&report)),
    }
    match report.damage().next() {
        None => Ok(Exit::Done),
        Some(_) => Ok(Exit::Damaged),
    }
}

fn text(report: &VerifyReport) -> String {
    let mut text: String = report.segments.iter().map(segment_line).collect();
    let damage: Vec<_> = report.damage().collect();
    for damage in &damage {
        text += &format!("damaged: {damage}\n");
    }
    match (damage.is_empty(), report.last) {
        (true, Some(last)) => {
            let lines = report.lines();
            text +=
                &format!("verified: {lines} lines\nlast line {}, hash {}\n", last.seq, last.hash);
        }
        (true, None) => text += "verified: no line\n",
        (false, _) => text += "the journal is damaged; restore the segment from a backup\n",
    }
    text
}

fn segment_line(segment: &SegmentReport) -> String {
    let SegmentReport { file, lines, hidden_lines, torn_bytes, .. } = segment;
    let mut text = format!("{file}  {lines} lines");
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
        text += &format!("    it follows line {}, hash {hash}, not read here\n", first - 1);
    }
    text
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
