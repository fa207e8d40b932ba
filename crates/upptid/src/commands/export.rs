//! `upptid export`: the journal for one customer, from its files alone (C10.1).

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;

use ledger::{ExportError, ExportFor, ExportReport};
use serde_json::json;

use super::state::journal_dir;
use crate::cli::export::ExportArgs;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::terminal;

/// Writes the export, and says what it shows.
pub fn run(args: &ExportArgs) -> Result<Exit, Failure> {
    let journal = journal_dir(&args.state)?;
    let customers = args.customers.iter();
    let whom = ExportFor {
        customers: customers.map(|name| Some(name.clone()).filter(|it| !it.is_empty())).collect(),
        services: args.services.clone(),
    };
    let report = write_whole(&args.out, |file| {
        let mut progress = Progress::new("exporting");
        ledger::export(&journal, &whom, file, &mut |done, all| progress.show(done, all))
    })?;
    for stop in &report.shared_stops {
        eprintln!(
            "upptid: warning: the planned stop {stop} names services of other customers too; it is \
             hidden, and figures do not count it"
        );
    }
    for damage in &report.damage {
        eprintln!("upptid: warning: left out, for it does not verify: {damage}");
    }
    match args.json {
        true => terminal::write_line(document(&report))?,
        false => terminal::write(&text(&report, &args.out))?,
    };
    Ok(Exit::Done)
}

/// Writes a file under another name and gives it its own once it is whole.
fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn io::Write) -> Result<ExportReport, ExportError>,
) -> Result<ExportReport, Failure> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = Path::new(&unfinished);
    let failed =
        |error: io::Error| Failure::usage(format!("cannot write {}: {error}", path.display()));
    let mut file = BufWriter::new(File::create(unfinished).map_err(failed)?);
    let written = write(&mut file).map_err(|error| {
        let exit = match error {
            ExportError::Damaged(_) => Exit::Damaged,
            _ => Exit::Usage,
        };
        Failure::new(exit, error)
    });
    let finish = |file: BufWriter<File>| {
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(unfinished, path)
    };
    let report = written.and_then(|report| finish(file).map(|()| report).map_err(failed));
    if report.is_err() {
        // The failure itself is told.
        let _ = fs::remove_file(unfinished);
    }
    report
}

fn text(report: &ExportReport, out: &Path) -> String {
    let ExportReport { lines, hidden_lines, services, last, known_until, .. } = report;
    let known_until = known_until.map_or("nothing".to_owned(), |until| until.to_string());
    format!(
        "{}: {lines} lines, {hidden_lines} of them hidden\nservices: {}\nknown until: {known_until}\n\
         last line {}, hash {}\ncheck it with: upptid verify {0}\n",
        out.display(),
        services.join(", "),
        last.seq,
        last.hash
    )
}

fn document(report: &ExportReport) -> serde_json::Value {
    json!({
        "lines": report.lines,
        "hidden_lines": report.hidden_lines,
        "services": report.services,
        "known_until": report.known_until,
        "last": {"seq": report.last.seq, "hash": report.last.hash.to_string()},
        "shared_stops": report.shared_stops,
        "damage": report.damage.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
