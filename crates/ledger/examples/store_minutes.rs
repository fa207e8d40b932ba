//! Prints the downtime minutes in the store of a stopped agent, one JSON object per line.
//!
//!     cargo run -p ledger --example store_minutes -- /var/lib/upptid/store

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(dir) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: store_minutes STATE_DIR/store");
        return ExitCode::from(2);
    };
    match ledger::store::read(&dir) {
        Ok(dump) => {
            print(&dump);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print(dump: &ledger::store::StoreDump) {
    let Some(heartbeat) = &dump.heartbeat else { return };
    for ((service, month), stored) in &dump.months {
        let figure = &stored.figure;
        let line = serde_json::json!({
            "service": service,
            "month": month,
            "as_of": heartbeat.at,
            "period_ms": figure.until.since(figure.from),
            "elapsed_ms": figure.elapsed_ms(heartbeat.at),
            "up_ms": figure.up_ms(heartbeat.at),
            "lost_ms": figure.lost_ms,
            "planned_ms": figure.planned_ms,
            "excluded_ms": figure.excluded_ms,
            "unmeasured_ms": figure.unmeasured_ms,
            "not_in_service_ms": figure.not_in_service_ms,
            "counted_ms": figure.counted_ms,
            "unmeasured_by_cause_ms": figure.unmeasured_by_cause_ms,
            "excluded_by_ground_ms": figure.excluded_by_ground_ms,
        });
        println!("{line}");
    }
}
