//! What facts cost: to append them so that they last, and to start with many of them.
//!
//! `examples/long_journal.rs` measures the same with a journal of years.

use std::path::Path;

use contract::{DownCause, Fact, Instant, ServiceState};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ledger::{Ledger, OpenOptions};

const START: &str = "2026-10-01T00:00:00Z";
const SERVICES: i64 = 1_000;
const OUTAGES: i64 = 20;

fn append(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), at(0));
    let mut minute = 0;
    let mut append = |count| {
        minute += 1;
        let facts = (0..count).map(|service| fact(service, at(minute), minute % 2 == 0)).collect();
        ledger.record(facts).wait().unwrap();
    };
    criterion.bench_function("append a fact, with its fdatasync", |b| b.iter(|| append(1)));
    criterion.bench_function("append 100 facts at once", |b| b.iter(|| append(100)));
    ledger.close(at(minute + 1)).unwrap();
}

fn start(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), at(0));
    for minute in 1..=2 * OUTAGES {
        let facts = (0..SERVICES).map(|service| fact(service, at(minute), minute % 2 == 0));
        ledger.record(facts.collect()).wait().unwrap();
    }
    let end = at(2 * OUTAGES + 1);
    ledger.close(end).unwrap();
    drop(ledger);

    let mut group = criterion.benchmark_group("start");
    group.sample_size(10);
    group.bench_function("with a journal of 40,000 lines", |bencher| {
        // What was opened is closed outside of the time that counts.
        bencher.iter_batched(|| (), |()| open(dir.path(), end), BatchSize::PerIteration);
    });
    group.finish();
}

fn open(dir: &Path, now: Instant) -> Ledger {
    let (agent, version) = ("bench".to_owned(), "0".to_owned());
    Ledger::open(OpenOptions { dir: dir.to_owned(), agent, version, now }).unwrap().0
}

fn at(minute: i64) -> Instant {
    START.parse::<Instant>().unwrap().plus_ms(minute * 60_000)
}

fn fact(service: i64, from: Instant, up: bool) -> (Instant, Fact) {
    let state = match up {
        true => ServiceState::Up,
        false => ServiceState::Down { cause: DownCause::ConnectTimeout.as_str().to_owned() },
    };
    (from, Fact::State { service: format!("service-{service}"), from, state, evidence: None })
}

criterion_group!(benches, append, start);
criterion_main!(benches);
