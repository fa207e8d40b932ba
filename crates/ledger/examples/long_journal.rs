//! Measures what a long journal costs: appending it, a start with it, and building its store.
//!
//!     cargo run --release -p ledger --example long_journal -- [SERVICES] [MONTHS] [OUTAGES]

use std::path::Path;
use std::time::{Duration, Instant as Monotonic};

use contract::{DownCause, Fact, Instant, ServiceState};
use ledger::{Ledger, OpenOptions};

/// Between looks at a thread that works: what looks must not take its processor.
const POLL: Duration = Duration::from_millis(2);

const MONTH_MS: i64 = 31 * 86_400_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<i64>());
    let mut number = |default: i64| numbers.next().unwrap_or(Ok(default));
    let (services, months, outages) = (number(5_000)?, number(36)?, number(4)?);
    let dir = std::env::temp_dir().join(format!("upptid-long-journal-{}", std::process::id()));
    let start: Instant = "2024-01-01T12:00:00Z".parse()?;
    let end = start.plus_ms(months * MONTH_MS);

    let clock = Monotonic::now();
    let (ledger, _) = open(&dir, start)?;
    let mut lines = 0;
    for month in 0..months {
        for outage in 0..outages {
            let from = start.plus_ms(month * MONTH_MS + outage * MONTH_MS / (outages + 1));
            for first in (0..services).step_by(1_000) {
                let batch = first..services.min(first + 1_000);
                let facts: Vec<_> = batch.flat_map(|service| an_outage(service, from)).collect();
                lines += facts.len();
                ledger.record(facts).wait()?;
            }
            ledger.heartbeat(from.plus_ms(90_000));
            while ledger.health().store.lag_lines > 0 {
                std::thread::sleep(POLL);
            }
        }
    }
    ledger.close(end)?;
    let bytes = ledger.health().journal.bytes;
    drop(ledger);
    println!("append    {lines} lines, {} MB: {:?}", bytes / 1_000_000, clock.elapsed());

    let clock = Monotonic::now();
    let (ledger, report) = open(&dir, end)?;
    println!("start     {:?} (store: {:?})", clock.elapsed(), report.store_rebuild);
    while ledger.health().journal.verified_ago.is_none() {
        std::thread::sleep(POLL);
    }
    println!("verified  {:?}", clock.elapsed());
    drop(ledger);

    std::fs::remove_dir_all(dir.join("store"))?;
    let (ledger, _) = open(&dir, end)?;
    let clock = Monotonic::now();
    while ledger.health().store.rebuilding {
        std::thread::sleep(POLL);
    }
    println!("rebuilt   {:?}, resident {}", clock.elapsed(), resident());
    let clock = Monotonic::now();
    ledger.close(end)?;
    println!("closed    {:?}", clock.elapsed());
    drop(ledger);
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

fn open(dir: &Path, now: Instant) -> Result<(Ledger, ledger::OpenReport), ledger::OpenError> {
    let (agent, version) = ("bench".to_owned(), "0".to_owned());
    Ledger::open(OpenOptions { dir: dir.to_owned(), agent, version, now })
}

fn an_outage(service: i64, from: Instant) -> [(Instant, Fact); 2] {
    let cause = DownCause::ConnectTimeout.as_str().to_owned();
    let fact = |from, state| {
        let service = format!("service-{service}");
        (from, Fact::State { service, from, state, evidence: None })
    };
    [fact(from, ServiceState::Down { cause }), fact(from.plus_ms(90_000), ServiceState::Up)]
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or_else(|| "unknown".to_owned(), |kb| kb.trim().to_owned())
}
