//! What a scrape and the landing page of 5,000 services cost.

#[path = "../tests/sample/mod.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod sample;

use criterion::{Criterion, criterion_group, criterion_main};
use exporter::page::{self, View};
use exporter::{api, metrics};

fn scrape(criterion: &mut Criterion) {
    let snapshot = sample::crowd(sample::snapshot(), 5_000);
    let counted = sample::counted();
    criterion.bench_function("metrics of 5,000 services", |bencher| {
        bencher.iter(|| {
            let mut bytes = 0;
            metrics::write(&snapshot, &mut |part| bytes += part.len());
            bytes
        });
    });
    criterion.bench_function("landing page of 5,000 services", |bencher| {
        bencher.iter(|| page::overview(&snapshot, &counted, &View::default()).len());
    });
    criterion.bench_function("api of 5,000 services", |bencher| {
        bencher.iter(|| api::services(&snapshot, &View::default()).len());
    });
}

criterion_group!(benches, scrape);
criterion_main!(benches);
