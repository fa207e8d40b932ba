//! `upptid restore`: a state folder from a backup, verified before and after (C10.4).

use ledger::RestoreReport;
use serde_json::{Value, json};

use super::backup::exit_of;
use crate::cli::backup::RestoreArgs;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::terminal;

/// Restores the backup, and says how to go on.
pub fn run(args: &RestoreArgs) -> Result<Exit, Failure> {
    if !args.from.is_dir() {
        let place = args.from.display();
        return Err(Failure::usage(format!("{place} is no folder; --from names a backup's")));
    }
    let mut progress = Progress::new("restoring");
    let mut show = |done, all| progress.show(done, all);
    let restored = ledger::restore(&args.from, &args.state_dir, &mut show);
    drop(progress);
    let report = restored.map_err(|error| Failure::new(exit_of(&error), error))?;
    for damage in &report.damage {
        eprintln!("upptid: damaged in the journal when it was backed up: {damage}");
    }
    if !report.has_key {
        eprintln!(
            "upptid: warning: the backup has no key that signs statements; the agent makes a new \
             one"
        );
    }
    match args.json {
        true => terminal::write_line(document(args, &report))?,
        false => terminal::write(&text(args, &report))?,
    };
    Ok(Exit::Done)
}

fn text(args: &RestoreArgs, report: &RestoreReport) -> String {
    let last = match report.last {
        Some(last) => format!("up to line {}, hash {}", last.seq, last.hash),
        None => "no line".to_owned(),
    };
    format!(
        "{}: {} segment{}, {} lines, {last}, verified\nstart the agent: it goes on after that line, \
         and records the time since as unmeasured\n",
        args.state_dir.display(),
        report.segments,
        if report.segments == 1 { "" } else { "s" },
        report.lines
    )
}

fn document(args: &RestoreArgs, report: &RestoreReport) -> Value {
    json!({
        "state_dir": args.state_dir,
        "segments": report.segments,
        "lines": report.lines,
        "last": report.last.map(|tip| json!({"seq": tip.seq, "hash": tip.hash.to_string()})),
        "has_key": report.has_key,
        "damage": report.damage.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
