//! `upptid backup`: the journal to one or more folders, each read back (C10.4).

use std::path::{Path, PathBuf};

use agent::config::Config;
use ledger::{BackupError, BackupReport};
use serde_json::{Value, json};

use super::state::state_dir;
use crate::cli::backup::BackupArgs;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::terminal;

/// Backs up to each folder; one that fails does not keep the others from being written.
pub fn run(args: &BackupArgs) -> Result<Exit, Failure> {
    let state_dir = state_dir(&args.state)?;
    let places = places(args)?;
    for shared in ledger::shared_devices(&state_dir, &places) {
        eprintln!("upptid: warning: {shared}");
    }
    let mut exit = Exit::Done;
    let mut told = Vec::new();
    for dest in &places {
        let mut progress = Progress::new(format!("backing up to {}", dest.display()));
        let made = ledger::backup(&state_dir, dest, &mut |done, all| progress.show(done, all));
        drop(progress);
        match &made {
            Ok(report) => {
                if !report.damage.is_empty() || !report.kept.is_empty() {
                    exit = Exit::Damaged;
                }
                warn_of_damage(report, dest);
            }
            Err(error) => {
                exit = exit_of(error);
                eprintln!("upptid: {}: {error}", dest.display());
            }
        }
        match (args.json, &made) {
            (true, _) => told.push(document(dest, &made)),
            (false, Ok(report)) => {
                terminal::write(&text(dest, report))?;
            }
            (false, Err(_)) => {}
        }
    }
    if args.json {
        terminal::write_line(json!({ "backups": told }))?;
    }
    Ok(exit)
}

/// The folders to back up to: those given, otherwise those of the configuration.
fn places(args: &BackupArgs) -> Result<Vec<PathBuf>, Failure> {
    let Some(path) = args.state.config.as_ref().filter(|_| args.to.is_empty()) else {
        return Ok(args.to.clone());
    };
    let config = Config::load_contracts(path).map_err(Failure::usage)?;
    match config.backup.to {
        to if to.is_empty() => Err(Failure::usage(format!(
            "{} has no [backup]: name folders there, or give --to",
            path.display()
        ))),
        to => Ok(to),
    }
}

/// How to end where a backup was not made, or not restored.
pub fn exit_of(error: &BackupError) -> Exit {
    match error {
        BackupError::NoSegment { .. } | BackupError::Inside { .. } => Exit::Usage,
        error if error.is_damage() => Exit::Damaged,
        _ => Exit::Down,
    }
}

fn warn_of_damage(report: &BackupReport, dest: &Path) {
    for file in &report.kept {
        eprintln!(
            "upptid: {file} is damaged in the journal and whole in {}; copy it back while the \
             agent is stopped",
            dest.display()
        );
    }
    for file in &report.set_aside {
        eprintln!(
            "upptid: {file} is damaged in the journal, which has gone on after it; the whole one \
             is kept aside in {}",
            dest.display()
        );
    }
    for damage in &report.damage {
        eprintln!("upptid: damaged in the journal, and so in the backup: {damage}");
    }
}

fn text(dest: &Path, report: &BackupReport) -> String {
    let BackupReport { segments, bytes, copied, bytes_copied, .. } = report;
    let last = match report.last {
        Some(last) => format!("up to line {}, hash {}", last.seq, last.hash),
        None => "no line".to_owned(),
    };
    let key = if report.has_key { ", with the key that signs statements" } else { "" };
    format!(
        "{}: {segments} segment{}, {bytes} bytes, {last}{key}\n    copied {} of them, {bytes_copied} \
         bytes; all of it read back and verified\n",
        dest.display(),
        if *segments == 1 { "" } else { "s" },
        copied.len()
    )
}

fn document(dest: &Path, made: &Result<BackupReport, BackupError>) -> Value {
    match made {
        Ok(report) => json!({
            "to": dest,
            "segments": report.segments,
            "bytes": report.bytes,
            "copied": report.copied,
            "bytes_copied": report.bytes_copied,
            "last": report.last.map(|tip| json!({"seq": tip.seq, "hash": tip.hash.to_string()})),
            "has_key": report.has_key,
            "kept": report.kept,
            "set_aside": report.set_aside,
            "damage": report.damage.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        Err(error) => json!({ "to": dest, "error": error.to_string() }),
    }
}
