//! What a scrape and a start cost: a running month's figure, and the fold of a long journal.

use std::fmt::Write;
use std::hint::black_box;

use contract::{
    History, Instant, MonthTerms, Reach, ReplayService, ResolvedTerms, ServiceContract, Terms,
    month_figure, parse_line, replay,
};
use criterion::{Criterion, criterion_group, criterion_main};

const HOUR_MS: i64 = 3_600_000;

/// A journal with `outages` of ten minutes in each service, evenly over October 2026.
fn journal(services: usize, outages: i64) -> String {
    let start: Instant = "2026-09-30T22:00:00.000Z".parse().unwrap();
    let apart_ms = 31 * 24 * HOUR_MS / outages;
    let mut text = String::new();
    let mut seq = 0;
    let mut state = |service: usize, from: Instant, state: &str| {
        seq += 1;
        writeln!(
            text,
            r#"{{"seq":{seq},"at":"{from}","fact":"state","service":"service-{service}","from":"{from}",{state}}}"#
        )
        .unwrap();
    };
    for service in 0..services {
        state(service, start, r#""state":"up""#);
    }
    for outage in 0..outages {
        let from = start.plus_ms(outage * apart_ms + HOUR_MS / 2);
        for service in 0..services {
            state(service, from, r#""state":"unmeasured","cause":"suspected""#);
            state(
                service,
                from,
                r#""state":"down","cause":"http_status","evidence":{"message":"the service answered with an error status","status":503}"#,
            );
            state(service, from.plus_ms(HOUR_MS / 6), r#""state":"up""#);
        }
    }
    text
}

fn benches(criterion: &mut Criterion) {
    let terms = ResolvedTerms::new(Terms::default()).unwrap();
    let month = "2026-10".parse().unwrap();

    let mut history = History::new();
    history.read("journal", &journal(5_000, 4)).unwrap();
    let laid_out = MonthTerms::new(&terms, month);
    let reach = Reach::running("2026-10-31T12:00:00.000Z".parse().unwrap());
    let names: Vec<String> = history.services().map(str::to_owned).collect();
    criterion.bench_function("figures of 5,000 services, 4 outages each", |bencher| {
        bencher.iter(|| {
            for name in &names {
                let contract = ServiceContract { terms: &laid_out, monthly_fee: None };
                black_box(month_figure(&history, name, &contract, reach));
            }
        });
    });
    criterion.bench_function("terms laid out for a month", |bencher| {
        bencher.iter(|| MonthTerms::new(&terms, month));
    });

    let text = journal(1_000, 33);
    let lines: Vec<&str> = text.lines().collect();
    criterion.bench_function("parse 100,000 lines", |bencher| {
        bencher.iter(|| {
            for line in &lines {
                black_box(parse_line(line, 1).unwrap());
            }
        });
    });
    criterion.bench_function("fold 100,000 lines", |bencher| {
        bencher.iter(|| {
            let mut history = History::new();
            history.read("journal", &text).unwrap();
            history
        });
    });

    let one = journal(1, 33_333);
    criterion.bench_function("replay a month with 100,000 facts", |bencher| {
        bencher.iter(|| {
            let mut history = History::new();
            history.read("journal", &one).unwrap();
            let service = ReplayService { service: "service-0", terms: &terms, monthly_fee: None };
            replay(&history, &[service], month, None)
        });
    });
}

criterion_group! {
    name = figure;
    config = Criterion::default().sample_size(10);
    targets = benches
}
criterion_main!(figure);
