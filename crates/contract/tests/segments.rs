//! A journal's segment, read alone, gives the figures that the whole journal gives; and so does a
//! history that has forgotten what lies before.

#[expect(dead_code, reason = "shared with the tests of the figure, which use all of it")]
mod model;

use std::collections::BTreeSet;

use contract::terms::Terms;
use contract::{
    Fact, History, Instant, Line, Month, MonthTerms, Reach, ResolvedTerms, ServiceContract,
    month_figure, parse_line,
};
use proptest::prelude::*;
use serde_json::Value;

use model::generator::{SERVICES, case};

/// What is recorded later than a segment's start may reach back, but not so far.
const REACHES_BACK_MS: i64 = 24 * 3_600_000;

proptest! {
    #[test]
    fn a_segment_alone_gives_the_figures_of_the_whole(seed: u64, size in 2_usize..80, beside_h in -14..=14) {
        let case = case(seed, size, 60_000);
        let lines: Vec<Line> =
            case.facts.iter().map(|fact| parse_line(&fact.to_string(), 1).unwrap()).collect();
        // The segment opens with the month, up to half a day beside, as local months do.
        let start = case.terms.zone.month_start(case.month.0, case.month.1);
        let opened = Instant::from_ms(start + i64::from(beside_h) * 3_600_000);
        let split = lines.iter().position(|line| from_of(line).is_some_and(|from| from >= opened));
        let (before, after) = lines.split_at(split.unwrap_or(lines.len()));
        let older = fold(before);
        let segment = segment(&older, before.len(), opened, after);

        let mut whole = fold(before);
        apply(&mut whole, &segment);
        let alone = fold(&segment);
        prop_assert_eq!(alone.next_seq(), whole.next_seq());
        let mut forgetful = fold(before);
        forgetful.forget_before(opened.plus_ms(-2 * REACHES_BACK_MS));
        apply(&mut forgetful, &segment);

        let terms = Terms { timezone: case.terms.zone.name().into(), ..Terms::default() };
        let terms = ResolvedTerms::new(terms).unwrap();
        let first = Month::of(Instant::from_ms(start), terms.zone());
        let reach = Reach::replay(&whole, case.as_of.map(Instant::from_ms));
        for month in [first, first.next()] {
            let month = MonthTerms::new(&terms, month);
            let contract = ServiceContract { terms: &month, monthly_fee: None };
            for service in SERVICES {
                let figure = |history| month_figure(history, service, &contract, reach);
                prop_assert_eq!(figure(&alone), figure(&whole));
                prop_assert_eq!(figure(&forgetful), figure(&whole));
            }
        }
    }
}

/// The segment that follows `older`: its first line, what is carried over, and of `after` what may
/// follow.
fn segment(older: &History, read: usize, opened: Instant, after: &[Line]) -> Vec<Line> {
    let mut facts = vec![Fact::SegmentOpened {
        format: 1,
        month: "2026-10".to_owned(),
        agent: "gbg-1".to_owned(),
        version: "0.1.0".to_owned(),
    }];
    let carried = older.carry_over(opened);
    facts.extend(carried.into_iter().map(|line| Fact::CarriedOver { line: Box::new(line) }));
    let mut lines: Vec<Line> =
        facts.into_iter().map(|fact| Line { seq: 0, at: opened, fact }).collect();
    let mut left_out: BTreeSet<String> = BTreeSet::new();
    for line in after {
        let value: Value = serde_json::to_value(line).unwrap();
        let id = value["id"].as_str().unwrap_or_default().to_owned();
        if from_of(line).is_some_and(|from| from < opened.plus_ms(-REACHES_BACK_MS)) {
            left_out.insert(id);
        } else if !left_out.contains(&id) {
            lines.push(line.clone());
        }
    }
    for (line, seq) in lines.iter_mut().zip(1..) {
        line.seq = u64::try_from(read).unwrap() + seq;
    }
    lines
}

fn from_of(line: &Line) -> Option<Instant> {
    let value: Value = serde_json::to_value(line).unwrap();
    value["from"].as_str().map(|from| from.parse().unwrap())
}

fn fold(lines: &[Line]) -> History {
    let mut history = History::new();
    apply(&mut history, lines);
    history
}

fn apply(history: &mut History, lines: &[Line]) {
    for line in lines {
        history.apply(line).unwrap();
    }
}
