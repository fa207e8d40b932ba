//! The figure against a model that shares nothing with it but the JSON (C2-C7, C9), and what is
//! explained of it against the figure.

mod model;

use std::collections::{BTreeMap, BTreeSet};

use contract::terms::{Boundary, Counts, MinuteRule, ServiceLevel};
use contract::{
    Classed, Explanation, Figure, History, Instant, Money, MonthTerms, Reach, ReplayService,
    ResolvedTerms, ServiceContract, Terms, explain_minute, month_figure, replay,
};
use proptest::prelude::*;
use serde_json::Value;

use model::generator::{Case, SERVICES, case};
use model::{Model, ModelTerms, Walk, differences, millionths};

proptest! {
    #[test]
    fn c6_the_figure_is_the_models_to_the_millisecond(seed: u64, size in 1_usize..60) {
        check(&case(seed, size, 1), Walk::Changes)?;
    }

    #[test]
    fn c6_the_figure_is_the_models_where_instants_coincide(seed: u64, size in 1_usize..60) {
        check(&case(seed, size, 5 * 60_000), Walk::Changes)?;
    }
}

proptest! {
    #[test]
    fn c6_6_what_is_explained_adds_up_to_the_figure(
        seed: u64,
        size in 1_usize..60,
        grid in prop_oneof![Just(1_i64), Just(20_000), Just(300_000)],
    ) {
        check_explained(&case(seed, size, grid))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn c6_the_figure_is_that_of_a_model_that_walks_in_steps(seed: u64, size in 1_usize..25) {
        check(&case(seed, size, 20_000), Walk::Steps(20_000))?;
    }

    #[test]
    fn c6_the_figure_of_a_crowded_month_is_the_models(seed: u64) {
        check(&case(seed, 150, 1), Walk::Changes)?;
    }
}

fn check(case: &Case, walk: Walk) -> Result<(), TestCaseError> {
    let lines: String = case.facts.iter().map(|fact| format!("{fact}\n")).collect();
    let mut history = History::new();
    history.read("facts", &lines).unwrap();
    let terms = ResolvedTerms::new(terms(&case.terms)).unwrap();
    let fee: Money = "12500.00 SEK".parse().unwrap();
    let services =
        SERVICES.map(|service| ReplayService { service, terms: &terms, monthly_fee: Some(&fee) });
    let month = format!("{:04}-{:02}", case.month.0, case.month.1).parse().unwrap();
    let as_of = case.as_of.map(Instant::from_ms);
    let document = serde_json::to_value(replay(&history, &services, month, as_of)).unwrap();
    for (place, service) in SERVICES.into_iter().enumerate() {
        let figure = &document["services"][place];
        let model = Model::new(&case.facts, service, &case.terms, case.month, case.as_of);
        let expected: Value = model.figure(walk);
        prop_assert!(
            *figure == expected,
            "[ours, the model's]: {:#?}\nas of {:?}, terms {:#?}\n{}",
            differences(figure, &expected),
            as_of,
            case.terms,
            lines
        );
        // C6.6
        let classes = ["up", "lost", "planned", "excluded", "unmeasured", "not_in_service"];
        let sum: i64 = classes.iter().map(|c| figure[format!("{c}_ms")].as_i64().unwrap()).sum();
        prop_assert_eq!(sum, figure["elapsed_ms"].as_i64().unwrap());
    }
    Ok(())
}

fn check_explained(case: &Case) -> Result<(), TestCaseError> {
    let lines: String = case.facts.iter().map(|fact| format!("{fact}\n")).collect();
    let mut history = History::new();
    history.read("facts", &lines).unwrap();
    let terms = ResolvedTerms::new(terms(&case.terms)).unwrap();
    let month = format!("{:04}-{:02}", case.month.0, case.month.1).parse().unwrap();
    let terms = MonthTerms::new(&terms, month);
    let contract = ServiceContract { terms: &terms, monthly_fee: None };
    let reach = Reach::replay(&history, case.as_of.map(Instant::from_ms));
    for service in SERVICES {
        let figure = month_figure(&history, service, &contract, reach);
        let explained = |at| explain_minute(&history, service, &contract, reach, at);
        if history.services().all(|known| known != service) {
            prop_assert_eq!(explained(terms.bounds().from), None);
            continue;
        }
        let mut now = terms.bounds().from;
        let mut pieces = Vec::new();
        // What has elapsed is explained, and nothing else is.
        while let Some(minute) = explained(now) {
            let piece = minute.pieces.into_iter().find(|piece| piece.from == now);
            let piece = piece.expect("a piece begins where the one before ends");
            prop_assert!(piece.until > now);
            now = piece.until;
            pieces.push(piece);
        }
        prop_assert_eq!(now.since(terms.bounds().from), figure.elapsed_ms);
        prop_assert_eq!(sums(&pieces), sums_of(&figure), "{}", lines);
        let minutes = minutes(&pieces);
        let counted = minutes.edges.iter().map(|&at| explained(at).unwrap().counted_ms);
        prop_assert_eq!(counted.sum::<i64>() + minutes.whole_ms, figure.counted_ms, "{}", lines);
    }
    Ok(())
}

/// Milliseconds by class, with the cause or the ground.
fn sums(pieces: &[Explanation]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for piece in pieces {
        let class = match &piece.class {
            Classed::Excluded { ground, .. } => format!("excluded {}", ground.as_str()),
            Classed::Unmeasured { cause, .. } => format!("unmeasured {}", cause.as_str()),
            class => class.as_str().to_owned(),
        };
        assert!(!piece.rules.is_empty(), "{piece:?}");
        *sums.entry(class).or_default() += piece.until.since(piece.from);
    }
    sums
}

fn sums_of(figure: &Figure) -> BTreeMap<String, i64> {
    let classes = [
        ("up", figure.up_ms),
        ("lost", figure.lost_ms),
        ("planned", figure.planned_ms),
        ("not_in_service", figure.not_in_service_ms),
    ];
    let classes = classes.map(|(class, ms)| (class.to_owned(), ms)).into_iter();
    let excluded = figure.excluded_by_ground_ms.iter();
    let unmeasured = figure.unmeasured_by_cause_ms.iter();
    classes
        .chain(excluded.map(|(ground, ms)| (format!("excluded {}", ground.as_str()), ms)))
        .chain(unmeasured.map(|(cause, ms)| (format!("unmeasured {}", cause.as_str()), ms)))
        .filter(|(_, ms)| *ms > 0)
        .collect()
}

/// The UTC minutes that lost time touches.
#[derive(Default)]
struct Minutes {
    /// In which lost time begins or ends.
    edges: BTreeSet<Instant>,
    /// Those between: they are lost from end to end.
    whole_ms: i64,
}

fn minutes(pieces: &[Explanation]) -> Minutes {
    const MINUTE_MS: i64 = 60_000;
    let number = |at: Instant| at.ms().div_euclid(MINUTE_MS);
    let mut minutes = Minutes::default();
    let mut edge = |at: Instant| {
        // The month may begin within a minute.
        let from = Instant::from_ms(number(at) * MINUTE_MS);
        minutes.edges.insert(from.max(pieces[0].from));
    };
    for piece in pieces.iter().filter(|piece| matches!(piece.class, Classed::Lost { .. })) {
        let last = piece.until.plus_ms(-1);
        edge(piece.from);
        edge(last);
        minutes.whole_ms += (number(last) - number(piece.from) - 1).max(0) * MINUTE_MS;
    }
    minutes
}

fn terms(model: &ModelTerms) -> Terms {
    let decimal = |percent: i128| millionths(percent).parse().unwrap();
    Terms {
        timezone: model.zone.name().into(),
        target: decimal(model.target),
        edges: model.edges.iter().map(|edge| decimal(*edge)).collect(),
        reductions: model.reductions.iter().map(|&reduction| reduction.into()).collect(),
        boundary: match model.boundary {
            "customer" => Boundary::Customer,
            _ => Boundary::Provider,
        },
        minute_rule: match model.minute_rule {
            "exact" => MinuteRule::Exact,
            "started" => MinuteRule::Started,
            _ => MinuteRule::Whole,
        },
        notice_ms: model.notice,
        planned_stops_per_month: u32::try_from(model.stops_per_month).unwrap(),
        service_level: if model.jour { ServiceLevel::Jour } else { ServiceLevel::Standard },
        counts: if model.claims_count { Counts::Claimed } else { Counts::Accepted },
        ..Terms::default()
    }
}
