//! The figure against a model that shares nothing with it but the JSON (C2-C7, C9).

mod model;

use contract::terms::{Boundary, Counts, MinuteRule, ServiceLevel};
use contract::{History, Instant, Money, ReplayService, ResolvedTerms, Terms, replay};
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

fn terms(model: &ModelTerms) -> Terms {
    let decimal = |percent: i128| millionths(percent).parse().unwrap();
    Terms {
        timezone: model.zone.name().to_owned(),
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
