//! `upptid restore`: a state folder from a backup, verified before and after (C10.4).

use super::backup::exit_of;
use crate::cli::backup::RestoreArgs;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;

/// Restores the backup, and says how to go on.
pub fn run(args: &RestoreArgs) -> Result<Exit, Failure> {
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
    let last = match report.last {
        Some(last) => format!("up to line {}, hash {}", last.seq, last.hash),
        None => "no line".to_owned(),
    };
    println!(
        "{}: {} segments, {} lines, {last}, verified\nstart the agent: it goes on after that line, \
         and records the time since as unmeasured",
        args.state_dir.display(),
        report.segments,
        report.lines
    );
    Ok(Exit::Done)
}
